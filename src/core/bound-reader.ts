// What only one account can open, read from an answer while it passes, wherever its pieces are cut.
import { boundInAnswer } from './bound.ts'
import { asBuffer } from './pieces.ts'

const LF = 10
/** Longer lines, and longer answers, are not waited for, bytes. */
const MOST_LINE_BYTES = 1024 * 1024
const MOST_BODY_BYTES = 8 * 1024 * 1024

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

function lineReader(read: (bytes: Buffer) => void): BoundReader {
  let rest: Buffer | undefined
  return {
    push: (chunk) => {
      let bytes = asBuffer(chunk)
      if (rest !== undefined) bytes = Buffer.concat([rest, bytes])
      const end = bytes.lastIndexOf(LF) + 1
      if (end > 0) read(end === bytes.length ? bytes : bytes.subarray(0, end))
      const left = bytes.length - end
      // The piece belongs to the socket's buffer.
      rest = left > 0 && left <= MOST_LINE_BYTES ? Buffer.from(bytes.subarray(end)) : undefined
    },
    close: () => {
      if (rest !== undefined) read(rest)
      rest = undefined
    },
  }
}

function bodyReader(read: (bytes: Buffer) => void): BoundReader {
  let pieces: Buffer[] = []
  let size = 0
  return {
    push: (chunk) => {
      size += chunk.byteLength
      if (size <= MOST_BODY_BYTES) pieces.push(Buffer.from(chunk))
    },
    close: () => {
      if (size <= MOST_BODY_BYTES) read(Buffer.concat(pieces))
      pieces = []
    },
  }
}
