// Which events of a stream only announce, which have something to say, and which tell of an error; and that cuts change none of it.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Found, Opening } from '../../src/providers/opening.ts'
import type { Endpoint } from '../../src/providers/provider.ts'
import { Tail } from '../../src/providers/stream-error.ts'
import { holds } from '../support/seeds.ts'
import { cut, SHARE, STREAMS } from '../support/streams.ts'

/** What is found in the pieces, and what was let go by then. */
function look(endpoint: Endpoint, pieces: readonly Uint8Array[]): { found: Found; bytes: string; taken: number } {
  const opening = new Opening(endpoint)
  let taken = 0
  for (const piece of pieces) {
    taken++
    const found = opening.push(piece)
    if (found !== 'opening') return { found, bytes: Buffer.from(opening.bytes()).toString(), taken }
  }
  return { found: opening.close(), bytes: Buffer.from(opening.bytes()).toString(), taken }
}

const whole = (endpoint: Endpoint, text: string): Found => new Opening(endpoint).push(Buffer.from(text))

describe.each(Object.entries(STREAMS))('%s', (_name, { endpoint, opening, rest, overload }) => {
  test('every event before the first content is opening, and the content is found in the very piece that brings it', () => {
    const looked = new Opening(endpoint)
    for (const event of opening) expect(looked.push(Buffer.from(event))).toBe('opening')
    expect(looked.push(Buffer.from(rest[0] ?? ''))).toBe('content')
    expect(Buffer.from(looked.bytes()).toString()).toBe([...opening, rest[0]].join(''))
    expect(whole(endpoint, [...opening, ...rest].join(''))).toBe('content')
  })

  test('lines may end with CRLF', () => {
    const crlf = (text: string): string => text.replaceAll('\n', '\r\n')
    expect(whole(endpoint, crlf(opening.join('')))).toBe('opening')
    expect(whole(endpoint, crlf([...opening, rest[0]].join('')))).toBe('content')
    expect(whole(endpoint, crlf([...opening, overload].join('')))).toMatchObject({
      error: expect.stringContaining('Overloaded'),
    })
  })

  test('an error is found first or behind the opening, and not behind content', () => {
    for (const before of ['', ...opening.map((_, index) => opening.slice(0, index + 1).join(''))]) {
      const found = whole(endpoint, before + overload)
      expect(found).toMatchObject({ error: expect.stringContaining('Overloaded') })
      expect(JSON.parse((found as { error: string }).error).error.message).toBe('Overloaded')
    }
    expect(whole(endpoint, [...opening, rest[0], overload].join(''))).toBe('content')
    expect(whole(endpoint, [overload, ...opening, ...rest].join(''))).toHaveProperty('error')
  })

  test('an error whose last line nobody ended is found when the stream ends', () => {
    expect(look(endpoint, [Buffer.from(opening.join('') + overload.trimEnd())]).found).toMatchObject({
      error: expect.stringContaining('Overloaded'),
    })
  })

  test('wherever it is cut, the same is found, and every byte is let go as it came', async () => {
    const shares = fc.array(SHARE, { maxLength: 40 })
    const events = fc.record({ known: fc.integer({ min: 0, max: opening.length }), fails: fc.boolean() })
    await holds(
      fc.property(events, shares, ({ known, fails }, at) => {
        const text = opening.slice(0, known).join('') + (fails ? overload : (rest[0] ?? ''))
        const pieces = cut(text, at)
        const { found, bytes, taken } = look(endpoint, pieces)
        expect(found).toEqual(whole(endpoint, text))
        expect(bytes).toBe(Buffer.concat(pieces.slice(0, taken)).toString())
      }),
      1000,
    )
  })

  test('an error at the end is found in the tail, and nothing else is taken for one', () => {
    const tailOf = (error: string): string | undefined => {
      const tail = new Tail()
      for (const piece of [...opening, ...rest, ...cut(error, [0.1, 0.35, 0.6, 0.9])]) tail.push(Buffer.from(piece))
      return tail.error(endpoint)
    }
    expect(tailOf('')).toBeUndefined()
    expect(tailOf(overload)).toContain('Overloaded')
    expect(tailOf(overload.trimEnd())).toContain('Overloaded')
  })
})

