// Where things stand otherwise than usual: no home, no working directory, names with quotes in them, files that are links or of another system;
// and words that were mistyped.
import { execFile } from 'node:child_process'
import { appendFile, chmod, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { quoted } from '../../src/core/quoted.ts'
import { type Installation, install, openclaw, openclawAlone } from '../support/installation.ts'
import { build } from '../support/program.ts'
import { standInManager } from '../support/service-manager.ts'
import { apiKey } from './secrets.ts'

let place: Installation

const sh = (script: string): ReturnType<typeof sending> => sending('sh', ['-e', '-c', script])
const sending = promisify(execFile)

/** The command that a message names. */
const remedyIn = (text: string): string => /^ +Run: (.*)$/m.exec(text)?.[1] ?? ''

beforeAll(build, 60_000)
beforeEach(async () => {
  place = await install({ env: { OPENCLAW_GATEWAY_PORT: '1', ANTHROPIC_API_KEY: apiKey('aaaa') } })
  await standInManager(place, 'none')
})
afterEach(() => place.remove())

test('the first look makes the usual state directory, so that the next line of the documentation works; one that was named is not made', async () => {
  const home = place.env.HOME ?? ''
  const env = { OPENCLAW_STATE_DIR: '' }
  expect(
    await openclaw(place, ['models', 'status'], { env: { OPENCLAW_STATE_DIR: join(home, 'named') } }),
  ).toMatchObject({
    code: 0,
  })
  expect(await openclaw(place, ['models', 'status'], { env: { ...env, HOME: join(home, 'nobody') } })).toMatchObject({
    code: 0,
  })
  expect(await openclaw(place, ['models', 'auth', 'list'], { env })).toMatchObject({ code: 0 })
  expect(await readdir(home)).toEqual([])
  expect(await openclaw(place, ['models', 'status'], { env })).toMatchObject({ code: 0, stderr: '' })
  const dir = join(home, '.openclaw')
  expect((await stat(dir)).mode & 0o777).toBe(0o700)
  expect(await readdir(dir)).toEqual(['.gitignore'])
  // As a shell appends to it: readable by all, behind a door that is shut.
  await appendFile(join(dir, '.env'), `ANTHROPIC_API_KEY=${apiKey('bbbb')}\n`)
  await chmod(join(dir, '.env'), 0o644)
  const seen = await openclaw(place, ['doctor'], { env })
  expect(seen.stdout).toContain(
    `only its directory keeps them out; it should be 600.\n            Run: chmod 600 '${dir}/.env'\n`,
  )
  expect(seen.code).toBe(0)
  await chmod(dir, 0o755)
  const open = await openclaw(place, ['doctor'], { env })
  expect(open.stdout).toContain(`warning   ${dir}/.env is open to other users`)
  expect(open.code).toBe(1)
})

test('an empty HOME is no home: the state lies in that of the user, not in the working directory', async () => {
  const { stdout } = await openclawAlone(place, ['models', 'auth', 'list'], {
    env: { HOME: '', OPENCLAW_STATE_DIR: '' },
  })
  expect(stdout).toContain(`Auth file: ${join(userInfo().homedir, '.openclaw/agents/main/agent/auth-profiles.json')}`)
})

test('a working directory that is gone is no reason to fail', async () => {
  const cwd = join(place.cwd, 'gone')
  await mkdir(cwd)
  const under = ['sh', '-c', 'rmdir "$PWD" && exec "$@"', 'sh']
  expect(await openclawAlone(place, ['models', 'status', '--plain'], { cwd, under })).toMatchObject({
    code: 0,
    stdout: 'anthropic/claude-opus-4-6\n',
  })
})

test("the commands that messages name work below a directory such as o'brien, and below one with a line break in its name", async () => {
  for (const name of ["o'brien $HOME", 'two\nlines']) {
    const state = join(place.dir, name)
    await mkdir(state, { mode: 0o755 })
    await chmod(state, 0o755)
    const env = { OPENCLAW_STATE_DIR: state }
    const seen = await openclaw(place, ['doctor'], { env })
    await sending('bash', ['-e', '-c', remedyIn(seen.stdout)])
    expect((await stat(state)).mode & 0o777, seen.stdout).toBe(0o700)
    await writeFile(join(state, 'openclaw.json'), '{')
    const broken = await openclaw(place, ['models', 'status'], { env })
    const { stdout } = await sending('bash', ['-e', '-c', `EDITOR=cat; ${remedyIn(broken.stderr)}`])
    expect(stdout).toBe('{')
  }
  expect(quoted('plain')).toBe("'plain'")
})

test('a config that is a link is read, and the command that the refusal names makes it one that can be changed', async () => {
  const path = join(place.state, 'openclaw.json')
  const real = join(place.dir, 'dotfiles.json')
  await writeFile(real, '{ gateway: { port: 18790 } }\n')
  await symlink(real, path)
  const set = (): ReturnType<typeof openclaw> => openclaw(place, ['config', 'set', 'gateway.port', '18791'])
  expect((await openclaw(place, ['doctor'])).stdout).toContain(
    'is a symbolic link; it is read, and no command changes it',
  )
  const refused = await set()
  expect(refused.code).toBe(1)
  await sh(remedyIn(refused.stderr))
  expect(await set()).toMatchObject({ code: 0 })
  expect(await readFile(path, 'utf8')).toContain('18791')
  expect(await readFile(real, 'utf8')).toContain('18790')
})

test('a config with the line ends of Windows keeps them; one in another encoding is named as what it is', async () => {
  const path = join(place.state, 'openclaw.json')
  await writeFile(path, '{\r\n  // mine\r\n  gateway: { port: 18790 },\r\n}\r\n')
  expect(await openclaw(place, ['models', 'set', 'openai/gpt-5.1'])).toMatchObject({ code: 0 })
  const text = await readFile(path, 'utf8')
  expect(text).toContain('// mine\r\n')
  expect(text).toContain('gpt-5.1')
  expect(text).not.toMatch(/[^\r]\n/)
  await writeFile(`${path}.new`, Buffer.from('\ufeff{}', 'utf16le'))
  await rename(`${path}.new`, path)
  const { stderr } = await openclaw(place, ['models', 'status'])
  expect(stderr).toContain('holds bytes that are not UTF-8. It was left as it is; save it as UTF-8.')
  expect(remedyIn(stderr)).toBe(`\${EDITOR:-vi} '${path}'`)
})

test('a disk that takes no more of the answer is named, with the place', async () => {
  const under = ['sh', '-c', 'exec "$@" > /dev/full', 'sh']
  const ran = await openclawAlone(place, ['models', 'status'], { under })
  expect(ran.code).toBe(1)
  expect(ran.stderr).toContain('Standard output could not be written: the disk that it goes to is full.')
})

test('what was mistyped is told from what is meant: providers, agents, profiles', async () => {
  await openclaw(place, ['agents', 'add', 'work'])
  const paste = ['models', 'auth', 'paste-api-key', '--provider']
  await openclaw(place, [...paste, 'anthropic', '--profile-id', 'anthropic:work'], { input: apiKey('wwww') })
  const told: Record<string, string> = {
    'models auth login --provider antropic': 'anthropic',
    'models auth login --provider codex': 'openai-codex',
    'models auth order get --provider claude': 'anthropic',
    'models auth order clear --provider antropic': 'anthropic',
    'models where opnai': 'openai',
    'models set gemini/gemini-3-pro': 'google',
    'models status --agent wrok': 'work',
    'models auth order set --provider anthropic anthropic:wrok': 'anthropic:work',
    'models auth logout anthropic:wrok --yes': 'anthropic:work',
    'models auth pause anthropic:wrok': 'anthropic:work',
    'models auth reset anthropic:wrok': 'anthropic:work',
    'models status --probe --probe-profile anthropic:wrok': 'anthropic:work',
  }
  for (const [line, meant] of Object.entries(told)) {
    const { stderr } = await openclaw(place, line.split(' '))
    expect(stderr, line).toContain(`(Did you mean ${meant}?)`)
  }
  const kept = await openclaw(place, [...paste, 'antropic'], { input: 'some-key-0123456789-abcdef' })
  expect(kept).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('Did you mean anthropic?'),
  })
  const door = await openclaw(place, ['models', 'auth', 'setup-token', '--provider', 'antropic'])
  expect(remedyIn(door.stderr)).toBe('openclaw models auth setup-token --provider anthropic')
  expect((await openclaw(place, ['models', 'auth', 'order', 'get', '--provider', 'openai'])).stderr).toBe('')
})

