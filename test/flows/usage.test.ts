// How much of its limits an account has used, from the vendor's headers to every place that shows it: the gateway that made the call, the
// command line beside it, a conversation, and all of them after a restart.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, readJson, until } from '../support/installation.ts'
import { loginConfig, loginEnv, respond, storedLogin } from '../support/logins.ts'
import { connectClient } from '../support/socket-client.ts'
import { anthropic, GPT, openai, providersAt, question } from './support.ts'

const TOKEN = `sk-ant-oat01-${'Ab1-'.repeat(24)}`
const HOUR = 3_600_000
const FIVE_HOURS = 5 * HOUR
const WEEK = 7 * 24 * HOUR
const LOGIN = 'openai-codex:home'

type Window = { label: string; usedPercent: number; resetAt?: number; limit?: number; remaining?: number }
type Usage = {
  updatedAt: number
  providers: { provider: string; profileId: string; updatedAt: number; windows: Window[] }[]
}

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess

beforeAll(async () => {
  const five = { quota: 4, windowMs: FIVE_HOURS }
  sandbox = await startSandbox({
    accounts: [
      { name: 'plan', vendor: 'anthropic', key: TOKEN, ...five },
      { name: 'key', vendor: 'anthropic', key: 'sk-ant-api03-key-0123456789abcdef', ...five },
      { name: 'metered', vendor: 'openai', key: 'sk-proj-metered-0123456789abcdef', ...five },
    ],
    logins: [
      {
        name: 'home',
        email: 'me@example.com',
        accountId: 'acct',
        userId: 'user',
        plan: 'plus',
        quota: 2,
        windowMs: FIVE_HOURS,
      },
    ],
  })
  const { agents, models } = loginConfig(sandbox) as { agents: object; models: { providers: object } }
  place = await install({
    config: { agents, models: { providers: { ...models.providers, ...providersAt(sandbox).providers } } },
    env: loginEnv(sandbox),
    profiles: [
      { id: 'anthropic:plan', token: TOKEN },
      { id: 'openai:metered', key: 'sk-proj-metered-0123456789abcdef' },
      storedLogin(sandbox, LOGIN, { expires: Date.now() + 24 * HOUR }),
    ],
    agents: { keyed: { profiles: [{ id: 'anthropic:key', key: 'sk-ant-api03-key-0123456789abcdef' }] } },
  })
  gateway = await startGateway(place)
})

afterAll(async () => {
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

const askCodex = async (): Promise<number> => (await respond(gateway)).status

async function usageOf(args: readonly string[]): Promise<Usage> {
  const report = JSON.parse((await openclaw(place, args)).stdout)
  return report.usage ?? report.auth.usage
}

const isLogin = ({ profileId }: { profileId: string }): boolean => profileId === LOGIN

test('what a vendor tells is known to the gateway at once, to the command line a moment later, and after a restart', async () => {
  await anthropic({ gateway }).messages.create(question())
  await anthropic({ gateway, agent: 'keyed' }).messages.create(question())
  await openai({ gateway }).chat.completions.create({ model: GPT, messages: [{ role: 'user', content: 'hi' }] })
  expect(await askCodex()).toBe(200)
  const client = await connectClient(gateway)
  const report = (await client.call('models.authStatus', {})) as { auth: { usage: Usage } }
  const usage = (await client.call('usage.status', {})) as Usage
  await client.close()
  // Between the two questions a window of a moment may have ended.
  const lasting = ({ providers }: Usage): unknown[] =>
    providers.map((one) => ({ ...one, windows: one.windows.map((window) => ({ ...window, isOver: undefined })) }))
  expect(lasting(report.auth.usage)).toEqual(lasting(usage))
  // The quota of each is four calls, of the login two, and a window of five hours.
  const told = usage.providers.map(({ profileId, windows }) => [
    profileId,
    windows.map(({ label, usedPercent }) => [label, usedPercent]),
  ])
  expect(told).toEqual([
    [
      'anthropic:plan',
      [
        ['5h', 25],
        ['7d', 2.5],
      ],
    ],
    [
      'openai:metered',
      [
        ['requests', 25],
        ['tokens', 0],
      ],
    ],
    [
      LOGIN,
      [
        ['5h', 50],
        ['7d', 5],
      ],
    ],
  ])
  const quota = sandbox.state().accounts.find(({ name }) => name === 'plan')?.quota
  const [five, week] = usage.providers[0]?.windows ?? []
  expect(five?.resetAt).toBe(Math.ceil((quota?.resetAt ?? 0) / 1000) * 1000)
  expect(Number(week?.resetAt) - Number(five?.resetAt)).toBe(WEEK - 24 * HOUR)
  expect(usage.providers[1]?.windows[0]).toMatchObject({ limit: 4, remaining: 3 })

  const seen = await until('the command line to see it', async () => {
    const seen = await usageOf(['models', 'status', '--json'])
    return seen.providers.length === 3 ? seen : undefined
  })
  expect(seen.providers).toMatchObject(usage.providers.map(({ profileId, updatedAt }) => ({ profileId, updatedAt })))
  const keyed = await until('that of the other agent, too', async () =>
    (await usageOf(['channels', 'list', '--json', '--agent', 'keyed'])).providers.at(0),
  )
  expect(keyed.windows[0]).toMatchObject({ label: 'requests', usedPercent: 25, limit: 4, remaining: 3 })
  // Counting tokens has limits of its own, by the same names.
  const { model, messages } = question()
  await anthropic({ gateway, agent: 'keyed' }).messages.countTokens({ model, messages })

  await gateway.stop()
  gateway = await startGateway(place)
  const again = await connectClient(gateway)
  const kept = (await again.call('usage.status', {})) as Usage
  const keptKeyed = (await again.call('usage.status', { agentId: 'keyed' })) as Usage
  await again.close()
  expect(kept.providers.map(({ profileId, updatedAt }) => [profileId, updatedAt])).toEqual(
    usage.providers.map(({ profileId, updatedAt }) => [profileId, updatedAt]),
  )
  expect(keptKeyed.providers[0]?.updatedAt).toBe(keyed.updatedAt)
  expect(JSON.stringify(await readJson(join(place.state, 'agents/main/agent/auth.json')))).not.toMatch(/sk-|eyJ/)
})

test('an account whose window is used up is asked until its vendor refuses, and rests to the second that this one names', async () => {
  const calls = (): number => sandbox.requests().filter(({ path }) => path.endsWith('/codex/responses')).length
  const before = calls()
  expect(await askCodex()).toBe(200)
  expect(await askCodex()).toBe(429)
  expect(calls() - before).toBe(2)
  const env = { OPENCLAW_GATEWAY_PORT: String(gateway.port) }
  const said = await openclaw(place, ['agent', '--message', '/status'], { env })
  expect(said.stdout).toMatch(
    /^Limits of openai-codex:home: 5h 100% used, resets in 5h \(\d\d:\d\dZ\); 7d 10% used, resets in 6d/m,
  )
  const rest = await until('the command line to see the rest', async () => {
    const report = JSON.parse((await openclaw(place, ['models', 'status', '--json'])).stdout)
    return report.auth.unusableProfiles.at(0)
  })
  const { windows = [] } = (await usageOf(['models', 'status', '--json'])).providers.find(isLogin) ?? {}
  expect(windows[0]).toEqual({ label: '5h', usedPercent: 100, resetAt: rest.until })
})
