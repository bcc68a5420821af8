// Agents that keep the same account in stores of their own, such as copies of one store: what the account meets through one of them holds for all.
import { isSameAccount } from '../core/credential.ts'
import type { FailureClass } from '../core/failure.ts'
import type { HealthEvent } from '../core/health-event.ts'
import { type Candidate, healthIdOf } from '../core/order.ts'
import type { View } from './auth.ts'

/** What the account itself has run into, whichever of its logins was used. */
const OF_ACCOUNT: ReadonlySet<FailureClass> = new Set(['rate_limit', 'quota', 'billing'])

/** Behind the call: marks the same account wherever else it is kept, in memory and, a moment later, on disk. */
export function tellNeighbours(view: View, candidate: Candidate, events: readonly HealthEvent[]): void {
  const { system } = view.home
  system.soon(() => {
    spread(view, candidate, events).catch((error: unknown) =>
      system.log.warn('what an account met is not known to the other agents that use it', {
        profile: candidate.id,
        why: error instanceof Error ? error.message : 'unknown',
      }),
    )
  })
}

/** @returns the agents that know now, with what they call the account */
export async function spread(
  view: View,
  candidate: Candidate,
  events: readonly HealthEvent[],
): Promise<{ view: View; id: string }[]> {
  const told: { view: View; id: string }[] = []
  for (const neighbour of await view.neighbours()) {
    const { health } = neighbour.store
    for (const other of neighbour.facts().providers.get(candidate.provider)?.candidates ?? []) {
      const meant = events.filter((event) => concerns(event, candidate, other))
      const before = health.get(healthIdOf(other))
      for (const event of meant) other.health = health.apply(healthIdOf(other), event)
      if (health.get(healthIdOf(other)) !== before) told.push({ view: neighbour, id: other.id })
    }
  }
  return told
}

/** The same secret shares everything; another login of the same account its limits. */
function concerns(event: HealthEvent, one: Candidate, other: Candidate): boolean {
  if (one.secret !== undefined && other.secret?.equals(one.secret) === true) return true
  if (event.kind !== 'failed' || !OF_ACCOUNT.has(event.failure.class)) return false
  return one.account !== undefined && other.account !== undefined && isSameAccount(one.account, other.account) === true
}
