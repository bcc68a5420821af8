// P8: the first call after an account went cold. Each sample makes the account in use answer 429; the next call must be good all the same.
import { Connection, exchange } from '../client.mjs'
import { figure, median } from '../figures.mjs'
import { inTurns, onStage } from '../stage.mjs'
import { benchKeys } from '../state.mjs'
import { requestBytes } from '../wire.mjs'

const PROFILES = 16
const WARM_CALLS = 20
const IN_FLIGHT = 8
/** Longer than a series takes on a quiet machine: no window must end within it. */
const WINDOW_SECONDS = 3
const MOST_TRIES = 3

export async function failover({ rounds, quick }) {
  const names = ['ours', 'min-keyed']
  const subjects = Object.fromEntries(names.map((plan) => [plan, { plan, profiles: PROFILES }]))
  const kinds = Array.from({ length: quick ? 3 : 8 }, (_, index) => (index % 4 === 2 ? bare : sdkLike))
  return onStage({ subjects, manners: { retryAfterSeconds: WINDOW_SECONDS }, awake: true }, async (stage) => {
    // Warm is what has failed over before: code that runs for the first time is a matter of starts.
    for (const name of names) for (const client of WARM_SERIES) await untornSeries(stage, stage.subjects[name], client)
    const seen = await inTurns(rounds, names, async (name) => {
      const all = []
      for (const client of kinds) all.push({ client, ...(await untornSeries(stage, stage.subjects[name], client)) })
      const of = (client, key) => median(all.filter((one) => one.client === client).flatMap((one) => one[key]))
      return {
        ratio: of(sdkLike, 'first') / of(sdkLike, 'healthy'),
        healthy: of(sdkLike, 'healthy'),
        bareRatio: of(bare, 'first') / of(bare, 'healthy'),
        bareHealthy: of(bare, 'healthy'),
        wasted: Math.max(...all.map(({ wasted }) => wasted)),
        burst: Math.max(...all.map(({ burst }) => burst)),
        errors: all.reduce((sum, { errors }) => sum + errors, 0),
      }
    })
    const ofOurs = (key) => seen.map(({ ours }) => ours[key])
    const ofYardstick = (key) => median(seen.map((round) => round['min-keyed'][key]))
    const over = (key) => seen.map((round) => round.ours[key] / round['min-keyed'][key])
    return [
      figure('P8', 'first call after a 429 / healthy call, by fetch', ofOurs('ratio'), {
        most: 1.3,
        note: `healthy ${ofOurs('healthy').at(-1).toFixed(0)} us; min-keyed ${ofYardstick('ratio').toFixed(2)} of ${ofYardstick('healthy').toFixed(0)} us`,
      }),
      figure('P8', 'the same / min-keyed', over('ratio')),
      figure('P8', 'the same by a client that costs nothing', ofOurs('bareRatio'), {
        note: `healthy ${ofOurs('bareHealthy').at(-1).toFixed(0)} us; min-keyed ${ofYardstick('bareRatio').toFixed(2)} of ${ofYardstick('bareHealthy').toFixed(0)} us`,
      }),
      figure('P8', 'calls on a cooling key per window', ofOurs('wasted'), { most: 1 }),
      figure('P8', `the same with ${IN_FLIGHT} in flight`, ofOurs('burst'), { most: IN_FLIGHT }),
      figure('P8', 'errors seen by the client', ofOurs('errors'), { most: 0 }),
    ]
  })
}

let conversations = 0
/** Ours keeps a conversation to its account, so that each series begins a new one, and keeps to it. */
const newConversation = () => `failover-${++conversations}`

/** The socket by hand. */
const bare = ({ port, secret }) => {
  const [line, ...rest] = requestBytes({ secret }).toString('latin1').split('\r\n')
  const request = Buffer.from([line, `x-openclaw-session-key: ${newConversation()}`, ...rest].join('\r\n'), 'latin1')
  const lanes = Array.from({ length: IN_FLIGHT }, () => new Connection(port))
  return {
    call: async (lane) => exchange(lanes[lane], request),
    close: () => {
      for (const connection of lanes) connection.close()
    },
  }
}

/** What the vendors' SDKs are built on. */
const sdkLike = ({ port, secret }) => {
  const text = requestBytes({ secret }).toString('latin1')
  const body = text.slice(text.indexOf('\r\n\r\n') + 4)
  const headers = {
    'content-type': 'application/json',
    'anthropic-version': '2023-06-01',
    'x-api-key': secret,
    'x-openclaw-session-key': newConversation(),
  }
  return {
    call: async () => {
      const startedAt = performance.now()
      const response = await fetch(`http://127.0.0.1:${port}/v1/messages`, { method: 'POST', headers, body })
      await response.json()
      return { status: response.status, micros: (performance.now() - startedAt) * 1000 }
    },
    close: () => undefined,
  }
}

/** Of both kinds, before anything is counted. */
const WARM_SERIES = [sdkLike, sdkLike, sdkLike, bare]

/** A series during which a window ended says nothing: it is repeated. */
async function untornSeries(stage, subject, newClient) {
  for (let left = MOST_TRIES; left > 0; left--) {
    const series = await oneSeries(stage, subject, newClient)
    if (series.seconds < WINDOW_SECONDS) return series
  }
  throw new Error(`a series takes longer than ${WINDOW_SECONDS} s; this machine is too busy to measure`)
}

/** All but three profiles go cold one after another; the next one under several calls at once; then every window is waited for. */
async function oneSeries({ upstream }, subject, newClient) {
  const keys = benchKeys(PROFILES)
  const client = newClient(subject)
  const lanes = Array.from({ length: IN_FLIGHT }, (_, lane) => lane)
  let errors = 0
  const call = async (lane) => {
    const { status, micros } = await client.call(lane)
    if (status !== 200) errors++
    return micros
  }
  /** The first call after a message to the stand-in, from a warm state; healthy or not, the circumstances are the same. */
  const callBehind = async (cold) => {
    for (let index = 0; index < WARM_CALLS; index++) await call(0)
    await upstream.set({ cold })
    return call(0)
  }
  const healthy = []
  const first = []
  const cold = []
  const startedAt = performance.now()
  await upstream.reset()
  for (let index = 0; index < WARM_CALLS; index++) await Promise.all(lanes.map(call))
  for (const key of keys.slice(0, PROFILES - 3)) {
    healthy.push(await callBehind(cold))
    cold.push(key)
    first.push(await callBehind(cold))
  }
  const last = keys[PROFILES - 3]
  await upstream.set({ cold: [...cold, last] })
  for (let index = 0; index < WARM_CALLS; index++) await Promise.all(lanes.map(call))
  const { refused } = await upstream.counts()
  const seconds = (performance.now() - startedAt) / 1000
  client.close()
  await upstream.set({ cold: [] })
  await new Promise((resolve) => setTimeout(resolve, WINDOW_SECONDS * 1000 + 100))
  return {
    seconds,
    healthy,
    first,
    wasted: Math.max(...cold.map((key) => refused[key] ?? 0)),
    burst: refused[last] ?? 0,
    errors,
  }
}
