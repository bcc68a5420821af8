// One attempt of a call: its answer is relayed when it is one, held and judged when it is a refusal, or as long as it may turn out to be one.
import { type Failure, isAboutAccount, isWorthNextProfile } from '../core/failure.ts'
import type { ChatUsage } from '../core/protocol.ts'
import { transportFailure } from '../providers/http-failure.ts'
import { type Found, hasOpening, Opening } from '../providers/opening.ts'
import type { UsageReader } from '../providers/provider.ts'
import { Tail } from '../providers/stream-error.ts'
import { verdictOf } from '../providers/verdict.ts'
import type { Answer, Exchange, RawHeaders, TransportFailure } from '../system/send.ts'
import type { Timer } from '../system/system.ts'
import type { Access } from './acquire.ts'
import type { View } from './auth.ts'
import { hear } from './hear.ts'
import { settle } from './settle.ts'
import type { CallSink, VendorCall } from './vendor-call.ts'

/** The call that an attempt belongs to, as the attempt reports to it. */
export type Run = {
  /** Made so far, this one included. */
  readonly attempts: number
  /** Of the attempt that is under way. */
  readonly exchange: Exchange | undefined
  served(access: Access): void
  succeeded(access: Access): void
  requestAtFault(): void
  elsewhere(access: Access, failure: Failure, relay: () => void): void
  failed(access: Access, judge: (now: number) => Failure): void
}

const MAX_REFUSAL_BYTES = 64 * 1024
/**
 * The opening of a stream is held so long for its first content, from its head on, ms. A vendor that has no room says so within a second; and
 * who waits for a model that thinks sees two seconds later, and not a minute, that it does.
 */
const OPENING_MS = 2000
const NOTHING = new Uint8Array()
const NO_USAGE: ChatUsage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }

export class Attempt implements Answer {
  readonly #run: Run
  readonly #view: View
  readonly #request: VendorCall
  readonly #access: Access
  readonly #sink: CallSink
  #relaying = false
  #isOver = false
  #status = 0
  #headers: RawHeaders = []
  #held: Uint8Array[] = []
  #heldBytes = 0
  #usage: UsageReader | undefined
  /** Pieces that have passed and are not looked at yet. */
  readonly #unread: Uint8Array[] = []
  /** While nothing has been relayed of a stream that has begun well. */
  #opening: Opening | undefined
  #resume: () => void = () => undefined
  #patience: Timer | undefined
  #isHeadOver = false
  /** It announced an error before anything else: what still comes of it is nobody's. */
  #isDropped = false
  /** The request was refused within its answer. */
  #isAtFault = false
  #tail: Tail | undefined

  constructor(run: Run, view: View, request: VendorCall, access: Access, sink: CallSink) {
    this.#run = run
    this.#view = view
    this.#request = request
    this.#access = access
    this.#sink = sink
  }

