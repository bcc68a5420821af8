// What happens to one model of a profile: it rests alone, serves again alone, and what is still to be written stays short.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/expiry.ts'
import type { Failure, FailureClass } from '../../src/core/failure.ts'
import { HEALTHY, type Health, mayProbe, restsUntil, unusable } from '../../src/core/health.ts'
import { after as applied, type HealthEvent, joined, MOST_MODELS } from '../../src/core/health-event.ts'
import { NOON } from '../support/machine.ts'
import { holds } from '../support/seeds.ts'

const failure = (what: FailureClass, scope: Failure['scope'], retryAt?: number): Failure => ({
  class: what,
  scope,
  detail: '',
  ...(retryAt === undefined ? {} : { retryAt }),
})
const fails = (
  model: string | undefined,
  at = NOON,
  what: FailureClass = 'rate_limit',
  retryAt?: number,
): HealthEvent => ({
  kind: 'failed',
  at,
  failure: failure(what, 'model', retryAt),
  model,
})
const accountFails = (at = NOON, model?: string): HealthEvent => ({
  kind: 'failed',
  at,
  failure: failure('rate_limit', 'account'),
  model,
})
const replay = (health: Health, events: readonly HealthEvent[]): Health =>
  events.reduce((before, event) => applied(before, event), health)

describe('a failure of scope model', () => {
  test.each<[FailureClass, number[]]>([
    ['rate_limit', [1, 5, 25, 60, 60]],
    ['quota', [1, 5, 25, 60, 60]],
    ['permission', [1, 5, 25, 60, 60]],
    ['overloaded', [1 / 6, 1 / 2, 1, 1]],
  ])('(%s) rests that model by the ladder of a profile, and nothing else', (what, minutes) => {
    let health: Health = { ...HEALTHY, lastUsedAt: NOON - 1 }
    let now = NOON
    for (const length of minutes) {
      health = applied(health, fails('opus', now, what))
      expect(restsUntil(health, now, 'opus') - now).toBe(length * MINUTE_MS)
      expect([restsUntil(health, now), restsUntil(health, now, 'haiku'), health.errorCount]).toEqual([0, 0, 0])
      now = restsUntil(health, now, 'opus')
    }
    expect(health.lastUsedAt).toBe(NOON - 1)
  })

  test('takes the hint of the vendor, and is never extended from inside', () => {
    const health = applied(HEALTHY, fails('opus', NOON, 'quota', NOON + 3 * DAY_MS))
    expect(unusable(health, NOON, 'opus')).toEqual({
      kind: 'cooldown',
      reason: 'quota',
      until: NOON + 3 * DAY_MS,
      model: 'opus',
    })
    expect(applied(health, fails('opus', NOON + HOUR_MS, 'quota', NOON + 9 * DAY_MS))).toBe(health)
    expect(restsUntil(applied(health, fails('haiku', NOON + HOUR_MS)), NOON + HOUR_MS, 'opus')).toBe(NOON + 3 * DAY_MS)
  })

  test.each<FailureClass>(['model_not_found', 'format', 'policy', 'unknown'])(
    '(%s) that is no rest leaves no mark',
    (what) => {
      expect(applied(HEALTHY, fails('opus', NOON, what))).toBe(HEALTHY)
    },
  )

  test('of a model that nobody named leaves no mark', () => {
    expect(applied(HEALTHY, fails(undefined))).toBe(HEALTHY)
  })
})

test('a failure of the account rests it for every model, and the rest that ends last is the one that is told', () => {
  const both = replay(HEALTHY, [accountFails(NOON, 'opus'), fails('opus', NOON, 'quota', NOON + HOUR_MS)])
  expect(unusable(both, NOON, 'haiku')).toEqual({ kind: 'cooldown', reason: 'rate_limit', until: NOON + MINUTE_MS })
  expect(unusable(both, NOON, 'opus')).toMatchObject({ reason: 'quota', model: 'opus' })
  expect(restsUntil(both, NOON)).toBe(NOON + MINUTE_MS)
  const brief = replay(HEALTHY, [accountFails(NOON), fails('opus', NOON, 'quota', NOON + 1000)])
  expect(unusable(brief, NOON, 'opus')).not.toHaveProperty('model')
})

test('a success clears the profile and the model that served, and no other one', () => {
  const health = replay(HEALTHY, [fails('opus'), fails('haiku'), accountFails()])
  const served = applied(health, { kind: 'used', at: NOON + 9, model: 'opus' })
  expect(served).toMatchObject({ lastUsedAt: NOON + 9, errorCount: 0 })
  expect([restsUntil(served, NOON + 9, 'opus'), restsUntil(served, NOON + 9, 'haiku')]).toEqual([0, NOON + MINUTE_MS])
  const all = applied(served, { kind: 'used', at: NOON + 10, model: 'haiku' })
  expect(all).toEqual({ lastUsedAt: NOON + 10, errorCount: 0, failureCounts: {} })
  // Its counters are gone, too: the ladder starts at its foot.
  expect(restsUntil(applied(all, fails('opus', NOON + 11)), NOON + 11, 'opus') - NOON - 11).toBe(MINUTE_MS)
})

