// One call to a vendor with whatever profile can serve it: acquire, sign, send, judge, settle, and on to the next before the first content of
// an answer. Nothing is retried once a byte has gone out. Callbacks, not promises: this is the path every token travels.
import { AuthError } from '../core/errors.ts'
import type { Failure } from '../core/failure.ts'
import type { PickQuery } from '../core/pick.ts'
import type { Secret } from '../core/secret.ts'
import type { Answer, Exchange, Transport } from '../system/send.ts'
import { type Access, acquire, type EarlyClaim, isReady } from './acquire.ts'
import { Attempt } from './attempt.ts'
import type { View } from './auth.ts'
import { CallRecord } from './call-record.ts'
import { leftBehind, logCrossing } from './crossing.ts'
import { Failures } from './failures.ts'
import { isCapped, payFor } from './metered.ts'
import { outgoing } from './outgoing.ts'
import { brokenInside, notServed, refusedBy } from './refused.ts'
import { renewBehind, renewForCall } from './renew-for-call.ts'
import type { Slot } from './slots.ts'
import { type CallSink, queryOf, type Refused, type Run, type VendorCall } from './vendor-call.ts'
import { Patience } from './wait.ts'

/** A vendor next door has answered by then, and its answer goes first; other calls must soon know, ms. */
const MARK_MS = 2

/**
 * Starts the call; the sink hears of it, possibly before this returns.
 * @param view of the agent whose profiles serve
 */
export function call(view: View, transport: Transport, request: VendorCall, sink: CallSink): { abort(): void } {
  return new Attempts(view, transport, request, sink).next()
}

class Attempts implements Run {
  readonly #view: View
  readonly #transport: Transport
  #request: VendorCall
  /** For what was asked for; `#request` may be for another model by then. */
  readonly #first: VendorCall
  readonly #sink: CallSink
  readonly #record: CallRecord | undefined
  /** Of the present request. */
  readonly #tried = new Set<string>()
  /** Made for the requests before this one. */
  #made = 0
  readonly failures: Failures
  exchange: Exchange | undefined
  /** The place with the account of the present attempt; a call has one at a time, and none while it is held. */
  #slot: Slot | undefined
  /** Logins that were renewed for this call because their token was refused: once each. */
  readonly #renewedOnce = new Set<string>()
  /** What the vendor said of the first model that it does not have, and when that was the last that anybody said. */
  #words: { attempts: number; relay: () => void } | undefined
  #aborted = false
  #patience: Patience | undefined

  constructor(view: View, transport: Transport, request: VendorCall, sink: CallSink) {
    this.#view = view
    this.#transport = transport
    this.#request = request
    this.#first = request
    this.#sink = sink
    this.failures = new Failures(view)
    this.#record = CallRecord.of(view, request)
  }

  abort(): void {
    this.#aborted = true
    this.#patience?.end()
    this.#slot?.free()
    this.exchange?.abort()
  }

