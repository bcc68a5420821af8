// Where keys come from besides the store, through the built program: `${VARIABLE}`s, lists, the login shell; and what a running gateway makes of
// a changed `.env`, config or store.
import { chmod, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayOptions, type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, type Plan, until } from '../support/installation.ts'
import { providersAt, requestsOf } from './support.ts'

const KEYS = {
  one: 'sk-ant-api03-number-one-0123456789abcdef',
  two: 'sk-ant-api03-number-two-0123456789abcdef',
  three: 'sk-ant-api03-number-three-0123456789abcdef',
}
/** What is promised is measured where figures are published, on a machine that does nothing else. */
const PROMISED_MS = 2000
const RELOADED_WITHIN_MS = process.env.KEYCLAW_WHOLE === '1' ? PROMISED_MS : 5 * PROMISED_MS

let sandbox: Sandbox

beforeAll(async () => {
  const accounts = Object.entries(KEYS).map(([name, key]) => ({ name, vendor: 'anthropic' as const, key }))
  sandbox = await startSandbox({ accounts })
})

afterAll(() => sandbox?.close())

async function fresh(plan: Plan = {}): Promise<Installation> {
  const place = await install({ ...plan, config: { models: providersAt(sandbox), ...plan.config } })
  onTestFinished(() => place.remove())
  return place
}

async function served(place: Installation, options?: GatewayOptions): Promise<GatewayProcess> {
  const gateway = await startGateway(place, options)
  onTestFinished(async () => void (await gateway.stop()))
  return gateway
}

async function ask(gateway: GatewayProcess): Promise<number> {
  const response = await fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': gateway.token, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'claude-opus-4-6', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }),
  })
  await response.arrayBuffer()
  return response.status
}

/** Who served the next call. */
async function server(gateway: GatewayProcess): Promise<string> {
  const count = (): Record<string, number> =>
    Object.fromEntries(Object.keys(KEYS).map((name) => [name, requestsOf(sandbox, name)]))
  const before = count()
  await ask(gateway)
  const after = count()
  return Object.keys(KEYS).find((name) => after[name] !== before[name]) ?? 'nobody'
}

/** How long it took until that account serves. */
async function msUntil(gateway: GatewayProcess, name: string): Promise<number> {
  const start = performance.now()
  while ((await server(gateway)) !== name) {
    if (performance.now() - start > 20_000)
      throw new Error(`${name} never served; the gateway said:\n${gateway.said()}`)
    await new Promise((done) => setTimeout(done, 25))
  }
  return performance.now() - start
}

/** A login shell that notes each time it is run. */
async function shellIn(place: Installation, script: string): Promise<{ path: string; runs(): Promise<number> }> {
  const path = join(place.dir, 'shell')
  await writeFile(path, `#!/bin/sh\necho run >> '${place.dir}/runs'\n${script}\n`)
  await chmod(path, 0o755)
  const runs = async (): Promise<number> =>
    (await readFile(join(place.dir, 'runs'), 'utf8').catch(() => '')).split('\n').length - 1
  return { path, runs }
}

