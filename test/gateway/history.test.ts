// What the page is told of calls that it did not see itself: of other processes, of the whole day, and of long ago, page by page.
import { appendFile, mkdir, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { createAuth } from '../../src/auth/auth.ts'
import type { ActivityCall, ActivityChart, ActivityReport } from '../../src/core/activity.ts'
import type { LedgerLine, PastCall } from '../../src/core/ledger.ts'
import { totalsOfLines } from '../../src/core/ledger-totals.ts'
import { createSystem } from '../../src/system/system.ts'
import { ask, GOOD, key, OTHER, type Stand, stand, Talker } from './support.ts'

const DAY_MS = 24 * 3_600_000

const lineAt = (at: number, call: string, more: Partial<LedgerLine> = {}): LedgerLine => ({
  ...{ at, call, attempt: 1, agent: 'main', face: 'agent', endpoint: 'messages', session: 'agent:main:main' },
  ...{ model: 'anthropic/claude-opus-4-6', profile: 'anthropic:good', outcome: 'served', status: 200, ms: 1200 },
  tokens: { input: 100, output: 20, cacheRead: 400, cacheWrite: 10 },
  cost: 0.001,
  ...more,
})

async function write(on: Stand, lines: readonly LedgerLine[], end = ''): Promise<void> {
  const path = on.auth.home.layout.ledger('main') + end
  await mkdir(dirname(path), { recursive: true })
  await appendFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
}

async function talk(on: Stand): Promise<Talker> {
  const talker = new Talker(on.url)
  await talker.connect(on.token)
  return talker
}

/** Calls that events brought so far, by name. */
const heardBy = ({ frames }: Talker): string[] =>
  frames
    .filter(({ event }) => event === 'activity')
    .flatMap(({ payload }) => (payload as ActivityReport).calls.map(({ call }) => call))

test('calls of other processes come while one looks, each once, also when the file is turned over in between', async () => {
  const on = await stand()
  await write(on, [lineAt(on.system.now() - 5000, 'before')])
  const talker = await talk(on)
  await talker.ask('accounts.follow')
  const first = (await talker.ask('activity.follow')).payload as ActivityReport
  expect(first.calls.map(({ call }) => call)).toEqual(['before'])
  // A command of another process, by the product's own hand.
  const other = await createAuth({ ...createSystem({ logLevel: 'silent' }), env: on.system.env })
  const { ledger } = other.home.agent('main')
  ledger.record(() => lineAt(on.system.now(), 'elsewhere'))
  await ledger.flush()
  expect((await ask(on)).status).toBe(200)
  const told = (call: string): Promise<unknown> =>
    talker.frame(
      ({ event, payload }) =>
        event === 'activity' && (payload as ActivityReport).calls.some((one) => one.call === call),
    )
  await told('elsewhere')
  const { calls } = (await talker.ask('activity.calls')).payload as { calls: ActivityCall[] }
  expect(calls.map(({ face }) => face).sort()).toEqual(['agent', 'agent', 'api'])
  // Written to the end of the file that is turned over, and to the new one.
  const path = on.auth.home.layout.ledger('main')
  await write(on, [lineAt(on.system.now(), 'last of the old')])
  await rename(path, `${path}.1`)
  await write(on, [lineAt(on.system.now(), 'first of the new')])
  await told('last of the old')
  await told('first of the new')
  const { hour } = (await talker.ask('activity.follow')).payload as ActivityReport
  expect(hour.total.calls).toBe(5)
  const heard = heardBy(talker)
  expect(new Set(heard).size).toBe(heard.length)
})

test('the day is whole and what is older is found by pages of 200, however much is kept; the sums are those of `openclaw usage`', async () => {
  const on = await stand()
  const now = on.system.now()
  // Several MB of it, in both files: more than is read at the first look, and more calls than are kept in memory.
  const trace = [{ id: 'anthropic:good', verdict: 'taken' as const, rule: 'first', reason: 'x'.repeat(1900) }]
  const older = Array.from({ length: 300 }, (_, at) => lineAt(now - DAY_MS - (300 - at) * 1000, `old-${at}`))
  // Thirty of a kind in one millisecond: no page ends between two of them by chance alone.
  const day = Array.from({ length: 1400 }, (_, at) =>
    lineAt(now - (1400 - (at - (at % 30))) * 60_000, `day-${at}`, {
      trace,
      ...(at % 7 === 0 ? { tokens: { input: 5, output: 5, cacheRead: 0, cacheWrite: 0 } } : {}),
    }),
  ).map(({ cost, ...line }, at) => (at % 7 === 0 ? line : { ...line, cost: cost ?? 0 }))
  await write(on, [...older, ...day.slice(0, 300)], '.1')
  await write(on, day.slice(300))
  const talker = await talk(on)
  const chart = async (): Promise<ActivityChart> =>
    (await talker.ask('activity.chart', { span: 'day' })).payload as ActivityChart
  let sums = await chart()
  while (sums.total.calls < 1400) sums = await chart()
  const totals = totalsOfLines((await on.auth.home.agent('main').ledger.read()).filter(({ call }) => /^day/.test(call)))
  expect(sums.total).toMatchObject({
    calls: totals.calls,
    output: totals.output,
    input: totals.input + totals.cacheWrite,
    cached: totals.cacheRead,
    uncosted: 200,
  })
  expect(sums.total.cost).toBeCloseTo(totals.cost ?? Number.NaN, 6)
  const names: string[] = []
  for (let last: ActivityCall | undefined; ; ) {
    const place = last === undefined ? {} : { before: last.at, beforeCall: last.call }
    const asked = await talker.ask('activity.calls', place)
    const { calls } = asked.payload as { calls: ActivityCall[] }
    names.push(...calls.map(({ call }) => call))
    if (calls.length < 200) break
    last = calls.at(-1)
  }
  expect(names).toHaveLength(1700)
  expect(new Set(names).size).toBe(1700)
  expect(names.at(-1)).toBe('old-0')
  const { lines } = (await talker.ask('activity.call', { call: 'day-3' })).payload as PastCall
  expect(lines[0]?.trace?.[0]?.rule).toBe('first')
})

test('of a test of many accounts each result is told when it is there, to whoever asked alone', async () => {
  const on = await stand({
    profiles: { 'anthropic:good': key('anthropic', GOOD), 'anthropic:bad': key('anthropic', `${OTHER}-wrong`) },
  })
  const [asking, watching] = [await talk(on), await talk(on)]
  const answer = await asking.ask('auth.probe', { provider: 'anthropic' })
  const told = asking.frames.filter(({ event }) => event === 'auth.probed')
  // Before the answer, which has them all.
  expect(asking.frames.indexOf(answer)).toBeGreaterThan(
    asking.frames.findLastIndex(({ event }) => event === 'auth.probed'),
  )
  const results = told.map(({ payload }) => (payload as { result: { profileId: string; status: string } }).result)
  expect(results.map(({ profileId, status }) => [profileId, status]).sort()).toEqual([
    ['anthropic:bad', 'auth'],
    ['anthropic:good', 'ok'],
  ])
  expect((answer.payload as { results: unknown[] }).results).toHaveLength(2)
  expect(watching.frames.filter(({ event }) => event === 'auth.probed')).toEqual([])
})
