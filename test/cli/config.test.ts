// `config`: whole screens, JSON, what is written, what is refused, and that no secret is shown or taken from a command line.
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { configJsonSchema } from '../../src/core/config-keys.ts'
import { type Installation, install, openclaw, type RunOptions } from '../support/installation.ts'
import { build, comparable, onTerminal, transcript } from '../support/program.ts'

const TOKEN = 'kcg_canary0123456789abcdefghijklmnopqrstu'

let place: Installation
let file: string
const run = async (words: readonly string[], options: RunOptions = {}): Promise<string> =>
  transcript(place, await openclaw(place, ['config', ...words], options))
const json = async (words: readonly string[], options: RunOptions = {}): Promise<Record<string, unknown>> =>
  JSON.parse(comparable(place, (await openclaw(place, ['config', ...words, '--json'], options)).stdout))
const text = (): Promise<string> => readFile(file, 'utf8')

beforeAll(build, 60_000)
beforeEach(async () => {
  place = await install()
  file = join(place.state, 'openclaw.json')
})
afterEach(() => place.remove())

const COMMENTED = `// mine
{
  gateway: { port: 18789, /* the usual */ auth: { token: "${TOKEN}" } },
  agents: { defaults: { models: { 'anthropic/claude-opus-4-6': { alias: 'opus' }, }, }, }, // trailing
  env: { KEY: "\${OTHER}" },
  session: { scope: 'x' },
}
`

describe('get', () => {
  it('says where the file is and what is in it', async () => {
    expect(await run(['get'])).toBe(
      'Config: $STATE/openclaw.json (not there; everything has its default)\nKeys: -\n--- exit 0\n',
    )
    expect(await readdir(place.state)).toEqual([])
    await writeFile(file, COMMENTED)
    expect(await run(['get'])).toBe('Config: $STATE/openclaw.json\nKeys: gateway, agents, env, session\n--- exit 0\n')
    expect(await json(['get'])).toEqual({
      configPath: '$STATE/openclaw.json',
      exists: true,
      keys: ['gateway', 'agents', 'env', 'session'],
    })
  })

  it('prints one value, secrets masked and references as they are', async () => {
    await writeFile(file, COMMENTED)
    expect(await run(['get', 'gateway.port'])).toBe('18789\n--- exit 0\n')
    expect(await run(['get', 'agents.defaults.models["anthropic/claude-opus-4-6"].alias'])).toBe('opus\n--- exit 0\n')
    expect(await run(['get', 'env.KEY'])).toBe('${OTHER}\n--- exit 0\n')
    expect(await run(['get', 'gateway.auth.token'])).toBe('kcg_…rstu\n--- exit 0\n')
    expect(await json(['get', 'gateway'])).toEqual({ port: 18789, auth: { token: 'kcg_…rstu' } })
  })

  it('prints a number as it is written, also one that no program holds exactly', async () => {
    await writeFile(
      file,
      '{ channels: { discord: { guild: 123456789012345678, list: [1, 9007199254740993], rate: 1.50, t: "x" } }, env: { K: 123456789012345678 } }',
    )
    expect(await run(['get', 'channels.discord.guild'])).toBe('123456789012345678\n--- exit 0\n')
    expect((await openclaw(place, ['config', 'get', 'channels', '--json'])).stdout.replaceAll(/\s/g, '')).toBe(
      '{"discord":{"guild":123456789012345678,"list":[1,9007199254740993],"rate":1.5,"t":"x"}}',
    )
    expect(await run(['get', 'channels.discord'])).toContain('"guild": 123456789012345678,')
    expect(await run(['get', 'env'])).not.toContain('5678901')
  })

  it('exits 1 when nothing is there, and says the default or the key that was meant', async () => {
    expect(await run(['get', 'gateway.bind'])).toBe(`--- stderr
Error: gateway.bind is not set in $STATE/openclaw.json. Its default is "loopback".
  Run: openclaw config get
--- exit 1
`)
    expect(await run(['get', 'gatway.port'])).toContain('There is no such key (did you mean gateway?)')
    expect(await run(['get', 'a..b'])).toMatch(/The path a\.\.b cannot be read[\s\S]*--- exit 1/)
  })
})

