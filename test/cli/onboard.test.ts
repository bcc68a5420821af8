// `onboard` without a question: what each flag writes, what is refused with nothing changed, and that what was written is what status shows.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AUTH_CHOICES, KEY_CHOICES } from '../../src/cli/onboard-choices.ts'
import { createRegistry } from '../../src/providers/registry.ts'
import { type Installation, install, openclaw, type Plan, PROGRAM, readJson, until } from '../support/installation.ts'
import { build, onTerminal, transcript } from '../support/program.ts'
import { standInManager } from '../support/service-manager.ts'
import { apiKey, openaiKey, setupToken } from './secrets.ts'

const STORE = '$STATE/agents/main/agent/auth-profiles.json'

let place: Installation
beforeAll(build, 60_000)
beforeEach(async () => {
  place = await install()
})
afterEach(() => place.remove())

type Entry = Record<string, unknown>
const again = async (plan: Plan): Promise<void> => {
  await place.remove()
  place = await install(plan)
}
const run = async (args: readonly string[], input?: string, env?: Record<string, string>): Promise<string> =>
  transcript(
    place,
    await openclaw(place, ['onboard', ...args], { ...(input === undefined ? {} : { input }), ...(env ? { env } : {}) }),
  )
const stored = async (agent = 'main'): Promise<Record<string, Entry>> => {
  const file = await readJson(`${place.state}/agents/${agent}/agent/auth-profiles.json`)
  return (file as { profiles?: Record<string, Entry> } | undefined)?.profiles ?? {}
}
const config = async (): Promise<Entry> => (await readJson(`${place.state}/openclaw.json`)) as Entry
const status = async (...args: string[]): Promise<{ defaultModel: string; auth: { providers: Entry[] } }> =>
  JSON.parse((await openclaw(place, ['models', 'status', '--json', ...args])).stdout)
const untouched = async (): Promise<void> => expect(await readdir(place.state)).toEqual([])

