// One answer of a vendor on its way to a client of another dialect: as events while they come, as a whole when it is over, or as the refusal that it is.

import { wholeCalls } from '../../dialects/call-input.ts'
import { namedCalls, withNamedCalls } from '../../dialects/call-names.ts'
import { parseExact, stringifyExact } from '../../dialects/exact.ts'
import { Gathered } from '../../dialects/gather.ts'
import type { Answered, Asking, Dialect, Fault, StreamReader, StreamWriter } from '../../dialects/neutral.ts'
import { stampedAnswer, stampedTellings } from '../../dialects/seals.ts'
import { Unsayable } from '../../dialects/unsayable.ts'

/** A whole answer for the client. */
export type Whole = { status: number; body: string }

/** What an answer longer than that is not read for, bytes: nobody says that much. */
const MOST_BYTES = 64 * 1024 * 1024

/**
 * @param at when the answer began, ms epoch @param name a word that no other answer has, for calls that the vendor gave no name of their own
 * @param mistake hears what nobody foresaw: the client is told then that the answer cannot be translated
 */
export type About = {
  asking: Asking
  isStreaming: boolean
  at: number
  name: string
  mistake: (error: unknown) => void
}

/** Clients of the others parse the input of calls themselves. */
const READS_OBJECTS: ReadonlySet<string> = new Set(['messages', 'generate_content'])

const UNTRANSLATED: Fault = { status: 502, message: 'The vendor sent an answer that cannot be translated.' }

export class TranslatedAnswer {
  readonly #vendor: Dialect
  readonly #client: Dialect
  readonly #asking: Asking
  readonly #vendorStreams: boolean
  readonly #at: number
  readonly #name: string
  #status = 200
  #issuer = ''
  #reader: StreamReader | undefined
  #writer: StreamWriter | undefined
  #gathered: Gathered | undefined
  #text = ''
  #held: Uint8Array[] = []
  /** Of the vendor's, so far. */
  #heldBytes = 0
  readonly #mistake: (error: unknown) => void
  /** It ended in a fault, and nothing that still comes changes that. */
  isBroken = false

  constructor(vendor: Dialect, client: Dialect, about: About) {
    this.#vendor = vendor
    this.#client = client
    this.#asking = about.asking
    this.#vendorStreams = about.isStreaming
    this.#at = about.at
    this.#name = about.name
    this.#mistake = about.mistake
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
      this.#reader = this.#vendor.reader((telling) => {
        this.isBroken ||= telling.is === 'fault'
        gathered.take(telling)
      })
      return
    }
    const write = this.#client.writer({ at: seconds(this.#at), wantsUsage: this.#asking.wantsUsage })
    this.#writer = write
    const tell = stampedTellings(this.#client.name, issuer, (telling) => {
      this.isBroken ||= telling.is === 'fault'
      this.#text += write(telling)
    })
    const named = namedCalls(this.#name, tell)
    this.#reader = this.#vendor.reader(READS_OBJECTS.has(this.#client.name) ? wholeCalls(named) : named)
  }

  /** @param chunk of the vendor's @returns what the client is sent now, often nothing */
  push(chunk: Uint8Array): string {
    const reader = this.#reader
    this.#heldBytes += chunk.byteLength
    if (reader !== undefined)
      return this.#told(() => {
        if (this.#heldBytes > MOST_BYTES) throw new Unsayable('', 'the answer of the vendor has no end')
        reader.push(chunk)
      })
    if (this.#heldBytes <= MOST_BYTES) this.#held.push(Uint8Array.from(chunk))
    return ''
  }

  /** The vendor has ended. @returns what is still to be sent of a stream */
  close(): string {
    return this.#told(() => this.#reader?.close())
  }

  /** What the client is told of what is read. */
  #told(read: () => void): string {
    if (this.isBroken) return ''
    try {
      read()
    } catch (error) {
      this.#mistaken(error)
    }
    return this.#take()
  }

  #mistaken(error: unknown): void {
    this.isBroken = true
    const fault = this.#faultOf(error)
    if (this.#gathered !== undefined) this.#gathered.fault ??= fault
    else this.#text += this.#writer?.({ is: 'fault', fault }) ?? ''
  }

  #faultOf(error: unknown): Fault {
    if (error instanceof Unsayable)
      return { status: 502, message: `${error.why[0]?.toUpperCase()}${error.why.slice(1)}.` }
    this.#mistake(error)
    return UNTRANSLATED
  }

  /** The answer as a whole, once the vendor has ended. @param id of the request */
  whole(id: string): Whole {
    try {
      return this.#whole(id)
    } catch (error) {
      return this.#refused(this.#faultOf(error), id)
    }
  }

  #whole(id: string): Whole {
    if (this.#status >= 300) return this.#refused(this.#vendor.readFault(this.#status, this.#body()), id)
    this.close()
    const fault = this.#gathered?.fault
    if (fault !== undefined) return this.#refused(fault, id)
    const answered = this.#answered()
    if (answered === undefined) return this.#refused(UNTRANSLATED, id)
    const stamp = { at: seconds(this.#at), wantsUsage: true }
    const told = stampedAnswer(withNamedCalls(answered, this.#name), this.#client.name, this.#issuer)
    return { status: 200, body: stringifyExact(this.#client.writeAnswer(told, stamp)) }
  }

  /** The answer as an event of a stream that has begun already. @param id of the request */
  event(): string {
    const fault = this.#vendor.readFault(this.#status, this.#body())
    return this.#client.writer({ at: seconds(this.#at), wantsUsage: false })({ is: 'fault', fault })
  }

  #answered(): Answered | undefined {
    if (this.#gathered !== undefined) return this.#gathered.answer()
    try {
      return this.#vendor.readAnswer(parseExact(this.#body()))
    } catch (error) {
      if (error instanceof Unsayable || error instanceof SyntaxError) return undefined
      throw error
    }
  }

  #refused(fault: Fault, id: string): Whole {
    // Only Anthropic knows 529.
    const status = fault.status === 529 && this.#client.name !== 'messages' ? 503 : fault.status
    this.isBroken = true
    const told = status >= 400 && status <= 599 ? status : 502
    return {
      status: told,
      body: JSON.stringify(this.#client.writeFault({ ...fault, status: told }, id)),
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
