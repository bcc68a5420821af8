// Why a turn was not read from the cache: one cause each, the plainest first.
import { describe, expect, test } from 'vitest'
import { type CacheTurn, concernsCache, missOf, readCacheTurn, totalsOf } from '../../src/core/cache-turn.ts'
import { MINUTE_MS } from '../../src/core/expiry.ts'

const usage = (input: number, cacheRead: number, cacheWrite: number) => ({ input, output: 1, cacheRead, cacheWrite })
const last = { at: 0, profile: 'anthropic:a', model: 'anthropic/m', prefix: 1 }
const turn = { ...last, at: MINUTE_MS }
const facts = {
  turn,
  usage: usage(10, 0, 2000),
  before: last,
  off: undefined,
  keptMs: 5 * MINUTE_MS,
  whyLeft: (profile: string) => `why ${profile}`,
}

describe('missOf', () => {
  test('a turn that was read from the cache has none', () => {
    expect(missOf({ ...facts, usage: usage(2000, 1, 0), off: 'off', before: undefined })).toBeUndefined()
  })

  test.each([
    ['off', { off: 'the retention is none' }, 'the retention is none'],
    ['first', { before: undefined }, 'the first turn of the conversation'],
    ['switched', { turn: { ...turn, profile: 'anthropic:b' } }, 'anthropic:a served before: why anthropic:a'],
    ['changed', { turn: { ...turn, model: 'anthropic/n' } }, 'anthropic/m was asked before'],
    ['expired', { turn: { ...turn, at: 5 * MINUTE_MS + 1 } }, '5m after the turn before'],
    ['expired', { turn: { ...turn, at: 121 * MINUTE_MS } }, '2h after the turn before'],
    ['changed', { turn: { ...turn, prefix: 2 } }, 'the prompt begins otherwise than before'],
    ['unknown', { turn: { ...turn, at: 5 * MINUTE_MS } }, 'the same account, model and beginning, and in time'],
  ])('%s', (cause, more, why) => {
    expect(missOf({ ...facts, ...more })).toEqual({ cause, why })
  })

  test('the cause that explains all comes before the one that would explain it, too', () => {
    const late = { at: 60 * MINUTE_MS, profile: 'anthropic:b', model: 'anthropic/n', prefix: 2 }
    const causes = [
      missOf({ ...facts, turn: late, off: 'off' }),
      missOf({ ...facts, turn: late }),
      missOf({ ...facts, turn: { ...late, profile: 'anthropic:a' } }),
      missOf({ ...facts, turn: { ...late, profile: 'anthropic:a', model: 'anthropic/m' } }),
    ].map((miss) => miss?.cause)
    expect(causes).toEqual(['off', 'switched', 'changed', 'expired'])
  })
})

test('prompts too short for any cache do not concern it, unless one had a part in them', () => {
  expect(concernsCache(usage(1023, 0, 0))).toBe(false)
  expect(concernsCache(usage(1024, 0, 0))).toBe(true)
  expect(concernsCache(usage(1024, 0, 0), 4096)).toBe(false)
  expect(concernsCache(usage(512, 0, 0), 512)).toBe(true)
  expect(concernsCache(usage(1, 1, 0))).toBe(true)
  expect(concernsCache(usage(1, 0, 1))).toBe(true)
})

const one: CacheTurn = {
  at: 1,
  session: 'agent:main:main',
  isRelayed: false,
  model: 'anthropic/m',
  profile: 'anthropic:a',
  input: 10,
  cacheRead: 60,
  cacheWrite: 30,
}

test('totals are by tokens, and count each cause', () => {
  const missed: CacheTurn = { ...one, cacheRead: 0, cacheWrite: 90, miss: { cause: 'first', why: '' } }
  expect(totalsOf([one, missed, { ...missed, miss: { cause: 'switched', why: '' } }])).toEqual({
    turns: 3,
    hits: 1,
    input: 30,
    cacheRead: 60,
    cacheWrite: 210,
    hitRatio: 0.2,
    misses: { first: 1, switched: 1, expired: 0, changed: 0, off: 0, unknown: 0 },
  })
  expect(totalsOf([]).hitRatio).toBeNull()
})

test('a turn is read as it was written, and what is none is passed over', () => {
  expect(readCacheTurn(JSON.parse(JSON.stringify(one)))).toEqual(one)
  const missed = { ...one, miss: { cause: 'later', why: 'something' } }
  expect(readCacheTurn(missed)?.miss).toEqual({ cause: 'unknown', why: 'something' })
  for (const bad of [
    null,
    1,
    [],
    {},
    { ...one, at: '1' },
    { ...one, at: 9e15 },
    { ...one, input: -1 },
    { ...one, profile: 1 },
  ]) {
    expect(readCacheTurn(bad)).toBeUndefined()
  }
})
