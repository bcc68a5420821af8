// The variables and flags that say which installation is meant, each through the built program; `~` and relative paths as people write them.
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../support/gateway-process.ts'
import { type Installation, install, openclaw } from '../support/installation.ts'
import { onTerminal } from '../support/program.ts'

type Meant = { configPath: string; agentDir: string; auth: { storePath: string } }

let place: Installation
let home: string

beforeEach(async () => {
  place = await install()
  home = join(place.dir, 'home')
  const mine = place
  onTestFinished(() => mine.remove())
})

/** The whole environment is this one: no variable of the installation but a home directory. */
async function meant(env: Record<string, string>, args: readonly string[] = []): Promise<Meant> {
  const bare = { ...place, env: { PATH: place.env.PATH ?? '', HOME: home, ...env } }
  const ran = await openclaw(bare, ['models', 'status', '--json', ...args])
  expect(ran.stderr).toBe('')
  return JSON.parse(ran.stdout) as Meant
}

const state = async (env: Record<string, string>, args: readonly string[] = []): Promise<string> => {
  const { configPath, agentDir, auth } = await meant(env, args)
  const dir = configPath.replace(/\/openclaw\.json$/, '')
  expect(agentDir).toBe(join(dir, 'agents/main/agent'))
  expect(auth.storePath).toBe(join(agentDir, 'auth-profiles.json'))
  return dir.replace(place.dir, '')
}

describe('the state directory', () => {
  test.each<[string, Record<string, string>, string[], string]>([
    ['is .openclaw in the home directory', {}, [], '/home/.openclaw'],
    ['is named by OPENCLAW_STATE_DIR', { OPENCLAW_STATE_DIR: '<dir>/there' }, [], '/there'],
    ['with ~', { OPENCLAW_STATE_DIR: '~/there' }, [], '/home/there'],
    ['as ~ itself', { OPENCLAW_STATE_DIR: '~' }, [], '/home'],
    ['relative', { OPENCLAW_STATE_DIR: 'there' }, [], '/cwd/there'],
    ['a blank one is none', { OPENCLAW_STATE_DIR: ' ' }, [], '/home/.openclaw'],
    ['~ in the middle is a letter', { OPENCLAW_STATE_DIR: '<dir>/~/x' }, [], '/~/x'],
    ['OPENCLAW_HOME replaces the home directory', { OPENCLAW_HOME: '<dir>/other' }, [], '/other/.openclaw'],
    ['OPENCLAW_HOME with ~', { OPENCLAW_HOME: '~/../other' }, [], '/other/.openclaw'],
    ['~ is what OPENCLAW_HOME says', { OPENCLAW_HOME: '<dir>/other', OPENCLAW_STATE_DIR: '~/x' }, [], '/other/x'],
    ['OPENCLAW_PROFILE is another installation', { OPENCLAW_PROFILE: 'two' }, [], '/home/.openclaw-two'],
    ['--profile likewise', {}, ['--profile', 'two'], '/home/.openclaw-two'],
    ['--profile before OPENCLAW_PROFILE', { OPENCLAW_PROFILE: 'two' }, ['--profile', 'three'], '/home/.openclaw-three'],
    ['--dev likewise', {}, ['--dev'], '/home/.openclaw-dev'],
    ['--profile in OPENCLAW_HOME', { OPENCLAW_HOME: '<dir>/other' }, ['--profile', 'two'], '/other/.openclaw-two'],
  ])('%s', async (_what, env, args, expected) => {
    const full = Object.fromEntries(
      Object.entries(env).map(([name, value]) => [name, value.replace('<dir>', place.dir)]),
    )
    expect(await state(full, args)).toBe(expected)
  })

  test('of --profile is written and read, apart from the first', async () => {
    const bare = { ...place, env: { PATH: place.env.PATH ?? '', HOME: home } }
    await openclaw(bare, ['--profile', 'two', 'models', 'set', 'openai/gpt-5.1'])
    expect(existsSync(join(home, '.openclaw-two/openclaw.json'))).toBe(true)
    const first = await openclaw(bare, ['models', 'status', '--plain'])
    const second = await openclaw(bare, ['models', 'status', '--plain', '--profile', 'two'])
    expect([first.stdout.trim(), second.stdout.trim()]).toEqual(['anthropic/claude-opus-4-6', 'openai/gpt-5.1'])
  })

  test('a profile named like a path is refused', async () => {
    for (const name of ['../x', 'a/b', '.', '']) {
      const ran = await openclaw({ ...place, env: { ...place.env, OPENCLAW_STATE_DIR: '' } }, [
        'models',
        'status',
        `--profile=${name}`,
      ])
      expect([ran.code, ran.stdout], name).toEqual([1, ''])
    }
  })
})

