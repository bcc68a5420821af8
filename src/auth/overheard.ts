// What passes of an answer, read along when it has gone out: what it used, and the error that a stream may end with.
import type { BoundReader } from '../core/bound-reader.ts'
import { type ChatUsage, NO_USAGE } from '../core/protocol.ts'
import type { Endpoint, UsageReader } from '../providers/provider.ts'
import { Tail } from '../providers/stream-error.ts'
import type { Access } from './acquire.ts'
import type { View } from './auth.ts'
import { issuedReader } from './issued.ts'
import { issuedOf } from './issuers.ts'
import type { VendorCall } from './vendor-call.ts'

/** The next call of the same client may be there already: what is read behind the last ones lets it pass, ms. */
const BEHIND_MS = 20

/** Who reads along. */
type Readers = {
  usage: UsageReader | undefined
  /** Hears what only the account can open; absent: nobody else is there who could be shown it. */
  issued: BoundReader | undefined
}

export class Overheard {
  readonly #readers: () => Readers
  #begun: Readers | undefined
  readonly #tail: Tail | undefined
  readonly #later: (read: () => void) => void
  /** Pieces that have passed and are not looked at yet, and how many of them were looked through for what is bound. */
  readonly #unread: Uint8Array[] = []
  #searched = 0

  /** The answer of an access to a request. @param isStream whether an error may come at its end */
  constructor(view: View, access: Access, { endpoint, streaming }: VendorCall, isStream: boolean) {
    // Made when something has passed: the client waits for the first byte.
    this.#readers = () => ({
      usage: access.provider.readUsage(endpoint, streaming),
      issued: issuedReader(view, access, streaming),
    })
    this.#tail = isStream ? new Tail() : undefined
    this.#later = (read) => {
      const { system } = view.home
      const memory = issuedOf(view.home)
      const safely = (): void => {
        try {
          read()
        } catch (error) {
          // It may be read while another client's request is looked at, which has no part in it.
          const why = error instanceof Error ? error.message : 'unknown'
          system.log.error('what an answer handed out could not be read', { profile: access.candidate.id, why })
        }
      }
      if (memory.later(safely)) system.timer(BEHIND_MS, () => memory.readUp())
    }
  }

  get #along(): Readers {
    this.#begun ??= this.#readers()
    return this.#begun
  }

  /** @returns whether nothing else waits to be read */
  push(chunk: Uint8Array): boolean {
    return this.#unread.push(chunk) === 1
  }

  read(): void {
    for (const chunk of this.#unread) {
      this.#along.usage?.push(chunk)
      this.#tail?.push(chunk)
    }
    this.#search()
    this.#unread.length = 0
    this.#searched = 0
  }

  #search(): void {
    const { issued } = this.#along
    if (issued === undefined) return
    for (; this.#searched < this.#unread.length; this.#searched++) {
      const chunk = this.#unread[this.#searched]
      if (chunk !== undefined) issued.push(chunk)
    }
  }

  /** What a request brings back is known when somebody asks for it (`issued.ts`); what the answer cost can wait. */
  #close(): void {
    this.#search()
    this.#along.issued?.close()
  }

  /** What passed, as far as the vendor has counted it. */
  usage(): ChatUsage {
    this.read()
    return this.#along.usage?.usage() ?? NO_USAGE
  }

  /** All has passed. @returns the error that a stream ended with. The client may ask again at once: what need not be read now is read when it is counted. */
  error(endpoint: Endpoint): Buffer | undefined {
    this.#later(() => this.#close())
    if (this.#tail?.isSuspect(this.#unread) !== true) return undefined
    this.read()
    const error = this.#tail.error(endpoint)
    return error === undefined ? undefined : Buffer.from(error)
  }
}
