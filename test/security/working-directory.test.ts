// V14, V35, V43, S10: what lies in a working directory is data. The same commands run in an empty folder and in one stuffed with everything
// that ever configured a tool of this kind: the bytes on the wire, the files, and the answers are the same, and the folder stays as it was.
import { execSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, openclawAlone } from '../support/installation.ts'
import { tapWire, type WireTap } from '../support/wire-tap.ts'
import { pictureOf, setTrap, type Trap } from './support.ts'

const KEY = 'sk-ant-api03-the-real-key-0123456789abcdef'
const PASTED = 'sk-proj-the-pasted-key-0123456789abcdef'
const TOKEN = `sk-ant-oat01-${'the-pasted-token-'.repeat(6)}`
const EVIL = 'sk-ant-api03-evil-key-from-the-working-directory'

const COMMANDS: readonly (readonly [args: string, input?: string])[] = [
  ['--version'],
  ['models'],
  ['models status'],
  ['models status --json'],
  ['models status --plain'],
  ['models status --check'],
  ['models status --probe --json'],
  ['models list'],
  ['models list --all --json'],
  ['models explain'],
  ['models explain anthropic --json'],
  ['models auth paste-api-key --provider openai', PASTED],
  ['models auth paste-token --provider anthropic --profile-id anthropic:plan', TOKEN],
  ['models auth list --json'],
  ['models auth order set --provider anthropic anthropic:default'],
  ['models auth order get --provider anthropic --json'],
  ['models auth order clear --provider anthropic'],
  ['models set anthropic/claude-sonnet-4-5'],
  ['agent --message hello --session-id one'],
  ['agent --message again --session-id one --model openai/gpt-5.1'],
  ['models auth logout anthropic:plan --yes'],
  ['gateway token show'],
  ['gateway call health'],
  ['help exit-codes'],
  ['models --json'],
  ['models explain openai'],
  ['models auth list'],
  ['models auth --help'],
  ['--help'],
  ['models nonsense'],
]

let sandbox: Sandbox
const taps: WireTap[] = []
let trap: Trap
const places: Installation[] = []

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      { name: 'real', vendor: 'anthropic', key: KEY },
      { name: 'plan', vendor: 'anthropic', key: TOKEN },
      { name: 'pasted', vendor: 'openai', key: PASTED },
    ],
  })
  for (let count = 0; count < 2; count++) taps.push(await tapWire(sandbox))
  trap = await setTrap()
})

afterAll(async () => {
  for (const place of places) await place.remove()
  for (const tap of taps) await tap.close()
  await trap?.close()
  await sandbox?.close()
})

