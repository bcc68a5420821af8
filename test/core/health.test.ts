// Cooldowns: the ladder, its window, hints of vendors, early tries, and clocks that jump.
import { describe, expect, test } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/expiry.ts'
import type { Failure, FailureClass, FailureScope } from '../../src/core/failure.ts'
import {
  failed,
  HEALTHY,
  type Health,
  LADDER,
  ladderOf,
  mayProbe,
  probed,
  reset,
  restsUntil,
  unusable,
  used,
} from '../../src/core/health.ts'
import { after } from '../../src/core/health-event.ts'
import { NOON } from '../support/machine.ts'

const failure = (cls: FailureClass, scope: FailureScope = 'account', retryAt?: number): Failure => ({
  class: cls,
  scope,
  detail: '',
  ...(retryAt === undefined ? {} : { retryAt }),
})

/** Fails again each time the window has just ended. @returns the lengths of the windows */
function ladder(what: Failure, times: number, by = LADDER): number[] {
  let health: Health = HEALTHY
  let now = NOON
  return Array.from({ length: times }, () => {
    health = failed(health, what, now, by)
    const until = restsUntil(health, now)
    const length = until - now
    now = until
    return length
  })
}

test.each<[FailureClass, FailureScope, number[]]>([
  ['rate_limit', 'account', [1, 5, 25, 60, 60]],
  ['auth', 'account', [1, 5, 25, 60, 60]],
  ['permission', 'account', [1, 5, 25, 60, 60]],
  ['billing', 'account', [5 * 60, 10 * 60, 20 * 60, 24 * 60, 24 * 60]],
  ['auth_permanent', 'account', [60, 6 * 60, 24 * 60, 24 * 60]],
  ['overloaded', 'vendor', [1 / 6, 1 / 2, 1, 1]],
  ['server', 'vendor', [1 / 6, 1 / 2, 1, 1]],
  ['timeout', 'vendor', [1 / 6, 1 / 2, 1, 1]],
  ['network', 'network', [1 / 6, 1 / 2, 1, 1]],
])('%s (%s) rests for its own ladder of minutes', (cls, scope, minutes) => {
  expect(ladder(failure(cls, scope), minutes.length)).toEqual(minutes.map((length) => length * MINUTE_MS))
})

test.each<[FailureClass, FailureScope]>([
  ['format', 'request'],
  ['context_overflow', 'request'],
  ['model_not_found', 'model'],
  ['cancelled', 'request'],
  ['unknown', 'request'],
])('%s (%s) leaves no mark on the profile', (cls, scope) => {
  expect(failed(HEALTHY, failure(cls, scope), NOON)).toBe(HEALTHY)
})

test('billing disables and says why, anything else is a cooldown', () => {
  expect(unusable(failed(HEALTHY, failure('billing'), NOON), NOON)).toEqual({
    kind: 'disabled',
    reason: 'billing',
    until: NOON + 5 * HOUR_MS,
  })
  expect(unusable(failed(HEALTHY, failure('rate_limit'), NOON), NOON)).toEqual({
    kind: 'cooldown',
    reason: 'rate_limit',
    until: NOON + MINUTE_MS,
  })
})

test('a billing failure raises the next step of the cooldown ladder, a cooldown does not raise that of billing', () => {
  const once = failed(HEALTHY, failure('billing'), NOON)
  const later = restsUntil(once, NOON)
  expect(restsUntil(failed(once, failure('auth'), later), later) - later).toBe(5 * MINUTE_MS)
  const cooled = failed(HEALTHY, failure('auth'), NOON)
  const then = restsUntil(cooled, NOON)
  expect(restsUntil(failed(cooled, failure('billing'), then), then) - then).toBe(5 * HOUR_MS)
})

test('a failure inside an open window changes nothing, not even with a longer hint', () => {
  const health = failed(HEALTHY, failure('rate_limit'), NOON)
  for (const offset of [0, 1, MINUTE_MS - 1]) {
    const now = NOON + offset
    expect(failed(health, failure('billing', 'account', now + DAY_MS), now)).toBe(health)
  }
  expect(failed(health, failure('rate_limit'), NOON + MINUTE_MS)).not.toBe(health)
})