describe('set', () => {
  it('makes the file, for its owner alone', async () => {
    expect(await run(['set', 'gateway.port', '18790'])).toBe(
      'Updated $STATE/openclaw.json\ngateway.port = 18790\n--- exit 0\n',
    )
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(JSON.parse(await text())).toEqual({ gateway: { port: 18790 } })
  })

  it('takes JSON5 and plain words, as the key wants them', async () => {
    await run([
      'set',
      'agents.defaults.model',
      "{ primary: 'anthropic/claude-opus-4-6', fallbacks: ['openai/gpt-5.1',] }",
    ])
    await run(['set', 'agents.list', '[{ id: "main", default: true }]'])
    await run(['set', 'agents.list[1].id', 'work'])
    await run(['set', 'agents.list[1].name', '7'])
    await run(['set', 'agents.defaults.models["openai/gpt-5.1"].alias', 'gpt'])
    await run(['set', 'gateway.bind', 'lan'])
    expect(JSON.parse(await text())).toEqual({
      agents: {
        defaults: {
          model: { primary: 'anthropic/claude-opus-4-6', fallbacks: ['openai/gpt-5.1'] },
          models: { 'openai/gpt-5.1': { alias: 'gpt' } },
        },
        list: [
          { id: 'main', default: true },
          { id: 'work', name: '7' },
        ],
      },
      gateway: { bind: 'lan' },
    })
    expect((await openclaw(place, ['models', 'status', '--agent', 'work', '--json'])).code).toBe(0)
  })

  it('keeps the digits of a number that no program holds exactly', async () => {
    expect(await run(['set', 'channels.discord.guild', '123456789012345678'])).toBe(`Updated $STATE/openclaw.json
channels.discord.guild = 123456789012345678
--- stderr
Note: channels.discord.guild is kept as text; as a number it would not stay as it is written.
--- exit 0
`)
    await run(['set', 'channels.discord.release', '1.10'])
    await run(['set', 'channels.discord.count', '110'])
    expect(await run(['set', 'channels.discord', '{ guilds: [123456789012345678] }'])).toMatch(
      /channels\.discord\.guilds\.0 is a number that would lose digits; in quotes it is kept as it is\. Nothing was changed\.[\s\S]*--- exit 1/,
    )
    expect(JSON.parse(await text()).channels.discord).toEqual({
      guild: '123456789012345678',
      release: '1.10',
      count: 110,
    })
  })

  it('keeps comments, and what nobody reads', async () => {
    await writeFile(file, COMMENTED)
    expect(await run(['set', 'agents.defaults.models["anthropic/claude-opus-4-6"].alias', 'best'])).toContain('exit 0')
    expect(await text()).toBe(COMMENTED.replace("'opus'", "'best'"))
    expect(await run(['set', 'gateway.bidn', 'lan'])).toContain(
      'Note: gateway.bidn: not a key we know (did you mean gateway.bind?); it is kept, and not read',
    )
  })

  it.each<[string, string[], RegExp]>([
    ['a wrong value', ['gateway.port', '99999'], /gateway\.port: Invalid value/],
    ['another type', ['gateway', '[]'], /gateway: Invalid type/],
    ['several at once', ['gateway', '{ port: "x", bind: 7 }'], /gateway\.port: [^;]+; gateway\.bind: /],
    ['a model that is none', ['agents.defaults.model', 'a b'], /agents\.defaults\.model: a model is written/],
    ['a poisoned path', ['env.__proto__.x', '1'], /not allowed/],
    ['a poisoned value', ['gateway', '{ "__proto__": { port: 1 } }'], /gateway\.__proto__ is not allowed/],
    ['a poisoned value deeper', ['x', '[{ constructor: { prototype: 1 } }]'], /x\.0\.constructor is not allowed/],
    ['a place beyond a list', ['agents.list[3].id', 'x'], /no place in it|Invalid/],
    ['something below a text', ['agents.defaults.models["anthropic/claude-opus-4-6"].alias.x', '1'], /single value/],
    ['no value', ['gateway.port'], /A value is needed/],
    ['a value and --stdin', ['gateway.port', '1', '--stdin'], /A value is needed, or --stdin; not both/],
    ['an agent', ['gateway.port', '1', '--agent', 'main'], /takes no --agent/],
  ])('refuses %s, and not a byte changes', async (_what, words, why) => {
    await writeFile(file, COMMENTED)
    await chmod(file, 0o600)
    const ran = await openclaw(place, ['config', 'set', ...words], { nodeFlags: ['--disable-proto=throw'] })
    expect(ran.stderr).toMatch(why)
    expect(ran).toMatchObject({ code: 1, stdout: '' })
    expect(await text()).toBe(COMMENTED)
  })

  it('mends a file that was not valid, once nothing else is wrong with it', async () => {
    await writeFile(file, '{ gateway: { port: "x" } } // mine\n')
    expect(await run(['set', 'gateway.bind', 'lan'])).toMatch(
      /gateway\.port: [\s\S]*Run: openclaw config validate\n--- exit 1/,
    )
    expect(await run(['set', 'gateway.port', '5'])).toContain('gateway.port = 5')
    expect(await text()).toBe('{ gateway: { port: 5 } } // mine\n')
  })

  it('keeps plain JSON plain', async () => {
    await writeFile(
      file,
      '{\n  "gateway": {\n    "auth": {\n      "mode": "token"\n    }\n  },\n  "agents": { "list": [{ "id": "a" }] }\n}\n',
    )
    await run(['set', 'env.A', '${B}'])
    await run(['set', 'agents.defaults.models["openai/gpt-5.1"]', '{alias:"x"}'])
    expect(JSON.parse(await text())).toMatchObject({ env: { A: '${B}' } })
  })
})

