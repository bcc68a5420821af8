// When a credential ends, lengths that people write, and lengths that people read.
import { expect, test } from 'vitest'
import type { Credential } from '../../src/core/credential.ts'
import { DAY_MS, expiryOf, formatRemaining, HOUR_MS, MINUTE_MS, parseDuration } from '../../src/core/expiry.ts'
import { Secret } from '../../src/core/secret.ts'
import { NOON } from '../support/machine.ts'

const secret = new Secret('x'.repeat(40))
const token = (expiresAt?: number): Credential => ({
  kind: 'token',
  secret,
  ...(expiresAt === undefined ? {} : { expiresAt }),
})

test.each<[string, Credential, string]>([
  ['a key', { kind: 'api_key', secret }, 'static'],
  ['a token without an end', token(), 'static'],
  ['a login without an end', { kind: 'oauth', access: secret }, 'missing'],
  ['a token that ended this very moment', token(NOON), 'expired'],
  ['a token that ended long ago', token(NOON - DAY_MS), 'expired'],
  ['a token with a moment left', token(NOON + 1), 'expiring'],
  ['a token with exactly a day left', token(NOON + DAY_MS), 'expiring'],
  ['a token with more than a day left', token(NOON + DAY_MS + 1), 'ok'],
  ['a login with an hour left', { kind: 'oauth', access: secret, expiresAt: NOON + HOUR_MS }, 'expiring'],
])('%s is %s', (_name, credential, expiry) => {
  expect(expiryOf(credential, NOON)).toBe(expiry)
})

test.each<[string, number | undefined]>([
  ['365d', 365 * DAY_MS],
  ['12h', 12 * HOUR_MS],
  ['90', 90 * DAY_MS],
  ['30m', 30 * MINUTE_MS],
  ['1.5h', 1.5 * HOUR_MS],
  [' 10S ', 10_000],
  ['5ms', 5],
  ['36500d', 36_500 * DAY_MS],
  ['36501d', undefined],
  ['0', undefined],
  ['-1d', undefined],
  ['1e3', undefined],
  ['1w', undefined],
  ['', undefined],
  ['d', undefined],
  ['9'.repeat(400), undefined],
])('the length "%s" is %s ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each<[number, string]>([
  [-5, '0m'],
  [0, '0m'],
  [1, '1s'],
  [59_001, '60s'],
  [MINUTE_MS, '1m'],
  [MINUTE_MS + 1, '2m'],
  [5 * HOUR_MS, '5h'],
  [50 * HOUR_MS, '2d'],
  [365 * DAY_MS - 1, '365d'],
])('%s ms are written %s', (ms, text) => {
  expect(formatRemaining(ms)).toBe(text)
})
