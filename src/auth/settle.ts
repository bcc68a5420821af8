// Reports how a call went: the only writer of health.
import { type Failure, marksHealth } from '../core/failure.ts'
import { type Health, isMarked, ladderOf } from '../core/health.ts'
import { type Candidate, healthIdOf } from '../core/order.ts'
import type { Access } from './acquire.ts'
import type { View } from './auth.ts'
import { tellNeighbours } from './neighbours.ts'

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
    const event = { kind: 'failed', at: now, failure, ladder, model } as const
    mark(view, candidate, health.apply(id, event))
    if (marksHealth(failure)) tellNeighbours(view, candidate, [event])
    return
  }
  const good = candidate.source.kind === 'profile' ? candidate.provider : undefined
  const event = { kind: 'used', at: now, model } as const
  if (isMarked(health.get(id), model)) tellNeighbours(view, candidate, [event])
  mark(view, candidate, health.apply(id, event, good))
}

/** The facts may have been read anew meanwhile: the mark goes to the candidate that stands there now. */
export function mark(view: View, served: Candidate, health: Health): void {
  const candidate = view
    .facts()
    .providers.get(served.provider)
    ?.candidates.find((other) => healthIdOf(other) === healthIdOf(served))
  if (candidate !== undefined) candidate.health = health
}
