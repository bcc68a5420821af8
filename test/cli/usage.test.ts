// Wrong command lines, help, exit codes, and what the program does about debuggers, closed pipes and errors nobody foresaw.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { nearest } from '../../src/core/nearest.ts'
import { type Installation, install, openclaw, PROGRAM, ROOT } from '../support/installation.ts'
import { build, transcript } from '../support/program.ts'
import { apiKey } from './secrets.ts'

let place: Installation
beforeAll(build, 60_000)
beforeEach(async () => {
  place = await install()
})
afterEach(() => place.remove())

const run = async (...args: string[]): Promise<string> => transcript(place, await openclaw(place, args))
const wrong = (message: string, remedy: string): string =>
  `--- stderr\nError: ${message}\n  Run: ${remedy}\n--- exit 1\n`

describe('a wrong command line', () => {
  it.each([
    ['modles', "Unknown command 'modles' (Did you mean models?)", 'openclaw --help'],
    ['models statsu', "Unknown command 'statsu' (Did you mean status?)", 'openclaw models --help'],
    ['models xyzzy', "Unknown command 'xyzzy'.", 'openclaw models --help'],
    ['models auth lst', "Unknown command 'lst' (Did you mean list?)", 'openclaw models auth --help'],
    ['config gte', "Unknown command 'gte' (Did you mean get?)", 'openclaw config --help'],
    ['gateway rnu', "Unknown command 'rnu' (Did you mean run?)", 'openclaw gateway --help'],
    ['gateway token rotat', "Unknown command 'rotat' (Did you mean rotate?)", 'openclaw gateway token --help'],
    ['help modles', "Unknown command 'modles' (Did you mean models?)", 'openclaw --help'],
    ['models status --jsn', "Unknown option '--jsn' (Did you mean --json?)", 'openclaw models status --help'],
    [
      'models status extra',
      "Too many arguments for 'status'. Expected 0 arguments but got 1.",
      'openclaw models status --help',
    ],
    ['models status --json=x', "Unknown option '--json=x' (Did you mean --json?)", 'openclaw models status --help'],
    ['models status --plain --probe', '--probe and --plain cannot be combined.', 'openclaw models status --help'],
    [
      'models status --probe-provider openai',
      '--probe-provider and --probe-profile go with --probe.',
      'openclaw models status --probe',
    ],
    [
      'models status --probe --probe-timeout 0',
      "Option '--probe-timeout <ms>' argument '0' is invalid. It is a whole number, at least 1.",
      'openclaw models status --help',
    ],
    ['models status --agent', "Option '--agent <id>' argument missing.", 'openclaw --help'],
    ['models --agent nosuch', 'There is no agent "nosuch"; known: main.', 'openclaw agents list'],
    ['models status --log-level loud', '--log-level is one of debug, info, warn, error, silent.', 'openclaw --help'],
    [
      'gateway --port 70000',
      "Option '--port <number>' argument '70000' is invalid. A port is a number from 0 (any free one) to 65535.",
      'openclaw gateway --help',
    ],
    [
      'gateway call health --params [1]',
      `--params is one JSON object, such as '{"sessionKey":"main"}'.`,
      'openclaw gateway call --help',
    ],
    ['agent', 'There is nothing to say: --message is missing or empty.', 'openclaw agent --message "hi"'],
  ])('%s', async (line, message, remedy) => {
    expect(await run(...line.split(' '))).toBe(wrong(message, remedy))
  })

  it('is answered in JSON where JSON was asked for', async () => {
    const ran = await openclaw(place, ['models', 'status', '--json', '--plain'])
    expect(ran).toMatchObject({ code: 1, stderr: '' })
    expect(JSON.parse(ran.stdout)).toEqual({
      ok: false,
      error: {
        code: 'usage',
        message: '--json and --plain cannot be combined.',
        remedy: 'openclaw models status --help',
      },
      exitCode: 1,
    })
    const older = await openclaw(place, ['models', '--status-json', '--agent', 'nosuch'])
    expect(JSON.parse(older.stdout).error.code).toBe('unknown_agent')
    const group = await openclaw(place, ['models', 'auth', '--json'])
    expect(JSON.parse(group.stdout).error.code).toBe('usage')
  })

  it('shows the help of a group on stderr when its subcommand is missing', async () => {
    const ran = await openclaw(place, ['models', 'auth'])
    expect(ran).toMatchObject({ code: 1, stdout: '' })
    expect(ran.stderr).toContain('Usage: openclaw models auth')
  })
})

