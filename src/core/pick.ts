// Order + health + pin -> one candidate, and for every other one the rule by which it was passed over.
import { type CapRule, cappedBy, cappedReason, cappedUntil } from './cap.ts'
import { defectReason } from './defect-reason.ts'
import { fencedReason, isFenced } from './fence.ts'
import { LADDER, type Ladder, mayProbe, restsUntil, unusable } from './health.ts'
import type { BoundTo } from './issued.ts'
import {
  type Candidate,
  compareCandidates,
  compareTurns,
  type Defect,
  defectOf,
  type ProviderFacts,
  placeOf,
  ranksOf,
  type Source,
} from './order.ts'
import { isPaused } from './pause.ts'
import { restText, whyBound, whyFirst, whyPinned } from './pick-reason.ts'
import { isCrowded } from './ramp.ts'
import { type RenewalNeed, renewalNeed } from './renewal.ts'
import type { Asker } from './reserve.ts'
import { type HeldBack, heldBack, isHeldBack, isShut, keptFor } from './slots.ts'

/**
 * The wish of a session, or of one call, for one profile. A `user` pin is kept whatever happens. A `soft` one was chosen by a person or a
 * program as well, but may step aside while its profile cannot serve, and comes back. An `auto` one follows whoever served last, or `holds` what
 * the request brings back.
 */
export type PinWish = { id: string; by: 'user' | 'soft' | 'auto'; holds?: true }

/** Reads a profile as one writes it who chooses it: `anthropic:work`, or `anthropic:work?` when it may step aside. */
export function readPin(text: string): PinWish {
  return text.endsWith('?') ? { id: text.slice(0, -1), by: 'soft' } : { id: text, by: 'user' }
}

/** What a session is tied to, for people. */
export function pinText(pin: PinWish): string {
  if (pin.by === 'auto') return `used ${pin.id} last`
  return pin.by === 'soft' ? `pinned to ${pin.id}, may step aside` : `pinned to ${pin.id}`
}

export type PickQuery = {
  now: number
  /** As the vendor is asked for it; absent: whatever rests for single models only is usable. */
  model?: string
  pin?: PinWish
  /** Tried already for this very call. */
  tried?: ReadonlySet<string>
  /** The caller is on another machine. */
  beyondLoopback?: boolean
  ladder?: Ladder
  /** The model asked for first is that of a subscription of this other provider. */
  fromFlatRate?: string
  /** Who asks; absent: chat, from which nothing is kept. */
  for?: Asker
  /** Only one account can open what the request holds. */
  bound?: BoundTo
  /** Nobody is billed for what is asked, such as a count of tokens. */
  isFree?: true
}

export type Rule =
  | 'pinned'
  | 'first'
  | 'next'
  | 'probe'
  | 'pin_elsewhere'
  | 'bound_elsewhere'
  | 'not_in_order'
  | 'same_as'
  | 'shadowed'
  | 'owner_only'
  | 'metered'
  | CapRule
  | 'tried'
  | 'cooldown'
  | 'disabled'
  | HeldBack['rule']
  | Defect['rule']

export type TraceLine = {
  id: string
  source: Source
  verdict: 'taken' | 'kept' | 'passed_over'
  rule: Rule
  reason: string
  /** When the rule stops to hold, ms epoch; of a paused one: when it could be taken. */
  until?: number
}

export type Pick = {
  candidate?: Candidate
  /** The candidate is resting and is tried early. */
  early: boolean
  /** It is just back from a rest and has enough to do, but nobody else is there. */
  crowded?: true
}

/** Whether the candidate may be taken at all for this query, resting or not. */
function isEligible(facts: ProviderFacts, candidate: Candidate, query: PickQuery): boolean {
  if (query.pin?.by === 'user' && candidate.id !== query.pin.id) return false
  if (defectOf(candidate, query.now) !== undefined || candidate.behind !== undefined) return false
  if (query.tried?.has(candidate.id) === true || query.bound?.ids.has(candidate.id) === false) return false
  if (query.beyondLoopback === true && candidate.ownerOnly === true) return false
  if (!isChosen(candidate, query) && placeOf(facts, candidate, query.now) < 0) return false
  if (facts.cap !== undefined && cappedBy(facts, candidate, query) !== undefined) return false
  return facts.fence === undefined || !isFenced(facts, candidate, query)
}

/** Whoever names a profile may name one that the order leaves out. */
function isChosen({ id }: Candidate, { pin }: PickQuery): boolean {
  return pin !== undefined && pin.by !== 'auto' && pin.id === id
}

