// What is noted of one call for the ledger: who stood to be chosen at each attempt, and how the attempt went. On the way of the call only moments
// and copies are taken; lines and traces are made of them behind the answer.
import { type Choice, choiceOf } from '../core/choice.ts'
import type { Failure } from '../core/failure.ts'
import type { AttemptOutcome, LedgerLine } from '../core/ledger.ts'
import { formatRef } from '../core/model-ref.ts'
import type { PickQuery } from '../core/pick.ts'
import { costOf, type Price } from '../core/price.ts'
import { printable } from '../core/profile.ts'
import type { ChatUsage } from '../core/protocol.ts'
import type { Around } from '../store/ledger.ts'
import type { System } from '../system/system.ts'
import type { Access } from './acquire.ts'
import type { View } from './auth.ts'
import { isMetered, priceOf } from './metered.ts'
import type { Refused, VendorCall } from './vendor-call.ts'

/** Of a name as a line holds it, characters. */
export const LONGEST_NAME = 200
/** Prices are in millionths of a dollar. */
const MICRO = 1_000_000

/** A cost as a line holds it, US dollars. @param micro millionths of one */
export function costIn(micro: number): number {
  return micro / MICRO
}

/** One call, from its first choice to its last attempt. */
export class CallRecord {
  /** Names the call, and says nothing of it. */
  readonly id: string
  readonly #view: View
  readonly #about: Pick<LedgerLine, 'agent' | 'face' | 'session'>
  readonly #traceParent: string | undefined
  readonly #asked: Pick<VendorCall, 'provider' | 'model'>
  #choice: Choice | undefined
  #lines = 0

  /** @returns undefined for a call of which nobody has said where it comes from: it is not noted */
  static of(view: View, { from, provider, model }: VendorCall): CallRecord | undefined {
    if (from === undefined) return undefined
    return new CallRecord(view, from, model === undefined ? { provider } : { provider, model })
  }

  private constructor(
    view: View,
    from: NonNullable<VendorCall['from']>,
    asked: Pick<VendorCall, 'provider' | 'model'>,
  ) {
    this.id = callId(view.home.system)
    this.#view = view
    this.#about = { agent: view.agentId, face: from.face, session: from.session ?? '' }
    this.#asked = asked
    this.#traceParent = from.traceParent
  }

  /** Before a candidate is taken, which moves what decides. */
  choosing(provider: string, query: PickQuery): void {
    const facts = this.#view.facts().providers.get(provider)
    this.#choice = facts === undefined ? undefined : choiceOf(facts, query)
  }

