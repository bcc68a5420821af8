// Usage read from passing answers: the same however they are cut.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChatUsage } from '../../src/core/protocol.ts'
import type { UsageReader } from '../../src/providers/provider.ts'
import {
  bodyUsage,
  completionsUsage,
  contentUsage,
  eventUsage,
  messagesUsage,
  responsesUsage,
  type UsageRule,
} from '../../src/providers/sse.ts'
import { holds } from '../support/seeds.ts'

const event = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`

const MESSAGES = [
  event('message_start', {
    type: 'message_start',
    message: {
      id: 'm',
      usage: { input_tokens: 25, cache_read_input_tokens: 7, cache_creation_input_tokens: 3, output_tokens: 1 },
    },
  }),
  event('content_block_delta', {
    type: 'content_block_delta',
    delta: { type: 'text_delta', text: 'the "usage" of data: words ünïcödé \u{1f600}' },
  }),
  ': comment\n\n',
  event('ping', { type: 'ping' }),
  event('message_delta', {
    type: 'message_delta',
    delta: { stop_reason: 'end_turn' },
    usage: { output_tokens: 42, cache_read_input_tokens: null },
  }),
  event('message_stop', { type: 'message_stop' }),
].join('')

const COMPLETIONS = [
  'data: {"choices":[{"delta":{"content":"Hi \\"usage\\""}}],"usage":null}\r\n\r\n',
  'data: {"choices":[],"usage":{"prompt_tokens":30,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":12}}}\r\n\r\n',
  'data: [DONE]\r\n\r\n',
].join('')

const RESPONSES = [
  event('response.created', { type: 'response.created', response: { usage: null } }),
  event('response.output_text.delta', { delta: 'x' }),
  event('response.completed', {
    response: { usage: { input_tokens: 50, input_tokens_details: { cached_tokens: 20 }, output_tokens: 8 } },
  }),
].join('')

const CONTENT = [
  'data: {"candidates":[{"content":{"parts":[{"text":"Hi \\"usageMetadata\\""}]}}],"usageMetadata":{"promptTokenCount":40,"totalTokenCount":40}}\r\n\r\n',
  'data: {"candidates":[],"usageMetadata":{"promptTokenCount":40,"cachedContentTokenCount":30,"candidatesTokenCount":2,"thoughtsTokenCount":3}}\r\n\r\n',
  'data: {"candidates":[],"usageMetadata":{"promptTokenCount":40,"cachedContentTokenCount":30,"candidatesTokenCount":6,"thoughtsTokenCount":3}}\r\n\r\n',
].join('')

const streams: [string, string, UsageRule, ChatUsage, Parameters<typeof eventUsage>[1]?][] = [
  ['Anthropic Messages', MESSAGES, messagesUsage, { input: 25, output: 42, cacheRead: 7, cacheWrite: 3 }],
  ['Chat Completions', COMPLETIONS, completionsUsage, { input: 18, output: 9, cacheRead: 12, cacheWrite: 0 }],
  ['Responses', RESPONSES, responsesUsage, { input: 30, output: 8, cacheRead: 20, cacheWrite: 0 }],
  [
    'generateContent',
    CONTENT,
    contentUsage,
    { input: 10, output: 9, cacheRead: 30, cacheWrite: 0 },
    { key: 'usageMetadata', isRunning: true },
  ],
]

function feed(reader: UsageReader, pieces: readonly Uint8Array[]): ChatUsage {
  for (const piece of pieces) {
    const buffer = Buffer.from(piece)
    reader.push(buffer)
    // The piece belongs to the socket: what comes next is written over it.
    buffer.fill(0x2a)
  }
  return reader.usage()
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...[...places].map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return sorted.slice(1).map((end, at) => bytes.subarray(sorted[at], end))
}

describe.each(streams)('%s', (_name, text, rule, usage, form) => {
  const bytes = Buffer.from(text)

  test('the whole stream at once', () => {
    expect(feed(eventUsage(rule, form), [bytes])).toEqual(usage)
  })

  test('cut in two at every byte', () => {
    for (let at = 0; at <= bytes.length; at++)
      expect(feed(eventUsage(rule, form), [bytes.subarray(0, at), bytes.subarray(at)])).toEqual(usage)
  })

  test('byte by byte', () => {
    expect(
      feed(
        eventUsage(rule, form),
        cut(
          bytes,
          Array.from({ length: bytes.length }, (_, at) => at),
        ),
      ),
    ).toEqual(usage)
  })

  test('cut anywhere, into any number of pieces', async () => {
    await holds(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 40 }), (places) => {
        expect(feed(eventUsage(rule, form), cut(bytes, places))).toEqual(usage)
      }),
      5000,
    )
  })
})

test.each<[string, UsageRule, unknown, ChatUsage, string?]>([
  [
    'Anthropic Messages',
    messagesUsage,
    { type: 'message', usage: { input_tokens: 3, output_tokens: 4 } },
    { input: 3, output: 4, cacheRead: 0, cacheWrite: 0 },
  ],
  [
    'Chat Completions',
    completionsUsage,
    { usage: { prompt_tokens: 5, completion_tokens: 6, prompt_cache_hit_tokens: 2 } },
    { input: 3, output: 6, cacheRead: 2, cacheWrite: 0 },
  ],
  [
    'Responses',
    responsesUsage,
    { usage: { input_tokens: 7, output_tokens: 8 } },
    { input: 7, output: 8, cacheRead: 0, cacheWrite: 0 },
  ],
  [
    'generateContent',
    contentUsage,
    { usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 10, toolUsePromptTokenCount: 1 } },
    { input: 10, output: 10, cacheRead: 0, cacheWrite: 0 },
    'usageMetadata',
  ],
])('the body of %s, cut anywhere', async (_name, rule, value, usage, key) => {
  const bytes = Buffer.from(JSON.stringify(value))
  await holds(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 10 }), (places) => {
      const reader = bodyUsage(rule, key)
      expect(feed(reader, cut(bytes, places))).toEqual(usage)
      expect(reader.usage()).toEqual(usage)
    }),
    5000,
  )
})

test.each([
  'data: {"usage":{"input_tokens":-5,"output_tokens":"many"}}\n',
  'data: {"usage":[1]}\n',
  'data: {"usage"\n',
  'usage: {"usage":{"input_tokens":5}}\n',
  'data: null "usage"\n',
  'later{"usage":{"input_tokens":5}}\n',
])('nonsense counts nothing: %j', (text) => {
  expect(feed(eventUsage(messagesUsage), [Buffer.from(text)])).toEqual({
    input: 0,
    output: 0,
    cacheRead: 0,
    cacheWrite: 0,
  })
})

test('a line that is longer than any of a vendor is not put together', () => {
  const reader = eventUsage(messagesUsage)
  reader.push(Buffer.from(`data: {"usage":{"input_tokens":5},"x":"${'x'.repeat(300_000)}`))
  reader.push(Buffer.from('"}\n'))
  expect(reader.usage().input).toBe(0)
})

test('a line without an end is not kept for ever, and what follows is read', () => {
  const reader = eventUsage(messagesUsage)
  for (let at = 0; at < 64; at++) reader.push(Buffer.alloc(64 * 1024, 0x61))
  reader.push(Buffer.from('\ndata: {"usage":{"input_tokens":5}}\n'))
  expect(reader.usage().input).toBe(5)
})

test('any bytes at all are read without an error', async () => {
  await holds(
    fc.property(
      fc.array(
        fc.oneof(
          fc.uint8Array({ maxLength: 80 }),
          fc.constantFrom('data:', '"usage"', '\n', '{', '}').map((text) => Buffer.from(text)),
        ),
      ),
      (pieces) => {
        for (const reader of [eventUsage(messagesUsage), bodyUsage(responsesUsage)]) {
          for (const count of Object.values(feed(reader, pieces))) expect(Number.isFinite(count)).toBe(true)
        }
      },
    ),
    5000,
  )
})