describe('a hint of the vendor', () => {
  test.each<[string, number, number]>([
    ['sets a shorter window than the ladder', 7000, 7000],
    ['sets a longer window than the ladder', 3 * HOUR_MS, 3 * HOUR_MS],
    ['is believed up to 31 days', 31 * DAY_MS, 31 * DAY_MS],
    ['is not believed beyond them', 32 * DAY_MS, MINUTE_MS],
    ['in the past is none', -1, MINUTE_MS],
    ['of now is none', 0, MINUTE_MS],
    ['that is no number is none', Number.NaN, MINUTE_MS],
  ])('%s', (_name, hint, length) => {
    expect(restsUntil(failed(HEALTHY, failure('rate_limit', 'account', NOON + hint), NOON), NOON) - NOON).toBe(length)
  })
})

test('counters start anew when the last failure is more than a day old', () => {
  const first = failed(failed(HEALTHY, failure('auth'), NOON), failure('auth'), NOON + HOUR_MS)
  expect(first.errorCount).toBe(2)
  const last = NOON + HOUR_MS
  expect(failed(first, failure('auth'), last + DAY_MS).errorCount).toBe(3)
  const anew = failed(first, failure('auth'), last + DAY_MS + 1)
  expect(anew).toMatchObject({ errorCount: 1, failureCounts: { auth: 1 } })
})

test('a success clears counters and windows and keeps the place in the round', () => {
  const health = failed(failed(HEALTHY, failure('billing'), NOON), failure('auth'), NOON + DAY_MS)
  expect(used(health, NOON + DAY_MS + 5)).toEqual({ lastUsedAt: NOON + DAY_MS + 5, errorCount: 0, failureCounts: {} })
})

test('a success that is older than the failure beside it does not clear it', () => {
  const health = failed(HEALTHY, failure('billing'), NOON)
  expect(used(health, NOON - 2000)).toEqual({ ...health, lastUsedAt: NOON - 2000 })
})

test('what a person resets is usable at once', () => {
  const health = failed(used(HEALTHY, NOON), failure('billing'), NOON + 1)
  expect(reset(health)).toEqual({ errorCount: 0, failureCounts: {}, lastUsedAt: NOON })
  expect(after(HEALTHY, { kind: 'reset', at: NOON })).toBe(HEALTHY)
})

describe('half-open', () => {
  const resting = failed(HEALTHY, failure('billing'), NOON)

  test('a resting profile may be tried early once a minute', () => {
    expect(mayProbe(resting, NOON)).toBe(false)
    expect(mayProbe(resting, NOON + MINUTE_MS - 1)).toBe(false)
    expect(mayProbe(resting, NOON + MINUTE_MS)).toBe(true)
    const tried = probed(resting, NOON + MINUTE_MS)
    expect(mayProbe(tried, NOON + 2 * MINUTE_MS - 1)).toBe(false)
    expect(mayProbe(tried, NOON + 2 * MINUTE_MS)).toBe(true)
  })

  test('an early try that fails does not lengthen the window, one that succeeds ends it', () => {
    const tried = probed(resting, NOON + MINUTE_MS)
    expect(restsUntil(failed(tried, failure('billing'), NOON + MINUTE_MS + 9), NOON)).toBe(NOON + 5 * HOUR_MS)
    expect(restsUntil(used(tried, NOON + MINUTE_MS + 9), NOON)).toBe(0)
  })
})

describe('a failure that is heard of after a later success', () => {
  const served = used(failed(HEALTHY, failure('rate_limit'), NOON), NOON + 90)

  test('opens nothing anew', () => {
    expect(failed(served, failure('auth'), NOON + 20)).toBe(served)
  })

  test('rests the profile when it comes later, or in the same moment', () => {
    expect(restsUntil(failed(served, failure('auth'), NOON + 90), NOON + 90)).toBe(NOON + 90 + MINUTE_MS)
  })

  test('rests the profile when it is so much older that a clock must have jumped back', () => {
    const at = NOON - 2 * MINUTE_MS
    expect(restsUntil(failed(served, failure('auth'), at), at)).toBe(at + MINUTE_MS)
  })
})