describe('a key flag alone', () => {
  it('stores the key, chooses a model, remembers the run and names the next commands', async () => {
    expect(await run(['--anthropic-api-key', apiKey('kkkk')])).toBe(`Stored in ${STORE}
Auth profile: anthropic:default (anthropic/api_key)
Updated $STATE/openclaw.json
Default model: anthropic/claude-opus-4-6
Gateway: port 18789, bind loopback, auth token

Next:
  openclaw models status
  openclaw agent --message "hi"
  openclaw gateway
--- exit 0
`)
    expect(await stored()).toMatchObject({ 'anthropic:default': { type: 'api_key', key: apiKey('kkkk') } })
    expect(await config()).toMatchObject({
      auth: { profiles: { 'anthropic:default': { provider: 'anthropic', mode: 'api_key' } } },
      agents: { defaults: { model: { primary: 'anthropic/claude-opus-4-6' } } },
      gateway: { mode: 'local' },
      wizard: {
        lastRunAt: expect.stringMatching(/^\d{4}-.*Z$/),
        lastRunVersion: expect.any(String),
        lastRunCommand: 'onboard',
        lastRunMode: 'local',
      },
    })
    expect((await status()).auth.providers).toMatchObject([
      { provider: 'anthropic', next: { id: 'anthropic:default' }, profiles: { count: 1, apiKey: 1 } },
    ])
  })

  it('asks nothing on a terminal, either', async () => {
    const screen = onTerminal(place, ['onboard', '--anthropic-api-key', apiKey('kkkk')])
    expect((await screen.exit).code).toBe(0)
    expect(screen.text()).toContain('Auth profile: anthropic:default (anthropic/api_key)')
    expect(screen.text()).not.toContain('aaaa')
  })

  const known = createRegistry()
  const supported = KEY_CHOICES.filter(({ provider }) => known.get(provider) !== undefined)
  const unsupported = KEY_CHOICES.filter(({ provider }) => known.get(provider) === undefined)

  it('knows every vendor that both the documents and this program have', () => {
    expect(supported).toHaveLength(16)
    expect(unsupported.map(({ provider }) => provider)).toEqual(['cloudflare-ai-gateway'])
  })

  it.each(supported.map((row) => [row.flag, row.provider] as const))(
    '--%s keeps a key of %s',
    async (flag, provider) => {
      const key =
        flag === 'anthropic-api-key'
          ? apiKey('kkkk')
          : flag === 'openrouter-api-key'
            ? 'sk-or-v1-eeeeeeeeeeeeeeee'
            : 'f0'.repeat(20)
      const text = await run([`--${flag}`, key])
      expect(text).toContain(`Auth profile: ${provider}:default (${provider}/api_key)`)
      expect(text).toContain('--- exit 0')
      expect(text).not.toContain(key)
      expect(await stored()).toMatchObject({ [`${provider}:default`]: { type: 'api_key', provider, key } })
    },
  )

  it.each(unsupported.map((row) => [row.flag, row.group] as const))(
    '--%s says that %s is not supported yet',
    async (flag, group) => {
      const text = await run([`--${flag}`, 'f0'.repeat(20)])
      expect(text).toContain(`Error: ${group} is not supported yet; `)
      expect(text).toContain('Nothing was changed.')
      expect(text).toContain('--- exit 1')
      await untouched()
    },
  )

  it('keeps a key of a vendor that only the config knows', async () => {
    const baseUrl = 'https://gateway.ai.cloudflare.com/v1/mine/one/compat'
    await again({ config: { models: { providers: { 'cloudflare-ai-gateway': { baseUrl } } } } })
    expect(await run(['--cloudflare-ai-gateway-api-key', 'f0'.repeat(20)])).toContain(
      'Auth profile: cloudflare-ai-gateway:default (cloudflare-ai-gateway/api_key)',
    )
  })

  it('says so when the chosen default model belongs to somebody else', async () => {
    expect(await run(['--moonshot-api-key', 'f0'.repeat(20)])).toContain(
      'The default model of agent main is anthropic/claude-opus-4-6, but it has no usable credential of anthropic.',
    )
    await again({ config: { agents: { defaults: { model: 'openai/gpt-5.1' } } } })
    expect(await run(['--anthropic-api-key', apiKey('kkkk')])).toContain('Default model: openai/gpt-5.1\n')
    expect(await config()).toMatchObject({ agents: { defaults: { model: 'openai/gpt-5.1' } } })
  })

  it('chooses a model of the vendor whose key came first', async () => {
    expect(await run(['--openai-api-key', openaiKey('oooo')])).toContain('Default model: openai/gpt-5.1\n')
    expect((await status()).defaultModel).toBe('openai/gpt-5.1')
  })

  it('writes beside a token, never over it', async () => {
    await again({ profiles: [{ id: 'anthropic:default', token: setupToken('tttt') }] })
    expect(await run(['--anthropic-api-key', apiKey('kkkk')])).toContain('Auth profile: anthropic:manual')
    expect(await stored()).toMatchObject({
      'anthropic:default': { token: setupToken('tttt') },
      'anthropic:manual': { key: apiKey('kkkk') },
    })
  })

  it('replaces a key, and says so', async () => {
    await run(['--anthropic-api-key', apiKey('kkkk')])
    expect(await run(['--anthropic-api-key', apiKey('llll')])).toContain(`Replaced in ${STORE}`)
    expect(await stored()).toMatchObject({ 'anthropic:default': { key: apiKey('llll') } })
  })
})

