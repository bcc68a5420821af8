// Pictures and files that a WebSocket client is about to show. A frame is small, so they come in pieces, and wait for the message that they belong to
// as long as the connection lasts.
import { isUtf8 } from 'node:buffer'
import type { Offer } from '../chat/enclosed.ts'
import { type EnclosureKind, isPlainText, kindOf, shortName } from '../core/enclosure.ts'
import { AuthError } from '../core/errors.ts'
import { LARGEST_ENCLOSURE } from '../store/enclosures.ts'

/** One picture or file, or a piece of it. `message`: of which message it is a part; absent: its own. */
export type Enclosed = { id: string; message?: string | undefined; mediaType: string; name?: string | undefined }

type Waiting = Enclosed & { kind: EnclosureKind; pieces: Buffer[]; bytes: number }

/** On one connection, beside the bytes. */
const MOST_WAITING = 20
/** Of one file: in pieces of 11 kB it may be as large as any. */
const MOST_PIECES = 2000
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

export class Enclosing {
  readonly #waiting = new Map<string, Waiting>()
  #bytes = 0

  /**
   * @param what a known id goes on
   * @param data base64 of whole bytes
   * @returns how many bytes wait under the id
   * @throws AuthError usage; then nothing of that message waits any more
   */
  add(what: Enclosed, data: string): number {
    const kind = kindOf(what.mediaType)
    if (kind === undefined || !BASE64.test(data)) {
      throw usage(
        'mediaType is that of a PNG, JPEG, GIF or WebP picture, a PDF, a text or a recording, and data is base64.',
      )
    }
    const piece = Buffer.from(data, 'base64')
    const one = this.#waiting.get(what.id) ?? { ...what, kind, pieces: [], bytes: 0 }
    this.#waiting.set(one.id, one)
    one.pieces.push(piece)
    one.bytes += piece.byteLength
    this.#bytes += piece.byteLength
    // What a message never came for makes room; what belongs to the same message does not.
    for (const other of this.#waiting.values()) {
      if (this.#bytes <= LARGEST_ENCLOSURE && this.#waiting.size <= MOST_WAITING) break
      if (!isTogether(one, other)) this.#drop(other.id)
    }
    const wrong =
      this.#bytes > LARGEST_ENCLOSURE
        ? `What is shown with one message may be ${LARGEST_ENCLOSURE / 1024 / 1024} MB at most.`
        : this.#waiting.size > MOST_WAITING
          ? `At most ${MOST_WAITING} pictures and files are shown with one message.`
          : one.pieces.length > MOST_PIECES
            ? `A file comes in ${MOST_PIECES} pieces at most.`
            : undefined
    if (wrong === undefined) return one.bytes
    for (const other of this.#waiting.values()) if (isTogether(one, other)) this.#drop(other.id)
    throw usage(wrong)
  }

  #drop(id: string): Waiting | undefined {
    const one = this.#waiting.get(id)
    if (this.#waiting.delete(id) && one !== undefined) this.#bytes -= one.bytes
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
      const bytes = Buffer.concat(pieces)
      // The model would be told rubbish, at the price of words.
      if (isPlainText(mediaType) && (!isUtf8(bytes) || bytes.includes(0))) {
        throw usage(`${name === undefined ? 'A file' : shortName(name)} is no text in UTF-8. Nothing was sent.`)
      }
      return [{ kind, mediaType, ...(name === undefined ? {} : { name }), load: async () => bytes }]
    })
  }
}

function isTogether(one: Enclosed, other: Enclosed): boolean {
  return one.id === other.id || (one.message !== undefined && one.message === other.message)
}

function usage(message: string): AuthError {
  return new AuthError('usage', message, { remedy: 'openclaw agent --help' })
}
