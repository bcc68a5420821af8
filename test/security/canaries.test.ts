// V10, V42, S1: more than forty secrets, one in every place where a secret can be. Everything the program can be made to say is listened to:
// all commands, routes, methods, errors, crashes and log levels. No piece of any of them comes out, but in the request that it signs.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { METHODS } from '../../src/gateway/method-table.ts'
import { HTTP_ROUTES } from '../../src/gateway/routes.ts'
import { type FaultRule, type Sandbox, type SandboxAccount, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, type RunOptions } from '../support/installation.ts'
import { CALLBACK_HOST } from '../support/logins.ts'
import { connectClient } from '../support/socket-client.ts'
import { tapWire, type WireTap } from '../support/wire-tap.ts'
import { canary, createSearch, type Leak } from './leaks.ts'

const search = createSearch()
const accounts: SandboxAccount[] = []
const KEY = 'sk-ant-api03-'
const TOKEN = `sk-ant-oat01-${'x'.repeat(40)}`

/** A new canary; with a vendor it is also a working key there. */
function secret(name: string, prefix: string, vendor?: 'anthropic' | 'openai'): string {
  const value = canary(name, prefix)
  search.add(name, value)
  if (vendor !== undefined) accounts.push({ name, vendor, key: value })
  return value
}

const COMPATIBLE = [
  'openai',
  'groq',
  'mistral',
  'xai',
  'deepseek',
  'moonshot',
  'cerebras',
  'openrouter',
  'corp',
  'fireworks',
]

const env = {
  ANTHROPIC_API_KEY: secret('env-anthropic', KEY, 'anthropic'),
  ANTHROPIC_OAUTH_TOKEN: secret('env-oauth', TOKEN, 'anthropic'),
  OPENAI_API_KEY: secret('env-openai', 'sk-proj-', 'openai'),
  GROQ_API_KEY: secret('env-groq', 'gsk_', 'openai'),
  CORP_KEY: secret('env-corp', 'corp-', 'openai'),
}
const dotenv = [
  `ANTHROPIC_API_KEY=${secret('dotenv-anthropic', KEY, 'anthropic')}`,
  `MISTRAL_API_KEY="${secret('dotenv-mistral', '', 'openai')}"`,
  `export XAI_API_KEY=${secret('dotenv-xai', 'xai-', 'openai')}`,
  `UNRELATED_PASSWORD=${secret('dotenv-unrelated', 'pw-')}`,
  '',
].join('\n')

const login = {
  access: secret('login-access', 'sk-ant-oat01-', 'anthropic'),
  refresh: secret('login-refresh', 'sk-ant-ort01-'),
}
const legacyKey = secret('legacy-key', KEY, 'anthropic')
const legacyRefresh = secret('legacy-refresh', 'sk-ant-ort01-')
const gatewayToken = secret('gateway-token', 'kcg_')
const gatewayPassword = secret('gateway-password', 'pass"word\\<&=')

const profiles = [
  { id: 'anthropic:one', key: secret('profile-one', KEY, 'anthropic') },
  { id: 'anthropic:two', key: secret('profile-two', KEY, 'anthropic') },
  { id: 'anthropic:plan', token: secret('profile-plan', TOKEN, 'anthropic') },
  { id: 'anthropic:ended', token: secret('profile-ended', TOKEN, 'anthropic'), expires: 1_700_000_000_000 },
  { id: 'anthropic:login', ...login, expires: Date.now() + 9e7 },
  { id: 'openai:one', key: secret('profile-openai', 'sk-proj-', 'openai') },
  {
    id: 'openai:spare',
    raw: {
      type: 'api_key',
      key: secret('profile-spare', 'sk-svcacct-', 'openai'),
      metadata: { note: secret('profile-metadata', '') },
    },
  },
  { id: 'openrouter:one', key: secret('profile-openrouter', 'sk-or-v1-', 'openai') },
  {
    id: 'fireworks:elsewhere',
    raw: { type: 'api_key', key: secret('profile-elsewhere', 'fw_'), origin: 'https://elsewhere.example' },
  },
  {
    id: 'anthropic:passkey',
    raw: { type: 'passkey', blob: secret('unknown-blob', ''), inner: { list: [secret('unknown-inner', '')] } },
  },
  {
    id: 'openai:client',
    raw: {
      type: 'oauth',
      access: secret('openai-access', 'eyJ', 'openai'),
      refresh: secret('openai-refresh', 'rt_'),
      clientSecret: secret('client-secret', ''),
    },
  },
  { id: 'openai:broken', raw: { type: 'api_key', key: `${secret('profile-broken', 'sk-proj-')}\nsecond line` } },
]

