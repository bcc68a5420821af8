// What a vendor says that refuses a turn's request itself, gathered while it comes.
import type { RawHeaders } from '../system/send.ts'

/** A refusal is short; of a longer one the beginning counts, bytes. */
const MOST_BYTES = 64 * 1024

export class Refusal {
  readonly status: number
  readonly headers: RawHeaders
  readonly #pieces: Uint8Array[] = []
  #bytes = 0

  constructor(status: number, headers: RawHeaders) {
    this.status = status
    this.headers = headers
  }

  push(chunk: Uint8Array): void {
    this.#bytes += chunk.byteLength
    // The piece belongs to the socket, so what is kept is copied.
    if (this.#bytes <= MOST_BYTES) this.#pieces.push(Uint8Array.from(chunk))
  }

  text(): string {
    return Buffer.concat(this.#pieces).toString('utf8')
  }
}
