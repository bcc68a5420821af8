// What people get wrong, each with the exact answer, the exit code, and a picture of the state directory before and after: nothing of it
// has changed. One home for all of them; those that need a damaged file have a home of their own.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { apiKey, openaiKey, setupToken } from '../cli/secrets.ts'
import { type Picture, pictureOf } from '../security/support.ts'
import { type Installation, install, openclaw, type Plan } from '../support/installation.ts'
import { build, transcript } from '../support/program.ts'
import { says, vendor } from '../support/vendor.ts'

const CONFIG = {
  agents: {
    defaults: {
      model: { primary: 'anthropic/claude-opus-4-6' },
      models: { 'anthropic/claude-opus-4-6': { alias: 'Opus' }, 'openai/gpt-5.1': {} },
    },
    list: [{ id: 'main', default: true }, { id: 'work' }, { id: 'heir', auth: { inherit: 'main' } }],
  },
  bindings: [{ agentId: 'work', match: { channel: 'telegram' } }],
}
const STORE = '$STATE/agents/main/agent/auth-profiles.json'
const HOUR = 3_600_000

let place: Installation

beforeAll(async () => {
  await build()
  place = await install({
    config: CONFIG,
    profiles: [
      { id: 'anthropic:default', key: apiKey('kkkk') },
      { id: 'anthropic:ended', token: setupToken('tttt'), expires: 1_795_000_000_000 },
      { id: 'openai:default', key: openaiKey('oooo') },
    ],
    order: { anthropic: ['anthropic:default'] },
    health: { 'openai:default': { errorCount: 0, lastUsed: 1_795_000_000_000 } },
  })
}, 60_000)
afterAll(() => place.remove())

/** @param remedy the command that is named; absent: none is */
const said = (message: string, remedy?: string, code = 1): string =>
  `--- stderr\nError: ${message}\n${remedy === undefined ? '' : `  Run: ${remedy}\n`}--- exit ${code}\n`

const PASTE_KEY = 'models auth paste-api-key --provider anthropic'
const PASTE_TOKEN = 'models auth paste-token --provider anthropic'
const NO_AGENT = said('There is no agent "nosuch"; known: main, work, heir.', 'openclaw agents list')

type Row = [line: string, input: string, answer: string]