const pasted = {
  key: secret('pasted-key', 'sk-proj-', 'openai'),
  token: secret('pasted-token', TOKEN, 'anthropic'),
  exported: secret('pasted-export', KEY, 'anthropic'),
  socket: secret('pasted-socket', KEY, 'anthropic'),
}
/** Pasted over another one, and taken back. */
const replacing = secret('replacing', 'sk-proj-', 'openai')
const wrong = {
  keyAsToken: secret('wrong-key-as-token', KEY),
  tokenAsKey: secret('wrong-token-as-key', TOKEN),
  refresh: secret('wrong-refresh', 'sk-ant-ort01-'),
  otherVendor: secret('wrong-vendor', KEY),
  prose: secret('wrong-prose', 'my key is '),
  control: secret('wrong-control', 'key\u0007'),
  cut: secret('wrong-cut', 'sk-ant-oat01-'),
  socketKind: secret('wrong-socket-kind', KEY),
  socketVendor: secret('wrong-socket-vendor', KEY),
  socketProse: secret('wrong-socket-prose', 'key: '),
  socketBack: secret('wrong-socket-back', 'ac_'),
  slash: secret('wrong-slash', KEY),
}
/** Typed by mistake where no secret belongs; the process table has it by the person's own hand. */
const typed = { flag: secret('typed-flag', KEY), id: secret('typed-id', KEY), word: secret('typed-word', KEY) }
/** Pasted into the config where something else belongs. */
const misplaced = {
  fallbacks: secret('misplaced-fallbacks', KEY),
  bind: secret('misplaced-bind', ''),
  agent: secret('misplaced-agent', 'hunter2-'),
}
const presented = {
  bearer: secret('presented-bearer', 'kcg_'),
  key: secret('presented-key', KEY),
  cookie: secret('presented-cookie', ''),
  query: secret('presented-query', 'kcg_'),
  socket: secret('presented-socket', 'kcg_'),
}

let sandbox: Sandbox
let tap: WireTap
let place: Installation
const said: { where: string; text: string }[] = []
const HAS_PROC = existsSync('/proc/self/cmdline')
const table = new Set<string>()
/** Processes that ran before. */
const strangers = new Set<string>()
let sampler: NodeJS.Timeout | undefined

beforeAll(async () => {
  sandbox = await startSandbox({ accounts })
  tap = await tapWire(sandbox)
  const providers: Record<string, object> = { anthropic: { baseUrl: `${tap.url}/anthropic` } }
  for (const id of COMPATIBLE) providers[id] = { baseUrl: `${tap.url}/openai/v1` }
  providers.cerebras = { baseUrl: `${tap.url}/openai/v1`, apiKey: secret('config-apikey', 'csk-', 'openai') }
  providers.corp = { baseUrl: `${tap.url}/openai/v1`, apiKey: '\u0024{CORP_KEY}' }
  place = await install({
    config: {
      models: { providers },
      env: {
        DEEPSEEK_API_KEY: secret('config-env', 'sk-', 'openai'),
        vars: { MOONSHOT_API_KEY: secret('config-vars', 'sk-', 'openai') },
      },
      agents: { defaults: { model: 'anthropic/claude-opus-4-6' } },
      gateway: { auth: { token: gatewayToken, password: gatewayPassword } },
    },
    profiles,
    agents: {
      work: { profiles: [{ id: 'anthropic:work', key: secret('profile-work', KEY, 'anthropic') }] },
      old: { health: {} },
    },
    dotenv,
    env,
  })
  await writeFile(
    join(place.state, 'agents/old/agent/auth.json'),
    JSON.stringify({
      anthropic: { type: 'api_key', provider: 'anthropic', key: legacyKey },
      openai: { type: 'oauth', provider: 'openai', access: 'x', refresh: legacyRefresh, expires: 1 },
    }),
  )
  if (HAS_PROC) {
    for (const pid of readdirSync('/proc')) strangers.add(pid)
    sampler = setInterval(sampleTable, 20)
  }
})