test('a success that is older than the failure of its model does not clear it', () => {
  const health = applied(HEALTHY, fails('opus'))
  expect(restsUntil(applied(health, { kind: 'used', at: NOON - 5, model: 'opus' }), NOON, 'opus')).toBe(
    NOON + MINUTE_MS,
  )
})

test('a failure of the account keeps what is known of its models, a reset by a person clears them all', () => {
  const health = replay(HEALTHY, [fails('opus'), accountFails()])
  expect(restsUntil(health, NOON + MINUTE_MS - 1, 'opus')).toBe(NOON + MINUTE_MS)
  expect(applied(health, { kind: 'reset', at: NOON })).toBe(HEALTHY)
  const modelOnly = replay(HEALTHY, [{ kind: 'used', at: NOON - 1 }, fails('opus')])
  expect(applied(modelOnly, { kind: 'reset', at: NOON })).toEqual({ ...HEALTHY, lastUsedAt: NOON - 1 })
})

test('half-open: a resting model may be tried early once a minute, whatever was tried of others', () => {
  const health = replay(HEALTHY, [
    fails('opus', NOON, 'quota', NOON + HOUR_MS),
    fails('haiku', NOON, 'quota', NOON + HOUR_MS),
  ])
  const at = NOON + MINUTE_MS
  expect(mayProbe(health, at - 1, undefined, 'opus')).toBe(false)
  expect(mayProbe(health, at, undefined, 'opus')).toBe(true)
  const tried = applied(health, { kind: 'probed', at, model: 'opus' })
  expect(mayProbe(tried, at + 1, undefined, 'opus')).toBe(false)
  expect(mayProbe(tried, at + 1, undefined, 'haiku')).toBe(true)
  expect(mayProbe(tried, at + MINUTE_MS, undefined, 'opus')).toBe(true)
  // The account rests as well: both have their say.
  const both = applied(tried, accountFails(at + MINUTE_MS - 1))
  expect(mayProbe(both, at + MINUTE_MS, undefined, 'opus')).toBe(false)
  // What is no rest any more cannot be tried early.
  expect(applied(HEALTHY, { kind: 'probed', at, model: 'opus' })).toBe(HEALTHY)
})

test('so many models are remembered of one profile, and those that failed longest ago go first', () => {
  const names = Array.from({ length: MOST_MODELS + 3 }, (_, at) => `m${at}`)
  const health = replay(
    HEALTHY,
    names.map((model, at) => fails(model, NOON + at)),
  )
  expect(Object.keys(health.models ?? {}).sort()).toEqual(names.slice(3).sort())
})

describe('what is still to be written', () => {
  const models = fc.constantFrom(undefined, 'opus', 'haiku', 'constructor')
  const events: fc.Arbitrary<HealthEvent[]> = fc
    .array(
      fc.record({
        kind: fc.constantFrom('used', 'used', 'failed', 'failed', 'probed', 'reset'),
        pause: fc.integer({ min: 0, max: 200_000 }),
        model: models,
        scope: fc.constantFrom<Failure['scope']>('model', 'account'),
      }),
      { maxLength: 14 },
    )
    .map((drafts) => {
      let at = NOON
      return drafts.map(({ kind, pause, model, scope }): HealthEvent => {
        at += pause
        if (kind === 'failed') return { kind, at, failure: failure('rate_limit', scope), model }
        return kind === 'reset' ? { kind, at } : { kind: kind === 'used' ? 'used' : 'probed', at, model }
      })
    })

  test('is the same as all that happened, on whatever others wrote', async () => {
    await holds(
      fc.property(events, events, events, (others, first, later) => {
        const disk = replay(HEALTHY, others)
        const then = first.at(-1)?.at ?? NOON
        const second = later.map((event) => ({ ...event, at: event.at - NOON + then }))
        const short = joined(joined([], first), second)
        // What a reset clears is what rests: whose turn it is may be forgotten with it.
        const told = ({ lastProbeAt: _, lastUsedAt: __, ...rest }: Health): Health => rest
        expect(told(replay(disk, short))).toEqual(told(replay(disk, [...first, ...second])))
      }),
      3000,
    )
  })

  test('stays short, however many models serve', () => {
    let list: readonly HealthEvent[] = []
    for (let at = 0; at < 500; at++) list = joined(list, [{ kind: 'used', at: NOON + at, model: `m${at % 90}` }])
    expect(list.length).toBeLessThanOrEqual(MOST_MODELS)
    for (let at = 500; at < 900; at++) list = joined(list, [{ kind: 'used', at: NOON + at, model: 'm1' }])
    expect(list.filter((event) => event.kind === 'used' && event.model === 'm1')).toHaveLength(1)
    expect(joined(list, [{ kind: 'reset', at: NOON + 900 }])).toEqual([{ kind: 'reset', at: NOON + 900 }])
  })
})
