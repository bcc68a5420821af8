// The login shell as the last source: for what is set nowhere else, only when it is wanted, and with nothing of it said.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createAuth, type View } from '../../src/auth/auth.ts'
import { inspect } from '../../src/auth/inspect.ts'
import { resolve } from '../../src/auth/resolve.ts'
import { openSecret } from '../../src/gateway/token.ts'
import { createRegistry } from '../../src/providers/registry.ts'
import type { ShellQuestion } from '../../src/system/shell-env.ts'
import { machine, NOON } from '../support/machine.ts'
import { lay, type Plan } from './place.ts'

const WANTED = { env: { shellEnv: { enabled: true } } }
const OPENAI = 'sk-openai-of-the-shell'

async function opened(plan: Plan, values: Record<string, string>, trouble?: string) {
  const state = lay(plan)
  const asked: ShellQuestion[] = []
  const { system, logged } = machine({
    env: { ...plan.env, OPENCLAW_STATE_DIR: state },
    parts: {
      askShell: async (question) => {
        asked.push(question)
        return { values: new Map(Object.entries(values)), ...(trouble === undefined ? {} : { trouble }) }
      },
    },
  })
  const auth = await createAuth(system)
  return { auth, asked, logged, state }
}

const told = (view: View, provider: string): string[] =>
  resolve(view.facts(), provider, { now: NOON }).trace.map(({ id, rule }) => `${id} ${rule}`)
const fallback = (view: View) => inspect(view, { named: false }).auth.shellEnvFallback

test('gives what is set nowhere else, key by key, and status says which', async () => {
  const { auth, asked } = await opened(
    { config: WANTED, env: { ANTHROPIC_API_KEY: 'sk-process-process' }, dotenv: 'GROQ_API_KEY=gsk-dotenv-dotenv' },
    { OPENAI_API_KEY: OPENAI, ANTHROPIC_API_KEY: 'sk-other-other', GROQ_API_KEY: 'gsk-other-other', PATH: '/bin' },
  )
  expect(asked).toEqual([])
  const view = await auth.view('main')
  expect(asked).toMatchObject([{ timeoutMs: 15_000 }])
  expect(told(view, 'openai')).toEqual(['shell:OPENAI_API_KEY first'])
  expect(told(view, 'anthropic')).toEqual(['env:ANTHROPIC_API_KEY first'])
  expect(told(view, 'groq')).toEqual(['dotenv:GROQ_API_KEY first'])
  expect(fallback(view)).toEqual({ enabled: true, appliedKeys: ['OPENAI_API_KEY'] })
  const { providers } = inspect(view, { named: false }).auth
  expect(providers.find(({ provider }) => provider === 'openai')).toMatchObject({
    env: { source: 'shell env: OPENAI_API_KEY' },
    next: { id: 'shell:OPENAI_API_KEY' },
  })
})

test('stands behind the env of the config and before the key of the config', async () => {
  const config = {
    ...WANTED,
    env: { ...WANTED.env, OPENAI_API_KEY: 'sk-config-env-env' },
    models: { providers: { openai: { apiKey: 'sk-config-key-key' }, groq: { apiKey: 'gsk-config-key' } } },
  }
  const { auth } = await opened({ config }, { OPENAI_API_KEY: OPENAI, GROQ_API_KEY: 'gsk-shell-shell' })
  const view = await auth.view('main')
  expect(told(view, 'openai').map((line) => line.split(' ')[0])).toEqual([
    'config:OPENAI_API_KEY',
    'config:models.providers.openai.apiKey',
  ])
  expect(told(view, 'groq')).toEqual(['shell:GROQ_API_KEY first', 'config:models.providers.groq.apiKey next'])
})

test('gives lists, and what the config names, too', async () => {
  const config = { ...WANTED, models: { providers: { xai: { apiKey: '${MY_OWN_KEY}' } } } }
  const { auth } = await opened(
    { config },
    { OPENAI_API_KEYS: `${OPENAI},sk-second-second`, MY_OWN_KEY: 'xai-of-mine' },
  )
  const view = await auth.view('main')
  expect(told(view, 'openai')).toEqual(['shell:OPENAI_API_KEYS#1 first', 'shell:OPENAI_API_KEYS#2 next'])
  expect(told(view, 'xai')).toEqual(['config:models.providers.xai.apiKey first'])
  expect(auth.home.config().missing).toEqual([])
  expect(fallback(view).appliedKeys).toEqual(['OPENAI_API_KEYS', 'MY_OWN_KEY'])
  await auth.home.reload()
  await view.reload()
  expect(told(view, 'xai')).toEqual(['config:models.providers.xai.apiKey first'])
})

