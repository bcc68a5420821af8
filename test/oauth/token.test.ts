// What answers of token endpoints mean: given, over for good, or worth another try, and then whether the grant may be spent.
import { expect, test } from 'vitest'
import { readClaims } from '../../src/oauth/claims.ts'
import { intervalFrom, judgeDevice, type Poll, pollDevice, readDevice } from '../../src/oauth/device.ts'
import type { Reply } from '../../src/oauth/endpoint.ts'
import { judgeTokens } from '../../src/oauth/token.ts'
import { NOON } from '../support/machine.ts'

const answered = (status: number, body: unknown): Reply => ({
  kind: 'answered',
  status,
  headers: [],
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
const failed = (kind: 'refused' | 'reset' | 'timeout' | 'tls' | 'malformed', hasAnswered = false): Reply => ({
  kind: 'failed',
  failure: { kind, answered: hasAnswered },
})
const jwt = (claims: object): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`
const lifeOf = (body: object): number => {
  const verdict = judgeTokens(answered(200, { access_token: 'at', ...body }), NOON)
  return verdict.kind === 'granted' ? verdict.tokens.expiresAt - NOON : Number.NaN
}

test('only what came back is there, and a token type is read in any case', () => {
  const verdict = judgeTokens(answered(200, { access_token: 'at', token_type: 'bEARER', expires_in: 60 }), NOON)
  expect(verdict).toMatchObject({ kind: 'granted', tokens: { expiresAt: NOON + 60_000 } })
  expect(verdict.kind === 'granted' && Object.keys(verdict.tokens).sort()).toEqual(['access', 'expiresAt'])
})

test('the life of a token is a length: said, or between its own two moments, or an hour', () => {
  expect(lifeOf({ expires_in: 30 })).toBe(30_000)
  expect(lifeOf({ expires_in: '30' })).toBe(30_000)
  expect(lifeOf({ access_token: jwt({ iat: 1000, exp: 1090 }) })).toBe(90_000)
  for (const expires_in of [0, -1, '1e9', Number.MAX_VALUE, null, {}]) expect(lifeOf({ expires_in })).toBe(3_600_000)
  expect(lifeOf({ access_token: jwt({ exp: 1090 }) })).toBe(3_600_000)
})

test.each([
  ['no JSON', 'granted'],
  ['a list', [1]],
  ['no token', { token_type: 'Bearer' }],
  ['an empty token', { access_token: '' }],
  ['a token that would break a header', { access_token: 'a\r\nb' }],
  ['a token of another type', { access_token: 'a', token_type: 'mac' }],
  ['a huge token', { access_token: 'a'.repeat(40_000) }],
])('a good status with %s leaves it unknown whether the grant is spent', (_what, body) => {
  expect(judgeTokens(answered(200, body), NOON)).toMatchObject({ kind: 'failed', spent: 'unknown' })
})

test.each([
  [400, { error: 'invalid_grant', error_description: 'secret words' }, 'invalid_grant'],
  [400, { error: { code: 'refresh_token_reused', message: 'secret words' } }, 'refresh_token_reused'],
  [401, { code: 'refresh_token_expired' }, 'refresh_token_expired'],
  [403, { error: 'access_denied' }, 'access_denied'],
  [401, '<html>secret words</html>', 'unauthorized'],
  [401, { error: 'something_new' }, 'something_new'],
])('%i %o is over for good', (status, body, code) => {
  const verdict = judgeTokens(answered(status, body), NOON)
  expect(verdict).toMatchObject({ kind: 'ended', code })
  expect(JSON.stringify(verdict)).not.toContain('secret words')
})

test.each([
  ['a proxy that forbids', answered(403, '<html>blocked</html>'), 'no'],
  ['a refusal nobody knows', answered(400, { error: 'something_new' }), 'no'],
  ['a redirect', answered(307, ''), 'no'],
  ['a limit', answered(429, { error: 'invalid_grant' }), 'no'],
  ['trouble of the server', answered(503, { error: 'invalid_grant' }), 'no'],
  ['a gateway that lost its server', answered(502, '<html>'), 'unknown'],
  ['a server that is not there', failed('refused'), 'no'],
  ['a certificate nobody trusts', failed('tls'), 'no'],
  ['a cut', failed('reset'), 'unknown'],
  ['a silence', failed('timeout'), 'unknown'],
  ['half an answer', failed('malformed', true), 'unknown'],
])('%s may be over another time', (_what, reply, spent) => {
  expect(judgeTokens(reply, NOON)).toMatchObject({ kind: 'failed', spent })
})

test('claims are base64url and UTF-8, and nothing else is a token', () => {
  const claims = { email: 'jürgen>>>??@例え.jp', n: 1 }
  const token = jwt(claims)
  expect(token).toMatch(/[-_]/)
  expect(readClaims(token)).toEqual(claims)
  for (const text of ['', 'a.b', 'a.b.c.d', 'e30.bm9wZQ.x', 'e30.WzFd.x', `e30.${'A'.repeat(40_000)}.x`, 'a.+/=.c']) {
    expect(readClaims(text)).toBeUndefined()
  }
})

test('a device waits as it is told: pending, slower, through trouble, and not beyond the end', async () => {
  const waits: number[] = []
  let at = 0
  const clock = {
    monotonic: () => at,
    sleep: async (ms: number) => {
      waits.push(ms)
      at += ms
    },
  }
  const signal = new AbortController().signal
  const polls: Poll<string>[] = [
    { kind: 'pending' },
    { kind: 'slow_down' },
    { kind: 'trouble', detail: 'HTTP 502' },
    { kind: 'pending' },
    { kind: 'done', value: 'tokens' },
  ]
  const pace = { intervalMs: 5000, lifeMs: 600_000 }
  const waited = await pollDevice(clock, pace, async () => polls.shift() ?? { kind: 'pending' }, signal)
  expect(waited).toEqual({ kind: 'done', value: 'tokens' })
  expect(waits).toEqual([5000, 5000, 10_000, 20_000, 20_000])
  const never = await pollDevice(clock, pace, async () => ({ kind: 'pending' }), signal)
  expect(never).toMatchObject({ kind: 'ended', code: 'expired_token' })
})

test('intervals come as numbers, as texts, or not at all', () => {
  expect([2, '5', '0.5', ' 3 ', 0, -1, '', 'soon', undefined, 3600].map(intervalFrom)).toEqual([
    2000, 5000, 500, 3000, 5000, 5000, 5000, 5000, 5000, 60_000,
  ])
})

test('the standard device grant is read strictly, and its words count whatever the status', () => {
  const good = { device_code: 'd', user_code: 'AB-CD', verification_uri: 'https://as.example/device', expires_in: 600 }
  expect(readDevice(answered(200, good))).toMatchObject({ userCode: 'AB-CD', intervalMs: 5000, lifeMs: 600_000 })
  for (const bad of [{ ...good, verification_uri: 'javascript:alert(1)' }, { ...good, user_code: 7 }, 'no', []]) {
    expect(readDevice(answered(200, bad))).toBeUndefined()
  }
  expect(readDevice(answered(500, good))).toBeUndefined()
  const kinds = [
    [400, { error: 'authorization_pending' }],
    [200, { error: 'authorization_pending' }],
    [200, { error: 'slow_down' }],
    [400, { error: 'expired_token' }],
    [503, ''],
    [200, { access_token: 'at', token_type: 'bearer' }],
  ] as const
  expect(kinds.map(([status, body]) => judgeDevice(answered(status, body), NOON).kind)).toEqual([
    'pending',
    'pending',
    'slow_down',
    'ended',
    'trouble',
    'done',
  ])
})
