// What a choice was made from, kept until its trace is asked for, behind the answer. Most choices differ from the one before in nothing but the
// moment and whose turn it is: such a one is copied and explained once, and the calls after it share what it came to.
import { stillCap } from './cap.ts'
import { type Health, healthOfModel } from './health.ts'
import { type KeptTraceLine, keptTrace } from './ledger.ts'
import type { Candidate, ProviderFacts } from './order.ts'
import { explain, type Pick, type PickQuery, pick, renewalNeedOf } from './pick.ts'
import { isHeldBack, keptFor } from './slots.ts'

/** The candidates as they stood at a choice. */
export type Choice = {
  /** @param taken the id of who was; undefined: nobody. The same value for choices that are the same, so that it is written out once */
  trace(taken: string | undefined): readonly KeptTraceLine[]
}

/** More candidates than this are not copied at every choice. */
const MOST_EXPLAINED = 32
/** So many different questions to the same candidates are kept apart, by model and pin; then all are forgotten. */
const MOST_QUESTIONS = 64

const steadies = new WeakMap<ProviderFacts, Steady[]>()

/** Before a candidate is taken, which moves what decides: what its trace will be made of, whatever happens to the candidates until then. */
export function choiceOf(facts: ProviderFacts, query: PickQuery): Choice {
  const { candidates } = facts
  if (candidates.length > MOST_EXPLAINED) return { trace: (taken) => oneOfMany(candidates.length, taken) }
  if (isMoving(facts, query)) return copied(facts, query)
  const questions = steadies.get(facts) ?? []
  const at = questions.findIndex((one) => one.isOf(query))
  const known = questions[at]
  if (known?.isStill(facts, query) === true) return known
  const chosen = pick(facts, query)
  // Whether somebody may be tried early depends on more than is compared.
  if (chosen.candidate === undefined || chosen.early) return copied(facts, query)
  const fresh = new Steady(facts, query)
  if (at >= 0) questions[at] = fresh
  else if (questions.push(fresh) > MOST_QUESTIONS) questions.splice(0, MOST_QUESTIONS)
  steadies.set(facts, questions)
  return fresh
}

/** Whether the choice follows from what moves with every call: places that are taken, a return from a rest, who was tried, what was spent. */
function isMoving(facts: ProviderFacts, query: PickQuery): boolean {
  if (facts.cap !== undefined) return true
  if (query.tried !== undefined && query.tried.size > 0) return true
  for (const one of facts.candidates) {
    if (one.ramps !== undefined) return true
    if (one.slots !== undefined && isHeldBack(facts, one, query) && keptFor(facts, one, query) === 0) return true
  }
  return false
}

function copied(facts: ProviderFacts, query: PickQuery): Choice {
  const [still, asked] = [stillOf(facts, query), stillQuery(query)]
  return { trace: () => keptTrace(explain(still, asked)) }
}

function oneOfMany(count: number, taken: string | undefined): KeptTraceLine[] {
  const reason = `one of ${count} candidates, more than are noted at each call`
  return taken === undefined ? [] : [{ id: taken, verdict: 'taken', rule: 'first', reason }]
}

/** What explains a candidate and is not the same for good. */
type Standing = { health: Health; left: number; keptUntil: number; isDue: boolean }

/** A choice that stays what it is until something of weight changes, or the clock comes to where something ends. */
class Steady implements Choice {
  readonly #facts: ProviderFacts
  readonly #query: PickQuery
  readonly #standings: Standing[]
  readonly #until: number
  readonly #traces = new Map<string | undefined, KeptTraceLine[]>()

  constructor(facts: ProviderFacts, query: PickQuery) {
    this.#standings = facts.candidates.map((one) => ({ health: one.health, ...gaugesOf(facts, one, query) }))
    this.#until = nextEnd(facts, query)
    this.#facts = stillOf(facts, query)
    this.#query = stillQuery(query)
  }

