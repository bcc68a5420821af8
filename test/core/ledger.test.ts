// The ledger's lines: what is written is read again, what is none is not; a trace is kept without what moves with the clock.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HOUR_MS, MINUTE_MS } from '../../src/core/expiry.ts'
import { HEALTHY } from '../../src/core/health.ts'
import { callsIn, keptReason, keptTrace, type LedgerLine, readLedgerLine } from '../../src/core/ledger.ts'
import type { Candidate } from '../../src/core/order.ts'
import { explain, pick } from '../../src/core/pick.ts'
import { facts, given, NOW, queries } from '../support/facts.ts'

const count = fc.nat(1e9)
const perhaps = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(values, { nil: undefined })
const kept = fc
  .record({
    id: fc.string(),
    verdict: fc.constantFrom('taken' as const, 'kept' as const, 'passed_over' as const),
    rule: fc.string(),
    reason: fc.string(),
    until: perhaps(count),
  })
  .map((line) => given(line))
const written: fc.Arbitrary<LedgerLine> = fc
  .record({
    at: count,
    call: fc.string(),
    attempt: count,
    agent: fc.string(),
    face: fc.string(),
    endpoint: fc.string(),
    session: fc.string(),
    model: fc.string(),
    insteadOf: perhaps(fc.string()),
    profile: perhaps(fc.string()),
    outcome: fc.constantFrom<LedgerLine['outcome']>('served', 'stepped_over', 'refused', 'aborted', 'broken'),
    class: perhaps(fc.string()),
    status: perhaps(count),
    firstByteMs: perhaps(count),
    ms: count,
    tokens: perhaps(fc.record({ input: count, output: count, cacheRead: count, cacheWrite: count })),
    cost: perhaps(fc.double({ min: 0, max: 1e6, noNaN: true, noDefaultInfinity: true }).map((cost) => cost + 0)),
    trace: perhaps(fc.array(kept)),
    traceOf: perhaps(fc.string()),
  })
  .map((line) => given(line) as LedgerLine)

describe('a line', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(written, (line) => {
        expect(readLedgerLine(JSON.parse(JSON.stringify(line)))).toEqual(line)
      }),
    )
  })

  test('that lacks anything it must have, or has it as something else, is none; what it may have is left out', () => {
    const must = ['at', 'call', 'attempt', 'agent', 'face', 'endpoint', 'session', 'model', 'outcome', 'ms']
    fc.assert(
      fc.property(
        written,
        fc.constantFrom(...must),
        fc.constantFrom(undefined, null, -1, {}, [], true),
        (line, name, no) => {
          expect(readLedgerLine({ ...line, [name]: no })).toEqual(
            name === 'at' && no === -1 ? { ...line, at: -1 } : undefined,
          )
        },
      ),
    )
    fc.assert(
      fc.property(
        written,
        fc.constantFrom('insteadOf', 'profile', 'class', 'status', 'tokens', 'cost', 'trace'),
        (line, name) => {
          const { [name as 'profile']: _, ...rest } = line
          expect(readLedgerLine({ ...line, [name]: false })).toEqual(rest)
        },
      ),
    )
    fc.assert(fc.property(fc.jsonValue(), (value) => readLedgerLine(value) === undefined))
    expect(readLedgerLine({ at: Number.NaN })).toBeUndefined()
  })
})