describe('refused, with nothing changed', () => {
  it.each([
    [
      'an empty value',
      ['--anthropic-api-key', ''],
      '--anthropic-api-key is empty; is ANTHROPIC_API_KEY set in this shell?',
    ],
    ['no value', ['--anthropic-api-key'], '--anthropic-api-key is empty'],
    ['no value before a flag', ['--anthropic-api-key', '--non-interactive'], '--anthropic-api-key is empty'],
    ['a variable in single quotes', ['--anthropic-api-key', '$ANTHROPIC_API_KEY'], 'holds the name of a variable'],
    ['a token as a key', ['--anthropic-api-key', setupToken('tttt')], 'This is a setup-token, not an API key.'],
    ['a key of somebody else', ['--openai-api-key', apiKey('kkkk')], 'This is an Anthropic credential'],
    ['a mask', ['--openai-api-key', 'sk-proj-****cccc'], 'it is a masked value'],
    [
      'several keys',
      ['--anthropic-api-key', apiKey('kkkk'), '--openai-api-key', openaiKey('oooo')],
      'Several keys were given (--openai-api-key, --anthropic-api-key); --auth-choice says which.',
    ],
    ['an unknown choice', ['--auth-choice', 'opneai-api-key'], '(Did you mean openai-api-key?)'],
    ['a login', ['--auth-choice', 'chutes'], 'chutes: this login is not supported yet.'],
    [
      'a login, with the key to have instead',
      ['--auth-choice', 'minimax-portal'],
      'Run: openclaw onboard --auth-choice minimax-api\n',
    ],
    ['a login without one', ['--auth-choice', 'github-copilot'], 'Run: openclaw onboard --help'],
    ['an old name where nobody is asked', ['--auth-choice', 'oauth', '--non-interactive'], 'is called setup-token now'],
    ['a choice without a key', ['--auth-choice', 'apiKey', '--non-interactive'], 'No key of Anthropic was found'],
    ['an empty pipe', ['--auth-choice', 'apiKey'], 'No key of Anthropic was found'],
    ['a token from an empty pipe', ['--auth-choice', 'setup-token'], 'No token came'],
    ['a key as a token', ['--auth-choice', 'token', '--token', apiKey('kkkk')], 'This is an API key, not a token.'],
    ['a wrong length', ['--token', setupToken('tttt'), '--token-expires-in', 'soon'], '--token-expires-in is a number'],
    ['a wrong port', ['--non-interactive', '--gateway-port', '0'], '--gateway-port is a number from 1 to 65535.'],
    ['a wrong bind', ['--non-interactive', '--gateway-bind', 'everywhere'], '--gateway-bind is loopback, lan, auto'],
    ['a tailnet', ['--non-interactive', '--gateway-bind', 'tailnet'], 'Binding to a tailnet needs its address'],
    ['a wrong kind', ['--non-interactive', '--gateway-auth', 'none'], '--gateway-auth is one of token, password.'],
    ['no password', ['--non-interactive', '--gateway-auth', 'password'], 'needs --gateway-password'],
    ['an empty token', ['--non-interactive', '--gateway-token', ''], '--gateway-token is empty.'],
    ['another machine', ['--mode', 'remote', '--remote-url', 'ws://h:1'], 'cannot be set up from here yet'],
    ['a reset that nobody says yes to', ['--reset', '--anthropic-api-key', apiKey('kkkk')], 'say --yes'],
    ['nobody to ask', [], 'Nobody can be asked here'],
    ['an unknown agent', ['--agent', 'nosuch', '--anthropic-api-key', apiKey('kkkk')], 'There is no agent "nosuch"'],
    ['a mistyped flag', [`--antropic-api-key=${apiKey('kkkk')}`], "Unknown option '--antropic-api-key=…'"],
  ])('%s', async (_what, args, message) => {
    const text = await run(args, '')
    expect(text).toContain(message)
    expect(text).toContain('--- exit 1')
    expect(text).not.toMatch(/aaaa|bbbb|cccccccc/)
    await untouched()
  })

  it('lists every choice where one is unknown', async () => {
    const text = await run(['--auth-choice', 'bogus', '--non-interactive'])
    for (const { id } of AUTH_CHOICES) expect(text).toContain(id)
  })

  it('in JSON where JSON was asked for', async () => {
    const { stdout, stderr, code } = await openclaw(place, ['onboard', '--anthropic-api-key', '', '--json'])
    expect({ stderr, code }).toEqual({ stderr: '', code: 1 })
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'bad_secret' }, exitCode: 1 })
  })
})

