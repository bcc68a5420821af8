// The request of a turn in the provider's dialect: the last summary, as much of what was said since as is sensible, then the new message.
import { HOUR_BETA, markFor, markPlaces, type Retention } from '../core/cache.ts'
import type { ModelRef } from '../core/model-ref.ts'
import type { ChatMessage } from '../core/protocol.ts'
import type { Enclosure } from '../store/enclosures.ts'
import type { Dialect } from './deltas.ts'
import { shownPart } from './shown-part.ts'

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

/** What no longer fits goes in steps: if each turn took one more away, no two prompts would begin alike, and no cache would hold. */
const STEP_MESSAGES = 20

/** What a summary answers in the prompt, the same for all, so that roles take turns and the beginning stays as it is. */
const RECALL = 'Sum up what we have said so far.'

/** A conversation of fewer messages is not made shorter by half. */
const LEAST_HALVED = 4

/** The last summary, then the newest part of what was said since that fits, starting with the user; messages without text are left out. */
export function recent(history: readonly ChatMessage[]): ChatMessage[] {
  const { summary, said } = partsOf(history)
  const kept = said.slice(startOf(said, MAX_CHARS - lengthOf(summary)))
  if (summary === undefined) return kept
  return [{ role: 'user', content: [{ type: 'text', text: RECALL }], timestamp: summary.timestamp }, summary, ...kept]
}

/** How many messages since the last summary are too old for the prompt: another number is another beginning. */
export function leftOut(history: readonly ChatMessage[]): number {
  const { summary, said } = partsOf(history)
  return startOf(said, MAX_CHARS - lengthOf(summary))
}

/** The same transcript without the older half of what would be sent of it; undefined when little is left. */
export function newerHalf(history: readonly ChatMessage[]): ChatMessage[] | undefined {
  const { summary, said } = partsOf(history)
  const sent = said.slice(leftOut(history))
  if (sent.length < LEAST_HALVED) return undefined
  return [...(summary === undefined ? [] : [summary]), ...sent.slice(Math.ceil(sent.length / 2))]
}

/** How many messages have been said since the last summary. */
export function saidSince(history: readonly ChatMessage[]): number {
  return partsOf(history).said.length
}

function partsOf(history: readonly ChatMessage[]): { summary: ChatMessage | undefined; said: ChatMessage[] } {
  const at = history.findLastIndex(({ isSummary }) => isSummary === true)
  return { summary: history[at], said: history.slice(at + 1).filter((message) => textOf(message) !== '') }
}

function lengthOf(message: ChatMessage | undefined): number {
  return message === undefined ? 0 : textOf(message).length
}

function startOf(said: readonly ChatMessage[], maxChars: number): number {
  /** Where the longest end that fits begins. */
  let first = said.length
  for (let chars = 0; first > 0 && said.length - first < MAX_MESSAGES; first--) {
    chars += lengthOf(said[first - 1])
    if (chars > maxChars) break
  }
  const stepped = Math.ceil(first / STEP_MESSAGES) * STEP_MESSAGES
  // The last few are too long for whole steps.
  let start = stepped < said.length ? stepped : first
  while (said[start]?.role === 'assistant') start++
  return start
}

/** What a turn says to the vendor's prompt cache. */
export type Caching = {
  retention: Retention
  /** Of the conversation, for vendors that cache by themselves. */
  key?: string
}

/** What the answer is to be like, where somebody says so. */
export type Wishes = {
  /** For this turn only: no part of the conversation. */
  instructions?: string
  /**
   * Further fields of the request.
   * @throws AuthError wrong_dialect, for what cannot be said in the dialect
   */
  fields?(dialect: Dialect, to: ModelRef): Readonly<Record<string, unknown>>
}