describe('a trace that is kept', () => {
  test('begins with the one that is taken, and names every candidate', () => {
    fc.assert(
      fc.property(facts, queries, (some, query) => {
        const trace = keptTrace(explain(some, query))
        expect(trace.filter(({ verdict }) => verdict === 'taken').map(({ id }) => id)).toEqual(
          [pick(some, query).candidate?.id].filter((id) => id !== undefined),
        )
        expect(trace.findIndex(({ verdict }) => verdict === 'taken')).toBeLessThanOrEqual(0)
        expect(trace.map(({ id }) => id).sort()).toEqual(some.candidates.map(({ id }) => id).sort())
      }),
    )
  })

  const candidate = (id: string, more: Partial<Candidate> = {}): Candidate => ({
    ...{ id, provider: 'p', label: id, kind: 'api_key', expiry: 'static', health: HEALTHY },
    source: { kind: 'profile', id, file: '/s' },
    ...more,
  })
  const candidates = [
    candidate('p:a', { health: { ...HEALTHY, lastUsedAt: NOW - 2000 } }),
    candidate('p:b', { health: { ...HEALTHY, lastUsedAt: NOW - 1000 } }),
    candidate('p:old', { expiresAt: NOW - MINUTE_MS, expiry: 'expired' }),
    candidate('p:rests', { health: { ...HEALTHY, cooldownUntil: NOW + HOUR_MS, reason: 'rate_limit' } }),
    candidate('p:paused', { paused: { until: NOW + 2 * HOUR_MS } }),
    candidate('p:low'),
  ]
  const reserve = { percent: 10, until: ({ id }: Candidate) => (id === 'p:low' ? NOW + HOUR_MS : 0) }
  const traceOf = (list: readonly Candidate[], now: number) =>
    keptTrace(explain({ provider: 'p', candidates: list, reserve }, { now, for: 'program' }))

  test('is the same a while later, whoever of those kept waited longest', () => {
    const early = traceOf(candidates, NOW)
    const turned = candidates.map((one) => ({ ...one, ...(one.id === 'p:b' ? { takenAt: NOW - 1 } : {}) }))
    expect(traceOf(turned, NOW + 7 * MINUTE_MS)).toEqual(early)
  })

  test('says the end of a rest anew, as it stood at the moment of each call', () => {
    const trace = traceOf(candidates, NOW)
    const reasonOf = (id: string, at: number): string =>
      trace.filter((line) => line.id === id).map((line) => keptReason(line, at))[0] ?? ''
    expect(reasonOf('p:rests', NOW)).toBe('cooldown (rate_limit), ends in 1h (13:00:00Z)')
    expect(reasonOf('p:rests', NOW + 50 * MINUTE_MS)).toBe('cooldown (rate_limit), ends in 10m (13:00:00Z)')
    expect(reasonOf('p:paused', NOW)).toBe('paused by a person, ends in 2h (14:00:00Z)')
    expect(reasonOf('p:low', NOW)).toBe(
      'the last 10 % of its limits are kept for chat (auth.reserve), ends in 1h (13:00:00Z)',
    )
    expect(reasonOf('p:old', NOW)).toBe('expired')
  })
})

test('lines become calls in the order in which they began, with the trace that another line holds', () => {
  const line = (call: string, attempt: number, at: number, more: Partial<LedgerLine> = {}): LedgerLine => ({
    ...{ at, call, attempt, agent: 'main', face: 'api', endpoint: 'messages', session: '', model: 'p/m' },
    ...{ outcome: 'served', ms: 1, ...more },
  })
  const trace = [{ id: 'p:a', verdict: 'taken' as const, rule: 'first', reason: 'usable' }]
  const calls = callsIn([
    line('c2', 1, 20, { trace }),
    // A short call is over before a long one that began earlier.
    line('c1', 2, 11, { traceOf: 'c2.1' }),
    line('c1', 1, 10, { traceOf: 'gone.1' }),
  ])
  expect(calls.map(({ call, at }) => [call, at])).toEqual([
    ['c1', 10],
    ['c2', 20],
  ])
  expect(calls[0]?.lines.map((one) => [one.attempt, one.trace])).toEqual([
    [1, undefined],
    [2, trace],
  ])
})

test('an end that changes nothing is kept as its moment, without how long it is until then', () => {
  const line = { id: 'p:a', label: '', verdict: 'passed_over', rule: 'paused' } as const
  const kept = (reason: string): string | undefined => keptTrace([{ ...line, reason } as never])[0]?.reason
  expect(kept('paused by a person, ends in 12m (13:13:00Z)')).toBe('paused by a person, ends at 13:13:00Z')
  expect(kept('paused by a person, ends in 13m (13:13:00Z)')).toBe('paused by a person, ends at 13:13:00Z')
  expect(kept('expired 5h ago')).toBe('expired')
})
