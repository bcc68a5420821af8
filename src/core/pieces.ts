// A body in pieces, as a socket gave them: searched without joining them.

const NOTHING = Buffer.alloc(0)

/** Whether the text stands in the body, wherever the pieces are cut; nothing is copied but what stands at the cuts. */
export function piecesHold(pieces: readonly Uint8Array[], text: Buffer): boolean {
  const [only] = pieces
  if (only !== undefined && pieces.length === 1) return asBuffer(only).includes(text)
  let before: Buffer = NOTHING
  return pieces.some((piece) => {
    const cut = Buffer.concat([before, piece.subarray(0, text.length)])
    before = Buffer.concat([before, piece.subarray(-text.length)]).subarray(-text.length)
    return cut.includes(text) || asBuffer(piece).includes(text)
  })
}

/** The same bytes with the library's ways to search them. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The body in one; copied only where it is not. */
export function joinedPieces(pieces: readonly Uint8Array[]): Buffer {
  const [only] = pieces
  return only !== undefined && pieces.length === 1 ? asBuffer(only) : Buffer.concat(pieces)
}