/** What a turn says. */
export type Question = {
  /** The whole transcript, oldest first. */
  history: readonly ChatMessage[]
  /** What was shown with messages of it, as far as it is to be shown again. */
  shownBefore?: ReadonlyMap<ChatMessage, readonly Enclosure[]>
  /** What the user says now, and what he shows with it. */
  message: string
  shown?: readonly Enclosure[]
  wishes?: Wishes
}

/** @param to the model, by the vendor's own id */
export function turnRequest(
  dialect: Dialect,
  to: ModelRef,
  { history, shownBefore, message, shown = [], wishes = {} }: Question,
  caching: Caching = { retention: 'none' },
): TurnRequest {
  const partsOf = (list: readonly Enclosure[]): object[] => list.map((one) => shownPart(dialect, one))
  const messages: Said[] = [
    ...recent(history).map((said) => ({
      role: said.role,
      text: textOf(said),
      shown: partsOf(shownBefore?.get(said) ?? []),
    })),
    { role: 'user', text: message, shown: partsOf(shown) },
  ]
  const isLong = dialect === 'messages' && caching.retention === 'long'
  const value = valueIn(dialect, to.model, messages, caching, wishes.instructions)
  return {
    body: Buffer.from(JSON.stringify({ ...value, ...wishes.fields?.(dialect, to) })),
    headers: [
      ...JSON_STREAM,
      ...(dialect === 'messages' ? ['anthropic-version', ANTHROPIC_VERSION] : []),
      ...(isLong ? ['anthropic-beta', HOUR_BETA] : []),
    ],
  }
}

/** `shown` stands before the text, in the dialect's own form. */
type Said = { role: string; text: string; shown: readonly object[] }

function valueIn(
  dialect: Dialect,
  model: string,
  messages: readonly Said[],
  { retention, key }: Caching,
  instructions: string | undefined,
): object {
  const keyed = key === undefined ? {} : { prompt_cache_key: key }
  switch (dialect) {
    case 'messages':
      return {
        model,
        max_tokens: MAX_ANSWER_TOKENS,
        stream: true,
        ...(instructions === undefined ? {} : { system: instructions }),
        messages: marked(messages, retention),
      }
    case 'generate_content':
      return {
        ...(instructions === undefined ? {} : { systemInstruction: { parts: [{ text: instructions }] } }),
        contents: messages.map(({ role, text, shown }) => ({
          role: role === 'assistant' ? 'model' : 'user',
          parts: [...shown, { text }],
        })),
      }
    case 'chat_completions': {
      const first = instructions === undefined ? [] : [{ role: 'system', content: instructions }]
      const said = [...first, ...messages.map(plain)]
      return { model, stream: true, stream_options: { include_usage: true }, ...keyed, messages: said }
    }
    case 'responses': {
      const input = messages.map(({ role, text, shown }) => ({
        type: 'message',
        role,
        content: [...shown, { type: role === 'assistant' ? 'output_text' : 'input_text', text }],
      }))
      // What a subscription's backend insists on: instructions, and nothing kept there.
      return { model, stream: true, store: false, ...keyed, instructions: instructions ?? INSTRUCTIONS, input }
    }
  }
}

/** As short as it can be said. */
function plain({ role, text, shown }: Said): { role: string; content: string | object[] } {
  return { role, content: shown.length === 0 ? text : [...shown, { type: 'text', text }] }
}

/** The text of a message is its last block. What was said in turns before was in the request before, up to the last question. */
function marked(messages: readonly Said[], retention: Retention): readonly object[] {
  const mark = markFor(retention)
  if (mark === undefined) return messages.map(plain)
  const firstNew = Math.max(0, messages.length - 2)
  const places = markPlaces({ tools: 0, stableSystem: 0, messages: messages.map(() => 1), firstNew })
  const at = new Set(places.map((place) => (place.in === 'messages' ? place.message : -1)))
  return messages.map((said, index) => {
    const { role, text, shown } = said
    return at.has(index) ? { role, content: [...shown, { type: 'text', text, cache_control: mark }] } : plain(said)
  })
}
