// The first account fails in every way there is; the official SDKs, asking in every way they have, see one good answer.
import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FaultRule, type Sandbox, type SandboxAccount, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type AgentFiles, type Installation, install, type StoredProfile } from '../support/installation.ts'
import { providersAt, requestsOf, restOf, WAYS, type Way } from './support.ts'

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
const FIRST_BYTE_MS = 1500

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

beforeAll(async () => {
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
  const address = stranger.address()
  const strangerUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v1/messages`
  const accounts: SandboxAccount[] = []
  const agents: Record<string, AgentFiles> = {}
  const faults: FaultRule[] = []
  for (const { failing, way, agent } of CASES) {
    const { vendor } = way
    const ids = ['first', 'second'].map((name) => `${vendor}:${name}`)
    const profiles = ids.map((id, at): StoredProfile => {
      const name = `${agent}-${at === 0 ? 'first' : 'second'}`
      const isToken = at === 0 && failing.token === true
      const secret = keyOf(vendor, name, isToken)
      accounts.push({ name, vendor, key: secret })
      return isToken ? { id, token: secret } : { id, key: secret }
    })
    agents[agent] = { profiles, order: { [vendor]: ids } }
    const { fault } = failing
    const redirect = fault.redirect === undefined ? {} : { redirect: strangerUrl }
    faults.push({ ...fault, ...redirect, vendor, account: `${agent}-first` })
  }
  sandbox = await startSandbox({ accounts })
  sandbox.setFaults(faults)
  place = await install({
    config: { models: providersAt(sandbox), gateway: { timeouts: { firstByteMs: FIRST_BYTE_MS } } },
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
      expect([requestsOf(sandbox, `${agent}-first`), requestsOf(sandbox, `${agent}-second`)]).toEqual([1, 1])

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
      expect([requestsOf(sandbox, `${agent}-first`), requestsOf(sandbox, `${agent}-second`)]).toEqual([1, 2])
    })
  }

  test('nothing was ever sent to where a redirect pointed', () => {
    expect(elsewhere).toBe(0)
  })
})