describe('a secret', () => {
  const rows: Row[] = [
    [
      PASTE_TOKEN,
      'sk-ant-oat01-short',
      said('The token is cut off: 18 of at least 80 characters. Nothing was stored.', `openclaw ${PASTE_TOKEN}`),
    ],
    [
      PASTE_TOKEN,
      'x'.repeat(100),
      said('Expected a token starting with sk-ant-oat01-. Nothing was stored.', `openclaw ${PASTE_TOKEN}`),
    ],
    [
      'models auth setup-token',
      `${'a'.repeat(40)}#${'b'.repeat(40)}`,
      said(
        'This is the code of the login page. Paste it where `claude setup-token` asks for it, then paste the token it prints here. Nothing was stored.',
        `openclaw ${PASTE_TOKEN}`,
      ),
    ],
    [
      PASTE_KEY,
      `sk-ant-admin01-${'a'.repeat(40)}`,
      said(
        'This is an admin key; the Messages API refuses those. Make an API key in the Console. Nothing was stored.',
        `openclaw ${PASTE_KEY}`,
      ),
    ],
    [
      PASTE_KEY,
      `sk-ant-ort01-${'a'.repeat(40)}`,
      said('This is a refresh token; it is not meant to be pasted. Nothing was stored.', `openclaw ${PASTE_KEY}`),
    ],
    [
      'models auth paste-api-key --provider openai',
      apiKey('kkkk'),
      said(
        'This is an Anthropic credential; sending it to OpenAI would give it away. Nothing was stored.',
        `openclaw ${PASTE_KEY}`,
      ),
    ],
    [
      PASTE_KEY,
      'sk-ant-api…kkkk',
      said('The pasted text was not stored: it holds characters that no key has.', `openclaw ${PASTE_KEY}`),
    ],
    [
      PASTE_KEY,
      'sk-ant-api03-********kkkk',
      said('The pasted text was not stored: it is a masked value, not the secret itself.', `openclaw ${PASTE_KEY}`),
    ],
    [
      PASTE_KEY,
      `${apiKey('1111')}\n${openaiKey('2222')}`,
      said('The pasted text was not stored: it holds more than one secret.', `openclaw ${PASTE_KEY}`),
    ],
    [
      PASTE_KEY,
      'Symbol(clack:cancel)',
      said(
        'The pasted text was not stored: it holds quotes, brackets or an address, so it is not the bare secret.',
        `openclaw ${PASTE_KEY}`,
      ),
    ],
    [
      PASTE_KEY,
      'sk-1',
      said(
        "The pasted text was not stored: it has 4 characters; no vendor's secret is that short.",
        `openclaw ${PASTE_KEY}`,
      ),
    ],
    [
      'models auth setup-token',
      '',
      said(
        'Standard input was empty; pipe the token in, or run this on a terminal.',
        'printf %s "$ANTHROPIC_OAUTH_TOKEN" | openclaw models auth setup-token --provider anthropic',
      ),
    ],
    [
      `${PASTE_TOKEN} --profile-id anthropic:default`,
      setupToken('tttt'),
      said(
        'Profile anthropic:default holds another kind of credential; it was not overwritten.',
        `openclaw ${PASTE_TOKEN} --profile-id anthropic:second`,
      ),
    ],
    [
      `${PASTE_KEY} --profile-id ../../x`,
      apiKey('kkkk'),
      said(
        '--profile-id ../../x: a profile id has the form anthropic:name. Nothing was stored.',
        `openclaw ${PASTE_KEY} --profile-id anthropic:work`,
      ),
    ],
    [
      `${PASTE_KEY} --profile-id anthropic:`,
      apiKey('kkkk'),
      said(
        '--profile-id anthropic:: the name after the colon may hold letters, digits and . _ - @ +, up to 128. Nothing was stored.',
        `openclaw ${PASTE_KEY} --profile-id anthropic:work`,
      ),
    ],
    [
      'models auth paste-token --provider ../x',
      setupToken('tttt'),
      said('"../x" is not a provider id: lower-case letters, digits, . _ and -.', 'openclaw models list --all'),
    ],
    [
      `${PASTE_TOKEN} --expires-in 0`,
      setupToken('tttt'),
      said(
        "Option '--expires-in <length>' argument '0' is invalid. A length is a number and ms, s, m, h or d: 365d, 12h, 30m.",
        'openclaw models auth paste-token --help',
      ),
    ],
    [
      `${PASTE_KEY} --agent heir`,
      apiKey('kkkk'),
      said(
        'Agent heir uses the credentials of main (agents.list[].auth.inherit in $STATE/openclaw.json), and they are changed there. Nothing was changed.',
        `openclaw ${PASTE_KEY} --agent main`,
      ),
    ],
    [
      'onboard --auth-choice setup-token',
      'nonsense',
      said('Expected a token starting with sk-ant-oat01-. Nothing was stored.', `openclaw ${PASTE_TOKEN}`),
    ],
    [
      'onboard --auth-choice xai-api-key',
      '',
      said(
        'No key of xAI was found: not in --xai-api-key, not in XAI_API_KEY, and none is stored. Nothing was changed.',
        'openclaw onboard --xai-api-key "$XAI_API_KEY"',
      ),
    ],
  ]
  it.each(rows)('%s < %j', refused)
})

