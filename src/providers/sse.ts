// Usage read from an answer while it passes. Nothing is held back, nothing parsed that does not mention usage.
import type { ChatUsage } from '../core/protocol.ts'
import type { UsageReader } from './provider.ts'

const LF = 10
const DATA = Buffer.from('data:')
/** The key that every dialect but Google's keeps its counts under. */
const USAGE = 'usage'
const MAX_LINE_BYTES = 256 * 1024
const MAX_JSON_BYTES = 8 * 1024 * 1024

/** Takes what one JSON value of the vendor says into the counts. */
export type UsageRule = (value: Record<string, unknown>, usage: ChatUsage) => void

/**
 * For `text/event-stream`: looks at the lines that mention usage, wherever the pieces are cut.
 * @param isRunning every event tells all counts anew, so that only the last one is read
 */
export function eventUsage(rule: UsageRule, { key = USAGE, isRunning = false } = {}): UsageReader {
  const mark = Buffer.from(`"${key}"`)
  const usage: ChatUsage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }
  let rest: Buffer | undefined
  let last: Buffer | undefined
  const line = (bytes: Buffer): void => {
    if (bytes.indexOf(mark) < 0 || bytes.indexOf(DATA) !== 0) return
    const data = bytes.subarray(DATA.length)
    if (isRunning) last = data
    else take(data, rule, usage)
  }
  return {
    usage: () => {
      if (last !== undefined) take(last, rule, usage)
      last = undefined
      return { ...usage }
    },
    push: (chunk) => {
      let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      if (rest !== undefined) {
        bytes = Buffer.concat([rest, bytes])
        rest = undefined
      }
      // Most pieces hold no usage at all: one search settles them.
      const end = bytes.lastIndexOf(LF)
      if (end >= 0 && bytes.indexOf(mark) >= 0) {
        let from = 0
        for (let at = bytes.indexOf(LF, from); at >= 0; at = bytes.indexOf(LF, from)) {
          line(bytes.subarray(from, at))
          from = at + 1
        }
        // The piece belongs to the socket's buffer.
        if (last !== undefined) last = Buffer.from(last)
      }
      const tail = bytes.subarray(end + 1)
      // What is kept is copied, as above; a line without end is not waited for.
      if (tail.length > 0 && tail.length <= MAX_LINE_BYTES) rest = Buffer.from(tail)
    },
  }
}

/** For a JSON answer: kept up to a bound and read once at the end. */
export function bodyUsage(rule: UsageRule, key = USAGE): UsageReader {
  const usage: ChatUsage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }
  let pieces: Buffer[] = []
  let size = 0
  return {
    push: (chunk) => {
      size += chunk.byteLength
      if (size <= MAX_JSON_BYTES) pieces.push(Buffer.from(chunk))
    },
    usage: () => {
      if (pieces.length > 0 && size <= MAX_JSON_BYTES) {
        const body = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
        if (!takeObject(body, key, rule, usage)) take(body, rule, usage)
      }
      pieces = []
      return { ...usage }
    },
  }
}

const OPEN = 0x7b
const CLOSE = 0x7d
const MAX_USAGE_BYTES = 4096

/**
 * Parses the object behind the last key of the counts alone: an answer is long, its counts are not. Inside a string the quotes would be escaped, so
 * what is found is a key.
 * @returns false when that was not the vendor's count, and the whole must be read
 */
function takeObject(body: Buffer, key: string, rule: UsageRule, usage: ChatUsage): boolean {
  const found = body.lastIndexOf(`"${key}"`)
  const from = found < 0 ? -1 : body.indexOf(OPEN, found)
  if (from < 0) return false
  let depth = 0
  for (let at = from; at < body.length && at - from < MAX_USAGE_BYTES; at++) {
    if (body[at] === OPEN) depth++
    else if (body[at] === CLOSE && --depth === 0) {
      const counts = parsed(body.subarray(from, at + 1))
      if (counts !== undefined) rule({ [key]: counts }, usage)
      return usage.input + usage.output + usage.cacheRead + usage.cacheWrite > 0
    }
  }
  return false
}

function take(bytes: Buffer, rule: UsageRule, usage: ChatUsage): void {
  const value = parsed(bytes)
  if (value !== undefined) rule(value, usage)
}

/** @returns undefined for what is no JSON object: usage stays unknown, the answer has passed all the same */
function parsed(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function set(usage: ChatUsage, key: keyof ChatUsage, value: unknown): void {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) usage[key] = value
}

/** Anthropic Messages: counts in message_start, cumulative output in message_delta, or in the body. */
export const messagesUsage: UsageRule = (value, usage) => {
  const counts = { ...record(record(value.message).usage), ...record(value.usage) }
  set(usage, 'input', counts.input_tokens)
  set(usage, 'output', counts.output_tokens)
  set(usage, 'cacheRead', counts.cache_read_input_tokens)
  set(usage, 'cacheWrite', counts.cache_creation_input_tokens)
}

/** Chat Completions: the last chunk (include_usage) or the body; cached tokens are part of the prompt's. */
export const completionsUsage: UsageRule = (value, usage) => {
  const counts = record(value.usage)
  const cached = record(counts.prompt_tokens_details).cached_tokens ?? counts.prompt_cache_hit_tokens
  set(usage, 'cacheRead', cached)
  if (typeof counts.prompt_tokens === 'number') set(usage, 'input', counts.prompt_tokens - usage.cacheRead)
  set(usage, 'output', counts.completion_tokens)
}

/** Responses: in response.completed, or in the body. */
export const responsesUsage: UsageRule = (value, usage) => {
  const counts = { ...record(value.usage), ...record(record(value.response).usage) }
  set(usage, 'cacheRead', record(counts.input_tokens_details).cached_tokens)
  if (typeof counts.input_tokens === 'number') set(usage, 'input', counts.input_tokens - usage.cacheRead)
  set(usage, 'output', counts.output_tokens)
}

/**
 * generateContent: in every event, each time all that was counted so far. Cached tokens are part of the prompt's; what was thought is paid for
 * like what was said, and told beside it.
 */
export const contentUsage: UsageRule = (value, usage) => {
  const counts = record(value.usageMetadata)
  const count = (name: string): number => (typeof counts[name] === 'number' ? counts[name] : 0)
  set(usage, 'cacheRead', counts.cachedContentTokenCount)
  if (typeof counts.promptTokenCount === 'number') {
    set(usage, 'input', count('promptTokenCount') + count('toolUsePromptTokenCount') - usage.cacheRead)
  }
  if (counts.candidatesTokenCount !== undefined || counts.thoughtsTokenCount !== undefined) {
    set(usage, 'output', count('candidatesTokenCount') + count('thoughtsTokenCount'))
  }
}