/**
 * Chooses. Nothing is allocated and nobody is looked at who stands behind the one to be taken: this runs on every call.
 * @param facts of the provider asked for
 */
export function pick(facts: ProviderFacts, query: PickQuery): Pick {
  const well = firstWell(facts, query, false)
  if (well !== undefined) return { candidate: well, early: false }
  const crowded = facts.candidates.some(({ ramps }) => ramps !== undefined) ? firstWell(facts, query, true) : undefined
  if (crowded !== undefined) return { candidate: crowded, early: false, crowded: true }
  const early = earliest(facts, query)
  return early === undefined ? { early: false } : { candidate: early, early: true }
}

/** The first that may be taken now: the one that is wished for, else as they stand. @param crowded of those that are just back and have enough to do */
function firstWell(facts: ProviderFacts, query: PickQuery, crowded: boolean): Candidate | undefined {
  const { pin } = query
  const isWanted = (one: Candidate): boolean => isCrowded(one, query) === crowded && isUsable(facts, one, query)
  if (pin !== undefined) {
    const pinned = facts.candidates.find(({ id }) => id === pin.id)
    if (pinned !== undefined && isWanted(pinned)) return pinned
  }
  for (const group of ranksOf(facts)) {
    let best: Candidate | undefined
    for (const candidate of group) {
      if (!isWanted(candidate)) continue
      if (best === undefined || goesBefore(facts, candidate, best, query)) best = candidate
    }
    if (best !== undefined) return best
  }
  return undefined
}

/** Whether the candidate may be taken now: it neither rests nor is held back. */
function isUsable(facts: ProviderFacts, candidate: Candidate, query: PickQuery): boolean {
  const isWell = restsUntil(candidate.health, query.now, query.model) === 0 && !isHeldBack(facts, candidate, query)
  return isWell && isEligible(facts, candidate, query)
}

/** Of two usable ones of a group. */
function goesBefore(facts: ProviderFacts, a: Candidate, b: Candidate, query: PickQuery): boolean {
  return (facts.headroomOf === undefined ? compareTurns(a, b) : compareCandidates(facts, a, b, query)) < 0
}

/** Whether the candidate is to be renewed before, or behind, the call that takes it. */
export function renewalNeedOf({ renewable, secret, expiresAt, lifeMs }: Candidate, now: number): RenewalNeed {
  return renewable === true ? renewalNeed({ access: secret, expiresAt, lifeMs }, now) : 'later'
}

/** Everything rests: the one that may be tried before its time, soonest recovery first. */
function earliest(facts: ProviderFacts, query: PickQuery): Candidate | undefined {
  const { now, model, ladder = LADDER } = query
  let early: Candidate | undefined
  for (const candidate of facts.candidates) {
    if (!mayProbe(candidate.health, now, ladder, model) || isHeldBack(facts, candidate, query)) continue
    if (!isEligible(facts, candidate, query)) continue
    if (early === undefined || compareCandidates(facts, candidate, early, query) < 0) early = candidate
  }
  return early
}

/**
 * One line per candidate, in the order in which they are considered; the first line is the one that was taken, if any.
 * @param chosen absent: the one that `pick` takes
 */
export function explain(facts: ProviderFacts, query: PickQuery, chosen: Pick = pick(facts, query)): TraceLine[] {
  const rank = (candidate: Candidate): number =>
    candidate === chosen.candidate ? 0 : standingOf(facts, candidate, query)
  return [...facts.candidates]
    .sort((a, b) => rank(a) - rank(b) || compareCandidates(facts, a, b, query))
    .map((candidate) => line(facts, candidate, query, chosen))
}

/** Well before crowded before resting or held back before out of the question. */
function standingOf(facts: ProviderFacts, candidate: Candidate, query: PickQuery): number {
  if (isUsable(facts, candidate, query)) return isCrowded(candidate, query) ? 2 : 1
  return isEligible(facts, candidate, query) ? 3 : 4
}

