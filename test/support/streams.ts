// Streams of each dialect as vendors send them, and a transport that plays them in pieces.
import fc from 'fast-check'
import type { Endpoint } from '../../src/providers/provider.ts'
import type { Answer, Transport } from '../../src/system/send.ts'

const named = (type: string, more: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`
const chunk = (delta: object, reason: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-5.1', choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }] })}\n\n`

const candidate = (text: string, finishReason?: string): string =>
  `data: ${JSON.stringify({ candidates: [{ content: { parts: [{ text }], role: 'model' }, finishReason, index: 0 }], usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2 } })}\n\n`

/** A dialect: the events before its first content, those from there on, and how it tells of an overload. */
export type Stream = { endpoint: Endpoint; provider: string; opening: string[]; rest: string[]; overload: string }

const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-opus-4-6', content: [] }
const response = {
  id: 'resp_1',
  status: 'in_progress',
  error: null,
  instructions: 'Say "error" — or "content":"x" — and nothing else.\n'.repeat(200),
}

export const STREAMS: Record<'messages' | 'chat' | 'responses' | 'google', Stream> = {
  messages: {
    endpoint: 'messages',
    provider: 'anthropic',
    opening: [
      named('message_start', { message }),
      named('ping'),
      named('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ],
    rest: [
      named('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Grüß "error" Gott' } }),
      named('content_block_stop', { index: 0 }),
      named('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } }),
      named('message_stop'),
    ],
    overload: named('error', { error: { type: 'overloaded_error', message: 'Overloaded' } }),
  },
  chat: {
    endpoint: 'chat_completions',
    provider: 'openai',
    opening: [': OPENROUTER PROCESSING\n\n', chunk({ role: 'assistant', content: '', refusal: null })],
    rest: [chunk({ content: 'Grüß "error" Gott' }), chunk({}, 'stop'), 'data: [DONE]\n\n'],
    overload: `data: ${JSON.stringify({ error: { message: 'Overloaded', type: 'server_error', code: 'server_is_overloaded' } })}\n\n`,
  },
  responses: {
    endpoint: 'responses',
    provider: 'openai',
    opening: [
      named('response.created', { response }),
      named('response.in_progress', { response }),
      named('response.output_item.added', { output_index: 0, item: { type: 'message', content: [] } }),
      named('response.content_part.added', { part: { type: 'output_text', text: '' } }),
    ],
    rest: [
      named('response.output_text.delta', { delta: 'Grüß "error" Gott' }),
      named('response.completed', { response: { ...response, status: 'completed' } }),
    ],
    overload: named('response.failed', {
      response: { ...response, status: 'failed', error: { code: 'server_is_overloaded', message: 'Overloaded' } },
    }),
  },
  // Announces nothing: its first event says something.
  google: {
    endpoint: 'generate_content',
    provider: 'google',
    opening: [],
    rest: [candidate('Grüß "error" Gott'), candidate('', 'STOP')],
    overload: `data: ${JSON.stringify({ error: { code: 503, message: 'Overloaded', status: 'UNAVAILABLE' } })}\n\n`,
  },
}

/** A place in a text. Plain doubles would nearly all be at its beginning. */
export const SHARE = fc.integer({ min: 0, max: 10_000 }).map((parts) => parts / 10_000)

/** Cuts the text where the shares say. @param shares each from 0 to 1 */
export function cut(text: string, shares: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text)
  const places = [...new Set(shares.map((share) => Math.floor(share * bytes.length)))].sort((a, b) => a - b)
  return [...places, bytes.length].map((place, index) => bytes.subarray(index === 0 ? 0 : places[index - 1], place))
}

export const STREAM_HEAD = ['content-type', 'text/event-stream']

/** What a vendor does with one call: tells the answer, whenever it likes. */
export type Plays = (answer: Answer, request: Parameters<Transport['send']>[0]) => void

/** A transport without a network. @param plays asked once per attempt, behind `send` */
export function played(plays: Plays): Transport & { aborted: number } {
  const transport = {
    aborted: 0,
    send: (request: Parameters<Transport['send']>[0], answer: Answer) => {
      let isOver = false
      queueMicrotask(() => plays({ ...bound(answer), end: () => over() && answer.end() }, request))
      const over = (): boolean => {
        const was = isOver
        isOver = true
        return !was
      }
      return {
        abort: () => {
          if (!over()) return
          transport.aborted++
          queueMicrotask(() => answer.fail({ kind: 'cancelled', answered: true }))
        },
      }
    },
    close: () => Promise.resolve(),
  }
  return transport
}

function bound(answer: Answer): Answer {
  return {
    head: (status, headers, resume) => answer.head(status, headers, resume),
    data: (chunk) => answer.data(chunk),
    end: () => answer.end(),
    fail: (failure) => answer.fail(failure),
  }
}