describe('a secret', () => {
  it.each([
    ['gateway.auth.token', TOKEN],
    ['gateway.auth', `{ mode: "token", token: "${TOKEN}" }`],
    ['models.providers.openai.apiKey', TOKEN],
    ['env.OPENAI_API_KEY', TOKEN],
    ['env.vars.OPENAI_API_KEY', 'short'],
    ['channels.telegram.botToken', TOKEN],
    ['somewhere.else', TOKEN],
  ])('is not taken from the command line for %s', async (path, value) => {
    const ran = await openclaw(place, ['config', 'set', path, value])
    expect(ran.code).toBe(1)
    expect(ran.stderr).toMatch(/is given a secret[\s\S]*Run: openclaw config set \S+ --stdin/)
    expect(ran.stdout + ran.stderr).not.toContain(value)
    expect(await readdir(place.state)).toEqual([])
  })

  it('comes by a pipe, and is not shown', async () => {
    expect(await run(['set', 'gateway.auth.token', '--stdin'], { input: `${TOKEN}\n` })).toBe(
      'Updated $STATE/openclaw.json\ngateway.auth.token = kcg_…rstu\n--- exit 0\n',
    )
    await run(['set', 'gateway.auth.password', '--stdin'], { input: '12345678' })
    expect(JSON.parse(await text())).toEqual({ gateway: { auth: { token: TOKEN, password: '12345678' } } })
    expect(await json(['set', 'env.A', '--stdin'], { input: 'abc' })).toEqual({
      ok: true,
      configPath: '$STATE/openclaw.json',
      path: 'env.A',
      value: '****',
    })
  })

  it('is asked for on a terminal without showing it', async () => {
    const screen = onTerminal(place, ['config', 'set', 'gateway.auth.token', '--stdin'])
    await screen.shows('it is not shown')
    screen.type(`${TOKEN}\r`)
    expect((await screen.exit).code).toBe(0)
    expect(screen.text()).not.toContain(TOKEN.slice(4, 30))
    expect(JSON.parse(await text())).toEqual({ gateway: { auth: { token: TOKEN } } })
  })

  it('may be a reference on the command line', async () => {
    expect(await run(['set', 'gateway.auth.token', '${MY_TOKEN}'])).toContain('gateway.auth.token = ${MY_TOKEN}')
  })

  it.each(['kcg_…rstu', '****', '[secret]'])('is never replaced by its mask %s', async (mask) => {
    await writeFile(file, COMMENTED)
    expect(await run(['set', 'gateway.auth.token', '--stdin'], { input: mask })).toMatch(
      /would get a mask[\s\S]*exit 1/,
    )
    expect(await run(['set', 'gateway.auth', '--stdin'], { input: `{ token: "${mask}" }` })).toMatch(
      /mask[\s\S]*exit 1/,
    )
    expect(await text()).toBe(COMMENTED)
  })

  it.each(['', ' \n', 'two\nlines'])('does not come out of %j', async (input) => {
    expect((await openclaw(place, ['config', 'set', 'gateway.auth.token', '--stdin'], { input })).code).toBe(1)
    expect(await readdir(place.state)).toEqual([])
  })
})

