// P8F: what each fault of an account costs the call that meets it. The fault falls on the account in use; the call that meets it is asked of the next
// one, and may take what a healthy call takes, and what the fault itself takes: its time at the vendor, from the same client, in turns with the rest.
import { Connection, exchange } from '../client.mjs'
import { figure, median } from '../figures.mjs'
import { freePort, PLANS, start, startLoad } from '../programs.mjs'
import { onStage } from '../stage.mjs'
import { benchKeys, createState } from '../state.mjs'
import { requestBytes } from '../wire.mjs'

/** These fail before anything is counted: a gateway lives for weeks, and what is compared is code that the engine knows. */
const WARM_PROFILES = 24
const COUNTED = { quick: 8, whole: 14 }
const PROFILES = WARM_PROFILES + COUNTED.whole + 2
const WARM_CALLS = 20
const WARM_LOAD = { connections: 8, durationMs: 1000 }
/** Of streaming calls; how long a vendor may keep silent. */
const FIRST_BYTE_MS = 250

const refusal = (status, type, message = 'Refused.') => ({ status, type, message })

const FAULTS = [
  ['401', refusal(401, 'authentication_error', 'invalid x-api-key')],
  ['403', refusal(403, 'permission_error')],
  ['402', refusal(402, 'billing_error')],
  [
    '400, no credit',
    refusal(400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
  ],
  [
    '400, only for its tool',
    refusal(400, 'invalid_request_error', 'This credential is only authorized for use with Claude Code.'),
  ],
  ['429', refusal(429, 'rate_limit_error')],
  ['529', refusal(529, 'overloaded_error')],
  ['500', refusal(500, 'api_error')],
  ['connection cut', 'cut'],
  ['hang', 'hang'],
]
const REFUSED = 'connection refused, next model'

export async function faults({ rounds, quick }) {
  const most = WARM_PROFILES + (quick ? COUNTED.quick : COUNTED.whole)
  return onStage({ subjects: {}, manners: { tokens: 1, intervalMs: 0 }, awake: true }, async ({ upstream }) => {
    const seen = new Map()
    for (let round = 0; round < rounds; round++) {
      // A different one first in every round.
      const turns = [...FAULTS, [REFUSED, 'refused']].map((_, at, all) => all[(at + round) % all.length])
      for (const [name, fault] of turns) {
        const series =
          fault === 'refused' ? await refusedSeries(upstream, most) : await oneSeries(upstream, fault, most)
        seen.set(name, [...(seen.get(name) ?? []), series])
      }
    }
    const all = [...seen.values()].flat()
    const figures = [...FAULTS.map(([name]) => name), REFUSED].map((name) => {
      const ratios = seen
        .get(name)
        .map(({ first, fault, healthy }) => (median(first) - median(fault)) / median(healthy))
      const { first, fault, healthy } = seen.get(name).at(-1)
      const [a, b, c] = [first, fault, healthy].map((values) => median(values).toFixed(0))
      return figure('P8F', `${name}: (first call - fault) / healthy`, ratios, {
        most: 1.3,
        note: `${a} us - ${b} us; healthy ${c} us`,
      })
    })
    return [
      ...figures,
      figure(
        'P8F',
        'calls on a failing key',
        all.map(({ wasted }) => wasted),
        { most: 1 },
      ),
      figure(
        'P8F',
        'errors seen by the client',
        all.map(({ errors }) => errors),
        { most: 0 },
      ),
    ]
  })
}

let conversations = 0
/** A client that costs nothing, with a conversation of its own. */
function clientOf({ port, secret }, stream) {
  const request = { secret, stream, session: `fault-${++conversations}` }
  const bytes = requestBytes(request)
  const connection = new Connection(port)
  return {
    call: (provider) => exchange(connection, provider === undefined ? bytes : requestBytes({ ...request, provider })),
    close: () => connection.close(),
  }
}

async function startOurs(upstream, others = {}) {
  const state = createState({
    keys: benchKeys(PROFILES),
    upstream: upstream.port,
    others,
    config: {
      gateway: { timeouts: { firstByteMs: FIRST_BYTE_MS } },
      agents: { defaults: { model: { fallbacks: ['anthropic/claude-opus-4-6'] } } },
    },
  })
  const subject = await start(await PLANS.ours({ upstream: upstream.port, keep: state }))
  const load = startLoad()
  for (const stream of [false, true]) {
    await load.run({ ...WARM_LOAD, port: subject.port, request: requestBytes({ secret: subject.secret, stream }) })
  }
  load.stop()
  return { ...subject, stop: () => subject.stop().finally(() => state.remove()) }
}

/** How long the vendor takes to fail, us; a silence takes as long as it is borne. */
async function directFault({ port }, secret, fault, stream) {
  const connection = new Connection(port)
  // The connection is warm, as the gateway's is.
  const good = requestBytes({ secret: benchKeys(PROFILES + 1).at(-1), stream })
  for (let index = 0; index < WARM_CALLS; index++) await exchange(connection, good)
  const startedAt = performance.now()
  const asked = exchange(connection, requestBytes({ secret, stream }))
  if (fault === 'hang') await new Promise((resolve) => setTimeout(resolve, FIRST_BYTE_MS))
  else await asked
  const micros = (performance.now() - startedAt) * 1000
  connection.close()
  return micros
}

/** The accounts fail one after another, each when it is in use. */
async function oneSeries(upstream, fault, most) {
  const keys = benchKeys(PROFILES)
  const stream = fault === 'hang'
  const found = { first: [], fault: [], healthy: [], wasted: 0, errors: 0 }
  await upstream.set({ faults: {} })
  await upstream.reset()
  const ours = await startOurs(upstream)
  const client = clientOf(ours, stream)
  const call = async () => {
    const { status, micros } = await client.call()
    if (status !== 200) found.errors++
    return micros
  }
  /** The first call after a message to the stand-in; healthy or not, the circumstances are the same. */
  const callBehind = async (faults) => {
    for (let index = 0; index < WARM_CALLS; index++) await call()
    await upstream.set({ faults })
    return call()
  }
  try {
    const failing = {}
    for (const [at, key] of keys.slice(0, most).entries()) {
      const healthy = await callBehind({ ...failing })
      failing[key] = fault
      const first = await callBehind({ ...failing })
      const { refused } = await upstream.counts()
      found.wasted = Math.max(found.wasted, refused[key] ?? 0)
      if (at < WARM_PROFILES) continue
      const direct = await directFault(upstream, key, fault, stream)
      found.healthy.push(healthy)
      found.first.push(first)
      found.fault.push(direct)
    }
  } finally {
    client.close()
    await ours.stop()
    await upstream.set({ faults: undefined })
  }
  return found
}

/** Nobody listens where a model is asked for, so that the next model answers; each provider has one account, which rests afterwards. */
async function refusedSeries(upstream, most) {
  const port = await freePort()
  const others = Object.fromEntries(
    Array.from({ length: most }, (_, at) => [`unreached${at}`, `http://127.0.0.1:${port}`]),
  )
  const found = { first: [], fault: [], healthy: [], wasted: 0, errors: 0 }
  const ours = await startOurs(upstream, others)
  const client = clientOf(ours, false)
  const call = async (provider) => {
    const { status, micros } = await client.call(provider)
    if (status !== 200) found.errors++
    return micros
  }
  try {
    for (const [at, id] of Object.keys(others).entries()) {
      for (let index = 0; index < WARM_CALLS; index++) await call()
      const healthy = await call()
      for (let index = 0; index < WARM_CALLS; index++) await call()
      const first = await call(id)
      if (at < WARM_PROFILES) continue
      const direct = await exchange(new Connection(port), requestBytes({ secret: 'unused' }))
      found.healthy.push(healthy)
      found.first.push(first)
      found.fault.push(direct.micros)
    }
  } finally {
    client.close()
    await ours.stop()
  }
  return found
}