describe('a setup-token', () => {
  const ways: [string, string[], string | undefined][] = [
    ['from a flag', ['--auth-choice', 'setup-token', '--token', setupToken('tttt')], undefined],
    ['from a pipe', ['--auth-choice', 'setup-token'], `${setupToken('tttt')}\n`],
    [
      'from a pipe, without questions',
      ['--auth-choice', 'token', '--non-interactive', '--accept-risk'],
      setupToken('tttt'),
    ],
    [
      'as other releases take it',
      ['--auth-choice', 'token', '--token-provider', 'anthropic', '--token', setupToken('tttt')],
      undefined,
    ],
    ['without a choice', ['--token', setupToken('tttt')], undefined],
    ['under its old name', ['--auth-choice', 'claude-cli', '--token', setupToken('tttt')], undefined],
  ]
  it.each(ways)('%s', async (_way, args, input) => {
    const text = await run(args, input)
    expect(text).toContain('Auth profile: anthropic:default (anthropic/token, expires DATE)')
    expect(text).toContain('--- exit 0')
    expect(text).not.toContain('bbbb')
    expect(await stored()).toMatchObject({ 'anthropic:default': { type: 'token', token: setupToken('tttt') } })
  })

  it('takes a name and a length of life', async () => {
    const flags = ['--token-profile-id', 'My Work', '--token-expires-in', '30d']
    expect(await run(['--auth-choice', 'token', '--token', setupToken('tttt'), ...flags])).toContain(
      'Auth profile: anthropic:my-work (anthropic/token, expires DATE)',
    )
    const { expires } = (await stored())['anthropic:my-work'] ?? {}
    expect(Number(expires) - Date.now()).toBeGreaterThan(29 * 86_400_000)
    expect(Number(expires) - Date.now()).toBeLessThan(31 * 86_400_000)
  })

  it('is asked for on a terminal without showing it; Ctrl-C changes nothing', async () => {
    const asks = 'Paste the token of Anthropic (it is not shown), then Enter: '
    const left = onTerminal(place, ['onboard', '--auth-choice', 'setup-token'])
    await left.shows(asks)
    left.type('\u0003')
    expect((await left.exit).code).toBe(130)
    await untouched()
    const screen = onTerminal(place, ['onboard', '--auth-choice', 'setup-token'])
    await screen.shows('Anthropic recommends API keys')
    await screen.shows(asks)
    screen.type(`\u001b[200~${setupToken('tttt')}\u001b[201~\r`)
    expect((await screen.exit).code).toBe(0)
    expect(screen.text()).not.toContain('bbbb')
    expect(await stored()).toMatchObject({ 'anthropic:default': { token: setupToken('tttt') } })
  })
})

describe('where a key comes from', () => {
  const CHOICE = ['--auth-choice', 'apiKey', '--non-interactive']
  const ENV = { ANTHROPIC_API_KEY: apiKey('eeee') }

  it('is the flag before the environment before what is stored', async () => {
    await again({ profiles: [{ id: 'anthropic:default', key: apiKey('ssss') }] })
    expect(await run(CHOICE)).toContain('What is there is kept: anthropic:default.')
    expect(await stored()).toMatchObject({ 'anthropic:default': { key: apiKey('ssss') } })
    expect(await run(CHOICE, '', ENV)).toContain('The key is that of ANTHROPIC_API_KEY.')
    expect(await stored()).toMatchObject({ 'anthropic:default': { key: apiKey('eeee') } })
    await run([...CHOICE, '--anthropic-api-key', apiKey('ffff')], '', ENV)
    expect(await stored()).toMatchObject({ 'anthropic:default': { key: apiKey('ffff') } })
  })

  it('may be a pipe', async () => {
    expect(await run(['--auth-choice', 'apiKey'], `export ANTHROPIC_API_KEY="${apiKey('pppp')}";\n`)).toContain(
      'exit 0',
    )
    expect(await stored()).toMatchObject({ 'anthropic:default': { key: apiKey('pppp') } })
  })

  it('is not copied out of the .env that every command reads', async () => {
    await again({ dotenv: `ANTHROPIC_API_KEY=${apiKey('dddd')}\n` })
    expect(await run(CHOICE)).toContain('What is there is kept: ANTHROPIC_API_KEY in $STATE/.env.')
    expect(await stored()).toEqual({})
  })

  it('is the one the choice names when several were given, and the others are mentioned', async () => {
    const keys = ['--anthropic-api-key', apiKey('kkkk'), '--openai-api-key', openaiKey('oooo')]
    expect(await run(['--auth-choice', 'openai-api-key', ...keys])).toContain(
      '--anthropic-api-key is not used with the choice openai-api-key.',
    )
    expect(Object.keys(await stored())).toEqual(['openai:default'])
  })

  it('goes to any provider with --token-provider', async () => {
    expect(
      await run(['--auth-choice', 'apiKey', '--token-provider', 'groq', '--token', `gsk_${'g'.repeat(40)}`]),
    ).toContain('Auth profile: groq:default (groq/api_key)')
  })
})

