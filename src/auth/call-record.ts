// What is noted of one call for the ledger: who stood to be chosen at each attempt, and how the attempt went. On the way of the call only moments
// and copies are taken; lines and traces are made of them behind the answer.
import { stillCap } from '../core/cap.ts'
import type { Failure } from '../core/failure.ts'
import { type AttemptOutcome, type KeptTraceLine, keptTrace, type LedgerLine } from '../core/ledger.ts'
import { formatRef } from '../core/model-ref.ts'
import type { Candidate, ProviderFacts } from '../core/order.ts'
import { explain, type PickQuery } from '../core/pick.ts'
import { costOf, type Price } from '../core/price.ts'
import { printable } from '../core/profile.ts'
import type { ChatUsage } from '../core/protocol.ts'
import type { System } from '../system/system.ts'
import type { Access } from './acquire.ts'
import type { View } from './auth.ts'
import { isMetered, priceOf } from './metered.ts'
import type { Refused, VendorCall } from './vendor-call.ts'

/** More candidates than this are not copied at every choice. */
const MOST_EXPLAINED = 32
const LONGEST_NAME = 200
/** Prices are in millionths of a dollar. */
const MICRO = 1_000_000

/** The candidates as they stood at a choice. */
type Choice = { facts: ProviderFacts; query: PickQuery }

/** One call, from its first choice to its last attempt. */
export class CallRecord {
  /** Names the call, and says nothing of it. */
  readonly id: string
  readonly #view: View
  readonly #about: Pick<LedgerLine, 'agent' | 'face' | 'session'>
  readonly #asked: Pick<VendorCall, 'provider' | 'model'>
  #choice: Choice | undefined
  #lines = 0

  /** @returns undefined for a call of which nobody has said where it comes from: it is not noted */
  static of(view: View, { from, provider, model }: VendorCall): CallRecord | undefined {
    return from === undefined
      ? undefined
      : new CallRecord(view, from, { provider, ...(model === undefined ? {} : { model }) })
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
  }

  /** Before a candidate is taken, which moves what decides: copies of what the choice is made from. */
  choosing(provider: string, query: PickQuery): void {
    const facts = this.#view.facts().providers.get(provider)
    this.#choice = facts === undefined ? undefined : { facts: stillOf(facts, query.now), query: stillQuery(query) }
  }

  /** The request goes out. */
  sent(request: VendorCall, access: Access): AttemptRecord {
    const { provider, model = '' } = request
    const price = (): Price | undefined =>
      isMetered(this.#view, access) ? priceOf(this.#view, provider, model) : undefined
    return new AttemptRecord(this.#view, this.#next(request, access.candidate.id), price)
  }

  /** Nobody is left, and the client hears so. */
  refused(request: VendorCall, { status, failure }: Refused): void {
    const record = new AttemptRecord(this.#view, this.#next(request, undefined), () => undefined)
    record.answered(status)
    record.over('refused', failure)
  }

  #next({ provider, model, endpoint }: VendorCall, profile: string | undefined): () => LineStart {
    const choice = this.#choice
    const attempt = ++this.#lines
    const asked = this.#asked
    return () => {
      const trace = choice === undefined ? undefined : traceOf(choice, profile)
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
  readonly #at: number
  readonly #sentAt: number
  #status: number | undefined
  #firstByteMs: number | undefined
  #ms: number | undefined
  #outcome: AttemptOutcome = 'aborted'
  #usage: (() => ChatUsage) | undefined

  /** @param price of what is billed by use, where it is known; asked when the line is made, as `start` is */
  constructor(view: View, start: () => LineStart, price: () => Price | undefined) {
    const { system } = view.home
    this.#view = view
    this.#start = start
    this.#price = price
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
    this.#view.store.ledger.record(() => this.#line())
  }

  #line(): LedgerLine {
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
      ...(isTold && price !== undefined ? { cost: costOf(price, usage) / MICRO } : {}),
      ...(trace === undefined ? {} : { trace }),
    }
  }
}

function nameOf(provider: string, model: string | undefined): string {
  return printable(model === undefined ? provider : formatRef({ provider, model }), LONGEST_NAME)
}

/** The facts as they stand now: what a candidate is replaced by later is another object, what changes within it is the copy's no more. */
function stillOf(facts: ProviderFacts, now: number): ProviderFacts {
  const { candidates, headroomOf, cap } = facts
  if (candidates.length > MOST_EXPLAINED) return facts
  const copies = candidates.map(stillCandidate)
  const still = { ...facts, candidates: copies, ...(cap === undefined ? {} : { cap: stillCap(cap, now) }) }
  if (headroomOf === undefined) return still
  const left = new Map<Candidate, number>(copies.map((copy) => [copy, headroomOf(copy, now)]))
  return { ...still, headroomOf: (candidate) => left.get(candidate) ?? 0 }
}

/** Places and ramps are counted on by every call. */
function stillCandidate(candidate: Candidate): Candidate {
  const { slots, ramps } = candidate
  if (slots === undefined && ramps === undefined) return { ...candidate }
  return {
    ...candidate,
    ...(slots === undefined ? {} : { slots: { ...slots, load: { ...slots.load } } }),
    ...(ramps === undefined ? {} : { ramps: new Map([...ramps].map(([name, ramp]) => [name, { ...ramp }])) }),
  }
}

/** Who was tried grows with the call. */
function stillQuery(query: PickQuery): PickQuery {
  const { tried, ...rest } = query
  return tried === undefined || tried.size === 0 ? rest : { ...rest, tried: new Set(tried) }
}

function traceOf({ facts, query }: Choice, profile: string | undefined): KeptTraceLine[] {
  const { candidates } = facts
  if (candidates.length <= MOST_EXPLAINED) return keptTrace(explain(facts, query))
  const reason = `one of ${candidates.length} candidates, more than are noted at each call`
  return profile === undefined ? [] : [{ id: profile, verdict: 'taken', rule: 'first', reason }]
}

const ID_DIGITS = 9
const DRAWN_BYTES = 256 * ID_DIGITS
const chances = new WeakMap<System, { digits: string; at: number }>()

/** `c` and nine hexadecimal digits; chance is drawn for many of them together. */
function callId(system: System): string {
  let chance = chances.get(system)
  if (chance === undefined || chance.at >= chance.digits.length) {
    chance = { digits: Buffer.from(system.randomBytes(DRAWN_BYTES)).toString('hex'), at: 0 }
    chances.set(system, chance)
  }
  const { digits, at } = chance
  chance.at += ID_DIGITS
  return `c${digits.slice(at, chance.at)}`
}