describe('a name', () => {
  const rows: Row[] = [
    [
      'models auth logout nosuch',
      '',
      said(`There is no profile "nosuch" in ${STORE} (agent main).`, 'openclaw models auth list --agent main'),
    ],
    [
      'models auth order set --provider anthropic nope',
      '',
      said(
        `There is no profile "nope" in ${STORE} (agent main); the order was not changed.`,
        'openclaw models auth list --provider anthropic --agent main',
      ),
    ],
    ['models auth order clear --provider anthropic --agent nosuch', '', NO_AGENT],
    ['models status --agent ../x', '', NO_AGENT.replace('nosuch', '../x')],
    ['models auth list --agent nosuch', '', NO_AGENT],
    ['models explain --agent nosuch', '', NO_AGENT],
    ['models where anthropic --agent nosuch', '', NO_AGENT],
    ['models cache --agent nosuch', '', NO_AGENT],
    ['agent --message hi --agent nosuch', '', NO_AGENT],
    ['sessions list --agent nosuch', '', NO_AGENT],
    ['agents delete nosuch --force', '', NO_AGENT],
    ['agents bind --agent nosuch --bind telegram', '', NO_AGENT],
    ['agents set-identity --agent nosuch --name X', '', NO_AGENT],
    ['channels list --agent nosuch', '', NO_AGENT],
    ['agents delete main --force', '', said('"main" cannot be deleted. Nothing was changed.', 'openclaw agents list')],
    [
      'agents bind --agent work',
      '',
      said('Which chat? --bind channel or --bind channel:account. Nothing was changed.', 'openclaw agents bind --help'),
    ],
    [
      'agents bind --agent main --bind telegram',
      '',
      'Agent: main\n--- stderr\nNot bound, as another agent has it: telegram (agent=work)\n--- exit 1\n',
    ],
    ...['models explain nosuch/model', 'models where nosuch', 'models list --provider nosuch'].map(
      (line): Row => [
        line,
        '',
        said(
          'There is no provider "nosuch". A vendor of your own needs models.providers.nosuch.baseUrl in $STATE/openclaw.json.',
          'openclaw models list --all',
        ),
      ],
    ),
    ...['models set nosuch/x', 'models set-image nosuch/x', 'models fallbacks add nosuch/x'].map(
      (line): Row => [
        line,
        '',
        said(
          'There is no provider "nosuch"; nothing was changed. A vendor of your own needs models.providers.nosuch.baseUrl in $STATE/openclaw.json.',
          'openclaw models list --all',
        ),
      ],
    ),
    [
      'models set openai/',
      '',
      said(
        'A model is written provider/model, for example anthropic/claude-opus-4-6, or as an alias.',
        'openclaw models list',
      ),
    ],
    [
      'models aliases add Opus openai/gpt-5.1',
      '',
      said(
        'The alias Opus belongs to anthropic/claude-opus-4-6; nothing was changed.',
        'openclaw models aliases remove Opus',
      ),
    ],
    [
      'models fallbacks remove openai/gpt-5.1',
      '',
      said('"openai/gpt-5.1" is no fallback; nothing was changed. There are none.', 'openclaw models fallbacks list'),
    ],
    [
      'models explain --session nosuch',
      '',
      said(
        'Agent main has no conversation "nosuch"; its key (agent:main:main), the last part of it or its id is meant.',
        'openclaw models explain --agent main',
      ),
    ],
    ['sessions reset nosuch', '', said('There is no session "nosuch" (agent main).', 'openclaw sessions list')],
    [
      'agent --message hi --session-id ../x',
      '',
      said(
        '"../x" is not a session of agent main: a name of letters, digits and . _ : @ + -, or agent:main:<name>.',
        'openclaw agent --agent main --message "hi"',
      ),
    ],
  ]
  it.each(rows)('%s', refused)
})

