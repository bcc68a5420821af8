// A credential that was set aside: what stands in a file, which ends a person may name, and what it means for a choice.
import { describe, expect, test } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/expiry.ts'
import { HEALTHY } from '../../src/core/health.ts'
import { type Candidate, defectOf, flawOf, type ProviderFacts } from '../../src/core/order.ts'
import { isPaused, parseUntil, readPause, writtenPause } from '../../src/core/pause.ts'
import { explain, pick, soonestRecovery } from '../../src/core/pick.ts'
import { isServed } from '../../src/core/provider-report.ts'
import { NOON } from '../support/machine.ts'

describe('in a file', () => {
  test.each([undefined, null, false])('%s means that it is used', (value) => {
    expect(readPause(value)).toBeUndefined()
  })

  test.each([true, 'yes', '2031-05-06', '', 0, -1, 1e11, NOON / 1000, Number.NaN, 1e300, {}, [], { until: NOON }])(
    '%j means that it is paused until somebody resumes it',
    (value) => {
      expect(readPause(value)).toEqual({})
      expect(isPaused(readPause(value), NOON)).toBe(true)
    },
  )

  test('a moment is its end, and what is written is read again', () => {
    expect(readPause(NOON)).toEqual({ until: NOON })
    expect(isPaused({ until: NOON }, NOON - 1)).toBe(true)
    expect(isPaused({ until: NOON }, NOON)).toBe(false)
    for (const pause of [{}, { until: NOON }]) expect(readPause(writtenPause(pause))).toEqual(pause)
  })
})

describe('the end that a person names', () => {
  test.each([
    ['90m', NOON + 90 * MINUTE_MS],
    [' 2h ', NOON + 2 * HOUR_MS],
    ['3D', NOON + 3 * DAY_MS],
    ['2031-05-06T12:00:01Z', NOON + 1000],
    ['2031-05-06t14:30+02:00', NOON + 30 * MINUTE_MS],
    ['2032-02-29T12:00:00.5Z', Date.UTC(2032, 1, 29, 12, 0, 0, 500)],
  ])('%s is understood', (text, until) => {
    expect(parseUntil(text, NOON)).toBe(until)
  })

  test.each([
    '',
    'soon',
    '90',
    '0m',
    '-2h',
    '2h30m',
    '101000d',
    '2031-05-06',
    '2031-05-06T12:00:00Z',
    '2031-05-06T11:59:59Z',
    '2031-05-07T12:00:00',
    '2031-13-01T12:00:00Z',
    '2031-06-31T12:00:00Z',
    '2031-05-07T24:00:00Z',
    '2031-05-07T12:60:00Z',
    'Wed, 07 May 2031 12:00:00 GMT',
    String(NOON + HOUR_MS),
  ])('"%s" is not', (text) => {
    expect(parseUntil(text, NOON)).toBeUndefined()
  })
})

function candidate(id: string, more: Partial<Candidate> = {}): Candidate {
  const source: Candidate['source'] = id.startsWith('env:')
    ? { kind: 'env', name: id.slice(4) }
    : { kind: 'profile', id, file: '/s' }
  return { id, provider: 'p', kind: 'api_key', source, label: '', expiry: 'static', health: HEALTHY, ...more }
}
const facts = (candidates: Candidate[], ids?: string[]): ProviderFacts => ({
  provider: 'p',
  candidates,
  ...(ids === undefined ? {} : { order: { ids, from: 'agent' as const, file: '/s' } }),
})
const told = (known: ProviderFacts, now = NOON): string[] =>
  explain(known, { now }).map(({ id, verdict, rule }) => `${id} ${verdict} ${rule}`)

describe('a paused candidate', () => {
  const until = NOON + HOUR_MS

  test('is passed over until its time has come, by the clock alone', () => {
    const known = facts([candidate('p:a', { kind: 'oauth', paused: { until } }), candidate('p:b')])
    expect(told(known)).toEqual(['p:b taken first', 'p:a passed_over paused'])
    expect(told(known, until - 1)[0]).toBe('p:b taken first')
    expect(told(known, until)).toEqual(['p:a taken first', 'p:b kept next'])
    expect(explain(known, { now: NOON })[1]).toMatchObject({
      until,
      reason: 'paused by a person, ends in 1h (13:00:00Z)',
    })
    const open = facts([candidate('p:a', { paused: {} })])
    expect(explain(open, { now: NOON })[0]?.reason).toBe('paused by a person, until it is resumed')
  })

  test('is said to be paused whatever else is wrong with it', () => {
    const ended = candidate('p:a', { paused: {}, expiresAt: NOON - 1 })
    expect(defectOf(ended, NOON)).toEqual({ rule: 'paused' })
    expect(flawOf(ended, NOON)).toEqual({ rule: 'expired', at: NOON - 1 })
    const pinned = { now: NOON, pin: { id: 'p:a', by: 'user' as const } }
    expect(pick(facts([ended, candidate('p:b')]), pinned).candidate).toBeUndefined()
  })

  test('is back when both its pause and its rest are over, unless it has ended by then', () => {
    const soonest = (more: Partial<Candidate>): number | undefined =>
      soonestRecovery(facts([candidate('p:a', more)]), { now: NOON })
    const resting = { ...HEALTHY, cooldownUntil: until + 1 }
    expect(soonest({ paused: { until } })).toBe(until)
    expect(soonest({ paused: { until }, health: resting })).toBe(until + 1)
    expect(soonest({ paused: { until }, expiresAt: until })).toBeUndefined()
    expect(soonest({ paused: {}, health: resting })).toBeUndefined()
  })

  test('opens no door to what the order leaves out, and is there all the same', () => {
    const known = facts([candidate('p:a', { paused: {} }), candidate('env:K')], ['p:a'])
    expect(told(known).sort()).toEqual(['env:K passed_over not_in_order', 'p:a passed_over paused'])
    expect(isServed(known, NOON)).toBe(true)
    expect(told(facts([candidate('p:a', { paused: {} }), candidate('env:K')]))[0]).toBe('env:K taken first')
  })
})