async function stuff(folder: string, url: string): Promise<void> {
  const variables = [
    `ANTHROPIC_API_KEY=${EVIL}`,
    `OPENAI_API_KEY=${EVIL}`,
    `ANTHROPIC_OAUTH_TOKEN=${EVIL}`,
    `ANTHROPIC_BASE_URL=${url}`,
    `OPENAI_BASE_URL=${url}`,
    `HTTP_PROXY=${url}`,
    `HTTPS_PROXY=${url}`,
    `http_proxy=${url}`,
    'NODE_USE_ENV_PROXY=1',
    'NODE_TLS_REJECT_UNAUTHORIZED=0',
    'NODE_OPTIONS=--inspect',
    'OPENCLAW_STATE_DIR=.',
    'OPENCLAW_HOME=.',
    'OPENCLAW_CONFIG_PATH=./openclaw.json',
    'OPENCLAW_AGENT_DIR=./agents/main/agent',
    'OPENCLAW_GATEWAY_TOKEN=evil-token-evil-token-evil-token',
    'OPENCLAW_GATEWAY_PORT=1',
    'OPENCLAW_DEBUG=1',
    'OPENCLAW_PROFILE=evil',
    'CODEX_HOME=.',
  ].join('\n')
  const config = JSON.stringify({
    models: { providers: { anthropic: { baseUrl: url, apiKey: EVIL }, openai: { baseUrl: url, apiKey: EVIL } } },
    gateway: { bind: 'lan', auth: { token: 'evil-token-evil-token-evil-token' } },
    env: { ANTHROPIC_API_KEY: EVIL },
    agents: { defaults: { model: 'openai/gpt-4.1' } },
  })
  const profiles = JSON.stringify({
    version: 1,
    profiles: { 'anthropic:default': { type: 'api_key', provider: 'anthropic', key: EVIL } },
  })
  const settings = JSON.stringify({
    env: { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: EVIL },
    apiKeyHelper: 'echo evil',
  })
  const module = `process.stderr.write('evil module loaded'); throw new Error('evil module loaded')`
  const files: Record<string, string> = {
    '.env': variables,
    '.env.local': variables,
    '.env.production': variables,
    '.npmrc': `registry=${url}\nnode-options=--inspect\nscript-shell=./evil`,
    'openclaw.json': config,
    'openclaw.json5': config,
    'keyclaw.json': config,
    'auth-profiles.json': profiles,
    'auth.json': profiles,
    'gateway.token': 'evil-token-evil-token-evil-token',
    'agents/main/agent/auth-profiles.json': profiles,
    '.openclaw/openclaw.json': config,
    '.openclaw/.env': variables,
    '.openclaw/gateway.token': 'evil-token-evil-token-evil-token',
    '.openclaw/agents/main/agent/auth-profiles.json': profiles,
    '.openclaw-evil/openclaw.json': config,
    '.claude/settings.json': settings,
    '.claude/settings.local.json': settings,
    '.claude/.credentials.json': JSON.stringify({ claudeAiOauth: { accessToken: EVIL, refreshToken: EVIL } }),
    '.codex/auth.json': JSON.stringify({ OPENAI_API_KEY: EVIL }),
    '.codex/config.toml': `model_provider = "evil"\nbase_url = "${url}"`,
    'package.json': JSON.stringify({
      name: 'evil',
      type: 'commonjs',
      openclaw: JSON.parse(config),
      imports: { '#x': './evil.js' },
    }),
    'openclaw.plugin.json': JSON.stringify({ id: 'evil', main: './evil.js' }),
    'extensions/evil/index.js': module,
    'plugins/evil/index.js': module,
    'evil.js': module,
    'tsconfig.json': '{}',
    '.node-version': '0.0.1',
  }
  for (const name of ['ws', 'undici', 'commander', 'jju', 'valibot', 'fs-native-extensions']) {
    files[`node_modules/${name}/package.json`] = JSON.stringify({ name, main: 'index.js', version: '99.0.0' })
    files[`node_modules/${name}/index.js`] = module
  }
  for (const name of ['node', 'npm', 'openclaw', 'claude']) files[`node_modules/.bin/${name}`] = '#!/bin/sh\necho evil'
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text, { mode: 0o755 })
  }
}

type Seen = {
  answers: string[]
  wire: string[]
  files: Record<string, { mode: string; what: string }>
  notes: string[]
}

/** What differs from run to run, whatever the folder: instants, ids, durations, the installation's own path. */
function withoutChance(text: string, place: Installation): string {
  return (
    text
      .replaceAll(place.dir, '<installation>')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>')
      // Of changes that can be undone, and of what they put there: instants and ports are in the hash.
      .replaceAll(/"(?:[0-9a-f]{16}|[0-9a-f]{32})"/g, '"<hash>"')
      .replaceAll(/\b1[0-9]{12}\b/g, '<instant>')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<instant>')
      .replaceAll(/\b\d+ ?ms\b/g, '<ms>')
      // Of the ledger: names of calls and conversations, and how long they took.
      .replaceAll(/"(call|session|traceOf)":"(?:c[0-9a-f]{9}(?:\.\d+)?|[0-9a-f]{4})"/g, '"$1":"<id>"')
      .replaceAll(/"(firstByteMs|ms)":\d+/g, '"$1":<ms>')
      .replaceAll(/"(latencyMs|durationMs|remainingMs|uptimeMs)": ?\d+/g, '"$1": <ms>')
      .replaceAll(/(?:msg|req|chatcmpl|resp)_?[\w-]*sandbox[\w-]*/g, '<id>')
      .replaceAll(/kcg_[\w-]+/g, '<token>')
      .replaceAll(/…\S{4}\b/g, '<mask>')
  )
}

const isNotice = (line: string): boolean => line.includes('.env') && /ignored|not read|working directory/i.test(line)

