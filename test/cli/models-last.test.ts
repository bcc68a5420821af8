// `models explain --last`: whole screens, JSON, and what it answers when there is nothing, or nothing of the kind.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { KeptTraceLine, LedgerLine } from '../../src/core/ledger.ts'
import { type Installation, install, openclaw } from '../support/installation.ts'
import { build, transcript } from '../support/program.ts'
import { apiKey } from './secrets.ts'

const FILE = '$STATE/agents/main/sessions/calls.log'
/** The minute that has begun: lines that are older than 30 days are not shown. */
const AT = Math.floor(Date.now() / 60_000) * 60_000
const moment = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`
const clock = (at: number): string => `${new Date(at).toISOString().slice(11, 19)}Z`

let place: Installation
const run = async (...words: string[]): Promise<string> =>
  (await openclaw(place, ['models', 'explain', ...words])).stdout.replaceAll(place.state, '$STATE')

beforeAll(async () => {
  await build()
  place = await install({ profiles: [{ id: 'anthropic:a', key: apiKey('1111') }] })
}, 60_000)
afterAll(() => place.remove())

const line = (more: Partial<LedgerLine>): LedgerLine => ({
  ...{ at: AT, call: 'c000000001', attempt: 1, agent: 'main', face: 'api', endpoint: 'messages', session: '3f2a' },
  ...{ model: 'anthropic/claude-opus-4-6', profile: 'anthropic:a', outcome: 'served', ms: 400, ...more },
})
const rests: KeptTraceLine = {
  ...{ id: 'anthropic:limited', verdict: 'passed_over', rule: 'cooldown', reason: 'cooldown (rate_limit)' },
  until: AT + 300_000,
}
const taken: KeptTraceLine = { id: 'anthropic:a', verdict: 'taken', rule: 'first', reason: 'usable, never used before' }

async function noted(lines: readonly LedgerLine[]): Promise<void> {
  const folder = join(place.state, 'agents/main/sessions')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'calls.log'), lines.map((one) => `${JSON.stringify(one)}\n`).join(''))
}

const LINES = [
  line({ trace: [taken, rests], status: 200, firstByteMs: 30 }),
  line({
    ...{ call: 'c000000002', at: AT + 1000, face: 'chat', session: 'agent:main:main', profile: 'anthropic:limited' },
    ...{ outcome: 'stepped_over', class: 'rate_limit', status: 429, firstByteMs: 12, ms: 12 },
    trace: [
      { ...taken, id: 'anthropic:limited' },
      { ...taken, verdict: 'kept', rule: 'next', reason: 'usable' },
    ],
  }),
  line({
    ...{
      call: 'c000000002',
      at: AT + 1012,
      attempt: 2,
      face: 'chat',
      session: 'agent:main:main',
      traceOf: 'c000000001.1',
    },
    ...{ status: 200, firstByteMs: 40, tokens: { input: 12, output: 30, cacheRead: 2000, cacheWrite: 5 } },
  }),
  line({
    ...{ call: 'c000000003', at: AT + 2000, model: 'openai/gpt-5.1', insteadOf: 'anthropic/claude-opus-4-6' },
    ...{ profile: 'openai:b', outcome: 'aborted', ms: 9, traceOf: 'gone.1', session: '' },
  }),
  line({ call: 'c000000004', at: AT + 3000, outcome: 'refused', status: 503, ms: 0, trace: [rests] }),
].map(({ profile, ...rest }) => (rest.call === 'c000000004' ? rest : { ...rest, profile: profile ?? '' }))

const LAST = `Call c000000004: ${moment(AT + 3000)}, anthropic/claude-opus-4-6, by a client (messages, 3f2a)
  nobody was left to ask: refused with status 503
    passed over  anthropic:limited  cooldown: cooldown (rate_limit), ends in 5m (${clock(AT + 300_000)})
