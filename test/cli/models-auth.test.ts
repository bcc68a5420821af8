// `models auth`: whole screens of pasting, listing, ordering and removing, in pipes; what is refused and which command is named instead.
import { readFile, writeFile } from 'node:fs/promises'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Installation, install, openclaw, readJson } from '../support/installation.ts'
import { build, comparable, transcript } from '../support/program.ts'
import { apiKey, openaiKey, setupToken } from './secrets.ts'

const STORE = '$STATE/agents/main/agent/auth-profiles.json'

let place: Installation
beforeAll(build, 60_000)
beforeEach(async () => {
  place = await install()
})
afterEach(() => place.remove())

const run = async (line: string, input?: string): Promise<string> =>
  transcript(place, await openclaw(place, line.split(' '), input === undefined ? {} : { input }))
const stored = async (): Promise<Record<string, Record<string, unknown>>> => {
  const file = await readJson(`${place.state}/agents/main/agent/auth-profiles.json`)
  return (file as { profiles?: Record<string, Record<string, unknown>> } | undefined)?.profiles ?? {}
}

describe('pasting through a pipe', () => {
  it('keeps an API key, says where and under which name, and says nothing else', async () => {
    expect(await run('models auth paste-api-key --provider anthropic', apiKey('kkkk'))).toBe(
      `Stored in ${STORE}\nAuth profile: anthropic:default (anthropic/api_key)\n--- exit 0\n`,
    )
    expect((await stored())['anthropic:default']).toMatchObject({ type: 'api_key', key: apiKey('kkkk') })
    expect(await run('models auth paste-api-key --provider Anthropic', apiKey('llll'))).toBe(
      `Replaced in ${STORE}\nAuth profile: anthropic:default (anthropic/api_key)\n--- exit 0\n`,
    )
  })

  it('keeps a token beside a key, with its end and an honest remark', async () => {
    await run('models auth paste-api-key --provider anthropic', apiKey('kkkk'))
    expect(await run('models auth paste-token --provider anthropic --expires-in 12h', setupToken('tttt'))).toBe(
      `Stored in ${STORE}
Auth profile: anthropic:manual (anthropic/token, expires DATE)
--- stderr
Anthropic may refuse subscription tokens outside its own tools; then the next profile is used. An API key always works.
--- exit 0
`,
    )
  })

  it('answers in JSON and puts nothing else on standard output', async () => {
    const ran = await openclaw(
      place,
      'models auth paste-token --provider openrouter --profile-id openrouter:x --json'.split(' '),
      {
        input: 'or-token-0123456789abcdef',
      },
    )
    expect(JSON.parse(comparable(place, ran.stdout))).toEqual({
      ok: true,
      profileId: 'openrouter:x',
      provider: 'openrouter',
      type: 'token',
      agentId: 'main',
      authStorePath: STORE,
      replaced: false,
      notes: [],
    })
  })

  it.each([
    ['wrapped over lines', (key: string) => `${key.slice(0, 40)}\n  ${key.slice(40)}\r\n`],
    ['in quotes', (key: string) => `"${key}"\n`],
    ['as an export line', (key: string) => `export ANTHROPIC_API_KEY='${key}';\n`],
    ['as a header', (key: string) => `x-api-key: ${key}`],
    ['behind a byte order mark', (key: string) => `\uFEFF${key}`],
  ])('repairs a key %s', async (_how, spoil) => {
    expect(await run('models auth paste-api-key --provider anthropic', spoil(apiKey('kkkk')))).toContain('--- exit 0')
    expect((await stored())['anthropic:default']?.key).toBe(apiKey('kkkk'))
  })

  it('takes a setup-token without a question, as nobody could answer it', async () => {
    expect(await run('models auth setup-token', setupToken('tttt'))).toBe(
      `Stored in ${STORE}
Auth profile: anthropic:default (anthropic/token, expires DATE)
--- stderr
A setup-token lives about a year; its end is assumed 365 days from now.
Anthropic may refuse subscription tokens outside its own tools; then the next profile is used. An API key always works.
--- exit 0
`,
    )
  })
})

describe('what is refused at the door', () => {
  it.each([
    [
      'an API key where a token belongs',
      'models auth paste-token --provider anthropic',
      apiKey('kkkk'),
      'Error: This is an API key, not a token. Nothing was stored.\n  Run: openclaw models auth paste-api-key --provider anthropic\n',
    ],
    [
      'a setup-token where a key belongs',
      'models auth paste-api-key --provider anthropic',
      setupToken('tttt'),
      'Error: This is a setup-token, not an API key. Nothing was stored.\n  Run: openclaw models auth setup-token --provider anthropic\n',
    ],
    [
      'nothing',
      'models auth paste-api-key --provider anthropic',
      '',
      'Error: Standard input was empty; pipe the API key in, or run this on a terminal.\n  Run: printf %s "$ANTHROPIC_API_KEY" | openclaw models auth paste-api-key --provider anthropic\n',
    ],
    [
      'white space',
      'models auth paste-token --provider openrouter',
      ' \n\t\n',
      'Error: Standard input was empty; pipe the token in, or run this on a terminal.\n  Run: printf %s "$SECRET" | openclaw models auth paste-token --provider openrouter\n',
    ],
    [
      'prose',
      'models auth paste-api-key --provider openai',
      'my key is in the other file',
      'Error: The pasted text was not stored: it has spaces inside, so it is not one secret.\n  Run: openclaw models auth paste-api-key --provider openai\n',
    ],
    [
      'too much',
      'models auth paste-api-key --provider openai',
      'x'.repeat(70_000),
      'Error: More than 64 kB arrived on standard input.\n',
    ],
    [
      'a length that is none, before any secret is asked for',
      'models auth paste-token --provider anthropic --expires-in bogus',
      setupToken('tttt'),
      "Error: Option '--expires-in <length>' argument 'bogus' is invalid. A length is a number and ms, s, m, h or d: 365d, 12h, 30m.\n  Run: openclaw models auth paste-token --help\n",
    ],
    [
      'no provider',
      'models auth paste-token',
      setupToken('tttt'),
      "Error: Required option '--provider <id>' not specified.\n  Run: openclaw models auth paste-token --help\n",
    ],
    [
      'a setup-token of another vendor',
      'models auth setup-token --provider openai',
      setupToken('tttt'),
      'Error: Only Anthropic has setup-tokens; use paste-token for other providers.\n  Run: openclaw models auth paste-token --provider openai\n',
    ],
    [
      'the name of another provider',
      'models auth paste-api-key --provider openai --profile-id anthropic:x',
      openaiKey('oooo'),
      'Error: --profile-id anthropic:x: profile "anthropic:x" is not named after openai. Nothing was stored.\n  Run: openclaw models auth paste-api-key --provider openai --profile-id openai:work\n',
    ],
    [
      'an agent that does not exist',
      'models auth paste-api-key --provider openai --agent nosuch',
      openaiKey('oooo'),
      'Error: There is no agent "nosuch"; known: main.\n  Run: openclaw agents list\n',
    ],
  ])('%s', async (_what, line, input, stderr) => {
    expect(await run(line, input)).toBe(`--- stderr\n${stderr}--- exit 1\n`)
    expect(await stored()).toEqual({})
  })

  it('a secret on the command line, without repeating it', async () => {
    const text = await run(`models auth paste-api-key --provider anthropic ${apiKey('kkkk')}`)
    expect(text).toContain('A secret does not belong on the command line')
    expect(text).toContain('--- exit 1')
    expect(text).not.toContain('kkkk')
  })

  it('in JSON where JSON was asked for', async () => {
    expect(await run('models auth paste-token --provider anthropic --json', apiKey('kkkk'))).toBe(`{
  "ok": false,
  "error": {
    "code": "wrong_kind",
    "message": "This is an API key, not a token. Nothing was stored.",
    "remedy": "openclaw models auth paste-api-key --provider anthropic"
  },
  "exitCode": 1
}
--- exit 1
`)
  })
})

it('orders and status are of the agent that is named, else of the one the config calls the default', async () => {
  await place.remove()
  const profiles = [{ id: 'anthropic:default', key: apiKey('kkkk') }]
  place = await install({ profiles, agents: { work: { profiles } } })
  const list = [{ id: 'main' }, { id: 'work', default: true }]
  await writeFile(`${place.state}/openclaw.json`, JSON.stringify({ agents: { list } }))
  const order = async (agent: string): Promise<unknown> =>
    ((await readJson(`${place.state}/agents/${agent}/agent/auth-profiles.json`)) as { order?: unknown }).order
  const set = 'models auth order set --provider anthropic anthropic:default'
  expect(await run(set)).toContain('Agent: work\n')
  expect([await order('main'), await order('work')]).toEqual([undefined, { anthropic: ['anthropic:default'] }])
  expect(await run(`${set} --agent main`)).toContain('Agent: main\n')
  expect(await run('models auth order clear --provider anthropic')).toContain('Agent: work\n')
  expect([await order('main'), await order('work')]).toEqual([{ anthropic: ['anthropic:default'] }, undefined])
  expect(await run('models auth order get --provider anthropic --agent main')).toContain(
    'Order override: anthropic:default\n',
  )
  expect(await run('models status')).toContain('Agent dir     : $STATE/agents/work/agent\n')
})

describe('with three profiles', () => {
  beforeEach(async () => {
    await place.remove()
    place = await install({
      profiles: [
        { id: 'anthropic:default', key: apiKey('kkkk') },
        { id: 'anthropic:work', token: setupToken('tttt'), expires: Date.now() - 4.5 * 3_600_000 },
        { id: 'openai:default', key: openaiKey('oooo') },
      ],
      health: {
        'openai:default': { errorCount: 1, cooldownUntil: Date.now() + 4.5 * 60_000, cooldownReason: 'rate_limit' },
      },
      config: {
        auth: { order: { anthropic: ['anthropic:work'] }, profiles: { 'anthropic:work': { provider: 'anthropic' } } },
      },
    })
  })

  it('lists them with their state and the command that helps', async () => {
    expect(await run('models auth list')).toBe(`Agent: main
Auth file: ${STORE}
- anthropic:default  api_key  sk-ant-api…kkkk        static
- anthropic:work     token    token:sk-ant-oat…tttt  expired 5h ago
    run: openclaw models auth paste-token --provider anthropic --profile-id anthropic:work
- openai:default     api_key  sk-proj-…oooo          static, cooldown (rate_limit) ends in 5m (TIME)
    run: openclaw models explain openai
--- exit 0
`)
    const json = JSON.parse(
      (await openclaw(place, ['models', 'auth', 'list', '--provider', 'openai', '--json'])).stdout,
    )
    expect(json).toMatchObject({
      agentId: 'main',
      profiles: [
        {
          id: 'openai:default',
          type: 'api_key',
          status: 'static',
          unusable: { kind: 'cooldown', reason: 'rate_limit' },
        },
      ],
    })
    expect(json.profiles).toHaveLength(1)
  })

  it('sets, shows and clears an order', async () => {
    expect(await run('models auth order get --provider anthropic')).toBe(
      `Agent: main\nProvider: anthropic\nAuth file: ${STORE}\nOrder override: (none)\n--- exit 0\n`,
    )
    expect(
      await run('models auth order set --provider anthropic anthropic:work anthropic:default anthropic:work'),
    ).toBe('Agent: main\nProvider: anthropic\nOrder override: anthropic:work, anthropic:default\n--- exit 0\n')
    expect(JSON.parse((await run('models auth order get --provider Anthropic --json')).split('---')[0] ?? '')).toEqual({
      agentId: 'main',
      agentDir: '$STATE/agents/main/agent',
      provider: 'anthropic',
      authStorePath: STORE,
      order: ['anthropic:work', 'anthropic:default'],
    })
    const cleared = 'Agent: main\nProvider: anthropic\nCleared per-agent order override.\n--- exit 0\n'
    expect(await run('models auth order clear --provider anthropic')).toBe(cleared)
    expect(await run('models auth order clear --provider anthropic')).toBe(cleared)
  })

  it('refuses an order of what does not exist or belongs elsewhere, in different words', async () => {
    expect(await run('models auth order set --provider anthropic anthropic:nope')).toBe(
      `--- stderr\nError: There is no profile "anthropic:nope" in ${STORE} (agent main); the order was not changed.\n  Run: openclaw models auth list --provider anthropic --agent main\n--- exit 1\n`,
    )
    expect(await run('models auth order set --provider openai anthropic:work')).toBe(
      `--- stderr\nError: Profile "anthropic:work" is for anthropic, not openai; the order was not changed.\n  Run: openclaw models auth list --provider openai --agent main\n--- exit 1\n`,
    )
    expect(await run('models auth order set --provider openai')).toContain("Missing required argument 'profileIds'.")
  })

  it('removes a profile with every mention of it, once told that nobody need be asked', async () => {
    expect(await run('models auth logout anthropic:work')).toBe(
      '--- stderr\nError: Removing anthropic:work needs --yes where nobody can be asked; nothing was changed.\n  Run: openclaw models auth logout anthropic:work --yes\n--- exit 1\n',
    )
    expect(Object.keys(await stored())).toContain('anthropic:work')
    expect(await run('models auth logout anthropic:work --yes')).toBe(
      `Removed anthropic:work (anthropic) from ${STORE}\n--- stderr\nIt is still valid at anthropic: revoke it there if it must stop working.\nIt is kept for 3d, so that \`openclaw models auth undo\` can bring it back. To drop it now: openclaw models auth logout anthropic:work --forget\n--- exit 0\n`,
    )
    expect(await readFile(`${place.state}/openclaw.json`, 'utf8')).not.toContain('anthropic:work')
    expect(await run('models auth logout anthropic:work --yes')).toBe(
      `--- stderr\nError: There is no profile "anthropic:work" in ${STORE} (agent main).\n  Run: openclaw models auth list --agent main\n--- exit 1\n`,
    )
  })
})
