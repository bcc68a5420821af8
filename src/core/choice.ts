// What a choice was made from, kept until its trace is asked for, behind the answer. Most choices differ from the one before in nothing but the
// moment and whose turn it is: such a one is copied and explained once, and the calls after it share what it came to.
import { stillCap } from './cap.ts'
import { type Health, healthOfModel } from './health.ts'
import type { BoundTo } from './issued.ts'
import { type KeptTraceLine, keptTrace } from './ledger.ts'
import type { Candidate, ProviderFacts } from './order.ts'
import { explain, type Pick, type PickQuery, pick, renewalNeedOf } from './pick.ts'
import type { Ramps } from './ramp.ts'
import { isHeldBack, keptFor, type Slots } from './slots.ts'

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
  return { trace: () => keptTrace(explain(still(), asked)) }
}

function oneOfMany(count: number, taken: string | undefined): KeptTraceLine[] {
  const reason = `one of ${count} candidates, more than are noted at each call`
  return taken === undefined ? [] : [{ id: taken, verdict: 'taken', rule: 'first', reason }]
}

/** A choice that stays what it is until something of weight changes, or the clock comes to where something ends. */
class Steady implements Choice {
  readonly #facts: () => ProviderFacts
  readonly #query: PickQuery
  /** Of the candidates, in their order; of such as are alike the latest. */
  readonly #healths: Health[]
  /** Of those that renew themselves: whether that is due. */
  readonly #renewals: [Candidate, boolean][]
  readonly #gauges: number[]
  readonly #until: number
  readonly #traces = new Map<string | undefined, KeptTraceLine[]>()

  constructor(facts: ProviderFacts, query: PickQuery) {
    const { candidates } = facts
    this.#healths = candidates.map(({ health }) => health)
    this.#renewals = candidates
      .filter(({ renewable }) => renewable === true)
      .map((one) => [one, renewalNeedOf(one, query.now) === 'due'])
    this.#gauges = gaugesOf(facts, query)
    this.#until = nextEnd(facts, query)
    this.#facts = stillOf(facts, query)
    this.#query = stillQuery(query)
  }

  /** Whether the question is the same, perhaps at another moment. */
  isOf({ model, pin, beyondLoopback, fromFlatRate, for: asker, bound }: PickQuery): boolean {
    const own = this.#query
    if (own.model !== model || own.pin?.id !== pin?.id || own.pin?.by !== pin?.by || own.for !== asker) return false
    if (own.pin?.holds !== pin?.holds || !isSameBound(own.bound, bound)) return false
    return own.beyondLoopback === beyondLoopback && own.fromFlatRate === fromFlatRate
  }

  /** @param query the same question */
  isStill(facts: ProviderFacts, query: PickQuery): boolean {
    const { now } = query
    if (now < this.#query.now || now >= this.#until) return false
    const { candidates } = facts
    for (let at = 0; at < candidates.length; at++) {
      const [known, health] = [this.#healths[at], candidates[at]?.health]
      // Of most nothing has changed, and every call looks at all of them.
      if (known === health) continue
      if (known === undefined || health === undefined || !isAlike(known, health)) return false
      this.#healths[at] = health
    }
    for (const [one, wasDue] of this.#renewals) if ((renewalNeedOf(one, now) === 'due') !== wasDue) return false
    const gauges = gaugesOf(facts, query)
    return gauges === NO_GAUGES || this.#gauges.every((known, at) => known === gauges[at])
  }

  /** Whoever is taken was well: of such, turns decide, and nothing else of the trace depends on who it was. */
  trace(taken: string | undefined): readonly KeptTraceLine[] {
    const known = this.#traces.get(taken)
    if (known !== undefined) return known
    const facts = this.#facts()
    const candidate = facts.candidates.find(({ id }) => id === taken)
    const chosen: Pick | undefined = candidate === undefined ? undefined : { candidate, early: false }
    const trace = keptTrace(explain(facts, this.#query, chosen))
    this.#traces.set(taken, trace)
    return trace
  }
}

function isSameBound(one: BoundTo | undefined, other: BoundTo | undefined): boolean {
  return one?.profile === other?.profile && one?.field === other?.field && one?.isGuess === other?.isGuess
}

const NO_GAUGES: number[] = []

/** What is left of each, and until when the last of it is kept, where anybody has configured that it counts. */
function gaugesOf(facts: ProviderFacts, query: PickQuery): number[] {
  const { candidates, headroomOf, reserve } = facts
  if (headroomOf === undefined && reserve === undefined) return NO_GAUGES
  return candidates.flatMap((one) => [headroomOf?.(one, query.now) ?? 0, keptFor(facts, one, query)])
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

/**
 * The facts as they stand now, put together when they are asked for: most never are. What a candidate is replaced by later is another object; of
 * what changes within it, this holds what is there now.
 */
function stillOf(facts: ProviderFacts, { now }: PickQuery): () => ProviderFacts {
  const { headroomOf, reserve, cap } = facts
  const moving = facts.candidates.map(movingOf)
  const left = headroomOf === undefined ? undefined : facts.candidates.map((one) => headroomOf(one, now))
  const kept = reserve === undefined ? undefined : facts.candidates.map((one) => reserve.until(one, now))
  const still = cap === undefined ? undefined : stillCap(cap, now)
  return () => {
    const candidates = facts.candidates.map((one, at): Candidate => {
      const copy = { ...one }
      delete copy.takenAt
      delete copy.slots
      delete copy.ramps
      return Object.assign(copy, moving[at])
    })
    const told = (values: number[]): ((one: Candidate) => number) => {
      const all = new Map(candidates.map((copy, at) => [copy, values[at] ?? 0]))
      return (one) => all.get(one) ?? 0
    }
    return {
      ...facts,
      candidates,
      ...(still === undefined ? {} : { cap: still }),
      ...(left === undefined ? {} : { headroomOf: told(left) }),
      ...(reserve === undefined || kept === undefined ? {} : { reserve: { ...reserve, until: told(kept) } }),
    }
  }
}

/** What moves within a candidate; its places and ramps are counted on by every call. */
type Moving = { health: Health; takenAt?: number; slots?: Slots; ramps?: Ramps }

function movingOf({ health, takenAt, slots, ramps }: Candidate): Moving {
  const moving: Moving = { health }
  if (takenAt !== undefined) moving.takenAt = takenAt
  if (slots !== undefined) moving.slots = { ...slots, load: { ...slots.load } }
  if (ramps !== undefined) moving.ramps = new Map([...ramps].map(([name, ramp]) => [name, { ...ramp }]))
  return moving
}

/** Who was tried grows with the call. */
function stillQuery(query: PickQuery): PickQuery {
  const { tried, ...rest } = query
  return tried === undefined || tried.size === 0 ? rest : { ...rest, tried: new Set(tried) }
}
