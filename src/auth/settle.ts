// Reports how a call went: the only writer of health.
import type { Failure } from '../core/failure.ts'
import { type Health, ladderOf } from '../core/health.ts'
import { type Candidate, healthIdOf } from '../core/order.ts'
import type { Access } from './acquire.ts'
import type { View } from './auth.ts'

export type Outcome = { ok: true } | { ok: false; failure: Failure }

/**
 * Marks the profile that served the call, or the model of it that did not. In memory at once, on disk a moment later.
 * @param now ms epoch
 */
export function settle(view: View, access: Pick<Access, 'candidate' | 'model'>, outcome: Outcome, now: number): void {
  const { candidate, model } = access
  const { health } = view.store
  const id = healthIdOf(candidate)
  if (!outcome.ok) {
    const ladder = ladderOf(view.facts().config.cooldowns, candidate.provider)
    const { failure } = outcome
    mark(view, candidate, health.apply(id, { kind: 'failed', at: now, failure, ladder, model }))
    return
  }
  const good = candidate.source.kind === 'profile' ? candidate.provider : undefined
  mark(view, candidate, health.apply(id, { kind: 'used', at: now, model }, good))
}

/** The facts may have been read anew while the call ran: the mark goes to the candidate that stands there now. */
export function mark(view: View, served: Candidate, health: Health): void {
  const candidate = view
    .facts()
    .providers.get(served.provider)
    ?.candidates.find((other) => healthIdOf(other) === healthIdOf(served))
  if (candidate !== undefined) candidate.health = health
}