afterAll(async () => {
  clearInterval(sampler)
  await tap?.close()
  await sandbox?.close()
  await place?.remove()
})

/** Only what has started since: all that this test starts is younger, and a look at everything else would cost a core. */
function sampleTable(): void {
  for (const pid of readdirSync('/proc')) {
    if (strangers.has(pid) || !/^\d+$/.test(pid)) continue
    try {
      table.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Faults with which each account's key comes back from the vendor; several statuses go round. */
function echoes(...statuses: number[]): FaultRule[] {
  return accounts.map(({ name, key }, at) => {
    // Cut off in its midst where a message is shortened, and in other letters.
    const message = `${'.'.repeat(at % 2 === 0 ? 0 : 150)} Incorrect key provided: ${key}. Base64 ${Buffer.from(key).toString('base64')}`
    const body = { type: 'error', error: { type: 'authentication_error', message }, request_id: key }
    const status = statuses[at % statuses.length] ?? 401
    return { account: name, status, body, headers: { 'x-echo': key, 'request-id': key, 'retry-after': '1' } }
  })
}

const script = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`

async function run(args: readonly string[], options: RunOptions = {}): Promise<string> {
  const ran = await openclaw(place, args, options)
  said.push({ where: `openclaw ${args.join(' ')}`, text: `${ran.stdout}\n${ran.stderr}` })
  return ran.stdout
}

async function ask(gateway: GatewayProcess, path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(gateway.url + path, init)
  const text = await response.text().catch((error: unknown) => String(error))
  said.push({ where: `${init.method ?? 'GET'} ${path}`, text: `${JSON.stringify([...response.headers])}\n${text}` })
  return response
}

const MESSAGES = [{ role: 'user', content: 'hi' }]
const bodyFor = (model: string): string => JSON.stringify({ model, max_tokens: 9, messages: MESSAGES })

/** Whether an event ends what was said in the conversation of slash commands. */
function isEnd(payload: unknown): boolean {
  const { sessionKey, state } = (payload ?? {}) as { sessionKey?: string; state?: string }
  return sessionKey === 'agent:main:slash' && (state === 'final' || state === 'error')
}

describe('S1 canaries', () => {
  test('go through every command, in text and JSON, with debug logging, help and wrong usage', async () => {
    const lines = [
      'models',
      'models status',
      'models status --json',
      'models status --plain',
      'models status --check --json',
      'models status --agent work',
      'models list',
      'models list --all --json',
      'models explain',
      'models explain anthropic --json',
      'models explain openai',
      'models explain corp --json',
      'models cache',
      'models cache --json',
      'models auth list',
      'models auth list --json',
      'models auth list --agent old --json',
      'models auth order get --provider anthropic --json',
      'models auth order set --provider anthropic anthropic:one anthropic:two',
      'models auth order set --provider anthropic anthropic:nobody',
      'models auth order clear --provider anthropic',
      'models set anthropic/claude-opus-4-6',
      'models set nobody/nothing',
      'config get',
      'config get env',
      'config get env.vars --json',
      'config get models',
      'config get models.providers.cerebras.apiKey',
      'config get gateway --json',
      'config get gateway.auth.password',
      'config set gateway.port no',
      'config set gateway.auth x',
      'config set env.vars.MOONSHOT_API_KEY 5',
      'config unset gateway.auth.nothing',
      'config validate',
      'config validate --json',
      'config schema',
      'gateway token',
      'gateway token show --json',
      'gateway call health',
      'gateway status --json',
      'help exit-codes',
      '--help',
      'models auth --help',
      'gateway --help',
      'models nonsense',
      '--nonsense',
      'models status --json --plain',
      'models auth logout anthropic:nobody --yes',
      'models status --probe --json --probe-timeout 2000',
    ]
    let next = 0
    const work = async (): Promise<void> => {
      for (let line = lines[next++]; line !== undefined; line = lines[next++]) {
        await run([...line.split(' '), '--log-level', 'debug'], { env: { OPENCLAW_DEBUG: '1' } })
      }
    }
    await Promise.all([work(), work()])
    expect(said.some(({ text }) => text.includes('profile'))).toBe(true)
  }, 60_000)

  test('go through every paste, right and wrong', async () => {
    const door = (command: string, provider: string, id?: string): string[] => [
      'models',
      'auth',
      command,
      '--provider',
      provider,
      ...(id === undefined ? [] : ['--profile-id', id]),
      '--log-level',
      'debug',
    ]
    await run(door('paste-api-key', 'openai', 'openai:pasted'), { input: pasted.key })
    await run(door('paste-token', 'anthropic', 'anthropic:pasted'), {
      input: `${pasted.token.slice(0, 60)}\n${pasted.token.slice(60)}`,
    })
    await run(door('paste-api-key', 'anthropic', 'anthropic:exported'), {
      input: `export ANTHROPIC_API_KEY="${pasted.exported}"\n`,
    })
    await run([...door('paste-api-key', 'openai', 'openai:pasted'), '--json'], { input: pasted.key })
    await run(door('paste-token', 'anthropic'), { input: wrong.keyAsToken })
    await run(door('paste-api-key', 'anthropic'), { input: wrong.tokenAsKey })
    await run([...door('paste-api-key', 'anthropic'), '--json'], { input: wrong.refresh })
    await run(door('paste-api-key', 'openai'), { input: wrong.otherVendor })
    await run(door('paste-api-key', 'openai'), { input: wrong.prose })
    await run(door('paste-api-key', 'openai'), { input: wrong.control })
    await run(door('paste-token', 'anthropic'), { input: wrong.cut })
    await run(['models', 'auth', 'setup-token', '--yes'], { input: wrong.keyAsToken })
    await run([...door('paste-api-key', 'anthropic'), `--key=${typed.flag}`])
    await run(door('paste-api-key', 'anthropic', typed.id), { input: pasted.exported })
    await run(['models', 'auth', 'logout', typed.word, '--yes'])
    await run(['models', 'auth', 'paste-api-key', typed.word, '--json'])
    await run([typed.word])
    // What a paste replaced lies in a file of its own, and every way of looking at it shows masks.
    await run([...door('paste-api-key', 'openai', 'openai:pasted'), '--json'], { input: replacing })
    for (const flags of [['--list'], ['--list', '--json'], ['--json'], [], []]) {
      await run(['models', 'auth', 'undo', ...flags, '--log-level', 'debug'])
    }
    const undoFile = await readFile(join(place.state, 'agents/main/agent/auth-profiles.undo.json'), 'utf8')
    expect(search.whole(undoFile)).toContain('replacing')
    const stored = await readFile(join(place.state, 'agents/main/agent/auth-profiles.json'), 'utf8')
    expect(search.whole(stored)).toEqual(
      expect.arrayContaining([
        'pasted-key',
        'pasted-token',
        'pasted-export',
        'unknown-blob',
        'unknown-inner',
        'client-secret',
      ]),
    )
    expect(search.whole(stored).filter((name) => /^(?:wrong|typed)/.test(name))).toEqual([])
  }, 60_000)

  test('go through every route and method, with vendors that repeat the key they were shown', async () => {
    const gateway = await startGateway(place, {
      args: ['--verbose', '--log-level', 'debug'],
      token: gatewayToken,
      env: { OPENCLAW_DEBUG: '1', OPENCLAW_OAUTH_CALLBACK_HOST: CALLBACK_HOST },
    })
    const json = { 'content-type': 'application/json' }
    for (const statuses of [[], [400], [422, 413], [401, 429, 500, 403, 402]]) {
      sandbox.reset()
      if (statuses.length > 0) sandbox.setFaults(echoes(...statuses))
      for (const model of ['anthropic/claude-opus-4-6', ...COMPATIBLE.map((id) => `${id}/gpt-5.1`)]) {
        const path = model.startsWith('anthropic') ? '/v1/messages' : '/v1/chat/completions'
        for (const agent of ['main', 'work', 'old']) {
          if (agent !== 'main' && !model.startsWith('anthropic')) continue
          await ask(gateway, path, {
            method: 'POST',
            headers: { ...json, 'x-api-key': gateway.token, 'x-openclaw-agent': agent },
            body: bodyFor(model),
          })
        }
      }
    }
    for (const [at, { method, path: listed }] of HTTP_ROUTES.entries()) {
      const path = listed.replace('*', 'oauth')
      const body = method === 'POST' ? { body: '{"model":17' } : {}
      await ask(gateway, path, { method, headers: { ...json, authorization: `Bearer ${gateway.token}` }, ...body })
      await ask(gateway, path, { method, ...body })
      if (at === 3)
        await ask(gateway, path, { method, headers: { authorization: `Bearer ${presented.bearer}` }, ...body })
      if (at === 4)
        await ask(gateway, `${path}?token=${presented.query}&key=${presented.query}`, {
          method,
          headers: { 'x-api-key': presented.key, cookie: `session=${presented.cookie}` },
          ...body,
        })
    }
    await ask(gateway, `/${presented.query}`, {})
    sandbox.reset()
    const client = await connectClient(gateway)
    for (const { name } of METHODS) {
      await client.ask(name, {
        sessionKey: 'agent:main:canary',
        key: 'agent:main:canary',
        agentId: 'main',
        message: 'hi',
        idempotencyKey: name,
      })
      await client.ask(name, { sessionKey: 7, key: [], agentId: 'nobody' })
    }
    const paste = (params: object): Promise<unknown> => client.ask('auth.paste', { provider: 'anthropic', ...params })
    expect(await paste({ secret: `"${pasted.socket}"`, profileId: 'anthropic:socket' })).toMatchObject({ ok: true })
    await paste({ method: 'setup-token', secret: wrong.socketKind })
    await paste({ provider: 'openai', secret: wrong.socketVendor })
    await paste({ secret: wrong.socketProse, profileId: wrong.socketProse })
    await paste({ provider: wrong.socketKind, method: wrong.socketVendor, secret: [wrong.socketProse] })
    const { login } = (await client.call('auth.login.start', { provider: 'openai-codex' })) as { login: { id: string } }
    for (const text of [
      wrong.socketBack,
      `https://x.test/?code=${wrong.socketBack}&state=x`,
      `${wrong.socketBack}#x`,
    ]) {
      expect(await client.ask('auth.login.paste', { id: login.id, text })).toMatchObject({ ok: false })
    }
    await client.ask('auth.login.paste', { id: wrong.socketBack, text: wrong.socketBack })
    await client.ask('auth.login.cancel', { id: login.id })
    // What is said in a chat; the last one of each time asks a model.
    const slash = ['/model', '/model status', '/status', '/usage', '/whoami', '/models', '/commands', '/model @x']
    const mistyped = ['/model', '/model opus@', '/models', '/think'].map((word) =>
      word.endsWith('@') ? word + wrong.slash : `${word} ${wrong.slash}`,
    )
    for (const [at, message] of [...slash, ...mistyped, 'hi'].entries()) {
      await client.ask('chat.send', { sessionKey: 'agent:main:slash', message, idempotencyKey: `slash ${at}` })
    }
    await expect
      .poll(() => client.events().filter(({ payload }) => isEnd(payload)).length, { timeout: 20_000 })
      .toBe(13)
    sandbox.setFaults(echoes(401))
    await run(['chat', '--session', 'slash', '--log-level', 'debug'], { input: '/compact' })
    await run(['chat', '--session', 'slash', '--message', '/model status', '--log-level', 'debug'])
    await run(['chat', '--session', 'slash'], { input: `/model ${wrong.slash}` })
    await client.ask('chat.send', { sessionKey: 'agent:main:refused', message: 'hi', idempotencyKey: 'refused' })
    for (
      let tries = 0;
      tries < 200 && !client.events().some(({ payload }) => JSON.stringify(payload).includes('refused'));
      tries++
    ) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    said.push({ where: 'the WebSocket', text: client.heard() })
    await client.close()
    const stranger = await connectClient(gateway, { token: presented.socket })
    said.push({ where: 'the WebSocket of a stranger', text: stranger.heard() })
    await stranger.close()
    await run(['agent', '--message', 'hi', '--json', '--log-level', 'debug'])
    await run(['agent', '--message', 'hi', '--agent', 'work'])
    await gateway.stop()
    expect(await run(['models', 'explain', '--last', '200'])).toContain('stepped over')
    said.push({ where: 'the gateway', text: gateway.said() })
  }, 120_000)

  test('go through password mode, a rotated token and crashes', async () => {
    sandbox.reset()
    const other = await startGateway(place, { args: ['--auth', 'password'], token: gatewayPassword })
    expect((await ask(other, '/metrics', { headers: { 'x-api-key': gatewayPassword } })).status).toBe(200)
    await other.stop('SIGABRT')
    said.push({ where: 'the gateway with a password', text: other.said() })
    const reveal = 'process.env.ANTHROPIC_API_KEY+" "+process.env.CORP_KEY+" "+process.env.GROQ_API_KEY'
    for (const thrown of [
      `new Error('boom '+${reveal})`,
      `('boom '+${reveal})`,
      `Object.assign(new Error('boom'),{stack:'at '+${reveal}})`,
    ]) {
      // As soon as anybody listens for it, before any secret has been read; and once the gateway serves.
      const early = `const t=setInterval(()=>{if(process.listenerCount('uncaughtException')>0){clearInterval(t);throw ${thrown}}},1)`
      const late = `process.on('SIGUSR2',()=>{throw ${thrown}})`
      for (const debug of ['0', '1']) {
        const options = { env: { OPENCLAW_DEBUG: debug } }
        await run(['gateway', 'run', '--port', '0'], { ...options, nodeFlags: ['--import', script(early)] })
        const crashed = await startGateway(place, {
          ...options,
          nodeFlags: ['--import', script(late)],
          token: gatewayToken,
        })
        expect(await crashed.stop('SIGUSR2')).toEqual({ code: 1, signal: null })
        said.push({ where: 'a crash', text: crashed.said() })
      }
    }
    expect(said.filter(({ text }) => text.includes('boom')).length).toBeGreaterThan(6)
    await run(['models', 'auth', 'logout', 'anthropic:two', '--yes', '--json'])
  }, 60_000)

  test('go through a config that holds them where something else belongs', async () => {
    const file = join(place.state, 'openclaw.json')
    const before = await readFile(file, 'utf8')
    const config = JSON.parse(before)
    config.agents.defaults.model = { fallbacks: misplaced.fallbacks }
    config.agents.list = [{ id: misplaced.agent, default: misplaced.agent }]
    config.gateway.bind = misplaced.bind
    config.gateway.port = misplaced.bind
    await writeFile(file, JSON.stringify(config))
    for (const line of [
      'status',
      'status --json',
      'config validate --json',
      'models status',
      'doctor',
      'gateway run',
    ]) {
      expect(await run([...line.split(' '), '--log-level', 'debug'])).toBeDefined()
      expect(said.at(-1)?.text).toContain('agents.defaults.model.fallbacks')
    }
    await writeFile(file, before)
  }, 60_000)

  test('and no piece of any of them came out', async () => {
    expect(search.count()).toBeGreaterThanOrEqual(40)
    const leaks: Leak[] = said.flatMap(({ where, text }) => search.leaks(where, text))
    if (HAS_PROC) expect(table.size).toBeGreaterThan(0)
    for (const line of table) {
      leaks.push(...search.leaks('the process table', line).filter(({ canary }) => !canary.startsWith('typed-')))
    }
    const rest =
      /^(?:state\/(?:openclaw\.json|\.env|gateway\.token)|state\/agents\/[^/]+\/agent\/auth-profiles(?:\.undo)?\.json)$/
    const looked = new Set<string>()
    for (const entry of await readdir(place.dir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      const name = path.slice(place.dir.length + 1)
      if (rest.test(name)) continue
      looked.add(name)
      const found = search.leaks(name, await readFile(path, 'latin1'))
      // The gateway took the credentials of an old file over when it started, and kept the file beside it.
      const legacy = /^state\/agents\/old\/agent\/auth\.json\.imported-[^/]+$/.test(name)
      leaks.push(...found.filter(({ canary }) => !(legacy && canary.startsWith('legacy-'))))
    }
    expect(leaks).toEqual([])
    expect([...looked]).toContain('state/agents/main/sessions/calls.log')
    expect(said.length).toBeGreaterThan(100)
  })

  test('and a vendor received only the one that signed, in the header where it belongs', () => {
    let signed = 0
    for (const connection of tap.sent()) {
      for (const request of connection.split(/(?=(?:GET|POST) \S+ HTTP\/1\.1\r\n)/)) {
        if (request.trim() === '') continue
        const lines = request.split('\r\n')
        const carrying = lines.filter((line) => search.leaks('', line).length > 0)
        expect(carrying.length, request.slice(0, 200)).toBe(1)
        expect(carrying[0]).toMatch(/^(?:x-api-key|authorization): /)
        expect(search.whole(request).length).toBe(1)
        signed++
      }
    }
    expect(signed).toBeGreaterThan(40)
  })
})
