// Renewal of logins, as it is decided: when it is due, what it may change, and when a login has ended.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { OAuth } from '../../src/core/credential.ts'
import { endedBecause, knownSince, lifeOf, merged, renewalNeed } from '../../src/core/renewal.ts'
import { Secret } from '../../src/core/secret.ts'
import { holds } from '../support/seeds.ts'

const NOW = 1_900_000_000_000
const TOKEN = new Secret('access-0123456789')
const RUNS = 2000
const RENEW_AHEAD_MS = 300_000
const LAST_USE_MS = 30_000

test.each([
  ['nothing to send', undefined, NOW + 1e9, 'due'],
  ['an end that nobody knows', TOKEN, undefined, 'later'],
  ['an hour left', TOKEN, NOW + 3_600_000, 'later'],
  ['as long as the margin', TOKEN, NOW + RENEW_AHEAD_MS, 'later'],
  ['a moment less', TOKEN, NOW + RENEW_AHEAD_MS - 1, 'soon'],
  ['just enough for one request', TOKEN, NOW + LAST_USE_MS, 'soon'],
  ['a moment too little', TOKEN, NOW + LAST_USE_MS - 1, 'due'],
  ['an end that is past', TOKEN, NOW - 1, 'due'],
] as const)('%s', (_what, access, expiresAt, need) => {
  expect(renewalNeed({ access, expiresAt, lifeMs: undefined }, NOW)).toBe(need)
})

test('time alone makes a renewal only more urgent, and no token is sent that could end on its way', async () => {
  const rank = { later: 0, soon: 1, due: 2 }
  const lives = fc.option(fc.integer({ min: 1, max: 1e9 }), { nil: undefined })
  await holds(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.nat(1e9), lives, (left, passes, lifeMs) => {
      const token = { access: TOKEN, expiresAt: NOW + left, lifeMs }
      const before = renewalNeed(token, NOW)
      expect(rank[renewalNeed(token, NOW + passes)]).toBeGreaterThanOrEqual(rank[before])
      if (before !== 'due') expect(left).toBeGreaterThanOrEqual(Math.min(LAST_USE_MS, (lifeMs ?? 1e12) / 10))
    }),
    RUNS,
  )
})

test('a token that has just come is not due for renewal, however short it lives', async () => {
  await holds(
    fc.property(fc.integer({ min: 1000, max: 1e9 }), (lifeMs) => {
      const line = { generation: 'a', outcome: 'renewed' as const, at: NOW, pid: 1, host: 'here' }
      const known = lifeOf({ past: [{ ...line, at: NOW - 1e6 }, line, { ...line, outcome: 'failed' }] }, NOW + lifeMs)
      expect(known).toBe(lifeMs)
      expect(renewalNeed({ access: TOKEN, expiresAt: NOW + lifeMs, lifeMs: known }, NOW)).toBe('later')
    }),
    RUNS,
  )
  expect(lifeOf({ past: [] }, NOW)).toBeUndefined()
})

const secret = fc.string({ minLength: 1 }).map((text) => new Secret(text))
const text = fc.string({ minLength: 1 })
const logins: fc.Arbitrary<OAuth> = fc.record(
  {
    kind: fc.constant('oauth' as const),
    access: secret,
    refresh: secret,
    expiresAt: fc.integer({ min: 1 }),
    accountId: text,
    userId: text,
    email: text,
    plan: text,
    clientId: text,
  },
  { requiredKeys: ['kind'] },
)

test('what came back is in its place, what did not stays, and no token has the end of another one', async () => {
  await holds(
    fc.property(logins, logins, (before, renewed) => {
      const login = merged(before, renewed)
      for (const key of ['access', 'refresh', 'accountId', 'userId', 'email', 'plan', 'clientId'] as const) {
        expect(login[key]).toBe(renewed[key] ?? before[key])
      }
      expect(login.expiresAt).toBe(renewed.expiresAt)
    }),
    RUNS,
  )
})

test('a login has ended when the vendor refused this very token, and by nothing else', async () => {
  const claims = fc.record({
    generation: fc.constantFrom('a', 'b'),
    state: fc.constantFrom('sent' as const, 'refused' as const),
    at: fc.integer(),
    ticks: fc.nat(),
    pid: fc.nat(),
    host: text,
    unknown: fc.nat(5),
    reason: fc.constant('because'),
  })
  const past = { generation: 'a', outcome: 'refused' as const, at: 1, pid: 1, host: 'h' }
  await holds(
    fc.property(fc.option(claims, { nil: undefined }), fc.constantFrom('a', 'b'), (claim, generation) => {
      const reason = endedBecause({ ...(claim === undefined ? {} : { claim }), past: [past] }, generation)
      const isRefused = claim?.state === 'refused' && claim.generation === generation
      expect(reason).toBe(isRefused ? 'because' : undefined)
    }),
    RUNS,
  )
  expect(endedBecause(undefined, 'a')).toBeUndefined()
  const silent = { generation: 'a', state: 'refused' as const, at: 1, ticks: 1, pid: 1, host: 'h', unknown: 0 }
  expect(endedBecause({ claim: silent, past: [] }, 'a')).toBe('the vendor refused to renew it')
})

const LONG_AGO = NOW - 900_000

test.each([
  ['seen for the first time', NOW - 100_000, {}, NOW],
  ['seen there alone', NOW - 100_000, { other: NOW - 90_000 }, NOW],
  ['seen here before', NOW - 100_000, { h: NOW - 90_000 }, NOW - 90_000],
  ['seen here by a clock that was wrong', NOW - 100_000, { h: NOW + 9000 }, NOW],
  ['of the future', NOW + 600_000, {}, NOW],
  ['older than clocks differ', LONG_AGO, {}, LONG_AGO],
])('since when the claim of another machine stands: %s', (_what, at, seen, since) => {
  const claim = { generation: 'g', state: 'sent', pid: 1, host: 'other', unknown: 0, ticks: 5, at, seen } as const
  expect(knownSince(claim, 'h', NOW)).toBe(since)
})
