// `reset`: moves what was asked for and nothing else, deletes nothing, and leaves all as it was when it is refused, cancelled or fails.
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, until } from '../support/installation.ts'
import { build, onTerminal } from '../support/program.ts'
import { apiKey } from './secrets.ts'

let place: Installation
beforeAll(build, 60_000)
beforeEach(async () => {
  place = await install({
    profiles: [{ id: 'anthropic:default', key: apiKey('kkkk') }],
    agents: { work: { profiles: [{ id: 'openai:work', key: apiKey('wwww') }], health: {} } },
    dotenv: 'X=1\n',
    env: { OPENCLAW_GATEWAY_PORT: '1' },
  })
  await mkdir(join(place.state, 'agents/main/sessions'), { recursive: true })
  await writeFile(join(place.state, 'agents/main/sessions/sessions.json'), '{}')
  await writeFile(join(place.state, 'notes.txt'), 'mine')
})
afterEach(() => place.remove())

const FILES = [
  '.env',
  'agents/main/agent/auth-profiles.json',
  'agents/main/sessions/sessions.json',
  'agents/work/agent/auth-profiles.json',
  'agents/work/agent/auth.json',
  'notes.txt',
  'openclaw.json',
]

async function filesBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && !/\.lock|^\.gitignore$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort()
}

const moved = async (scope: string): Promise<string[]> => {
  const ran = await openclaw(place, ['reset', '--scope', scope, '--yes', '--json'])
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  return JSON.parse(ran.stdout).moved.map(({ from }: { from: string }) => from.slice(place.state.length + 1))
}

it('moves the config alone', async () => {
  expect(await moved('config')).toEqual(['openclaw.json'])
  const left = await filesBelow(place.state)
  expect(left.filter((name) => !name.startsWith('trash/'))).toEqual(FILES.filter((name) => name !== 'openclaw.json'))
  const [trashed] = left.filter((name) => name.startsWith('trash/'))
  expect(trashed).toMatch(/^trash\/[\dTZ-]+\/openclaw\.json$/)
  expect((await stat(join(place.state, 'trash'))).mode & 0o777).toBe(0o700)
  expect((await stat(join(place.state, trashed ?? ''))).mode & 0o777).toBe(0o600)
  expect((await openclaw(place, ['reset', '--scope', 'config', '--yes'])).stdout).toBe('Nothing was moved.\n')
})

it('moves credentials and sessions of every agent with it, and what else is there stays', async () => {
  expect((await moved('config+creds+sessions')).sort()).toEqual(
    FILES.filter((name) => name !== 'notes.txt').map((name) => name.replace('/sessions.json', '')),
  )
  expect((await filesBelow(place.state)).filter((name) => !name.startsWith('trash/'))).toEqual(['notes.txt'])
  const list = JSON.parse((await openclaw(place, ['models', 'auth', 'list', '--json'])).stdout)
  expect(list.profiles).toEqual([])
})

it('moves what was put aside for the stores, and what is kept for undo', async () => {
  const shared = join(place.dir, 'xdg')
  place.env.XDG_STATE_HOME = shared
  const renewal = (store: string): string =>
    JSON.stringify({ store, profileId: 'x:y', generation: 'g', credential: {} })
  const own = join(place.state, 'agents/work/agent/auth-profiles.json')
  const name = (letter: string): string => `login-${letter.repeat(32)}.json`
  const spool = join(shared, 'keyclaw/spool')
  for (const dir of [spool, join(place.state, 'spool')]) await mkdir(dir, { recursive: true })
  await writeFile(join(place.state, 'spool', name('a')), renewal('/anywhere'))
  await writeFile(join(spool, name('b')), renewal(own))
  await writeFile(join(spool, `${name('c')}.late`), renewal(own))
  await writeFile(join(spool, name('d')), renewal('/elsewhere/auth-profiles.json'))
  await writeFile(join(spool, name('e')), 'half')
  const id = 'anthropic:default'
  expect((await openclaw(place, ['models', 'auth', 'logout', id, '--yes'])).code).toBe(0)
  const gone = await moved('config+creds+sessions')
  expect(gone).toEqual(expect.arrayContaining(['spool', 'agents/main/agent/auth-profiles.undo.json']))
  const left = (await filesBelow(spool)).filter((one) => !one.includes('.trash-'))
  expect(left).toEqual([name('d'), name('e')])
  const { stderr } = await openclaw(place, ['models', 'auth', 'undo'])
  expect(stderr).toContain('There is nothing to undo')
  expect(stderr).toContain(`What a reset or a deletion moved lies in ${join(place.state, 'trash')}.`)
})

it('moves what older layouts left, so that nothing of it comes back', async () => {
  const old = ['agent/auth.json', 'credentials/oauth.json', 'agents/main/agent/auth.json.imported-2031']
  for (const name of old) {
    await mkdir(join(place.state, name, '..'), { recursive: true })
    await writeFile(join(place.state, name), JSON.stringify({ xai: { apiKey: apiKey('oooo') } }))
  }
  expect((await moved('config+creds+sessions')).filter((name) => /^agent\/?|credentials|imported/.test(name))).toEqual(
    expect.arrayContaining(['agent', 'credentials', 'agents/main/agent/auth.json.imported-2031']),
  )
  expect((await filesBelow(place.state)).filter((name) => !name.startsWith('trash/'))).toEqual(['notes.txt'])
})

