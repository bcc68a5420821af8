// How much of its limits an account has used, from the vendor's headers to every place that shows it: the gateway that made the call, the
// command line beside it, a conversation, and all of them after a restart.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, readJson, until } from '../support/installation.ts'
import { loginConfig, loginEnv, storedLogin } from '../support/logins.ts'
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
  const logins = loginConfig(sandbox)
  place = await install({
    config: { ...logins, models: { providers: { ...logins.models.providers, ...providersAt(sandbox).providers } } },
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

const askCodex = async (): Promise<number> => {
  const response = await fetch(`${gateway.url}/v1/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'openai-codex/gpt-5.1',
      instructions: 'Be kind.',
      input: 'hi',
      store: false,
      stream: true,
    }),
  })
  await response.text()
  return response.status
}

async function usageOf(args: readonly string[], profileId: string): Promise<Usage['providers'][number] | undefined> {
  const { stdout } = await openclaw(place, args)
  const report = JSON.parse(stdout)
  const usage: Usage = report.usage ?? report.auth.usage
  return usage.providers.find((one) => one.profileId === profileId)
}