describe('OPENCLAW_CONFIG_PATH', () => {
  test.each<[string, string]>([
    ['<dir>/elsewhere/mine.json', '/elsewhere/mine.json'],
    ['~/mine.json', '/home/mine.json'],
    ['mine.json', '/cwd/mine.json'],
  ])('%s', async (value, expected) => {
    const path = join(place.dir, expected)
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, '{ agents: { defaults: { model: "openai/gpt-5.1" } } }')
    const env = { OPENCLAW_CONFIG_PATH: value.replace('<dir>', place.dir) }
    expect(await meant(env)).toMatchObject({
      configPath: path,
      agentDir: join(home, '.openclaw/agents/main/agent'),
      defaultModel: 'openai/gpt-5.1',
    })
  })
})

describe("an agent's directory", () => {
  test.each<[Record<string, string>, string]>([
    [{ OPENCLAW_AGENT_DIR: '~/agent' }, '/home/agent'],
    [{ OPENCLAW_AGENT_DIR: 'agent' }, '/cwd/agent'],
    [{ PI_CODING_AGENT_DIR: '~/pi' }, '/home/pi'],
    [{ OPENCLAW_AGENT_DIR: '~/agent', PI_CODING_AGENT_DIR: '~/pi' }, '/home/agent'],
    [{ OPENCLAW_AGENT_DIR: ' ', PI_CODING_AGENT_DIR: '~/pi' }, '/home/pi'],
  ])('%j', async (env, expected) => {
    const { agentDir, auth } = await meant(env)
    expect(agentDir).toBe(place.dir + expected)
    expect(auth.storePath).toBe(`${place.dir}${expected}/auth-profiles.json`)
  })

  test('in the config starts at the same home directory', async () => {
    const config = { agents: { list: [{ id: 'work', default: true, agentDir: '~/work' }] } }
    const other = join(place.dir, 'other')
    await mkdir(join(other, '.openclaw'), { recursive: true })
    await writeFile(join(other, '.openclaw/openclaw.json'), JSON.stringify(config))
    expect((await meant({ OPENCLAW_HOME: other })).agentDir).toBe(join(other, 'work'))
  })
})

test('NO_COLOR takes the colours away, a blank one does not', async () => {
  const said = async (env: Record<string, string>): Promise<string> => {
    const screen = onTerminal({ ...place, env: { ...place.env, ...env } }, ['models', 'status'])
    await screen.exit
    return screen.text()
  }
  expect(await said({})).toContain('\u001b[1m')
  expect(await said({ NO_COLOR: '' })).toContain('\u001b[1m')
  expect(await said({ NO_COLOR: '1' })).not.toContain('\u001b[')
})

test('--dev asks the gateway of its own port', async () => {
  const env = { OPENCLAW_GATEWAY_TOKEN: 'a-token-of-the-environment' }
  const ran = await openclaw(place, ['--dev', 'gateway', 'status'], { env })
  expect(ran.stdout).toContain('19001')
  const port = await freePort()
  const other = await openclaw(place, ['gateway', 'status'], { env: { ...env, OPENCLAW_GATEWAY_PORT: String(port) } })
  expect(other.stdout).toContain(String(port))
})