describe('unset', () => {
  it('takes a value out and keeps the rest', async () => {
    await writeFile(file, COMMENTED)
    expect(await run(['unset', 'gateway.auth.token'])).toBe(
      'Updated $STATE/openclaw.json\ngateway.auth.token is no longer set\n--- exit 0\n',
    )
    const after = await text()
    for (const kept of ['// mine', '/* the usual */', '// trailing', 'session']) expect(after).toContain(kept)
    expect(after).not.toContain(TOKEN)
  })

  it('refuses what is not there, and what must be there', async () => {
    const before = '{ agents: { list: [{ id: "a" }] } }\n'
    await writeFile(file, before)
    expect(await run(['unset', 'gateway.port'])).toMatch(/gateway\.port is not set[\s\S]*exit 1/)
    expect(await run(['unset', 'agents.list[0].id'])).toMatch(/agents\.list\.0\.id[\s\S]*exit 1/)
    expect(await run(['unset', 'agents.__proto__'])).toMatch(/not allowed[\s\S]*exit 1/)
    expect(await text()).toBe(before)
  })
})

describe('validate', () => {
  it('says OK, and names keys that nobody reads', async () => {
    expect(await run(['validate'])).toBe(
      'OK $STATE/openclaw.json (not there; everything has its default)\n--- exit 0\n',
    )
    await writeFile(file, COMMENTED)
    expect(await run(['validate'])).toBe(`OK $STATE/openclaw.json
--- stderr
Note: session.scope: not a key we know (did you mean session.dmScope?); it is kept, and not read
--- exit 0
`)
  })

  it('names words that mean nothing where they stand, when they are set, too', async () => {
    const path = 'agents.defaults.models["anthropic/claude-opus-4-6"].params'
    const told = 'Note: agents.defaults.models.anthropic/claude-opus-4-6.params'
    const set = await run(['set', `${path}.cacheRetention`, 'lnog'])
    expect(set).toContain(
      `${told}.cacheRetention: is none of "none", "short", "long"; it is kept, and not read\n--- exit 0`,
    )
    expect(await run(['set', `${path}.cacheControlTtl`, '1h'])).not.toContain('Note:')
    expect(await run(['validate'])).toContain(`${told}.cacheRetention: is none of`)
    expect((await json(['validate'])).notes).toHaveLength(1)
  })

  it('names the file and every issue with its path', async () => {
    await writeFile(
      file,
      '{ gateway: { port: "x", bidn: 1, auth: { token: 12345678 } }, agents: { defaults: { model: "a b" } } }',
    )
    expect(await run(['validate'])).toBe(`$STATE/openclaw.json is not valid:
  gateway.port: Invalid type: Expected number but received a text
  gateway.auth.token: Invalid type: Expected string but received a number
  agents.defaults.model: a model is written provider/model, or as an alias
--- stderr
Note: gateway.bidn: not a key we know (did you mean gateway.bind?); it is kept, and not read
--- exit 1
`)
    const found = await json(['validate'])
    expect(found).toMatchObject({ ok: false, configPath: '$STATE/openclaw.json', exists: true })
    expect(found.issues).toHaveLength(3)
    expect(found.notes).toHaveLength(1)
  })

  it.each(['{ a: ', '[]', 'null'])('says so of a file that holds %j', async (content) => {
    await writeFile(file, content)
    const ran = await openclaw(place, ['config', 'validate', '--json'])
    expect(ran.code).toBe(1)
    expect(JSON.parse(ran.stdout)).toMatchObject({
      ok: false,
      issues: [{ path: '', message: expect.stringMatching(/JSON5|object/) }],
    })
    expect(await text()).toBe(content)
  })
})

it('schema prints what is shipped beside the program', async () => {
  const { stdout, code } = await openclaw(place, ['config', 'schema'])
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toEqual(configJsonSchema())
  expect(await readFile(join(import.meta.dirname, '../../dist/config.schema.json'), 'utf8')).toBe(stdout)
})

it('a file that names its schema is valid', async () => {
  await writeFile(file, '{ $schema: "./config.schema.json" }')
  expect(await run(['validate'])).toBe('OK $STATE/openclaw.json\n--- exit 0\n')
  expect(await run(['set', '$schema', './other.json'])).toContain('$schema = ./other.json')
})

it('another installation has its own file', async () => {
  const ran = await openclaw(place, ['config', 'get', '--json', '--profile', 'two'], {
    env: { OPENCLAW_STATE_DIR: '' },
  })
  expect(JSON.parse(ran.stdout).configPath).toMatch(/\.openclaw-two\/openclaw\.json$/)
  const named = { env: { OPENCLAW_CONFIG_PATH: join(place.dir, 'elsewhere.json') } }
  expect(JSON.parse((await openclaw(place, ['config', 'get', '--json'], named)).stdout).configPath).toBe(
    join(place.dir, 'elsewhere.json'),
  )
})
