// How long a call is held when everything rests: until somebody is back, and a little longer, so that those who wait do not come as a herd.
import type { ProviderFacts } from './order.ts'
import { explain, type PickQuery, soonestRecovery } from './pick.ts'
import { isShut } from './slots.ts'

/** Nobody may configure more: clients and what stands between give up. */
export const LONGEST_WAIT_MS = 300_000
/** So many are held at once; every further one is refused as if nobody waited. */
export const MOST_WAITING = 64

const LEAST_SPREAD_MS = 100
const MOST_SPREAD_MS = 2000

/**
 * @param now ms epoch
 * @param soonest when somebody is back, ms epoch
 * @param leftMs how much longer the call may be held
 * @param share chance, from 0 to 1: where in the spread this one comes back
 * @returns undefined when nobody is back in time
 */
export function waitMs(now: number, soonest: number | undefined, leftMs: number, share: number): number | undefined {
  if (soonest === undefined || soonest - now > leftMs) return undefined
  const ms = Math.max(0, soonest - now)
  return ms + share * spreadMs(ms)
}

/**
 * How long a call is held that nobody can serve now, ms.
 * @param leftMs how much longer it may be held
 * @param share chance, from 0 to 1, as of `waitMs`
 * @returns undefined when it is refused now
 */
export function holdMs(facts: ProviderFacts, query: PickQuery, leftMs: number, share: number): number | undefined {
  const restMs = waitMs(query.now, soonestRecovery(facts, query), leftMs, share)
  // When a place is free nobody knows; who gives one back calls the next.
  return restMs ?? (leftMs > 0 && hasPlaceSoon(facts, query) ? leftMs : undefined)
}

/** Whether somebody well has no room, and will have some when another call ends, so that one may be served before anybody is back from a rest. */
export function hasPlaceSoon(facts: ProviderFacts, query: PickQuery): boolean {
  const shut = new Set(facts.candidates.filter((one) => isShut(one, query)).map(({ id }) => id))
  return explain(facts, query).some(
    ({ id, rule, until }) => (rule === 'busy' || rule === 'reserved') && until === undefined && !shut.has(id),
  )
}

/** Over how long those come back who have waited for so long. */
export function spreadMs(waitedMs: number): number {
  return Math.min(MOST_SPREAD_MS, LEAST_SPREAD_MS + waitedMs / 10)
}
