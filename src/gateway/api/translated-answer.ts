// One answer of a vendor on its way to a client of another dialect: as events while they come, as a whole when it is over, or as the refusal that it is.
import { Gathered } from '../../dialects/gather.ts'
import type { Answered, Asking, Dialect, Fault, StreamReader, StreamWriter } from '../../dialects/neutral.ts'
import { stampedAnswer, stampedTellings } from '../../dialects/seals.ts'
import { Unsayable } from '../../dialects/unsayable.ts'

/** A whole answer for the client. */
export type Whole = { status: number; body: string; isFault: boolean }

/** What an answer longer than that is not read for, bytes: nobody says that much. */
const MOST_BYTES = 64 * 1024 * 1024

export class TranslatedAnswer {
  readonly #vendor: Dialect
  readonly #client: Dialect
  readonly #asking: Asking
  readonly #vendorStreams: boolean
  readonly #at: number
  #status = 200
  #issuer = ''
  #reader: StreamReader | undefined
  #writer: StreamWriter | undefined
  #gathered: Gathered | undefined
  #text = ''
  #held: Uint8Array[] = []
  #heldBytes = 0

  /** @param about.at when the answer began, ms epoch */
  constructor(vendor: Dialect, client: Dialect, about: { asking: Asking; isStreaming: boolean; at: number }) {
    this.#vendor = vendor
    this.#client = client
    this.#asking = about.asking
    this.#vendorStreams = about.isStreaming
    this.#at = about.at
  }

  /** Whether the client is told as the vendor tells, and not at the end. */
  get isLive(): boolean {
    return this.#writer !== undefined
  }

  /** @param status of the vendor's answer @param issuer the account that answers, see seals.ts */
  begin(status: number, issuer: string): void {
    this.#status = status
    this.#issuer = issuer
    if (status >= 300 || !this.#vendorStreams) return
    if (!this.#asking.isStreaming) {
      const gathered = new Gathered()
      this.#gathered = gathered
      this.#reader = this.#vendor.reader((telling) => gathered.take(telling))
      return
    }
    const write = this.#client.writer({ at: seconds(this.#at), wantsUsage: this.#asking.wantsUsage })
    this.#writer = write
    this.#reader = this.#vendor.reader(
      stampedTellings(this.#client.name, issuer, (telling) => {
        this.#text += write(telling)
      }),
    )
  }

  /** @param chunk of the vendor's @returns what the client is sent now, often nothing */
  push(chunk: Uint8Array): string {
    if (this.#reader !== undefined) {
      this.#reader.push(chunk)
      return this.#take()
    }
    this.#heldBytes += chunk.byteLength
    if (this.#heldBytes <= MOST_BYTES) this.#held.push(Uint8Array.from(chunk))
    return ''
  }

  /** The vendor has ended. @returns what is still to be sent of a stream */
  close(): string {
    this.#reader?.close()
    return this.#take()
  }

  /** The answer as a whole, once the vendor has ended. @param id of the request */
  whole(id: string): Whole {
    if (this.#status >= 300) return this.#refused(this.#vendor.readFault(this.#status, this.#body()), id)
    this.#reader?.close()
    const fault = this.#gathered?.fault
    if (fault !== undefined) return this.#refused(fault, id)
    const answered = this.#answered()
    if (answered === undefined)
      return this.#refused({ status: 502, message: 'The vendor sent an answer that cannot be translated.' }, id)
    const stamp = { at: seconds(this.#at), wantsUsage: true }
    return {
      status: 200,
      body: JSON.stringify(this.#client.writeAnswer(stampedAnswer(answered, this.#client.name, this.#issuer), stamp)),
      isFault: false,
    }
  }

  /** The answer as an event of a stream that has begun already. @param id of the request */
  event(): string {
    const fault = this.#vendor.readFault(this.#status, this.#body())
    return this.#client.writer({ at: seconds(this.#at), wantsUsage: false })({ is: 'fault', fault })
  }

  #answered(): Answered | undefined {
    if (this.#gathered !== undefined) return this.#gathered.answer()
    try {
      return this.#vendor.readAnswer(JSON.parse(this.#body()))
    } catch (error) {
      if (error instanceof Unsayable || error instanceof SyntaxError) return undefined
      throw error
    }
  }

  #refused(fault: Fault, id: string): Whole {
    // Only Anthropic knows 529.
    const status = fault.status === 529 && this.#client.name !== 'messages' ? 503 : fault.status
    const told = status >= 400 && status <= 599 ? status : 502
    return {
      status: told,
      body: JSON.stringify(this.#client.writeFault({ ...fault, status: told }, id)),
      isFault: true,
    }
  }

  #body(): string {
    return Buffer.concat(this.#held).toString('utf8')
  }

  #take(): string {
    const text = this.#text
    this.#text = ''
    return text
  }
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}