test('the command that a refusal names is for the same agent and the same profile', async () => {
  await openclaw(place, ['agents', 'add', 'work'])
  const own = '--profile-id anthropic:work'
  const wanted: Record<string, string> = {
    [`models auth paste-api-key --provider anthropic ${own}`]: `printf %s "$ANTHROPIC_API_KEY" | openclaw models auth paste-api-key --provider anthropic ${own}`,
    'models auth paste-token --provider openrouter --expires-in 3h --agent work': `printf %s "$SECRET" | openclaw models auth paste-token --provider openrouter --expires-in 10800000ms --agent work`,
    'onboard --agent work': 'openclaw onboard --agent work --anthropic-api-key "$ANTHROPIC_API_KEY"',
    'onboard --auth-choice setup-token --agent work':
      'printf %s "$TOKEN" | openclaw onboard --agent work --auth-choice setup-token',
  }
  for (const [line, remedy] of Object.entries(wanted)) {
    expect(remedyIn((await openclaw(place, line.split(' '))).stderr), line).toBe(remedy)
  }
  const short = await openclaw(place, `models auth paste-api-key --provider anthropic ${own}`.split(' '), {
    input: 'abc',
  })
  expect(remedyIn(short.stderr)).toBe(`openclaw models auth paste-api-key --provider anthropic ${own}`)
})
