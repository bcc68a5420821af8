// Server-sent events cut out of the bytes of a stream, wherever its pieces are cut.

import { parseExact } from './exact.ts'

/** No event of an answer is larger; whoever sends one is broken or hostile. */
const MOST_EVENT_CHARS = 8 * 1024 * 1024

/** Of what is no event, only an error is of interest. */
const MOST_STRAY_CHARS = 65_536
const STARTS_JSON = /[\s{}[\]"]/

/** Every line end as one line feed. */
const LINE_ENDS = /\r\n?/g

/** Reads one stream. */
export class Frames {
  readonly #event: (data: string, name: string) => void
  readonly #decoder = new TextDecoder()
  readonly #most: number
  /** Of the line that has not ended yet. */
  readonly #parts: string[] = []
  #partsLength = 0
  /** The last piece ended in a carriage return, which may be the first half of a line end. */
  #hasReturn = false
  #data: string | undefined
  #name = ''
  #held = 0
  /** Lines that belong to no event. */
  readonly #stray: string[] = []
  #strayLength = 0
  /** An event was longer than allowed: nothing is read any more. */
  isTooLong = false

  /**
   * @param event hears the data of each event as soon as it is complete, and its name, which may be empty
   * @param most characters of one event
   */
  constructor(event: (data: string, name: string) => void, most = MOST_EVENT_CHARS) {
    this.#event = event
    this.#most = most
  }

  push(chunk: Uint8Array): void {
    if (this.isTooLong) return
    let text = this.#decoder.decode(chunk, { stream: true })
    // Only the new piece is walked, however long the line has become.
    if (this.#hasReturn) text = `\r${text}`
    this.#hasReturn = text.endsWith('\r') && text !== ''
    if (this.#hasReturn) text = text.slice(0, -1)
    if (text.includes('\r')) text = text.replace(LINE_ENDS, '\n')
    let from = 0
    let end = text.indexOf('\n')
    if (end >= 0 && this.#parts.length > 0) {
      this.#parts.push(text.slice(0, end))
      const line = this.#parts.join('')
      this.#parts.length = 0
      this.#partsLength = 0
      this.#line(line, 0, line.length)
      from = end + 1
      end = text.indexOf('\n', from)
    }
    for (; end >= 0; end = text.indexOf('\n', from)) {
      this.#line(text, from, end)
      from = end + 1
    }
    if (from < text.length) {
      this.#parts.push(from === 0 ? text : text.slice(from))
      this.#partsLength += text.length - from
    }
    if (this.#partsLength + this.#held > this.#most) {
      this.isTooLong = true
      this.#parts.length = 0
      this.#data = undefined
    }
  }

  #line(text: string, from: number, end: number): void {
    if (end === from) {
      const data = this.#data
      const name = this.#name
      this.#data = undefined
      this.#name = ''
      this.#held = 0
      if (data !== undefined) this.#event(data, name)
      return
    }
    if (text.startsWith('data', from)) {
      const said = fieldAt(text, from + 4, end)
      if (said === undefined) return
      this.#data = this.#data === undefined ? said : `${this.#data}\n${said}`
      this.#held += said.length
    } else if (text.startsWith('event', from)) this.#name = fieldAt(text, from + 5, end) ?? this.#name
    else if (STARTS_JSON.test(text[from] ?? '') && this.#strayLength < MOST_STRAY_CHARS) {
      this.#stray.push(text.slice(from, end))
      this.#strayLength += end - from
    }
  }

  /** What came and is no event, at the end of a stream: an error in plain JSON, say. */
  stray(): string {
    return [...this.#stray, this.#parts.join('')].join('\n')
  }
}

/** What stands behind the name of a field; undefined where the name goes on. */
function fieldAt(text: string, at: number, end: number): string | undefined {
  if (at === end) return ''
  if (text[at] !== ':') return undefined
  return text.slice(text[at + 1] === ' ' && at + 1 < end ? at + 2 : at + 1, end)
}

/** The JSON object of an event; undefined for comments and keep-alives of proxies. */
export function objectIn(data: string): Record<string, unknown> | undefined {
  try {
    const value = parseExact(data)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** A value as an object; what is none is an empty one. For answers, of which we take what we know. */
export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/** A value as a list; what is none is an empty one. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A value as a text; what is none is an empty one. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** A count; what is none is 0. */
export function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : 0
}
