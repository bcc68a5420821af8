// Short commands of the tests share a process (test/support/commands.ts): each says, returns and writes what it would in a process of its own,
// and finds nothing of the one before.
import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Order, runInHost } from '../support/commands.ts'
import {
  type Installation,
  install,
  openclaw,
  openclawAlone,
  PROGRAM,
  type RunOptions,
} from '../support/installation.ts'
import { build, transcript } from '../support/program.ts'
import { apiKey } from './secrets.ts'

const KEY = apiKey('kkkk')
const LINES: readonly (readonly [line: string, options?: RunOptions])[] = [
  ['models status'],
  ['models auth paste-api-key --provider anthropic', { input: `${KEY}\n` }],
  ['models auth paste-api-key --provider anthropic', { input: '' }],
  ['models status --json', { env: { OPENAI_API_KEY: apiKey('envi') } }],
  ['models status --check'],
  ['models auth list', { env: { NO_COLOR: '1', TERM: 'xterm' } }],
  ['models statsu'],
  ['models list --all --json'],
  ['models set openai/gpt-5.1 --log-level debug'],
  ['config get agents', { cwd: '/' }],
  ['models explain --json'],
  ['gateway call health'],
  ['models --help'],
  ['models auth logout anthropic:default --yes'],
]

const places: Installation[] = []
beforeAll(build, 60_000)
afterAll(() => Promise.all(places.map((place) => place.remove())))

async function fresh(): Promise<Installation> {
  const place = await install({ env: { OPENCLAW_GATEWAY_PORT: '1' } })
  places.push(place)
  return place
}

/** What does not depend on the moment or the folder. */
const steady = (text: string): string =>
  text
    .replaceAll(/\d+(?:\.\d+)? ?ms\b/g, 'MS')
    .replaceAll(/\b1[789]\d{11}\b/g, 'MOMENT')
    .replaceAll(/\b\d+[smhd]\b/g, 'AGE')

async function story(runs: typeof openclaw): Promise<{ said: string[]; files: string[] }> {
  const place = await fresh()
  const said: string[] = []
  for (const [line, options] of LINES) {
    const ran = await runs(place, line.split(' '), options)
    said.push(steady(`${line}\n${transcript(place, ran)}`).replaceAll(place.dir, '$DIR'))
  }
  const files: string[] = []
  for (const entry of await readdir(place.dir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    files.push(`${path.slice(place.dir.length)} ${((await stat(path)).mode & 0o777).toString(8)}`)
  }
  return { said, files: files.sort() }
}

it('says, returns and writes the same', { timeout: 120_000 }, async () => {
  const [shared, alone] = [await story(openclaw), await story(openclawAlone)]
  expect(shared.said).toEqual(alone.said)
  expect(shared.files).toEqual(alone.files)
})

it('finds nothing of the run before: no variable, no folder, no code, no listener', async () => {
  const place = await fresh()
  const other = await fresh()
  const env = { OPENAI_API_KEY: apiKey('left') }
  expect((await openclaw(place, ['models', 'status'], { env })).stdout).toContain('OPENAI_API_KEY')
  expect((await openclaw(other, ['models', 'status', '--nonsense'])).code).toBe(1)
  const next = await openclaw(other, ['models', 'status'])
  expect(next.code).toBe(0)
  expect(next.stdout).not.toContain('OPENAI_API_KEY')
  expect(next.stdout).not.toContain(place.state)
  for (let runs = 0; runs < 15; runs++) expect((await openclaw(other, ['models', 'status'])).stderr).toBe('')
})

/** A program of the test's own, as the door names one. */
async function programOf(place: Installation, name: string, source: string): Promise<Order> {
  const door = join(place.dir, `${name}.js`)
  await writeFile(door, `program-${name}.js`)
  await writeFile(join(place.dir, `program-${name}.js`), `(function(exports,require,module,file,folder){${source}})`)
  return { door, words: [], env: {}, cwd: place.cwd, input: '' }
}

it('takes back what a run left in the process, and goes on in a fresh one when a run has ended it', async () => {
  const place = await fresh()
  const untidy = await programOf(
    place,
    'aa',
    `globalThis.left=setTimeout(()=>undefined,3600000).unref();process.on('exit',(code)=>process.stdout.write(' leaves with '+code));
    process.exitCode=3;process.umask(0);process.title='untidy';process.stdout.write('untidy')`,
  )
  const tidy = await programOf(
    place,
    'bb',
    `process.stdout.write([process.listenerCount('exit'),globalThis.left?._destroyed,process.umask(),process.title,process.pid].join(' '))`,
  )
  const ending = await programOf(place, 'cc', `process.stdout.write('bye');process.exit(7)`)
  const ends = { code: 7, signal: null, stdout: 'bye', stderr: '' }
  // So that the next two share one.
  expect(await runInHost(ending)).toEqual(ends)
  expect(await runInHost(untidy)).toEqual({ code: 3, signal: null, stdout: 'untidy leaves with 3', stderr: '' })
  const first = await runInHost(tidy)
  expect(first).toMatchObject({ code: 0, stderr: '' })
  const [listeners, isTimerGone, umask, title, pid] = first?.stdout.split(' ') ?? []
  expect([listeners, isTimerGone, umask]).toEqual(['0', 'true', String(process.umask())])
  expect(title).not.toBe('untidy')
  expect(await runInHost(ending)).toEqual(ends)
  const [, , , , another] = (await runInHost(tidy))?.stdout.split(' ') ?? []
  expect(Number(another)).toBeGreaterThan(0)
  expect(another).not.toBe(pid)
})

it('gives a process of its own to a run beside another, and to one that wants node started in its own way', async () => {
  const place = await fresh()
  const order = { door: PROGRAM, words: ['help'], env: place.env, cwd: place.cwd, input: '' }
  const running = runInHost(order)
  expect(runInHost(order)).toBeUndefined()
  expect((await running)?.stdout).toContain('Usage: openclaw')
  expect(runInHost({ ...order, env: { ...place.env, NODE_OPTIONS: '--no-warnings' } })).toBeUndefined()
})
