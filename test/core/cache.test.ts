// What is asked for, what a credential may have, and where the marks go.
import { expect, test } from 'vitest'
import { askedRetention, markFor, markPlaces, type Place, retentionFor, takesCacheKey } from '../../src/core/cache.ts'

test.each([
  [{}, undefined],
  [{ cacheRetention: 'none' }, 'none'],
  [{ cacheRetention: 'short' }, 'short'],
  [{ cacheRetention: 'long' }, 'long'],
  [{ cacheControlTtl: '5m' }, 'short'],
  [{ cacheControlTtl: '1h' }, 'long'],
  [{ cacheControlTtl: '2h' }, undefined],
  [{ cacheRetention: 'short', cacheControlTtl: '1h' }, 'short'],
  [{ cacheRetention: 'for ever', cacheControlTtl: '1h' }, 'long'],
])('%j asks for %s', (params, asked) => {
  expect(askedRetention(params)).toBe(asked)
})

test('the credential decides: keys get what is asked for, short by default, subscriptions nothing', () => {
  const key = { provider: 'anthropic', kind: 'api_key' } as const
  expect(retentionFor(undefined, key).retention).toBe('short')
  for (const asked of ['none', 'short', 'long'] as const) {
    expect(retentionFor(asked, key).retention).toBe(asked)
    for (const kind of ['token', 'oauth'] as const) {
      expect(retentionFor(asked, { provider: 'anthropic', kind }).retention).toBe('none')
    }
    expect(retentionFor(asked, { provider: 'mirror', kind: 'api_key', api: 'anthropic-messages' }).retention).toBe(
      asked,
    )
    expect(retentionFor(asked, { provider: 'openai', kind: 'api_key' }).retention).toBe('none')
  }
  expect(retentionFor(undefined, { ...key, provider: 'mirror', api: 'anthropic-messages' }).retention).toBe('none')
})

test('vendors that cache by themselves are told the conversation, others nothing they might refuse', () => {
  expect(['openai', 'openai-codex', 'groq', 'anthropic'].map((provider) => takesCacheKey(provider, undefined))).toEqual(
    [true, true, false, false],
  )
  expect(takesCacheKey('openai', 'none')).toBe(false)
})

test('an hour is written as the vendor writes it', () => {
  expect([markFor('none'), markFor('short'), markFor('long')]).toEqual([
    undefined,
    { type: 'ephemeral' },
    { type: 'ephemeral', ttl: '1h' },
  ])
})

const shape = { tools: 0, stableSystem: 0, messages: [1], firstNew: 0 }
const last: Place = { in: 'messages', message: 0, block: 0 }

test('marks stand at the end of what never changes and at the end of the newest message', () => {
  expect(markPlaces(shape)).toEqual([last])
  expect(markPlaces({ ...shape, tools: 3 })).toEqual([{ in: 'tools', block: 2 }, last])
  // The system prompt's mark covers the tools, and stands before what changes in it.
  expect(markPlaces({ ...shape, tools: 3, stableSystem: 2 })).toEqual([{ in: 'system', block: 1 }, last])
  expect(markPlaces({ ...shape, messages: [1, 1, 3], firstNew: 1 })).toEqual([{ in: 'messages', message: 2, block: 2 }])
  expect(markPlaces({ ...shape, tools: 1, messages: [] })).toEqual([{ in: 'tools', block: 0 }])
})

test('a turn of many blocks has marks between, at most 15 apart as long as the four there are suffice', () => {
  const at = (blocks: number, more: object = {}): number[] =>
    markPlaces({ ...shape, messages: [4, blocks], firstNew: 1, ...more }).map(({ block }) => block)
  expect(at(15)).toEqual([14])
  expect(at(16)).toEqual([14, 15])
  expect(at(40)).toEqual([14, 29, 39])
  expect(at(400)).toEqual([14, 29, 44, 399])
  expect(at(400, { stableSystem: 1 })).toEqual([0, 14, 29, 399])
})
