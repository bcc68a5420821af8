// One attempt of a call: its answer is relayed when it is one, held and judged when it is a refusal.
import { type Failure, isAboutAccount, isWorthNextProfile } from '../core/failure.ts'
import type { ChatUsage } from '../core/protocol.ts'
import { transportFailure } from '../providers/http-failure.ts'
import type { UsageReader } from '../providers/provider.ts'
import { verdictOf } from '../providers/verdict.ts'
import type { Answer, RawHeaders, TransportFailure } from '../system/send.ts'
import type { Access } from './acquire.ts'
import type { View } from './auth.ts'
import { hear } from './hear.ts'
import type { CallSink, VendorCall } from './vendor-call.ts'

/** The call that an attempt belongs to, as the attempt reports to it. */
export type Run = {
  /** Made so far, this one included. */
  readonly attempts: number
  served(access: Access): void
  succeeded(access: Access): void
  requestAtFault(): void
  elsewhere(access: Access, failure: Failure, relay: () => void): void
  failed(access: Access, judge: (now: number) => Failure): void
}

const MAX_REFUSAL_BYTES = 64 * 1024
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
    this.#usage = this.#access.provider.readUsage(this.#request.endpoint, this.#request.streaming)
    this.#begin(resume)
    // What was written leaves before microtasks run: the client does not wait for our books.
    queueMicrotask(() => {
      this.#run.served(this.#access)
      this.#hear(this.#view.home.system.now())
    })
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
    if (this.#relaying) {
      // Read when it has gone out.
      if (this.#unread.push(chunk) === 1) queueMicrotask(() => this.#isOver || this.#readUsage())
      return this.#sink.data(chunk)
    }
    this.#heldBytes += chunk.byteLength
    // The piece belongs to the socket; a refusal is short, so the copy is.
    if (this.#heldBytes <= MAX_REFUSAL_BYTES) this.#held.push(new Uint8Array(chunk))
    return true
  }

  #readUsage(): void {
    for (const chunk of this.#unread) this.#usage?.push(chunk)
    this.#unread.length = 0
  }

  end(): void {
    // What came last is read when the sink asks.
    this.#isOver = true
    if (this.#relaying) {
      this.#sink.end(() => {
        this.#readUsage()
        return this.#usage?.usage() ?? NO_USAGE
      })
      this.#run.succeeded(this.#access)
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

  /** The request's own fault: the vendor's words reach the client. */
  #relayRefusal(body: Buffer, isOfFirst = false): void {
    this.#headers = this.#headers.map((part) => this.#scrubbed(part))
    this.#begin(() => undefined, isOfFirst)
    if (body.length > 0) this.#sink.data(body)
    this.#sink.end(() => NO_USAGE)
  }

  fail(transport: TransportFailure): void {
    const failure = transportFailure(transport, this.#access.origin)
    if (this.#relaying) this.#sink.broken(failure)
    else if (failure.class !== 'cancelled') this.#run.failed(this.#access, () => failure)
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