describe('a command line', () => {
  const rows: Row[] = [
    [
      'models auth order set --provider anthropic',
      '',
      said("Missing required argument 'profileIds'.", 'openclaw models auth order set --help'),
    ],
    [
      'models auth order get',
      '',
      said("Required option '--provider <id>' not specified.", 'openclaw models auth order get --help'),
    ],
    [
      'models set openai/gpt-5.1 --agent work',
      '',
      said('models set changes the default of all agents; it takes no --agent.', 'openclaw models set --help'),
    ],
    [
      'models cache --since yesterday',
      '',
      said(
        '--since "yesterday" is neither a length such as 90m, 2h or 7d nor a day (2026-01-31, in UTC) or a moment (2026-01-31T08:00:00Z) in the past.',
        'openclaw models cache --since 2h',
      ),
    ],
    [
      'config set gateway.port notaport',
      '',
      said(
        '$STATE/openclaw.json was not changed, as it would not be valid: gateway.port: Invalid type: Expected number but received a text.',
        'openclaw config validate',
      ),
    ],
    [
      'config set models.providers.x.baseUrl ftp://x',
      '',
      said(
        '$STATE/openclaw.json was not changed, as it would not be valid: models.providers.x.baseUrl: a base URL starts with https:// or http:// and holds no user name or password.',
        'openclaw config validate',
      ),
    ],
    [
      'config unset nosuch.path',
      '',
      said('nosuch.path is not set in $STATE/openclaw.json. There is no such key.', 'openclaw config get'),
    ],
    [
      'gateway --bind nosuch',
      '',
      said('"nosuch" is no place to listen: loopback, lan, auto, or an address.', 'openclaw gateway --bind loopback'),
    ],
    [
      'gateway --bind lan',
      '',
      said(
        'The gateway will not listen beyond this machine: no secret is set.',
        'OPENCLAW_GATEWAY_TOKEN="$(openssl rand -hex 32)" openclaw gateway',
      ),
    ],
    ...['gateway call health', 'dashboard', 'gateway token rotate --nosuch'].map(
      (line): Row => [
        line,
        '',
        line.endsWith('--nosuch')
          ? said("Unknown option '--nosuch'.", 'openclaw gateway token rotate --help')
          : said('No gateway has been started here: $STATE/gateway.token does not exist.', 'openclaw gateway'),
      ],
    ),
    [
      'reset --scope nosuch --yes',
      '',
      said(
        "Option '--scope <what>' argument 'nosuch' is invalid. Allowed choices are config, config+creds+sessions, full.",
        'openclaw reset --help',
      ),
    ],
    ['reset', '', said('Nobody is there to ask: --scope and --yes are needed.', 'openclaw reset --help')],
    [
      'completion tcsh',
      '',
      said(
        "Command-argument value 'tcsh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish, powershell.",
        'openclaw completion --help',
      ),
    ],
    [
      'logs --lines x',
      '',
      said("Option '--lines <n>' argument 'x' is invalid. It is a whole number.", 'openclaw logs --help'),
    ],
  ]
  it.each(rows)('%s', refused)
})