  next(): this {
    this.#goOn(() => {
      const refusal = this.#advance()
      if (refusal !== undefined)
        this.#insteadOf(refusedBy(this.#view, this.#asked(), refusal, this.failures.exhausted()))
    })
    return this
  }

  /** Takes the next profile and sends. @returns why there is none */
  #advance(): AuthError | undefined {
    let access: Access
    this.#slot?.free()
    const query = this.#query()
    this.#record?.choosing(this.#request.provider, query)
    try {
      access = acquire(this.#view, this.#request.provider, query, this.#request.endpoint)
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      return error
    }
    this.#slot = access.slot
    if (this.#isEased(access)) return undefined
    this.#tried.add(access.candidate.id)
    if (access.claim === undefined) this.#go(access)
    else this.#claimed(access, access.claim)
    return undefined
  }

  #claimed(access: Access, { granted, giveBack }: EarlyClaim): void {
    void granted.then((isOurs) => {
      if (!this.#aborted) this.#goOn(() => (isOurs ? this.#go(access) : this.#yield()))
      else if (isOurs) giveBack()
    })
  }

  /** Behind a wait, or an answer, nobody stands above the call who would hear of a mistake of ours, and its client waits. */
  #goOn(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.broken(error)
    }
  }

  broken(mistake: unknown, failure?: Failure): void {
    this.#slot?.free()
    this.failures.mark()
    const refused = brokenInside(this.#view, this.#asked(), mistake)
    if (failure === undefined) this.#sink.refused(refused)
    else this.#sink.broken(failure)
  }

  #go(access: Access): void {
    if (access.renewal === 'due') this.#renewed(access, {}, () => this.next())
    else this.#ask(access)
  }

  /** Another process tries that profile early: nobody was asked. */
  #yield(): void {
    this.#made--
    this.failures.mark()
    this.next()
  }

  /** Whether the call comes a moment later, as the only account that could serve is just back from a rest. */
  #isEased({ slot, crowded }: Access): boolean {
    if (crowded !== true || !this.#waits().ease(() => this.next())) return false
    slot?.free()
    return true
  }

  #query(request: VendorCall = this.#request): PickQuery {
    const now = this.#view.home.system.now()
    const query = queryOf(request, now, this.#tried)
    return request === this.#first ? query : { ...query, ...leftBehind(this.#view, this.#first, request, now) }
  }

  #ask(access: Access): void {
    try {
      if (isCapped(this.#view, access, this.#request)) {
        payFor(this.#view, access, this.#request, {
          isAborted: () => this.#aborted,
          go: (watch) => this.#send(access, watch),
          refused: (failure) => this.failed(access, () => failure),
          broken: (error) => this.broken(error),
        })
      } else this.#send(access)
    } catch (error) {
      this.#slot?.free()
      throw error
    }
    // A live token serves; the next one is fetched behind the call.
    if (access.renewal === 'soon') this.#view.home.system.soon(() => renewBehind(this.#view, access))
  }

  /**
   * Renews the login of the profile, then sends with it; else on to the next profile.
   * @param options.rejected the token that was just refused
   * @param ended what is done when it cannot be renewed any more
   */
  #renewed(access: Access, options: { rejected?: Secret }, ended: () => void): void {
    renewForCall(this.#view, access, options, {
      isAborted: () => this.#aborted,
      isAnotherReady: () => isReady(this.#view, this.#request.provider, this.#query()),
      next: () => this.next(),
      ask: (again) => this.#goOn(() => this.#ask(again)),
      failed: (refused, judge) => this.#goOn(() => this.failed(refused, judge)),
      ended: () => this.#goOn(ended),
    })
  }

  #send(access: Access, watch?: (attempt: Attempt) => Answer): void {
    const record = this.#record?.sent(this.#request, access)
    const attempt = new Attempt(this, this.#view, this.#request, access, this.#sink, record)
    this.exchange = this.#transport.send(outgoing(this.#view, access, this.#request), watch?.(attempt) ?? attempt)
    // What was asked on the way may have ended the call.
    if (this.#aborted) this.abort()
  }

  get traceId(): string | undefined {
    return this.#record?.id
  }

  get attempts(): number {
    return this.#made + this.#tried.size
  }

  /** A profile is answered: what others failed with before it was their own. Other calls must not wait for the end of this one to know. */
  served(access: Access): void {
    if (access.crossing !== undefined) logCrossing(this.#view, access, access.crossing)
    this.failures.mark()
    access.slot?.served()
    this.failures.served(access)
  }

  /**
   * The next profile is asked before this one is marked: the client waits for the one, nobody for the other.
   * @param judge what failed, seen from that moment (ms epoch); asked when it is marked
   */
  failed(access: Access, judge: (now: number) => Failure): void {
    this.failures.mark()
    if (this.#aborted) return
    const { id, renewable, secret } = access.candidate
    if (renewable === true && secret !== undefined && !this.#renewedOnce.has(id)) {
      this.#renewedOnce.add(id)
      const failure = judge(this.#view.home.system.now())
      // A token may end before its time: another one was stored, or one is to be had, and the account is as good as it was.
      if (failure.class === 'auth' && failure.status === 401) {
        this.#renewed(access, { rejected: secret }, () => this.failed(access, () => failure))
        return
      }
    }
    this.failures.later(access, judge)
    this.#goOn(() => {
      if (this.#advance() === undefined) {
        this.#view.home.system.timer(MARK_MS, () => this.failures.mark())
        return
      }
      this.failures.exhausted()
      // Why nobody is left may follow from what was just marked.
      this.next()
    })
  }

  #asked(): Parameters<typeof refusedBy>[1] {
    return { provider: this.#request.provider, attempts: this.attempts, traceId: this.traceId }
  }

  /** Another call takes the place of the present one, or the client hears why none does. */
  #insteadOf(refused: Refused): void {
    const other = this.#sink.otherwise?.(refused)
    if (other !== undefined) {
      // One account is known to open it: why that one cannot serve is worth more than what another one said.
      if (other.bound !== undefined && other.bound.isGuess !== true) this.#words = undefined
      this.#turnTo(other)
      this.next()
    } else if (!this.#isHeld()) {
      // Nobody was asked since: what the vendor itself said is worth more.
      if (this.#words?.attempts === this.attempts) this.#words.relay()
      else {
        this.#sink.refused(refused)
        this.#record?.refused(this.#request, refused)
      }
    }
  }

  #turnTo(request: VendorCall): void {
    this.#request = request
    this.#made += this.#tried.size
    this.#tried.clear()
    this.failures.turn()
  }

  #waits(): Patience {
    this.#patience ??= new Patience(this.#view, this.#first.provider, () => this.#query(this.#first))
    return this.#patience
  }

  /** Whether the call waits until somebody can serve what was asked for first, and is refused then if still nobody can. */
  #isHeld(): boolean {
    if (this.#sink.hold === undefined || this.#aborted) return false
    const isHeld = this.#waits().hold(() =>
      this.#goOn(() => {
        this.#words = undefined
        this.failures.acquit()
        this.#turnTo(again?.() ?? this.#first)
        this.next()
      }),
    )
    const again = isHeld ? this.#sink.hold() : undefined
    return isHeld
  }

  /**
   * The vendor does not have the model, or not for this account, or breaks over the request whoever sends it: no other profile is asked,
   * another model may be.
   * @param relay hands the vendor's own words to the client, for when no other model is asked
   */
  elsewhere(access: Access, failure: Failure, relay: () => void): void {
    this.failures.acquit()
    this.#slot?.free()
    // An account that was asked for the same thing before knew no better.
    if (failure.lacks !== undefined) this.#words = undefined
    this.#words ??= { attempts: this.attempts, relay }
    this.#insteadOf(notServed(this.#view, this.#asked(), access, failure))
  }
}
