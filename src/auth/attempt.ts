// One attempt of a call: its answer is relayed when it is one, held and judged when it is a refusal, or as long as it may turn out to be one.
import { type Failure, isAboutAccount, isWorthNextProfile } from '../core/failure.ts'
import { type ChatUsage, NO_USAGE } from '../core/protocol.ts'
import { transportFailure } from '../providers/http-failure.ts'
import { type Found, hasOpening, OPENING_MS, Opening } from '../providers/opening.ts'
import { verdictOf } from '../providers/verdict.ts'
import type { Answer, RawHeaders, TransportFailure } from '../system/send.ts'
import type { Timer } from '../system/system.ts'
import type { Access } from './acquire.ts'
import type { View } from './auth.ts'
import type { AttemptRecord } from './call-record.ts'
import { cleanHeaders, scrubbed } from './clean-answer.ts'
import { hear } from './hear.ts'
import { Overheard } from './overheard.ts'
import { settle } from './settle.ts'
import type { CallSink, Run, VendorCall } from './vendor-call.ts'

const MAX_REFUSAL_BYTES = 64 * 1024
const NOTHING = new Uint8Array()

export class Attempt implements Answer {
  readonly #run: Run
  readonly #view: View
  readonly #request: VendorCall
  readonly #access: Access
  readonly #sink: CallSink
  readonly #record: AttemptRecord | undefined
  #relaying = false
  #isOver = false
  #status = 0
  #headers: RawHeaders = []
  #held: Uint8Array[] = []
  #heldBytes = 0
  #heard: Overheard | undefined
  /** While nothing has been relayed of a stream that has begun well. */
  #opening: Opening | undefined
  #resume: () => void = () => undefined
  #patience: Timer | undefined
  #isHeadOver = false
  /** It announced an error before anything else: what still comes of it is nobody's. */
  #isDropped = false
  /** The request was refused within its answer. */
  #isAtFault = false
  /** Hears at once that what began as an answer is none, or broke off with an error: what it costs depends on it. */
  faulty: (how: 'refused' | 'broken') => void = () => undefined

  constructor(run: Run, view: View, request: VendorCall, access: Access, sink: CallSink, record?: AttemptRecord) {
    this.#run = run
    this.#view = view
    this.#request = request
    this.#access = access
    this.#sink = sink
    this.#record = record
  }