describe('settings', () => {
  it('are written as given, and nothing else is', async () => {
    const text = await run([
      ...['--non-interactive', '--gateway-port', '4000', '--gateway-bind', '192.168.7.7', '--workspace', '~/work'],
      ...[
        '--gateway-password',
        'correct-horse-battery',
        '--skip-skills',
        '--skip-channels',
        '--skip-ui',
        '--skip-daemon',
      ],
    ])
    expect(text).toContain('Gateway: port 4000, bind custom, auth password\n')
    expect(text).not.toContain('correct-horse')
    expect(text).not.toContain('Skipped')
    const { wizard: _, ...rest } = await config()
    expect(rest).toEqual({
      agents: { defaults: { workspace: `${place.env.HOME}/work` } },
      gateway: {
        mode: 'local',
        port: 4000,
        bind: 'custom',
        customBindHost: '192.168.7.7',
        auth: { mode: 'password', password: 'correct-horse-battery' },
      },
    })
  })

  it('keep the comments of a config, and what it says already', async () => {
    await writeFile(
      `${place.state}/openclaw.json`,
      '{\n  // mine\n  gateway: { port: 4000, allowedHosts: ["a.example"] },\n}\n',
    )
    await run(['--anthropic-api-key', apiKey('kkkk'), '--gateway-bind', 'loopback'])
    const text = await readFile(`${place.state}/openclaw.json`, 'utf8')
    expect(text).toContain('// mine')
    expect(text).toContain('4000')
    expect(text).toContain('a.example')
  })

  it('say what this release has nothing for, and what a wide bind still needs', async () => {
    const text = await run(['--non-interactive', '--node-manager', 'pnpm', '--gateway-bind', 'lan'])
    expect(text).toContain('Skipped, as this release has nothing for it: --node-manager.')
    expect(text).toContain('Beyond this machine the gateway starts only with a secret of your own')
    expect(text).toContain('--- exit 0')
    const quiet = await run([
      '--non-interactive',
      '--no-install-daemon',
      '--tailscale',
      'off',
      '--gateway-bind',
      'loopback',
    ])
    expect(quiet).not.toContain('Skipped')
  })
})

it('puts one document of JSON on stdout, and no secret anywhere', async () => {
  const args = [
    'onboard',
    '--json',
    '--anthropic-api-key',
    apiKey('kkkk'),
    '--skip-health',
    '--gateway-token',
    'g'.repeat(40),
  ]
  const { stdout, stderr, code } = await openclaw(place, args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(JSON.parse(stdout)).toEqual({
    ok: true,
    mode: 'local',
    agentId: 'main',
    workspace: null,
    authChoice: 'apiKey',
    profileId: 'anthropic:default',
    authStorePath: `${place.state}/agents/main/agent/auth-profiles.json`,
    configPath: `${place.state}/openclaw.json`,
    defaultModel: 'anthropic/claude-opus-4-6',
    gateway: { port: 18789, bind: 'loopback', authMode: 'token', tailscaleMode: 'off' },
    installDaemon: false,
    skipSkills: false,
    skipHealth: true,
    notes: [],
  })
  expect(stdout).not.toMatch(/aaaa|gggg/)
})

it.runIf(process.platform === 'linux')('takes the key out of the arguments that everybody can read', async () => {
  // The token is waited for, so that there is time to look.
  const args = ['onboard', '--auth-choice', 'setup-token', '--anthropic-api-key', apiKey('kkkk')]
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: place.env, cwd: place.cwd })
  try {
    const title = await until('a title of its own', async () => {
      const line = await readFile(`/proc/${child.pid}/cmdline`, 'utf8')
      return line.startsWith('openclaw') ? line : undefined
    })
    expect(title).not.toContain('aaaa')
  } finally {
    child.kill()
    await once(child, 'close')
  }
  await untouched()
})

it('sets up another agent, which sees nothing of the first', async () => {
  await again({ agents: { work: {} } })
  await run(['--anthropic-api-key', apiKey('kkkk')])
  const text = await run(['--agent', 'work', '--openai-api-key', openaiKey('wwww'), '--workspace', place.cwd])
  expect(text).toContain(`Auth profile: openai:default (openai/api_key)`)
  expect(text).toContain('  openclaw models status --agent work\n')
  expect(text).toContain(
    'The default model of agent work is anthropic/claude-opus-4-6, but it has no usable credential',
  )
  expect(Object.keys(await stored())).toEqual(['anthropic:default'])
  expect(Object.keys(await stored('work'))).toEqual(['openai:default'])
  expect(await readFile(`${place.state}/openclaw.json`, 'utf8')).toMatch(/"id": "work",?\s+"workspace": "[^"]+cwd"/)
  expect((await status('--agent', 'work')).auth.providers).toMatchObject([
    { provider: 'openai', next: { id: 'openai:default' } },
  ])
})

it('stops at a config that cannot be read, with nothing stored', async () => {
  await writeFile(`${place.state}/openclaw.json`, '{ oops')
  expect(await run(['--anthropic-api-key', apiKey('kkkk')])).toContain('openclaw.json is not valid JSON5')
  expect(await stored()).toEqual({})
})