describe('a running gateway follows, within two seconds and without a restart,', () => {
  test('a changed .env, one that comes, and one that goes', async () => {
    const place = await fresh()
    const gateway = await served(place)
    expect(await server(gateway)).toBe('nobody')
    const path = join(place.state, '.env')
    await writeFile(path, `ANTHROPIC_API_KEY=${KEYS.one}\n`)
    expect(await msUntil(gateway, 'one')).toBeLessThan(RELOADED_WITHIN_MS)
    // As an editor does it: another file in its place.
    await writeFile(`${path}.new`, `ANTHROPIC_API_KEY=${KEYS.two}\n`)
    await rename(`${path}.new`, path)
    expect(await msUntil(gateway, 'two')).toBeLessThan(RELOADED_WITHIN_MS)
    await writeFile(path, '')
    expect(await msUntil(gateway, 'nobody')).toBeLessThan(RELOADED_WITHIN_MS)
  })

  test('a changed config: its env, and a key that names a variable of .env', async () => {
    const place = await fresh({ dotenv: `MY_KEY=${KEYS.two}\n` })
    const gateway = await served(place)
    const path = join(place.state, 'openclaw.json')
    const models = providersAt(sandbox)
    await writeFile(path, JSON.stringify({ models, env: { ANTHROPIC_API_KEY: KEYS.one } }))
    expect(await msUntil(gateway, 'one')).toBeLessThan(RELOADED_WITHIN_MS)
    const anthropic = { ...models.providers.anthropic, apiKey: '${MY_KEY}' }
    await writeFile(path, JSON.stringify({ models: { providers: { anthropic } } }))
    expect(await msUntil(gateway, 'two')).toBeLessThan(RELOADED_WITHIN_MS)
    await writeFile(join(place.state, '.env'), `MY_KEY=${KEYS.three}\n`)
    expect(await msUntil(gateway, 'three')).toBeLessThan(RELOADED_WITHIN_MS)
    // One that breaks is no reason to forget the one before, nor is one that an editor empties before it fills it.
    const told = (what: string): Promise<true> => until(what, () => gateway.said().includes(what) || undefined)
    await writeFile(path, '{ "models": ')
    await told('a change could not be read')
    expect(await server(gateway)).toBe('three')
    await writeFile(path, '')
    await told('the config holds nothing, and did before')
    expect(await server(gateway)).toBe('three')
    expect(gateway.said()).not.toContain('everything has its default')
    await writeFile(path, JSON.stringify({ models, env: { ANTHROPIC_API_KEY: KEYS.two } }))
    expect(await msUntil(gateway, 'two')).toBeLessThan(RELOADED_WITHIN_MS)
    // One that stays empty was meant to be.
    await writeFile(path, ' \n')
    await told('everything has its default')
    expect(await msUntil(gateway, 'nobody')).toBeLessThan(RELOADED_WITHIN_MS)
    expect(gateway.said().match(/the config holds nothing, and did before/g)).toHaveLength(2)
  })

  test('a changed config that stands elsewhere', async () => {
    const place = await fresh()
    const path = join(place.dir, 'elsewhere.json')
    await writeFile(path, JSON.stringify({ models: providersAt(sandbox) }))
    const gateway = await served(place, { env: { OPENCLAW_CONFIG_PATH: path } })
    await writeFile(path, JSON.stringify({ models: providersAt(sandbox), env: { ANTHROPIC_API_KEY: KEYS.one } }))
    expect(await msUntil(gateway, 'one')).toBeLessThan(RELOADED_WITHIN_MS)
  })

  test('a changed store, whoever writes it', async () => {
    const place = await fresh({ dotenv: `ANTHROPIC_API_KEY=${KEYS.one}\n` })
    const gateway = await served(place)
    expect(await server(gateway)).toBe('one')
    await openclaw(place, ['models', 'auth', 'paste-api-key', '--provider', 'anthropic'], { input: KEYS.two })
    expect(await msUntil(gateway, 'two')).toBeLessThan(RELOADED_WITHIN_MS)
    const store = join(place.state, 'agents/main/agent/auth-profiles.json')
    await writeFile(store, (await readFile(store, 'utf8')).replace(KEYS.two, KEYS.three))
    expect(await msUntil(gateway, 'three')).toBeLessThan(RELOADED_WITHIN_MS)
    await writeFile(store, JSON.stringify({ version: 1, profiles: {} }))
    expect(await msUntil(gateway, 'one')).toBeLessThan(RELOADED_WITHIN_MS)
  })
})

describe('a variable of the config that nobody has set', () => {
  const unset = (): NonNullable<Plan['config']> => {
    const { anthropic } = providersAt(sandbox).providers
    return {
      models: {
        providers: { anthropic: { ...anthropic, apiKey: '${NOT_SET_KEY}' }, openai: { baseUrl: '${NOT_SET_URL}' } },
      },
      gateway: { auth: { token: '${NOT_SET_TOKEN}' } },
    }
  }

  test('never keeps the gateway from starting, and serving what does not need it', async () => {
    const place = await fresh({
      config: unset(),
      dotenv: `ANTHROPIC_API_KEY=${KEYS.one}\n`,
      env: { OPENAI_API_KEY: KEYS.two },
    })
    const gateway = await served(place)
    expect(await server(gateway)).toBe('one')
    for (const [name, path] of [
      ['NOT_SET_KEY', 'models.providers.anthropic.apiKey'],
      ['NOT_SET_URL', 'models.providers.openai.baseUrl'],
      ['NOT_SET_TOKEN', 'gateway.auth.token'],
    ]) {
      expect(gateway.said()).toContain(`${name} is not set, so ${path} is not used`)
    }
  })

  test('is told on stderr by commands, which do their work, and keeps its name in the file', async () => {
    const place = await fresh({ config: unset() })
    const ran = await openclaw(place, ['models', 'status', '--json'])
    expect(ran.code).toBe(0)
    expect(JSON.parse(ran.stdout).auth.missingProvidersInUse).toEqual(['anthropic'])
    expect(ran.stderr).toContain('NOT_SET_KEY is not set, so models.providers.anthropic.apiKey is not used')
    expect((await openclaw(place, ['models', 'set', 'anthropic/claude-sonnet-4-5'])).code).toBe(0)
    const text = await readFile(join(place.state, 'openclaw.json'), 'utf8')
    for (const name of ['NOT_SET_KEY', 'NOT_SET_URL', 'NOT_SET_TOKEN']) expect(text).toContain(`"\${${name}}"`)
    expect(text).toContain('claude-sonnet-4-5')
  })
})

