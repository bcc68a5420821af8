// What only one account can open, read from an answer while it passes, wherever its pieces are cut.
import { boundInAnswer } from './bound.ts'
import { asBuffer } from './pieces.ts'

const LF = 10
/** Longer lines, and longer answers, are not waited for, bytes. */
const MOST_LINE_BYTES = 1024 * 1024
/** A line's room is used again for the next one up to that, bytes. */
const KEPT_BYTES = 64 * 1024
const MOST_BODY_BYTES = 8 * 1024 * 1024
const NOTHING = Buffer.alloc(0)

/** Reads one answer as it passes. */
export type BoundReader = {
  /** @param chunk the bytes as they passed */
  push(chunk: Uint8Array): void
  /** It is over. */
  close(): void
}

/** @param tell as `boundInAnswer` has it; it may hear of a thing more than once */
export function boundReader(
  endpoint: string,
  streaming: boolean,
  tell: Parameters<typeof boundInAnswer>[2],
): BoundReader {
  const read = (bytes: Buffer): void => boundInAnswer(endpoint, bytes, tell)
  return streaming ? lineReader(read) : bodyReader(read)
}

/** Pieces put together, up to a bound: they belong to the socket's buffer, and may be as small as a byte. */
class Gathered {
  readonly #most: number
  #room = NOTHING
  #size = 0
  #isTooLong = false

  constructor(most: number) {
    this.#most = most
  }

  get isEmpty(): boolean {
    return this.#size === 0 && !this.#isTooLong
  }

  push(bytes: Buffer): void {
    if (this.#isTooLong || bytes.length === 0) return
    const size = this.#size + bytes.length
    this.#isTooLong = size > this.#most
    if (this.#isTooLong) return
    if (size > this.#room.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * this.#room.length, size))
      this.#room.copy(larger, 0, 0, this.#size)
      this.#room = larger
    }
    this.#size += bytes.copy(this.#room, this.#size)
  }

  /** Hands over what has come, unless it was too long, and begins anew. */
  flush(read: (bytes: Buffer) => void): void {
    if (this.#size > 0 && !this.#isTooLong) read(this.#room.subarray(0, this.#size))
    if (this.#room.length > KEPT_BYTES) this.#room = NOTHING
    this.#size = 0
    this.#isTooLong = false
  }
}

function lineReader(read: (bytes: Buffer) => void): BoundReader {
  const rest = new Gathered(MOST_LINE_BYTES)
  return {
    push: (chunk) => {
      let bytes = asBuffer(chunk)
      if (!rest.isEmpty) {
        const first = bytes.indexOf(LF) + 1
        rest.push(first === 0 ? bytes : bytes.subarray(0, first))
        if (first === 0) return
        rest.flush(read)
        bytes = bytes.subarray(first)
      }
      const end = bytes.lastIndexOf(LF) + 1
      if (end > 0) read(end === bytes.length ? bytes : bytes.subarray(0, end))
      rest.push(bytes.subarray(end))
    },
    close: () => rest.flush(read),
  }
}

function bodyReader(read: (bytes: Buffer) => void): BoundReader {
  const body = new Gathered(MOST_BODY_BYTES)
  return { push: (chunk) => body.push(asBuffer(chunk)), close: () => body.flush(read) }
}