describe('help', () => {
  const commands = [
    '',
    'models',
    'models status',
    'models list',
    'models set',
    'models set-image',
    'models aliases',
    'models aliases list',
    'models aliases add',
    'models aliases remove',
    'models fallbacks',
    'models fallbacks list',
    'models fallbacks add',
    'models fallbacks remove',
    'models fallbacks clear',
    'models image-fallbacks',
    'models image-fallbacks add',
    'models explain',
    'models where',
    'models cache',
    'models auth',
    'models auth add',
    'models auth paste-api-key',
    'models auth paste-token',
    'models auth setup-token',
    'models auth list',
    'models auth logout',
    'models auth order',
    'models auth order get',
    'models auth order set',
    'models auth order clear',
    'config',
    'config get',
    'config set',
    'config unset',
    'config validate',
    'config schema',
    'gateway',
    'gateway run',
    'gateway status',
    'gateway call',
    'gateway token',
    'agent',
    'demo',
    'onboard',
  ]
  it.each(commands)('of "%s" goes to stdout, exits 0 and has examples', async (line) => {
    const words = line === '' ? [] : line.split(' ')
    const ran = await openclaw(place, [...words, '--help'])
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(ran.stdout).toContain(`Usage: ${['openclaw', ...words].join(' ')}`)
    expect(ran.stdout).toMatch(/\nExamples:\n {2}\$ \S/)
    expect((await openclaw(place, ['help', ...words])).stdout).toBe(ran.stdout)
  })

  it('tells the exit codes', async () => {
    const { stdout } = await openclaw(place, ['help', 'exit-codes'])
    for (const line of ['  0    done', '  1    failed', '  2    only from', '  4    a login', '  130  cancelled']) {
      expect(stdout).toContain(line)
    }
  })
})

it.each(['--version', '-v'])('says its version on %s, which package.json sets', async (flag) => {
  const { version } = JSON.parse(await readFile(`${ROOT}/package.json`, 'utf8'))
  expect(await run(flag)).toBe(`${version}\n--- exit 0\n`)
})

it('does not start under a debugger unless told to', async () => {
  const flags = { nodeFlags: ['--inspect=127.0.0.1:0'] }
  const refused = await openclaw(place, ['models', 'status', '--plain'], flags)
  expect(refused.code).toBe(1)
  expect(refused.stdout).toBe('')
  expect(refused.stderr).toContain('A debugger may read every secret of this process')
  const allowed = await openclaw(place, ['models', 'status', '--plain', '--allow-debug'], flags)
  expect(allowed).toMatchObject({ code: 0, stdout: 'anthropic/claude-opus-4-6\n' })
})

it('ends quietly when whoever reads its output goes away', async () => {
  const child = spawn(process.execPath, [PROGRAM, 'models', 'list', '--all', '--json'], { env: place.env })
  child.stdout.destroy()
  let stderr = ''
  child.stderr.on('data', (piece: Buffer) => {
    stderr += piece.toString()
  })
  const [code] = await once(child, 'close')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})

it('creates files for nobody else, whatever the umask', async () => {
  const line = `umask 000; printf %s '${apiKey('kkkk')}' | "${process.execPath}" "${PROGRAM}" models auth paste-api-key --provider anthropic; find . -perm /077 -type f; find . -perm /077 -type d -not -name .`
  const child = spawn('/bin/sh', ['-c', line], { env: place.env, cwd: place.state })
  let stdout = ''
  child.stdout.on('data', (piece: Buffer) => {
    stdout += piece.toString()
  })
  await new Promise((resolve) => child.on('close', resolve))
  expect(stdout.split('\n').filter((found) => found.startsWith('./'))).toEqual([])
})

it('says what is wrong with a broken config and a broken store, and leaves both as they are', async () => {
  await writeFile(`${place.state}/openclaw.json`, '{ oops')
  const text = await run('models', 'status')
  expect(text).toContain('Error: $STATE/openclaw.json is not valid JSON5')
  expect(text).toContain('--- exit 1')
  expect(await readFile(`${place.state}/openclaw.json`, 'utf8')).toBe('{ oops')
})

it('lets nothing in a file steer the terminal, and still tells it in JSON', async () => {
  const steering = ['\u001b', '\u0007', '\u009b', '\u202e', '\u2066']
  const id = `anthropic:${steering.join('x')}`
  await place.remove()
  place = await install({ profiles: [{ id, key: apiKey('kkkk') }] })
  for (const line of ['models status', 'models status --json', 'models auth list', 'models explain']) {
    const { stdout } = await openclaw(place, line.split(' '))
    for (const character of steering) expect(stdout).not.toContain(character)
    if (line.endsWith('--json')) expect(JSON.parse(stdout).auth.oauth.profiles[0].profileId).toBe(id)
    else expect(stdout).toContain('anthropic:?x?x?x?x?')
  }
})

it('finds the word that was meant, and none for what is far from all', () => {
  expect(nearest('stauts', ['status', 'set'])).toBe('status')
  expect(nearest('PASTE-KEY', ['paste-api-key', 'list'])).toBeUndefined()
  expect(nearest('ls', ['list', 'set'])).toBeUndefined()
  expect(nearest('lst', ['list', 'set'])).toBe('list')
})