  head(status: number, headers: RawHeaders, resume: () => void): void {
    this.#status = status
    this.#headers = headers
    if (status < 200 || status >= 300) return
    const { endpoint, streaming } = this.#request
    this.#usage = this.#access.provider.readUsage(endpoint, streaming)
    if (streaming && hasOpening(endpoint)) {
      this.#opening = new Opening(endpoint)
      this.#tail = new Tail()
      this.#resume = resume
    } else this.#begin(resume)
    // What was written leaves before microtasks run: the client does not wait for our books.
    queueMicrotask(() => {
      this.#isHeadOver = true
      if (this.#relaying) this.#served()
      else if (this.#opening !== undefined)
        this.#patience = this.#view.home.system.timer(OPENING_MS, () => this.#letGo())
    })
  }

  #served(): void {
    this.#run.served(this.#access)
    this.#hear(this.#view.home.system.now())
  }

  /** Head and opening leave together, and whatever came with them. */
  #letGo(): boolean {
    const bytes = this.#opening?.bytes() ?? NOTHING
    this.#opening = undefined
    this.#patience?.cancel()
    this.#begin(this.#resume)
    if (this.#isHeadOver) queueMicrotask(() => this.#served())
    return bytes.byteLength === 0 || this.#relay(bytes)
  }

  #relay(chunk: Uint8Array): boolean {
    // Read when it has gone out.
    if (this.#unread.push(chunk) === 1) queueMicrotask(() => this.#isOver || this.#readUsage())
    return this.#sink.data(chunk)
  }

  /** What the first events of a stream turned out to be. @returns false to pause the vendor */
  #opened(opening: Opening, found: Found): boolean {
    if (found === 'opening') return true
    if (found === 'content') return this.#letGo()
    this.#opening = undefined
    this.#patience?.cancel()
    const error = Buffer.from(found.error)
    const seen = this.#view.home.system.now()
    const verdict = this.#judge(this.#scrubbed(error), seen)
    if (isWorthNextProfile(verdict) || verdict.class === 'model_not_found') this.#drop()
    if (isWorthNextProfile(verdict)) {
      this.#run.failed(this.#access, (now) => {
        const failure = this.#judge(this.#scrubbed(error), now)
        this.#hear(now, failure)
        return failure
      })
      return true
    }
    this.#hear(seen)
    const told = this.#scrubbed(Buffer.from(opening.bytes()))
    if (verdict.class === 'model_not_found') {
      this.#run.elsewhere(this.#access, verdict, () => this.#relayRefusal(told, true))
      return true
    }
    this.#isAtFault = true
    this.#run.requestAtFault()
    this.#hideSecrets()
    this.#begin(this.#resume)
    return this.#relay(told)
  }

  /** The connection is of use again only where the end has come along with the error. */
  #drop(): void {
    this.#isDropped = true
    const { exchange } = this.#run
    queueMicrotask(() => this.#isOver || exchange?.abort())
  }

  #begin(resume: () => void, isOfFirst = false): void {
    this.#relaying = true
    this.#sink.begin({
      status: this.#status,
      headers: this.#headers,
      access: this.#access,
      attempts: this.#run.attempts,
      resume,
      ...(isOfFirst ? { isOfFirst } : {}),
    })
  }

  data(chunk: Uint8Array): boolean {
    if (this.#relaying) return this.#relay(chunk)
    if (this.#isDropped) return true
    if (this.#opening !== undefined) return this.#opened(this.#opening, this.#opening.push(chunk))
    this.#heldBytes += chunk.byteLength
    // The piece belongs to the socket; a refusal is short, so the copy is.
    if (this.#heldBytes <= MAX_REFUSAL_BYTES) this.#held.push(new Uint8Array(chunk))
    return true
  }

  #readUsage(): void {
    for (const chunk of this.#unread) {
      this.#usage?.push(chunk)
      this.#tail?.push(chunk)
    }
    this.#unread.length = 0
  }

  end(): void {
    // What came last is read when the sink asks.
    this.#isOver = true
    if (this.#opening !== undefined) this.#opened(this.#opening, this.#opening.close())
    if (this.#isDropped) return
    if (this.#relaying) {
      this.#access.slot?.free()
      this.#sink.end(() => {
        this.#readUsage()
        return this.#usage?.usage() ?? NO_USAGE
      })
      this.#settled()
      return
    }
    const raw = Buffer.concat(this.#held)
    const seen = this.#view.home.system.now()
    // The client waits while a body is read, so it is read first only where the words can turn the verdict.
    const verdict = isAboutAccount(this.#status) ? undefined : this.#judge(raw, seen)
    if (verdict === undefined || isWorthNextProfile(verdict)) {
      this.#run.failed(this.#access, (now) => {
        const failure = this.#judge(this.#scrubbed(raw), now)
        this.#hear(now, failure)
        return failure
      })
      return
    }
    this.#hear(seen)
    const body = Buffer.from(this.#scrubbed(raw))
    if (verdict.class === 'model_not_found')
      this.#run.elsewhere(this.#access, this.#judge(body, seen), () => this.#relayRefusal(body, true))
    else {
      this.#run.requestAtFault()
      this.#relayRefusal(body)
    }
  }

  /** The answer has passed. It may have ended with an error, which came too late for another profile. */
  #settled(): void {
    if (this.#isAtFault) return
    // The client may ask again at once: what need not be read now is read when it is counted.
    if (this.#tail?.isSuspect(this.#unread) === true) {
      this.#readUsage()
      const error = this.#tail.error(this.#request.endpoint)
      if (error !== undefined) {
        this.#brokeOff(this.#scrubbed(Buffer.from(error)))
        return
      }
    }
    this.#run.succeeded(this.#access)
  }

  /** A vendor's trouble is not the account's: that would need another account's success to prove it. */
  #brokeOff(error: Buffer): void {
    const at = this.#view.home.system.now()
    const failure = this.#judge(error, at)
    this.#hear(at, failure)
    if (failure.scope === 'account') settle(this.#view, this.#access, { ok: false, failure }, at)
  }

  /** The request's own fault: the vendor's words reach the client. */
  #relayRefusal(body: Buffer, isOfFirst = false): void {
    this.#hideSecrets()
    this.#access.slot?.free()
    this.#begin(() => undefined, isOfFirst)
    if (body.length > 0) this.#sink.data(body)
    this.#sink.end(() => NO_USAGE)
  }

  fail(transport: TransportFailure): void {
    this.#isOver = true
    this.#patience?.cancel()
    this.#opening = undefined
    if (this.#isDropped) return
    const failure = transportFailure(transport, this.#access.origin)
    if (this.#relaying) this.#access.slot?.free()
    if (this.#relaying) this.#sink.broken(failure)
    else if (failure.class !== 'cancelled') this.#run.failed(this.#access, () => failure)
  }

  /** What is handed on may be shorter than what came. */
  #hideSecrets(): void {
    this.#headers = withoutLength(this.#headers).map((part) => this.#scrubbed(part))
  }

  #hear(at: number, failure?: Failure): void {
    const told = { headers: this.#headers, at, ...(failure === undefined ? {} : { failure }) }
    hear(this.#view, this.#access, this.#request.endpoint, told)
  }

  #judge(body: Buffer, now: number): Failure {
    const answer = { status: this.#status, headers: this.#headers, body: body.toString('utf8'), now }
    return verdictOf(this.#access.provider, answer)
  }

  /** Some vendors repeat the key they refuse. @returns the very same bytes when there is nothing to hide */
  #scrubbed(bytes: Buffer): Buffer {
    const text = bytes.toString('latin1')
    const clean = this.#view.home.system.log.scrub(text)
    return clean === text ? bytes : Buffer.from(clean, 'latin1')
  }
}

function withoutLength(headers: RawHeaders): RawHeaders {
  return headers.filter((_, at) => headers[at - (at % 2)]?.toString('latin1').toLowerCase() !== 'content-length')
}
