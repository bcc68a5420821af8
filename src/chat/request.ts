// The request of a turn in the provider's dialect: as much of the transcript as is sensible, then the new message.
import type { ChatMessage } from '../core/protocol.ts'
import type { Dialect } from './deltas.ts'

export type TurnRequest = { body: Uint8Array; headers: readonly string[] }

const MAX_ANSWER_TOKENS = 4096
const INSTRUCTIONS = 'You are a helpful assistant.'
const MAX_MESSAGES = 100
const MAX_CHARS = 400_000
const JSON_STREAM = ['content-type', 'application/json', 'accept', 'text/event-stream'] as const
const ANTHROPIC_VERSION = '2023-06-01'

/** What was said, as one text. */
export function textOf(message: Pick<ChatMessage, 'content'>): string {
  return message.content.map(({ text }) => text).join('')
}

/** The newest part of a transcript that fits, starting with something the user said; messages without text are left out. */
export function recent(history: readonly ChatMessage[]): ChatMessage[] {
  const kept: ChatMessage[] = []
  let chars = 0
  for (const message of history.toReversed()) {
    const { length } = textOf(message)
    if (length === 0) continue
    chars += length
    if (kept.length === MAX_MESSAGES || chars > MAX_CHARS) break
    kept.unshift(message)
  }
  while (kept[0]?.role === 'assistant') kept.shift()
  return kept
}

/**
 * @param model the vendor's own id
 * @param history the whole transcript, oldest first
 * @param message what the user says now
 */
export function turnRequest(
  dialect: Dialect,
  model: string,
  history: readonly ChatMessage[],
  message: string,
): TurnRequest {
  const messages = [
    ...recent(history).map((said) => ({ role: said.role, content: textOf(said) })),
    { role: 'user', content: message },
  ]
  return {
    body: Buffer.from(JSON.stringify(valueIn(dialect, model, messages))),
    headers: dialect === 'messages' ? [...JSON_STREAM, 'anthropic-version', ANTHROPIC_VERSION] : JSON_STREAM,
  }
}

type Said = { role: string; content: string }

function valueIn(dialect: Dialect, model: string, messages: readonly Said[]): object {
  switch (dialect) {
    case 'messages':
      return { model, max_tokens: MAX_ANSWER_TOKENS, stream: true, messages }
    case 'chat_completions':
      return { model, stream: true, stream_options: { include_usage: true }, messages }
    case 'responses': {
      const input = messages.map(({ role, content }) => ({
        type: 'message',
        role,
        content: [{ type: role === 'assistant' ? 'output_text' : 'input_text', text: content }],
      }))
      // What a subscription's backend insists on: instructions, and nothing kept there.
      return { model, stream: true, store: false, instructions: INSTRUCTIONS, input }
    }
  }
}
