// How an account comes back after a rest that traffic brought about: not with all calls at once. It serves one call, and twice as many at once
// with each that is answered, until nobody counts any more. Meanwhile other accounts go first. That is a preference and no gate: where nobody else
// is there, a call that is one too many waits a moment, and then it is taken all the same, so that an account is never out of reach because of it.
import type { Health } from './health.ts'
import { healthOfModel } from './health.ts'

export type Ramp = {
  /** Calls that it was taken for since, and that are under way. */
  open: number
  /** So many at once. */
  most: number
  /** The end of the rest it comes back from, ms epoch; 0: somebody else ended it. */
  since: number
}

/** By the model that rested; under the empty name the account itself. */
export type Ramps = Map<string, Ramp>

const FIRST = 1
/** Who answers so many at once is back. */
const ENOUGH = 32

/** A call that is one too many for an account that is just back waits so long at the most, ms. */
export const EASE_MS = 1000

/** Rests that calls brought about by being too many; after others there is nothing to be careful with. */
const BY_TRAFFIC: ReadonlySet<string> = new Set(['rate_limit', 'quota', 'overloaded'])

/** The end of the rest by traffic that the health tells of, open or over, ms epoch; 0: it tells of none. A success clears it. */
function restOf(health: Health | undefined): number {
  const { cooldownUntil, reason = '' } = health ?? {}
  return cooldownUntil !== undefined && BY_TRAFFIC.has(reason) ? cooldownUntil : 0
}

/**
 * What the account of a call that takes it comes back from, begun anew or gone on with.
 * @param ramps as they stand; undefined: the account is not coming back
 * @returns undefined when it is not, or not any more
 */
export function rampsAfter(ramps: Ramps | undefined, health: Health, model: string | undefined): Ramps | undefined {
  const next: Ramps = new Map()
  const keep = (name: string, since: number): void => {
    const known = ramps?.get(name)
    if (since > 0 && known?.since !== since) next.set(name, { open: 0, most: FIRST, since })
    else if (known !== undefined && (since > 0 || known.most < ENOUGH)) next.set(name, known)
  }
  for (const name of ramps?.keys() ?? []) keep(name, restOf(name === '' ? health : healthOfModel(health, name)))
  keep('', restOf(health))
  if (model !== undefined) keep(model, restOf(healthOfModel(health, model)))
  return next.size === 0 ? undefined : next
}

/** Somebody else saw it back, or a person said so: a rest that stood there is gone. @returns undefined when none was */
export function rampsWithout(before: Health, after: Health): Ramps | undefined {
  const isGone = (was: Health | undefined, is: Health | undefined): boolean => restOf(was) > 0 && restOf(is) === 0
  const names = Object.keys(before.models ?? {}).filter((name) =>
    isGone(healthOfModel(before, name), healthOfModel(after, name)),
  )
  if (isGone(before, after)) names.push('')
  return names.length === 0 ? undefined : new Map(names.map((name) => [name, { open: 0, most: FIRST, since: 0 }]))
}

/** Those of a call for the model. */
export function rampsOf(ramps: Ramps | undefined, model: string | undefined): Ramp[] {
  return [ramps?.get(''), model === undefined ? undefined : ramps?.get(model)].filter((ramp) => ramp !== undefined)
}

/** Whether the account has as many calls under way as it is eased into. Absent for those that do not come back from anywhere: no cost. */
export function isCrowded({ ramps }: { ramps?: Ramps }, { model }: { model?: string }): boolean {
  if (ramps === undefined) return false
  return rampsOf(ramps, model).some(({ open, most }) => open >= most)
}

/** A call was answered. */
export function widen(ramp: Ramp): void {
  ramp.most = ramp.most >= ENOUGH ? Number.POSITIVE_INFINITY : ramp.most * 2
}