describe('a file', () => {
  const PUT_ASIDE = (file: string): string => `mv -i '${file}' '${file}.unreadable'`
  const LEFT = 'It was left as it is: mend it by hand, or put it aside and store the credentials again.'
  const EDIT = "${EDITOR:-vi} '$STATE/openclaw.json'"
  const files: [what: string, path: string, text: string, lines: string[], answer: string][] = [
    [
      'a config that is no JSON5',
      'openclaw.json',
      '{ oops',
      [
        PASTE_KEY,
        'agents add x',
        'models set openai/gpt-5.1',
        'gateway --port 0',
        'agent --message hi',
        'config set gateway.port 1',
      ],
      said('$STATE/openclaw.json is not valid JSON5 (line 1, column 7). It was left as it is.', EDIT),
    ],
    [
      'a config with a poisoned key',
      'openclaw.json',
      '{"agents":{"__proto__":{}}}',
      [PASTE_KEY, 'models status'],
      said('$STATE/openclaw.json is not valid: agents.__proto__: this key is not allowed.', EDIT),
    ],
    [
      'a config with several mistakes',
      'openclaw.json',
      '{"gateway":{"port":"x"},"agents":{"list":[{"id":"Work"}]}}',
      ['models status'],
      said(
        '$STATE/openclaw.json is not valid: agents.list.0.id: an agent id is lower-case letters, digits, - and _; gateway.port: Invalid type: Expected number but received a text.',
        EDIT,
      ),
    ],
    [
      'a binding to nobody',
      'openclaw.json',
      '{"bindings":[{"agentId":"nosuch","match":{"channel":"telegram"}}]}',
      ['models status'],
      said('$STATE/openclaw.json is not valid: bindings.0.agentId: there is no agent of this id.', EDIT),
    ],
    [
      'a store that is cut off',
      'agents/main/agent/auth-profiles.json',
      '{"version":1,"profiles":{',
      [
        PASTE_KEY,
        'models auth order set --provider anthropic anthropic:default',
        'models auth logout anthropic:default --yes',
        'models status',
        'agent --message hi',
      ],
      said(`${STORE} is not valid JSON. ${LEFT}`, PUT_ASIDE(STORE)),
    ],
    [
      'a store that is a list',
      'agents/main/agent/auth-profiles.json',
      '[]',
      [PASTE_KEY, 'onboard --anthropic-api-key'],
      said(`${STORE} does not hold a JSON object. ${LEFT}`, PUT_ASIDE(STORE)),
    ],
    [
      'a record of health that is cut off',
      'agents/main/agent/auth.json',
      '{"version":',
      [PASTE_KEY, 'models status'],
      said(
        `$STATE/agents/main/agent/auth.json is not valid JSON. ${LEFT}`,
        PUT_ASIDE('$STATE/agents/main/agent/auth.json'),
      ),
    ],
    [
      'a folder where .env belongs',
      '.env/x',
      '',
      ['models status', PASTE_KEY],
      said('Cannot read $STATE/.env: it is not a regular file. It was left as it is.', "ls -ld '$STATE/.env'"),
    ],
  ]
  it.each(files)('%s is refused by all, and stays byte for byte', async (_what, path, text, lines, answer) => {
    const here = await install()
    onTestFinished(() => here.remove())
    await mkdir(dirname(join(here.state, path)), { recursive: true, mode: 0o700 })
    await writeFile(join(here.state, path), text, { mode: 0o600 })
    const before = await contents(here)
    for (const line of lines) {
      const args = line === 'onboard --anthropic-api-key' ? [...line.split(' '), apiKey('kkkk')] : line.split(' ')
      const ran = await openclaw(here, args, { input: line === PASTE_KEY ? apiKey('kkkk') : '' })
      expect(transcript(here, ran), line).toBe(answer)
      expect(await contents(here), line).toEqual(before)
    }
  })
})