describe('is asked', () => {
  test.each<[string, Plan, number]>([
    ['never by itself', {}, 0],
    ['not when the config says no', { config: { env: { shellEnv: { enabled: false } } } }, 0],
    ['when the config wants it', { config: WANTED }, 1],
    ['when the environment wants it', { env: { OPENCLAW_LOAD_SHELL_ENV: '1' } }, 1],
    ['when .env wants it', { dotenv: 'OPENCLAW_LOAD_SHELL_ENV=true' }, 1],
    ['not for a 0', { env: { OPENCLAW_LOAD_SHELL_ENV: '0' } }, 0],
  ])('%s', async (_what, plan, times) => {
    const { auth, asked } = await opened(plan, { OPENAI_API_KEY: OPENAI })
    const view = await auth.view('main')
    expect(asked).toHaveLength(times)
    expect(fallback(view)).toEqual({ enabled: times > 0, appliedKeys: times > 0 ? ['OPENAI_API_KEY'] : [] })
    expect(told(view, 'openai')).toHaveLength(times)
  })

  test('not when all it could give is set', async () => {
    const names = createRegistry()
      .all()
      .flatMap(({ env }) => env)
    const all = [...names, 'OPENCLAW_GATEWAY_TOKEN', 'OPENCLAW_GATEWAY_PASSWORD']
    const env = Object.fromEntries(all.map((name) => [name, 'some-value-of-a-key']))
    const { auth, asked } = await opened({ config: WANTED, env }, {})
    await auth.view('main')
    expect(asked).toEqual([])
  })

  test('not by whoever needs no credential', async () => {
    const { auth, asked } = await opened({ config: WANTED }, { OPENAI_API_KEY: OPENAI })
    await auth.view('main', { asksShell: false })
    expect(asked).toEqual([])
  })

  test('once, however often the files are read', async () => {
    const { auth, asked } = await opened({ config: WANTED }, { OPENAI_API_KEY: OPENAI })
    const view = await auth.view('main')
    await auth.home.reload()
    await view.reload()
    expect(asked).toHaveLength(1)
    expect(told(view, 'openai')).toEqual(['shell:OPENAI_API_KEY first'])
  })

  test('as soon as the config wants it, and no longer used when it does not', async () => {
    const { auth, asked, state } = await opened({}, { OPENAI_API_KEY: OPENAI })
    const view = await auth.view('main')
    const write = async (config: object): Promise<void> => {
      writeFileSync(join(state, 'openclaw.json'), JSON.stringify(config))
      await auth.home.reload()
      await view.reload()
    }
    await write(WANTED)
    expect([asked.length, told(view, 'openai').length]).toEqual([1, 1])
    await write({})
    expect(told(view, 'openai')).toEqual([])
  })

  test.each<[Plan, number]>([
    [{ config: { env: { shellEnv: { enabled: true, timeoutMs: 321 } } } }, 321],
    [{ config: WANTED, env: { OPENCLAW_SHELL_ENV_TIMEOUT_MS: '456' } }, 456],
    [{ config: WANTED, env: { OPENCLAW_SHELL_ENV_TIMEOUT_MS: 'soon' } }, 15_000],
  ])('for as long as %j says', async (plan, timeoutMs) => {
    const { auth, asked } = await opened(plan, {})
    await auth.view('main')
    expect(asked[0]?.timeoutMs).toBe(timeoutMs)
  })
})

test('trouble is one warning, and everything else serves', async () => {
  const { auth, logged } = await opened(
    { config: WANTED, env: { ANTHROPIC_API_KEY: 'sk-process-process' } },
    {},
    'it took longer than 5 ms',
  )
  const view = await auth.view('main')
  await view.reload()
  expect(told(view, 'anthropic')).toEqual(['env:ANTHROPIC_API_KEY first'])
  expect(logged).toHaveLength(1)
  expect(logged[0]).toMatch(/"level":"warn".*took longer than 5 ms/)
})

test('its secrets are hidden from the log', async () => {
  const { auth, logged } = await opened({ config: WANTED }, { OPENAI_API_KEY: 'plainsecretwithoutshape' })
  await auth.view('main')
  auth.home.system.log.warn('x plainsecretwithoutshape')
  expect(logged.join('')).not.toContain('plainsecret')
})

test("may hold the gateway's own secret", async () => {
  const { auth } = await opened({ config: WANTED }, { OPENCLAW_GATEWAY_TOKEN: 'a-token-of-the-login-shell' })
  const view = await auth.view('main')
  const secret = await openSecret(auth.home, {}, { beyondLoopback: false })
  expect(secret.matches('a-token-of-the-login-shell')).toBe(true)
  expect(secret.where()).toBe('OPENCLAW_GATEWAY_TOKEN of the login shell')
  expect(fallback(view).appliedKeys).toEqual(['OPENCLAW_GATEWAY_TOKEN'])
})