  /** Whether the question is the same, perhaps at another moment. */
  isOf({ model, pin, beyondLoopback, fromFlatRate, for: asker }: PickQuery): boolean {
    const own = this.#query
    if (own.model !== model || own.pin?.id !== pin?.id || own.pin?.by !== pin?.by || own.for !== asker) return false
    return own.beyondLoopback === beyondLoopback && own.fromFlatRate === fromFlatRate
  }

  /** @param query the same question */
  isStill(facts: ProviderFacts, query: PickQuery): boolean {
    const { now } = query
    if (now < this.#query.now || now >= this.#until) return false
    let at = 0
    for (const one of facts.candidates) {
      const known = this.#standings[at++]
      if (known === undefined || !isAlike(known.health, one.health)) return false
      if (known.left !== leftOf(facts, one, now) || known.keptUntil !== keptFor(facts, one, query)) return false
      if (known.isDue !== isDue(one, now)) return false
    }
    return true
  }

  /** Whoever is taken was well: of such, turns decide, and nothing else of the trace depends on who it was. */
  trace(taken: string | undefined): readonly KeptTraceLine[] {
    const known = this.#traces.get(taken)
    if (known !== undefined) return known
    const candidate = this.#facts.candidates.find(({ id }) => id === taken)
    const chosen: Pick | undefined = candidate === undefined ? undefined : { candidate, early: false }
    const trace = keptTrace(explain(this.#facts, this.#query, chosen))
    this.#traces.set(taken, trace)
    return trace
  }
}

function gaugesOf(facts: ProviderFacts, one: Candidate, query: PickQuery): Omit<Standing, 'health'> {
  const { now } = query
  return { left: leftOf(facts, one, now), keptUntil: keptFor(facts, one, query), isDue: isDue(one, now) }
}

function leftOf({ headroomOf }: ProviderFacts, one: Candidate, now: number): number {
  return headroomOf === undefined ? 0 : headroomOf(one, now)
}

function isDue(one: Candidate, now: number): boolean {
  return one.renewable === true && renewalNeedOf(one, now) === 'due'
}

/** Each success makes a new health; those that tell of no rest are one like the other, but for whether it was used at all. */
function isAlike(a: Health, b: Health): boolean {
  return a === b || (isPlain(a) && isPlain(b) && (a.lastUsedAt === undefined) === (b.lastUsedAt === undefined))
}

function isPlain({ cooldownUntil, disabledUntil, models }: Health): boolean {
  return cooldownUntil === undefined && disabledUntil === undefined && models === undefined
}

/** The first moment ahead at which a rest, a token, a pause or a leave ends, ms epoch; infinite where none does. */
export function nextEnd({ candidates, fence }: ProviderFacts, { now, model }: PickQuery): number {
  let next = Number.POSITIVE_INFINITY
  const look = (at: number | undefined): void => {
    if (at !== undefined && at > now && at < next) next = at
  }
  look(fence?.openUntil)
  for (const { health, expiresAt, paused } of candidates) {
    look(expiresAt)
    look(paused?.until)
    for (const part of [health, healthOfModel(health, model)]) {
      look(part?.cooldownUntil)
      look(part?.disabledUntil)
    }
  }
  return next
}

/** The facts as they stand now: what a candidate is replaced by later is another object, what changes within it is the copy's no more. */
function stillOf(facts: ProviderFacts, { now }: PickQuery): ProviderFacts {
  const { headroomOf, reserve, cap } = facts
  const candidates = facts.candidates.map(stillCandidate)
  const told = (ask: (one: Candidate) => number): ((one: Candidate) => number) => {
    const all = new Map(candidates.map((copy) => [copy, ask(copy)]))
    return (one) => all.get(one) ?? 0
  }
  return {
    ...facts,
    candidates,
    ...(cap === undefined ? {} : { cap: stillCap(cap, now) }),
    ...(headroomOf === undefined ? {} : { headroomOf: told((one) => headroomOf(one, now)) }),
    ...(reserve === undefined ? {} : { reserve: { ...reserve, until: told((one) => reserve.until(one, now)) } }),
  }
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