  /** The request goes out. */
  sent(request: VendorCall, access: Access): AttemptRecord {
    const { provider, model = '' } = request
    const price = (): Price | undefined =>
      isMetered(this.#view, access) ? priceOf(this.#view, provider, model) : undefined
    return new AttemptRecord(this.#view, this.#next(request, access.candidate.id), price, this.#around(access.origin))
  }

  /** Nobody is left, and the client hears so. */
  refused(request: VendorCall, { status, failure }: Refused): void {
    const record = new AttemptRecord(this.#view, this.#next(request, undefined), () => undefined, {})
    record.answered(status)
    record.over('refused', failure)
  }

  #around(origin: string): Around {
    return this.#traceParent === undefined ? { origin } : { origin, traceParent: this.#traceParent }
  }

  #next({ provider, model, endpoint }: VendorCall, profile: string | undefined): () => LineStart {
    const choice = this.#choice
    const attempt = ++this.#lines
    const asked = this.#asked
    return () => {
      const trace = choice?.trace(profile)
      const [name, first] = [nameOf(provider, model), nameOf(asked.provider, asked.model)]
      return {
        call: this.id,
        attempt,
        ...this.#about,
        session: printable(this.#about.session, LONGEST_NAME),
        endpoint,
        model: name,
        ...(name === first ? {} : { insteadOf: first }),
        ...(profile === undefined ? {} : { profile: printable(profile, LONGEST_NAME) }),
        ...(trace === undefined ? {} : { trace }),
      }
    }
  }
}

type LineStart = Omit<LedgerLine, 'at' | 'outcome' | 'ms'>

/** One line, until it is over. */
export class AttemptRecord {
  /** Why it did not serve; often judged only when the next profile has been asked. */
  failure: Failure | undefined
  readonly #view: View
  readonly #start: () => LineStart
  readonly #price: () => Price | undefined
  readonly #around: Around
  readonly #at: number
  readonly #sentAt: number
  #status: number | undefined
  #firstByteMs: number | undefined
  #ms: number | undefined
  #outcome: AttemptOutcome = 'aborted'
  #usage: (() => ChatUsage) | undefined
  #judge: (() => void) | undefined

  /** @param price of what is billed by use, where it is known; asked when the line is made, as `start` is */
  constructor(view: View, start: () => LineStart, price: () => Price | undefined, around: Around) {
    const { system } = view.home
    this.#view = view
    this.#start = start
    this.#price = price
    this.#around = around
    this.#at = system.now()
    this.#sentAt = system.monotonic()
  }

  /** The head of the answer is there. */
  answered(status: number): void {
    this.#status = status
    this.#firstByteMs = this.#view.home.system.monotonic() - this.#sentAt
  }

  /**
   * How it ended. Told again, as long as the line is not made, the later word counts.
   * @param usage asked when the line is made
   */
  over(outcome: AttemptOutcome, failure?: Failure, usage?: () => ChatUsage): void {
    this.#outcome = outcome
    if (failure !== undefined) this.failure = failure
    if (usage !== undefined) this.#usage = usage
    if (this.#ms !== undefined) return
    this.#ms = this.#view.home.system.monotonic() - this.#sentAt
    this.#view.store.ledger.record(() => this.#line(), this.#around)
  }

  /** Another profile is asked, or nobody. @param judge sets `failure`; asked when the line is made and nobody has: on a busy machine it may be first */
  steppedOver(judge: () => void): void {
    this.#judge = judge
    this.over('stepped_over')
  }

  #line(): LedgerLine {
    if (this.failure === undefined) this.#judge?.()
    const { trace, ...start } = this.#start()
    const usage = this.#usage?.()
    const status = this.#status ?? this.failure?.status
    const isTold = usage !== undefined && usage.input + usage.output + usage.cacheRead + usage.cacheWrite > 0
    const price = isTold ? this.#price() : undefined
    const isAsked = start.profile !== undefined && this.#firstByteMs !== undefined
    return {
      at: this.#at,
      ...start,
      outcome: this.#outcome,
      ...(this.failure === undefined ? {} : { class: this.failure.class }),
      ...(status === undefined ? {} : { status }),
      ...(isAsked ? { firstByteMs: Math.round(this.#firstByteMs ?? 0) } : {}),
      ms: Math.round(this.#ms ?? 0),
      ...(isTold ? { tokens: usage } : {}),
      ...(isTold && price !== undefined ? { cost: costIn(costOf(price, usage)) } : {}),
      ...(trace === undefined ? {} : { trace }),
    }
  }
}

function nameOf(provider: string, model: string | undefined): string {
  return printable(model === undefined ? provider : formatRef({ provider, model }), LONGEST_NAME)
}

const ID_DIGITS = 9
const DRAWN_BYTES = 256 * ID_DIGITS
const chances = new WeakMap<System, { digits: string; at: number }>()

/** `c` and nine hexadecimal digits; chance is drawn for many of them together. */
export function callId(system: System): string {
  let chance = chances.get(system)
  if (chance === undefined || chance.at >= chance.digits.length) {
    chance = { digits: Buffer.from(system.randomBytes(DRAWN_BYTES)).toString('hex'), at: 0 }
    chances.set(system, chance)
  }
  const { digits, at } = chance
  chance.at += ID_DIGITS
  return `c${digits.slice(at, chance.at)}`
}