describe('a clock that jumps back', () => {
  const ahead = failed(HEALTHY, failure('rate_limit'), NOON + DAY_MS)

  test('leaves one early try a minute, not none and not any number', () => {
    expect(mayProbe(ahead, NOON)).toBe(true)
    const tried = probed(ahead, NOON)
    expect(mayProbe(tried, NOON + 1)).toBe(false)
    expect(mayProbe(tried, NOON + MINUTE_MS)).toBe(true)
  })

  test('does not keep a success from clearing what was noted ahead of it', () => {
    expect(used({ ...ahead, lastUsedAt: NOON + DAY_MS }, NOON)).toEqual({
      lastUsedAt: NOON,
      errorCount: 0,
      failureCounts: {},
    })
  })
})

test('a clock that jumps ahead ends every window', () => {
  expect(restsUntil(failed(HEALTHY, failure('billing'), NOON), NOON + 2 * DAY_MS)).toBe(0)
})

test('replaying events that are on disk already changes nothing', () => {
  const events = [
    { kind: 'failed', at: NOON, failure: failure('rate_limit') },
    { kind: 'failed', at: NOON + 90_000, failure: failure('rate_limit') },
    { kind: 'probed', at: NOON + 200_000 },
  ] as const
  const replay = (health: Health): Health => events.reduce<Health>((before, event) => after(before, event), health)
  const once = replay(HEALTHY)
  expect(replay(once)).toEqual(once)
})

test('auth.cooldowns changes the rests after trouble with money, one provider apart from the others', () => {
  const settings = { billingBackoffHours: 1, billingBackoffHoursByProvider: { anthropic: 3 }, billingMaxHours: 10 }
  const broke = failure('billing')
  expect(ladder(broke, 6, ladderOf(settings, 'openai')).map((ms) => ms / HOUR_MS)).toEqual([1, 2, 4, 8, 10, 10])
  expect(ladder(broke, 4, ladderOf(settings, 'anthropic')).map((ms) => ms / HOUR_MS)).toEqual([3, 6, 10, 10])
  expect(ladder(broke, 3, ladderOf({ billingMaxHours: 1 }, 'a')).map((ms) => ms / HOUR_MS)).toEqual([5, 5, 5])
  expect(ladder(broke, 2, ladderOf({ billingBackoffHours: 0.001 }, 'a'))[0]).toBe(MINUTE_MS)
  expect(ladder(failure('rate_limit'), 4, ladderOf(settings, 'openai')).map((ms) => ms / MINUTE_MS)).toEqual([
    1, 5, 25, 60,
  ])
  const revoked = ladderOf({ authPermanentBackoffMinutes: 10, authPermanentMaxMinutes: 60 }, 'a')
  expect(ladder(failure('auth_permanent'), 5, revoked).map((ms) => ms / MINUTE_MS)).toEqual([10, 20, 40, 60, 60])
  expect(ladderOf({}, 'anthropic')).toBe(LADDER)
  expect(ladderOf({ billingBackoffHoursByProvider: {} }, 'constructor')).toBe(LADDER)
})

test('the configured ladder travels with the failure, its window too', () => {
  const by = ladderOf({ failureWindowHours: 1, billingBackoffHours: 2 }, 'a')
  const fail = (health: Health, at: number): Health =>
    after(health, { kind: 'failed', at, failure: failure('billing'), ladder: by })
  const first = fail(HEALTHY, NOON)
  expect(first.disabledUntil).toBe(NOON + 2 * HOUR_MS)
  // Its window has passed meanwhile, so this is the first failure again.
  expect(fail(first, NOON + 3 * HOUR_MS)).toMatchObject({ errorCount: 1, disabledUntil: NOON + 5 * HOUR_MS })
})