`

it('says kindly that there is none yet, and plainly what it does not know', async () => {
  const [text, json, ...refusals] = await Promise.all(
    [['--last'], ['--last', '5', '--json'], ['--last', '0'], ['--last=c000000009'], ['anthropic', '--last']].map(
      (words) => openclaw(place, ['models', 'explain', ...words]),
    ),
  )
  expect(text?.stdout.replaceAll(place.state, '$STATE')).toBe(
    `Agent: main\nFile: ${FILE}\nNo calls yet. Every call of a client and every turn of a chat is noted as it ends.\n`,
  )
  expect(JSON.parse(json?.stdout.replaceAll(place.state, '$STATE') ?? '')).toEqual({
    agentId: 'main',
    file: FILE,
    calls: [],
  })
  const unknown = (text: string): string =>
    `--- stderr\nError: --last "${text}" is neither a number from 1 to 1000 nor a call that is kept of agent main; an answer names its call in x-openclaw-trace.\n  Run: openclaw models explain --last 5\n--- exit 1\n`
  expect(refusals.map((ran) => transcript(place, ran))).toEqual([
    unknown('0'),
    unknown('c000000009'),
    '--- stderr\nError: --last shows calls as they were; "anthropic" has no part in it.\n  Run: openclaw models explain --last\n--- exit 1\n',
  ])
})

it('shows the last call, or as many as are wanted, newest last, each attempt with the candidates as they stood', async () => {
  await noted(LINES)
  const [last, three] = await Promise.all([run('--last'), run('--last', '3')])
  expect(last).toBe(`Agent: main\nFile: ${FILE}\n${LAST}`)
  expect(three).toBe(`Agent: main
File: ${FILE}
Call c000000002: ${moment(AT + 1000)}, anthropic/claude-opus-4-6, in a chat (messages, agent:main:main)
  anthropic:limited: stepped over after 12 ms (rate_limit, status 429; answer begun after 12 ms)
    taken  anthropic:limited  first: usable, never used before
    kept   anthropic:a        next: usable
  anthropic:a: served after 400 ms (status 200; answer begun after 40 ms; tokens: 12 in, 30 out, 2000 read from and 5 written to a cache)
    taken        anthropic:a        first: usable, never used before
    passed over  anthropic:limited  cooldown: cooldown (rate_limit), ends in 5m (${clock(AT + 300_000)})
Call c000000003: ${moment(AT + 2000)}, anthropic/claude-opus-4-6, by a client (messages)
  openai:b, openai/gpt-5.1: aborted after 9 ms
    how the candidates stood is not kept any more
${LAST}`)
})

it('shows the call of an id, and JSON has all of it', async () => {
  await noted(LINES)
  const told = JSON.parse(await run('--last', 'c000000002', '--json'))
  expect(told).toMatchObject({
    ...{ agentId: 'main', file: FILE },
    calls: [
      {
        ...{ call: 'c000000002', at: AT + 1000, agent: 'main', face: 'chat', session: 'agent:main:main' },
        ...{ model: 'anthropic/claude-opus-4-6', outcome: 'served', ms: 412 },
        lines: [
          { attempt: 1, profile: 'anthropic:limited', class: 'rate_limit', status: 429 },
          { attempt: 2, profile: 'anthropic:a', tokens: { cacheRead: 2000 }, trace: [taken, rests] },
        ],
      },
    ],
  })
  expect(told.calls[0].lines).toHaveLength(2)
})

it('what somebody wrote into the file cannot command the terminal', async () => {
  const odd = '\u001b]0;x\u0007'
  await noted([
    line({
      call: odd,
      face: odd,
      endpoint: odd,
      session: odd,
      model: odd,
      profile: odd,
      class: odd,
      trace: [{ ...taken, reason: odd, id: odd }],
    }),
  ])
  const shown = await run('--last')
  for (const control of odd.slice(0, 1) + odd.slice(-1)) expect(shown).not.toContain(control)
  expect(shown).toContain('served after 400 ms')
})
