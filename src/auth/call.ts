// One call to a vendor with whatever profile can serve it: acquire, sign, send, judge, settle, and on to the next before the first byte of
// an answer. Nothing is retried once a byte has gone out. Callbacks, not promises: this is the path every token travels.
import { AuthError } from '../core/errors.ts'
import { type Failure, isWorthNextProfile } from '../core/failure.ts'
import type { PickQuery, PinWish } from '../core/pick.ts'
import type { ChatUsage } from '../core/protocol.ts'
import { headerOf, signed } from '../providers/headers.ts'
import { transportFailure } from '../providers/http-failure.ts'
import type { Endpoint, UsageReader } from '../providers/provider.ts'
import type { Exchange, RawHeaders, Transport, TransportFailure } from '../system/send.ts'
import { type Access, acquire } from './acquire.ts'
import type { View } from './auth.ts'
import { exhausted, statusFor } from './refuse.ts'
import { settle } from './settle.ts'

export type VendorCall = {
  provider: string
  endpoint: Endpoint
  method: 'GET' | 'POST'
  /** What comes behind the endpoint's path: `?limit=1`. */
  query?: string
  body?: readonly Uint8Array[]
  bodyBytes: number
  /** The client's headers that may travel, lower-case names, flat. */
  headers: readonly string[]
  streaming: boolean
  pin?: PinWish
  /** The caller is on another machine (D13). */
  beyondLoopback?: boolean
}

export type Refused = {
  /** HTTP status for the client. */
  status: number
  error: AuthError
  failure?: Failure
  attempts: number
}

export type CallSink = {
  /** The answer that will be relayed begins; it may still be the vendor's refusal of the request itself. */
  begin(answer: { status: number; headers: RawHeaders; access: Access; attempts: number; resume: () => void }): void
  /** @returns false to pause the vendor until `resume()` */
  data(chunk: Uint8Array): boolean
  /** @param usage counts what passed; asked after the last byte has gone out, the client need not wait for it */
  end(usage: () => ChatUsage): void
  /** The answer broke off after it had begun. */
  broken(failure: Failure): void
  /** No profile could serve: nothing has been written. */
  refused(refused: Refused): void
}

const MAX_REFUSAL_BYTES = 64 * 1024
const NON_STREAMING_PATIENCE = 5

/**
 * Starts the call; the sink hears of it, possibly before this returns.
 * @param view of the agent whose profiles serve
 */
export function call(view: View, transport: Transport, request: VendorCall, sink: CallSink): { abort(): void } {
  return new Attempts(view, transport, request, sink).next()
}

class Attempts {
  readonly #view: View
  readonly #transport: Transport
  readonly #request: VendorCall
  readonly sink: CallSink
  readonly #tried = new Set<string>()
  /** Failures that may be the vendor's or the network's: they rest a profile only when another one then succeeds. */
  readonly #undecided: { access: Access; failure: Failure }[] = []
  #exchange: Exchange | undefined
  readonly #failures: { id: string; failure: Failure }[] = []
  #aborted = false

  constructor(view: View, transport: Transport, request: VendorCall, sink: CallSink) {
    this.#view = view
    this.#transport = transport
    this.#request = request
    this.sink = sink
  }

  abort(): void {
    this.#aborted = true
    this.#exchange?.abort()
  }

  next(): this {
    const refusal = this.#advance()
    if (refusal !== undefined) this.#refuse(refusal)
    return this
  }

  /** Takes the next profile and sends. @returns why there is none */
  #advance(): AuthError | undefined {
    const { provider, pin, beyondLoopback } = this.#request
    const query: PickQuery = {
      now: this.#view.home.system.now(),
      tried: this.#tried,
      ...(pin === undefined ? {} : { pin }),
      ...(beyondLoopback === true ? { beyondLoopback } : {}),
    }
    let access: Access
    try {
      access = acquire(this.#view, provider, query)
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      return error
    }
    const endpoint = access.provider.endpoints[this.#request.endpoint]
    if (endpoint === undefined) {
      const asked = this.#request.endpoint.replace('_', '/')
      return new AuthError('wrong_dialect', `${access.provider.label} has no ${asked} endpoint.`)
    }
    this.#tried.add(access.candidate.id)
    this.#send(access, access.prefix + endpoint + (this.#request.query ?? ''))
    return undefined
  }

  #send(access: Access, path: string): void {
    const { method, body, bodyBytes, headers, streaming } = this.#request
    const { timeouts } = this.#view.facts().config.gateway
    this.#exchange = this.#transport.send(
      {
        origin: access.origin,
        reach: access.reach,
        path,
        method,
        headers: signed(headers, access.signature, bodyBytes),
        firstByteMs: streaming ? timeouts.firstByteMs : timeouts.firstByteMs * NON_STREAMING_PATIENCE,
        idleMs: timeouts.idleMs,
        ...(body === undefined ? {} : { body, bodyBytes }),
      },
      new Answering(this, access),
    )
    if (this.#aborted) this.#exchange.abort()
  }

  get attempts(): number {
    return this.#tried.size
  }