describe('the errors that the documents name', () => {
  const key = { id: 'anthropic:default', key: apiKey('kkkk') }
  const WHERE = `(agent main, ${STORE})`
  const pinned = (id: string): string =>
    JSON.stringify({
      'agent:main:main': {
        sessionId: '6f1f0a9e-0000-4000-8000-000000000001',
        updatedAt: 1_795_000_000_000,
        authProfileOverride: id,
        authProfileOverrideSource: 'user',
      },
    })

  /** Runs a turn in a home of its own. */
  async function turn(plan: Plan, options: { args?: string[]; sessions?: string } = {}): Promise<string> {
    const here = await install(plan)
    onTestFinished(() => here.remove())
    if (options.sessions !== undefined) {
      await mkdir(join(here.state, 'agents/main/sessions'), { recursive: true, mode: 0o700 })
      await writeFile(join(here.state, 'agents/main/sessions/sessions.json'), options.sessions, { mode: 0o600 })
    }
    const shown = transcript(here, await openclaw(here, ['agent', '--message', 'hi', ...(options.args ?? [])]))
    // A rest that began in the very millisecond it is told of is a whole hour, or a whole minute.
    const whole = shown.replace('is back in 1h (', 'is back in 60m (').replace('is back in 1m (', 'is back in 60s (')
    return whole.replace(/\b\d+d ago/g, 'DAYS ago')
  }

  it('No API key found: for this agent, whose file and whose command are named', async () => {
    expect(await turn({})).toBe(said(`No API key found for provider "anthropic" ${WHERE}.`, `openclaw ${PASTE_KEY}`))
    // The credentials of main are not seen by another agent.
    expect(await turn({ profiles: [key], agents: { work: {} } }, { args: ['--agent', 'work'] })).toBe(
      said(
        'No API key found for provider "anthropic" (agent work, $STATE/agents/work/agent/auth-profiles.json).',
        `openclaw ${PASTE_KEY} --agent work`,
      ),
    )
  })

  it('No credentials found: where status is asked, and for a profile that a session is pinned to', async () => {
    const here = await install()
    onTestFinished(() => here.remove())
    expect((await openclaw(here, ['models', 'status'])).stdout).toContain(
      `- anthropic No credentials found. Run \`openclaw ${PASTE_KEY}\`, or \`claude setup-token\` and then`,
    )
    expect(await turn({ profiles: [key] }, { sessions: pinned('anthropic:gone') })).toBe(
      said(
        `Session agent:main:main is pinned to anthropic:gone, and no other account of anthropic is tried. No credentials found for profile "anthropic:gone" ${WHERE}.`,
        'openclaw models auth list',
      ),
    )
  })

  it('what is stored and cannot be used comes with the command that makes it usable', async () => {
    const ended = { id: 'anthropic:default', token: setupToken('tttt'), expires: 1_795_000_000_000 }
    expect(await turn({ profiles: [ended] })).toBe(
      said(
        `No usable credential for provider "anthropic". anthropic:default: expired DAYS ago ${WHERE}.`,
        `openclaw ${PASTE_TOKEN} --profile-id anthropic:default`,
      ),
    )
    expect(await turn({ profiles: [key], order: { anthropic: ['anthropic:gone'] } })).toBe(
      said(
        `No usable credential for provider "anthropic". anthropic:default: left out of the order of this agent ${WHERE}.`,
        'openclaw models auth order set --provider anthropic anthropic:default',
      ),
    )
  })

  it('No available auth profile: which rests, why, and until when', async () => {
    const until = Date.now() + 4.5 * HOUR
    const rests = { errorCount: 1, cooldownUntil: until, cooldownReason: 'rate_limit', lastFailureAt: Date.now() }
    expect(await turn({ profiles: [key], health: { 'anthropic:default': rests } })).toBe(
      said(
        `No available auth profile for anthropic (all in cooldown or unavailable). anthropic:default: cooldown (rate_limit) ends in 5h (TIME). The first is back in 5h (TIME) ${WHERE}.`,
        'openclaw models explain anthropic',
      ),
    )
  })

  it('401, and a token for the tool of the vendor only: by what it is replaced', async () => {
    const answers: [status: number, body: object][] = [
      [401, { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } }],
      [
        400,
        {
          type: 'error',
          error: {
            type: 'invalid_request_error',
            message:
              'This credential is only authorized for use with Claude Code and cannot be used for other API requests.',
          },
        },
      ],
    ]
    const { origin } = await vendor((...call) => {
      const [status, body] = answers.shift() ?? [500, {}]
      says(status, body)(...call)
    })
    const config = { models: { providers: { anthropic: { baseUrl: origin } } } }
    expect(await turn({ config, profiles: [key] })).toBe(
      said(
        `No profile of anthropic could serve this call. anthropic:default: HTTP 401 authentication_error: invalid x-api-key. The first is back in 60s (TIME). ${WHERE}`,
        `openclaw ${PASTE_KEY} --profile-id anthropic:default`,
      ),
    )
    const token = { id: 'anthropic:default', token: setupToken('tttt') }
    expect(await turn({ config, profiles: [token] })).toBe(
      said(
        `No profile of anthropic could serve this call. anthropic:default: HTTP 400 invalid_request_error: This credential is only authorized for use with Claude Code and cannot be used for other API requests. Use an API key instead: this vendor takes such a token in its own tool only. The first is back in 60m (TIME). ${WHERE}`,
        `openclaw ${PASTE_KEY}`,
      ),
    )
  })
})

async function refused(line: string, input: string, answer: string): Promise<void> {
  const before = await contents(place)
  const ran = await openclaw(place, line.split(' '), { input })
  expect(transcript(place, ran)).toBe(answer)
  expect(await contents(place)).toEqual(before)
}

/** What a person has there. Whoever was about to write has made the file of a lock, and kept the folder out of repositories. */
async function contents({ state }: Installation): Promise<Picture> {
  const seen = Object.entries(await pictureOf(state))
  return Object.fromEntries(seen.filter(([path]) => !path.endsWith('.lock') && path !== '.gitignore'))
}
