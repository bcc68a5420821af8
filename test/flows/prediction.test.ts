// What `models status` and `models explain` say the next call takes is what it takes: over generated states, through the real program, seen
// from the vendor's side. KEYCLAW_STATES sets how many states, KEYCLAW_SEED replays a run.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, type SandboxAccount, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type AgentFiles, type Installation, install, openclaw, type StoredProfile } from '../support/installation.ts'
import { connectClient, type SocketClient } from '../support/socket-client.ts'
import { CLAUDE, GPT, providersAt } from './support.ts'

const STATES = Number(process.env.KEYCLAW_STATES ?? 20)
const SEED = Number(process.env.KEYCLAW_SEED ?? 20_261_121)
const SURROUNDINGS = 3
const PARALLEL = 3

type Vendor = 'anthropic' | 'openai'

type ProfileDraft = {
  kind: 'key' | 'token' | 'expired token' | 'unknown kind' | 'elsewhere' | 'blank'
  health: 'none' | 'used' | 'cooldown' | 'disabled' | 'over' | 'probed'
  /** Minutes ago or ahead, for whatever the health needs. */
  minutes: number
}

type StateDraft = {
  vendor: Vendor
  profiles: ProfileDraft[]
  /** Positions in the list of profiles; 9 stands for a profile that does not exist. */
  order: number[] | undefined
}

const drafts: fc.Arbitrary<StateDraft> = fc.record({
  vendor: fc.constantFrom('anthropic' as const, 'openai' as const),
  profiles: fc.array(
    fc.record({
      kind: fc.constantFrom('key', 'key', 'key', 'token', 'expired token', 'unknown kind', 'elsewhere', 'blank'),
      health: fc.constantFrom('none', 'none', 'used', 'used', 'cooldown', 'disabled', 'over', 'probed'),
      minutes: fc.integer({ min: 3, max: 200 }),
    }),
    { maxLength: 4 },
  ),
  order: fc.option(fc.array(fc.constantFrom(0, 1, 2, 3, 9), { minLength: 1, maxLength: 4 }), {
    nil: undefined,
    freq: 2,
  }),
})

const names = ['a', 'b', 'c', 'd']
const PAD = '0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789'

function build(draft: StateDraft, agent: string, accounts: SandboxAccount[]): AgentFiles {
  const { vendor } = draft
  const now = Date.now()
  const health: Record<string, object> = {}
  const profiles = draft.profiles.map(({ kind, health: state, minutes }, at): StoredProfile => {
    const id = `${vendor}:${names[at]}`
    const ms = minutes * 60_000
    const failing = { errorCount: 2, failureCounts: { rate_limit: 2 }, lastFailureAt: now - 10_000 }
    if (state === 'used') health[id] = { lastUsed: now - ms, errorCount: 0 }
    if (state === 'cooldown') health[id] = { ...failing, cooldownUntil: now + ms, cooldownReason: 'rate_limit' }
    if (state === 'disabled') health[id] = { ...failing, disabledUntil: now + ms, disabledReason: 'billing' }
    if (state === 'over') health[id] = { ...failing, lastFailureAt: now - 2 * ms, cooldownUntil: now - ms }
    // Resting, but its last failure and probe are long ago: it may be tried early.
    if (state === 'probed') {
      health[id] = { ...failing, lastFailureAt: now - ms, lastProbeAt: now - ms, cooldownUntil: now + ms }
    }
    const prefix = vendor === 'openai' ? 'sk-proj' : kind.includes('token') ? 'sk-ant-oat01' : 'sk-ant-api03'
    const secret = `${prefix}-${agent}-${names[at]}-${PAD}`
    if (kind === 'unknown kind') return { id, raw: { type: 'passkey', blob: secret } }
    if (kind === 'blank') return { id, raw: { type: 'api_key', key: ' ' } }
    accounts.push({ name: `${agent}-${names[at]}`, vendor, key: secret })
    if (kind === 'elsewhere') return { id, raw: { type: 'api_key', key: secret, origin: 'https://other.example' } }
    if (kind === 'token') return { id, token: secret, expires: now + 30 * 86_400_000 }
    if (kind === 'expired token') return { id, token: secret, expires: now - 60_000 }
    return { id, key: secret }
  })
  const ids = draft.order?.map((at) => `${vendor}:${names[at] ?? 'missing'}`)
  return { profiles, health, ...(ids === undefined ? {} : { order: { [vendor]: ids } }) }
}

/** What stands around the profiles: nothing, variables of the process, or `.env` and config with a twin of nobody. */
function surroundings(
  which: number,
  accounts: SandboxAccount[],
): { env: Record<string, string>; dotenv: string; config: object } {
  const secret = (vendor: Vendor, source: string): string => {
    const key = `${vendor === 'anthropic' ? 'sk-ant-api03' : 'sk-proj'}-${source}-${which}-${PAD}`
    accounts.push({ name: `${source}-${vendor}`, vendor, key })
    return key
  }
  if (which === 0) return { env: {}, dotenv: '', config: {} }
  if (which === 1) {
    return {
      env: { ANTHROPIC_API_KEY: secret('anthropic', 'env'), OPENAI_API_KEY: secret('openai', 'env') },
      dotenv: `ANTHROPIC_API_KEY=${secret('anthropic', 'shadowed')}\n`,
      config: {},
    }
  }
  return {
    env: {},
    dotenv: `export ANTHROPIC_API_KEY="${secret('anthropic', 'dotenv')}"\n`,
    config: { env: { OPENAI_API_KEY: secret('openai', 'config') } },
  }
}

