// The first of three accounts fails in every way there is; the official SDKs, asking in every way they have, see one good answer, which cost one
// request to the account that failed and one to the next. What is no account's fault goes to no other account; a vendor that nobody can reach
// goes to the next model; and money that comes back is used without a restart.
import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FaultRule, type Sandbox, type SandboxAccount, startSandbox } from '../../src/sandbox/sandbox.ts'
import { freePort, type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import {
  type AgentFiles,
  healthOf,
  type Installation,
  install,
  openclaw,
  type StoredProfile,
  until,
} from '../support/installation.ts'
import { anthropic, CLAUDE, GPT, openai, providersAt, question, requestsOf, restOf, WAYS, type Way } from './support.ts'

type Rest = { lane: 'cooldown' | 'disabled'; reason: string; ms: number }

type Failing = {
  name: string
  fault: Omit<FaultRule, 'account' | 'vendor'>
  /** What auth.json must say afterwards. */
  rest: Rest | Record<Way['vendor'], Rest>
  /** The failing account is a pasted subscription token, which only one vendor has. */
  token?: true
}

const SECOND_MS = 1000
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const FIRST_BYTE_MS = 4000

const cooldown = (reason: string, ms: number): Rest => ({ lane: 'cooldown', reason, ms })
const disabled = (reason: string, ms: number): Rest => ({ lane: 'disabled', reason, ms })

let elsewhere = 0
const stranger = createServer((_request, response) => {
  elsewhere++
  response.end('{}')
})

const FAILING: readonly Failing[] = [
  { name: '401', fault: { preset: 'invalid-key' }, rest: cooldown('auth', MINUTE_MS) },
  { name: '402', fault: { preset: 'billing-402' }, rest: disabled('billing', 5 * HOUR_MS) },
  { name: '403', fault: { preset: 'forbidden-403' }, rest: cooldown('permission', MINUTE_MS) },
  {
    name: '429-retry-after',
    fault: { preset: 'rate-limited', headers: { 'retry-after': '777', 'retry-after-ms': null } },
    rest: cooldown('rate_limit', 777 * SECOND_MS),
  },
  { name: '429-quota', fault: { preset: 'insufficient-quota' }, rest: disabled('billing', 5 * HOUR_MS) },
  { name: '400-credit', fault: { preset: 'credit-400' }, rest: disabled('billing', 5 * HOUR_MS) },
  {
    name: '400-claude-code-only',
    fault: { preset: 'claude-code-only' },
    rest: disabled('auth_permanent', HOUR_MS),
    token: true,
  },
  { name: '500', fault: { preset: 'server-500' }, rest: cooldown('server', 10 * SECOND_MS) },
  {
    name: '503',
    fault: { status: 503 },
    rest: { anthropic: cooldown('server', 10 * SECOND_MS), openai: cooldown('overloaded', 10 * SECOND_MS) },
  },
  { name: '529', fault: { preset: 'overloaded-529' }, rest: cooldown('overloaded', 10 * SECOND_MS) },
  { name: 'reset', fault: { reset: true }, rest: cooldown('network', 10 * SECOND_MS) },
  { name: 'hang', fault: { hang: true }, rest: cooldown('timeout', 10 * SECOND_MS) },
  { name: 'redirect', fault: { redirect: '' }, rest: cooldown('server', 10 * SECOND_MS) },
]

const CASES = FAILING.flatMap((failing) =>
  WAYS.filter(({ vendor }) => failing.token !== true || vendor === 'anthropic').map((way) => ({
    failing,
    way,
    agent: `a${failing.name}-${way.name}`.replaceAll(/[^a-z0-9-]/g, ''),
  })),
)

/** What no other account would answer otherwise: nobody rests, and nobody else is asked. `said` is what the SDK gets. */
const REFUSALS: readonly {
  name: string
  fault: Omit<FaultRule, 'account' | 'vendor'>
  said: Record<Way['vendor'], RegExp>
}[] = [
  {
    // The vendor will not serve what was asked: 400, class `policy`.
    name: 'refused-by-policy',
    fault: { status: 400, body: { error: { code: 'content_policy_violation', message: 'Sandbox: not this.' } } },
    said: { anthropic: /400.*not this/s, openai: /400.*not this/s },
  },
  {
    // The model will not: an answer like any other, which says so.
    name: 'refused-by-model',
    fault: { status: 200, body: modelRefuses() },
    said: { anthropic: /^refusal$/, openai: /^content_filter$/ },
  },
]

/** In both dialects at once. */
function modelRefuses(): Readonly<Record<string, unknown>> {
  return {
    id: 'msg_refusal',
    type: 'message',
    role: 'assistant',
    content: [],
    stop_reason: 'refusal',
    object: 'chat.completion',
    choices: [
      { index: 0, message: { role: 'assistant', content: null, refusal: 'No.' }, finish_reason: 'content_filter' },
    ],
    usage: { input_tokens: 1, output_tokens: 1, prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  }
}

const RANKS = ['first', 'second', 'third'] as const
/** A provider of Anthropic's dialect at an address where nobody listens. */
const UNREACHED = 'unreached'
const REFUSED_MODEL = `${UNREACHED}/claude-opus-4-6`

const LONG = '0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789'

const keyOf = (vendor: Way['vendor'], account: string, token: boolean): string =>
  vendor === 'openai'
    ? `sk-proj-${account}-${LONG}`
    : token
      ? `sk-ant-oat01-${account}-${LONG}`
      : `sk-ant-api03-${account}-${LONG}`

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess

const accounts: SandboxAccount[] = []

/** Three accounts in their order. @param isToken the first is a pasted subscription token */
function accountsOf(agent: string, vendor: Way['vendor'], isToken = false): AgentFiles {
  const profiles = RANKS.map((rank): StoredProfile => {
    const id = `${vendor}:${rank}`
    const secret = keyOf(vendor, `${agent}-${rank}`, isToken && rank === 'first')
    accounts.push({ name: `${agent}-${rank}`, vendor, key: secret })
    return isToken && rank === 'first' ? { id, token: secret } : { id, key: secret }
  })
  return { profiles, order: { [vendor]: profiles.map(({ id }) => id) } }
}

/** Requests that reached each of the three. */
const asked = (agent: string): number[] => RANKS.map((rank) => requestsOf(sandbox, `${agent}-${rank}`))

const restsNowhere = async (agent: string): Promise<void> => {
  for (const entry of Object.values(await healthOf(place, agent)))
    expect([entry.cooldownUntil, entry.disabledUntil, entry.errorCount]).toEqual([undefined, undefined, 0])
}

beforeAll(async () => {
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
  const address = stranger.address()
  const strangerUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v1/messages`
  const agents: Record<string, AgentFiles> = {}
  const faults: FaultRule[] = []
  for (const { failing, way, agent } of CASES) {
    const { vendor } = way
    agents[agent] = accountsOf(agent, vendor, failing.token)
    const { fault } = failing
    const redirect = fault.redirect === undefined ? {} : { redirect: strangerUrl }
    faults.push({ ...fault, ...redirect, vendor, account: `${agent}-first` })
  }
  for (const { name, fault } of REFUSALS) {
    for (const vendor of ['anthropic', 'openai'] as const) {
      agents[`${name}-${vendor}`] = accountsOf(`${name}-${vendor}`, vendor)
      faults.push({ ...fault, vendor, account: `${name}-${vendor}-first` })
    }
  }
  agents.topped = accountsOf('topped', 'anthropic')
  faults.push({ preset: 'billing-402', vendor: 'anthropic', account: 'topped-first', times: 1 })
  const reached = accountsOf(UNREACHED, 'anthropic')
  const refused = RANKS.map((rank) => ({ id: `${UNREACHED}:${rank}`, key: keyOf('anthropic', `gone-${rank}`, false) }))
  agents[UNREACHED] = {
    ...reached,
    profiles: [...refused, ...(reached.profiles ?? [])],
    entry: { model: { primary: REFUSED_MODEL, fallbacks: [CLAUDE] } },
  }
  sandbox = await startSandbox({ accounts })
  sandbox.setFaults(faults)
  const { providers } = providersAt(sandbox)
  const nowhere = { baseUrl: `http://127.0.0.1:${await freePort()}`, api: 'anthropic-messages' }
  place = await install({
    config: {
      models: { providers: { ...providers, [UNREACHED]: nowhere } },
      gateway: { timeouts: { firstByteMs: FIRST_BYTE_MS } },
    },
    agents,
  })
  gateway = await startGateway(place)
})

afterAll(async () => {
  await gateway?.stop()
  await sandbox?.close()
  stranger.close()
  await place?.remove()
})

describe('when the first account fails, the SDK sees one good answer and the account rests', () => {
  for (const { failing, way, agent } of CASES) {
    test.concurrent(`${failing.name}, asked by ${way.name}`, async () => {
      const before = Date.now()
      expect(await way.ask({ gateway, agent }, `How is ${agent}?`)).toContain(`You said: How is ${agent}?`)
      const after = Date.now()
      expect(asked(agent)).toEqual([1, 1, 0])

      const id = `${way.vendor}:first`
      const { lane, reason, ms } = 'lane' in failing.rest ? failing.rest : failing.rest[way.vendor]
      const entry = await restOf(place, id, agent)
      expect(entry).toMatchObject({
        errorCount: 1,
        failureCounts: { [reason]: 1 },
        [lane === 'cooldown' ? 'cooldownReason' : 'disabledReason']: reason,
      })
      const end = Number(entry[lane === 'cooldown' ? 'cooldownUntil' : 'disabledUntil'])
      expect(end).toBeGreaterThanOrEqual(before + ms)
      expect(end).toBeLessThanOrEqual(after + ms)

      expect(await way.ask({ gateway, agent }, 'And now?')).toContain('And now?')
      expect(asked(agent)).toEqual([1, 2, 0])
    })
  }

  test('nothing was ever sent to where a redirect pointed', () => {
    expect(elsewhere).toBe(0)
  })
})

describe('a refusal of what was asked', () => {
  for (const { name, said } of REFUSALS) {
    test(`reaches the client from the first account, and nobody rests or is asked besides: ${name}`, async () => {
      const agent = (vendor: Way['vendor']) => ({ gateway, agent: `${name}-${vendor}` })
      const byMessages = await anthropic(agent('anthropic'))
        .messages.create(question())
        .then(({ stop_reason: reason }) => reason, String)
      expect(byMessages).toMatch(said.anthropic)
      const byChat = await openai(agent('openai'))
        .chat.completions.create({ model: GPT, messages: [{ role: 'user', content: 'hi' }] })
        .then(({ choices }) => choices[0]?.finish_reason, String)
      expect(byChat).toMatch(said.openai)
      for (const vendor of ['anthropic', 'openai']) {
        expect(asked(`${name}-${vendor}`)).toEqual([1, 0, 0])
        await restsNowhere(`${name}-${vendor}`)
      }
    })
  }
})

test('a vendor that refuses connections has the next model answer; its accounts rest, as somebody else could serve', async () => {
  const ask = async (text: string) => {
    const asking = anthropic({ gateway, agent: UNREACHED }).messages.create({ ...question(text), model: REFUSED_MODEL })
    const { response } = await asking.withResponse()
    return ['x-openclaw-model', 'x-openclaw-attempts'].map((name) => response.headers.get(name))
  }
  const before = Date.now()
  expect(await ask('Is anybody there?')).toEqual([CLAUDE, '4'])
  const after = Date.now()
  expect(asked(UNREACHED)).toEqual([1, 0, 0])
  for (const rank of RANKS) {
    const entry = await restOf(place, `${UNREACHED}:${rank}`, UNREACHED)
    expect(entry).toMatchObject({ cooldownReason: 'network', errorCount: 1 })
    expect(Number(entry.cooldownUntil)).toBeGreaterThanOrEqual(before + 10 * SECOND_MS)
    expect(Number(entry.cooldownUntil)).toBeLessThanOrEqual(after + 10 * SECOND_MS)
  }
  expect(await ask('And now?')).toEqual([CLAUDE, '1'])
})

test('an account without money that was topped up serves at once when a person says so, in the same process', async () => {
  let count = 0
  // Each is a conversation of its own: none keeps to the account that served it before.
  const ask = () => anthropic({ gateway, agent: 'topped' }).messages.create(question(`Question ${++count}`))
  await ask()
  expect(asked('topped')).toEqual([1, 1, 0])
  expect(await restOf(place, 'anthropic:first', 'topped')).toMatchObject({ disabledReason: 'billing' })
  // Topped up at the vendor: it would answer again, and nobody asks it for hours, as others serve.
  await ask()
  expect(asked('topped')).toEqual([1, 2, 0])
  const ran = await openclaw(place, ['models', 'auth', 'reset', 'anthropic:first', '--agent', 'topped'])
  expect([ran.code, ran.stderr]).toEqual([0, ''])
  await until('the gateway to hear of it', async () => {
    await ask()
    return asked('topped')[0] === 2 || undefined
  })
})
