// What passes of an answer, read along when it has gone out: what it used, and the error that a stream may end with.
import { type ChatUsage, NO_USAGE } from '../core/protocol.ts'
import type { Endpoint, UsageReader } from '../providers/provider.ts'
import { Tail } from '../providers/stream-error.ts'

export class Overheard {
  readonly #usage: UsageReader | undefined
  readonly #tail: Tail | undefined
  /** Pieces that have passed and are not looked at yet. */
  readonly #unread: Uint8Array[] = []

  /** @param isStream whether an error may come at its end */
  constructor(usage: UsageReader | undefined, isStream: boolean) {
    this.#usage = usage
    this.#tail = isStream ? new Tail() : undefined
  }

  /** @returns whether nothing else waits to be read */
  push(chunk: Uint8Array): boolean {
    return this.#unread.push(chunk) === 1
  }

  read(): void {
    for (const chunk of this.#unread) {
      this.#usage?.push(chunk)
      this.#tail?.push(chunk)
    }
    this.#unread.length = 0
  }

  /** What passed, as far as the vendor has counted it. */
  usage(): ChatUsage {
    this.read()
    return this.#usage?.usage() ?? NO_USAGE
  }

  /** The error that a stream ended with. The client may ask again at once: what need not be read now is read when it is counted. */
  error(endpoint: Endpoint): Buffer | undefined {
    if (this.#tail?.isSuspect(this.#unread) !== true) return undefined
    this.read()
    const error = this.#tail.error(endpoint)
    return error === undefined ? undefined : Buffer.from(error)
  }
}