test('Google may tell of an error at the end as it does without a stream: in JSON over several lines', () => {
  const error = JSON.stringify({ error: { code: 503, message: 'Overloaded', status: 'UNAVAILABLE' } }, null, 2)
  const said = (text: string, endpoint: Endpoint = 'generate_content'): string | undefined => {
    const tail = new Tail()
    tail.push(Buffer.from(text))
    return tail.error(endpoint)
  }
  const good = STREAMS.google.rest.join('')
  expect(said(`${good}${error}`)).toContain('Overloaded')
  expect(said(`${good}[${error}]`)).toContain('Overloaded')
  // The tail may begin within a line.
  expect(said(`{"error":1}}}\n${STREAMS.google.overload}`)).toContain('Overloaded')
  expect(said(`${good}${error}`, 'chat_completions')).toBeUndefined()
})

describe('is let go at once:', () => {
  test.each<[string, Endpoint, string]>([
    ['an event that nobody knows', 'messages', 'event: message_note\ndata: {"type":"message_note"}\n\n'],
    ['data without a name and a type', 'messages', 'data: {"usage":{}}\n\n'],
    [
      'a tool, which has its name already',
      'messages',
      'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"look","input":{}}}\n\n',
    ],
    [
      'text in the first chunk',
      'chat_completions',
      'data: {"choices":[{"delta":{"role":"assistant","content":"Hi"}}]}\n\n',
    ],
    [
      'a tool in the first chunk',
      'chat_completions',
      'data: {"choices":[{"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"function":{"name":"look"}}]}}]}\n\n',
    ],
    ['a chat that is over at once', 'chat_completions', 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'],
    ['the end of a chat', 'chat_completions', 'data: [DONE]\n\n'],
    ['an error that is none', 'chat_completions', 'data: {"error":null,"usage":{}}\n\n'],
    [
      'an event of Responses that nobody knows',
      'responses',
      'event: response.sung\ndata: {"type":"response.sung"}\n\n',
    ],
    ['a page', 'messages', '<!doctype html>\n'],
    ['an object over several lines', 'chat_completions', '{\n  "error": {}\n}\n'],
    ['more than a stream should need to begin', 'messages', `: ${'wait '.repeat(30_000)}`],
  ])('%s', (_what, endpoint, text) => {
    expect(whole(endpoint, text)).toBe('content')
  })
})

describe('waits for more:', () => {
  test.each<[string, Endpoint, string]>([
    ['types without names', 'messages', 'data: {"type": "message_start", "message": {}}\n\ndata: {"type":"ping"}\n\n'],
    ['names, ids and pauses', 'responses', 'id: 1\nretry: 3000\n: hm\n\nevent: response.queued\ndata: {}\n\n'],
    [
      'a thought that begins',
      'messages',
      'data: {"type":"content_block_start","content_block":{"type":"thinking","thinking":"","signature":""}}\n\n',
    ],
    ['what filters think of the prompt', 'chat_completions', 'data: {"choices":[],"prompt_filter_results":[{}]}\n\n'],
    [
      'reasoning that has not begun',
      'chat_completions',
      'data: {"choices":[{"delta":{"role":"assistant","reasoning_content":"","tool_calls":[]}}]}\n\n',
    ],
    ['half a line', 'chat_completions', 'data: {"choices":[{"delta":{"content":"'],
  ])('%s', (_what, endpoint, text) => {
    expect(whole(endpoint, text)).toBe('opening')
  })
})

test.each<[string, Endpoint, string, string]>([
  [
    "Google's list",
    'chat_completions',
    'data: [{"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}]\n\n',
    'UNAVAILABLE',
  ],
  ["Groq's named event", 'chat_completions', 'event: error\ndata: {"error":{"message":"gone"}}\n\n', 'gone'],
  ['an error as a text', 'chat_completions', 'data: {"error":"model is loading"}\n\n', 'loading'],
  [
    'a flat error of Responses',
    'responses',
    'event: error\ndata: {"type":"error","code":"server_error","message":"oops"}\n\n',
    'oops',
  ],
  [
    'an error without a name',
    'messages',
    'data: {"type":"error","error":{"type":"overloaded_error","message":"full"}}\n\n',
    'full',
  ],
])('%s is an error', (_what, endpoint, text, words) => {
  expect(whole(endpoint, text)).toMatchObject({ error: expect.stringContaining(words) })
})