it('says what was stored when the settings could not be', async () => {
  const elsewhere = `${place.dir}/elsewhere.json`
  await writeFile(elsewhere, '{}\n')
  await symlink(elsewhere, `${place.state}/openclaw.json`)
  const text = await run(['--anthropic-api-key', apiKey('kkkk')])
  expect(text).toContain('Error: anthropic:default was stored, but not the settings: Cannot write $STATE/openclaw.json')
  expect(text).not.toContain('Nothing was changed')
  expect(text).toContain('--- exit 1')
  expect(Object.keys(await stored())).toEqual(['anthropic:default'])
  expect(await readFile(elsewhere, 'utf8')).toBe('{}\n')
})

describe('--install-daemon', () => {
  const args = ['--anthropic-api-key', apiKey('kkkk'), '--install-daemon', '--daemon-runtime', 'node']

  it('installs the service as gateway install does, and a second time starts it again', async () => {
    const manager = await standInManager(place, 'working')
    const text = await run(args)
    expect(text).toContain('Service: openclaw-gateway.service (systemd), running, pid 77\n')
    expect(text).toContain('  openclaw gateway status\n--- exit 0')
    const unit = await readFile(manager.unit, 'utf8')
    expect(unit).toContain(`Environment="OPENCLAW_STATE_DIR=${place.state}"`)
    expect(unit).not.toContain('sk-ant')
    expect(await manager.asked()).toContain('systemctl --user enable openclaw-gateway.service')
    const again = await openclaw(place, ['onboard', ...args, '--json'])
    expect(JSON.parse(again.stdout)).toMatchObject({ ok: true, installDaemon: true })
    expect((await manager.asked()).at(-1)).toBe('systemctl --user restart openclaw-gateway.service')
    expect(await readFile(manager.unit, 'utf8')).toBe(unit)
    expect(await run([...args, '--skip-daemon'])).not.toContain('Service:')
  })

  it('keeps the credential where no manager answers, says so, and ends with 1', async () => {
    await standInManager(place, 'none')
    const text = await run(args)
    expect(text).toContain('Auth profile: anthropic:default')
    expect(text).toContain('Error: The gateway is no service yet: There is no service manager here')
    expect(text).toContain('  Run: openclaw gateway\n--- exit 1')
    const { stdout } = await openclaw(place, ['onboard', ...args, '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      installDaemon: false,
      error: { code: 'no_service_manager', remedy: 'openclaw gateway' },
      exitCode: 1,
    })
  })
})

describe('--reset', () => {
  const old = { profiles: [{ id: 'openai:default', key: openaiKey('oooo') }], config: { gateway: { port: 4000 } } }

  it('moves config, credentials and conversations to the trash before it sets up anew', async () => {
    await again({ ...old, env: { OPENCLAW_GATEWAY_PORT: '1' } })
    const ran = await openclaw(place, ['onboard', '--reset', '--yes', '--anthropic-api-key', apiKey('kkkk'), '--json'])
    const { moved } = JSON.parse(ran.stdout) as { moved: { from: string; to: string }[] }
    expect(moved.map(({ from }) => from.slice(place.state.length + 1)).sort()).toEqual([
      'agents/main/agent/auth-profiles.json',
      'openclaw.json',
    ])
    expect(Object.keys(await stored())).toEqual(['anthropic:default'])
    expect(await config()).not.toMatchObject({ gateway: { port: 4000 } })
    for (const { to } of moved) expect(await readJson(to)).toBeDefined()
  })

  it('puts everything back when the new set-up is refused', async () => {
    await again({ ...old, env: { OPENCLAW_GATEWAY_PORT: '1' } })
    const text = await run(['--reset', '--non-interactive', '--auth-choice', 'apiKey'])
    expect(text).toContain('No key of Anthropic was found')
    expect(Object.keys(await stored())).toEqual(['openai:default'])
    expect(await config()).toEqual(old.config)
  })
})

it('gives main a workspace of its own where another agent is the default', async () => {
  await again({ config: { agents: { list: [{ id: 'work' }] } } })
  await run(['--agent', 'main', '--anthropic-api-key', apiKey('kkkk'), '--workspace', place.cwd])
  const { agents } = await config()
  expect(agents).toMatchObject({ list: [{ id: 'work' }, { id: 'main', workspace: place.cwd }] })
  expect(agents).not.toHaveProperty('defaults.workspace')
})