test('what a variable holds goes to the vendor, and never into the file', async () => {
  const { anthropic } = providersAt(sandbox).providers
  const config = { models: { providers: { anthropic: { ...anthropic, apiKey: '${MY_KEY}' } } } }
  const place = await fresh({ config, env: { MY_KEY: KEYS.one } })
  await openclaw(place, ['models', 'auth', 'paste-api-key', '--provider', 'openai'], {
    input: 'sk-proj-0123456789abcdefghij',
  })
  await openclaw(place, ['models', 'set', 'anthropic/claude-sonnet-4-5'])
  const text = await readFile(join(place.state, 'openclaw.json'), 'utf8')
  expect(text).toContain('"${MY_KEY}"')
  expect(text).not.toContain(KEYS.one)
  expect(await server(await served(place))).toBe('one')
})

test('keys of a list take turns, and a limited one steps aside', async () => {
  const place = await fresh({ dotenv: `ANTHROPIC_API_KEYS="${KEYS.one},${KEYS.two}; ${KEYS.three}"\n` })
  const gateway = await served(place)
  const three = [await server(gateway), await server(gateway), await server(gateway)]
  expect(three.sort()).toEqual(['one', 'three', 'two'])
  sandbox.setFaults([{ account: 'one', preset: 'rate-limited' }])
  onTestFinished(() => sandbox.setFaults([]))
  const statuses: number[] = []
  for (let call = 0; call < 6; call++) statuses.push(await ask(gateway))
  expect(statuses).toEqual([200, 200, 200, 200, 200, 200])
  const { stdout } = await openclaw(place, ['models', 'status'])
  for (const key of Object.values(KEYS)) expect(stdout).not.toContain(key)
})

describe('the login shell', () => {
  const WANTED = { OPENCLAW_LOAD_SHELL_ENV: '1' }

  test('serves a gateway that has no key of its own; nothing of it is said', async () => {
    const place = await fresh()
    const shell = await shellIn(place, `printf 'ANTHROPIC_API_KEY=${KEYS.one}\\0OTHER=private-value\\0'`)
    const env = { ...WANTED, SHELL: shell.path }
    const gateway = await served(place, { env, args: ['--log-level', 'debug'] })
    expect(await server(gateway)).toBe('one')
    const status = await openclaw(place, ['models', 'status'], { env })
    expect(status.stdout).toContain('Shell env     : on (ANTHROPIC_API_KEY)')
    const json = await openclaw(place, ['models', 'status', '--json', '--log-level', 'debug'], { env })
    expect(JSON.parse(json.stdout).auth.shellEnvFallback).toEqual({ enabled: true, appliedKeys: ['ANTHROPIC_API_KEY'] })
    expect(await shell.runs()).toBe(3)
    for (const text of [gateway.said(), status.stdout, status.stderr, json.stdout, json.stderr]) {
      expect(text).not.toContain(KEYS.one)
      expect(text).not.toContain('private-value')
    }
  })

  test('is not run when nobody wants it, nor by commands that need no credential', async () => {
    const place = await fresh()
    const shell = await shellIn(place, `printf 'ANTHROPIC_API_KEY=${KEYS.one}\\0'`)
    const off = await openclaw(place, ['models', 'status', '--json'], { env: { SHELL: shell.path } })
    expect(JSON.parse(off.stdout).auth.shellEnvFallback).toEqual({ enabled: false, appliedKeys: [] })
    const env = { ...WANTED, SHELL: shell.path }
    for (const line of [
      '--version',
      '--help',
      'models status --plain',
      'models list --plain',
      'models auth list',
      'models auth order get --provider anthropic',
      'gateway token show',
    ]) {
      expect((await openclaw(place, line.split(' '), { env })).code, line).toBe(0)
    }
    expect(await shell.runs()).toBe(0)
  })

  test('that hangs costs its time and a warning, and nothing else', async () => {
    const place = await fresh({ config: { env: { shellEnv: { enabled: true, timeoutMs: 400 } } } })
    const shell = await shellIn(place, 'sleep 60')
    // Whoever waited for it would not be back before this test is given up.
    const ran = await openclaw(place, ['models', 'status', '--json'], { env: { SHELL: shell.path } })
    expect(ran.code).toBe(0)
    expect(JSON.parse(ran.stdout).auth.shellEnvFallback).toEqual({ enabled: true, appliedKeys: [] })
    expect(ran.stderr.trim().split('\n')).toEqual([expect.stringMatching(/"level":"warn".*longer than 400 ms/)])
  })
})

test('a .env of the working directory is ignored, lists and live keys as well, with one line', async () => {
  const place = await fresh()
  await writeFile(
    join(place.cwd, '.env'),
    `ANTHROPIC_API_KEYS=${KEYS.one}\nOPENCLAW_LIVE_OPENAI_KEY=${KEYS.two}\nOPENAI_API_KEY_2=${KEYS.two}\nOTHER=1\n`,
  )
  const ran = await openclaw(place, ['models', 'status', '--json'])
  expect(JSON.parse(ran.stdout).auth.providers).toEqual([])
  expect(ran.stderr.trim().split('\n')).toEqual([
    expect.stringContaining('is ignored (ANTHROPIC_API_KEYS, OPENAI_API_KEY_2, OPENCLAW_LIVE_OPENAI_KEY)'),
  ])
})