/** Runs everything in one folder. */
async function watch(
  tap: WireTap | undefined,
  runs: typeof openclaw,
  prepare: (place: Installation) => Promise<void>,
): Promise<Seen> {
  if (tap === undefined) throw new Error('each run has a wire of its own')
  const place = await install({
    config: {
      models: {
        providers: { anthropic: { baseUrl: `${tap.url}/anthropic` }, openai: { baseUrl: `${tap.url}/openai/v1` } },
      },
    },
    profiles: [{ id: 'anthropic:default', key: KEY }],
  })
  places.push(place)
  await prepare(place)
  const before = await pictureOf(place.cwd)
  // The port last, and never inside a longer word: its digits may stand in an id or an instant by chance.
  const port = new RegExp(`(?<![\\w-])${tap.port}(?![\\w-])`, 'g')
  const plain = (text: string): string => withoutChance(text, place).replaceAll(port, '<port>')
  const answers: string[] = []
  const notes: string[] = []
  for (const [line, input] of COMMANDS) {
    const ran = await runs(place, line.split(' '), input === undefined ? {} : { input })
    const [said, noticed] = partition(ran.stderr.split('\n'), (text) => !isNotice(text))
    notes.push(...noticed)
    answers.push(plain(`${line}: ${ran.code}\n${ran.stdout}\n${said.join('\n')}`))
  }
  const gateway = await startGateway(place)
  const response = await fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': gateway.token, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'anthropic/claude-opus-4-6',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'hi' }],
    }),
  })
  answers.push(plain(`${response.status} ${await response.text()}`))
  await gateway.stop()
  expect(await pictureOf(place.cwd)).toEqual(before)
  return {
    answers,
    wire: tap.sent().map(plain),
    files: Object.fromEntries(
      Object.entries(await pictureOf(place.state, (_path, text) => plain(text))).map(([path, seen]) => [
        plain(path),
        seen,
      ]),
    ),
    notes: [...new Set(notes)],
  }
}

function partition<T>(list: readonly T[], first: (item: T) => boolean): [T[], T[]] {
  return [list.filter(first), list.filter((item) => !first(item))]
}

describe('V14 V35 V43 a working directory', () => {
  test(`changes nothing of ${COMMANDS.length} commands and a gateway, whatever lies in it, and nothing is written into it`, async () => {
    const [quiet, hostile] = await Promise.all([
      watch(taps[0], openclaw, async () => undefined),
      // Node itself starts in that folder.
      watch(taps[1], openclawAlone, (place) => stuff(place.cwd, trap.url)),
    ])
    expect(hostile.wire).toEqual(quiet.wire)
    expect(hostile.files).toEqual(quiet.files)
    expect(hostile.answers).toEqual(quiet.answers)
    expect(trap.reached()).toBe(0)
    // The runs did something that could have differed.
    expect(quiet.wire.join('').match(/(?:POST|GET) \S+ HTTP\/1\.1/g)?.length).toBe(4)
    expect(Object.keys(quiet.files)).toContain('agents/main/agent/auth-profiles.json')
    expect(JSON.stringify([hostile, quiet])).not.toMatch(/evil/i)
    // D8: one line says that the keys of the folder are passed by.
    expect(hostile.notes.length).toBe(1)
    expect(quiet.notes).toEqual([])
  }, 60_000)

  test.skipIf(process.platform === 'win32')(
    'holds nobody up with a pipe that is called .env',
    async () => {
      const place = await install({ profiles: [{ id: 'anthropic:default', key: KEY }] })
      execSync('mkfifo .env', { cwd: place.cwd })
      const ran = await openclaw(place, ['models', 'status'], { under: ['timeout', '20'] })
      expect(ran).toMatchObject({ code: 0, stderr: '' })
      await place.remove()
    },
    30_000,
  )

  test('V43 a state directory in a project goes neither into its repository nor into its package', async () => {
    const place = await install()
    const state = join(place.cwd, 'config/state')
    const env = { OPENCLAW_STATE_DIR: state }
    await writeFile(join(place.cwd, 'package.json'), '{ "name": "a-project", "version": "1.0.0" }')
    await writeFile(join(place.cwd, 'index.js'), '')
    const run = (command: string): string => execSync(command, { cwd: place.cwd, encoding: 'utf8', stdio: 'pipe' })
    run('git init -q')
    await openclaw(place, ['models', 'auth', 'paste-api-key', '--provider', 'openai'], { input: PASTED, env })
    await openclaw(place, ['models', 'set', 'openai/gpt-5.1'], { env })
    expect((await pictureOf(state))['agents/main/agent/auth-profiles.json']).toBeDefined()
    run('git add -A')
    expect(run('git ls-files').trim().split('\n').sort()).toEqual(['index.js', 'package.json'])
    const packed = JSON.parse(run('npm pack --dry-run --json --ignore-scripts')) as { files: { path: string }[] }[]
    expect(packed[0]?.files.map(({ path }) => path).sort()).toEqual(['index.js', 'package.json'])
    await place.remove()
  }, 60_000)
})
