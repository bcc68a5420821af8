// The lines of a transcript: one for each message, and one for each summary that a compaction put in the place of what was said before. Nothing
// is ever taken out: a summary only moves the place from which on the next prompt reads.
import { readEnclosure } from '../core/enclosure.ts'
import type { ChatMessage } from '../core/protocol.ts'
import { isObject, type JsonObject, parseLine } from './document.ts'

/** A summary to be added. */
export type Summary = {
  text: string
  /** ms epoch */
  at: number
  /** When the last message that it sums up was said, ms epoch: what another process has added since stays behind it. */
  upTo: number
}

/** @returns the message as a line, with its line end */
export function messageLine(message: ChatMessage): string {
  return `${JSON.stringify(message)}\n`
}

/** @returns the summary as a line of the reference's shape, with its line end */
export function summaryLine({ text, at, upTo }: Summary): string {
  return `${JSON.stringify({ type: 'compaction', timestamp: new Date(at).toISOString(), summary: text, upTo })}\n`
}

/**
 * @param text the file, or its end; torn lines and those of other kinds are passed over
 * @returns messages, oldest first; a summary stands behind the last one that it sums up
 */
export function readTranscript(text: string): ChatMessage[] {
  const messages: ChatMessage[] = []
  /** Of the reference's lines. */
  const ids: (string | undefined)[] = []
  const put = (at: number, message: ChatMessage, id?: string): void => {
    messages.splice(at, 0, message)
    ids.splice(at, 0, id)
  }
  for (const line of text.split('\n')) {
    const value = parseLine(line)
    if (!isObject(value)) continue
    const summary = value.type === 'compaction' ? readSummary(value) : undefined
    if (summary !== undefined) {
      put(placeOf(value, messages, ids), summary)
      continue
    }
    // The reference wraps each message, and writes lines of other kinds between them.
    const message = readMessage(value.type === 'message' ? value.message : value)
    if (message !== undefined) put(messages.length, message, typeof value.id === 'string' ? value.id : undefined)
  }
  return messages
}

function readMessage(value: unknown): ChatMessage | undefined {
  if (!isObject(value) || (value.role !== 'user' && value.role !== 'assistant')) return undefined
  if (!Array.isArray(value.content)) return undefined
  const content = value.content.flatMap((part) =>
    isObject(part) && part.type === 'text' && typeof part.text === 'string'
      ? [{ type: 'text' as const, text: part.text }]
      : [],
  )
  const kept = Array.isArray(value.enclosures) ? value.enclosures.flatMap((one) => readEnclosure(one) ?? []) : []
  return {
    role: value.role,
    content,
    ...(kept.length === 0 ? {} : { enclosures: kept }),
    timestamp: typeof value.timestamp === 'number' ? value.timestamp : 0,
  }
}

function readSummary({ summary, timestamp }: JsonObject): ChatMessage | undefined {
  if (typeof summary !== 'string' || summary === '') return undefined
  const at = typeof timestamp === 'string' ? Date.parse(timestamp) : Number(timestamp)
  const content = [{ type: 'text' as const, text: summary }]
  return { role: 'assistant', content, timestamp: Number.isFinite(at) ? at : 0, isSummary: true }
}

/** Ours name the moment of the last message that is summed up, the reference's the first one that is not. */
function placeOf(
  { upTo, firstKeptEntryId }: JsonObject,
  messages: readonly ChatMessage[],
  ids: readonly (string | undefined)[],
): number {
  if (typeof upTo === 'number') return messages.findLastIndex(({ timestamp }) => timestamp === upTo) + 1
  const kept = typeof firstKeptEntryId === 'string' ? ids.lastIndexOf(firstKeptEntryId) : -1
  return kept < 0 ? messages.length : kept
}