/** The account of the sandbox that stands behind the name of a candidate. */
function accountOf(vendor: Vendor, agent: string, id: string): string {
  const [kind = '', name = ''] = id.split(':')
  return kind === vendor ? `${agent}-${name}` : `${kind}-${vendor}`
}

type Site = {
  sandbox: Sandbox
  place: Installation
  gateway: GatewayProcess
  client: SocketClient
  agents: Map<string, StateDraft>
}
const sites: Site[] = []

beforeAll(async () => {
  const states = fc.sample(drafts, { numRuns: STATES, seed: SEED })
  for (let which = 0; which < SURROUNDINGS; which++) {
    const accounts: SandboxAccount[] = []
    const agents = new Map(
      states.flatMap((draft, at) => (at % SURROUNDINGS === which ? [[`s${at}`, draft] as const] : [])),
    )
    const files = Object.fromEntries([...agents].map(([agent, draft]) => [agent, build(draft, agent, accounts)]))
    const around = surroundings(which, accounts)
    const sandbox = await startSandbox({ accounts })
    const place = await install({
      config: { models: providersAt(sandbox), ...around.config },
      agents: files,
      dotenv: around.dotenv,
      env: around.env,
    })
    const gateway = await startGateway(place)
    sites.push({ sandbox, place, gateway, client: await connectClient(gateway), agents })
  }
})

afterAll(async () => {
  for (const { sandbox, place, gateway, client } of sites) {
    await client.close()
    await gateway.stop()
    await sandbox.close()
    await place.remove()
  }
})

type Status = { auth: { providers: { provider: string; next: { id: string } | null }[] } }
type Explained = { next: string | null; trace: { id: string; verdict: string }[] }

async function checkOne(site: Site, agent: string, draft: StateDraft): Promise<'served' | 'nobody'> {
  const { vendor } = draft
  const { sandbox, place, gateway } = site
  const flags = ['--json', '--agent', agent]
  const status = JSON.parse((await openclaw(place, ['models', 'status', ...flags])).stdout) as Status
  // Asked at the command line or over the WebSocket, in turn: starting a program for each would take most of the time.
  const explained = (
    Number(agent.slice(1)) % 4 === 0
      ? JSON.parse((await openclaw(place, ['models', 'explain', vendor, ...flags])).stdout)
      : await site.client.call('models.explain', { agentId: agent, model: vendor })
  ) as Explained
  const predicted = status.auth.providers.find(({ provider }) => provider === vendor)?.next?.id ?? null
  expect(explained.next, `explain and status of ${agent}`).toBe(predicted)
  const first = explained.trace.find(({ verdict }) => verdict === 'taken')
  expect(first?.id ?? null).toBe(predicted)

  const before = new Map(sandbox.state().accounts.map(({ name, requests }) => [name, requests]))
  const path = vendor === 'anthropic' ? '/v1/messages' : '/v1/chat/completions'
  const response = await fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'x-api-key': gateway.token, 'content-type': 'application/json', 'x-openclaw-agent': agent },
    body: JSON.stringify({
      model: vendor === 'anthropic' ? CLAUDE : GPT,
      max_tokens: 20,
      messages: [{ role: 'user', content: 'hi' }],
    }),
  })
  await response.text()
  const own = new Set([...names.map((name) => `${agent}-${name}`)])
  const reached = sandbox
    .state()
    .accounts.filter(({ name, requests }) => requests > (before.get(name) ?? 0) && own.has(name))
    .map(({ name }) => name)
  if (predicted === null) {
    expect(response.ok, `${agent}: ${JSON.stringify(draft)}`).toBe(false)
    expect(reached).toEqual([])
    return 'nobody'
  }
  expect(response.status, `${agent}: ${JSON.stringify(draft)}`).toBe(200)
  expect(response.headers.get('x-openclaw-served-by'), `${agent}: ${JSON.stringify(draft)}`).toBe(predicted)
  expect(response.headers.get('x-openclaw-attempts')).toBe('1')
  const account = accountOf(vendor, agent, predicted)
  if (own.has(account)) expect(reached).toEqual([account])
  else expect(reached).toEqual([])
  return 'served'
}

describe(`status and explain predict the next call (seed ${SEED})`, () => {
  test(`in ${STATES} generated states`, async () => {
    const work = sites.flatMap((site) => [...site.agents].map(([agent, draft]) => ({ site, agent, draft })))
    const outcomes = { served: 0, nobody: 0 }
    let next = 0
    await Promise.all(
      Array.from({ length: PARALLEL }, async () => {
        for (let item = work[next++]; item !== undefined; item = work[next++]) {
          outcomes[await checkOne(item.site, item.agent, item.draft)]++
        }
      }),
    )
    expect(outcomes.served + outcomes.nobody).toBe(STATES)
    // Both answers must have been put to the test.
    expect(outcomes.served).toBeGreaterThan(STATES / 4)
    expect(outcomes.nobody).toBeGreaterThan(0)
  }, 120_000)
})
