// One answer of HTTP/1.1 after another, out of the bytes of a connection (RFC 9112). What may be read in two ways is refused: whoever shares the
// connection next must never be handed a part of somebody else's answer.
import { Framing, isFieldName, isFieldValue, MalformedAnswer, readHead } from './answer-head.ts'
import type { RawHeaders } from './send.ts'

/** Who hears what is read. Within `data` and `head` it may call `stop()`. */
export type AnswerListener = {
  head(status: number, headers: RawHeaders): void
  data(chunk: Buffer): void
  /** @param keepMs how long the connection may wait for its next question; 0: it is done with */
  whole(keepMs: number): void
}

/** Of a head, and of what stands behind a body; bytes. */
const MOST_HEAD = 32 * 1024
/** Of the line in front of a chunk, bytes. */
const MOST_SIZE_LINE = 1024
/** Digits of a chunk's size: 64 TiB. */
const MOST_SIZE_DIGITS = 12

const CR = 0x0d
const LF = 0x0a
const SEMICOLON = 0x3b
/** What may follow a chunk's size, and means nothing to us (RFC 9112, 7.1.1). */
const EXTENSIONS =
  /^(?:;[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:=(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+|"[\t\x20\x21\x23-\x5b\x5d-\x7e]*"))?)*$/

/** What comes next. */
const HEAD = 0
const BODY = 1
const CHUNK_SIZE = 2
const CHUNK = 3
const CHUNK_END = 4
const TRAILERS = 5
/** All that comes until the connection ends. */
const REST = 6
/** Nothing: the answer is whole, and nobody has asked again. */
const NOTHING = 7
/** Nothing any more. */
const STOPPED = 8

/** Results of a step beside the place where the next one begins. */
const WANTS_MORE = -1
const ENDED = -2

export class AnswerReader {
  readonly #listener: AnswerListener
  #at = NOTHING
  /** Of the body, or of its chunk, bytes. */
  #left = 0
  #keepMs = 0
  /** The beginning of something whose end has not come. */
  #held: Buffer | undefined
  /** Bytes behind the last chunk. */
  #trailing = 0

  constructor(listener: AnswerListener) {
    this.#listener = listener
  }

  /** The next question has been asked. */
  begin(): void {
    this.#at = HEAD
  }

  /** Nothing more is wanted of this connection. */
  stop(): void {
    this.#at = STOPPED
    this.#held = undefined
  }

  /**
   * Reads what came.
   * @throws MalformedAnswer; what a listener throws goes through, too
   */
  take(piece: Buffer): void {
    const held = this.#held
    const bytes = held === undefined ? piece : Buffer.concat([held, piece])
    this.#held = undefined
    let from = 0
    while (from < bytes.length) {
      const next = this.#step(bytes, from)
      if (next === WANTS_MORE) {
        this.#held = from === 0 ? bytes : bytes.subarray(from)
        return
      }
      if (next === ENDED) return
      from = next
    }
  }

  /** The other side has ended the connection. @returns whether that was the end of the answer */
  finish(): boolean {
    if (this.#at !== REST) return false
    this.#at = NOTHING
    this.#listener.whole(0)
    return true
  }

  #step(bytes: Buffer, from: number): number {
    switch (this.#at) {
      case HEAD:
        return this.#head(bytes, from)
      case BODY:
      case CHUNK:
        return this.#body(bytes, from)
      case CHUNK_SIZE:
        return this.#size(bytes, from)
      case CHUNK_END:
        return this.#chunkEnd(bytes, from)
      case TRAILERS:
        return this.#trailers(bytes, from)
      case REST:
        this.#listener.data(from === 0 ? bytes : bytes.subarray(from))
        return ENDED
      case NOTHING:
        // Nothing was asked that these could answer.
        throw new MalformedAnswer('unasked')
      default:
        return ENDED
    }
  }

  #head(bytes: Buffer, from: number): number {
    const text = bytes.toString('latin1', from, Math.min(bytes.length, from + MOST_HEAD))
    const framing = new Framing()
    const end = readHead(text, framing)
    if (end < 0) {
      if (bytes.length - from >= MOST_HEAD) throw new MalformedAnswer('head')
      return WANTS_MORE
    }
    const next = from + end
    const { status, headers } = framing
    // Announcements come before the answer (RFC 9110, 15.2); nobody asked for another protocol.
    if (status === 101) throw new MalformedAnswer('upgrade')
    if (status < 200) return next
    this.#keepMs = framing.isPersistent ? framing.keepMs : 0
    const isBare = status === 204 || status === 304
    const length = isBare ? 0 : framing.length
    if (framing.isChunked && !isBare) {
      // A length beside chunks is for nothing but to be read in another way (RFC 9112, 6.1).
      if (length !== undefined) this.#keepMs = 0
      this.#at = CHUNK_SIZE
    } else if (length === undefined) {
      this.#keepMs = 0
      this.#at = REST
    } else this.#at = BODY
    this.#left = length ?? 0
    this.#trailing = 0
    this.#listener.head(status, headers)
    return this.#at === BODY && this.#left === 0 ? this.#whole(bytes, next) : next
  }

  #body(bytes: Buffer, from: number): number {
    const to = Math.min(bytes.length, from + this.#left)
    this.#left -= to - from
    this.#listener.data(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to))
    if (this.#left > 0) return to
    // Whoever heard it may have stopped it.
    if (this.#at === BODY) return this.#whole(bytes, to)
    if (this.#at === CHUNK) this.#at = CHUNK_END
    return to
  }

  #size(bytes: Buffer, from: number): number {
    let size = 0
    let at = from
    for (; at < bytes.length; at++) {
      const digit = hexDigit(bytes[at] as number)
      if (digit < 0) break
      if (at - from >= MOST_SIZE_DIGITS) throw new MalformedAnswer('chunk size')
      size = size * 16 + digit
    }
    if (at === bytes.length) return WANTS_MORE
    if (at === from) throw new MalformedAnswer('chunk size')
    if (bytes[at] === SEMICOLON) {
      const end = bytes.indexOf(CR, at)
      if ((end < 0 ? bytes.length : end) - from > MOST_SIZE_LINE) throw new MalformedAnswer('chunk size')
      if (end < 0) return WANTS_MORE
      if (!EXTENSIONS.test(bytes.toString('latin1', at, end))) throw new MalformedAnswer('chunk extension')
      at = end
    }
    const next = pastLineEnd(bytes, at)
    if (next === WANTS_MORE) return WANTS_MORE
    this.#left = size
    this.#at = size === 0 ? TRAILERS : CHUNK
    return next
  }

  #chunkEnd(bytes: Buffer, from: number): number {
    const next = pastLineEnd(bytes, from)
    if (next !== WANTS_MORE) this.#at = CHUNK_SIZE
    return next
  }

  /** They are dropped: nothing that we hand on stands there. */
  #trailers(bytes: Buffer, from: number): number {
    if (bytes[from] === CR) {
      const next = pastLineEnd(bytes, from)
      return next === WANTS_MORE ? WANTS_MORE : this.#whole(bytes, next)
    }
    const end = bytes.indexOf(CR, from)
    const size = (end < 0 ? bytes.length : end) - from
    if (this.#trailing + size > MOST_HEAD) throw new MalformedAnswer('trailers')
    const next = end < 0 ? WANTS_MORE : pastLineEnd(bytes, end)
    if (next === WANTS_MORE) return WANTS_MORE
    this.#trailing += next - from
    const line = bytes.toString('latin1', from, end)
    if (!isFieldName(line.slice(0, line.indexOf(':'))) || !isFieldValue(line)) throw new MalformedAnswer('trailers')
    return next
  }

  #whole(bytes: Buffer, next: number): number {
    this.#at = NOTHING
    // More than the answer: whatever it is, nobody shall take it for the next one.
    this.#listener.whole(next === bytes.length ? this.#keepMs : 0)
    return ENDED
  }
}

function pastLineEnd(bytes: Buffer, at: number): number {
  if (bytes[at] !== CR) throw new MalformedAnswer('line end')
  if (at + 1 === bytes.length) return WANTS_MORE
  if (bytes[at + 1] !== LF) throw new MalformedAnswer('line end')
  return at + 2
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