  head(status: number, headers: RawHeaders, resume: () => void): void {
    this.#status = status
    this.#record?.answered(status)
    this.#headers = headers
    if (status < 200 || status >= 300) return
    const { endpoint, streaming } = this.#request
    const isStream = streaming && hasOpening(endpoint)
    this.#heard = new Overheard(this.#view, this.#access, this.#request, isStream)
    if (isStream) {
      this.#opening = new Opening(endpoint)
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
    if (this.#heard?.push(chunk) === true) queueMicrotask(() => this.#isOver || this.#heard?.read())
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
    const next = this.#nextAfter(verdict)
    this.faulty('refused')
    if (next !== undefined) this.#drop()
    if (next === 'profile') {
      this.#failed(error)
      return true
    }
    this.#hear(seen)
    const told = this.#scrubbed(Buffer.from(opening.bytes()))
    if (next === 'model') return this.#elsewhere(verdict, told)
    this.#isAtFault = true
    this.#record?.over('refused', verdict)
    this.#run.failures.acquit()
    this.#headers = cleanHeaders(this.#view.home.system, this.#headers)
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
      traceId: this.#run.traceId,
      resume,
      isOfFirst,
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

  end(): void {
    // What came last is read when the sink asks.
    this.#isOver = true
    if (this.#opening !== undefined) this.#opened(this.#opening, this.#opening.close())
    if (this.#isDropped) return
    if (this.#relaying) {
      this.#access.slot?.free()
      this.#sink.end(() => this.#told())
      this.#settled()
      return
    }
    const raw = Buffer.concat(this.#held)
    const seen = this.#view.home.system.now()
    // The client waits while a body is read, so it is read first only where the words can turn the verdict.
    const verdict = isAboutAccount(this.#status) ? undefined : this.#judge(raw, seen)
    const next = verdict === undefined ? 'profile' : this.#nextAfter(verdict)
    if (verdict === undefined || next === 'profile') {
      this.#failed(raw)
      return
    }
    this.#hear(seen)
    const body = Buffer.from(this.#scrubbed(raw))
    if (next === 'model') this.#elsewhere(this.#judge(body, seen), body)
    else {
      this.#run.failures.acquit()
      this.#record?.over('refused', verdict)
      this.#relayRefusal(body)
    }
  }

  /** Who may serve after that: another profile; where it is not this one's fault, another model; or nobody. */
  #nextAfter(verdict: Failure): 'profile' | 'model' | undefined {
    if (isWorthNextProfile(verdict)) return this.#run.failures.isRepeated(this.#access, verdict) ? 'model' : 'profile'
    return verdict.class === 'model_not_found' || verdict.lacks !== undefined ? 'model' : undefined
  }

  /** Another profile may serve. */
  #failed(answer: Buffer): void {
    const record = this.#record
    record?.steppedOver(() => this.#run.failures.mark())
    this.#run.failed(this.#access, (now) => {
      const failure = this.#judge(this.#scrubbed(answer), now)
      this.#hear(now, failure)
      if (record !== undefined) record.failure = failure
      return failure
    })
  }

  /** Another model may serve. @param told the vendor's words, for when none does @returns that the vendor need not pause */
  #elsewhere(failure: Failure, told: Buffer): true {
    this.#record?.over('stepped_over', failure)
    this.#run.elsewhere(this.#access, failure, () => {
      this.#record?.over('refused')
      this.#relayRefusal(told, true)
    })
    return true
  }

  /** The answer has passed. It may have ended with an error, which came too late for another profile. */
  #settled(): void {
    if (this.#isAtFault) return
    const error = this.#errorSaid()
    if (error !== undefined) {
      this.#brokeOff(error)
      return
    }
    if (this.#sink.isBroken === true) {
      this.faulty('broken')
      this.#record?.over('broken', this.#untold(), () => this.#told())
      return
    }
    this.#record?.over('served', undefined, () => this.#told())
    settle(this.#view, this.#access, { ok: true }, this.#view.home.system.now())
  }

  #told(): ChatUsage {
    return this.#heard?.usage() ?? NO_USAGE
  }

  /** The error that a stream ended with. */
  #errorSaid(): Buffer | undefined {
    const error = this.#heard?.error(this.#request.endpoint)
    return error === undefined ? undefined : this.#scrubbed(error)
  }

  /** A vendor's trouble is not the account's: that would need another account's success to prove it. */
  #brokeOff(error: Buffer): void {
    this.faulty('broken')
    const at = this.#view.home.system.now()
    const failure = this.#judge(error, at)
    this.#hear(at, failure)
    this.#record?.over('broken', failure, () => this.#told())
    if (failure.scope === 'account') settle(this.#view, this.#access, { ok: false, failure }, at)
  }

  /** The request's own fault: the vendor's words reach the client. */
  #relayRefusal(body: Buffer, isOfFirst = false): void {
    this.#headers = cleanHeaders(this.#view.home.system, this.#headers)
    this.#access.slot?.free()
    this.#begin(() => undefined, isOfFirst)
    if (body.length > 0) this.#sink.data(body)
    this.#sink.end(() => NO_USAGE)
  }

  /** Nobody could make the client's answer of what came. */
  #untold(): Failure {
    return transportFailure({ kind: 'malformed', answered: true }, this.#access.origin)
  }

  fail(transport: TransportFailure): void {
    this.#isOver = true
    this.#patience?.cancel()
    this.#opening = undefined
    if (this.#isDropped) return
    const isUntold = this.#sink.isBroken === true
    const failure = isUntold ? this.#untold() : transportFailure(transport, this.#access.origin)
    const isStopped = failure.class === 'cancelled'
    // Whoever reads along stops a stream for its error, too.
    const error = (isStopped || isUntold) && this.#relaying ? this.#errorSaid() : undefined
    if (this.#relaying) this.#access.slot?.free()
    if (isUntold && error !== undefined && !this.#isAtFault) {
      this.#brokeOff(error)
      return
    }
    const said = error === undefined ? undefined : this.#judge(error, this.#view.home.system.now())
    const isBroken = this.#relaying || transport.mistake !== undefined
    const outcome = isStopped && said === undefined ? 'aborted' : isBroken ? 'broken' : 'stepped_over'
    if (!this.#isAtFault) this.#record?.over(outcome, isStopped ? said : failure, () => this.#told())
    if (transport.mistake !== undefined) this.#run.broken(transport.mistake, this.#relaying ? failure : undefined)
    else if (this.#relaying) this.#sink.broken(failure)
    else if (!isStopped) this.#run.failed(this.#access, () => failure)
  }

  #hear(at: number, failure?: Failure): void {
    hear(this.#view, this.#access, this.#request.endpoint, { headers: this.#headers, at, ...(failure && { failure }) })
  }

  #judge(body: Buffer, now: number): Failure {
    const answer = { status: this.#status, headers: this.#headers, body: body.toString('utf8'), now }
    return verdictOf(this.#access.provider, answer)
  }

  #scrubbed(bytes: Buffer): Buffer {
    return scrubbed(this.#view.home.system, bytes)
  }
}
