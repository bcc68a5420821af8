// One call to a vendor with whatever profile can serve it: acquire, sign, send, judge, settle, and on to the next before the first content of
// an answer. Nothing is retried once a byte has gone out. Callbacks, not promises: this is the path every token travels.
import { AuthError } from '../core/errors.ts'
import { type Failure, isUndecided } from '../core/failure.ts'
import type { PickQuery } from '../core/pick.ts'
import type { Secret } from '../core/secret.ts'
import type { Exchange, Transport } from '../system/send.ts'
import { type Access, acquire, isReady } from './acquire.ts'
import { Attempt, type Run } from './attempt.ts'
import type { View } from './auth.ts'
import { exhausted, lacksModel, statusFor } from './refuse.ts'
import { renewBehind, renewForCall } from './renew-for-call.ts'
import { settle } from './settle.ts'
import type { Slot } from './slots.ts'
import { type CallSink, outgoing, queryOf, type Refused, type VendorCall } from './vendor-call.ts'
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
  /** Of the present request. */
  readonly #tried = new Set<string>()
  /** Made for the requests before this one. */
  #made = 0
  /** Failures that may be the vendor's or the network's: they rest a profile only when another one then succeeds. */
  readonly #undecided: { access: Access; failure: Failure; at: number }[] = []
  #exchange: Exchange | undefined
  /** The place with the account of the present attempt; a call has one at a time, and none while it is held. */
  #slot: Slot | undefined
  /** What the last failure leaves to be done when the next profile has been asked. */
  #late: (() => void) | undefined
  /** Logins that were renewed for this call because their token was refused: once each. */
  readonly #renewedOnce = new Set<string>()
  readonly #failures: { id: string; failure: Failure }[] = []
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
  }

  abort(): void {
    this.#aborted = true
    this.#patience?.end()
    this.#slot?.free()
    this.#exchange?.abort()
  }

  next(): this {
    const refusal = this.#advance()
    if (refusal !== undefined) this.#refuse(refusal)
    return this
  }

  /** Takes the next profile and sends. @returns why there is none */
  #advance(): AuthError | undefined {
    let access: Access
    this.#slot?.free()
    try {
      access = acquire(this.#view, this.#request.provider, this.#query())
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      return error
    }
    this.#slot = access.slot
    if (this.#isEased(access)) return undefined
    const endpoint = access.provider.endpoints[this.#request.endpoint]
    if (endpoint === undefined) {
      this.#slot?.free()
      const asked = this.#request.endpoint.replace('_', '/')
      return new AuthError('wrong_dialect', `${access.provider.label} has no ${asked} endpoint.`)
    }
    this.#tried.add(access.candidate.id)
    if (access.renewal === 'due') this.#renewed(access, {}, () => this.next())
    else this.#ask(access)
    return undefined
  }

  /** Whether the call comes a moment later, as the only account that could serve is just back from a rest. */
  #isEased({ slot, crowded }: Access): boolean {
    const isEased = crowded === true && this.#waits().ease(() => this.next())
    if (isEased) slot?.free()
    return isEased
  }

  #query(request: VendorCall = this.#request): PickQuery {
    return queryOf(request, this.#view.home.system.now(), this.#tried)
  }

  #ask(access: Access): void {
    const endpoint = access.provider.endpoints[this.#request.endpoint] ?? ''
    try {
      this.#send(access, access.prefix + endpoint + (this.#request.query ?? ''))
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
      ask: (again) => this.#ask(again),
      failed: (refused, judge) => this.failed(refused, judge),
      ended,
    })
  }

  #send(access: Access, path: string): void {
    this.#exchange = this.#transport.send(
      outgoing(this.#request, access, path, this.#view.facts().config.gateway.timeouts),
      new Attempt(this, this.#view, this.#request, access, this.#sink),
    )
    // What was asked on the way may have ended the call.
    if (this.#aborted) this.abort()
  }

  get exchange(): Exchange | undefined {
    return this.#exchange
  }

  get attempts(): number {
    return this.#made + this.#tried.size
  }

  /** A profile is answered: what others failed with before it was their own. Other calls must not wait for the end of this one to know. */
  served({ candidate, model, slot }: Access): void {
    this.#markLate()
    slot?.served()
    if (this.#undecided.length === 0) return
    for (const { access, failure, at } of this.#undecided) {
      // The very same account serves another model: it was not the account, but may well be the model.
      const isOther = failure.scope === 'model' && access.model !== model
      if (isOther || access.candidate.id !== candidate.id) settle(this.#view, access, { ok: false, failure }, at)
    }
    this.#undecided.length = 0
  }

  succeeded(access: Access): void {
    settle(this.#view, access, { ok: true }, this.#view.home.system.now())
  }

  /** The request itself was refused: it clears those who failed before it, and blames nobody. */
  requestAtFault(): void {
    this.#markLate()
    this.#undecided.length = 0
  }

  /**
   * The next profile is asked before this one is marked: the client waits for the one, nobody for the other.
   * @param judge what failed, seen from that moment (ms epoch); asked when it is marked
   */
  failed(access: Access, judge: (now: number) => Failure): void {
    this.#markLate()
    if (this.#aborted) return
    const at = this.#view.home.system.now()
    const { id, renewable, secret } = access.candidate
    if (renewable === true && secret !== undefined && !this.#renewedOnce.has(id)) {
      this.#renewedOnce.add(id)
      const failure = judge(at)
      // A token may end before its time: another one was stored, or one is to be had, and the account is as good as it was.
      if (failure.class === 'auth' && failure.status === 401) {
        this.#renewed(access, { rejected: secret }, () => this.failed(access, () => failure))
        return
      }
    }
    this.#late = () => this.#mark(access, judge(at), at)
    let refusal: AuthError | undefined
    try {
      refusal = this.#advance()
    } catch (error) {
      this.#markLate()
      throw error
    }
    if (refusal === undefined) {
      this.#view.home.system.timer(MARK_MS, () => this.#markLate())
      return
    }
    this.#markLate()
    // Why nobody is left may follow from what was just marked.
    this.next()
  }

  #markLate(): void {
    const mark = this.#late
    this.#late = undefined
    mark?.()
  }

  #mark(access: Access, failure: Failure, at: number): void {
    this.#failures.push({ id: access.candidate.id, failure })
    if (isUndecided(failure)) this.#undecided.push({ access, failure, at })
    else settle(this.#view, access, { ok: false, failure }, at)
    this.#view.home.system.log.info('a profile was stepped over', {
      agent: this.#view.agentId,
      profile: access.candidate.id,
      class: failure.class,
      status: failure.status ?? 0,
    })
  }

  #refuse(error: AuthError): void {
    const last = this.#failures.at(-1)?.failure
    const refused: Refused = {
      status: statusFor(error, last),
      error: last === undefined ? error : exhausted(this.#view, this.#request.provider, error, this.#failures),
      attempts: this.attempts,
      ...(last === undefined ? {} : { failure: last }),
    }
    this.#insteadOf(refused)
  }

  /** Another call takes the place of the present one, or the client hears why none does. */
  #insteadOf(refused: Refused): void {
    const other = this.#sink.otherwise?.(refused)
    if (other === undefined) {
      if (this.#isHeld()) return
      // Nobody was asked since: what the vendor itself said is worth more.
      if (this.#words?.attempts === this.attempts) this.#words.relay()
      else this.#sink.refused(refused)
      return
    }
    this.#turnTo(other)
    this.next()
  }

  #turnTo(request: VendorCall): void {
    this.#request = request
    this.#made += this.#tried.size
    this.#tried.clear()
    this.#failures.length = 0
  }

  #waits(): Patience {
    this.#patience ??= new Patience(this.#view, this.#first.provider, () => this.#query(this.#first))
    return this.#patience
  }

  /** Whether the call waits until somebody can serve what was asked for first, and is refused then if still nobody can. */
  #isHeld(): boolean {
    if (this.#sink.hold === undefined || this.#aborted) return false
    const isHeld = this.#waits().hold(() => {
      this.#words = undefined
      this.#undecided.length = 0
      this.#turnTo(again?.() ?? this.#first)
      this.next()
    })
    const again = isHeld ? this.#sink.hold() : undefined
    return isHeld
  }

  /**
   * The vendor does not have the model, or not for this account: no other profile is asked, another model may be.
   * @param relay hands the vendor's own words to the client, for when no other model is asked
   */
  elsewhere(access: Access, failure: Failure, relay: () => void): void {
    this.requestAtFault()
    this.#slot?.free()
    this.#words ??= { attempts: this.attempts, relay }
    this.#insteadOf({
      // Within a good answer no status tells.
      status: failure.status === undefined || failure.status < 300 ? 404 : failure.status,
      error: lacksModel(this.#view, access, failure),
      attempts: this.attempts,
      failure,
    })
  }
}
