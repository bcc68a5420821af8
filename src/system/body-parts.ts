// The body of a long question in the parts in which it goes out: large ones are cut, so that each says when it has left, and small ones go together.

/** Of one part, and of what is put on the line at a time, bytes. */
export const PART_BYTES = 256 * 1024
/** A client may send its body in pieces of one byte, each of which would cost as much as a long one. */
const SMALL_BYTES = 4 * 1024
/** Small ones together, bytes. */
const JOINED_BYTES = 64 * 1024

export function* partsOf(body: readonly Uint8Array[]): Generator<Uint8Array, undefined> {
  let small: Uint8Array[] = []
  let bytes = 0
  for (const piece of body) {
    const isSmall = piece.byteLength < SMALL_BYTES
    if (small.length > 0 && (!isSmall || bytes + piece.byteLength > JOINED_BYTES)) {
      yield Buffer.concat(small, bytes)
      small = []
      bytes = 0
    }
    if (isSmall) {
      small.push(piece)
      bytes += piece.byteLength
    } else for (let at = 0; at < piece.byteLength; at += PART_BYTES) yield piece.subarray(at, at + PART_BYTES)
  }
  if (small.length > 0) yield Buffer.concat(small, bytes)
}
