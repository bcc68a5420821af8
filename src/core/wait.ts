// How long a call is held when everything rests: until somebody is back, and a little longer, so that those who wait do not come as a herd.

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

/** Over how long those come back who have waited for so long. */
export function spreadMs(waitedMs: number): number {
  return Math.min(MOST_SPREAD_MS, LEAST_SPREAD_MS + waitedMs / 10)
}