it('moves the whole state directory to a place beside it', async () => {
  expect(await moved('full')).toEqual([''])
  const [trash, ...more] = (await readdir(place.dir)).filter((name) => name.startsWith('state'))
  expect(more).toEqual([])
  expect(trash).toMatch(/^state\.trash-/)
  expect(await filesBelow(join(place.dir, trash ?? ''))).toEqual(FILES)
})

it('moves all or nothing', async () => {
  const elsewhere = join(place.dir, 'elsewhere')
  await mkdir(elsewhere)
  await writeFile(join(elsewhere, 'oc.json'), '{}')
  await writeFile(join(place.state, 'trash'), 'a file where a folder belongs')
  const env = { OPENCLAW_CONFIG_PATH: join(elsewhere, 'oc.json') }
  const ran = await openclaw(place, ['reset', '--scope', 'config+creds+sessions', '--yes'], { env })
  expect(ran.code).toBe(1)
  expect(ran.stderr).toContain('all is where it was')
  expect((await readdir(elsewhere)).filter((name) => !name.includes('.lock'))).toEqual(['oc.json'])
  expect((await filesBelow(place.state)).filter((name) => name !== 'trash')).toEqual(FILES)
})

it('refuses without a terminal and a yes, and without a scope', async () => {
  for (const args of [
    ['reset'],
    ['reset', '--scope', 'full'],
    ['reset', '--yes'],
    ['reset', '--scope', 'all', '--yes'],
  ]) {
    expect((await openclaw(place, args)).code).toBe(1)
  }
  expect(await filesBelow(place.state)).toEqual(FILES)
})

it('refuses while a gateway runs, unless it is forced', async () => {
  const gateway = await startGateway(place, { token: 'not-asked' })
  await until('its note', () => readFile(join(place.state, 'gateway.json')).catch(() => undefined))
  try {
    const refused = await openclaw(place, ['reset', '--scope', 'config', '--yes'])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain(`Run: kill ${gateway.pid}`)
    const whole = await readFile(join(place.state, 'openclaw.json'), 'utf8')
    await writeFile(join(place.state, 'openclaw.json'), '{ broken')
    const broken = await openclaw(place, ['reset', '--scope', 'config', '--yes'])
    expect(broken.stderr).toContain(`Run: kill ${gateway.pid}`)
    await writeFile(join(place.state, 'openclaw.json'), whole)
    expect(await filesBelow(place.state)).toContain('openclaw.json')
    expect((await openclaw(place, ['reset', '--scope', 'config', '--yes', '--force'])).code).toBe(0)
    expect(await filesBelow(place.state)).not.toContain('openclaw.json')
  } finally {
    await gateway.stop()
  }
  expect(await filesBelow(place.state)).not.toContain('gateway.json')
})

it('takes a config that is broken, and a .env that cannot be read, out of the way', async () => {
  await writeFile(join(place.state, 'openclaw.json'), '{ broken')
  expect((await openclaw(place, ['reset', '--scope', 'config', '--yes'])).code).toBe(0)
  expect((await openclaw(place, ['models', 'status'])).code).toBe(0)
  await rm(join(place.state, '.env'))
  await mkdir(join(place.state, '.env'))
  expect((await openclaw(place, ['reset', '--scope', 'config+creds+sessions', '--yes'])).code).toBe(0)
  expect((await openclaw(place, ['models', 'status'])).code).toBe(0)
})

it('asks at a terminal, each question adding to the one before', async () => {
  const screen = onTerminal(place, ['reset'])
  await screen.shows('The config')
  screen.type('y\r')
  await screen.shows('conversations of all agents')
  screen.type('\r')
  expect((await screen.exit).code).toBe(0)
  expect((await filesBelow(place.state)).filter((name) => !name.startsWith('trash/'))).toEqual(
    FILES.filter((name) => name !== 'openclaw.json'),
  )
})

it('leaves all as it was after Ctrl-C', async () => {
  const screen = onTerminal(place, ['reset'])
  await screen.shows('The config')
  screen.type('y\r')
  await screen.shows('conversations of all agents')
  screen.type('\u0003')
  expect((await screen.exit).code).toBe(130)
  expect(await filesBelow(place.state)).toEqual(FILES)
  expect(await readFile(join(place.state, '.env'), 'utf8')).toBe('X=1\n')
})

it('leaves all as it was after no, which ends as every no does', async () => {
  for (const line of [['reset'], ['reset', '--scope', 'full']]) {
    const screen = onTerminal(place, line)
    await screen.shows('[y/N]')
    screen.type('n\r')
    expect((await screen.exit).code).toBe(130)
  }
  expect(await filesBelow(place.state)).toEqual(FILES)
})

it('moves a store with two paths to it once', async () => {
  await rm(join(place.state, 'agents/work'), { recursive: true })
  await mkdir(join(place.state, 'agents/work'))
  await symlink('../main/agent', join(place.state, 'agents/work/agent'))
  expect((await moved('config+creds+sessions')).filter((name) => name.endsWith('auth-profiles.json'))).toEqual([
    'agents/main/agent/auth-profiles.json',
  ])
})

it('moves no home directory, though the state directory be one, and what earlier repairs copied goes with the rest', async () => {
  for (const HOME of [place.state, join(place.state, 'agents')]) {
    const ran = await openclaw(place, ['reset', '--scope', 'full', '--yes'], { env: { HOME } })
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('holds, the home directory') })
  }
  expect(await filesBelow(place.state)).toEqual(FILES)
  const copy = 'agents/main/agent/auth-profiles.json.bak-2031-01-01'
  await writeFile(join(place.state, copy), '{}')
  expect(await moved('config+creds+sessions')).toContain(copy)
})
