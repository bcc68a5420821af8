// Text out of streams, wherever the bytes are cut.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DeltaState, type Dialect, readDeltas } from '../../src/chat/deltas.ts'

function read(dialect: Dialect, pieces: readonly Uint8Array[]): { text: string; state: DeltaState } {
  const reader = readDeltas(dialect)
  const text = pieces.map((piece) => reader.push(piece)).join('')
  reader.close()
  return { text, state: reader.state() }
}

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const marks = [0, ...at.map((mark) => mark % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return marks.slice(1).map((mark, index) => bytes.subarray(marks[index], mark))
}

const messagesStream = (texts: readonly string[], end: string): string =>
  [
    'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":3}}}',
    ': a comment of a proxy',
    'event: ping\ndata: {"type": "ping"}',
    'data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}',
    'data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"not for the reader"}}',
    'data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}',
    ...texts.map(
      (text) =>
        `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text } })}`,
    ),
    end,
  ].join('\n\n')

const completionsStream = (texts: readonly string[], end: string): string =>
  [...texts.map((text) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text } }] })}`), end].join(
    '\n\n',
  )

const responsesStream = (texts: readonly string[], end: string): string =>
  [
    'event: response.created\ndata: {"type":"response.created","response":{"status":"in_progress"}}',
    ...texts.map(
      (delta) =>
        `event: response.output_text.delta\ndata: ${JSON.stringify({ type: 'response.output_text.delta', output_index: 1, content_index: 0, delta })}`,
    ),
    'data: {"type":"response.reasoning_summary_text.delta","output_index":0,"delta":"not for the reader"}',
    end,
  ].join('\n\n')

const contentStream = (texts: readonly string[], end: string): string =>
  [
    'data: {"candidates":[{"content":{"parts":[{"text":"not for the reader","thought":true}]}}]}',
    ...texts.map((text) => `data: ${JSON.stringify({ candidates: [{ content: { parts: [{ text }] } }] })}`),
    end,
  ].join('\n\n')

const FINISH = 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'

const STREAMS = {
  messages: { make: messagesStream, end: 'event: message_stop\ndata: {"type":"message_stop"}\n\n' },
  chat_completions: { make: completionsStream, end: `${FINISH}data: [DONE]\n\n` },
  responses: { make: responsesStream, end: 'data: {"type":"response.completed","response":{}}\n\n' },
  generate_content: { make: contentStream, end: 'data: {"candidates":[{"finishReason":"STOP"}]}\n\n' },
} as const

const TOO_LONG = {
  messages: `data: {"type":"message_delta","delta":{"stop_reason":"max_tokens"}}\n\n${STREAMS.messages.end}`,
  chat_completions: `data: {"choices":[{"delta":{},"finish_reason":"length"}]}\n\n${STREAMS.chat_completions.end}`,
  responses: 'data: {"type":"response.incomplete","response":{}}\n\n',
  generate_content: 'data: {"candidates":[{"finishReason":"MAX_TOKENS"}]}\n\n',
} as const

describe.each(['messages', 'chat_completions', 'responses', 'generate_content'] as const)(
  'a stream of %s',
  (dialect) => {
    const { make, end } = STREAMS[dialect]

    it('gives the same text wherever it is cut and however its lines end', () => {
      fc.assert(
        fc.property(
          fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { maxLength: 8 }),
          fc.array(fc.nat(), { maxLength: 30 }),
          fc.constantFrom('\n', '\r\n', '\r'),
          (texts, marks, lineEnd) => {
            const whole = make(texts, end).replaceAll('\n', lineEnd)
            const bytes = Buffer.from(lineEnd === '\r' ? `${whole}\n` : whole)
            const { text, state } = read(dialect, cut(bytes, marks))
            expect(text).toBe(texts.join(''))
            expect(state).toEqual({ is: 'complete' })
          },
        ),
        { numRuns: 1000 },
      )
    })

    it('says when the vendor ended it because it had grown too long', () => {
      const { text, state } = read(dialect, [Buffer.from(make(['one'], TOO_LONG[dialect]))])
      expect([text, state]).toEqual(['one', { is: 'complete', isCut: true }])
    })

    it('joins the lines of an event, also when it is cut in the midst of a line end', () => {
      const json = make(['one'], '')
        .split('data: ')
        .find((event) => event.includes('"one"'))
        ?.split('\n')[0]
      if (json === undefined) throw new Error('the word stands in an event')
      const half = Math.floor(json.indexOf(':') + 1)
      const bytes = Buffer.from(`data: ${json.trim().slice(0, half)}\r\ndata: ${json.trim().slice(half)}\r\n\r\n`)
      for (let at = 0; at <= bytes.length; at++) {
        expect(read(dialect, [bytes.subarray(0, at), bytes.subarray(at)]).text).toBe('one')
      }
    })

    it('stays open when the closing event is missing', () => {
      expect(read(dialect, [Buffer.from(make(['half', ' an'], ''))])).toEqual({
        text: expect.any(String),
        state: { is: 'open' },
      })
    })

    it('fails on an error inside the stream and takes nothing that follows it', () => {
      const error = '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
      const bytes = Buffer.from(make(['so far'], `event: error\ndata: ${error}\n\n`) + make([' and more'], end))
      expect(read(dialect, [bytes])).toEqual({ text: 'so far', state: { is: 'failed', body: error } })
    })

    it('gives up on an event that never ends instead of holding it', () => {
      const reader = readDeltas(dialect)
      const piece = Buffer.from(`data: ${'x'.repeat(64 * 1024)}`)
      for (let count = 0; count < 160; count++) reader.push(piece)
      expect(reader.state().is).toBe('failed')
    })
  },
)