  usageReader(access: Access): UsageReader {
    return access.provider.readUsage(this.#request.endpoint, this.#request.streaming)
  }

  judge(access: Access, status: number, headers: RawHeaders, body: string): Failure {
    const now = this.#view.home.system.now()
    return access.provider.classify({ status, header: (name) => headerOf(headers, name), body, now })
  }

  /** Some vendors repeat the key they refuse. @returns the very same bytes when there is nothing to hide */
  scrubbed<T extends Uint8Array>(bytes: T): T | Buffer {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    const clean = this.#view.home.system.log.scrub(text)
    return clean === text ? bytes : Buffer.from(clean, 'latin1')
  }

  /** A profile is answered: what others failed with before it was their own. Other calls must not wait for the end of this one to know. */
  served(): void {
    if (this.#undecided.length === 0) return
    const now = this.#view.home.system.now()
    for (const { access, failure } of this.#undecided) settle(this.#view, access, { ok: false, failure }, now)
    this.#undecided.length = 0
  }

  succeeded(access: Access): void {
    settle(this.#view, access, { ok: true }, this.#view.home.system.now())
  }

  /** The request itself was refused: it clears those who failed before it, and blames nobody. */
  requestAtFault(): void {
    this.#undecided.length = 0
  }

  /**
   * The next profile is asked before this one is marked: the client waits for the one, nobody for the other.
   * @param failure decides what follows
   * @param lasting the same, with nothing in it that must not be kept
   */
  failed(access: Access, failure: Failure, lasting: () => Failure): void {
    if (failure.class === 'cancelled' || this.#aborted) return
    let refusal: AuthError | undefined
    try {
      refusal = this.#advance()
    } finally {
      this.#mark(access, lasting())
    }
    // Why nobody is left may follow from what was just marked.
    if (refusal !== undefined) this.next()
  }

  #mark(access: Access, failure: Failure): void {
    this.#failures.push({ id: access.candidate.id, failure })
    const shared = failure.scope === 'vendor' || failure.scope === 'network'
    if (shared) this.#undecided.push({ access, failure })
    else settle(this.#view, access, { ok: false, failure }, this.#view.home.system.now())
    this.#view.home.system.log.info('a profile was stepped over', {
      agent: this.#view.agentId,
      profile: access.candidate.id,
      class: failure.class,
      status: failure.status ?? 0,
    })
  }

  #refuse(error: AuthError): void {
    const last = this.#failures.at(-1)?.failure
    this.sink.refused({
      status: statusFor(error, last),
      error: last === undefined ? error : exhausted(this.#view, this.#request.provider, error, this.#failures),
      attempts: this.#tried.size,
      ...(last === undefined ? {} : { failure: last }),
    })
  }
}

/** One attempt's answer: relayed when it is one, held and judged when it is a refusal. */
class Answering {
  readonly #attempts: Attempts
  readonly #access: Access
  #relaying = false
  #status = 0
  #headers: RawHeaders = []
  #held: Uint8Array[] = []
  #heldBytes = 0
  #usage: UsageReader | undefined

  constructor(attempts: Attempts, access: Access) {
    this.#attempts = attempts
    this.#access = access
  }

  head(status: number, headers: RawHeaders, resume: () => void): void {
    this.#status = status
    this.#headers = headers
    if (status >= 200 && status < 300) {
      this.#usage = this.#attempts.usageReader(this.#access)
      this.#attempts.served()
      this.#begin(resume)
    }
  }

  #begin(resume: () => void): void {
    this.#relaying = true
    this.#attempts.sink.begin({
      status: this.#status,
      headers: this.#headers,
      access: this.#access,
      attempts: this.#attempts.attempts,
      resume,
    })
  }

  data(chunk: Uint8Array): boolean {
    if (this.#relaying) {
      const more = this.#attempts.sink.data(chunk)
      this.#usage?.push(chunk)
      return more
    }
    this.#heldBytes += chunk.byteLength
    // The piece belongs to the socket; a refusal is short, so the copy is.
    if (this.#heldBytes <= MAX_REFUSAL_BYTES) this.#held.push(Uint8Array.from(chunk))
    return true
  }

  end(): void {
    if (this.#relaying) {
      this.#attempts.sink.end(() => this.#usage?.usage() ?? NO_USAGE)
      this.#attempts.succeeded(this.#access)
      return
    }
    const raw = Buffer.concat(this.#held)
    const judged = (bytes: Buffer): Failure =>
      this.#attempts.judge(this.#access, this.#status, this.#headers, bytes.toString('utf8'))
    const failure = judged(raw)
    if (isWorthNextProfile(failure)) {
      this.#attempts.failed(this.#access, failure, () => {
        const clean = this.#attempts.scrubbed(raw)
        return clean === raw ? failure : judged(clean)
      })
      return
    }
    const body = Buffer.from(this.#attempts.scrubbed(raw))
    // The request's own fault: the vendor's words reach the client.
    this.#attempts.requestAtFault()
    this.#headers = this.#headers.map((part) => this.#attempts.scrubbed(part))
    this.#begin(() => undefined)
    if (body.length > 0) this.#attempts.sink.data(body)
    this.#attempts.sink.end(() => NO_USAGE)
  }

  fail(transport: TransportFailure): void {
    const failure = transportFailure(transport, this.#access.origin)
    if (this.#relaying) this.#attempts.sink.broken(failure)
    else this.#attempts.failed(this.#access, failure, () => failure)
  }
}

const NO_USAGE: ChatUsage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }
