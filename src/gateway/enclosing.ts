// Pictures and files that a WebSocket client is about to show. A frame is small, so they come in pieces, and wait for the message that they belong to
// as long as the connection lasts.
import type { Offer } from '../chat/enclosed.ts'
import { type EnclosureKind, kindOf } from '../core/enclosure.ts'
import { AuthError } from '../core/errors.ts'
import { LARGEST_ENCLOSURE } from '../store/enclosures.ts'

type Waiting = { kind: EnclosureKind; mediaType: string; name: string | undefined; pieces: Buffer[] }

/** On one connection, beside the bytes. */
const MOST_WAITING = 20
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

export class Enclosing {
  readonly #waiting = new Map<string, Waiting>()
  #bytes = 0

  /**
   * @param id as the client calls it; a known one goes on
   * @param data base64 of whole bytes
   * @returns how many bytes wait under the id
   * @throws AuthError usage
   */
  add(id: string, mediaType: string, name: string | undefined, data: string): number {
    const kind = kindOf(mediaType)
    if (kind === undefined || !BASE64.test(data)) {
      throw usage('mediaType is that of a picture, a PDF, a text or a recording, and data is base64.')
    }
    const piece = Buffer.from(data, 'base64')
    const one = this.#waiting.get(id) ?? { kind, mediaType, name, pieces: [] }
    this.#waiting.set(id, one)
    one.pieces.push(piece)
    this.#bytes += piece.byteLength
    // What a message never came for makes room.
    for (const other of this.#waiting.keys()) {
      if (this.#bytes <= LARGEST_ENCLOSURE && this.#waiting.size <= MOST_WAITING) break
      if (other !== id) this.#drop(other)
    }
    if (this.#bytes > LARGEST_ENCLOSURE) {
      this.#drop(id)
      throw usage(`What is shown with one message may be ${LARGEST_ENCLOSURE / 1024 / 1024} MB at most.`)
    }
    return sizeOf(one)
  }

  #drop(id: string): Waiting | undefined {
    const one = this.#waiting.get(id)
    if (this.#waiting.delete(id) && one !== undefined) this.#bytes -= sizeOf(one)
    return one
  }

  /** What waits under the ids, for a message; it waits no longer. @throws AuthError usage */
  take(ids: readonly string[]): Offer[] {
    const missing = ids.find((id) => !this.#waiting.has(id))
    if (missing !== undefined) throw usage('enclosures names what was not sent on this connection (chat.enclose).')
    return ids.flatMap((id) => {
      const one = this.#drop(id)
      if (one === undefined) return []
      const { kind, mediaType, name, pieces } = one
      return [{ kind, mediaType, ...(name === undefined ? {} : { name }), load: async () => Buffer.concat(pieces) }]
    })
  }
}

function sizeOf({ pieces }: Waiting): number {
  return pieces.reduce((sum, { byteLength }) => sum + byteLength, 0)
}

function usage(message: string): AuthError {
  return new AuthError('usage', message, { remedy: 'openclaw agent --help' })
}
