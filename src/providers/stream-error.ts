// Errors that vendors tell of within a good answer: what one looks like in each dialect, and the one that ended a stream.
import type { Endpoint } from './provider.ts'

export const LF = 10
export const CR = 13
export const EVENT = Buffer.from('event:')
export const DATA = Buffer.from('data:')
const ERROR = Buffer.from('"error"')
/** How JSON begins that is no event: `{`, `[`. */
const OPENS: ReadonlySet<number> = new Set([0x7b, 0x5b])

/** Events that tell of an error, in the dialects that name theirs. */
export const FAILED: ReadonlySet<string> = new Set(['error', 'response.failed'])
const TYPE = /^\s?\{\s?"type":\s?"([a-z_.]{1,48})"/

/** An error ends a stream, and is looked for in so much of its end. */
const TAIL_BYTES = 8 * 1024
/** The Responses dialect repeats instructions and tools in its error, so that it may be longer; it begins a piece, as vendors send it. */
const LONG_ERROR = Buffer.from('event: response.failed')
const LONG_BYTES = 256 * 1024

/** The end of a stream, for the error that may stand there. */
export class Tail {
  #pieces: Uint8Array[] = []
  #bytes = 0
  #most = TAIL_BYTES
  #hasMark = false
  #isWithin = false

  /** Whether an error may stand in what came, the pieces that were not pushed yet included: most streams have nothing like it. */
  isSuspect(unread: readonly Uint8Array[]): boolean {
    for (const chunk of unread) if (!this.#hasMark) this.#look(chunk)
    return this.#hasMark
  }

  /** Vendors write whole lines; what is cut elsewhere may hide its mark. */
  #look(chunk: Uint8Array): void {
    this.#hasMark ||= this.#isWithin || Buffer.prototype.indexOf.call(chunk, ERROR) >= 0
    this.#isWithin = chunk[chunk.byteLength - 1] !== LF
  }

  /** @param chunk the bytes as they passed */
  push(chunk: Uint8Array): void {
    if (!this.#hasMark) this.#look(chunk)
    if (begins(chunk, LONG_ERROR, 0, chunk.byteLength)) this.#most = LONG_BYTES
    this.#bytes += chunk.byteLength
    this.#pieces.push(chunk)
    while (this.#bytes - (this.#pieces[0]?.byteLength ?? 0) >= this.#most) {
      this.#bytes -= this.#pieces.shift()?.byteLength ?? 0
    }
  }

  /** @returns what ended the stream, if it was an error; it reads like the body of a refusal */
  error(endpoint: Endpoint): string | undefined {
    const tail = Buffer.concat(this.#pieces)
    this.#pieces = []
    return tail.indexOf(ERROR) < 0 ? undefined : errorIn(endpoint, tail)
  }
}

/** @param tail begins anywhere */
function errorIn(endpoint: Endpoint, tail: Buffer): string | undefined {
  let name: string | undefined
  for (let from = 0; from < tail.length; ) {
    const at = tail.indexOf(LF, from)
    const end = at < 0 ? tail.length : at
    const to = end > from && tail[end - 1] === CR ? end - 1 : end
    if (to === from) name = undefined
    else if (begins(tail, EVENT, from, to)) name = nameIn(tail, from, to)
    else if (begins(tail, DATA, from, to)) {
      const error = errorInData(endpoint, name, tail.subarray(from + DATA.length, to))
      if (error !== undefined) return error
    } else if (endpoint === 'generate_content' && OPENS.has(tail[from] ?? 0)) {
      // Google may tell of it as it does without a stream: in JSON over several lines, which is the last that comes.
      const error = errorInChunk(tail.subarray(from))
      if (error !== undefined) return error
    }
    from = end + 1
  }
  return undefined
}

function errorInData(endpoint: Endpoint, name: string | undefined, data: Buffer): string | undefined {
  if (hasPlainChunks(endpoint)) return name === 'error' ? data.toString('utf8') : errorInChunk(data)
  const type = name ?? typeOf(data)
  return type !== undefined && FAILED.has(type) ? errorOf(type, data) : undefined
}

/** Whether the events of a dialect have no names, and an error is known by its form. */
export function hasPlainChunks(endpoint: Endpoint): boolean {
  return endpoint === 'chat_completions' || endpoint === 'generate_content'
}

/** The data of an event that tells of an error, as the body of a refusal. */
export function errorOf(name: string, data: Buffer): string {
  if (name !== 'response.failed') return data.toString('utf8')
  return JSON.stringify({ error: record(record(parsed(data)).response).error ?? null })
}

/** @returns the data of a chunk where it is an error of the vendor: in the form of OpenAI, or of Google, who puts it into a list */
export function errorInChunk(data: Buffer): string | undefined {
  if (data.indexOf(ERROR) < 0) return undefined
  const value = parsed(data)
  const { error } = record(Array.isArray(value) ? value[0] : value)
  const isError = (typeof error === 'object' && error !== null) || (typeof error === 'string' && error !== '')
  return isError ? data.toString('utf8') : undefined
}

/** The name in a line `event: <name>`. */
export function nameIn(bytes: Buffer, from: number, to: number): string {
  return bytes.toString('latin1', from + EVENT.length, to).trim()
}

/** The type that the data of an event begins with, for vendors that do not name it. */
export function typeOf(data: Buffer): string | undefined {
  return TYPE.exec(data.toString('latin1', 0, 64))?.[1]
}

export function begins(bytes: Uint8Array, what: Buffer, from: number, to: number): boolean {
  if (to - from < what.length) return false
  for (let at = 0; at < what.length; at++) if (bytes[from + at] !== what[at]) return false
  return true
}

export function parsed(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'))
  } catch {
    return undefined
  }
}

export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