function line(facts: ProviderFacts, candidate: Candidate, query: PickQuery, chosen: Pick): TraceLine {
  const { id, source } = candidate
  const { now, pin } = query
  const rest = unusable(candidate.health, now, query.model)
  if (candidate === chosen.candidate) {
    if (chosen.early && rest !== undefined) {
      const reason = `everything rests; tried early before its ${restText(rest, now)}`
      return { id, source, verdict: 'taken', rule: 'probe', reason, until: rest.until }
    }
    const back = chosen.crowded === true ? '; just back from a rest, so that a call may wait a moment' : ''
    if (pin?.id === id) {
      return { id, source, verdict: 'taken', rule: 'pinned', reason: whyPinned(pin.by, pin.holds) + back }
    }
    const renewed = renewalNeedOf(candidate, now) === 'due' ? '; its access token has ended and is renewed first' : ''
    return { id, source, verdict: 'taken', rule: 'first', reason: whyFirst(facts, candidate, now) + renewed + back }
  }
  const passed = (rule: Rule, reason: string, until?: number): TraceLine => ({
    id,
    source,
    verdict: 'passed_over',
    rule,
    reason,
    ...(until === undefined ? {} : { until }),
  })
  const defect = defectOf(candidate, now)
  if (defect !== undefined) {
    return passed(
      defect.rule,
      defectReason(defect, now),
      defect.rule === 'paused' ? backAt(facts, candidate, query) : undefined,
    )
  }
  if (candidate.behind !== undefined) {
    const { rule, of } = candidate.behind
    return passed(rule, rule === 'same_as' ? `the same secret as ${of}` : `shadowed by ${of}`)
  }
  if (query.beyondLoopback === true && candidate.ownerOnly === true) {
    return passed('owner_only', 'a subscription serves its owner; this caller is beyond loopback')
  }
  if (pin?.by === 'user' && pin.id !== id) return passed('pin_elsewhere', `this session is pinned to ${pin.id}`)
  if (query.bound?.ids.has(id) === false) return passed('bound_elsewhere', whyBound(query.bound))
  if (!isChosen(candidate, query) && placeOf(facts, candidate, now) < 0) {
    const where = facts.order?.from === 'config' ? 'auth.order in the config' : 'the order of this agent'
    return passed('not_in_order', `left out of ${where}`)
  }
  if (isFenced(facts, candidate, query)) return passed('metered', fencedReason(facts, candidate, query))
  const capped = cappedBy(facts, candidate, query)
  if (capped !== undefined) {
    const until = backAt(facts, candidate, query)
    return passed(capped, cappedReason(facts, capped, query, until), until)
  }
  if (query.tried?.has(id) === true) return passed('tried', 'tried already for this call')
  if (rest !== undefined) {
    return passed(rest.kind, restText(rest, now), rest.until)
  }
  const held = heldBack(facts, candidate, query)
  if (held !== undefined) return passed(held.rule, held.reason, held.until)
  const reason = isCrowded(candidate, query)
    ? 'just back from a rest, with enough to do until it has answered; others go first'
    : 'usable; takes over when the ones before it are refused'
  return { id, source, verdict: 'kept', rule: 'next', reason }
}

/**
 * The first moment at which a candidate that could be taken is usable again that rests, is paused or is kept below the cap, ms epoch.
 * @param isMeant whose it may be; absent: anybody's
 */
export function soonestRecovery(
  facts: ProviderFacts,
  query: PickQuery,
  isMeant?: (candidate: Candidate) => boolean,
): number | undefined {
  let soonest: number | undefined
  for (const candidate of facts.candidates) {
    if (isMeant?.(candidate) === false) continue
    const at = backAt(facts, candidate, query)
    if (at !== undefined && (soonest === undefined || at < soonest)) soonest = at
  }
  return soonest
}

/** From when one that rests, is paused or is kept below the cap could be taken; undefined where it can be now, or where time alone changes nothing. */
function backAt(facts: ProviderFacts, candidate: Candidate, query: PickQuery): number | undefined {
  const { tried: _, ...untried } = query
  const { paused, health, expiresAt, renewable } = candidate
  const resumedAt = isPaused(paused, query.now) ? paused.until : query.now
  // Nobody knows when a person resumes it; and what else is wrong when the pause, or the day of a reached cap, ends is wrong from then on.
  if (resumedAt === undefined || isShut(candidate, query)) return undefined
  const now = Math.max(resumedAt, cappedUntil(facts, candidate, query))
  if (!isEligible(facts, candidate, { ...untried, now })) return undefined
  const rest = restsUntil(health, query.now, query.model)
  const until = Math.max(rest, now > query.now ? now : 0, keptFor(facts, candidate, query))
  // What a person allows until then is not allowed from then on.
  if (isFenced(facts, candidate, { ...query, now: until })) return undefined
  // One that ends while it rests does not come back.
  if (until === 0 || (expiresAt !== undefined && expiresAt <= until && renewable !== true)) return undefined
  return until
}
