// `usage`: what calls took, in a table, as JSON and for a spreadsheet.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { LedgerLine } from '../../src/core/ledger.ts'
import { type Installation, install, openclaw } from '../support/installation.ts'
import { build, transcript } from '../support/program.ts'

const AT = Date.now() - 60_000
const HOUR = 60 * 60_000
let place: Installation
const run = async (...words: string[]): Promise<string> => (await openclaw(place, ['usage', ...words])).stdout

const line = (more: Partial<LedgerLine>): LedgerLine => ({
  ...{ at: AT, call: 'c000000001', attempt: 1, agent: 'main', face: 'chat', endpoint: 'messages', ms: 7 },
  ...{ session: 'agent:main:main', model: 'anthropic/claude-opus-4-6', profile: 'anthropic:a', outcome: 'served' },
  ...more,
})
const told = { input: 10, output: 20, cacheRead: 3000, cacheWrite: 0 }

async function noted(agent: string, lines: readonly LedgerLine[]): Promise<void> {
  const folder = join(place.state, 'agents', agent, 'sessions')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'calls.log'), lines.map((one) => `${JSON.stringify(one)}\n`).join(''))
}

beforeAll(async () => {
  await build()
  place = await install({ agents: { work: {} } })
}, 60_000)
afterAll(() => place.remove())

it('says that there are none yet', async () => {
  expect(await run()).toBe('Agents: main, work\nNo calls yet. They are noted as they end, and kept for 30 days.\n')
})

it('shows what calls took, of all agents or of one, by whatever is wanted', async () => {
  await noted('main', [
    line({ at: AT - 3 * HOUR, call: 'c000000000', tokens: told, cost: 0.25 }),
    line({ profile: 'anthropic:limited', outcome: 'stepped_over' }),
    line({ attempt: 2, tokens: told }),
  ])
  await noted('work', [
    line({
      agent: 'work',
      call: 'c000000002',
      session: '=1+"1',
      model: 'openai/gpt-5.1',
      profile: 'openai:b',
      tokens: { ...told, input: 5000 },
    }),
  ])
  const today = new Date(AT).toISOString().slice(0, 10)
  const [whole, ofMain, json, csv, byDay] = await Promise.all([
    run(),
    run('--by', 'model', '--agent', 'main', '--since', '1h'),
    run('--by', 'agent', '--json'),
    run('--by', 'session', '--csv'),
    run('--by', 'day', '--since', today),
  ])
  expect(byDay).toContain(`\nSince: ${today} 00:00:00Z\nday (UTC)   calls `)
  expect(byDay).toContain(`\n${today}  `)
  expect(whole).toBe(`Agents: main, work
profile            calls  asked  served  in    out  from cache  to cache  cost
openai:b           1      1      1       5000  20   3000        0         -
anthropic:a        2      2      2       20    40   6000        0         $0.2500
anthropic:limited  1      1      0       0     0    0           0         -
in all             3      4      3       5020  60   9000        0         $0.2500
`)
  expect(ofMain).toMatch(
    /^Agents: main\nSince: [\d :-]+Z\nmodel +calls +asked .*to cache\nanthropic\/claude-opus-4-6 +1 +2 +1 +10 +20 +3000 +0\nin all/,
  )
  expect(JSON.parse(json)).toMatchObject({
    ...{ agents: ['main', 'work'], by: 'agent', since: null },
    rows: [
      { name: 'work', calls: 1, cost: null },
      { name: 'main', calls: 2, attempts: 3, served: 2, cost: 0.25 },
    ],
    totals: { calls: 3, attempts: 4, served: 3, input: 5020 },
  })
  expect(csv).toBe(`session,calls,attempts,served,input,output,cacheRead,cacheWrite,cost
"'=1+""1",1,1,1,5000,20,3000,0,
"agent:main:main",2,3,2,20,40,6000,0,0.25
`)
})

it('refuses what it does not know', async () => {
  const refused = await Promise.all(
    [
      ['--by', 'colour'],
      ['--since', 'yesterday'],
      ['--json', '--csv'],
    ].map(async (words) => transcript(place, await openclaw(place, ['usage', ...words]))),
  )
  expect(refused[0]).toBe(
    '--- stderr\nError: --by "colour" is none of profile, model, agent, session, day.\n  Run: openclaw usage --by day\n--- exit 1\n',
  )
  expect(refused[1]).toContain('Run: openclaw usage --since 2h')
  expect(refused[2]).toContain('cannot be combined')
})
