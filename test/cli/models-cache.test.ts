// `models cache`: totals, the latest turns with their causes, and what to do about it.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Installation, install, openclaw } from '../support/installation.ts'
import { build, comparable, transcript } from '../support/program.ts'
import { apiKey } from './secrets.ts'

const FILE = '$STATE/agents/main/sessions/prompt-cache.log'
const NOW = Date.parse('2026-01-31T08:00:00Z')

let place: Installation
const run = async (...words: string[]): Promise<string> =>
  (await openclaw(place, words)).stdout.replaceAll(place.state, '$STATE')
const json = async (...words: string[]) =>
  JSON.parse(comparable(place, (await openclaw(place, [...words, '--json'])).stdout))

beforeAll(build, 60_000)
beforeEach(async () => {
  place = await install({ profiles: [{ id: 'anthropic:a', key: apiKey('1111') }] })
})
afterEach(() => place.remove())

const turn = (more: object): object => ({
  at: NOW,
  session: 'agent:main:main',
  isRelayed: false,
  model: 'anthropic/claude-opus-4-6',
  profile: 'anthropic:a',
  input: 100,
  cacheRead: 900,
  cacheWrite: 0,
  ...more,
})

async function noted(turns: readonly object[]): Promise<void> {
  const folder = join(place.state, 'agents/main/sessions')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'prompt-cache.log'), turns.map((one) => `${JSON.stringify(one)}\n`).join(''))
}

const miss = (cause: string, why: string) => ({ cacheRead: 0, cacheWrite: 900, miss: { cause, why } })

it('says that nothing is noted yet', async () => {
  expect(await run('models', 'cache')).toBe(
    `Agent: main\nFile: ${FILE}\nNo turns yet. Turns of sessions and calls of clients are noted when the prompt is long enough for a cache.\n`,
  )
  expect(await json('models', 'cache')).toMatchObject({ agentId: 'main', turns: 0, hitRatio: null, list: [] })
})

it('shows totals first, then a line for each turn, newest last', async () => {
  await noted([
    turn(miss('first', 'the first turn of the conversation')),
    turn({ at: NOW + 1000 }),
    turn({ at: NOW + 2000, session: '3f2a', isRelayed: true }),
  ])
  expect(await run('models', 'cache')).toBe(`Agent: main
File: ${FILE}
Hit ratio: 60 % of all tokens of prompts (1800 read from a cache, 900 written to one, 300 neither)
Turns: 3, of which 2 were read from a cache; misses: first 1
Newest last:
  2026-01-31 08:00:00Z  miss  0 %   1000  anthropic/claude-opus-4-6  anthropic:a  agent:main:main  first: the first turn of the conversation
  2026-01-31 08:00:01Z  hit   90 %  1000  anthropic/claude-opus-4-6  anthropic:a  agent:main:main
  2026-01-31 08:00:02Z  hit   90 %  1000  anthropic/claude-opus-4-6  anthropic:a  client 3f2a
`)
})

it('shows the latest twenty, and JSON has all', async () => {
  await noted(Array.from({ length: 30 }, (_, at) => turn({ at: NOW + at * 1000 })))
  const shown = await run('models', 'cache')
  expect(shown.match(/ hit /g)).toHaveLength(20)
  expect(shown).not.toContain('08:00:09Z')
  expect(shown).toContain('08:00:29Z')
  const told = await json('models', 'cache')
  expect(told).toMatchObject({ file: FILE, since: null, turns: 30, hits: 30, hitRatio: 0.9 })
  expect(told.list).toHaveLength(30)
})

it('--since leaves out what was before, and says so when that is all', async () => {
  await noted([turn({}), turn({ at: Date.now() - 60_000 })])
  expect((await json('models', 'cache', '--since', '2h')).turns).toBe(1)
  expect((await json('models', 'cache', '--since', '2026-01-31T08:00:00Z')).turns).toBe(2)
  expect((await json('models', 'cache', '--since', '2026-01-31T09:00:01+01:00')).turns).toBe(1)
  expect(await run('models', 'cache', '--since', '1s')).toContain('No turns since then.\n')
})

it.each(['yesterday', '90', '', '2999-01-31T08:00:00Z', '2026-02-30T08:00:00Z'])(
  '--since "%s" is refused',
  async (text) => {
    expect(transcript(place, await openclaw(place, ['models', 'cache', '--since', text]))).toBe(
      `--- stderr\nError: --since "${text}" is neither a length such as 90m, 2h or 7d nor a day (2026-01-31, in UTC) or a moment (2026-01-31T08:00:00Z) in the past.\n  Run: openclaw models cache --since 2h\n--- exit 1\n`,
    )
  },
)

it.each([
  ['off', 'openclaw models explain anthropic'],
  ['switched', 'openclaw models explain anthropic'],
  ['expired', 'openclaw docs anthropic'],
  ['changed', 'openclaw docs models-cli'],
])('where most is lost as %s, it says what to do, and the command works', async (cause, command) => {
  await noted([
    turn(miss('first', 'x')),
    turn({ ...miss(cause, 'x'), at: NOW + 1 }),
    turn({ ...miss(cause, 'x'), at: NOW + 2 }),
  ])
  const shown = await run('models', 'cache')
  expect(shown).toMatch(/\nMost is lost as .*\n {2}Run: .*\n$/)
  expect(shown).toContain(`Run: ${command}\n`)
  expect((await openclaw(place, command.split(' ').slice(1))).code).toBe(0)
})

it('what somebody wrote into the file cannot command the terminal', async () => {
  await noted([turn({ ...miss('first', '\u001b]0;x\u0007'), session: '\u001b[31m', model: '\u001b[2J' })])
  expect(await run('models', 'cache')).not.toContain('\u001b')
})
