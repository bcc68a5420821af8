// The fence between subscriptions and credentials that are billed by use (`auth.spend`): when a call crosses it, and whether it may.
import { billingOf } from './billing.ts'
import { type Candidate, formatUntil, type ProviderFacts, placeOf, ranksOf } from './order.ts'
import type { PickQuery } from './pick.ts'

/** What a call may do when no subscription can serve it (`auth.spend.fromFlatRateToMetered`). */
export const CROSSINGS = ['never', 'ask', 'allow'] as const
export type CrossingRule = (typeof CROSSINGS)[number]

/** A fence that stands. Absent where everything is allowed: nobody looks at it then. */
export type Fence = {
  rule: Exclude<CrossingRule, 'allow'>
  /** A person lets calls cross until then, ms epoch. */
  openUntil?: number
}

/** The subscription that would have served, had it been able to. */
export type Crossing = { provider: string; id?: string }

type Asked = Pick<PickQuery, 'now' | 'pin' | 'beyondLoopback' | 'fromFlatRate'>

/** Whoever names the candidate, in a conversation or a header, has chosen what it costs. */
function isNamed({ id }: Candidate, { pin }: Asked): boolean {
  return pin !== undefined && pin.by !== 'auto' && pin.id === id
}

const mixed = new WeakMap<ProviderFacts['candidates'], boolean>()

/** Whether any of them is a subscription. Asked for every call, and the same as long as the candidates are. */
function hasFlatRate(facts: ProviderFacts): boolean {
  let has = mixed.get(facts.candidates)
  if (has === undefined) {
    has = facts.candidates.some((one) => billingOf(facts, one) === 'flat_rate')
    mixed.set(facts.candidates, has)
  }
  return has
}

/** Whether the candidate is one of those that serve this caller, leaving aside whether it can just now. */
function isMeant(facts: ProviderFacts, candidate: Candidate, query: Asked): boolean {
  if (candidate.behind !== undefined) return false
  if (query.beyondLoopback === true && candidate.ownerOnly === true) return false
  return isNamed(candidate, query) || placeOf(facts, candidate, query.now) >= 0
}

/**
 * What a call would cross from, were it served by the candidate: a subscription that goes before it, able to serve or not, or that of the
 * model asked for first. One that goes behind it, by the order that a person wrote, is none.
 * @returns undefined where nothing is crossed
 */
export function crossingTo(facts: ProviderFacts, candidate: Candidate, query: Asked): Crossing | undefined {
  if (query.fromFlatRate === undefined && !hasFlatRate(facts)) return undefined
  if (billingOf(facts, candidate) !== 'metered' || isNamed(candidate, query)) return undefined
  for (const group of ranksOf(facts)) {
    if (group.includes(candidate)) break
    for (const other of group) {
      if (billingOf(facts, other) === 'flat_rate' && isMeant(facts, other, query))
        return { provider: facts.provider, id: other.id }
    }
  }
  return query.fromFlatRate === undefined ? undefined : { provider: query.fromFlatRate }
}

/** Whether the fence keeps the call from the candidate. */
export function isFenced(facts: ProviderFacts, candidate: Candidate, query: Asked): boolean {
  const { fence } = facts
  if (fence === undefined || (fence.openUntil !== undefined && fence.openUntil > query.now)) return false
  return crossingTo(facts, candidate, query) !== undefined
}

/** Whether calls to the provider are those of a subscription: the one named, else the first of those that are meant. */
export function isFlatRateServed(facts: ProviderFacts, query: Asked): boolean {
  for (const candidate of facts.candidates)
    if (isNamed(candidate, query)) return billingOf(facts, candidate) === 'flat_rate'
  for (const group of ranksOf(facts)) {
    for (const candidate of group)
      if (isMeant(facts, candidate, query)) return billingOf(facts, candidate) === 'flat_rate'
  }
  return false
}

/** Why a candidate is passed over that the fence keeps calls from. */
export function fencedReason(facts: ProviderFacts, candidate: Candidate, query: Asked): string {
  const from = crossingTo(facts, candidate, query)
  const whose =
    from === undefined || from.provider === facts.provider ? 'a subscription' : `a subscription of ${from.provider}`
  return facts.fence?.rule === 'ask'
    ? `billed by use; auth.spend asks a person before a call crosses from ${whose} to it`
    : `billed by use; auth.spend lets nothing cross from ${whose} to it`
}

/** What is said where a call crossed. @param id of the credential that is billed */
export function crossingText(id: string, { provider, id: from }: Crossing): string {
  const who = from === undefined ? `a subscription of ${provider}` : `a subscription of ${provider} (${from})`
  return `billed by use: ${id} serves instead of ${who}`
}

/** Whether the fence is open, for people. */
export function fenceText({ rule, openUntil }: Fence, now: number): string {
  if (openUntil === undefined || openUntil <= now) return rule
  return `${rule}; a person lets calls cross, ends ${formatUntil(openUntil, now)}`
}
