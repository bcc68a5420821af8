// Clears what is held against the credentials of an agent: cooldowns, disablings and failure counts, of whole profiles and of single models.

import { AuthError } from '../core/errors.ts'
import { type Rest, unusable } from '../core/health.ts'
import { guessProfile } from '../core/nearest.ts'
import { healthIdOf } from '../core/order.ts'
import { printable } from '../core/profile.ts'
import { restingModels } from '../core/status.ts'
import type { Auth } from './auth.ts'
import { spread } from './neighbours.ts'
import { agentFlag } from './own-store.ts'

/** One credential that had something held against it. */
export type Cleared = {
  id: string
  provider: string
  /** What ended with this, the profile's own rest and those of its models; empty where only failures were counted. */
  rests: readonly Rest[]
  /** Other agents that keep the same account, for which it was cleared, too. */
  alsoOf: readonly { agentId: string; id: string }[]
}

/**
 * Also of credentials of the environment. A process that runs hears of it within a second.
 * @param profileId only this one; absent: all of the agent
 * @throws AuthError unknown_profile, and what the store throws
 */
export async function clearRest(
  auth: Auth,
  { agentId, profileId }: { agentId: string; profileId?: string },
): Promise<{ cleared: Cleared[]; where: string }> {
  const view = await auth.view(agentId)
  const { health, profiles } = view.store
  const now = auth.home.system.now()
  const all = [...view.facts().providers.values()].flatMap(({ candidates }) => candidates)
  const meant = profileId === undefined ? all : all.filter(({ id }) => id === profileId)
  if (profileId !== undefined && meant.length === 0) {
    const meantIds = guessProfile(
      profileId,
      all.map(({ id }) => id),
    )
    throw new AuthError(
      'unknown_profile',
      `Agent ${agentId} has no credential "${printable(profileId, 80)}" (${profiles.where()})${meantIds || '.'} Nothing was changed.`,
      { remedy: `openclaw models auth list${agentFlag(auth, agentId)}` },
    )
  }
  const event = { kind: 'reset', at: now } as const
  const cleared: Cleared[] = []
  for (const candidate of meant) {
    const before = health.get(healthIdOf(candidate))
    const isCleared = health.apply(healthIdOf(candidate), event) !== before
    // The very same account, kept by another agent as well.
    const others = await spread(view, candidate, [event])
    for (const { store } of others) await store.health.flush()
    if (!isCleared && others.length === 0) continue
    const own = unusable(before, now)
    const rests = restingModels([{ ...candidate, health: before }], now)
    cleared.push({
      id: candidate.id,
      provider: candidate.provider,
      rests: own === undefined ? rests : [own, ...rests],
      alsoOf: others.map(({ store, id }) => ({ agentId: store.agentId, id })),
    })
  }
  if (cleared.length > 0) {
    await health.flush()
    await view.reloadHealth()
  }
  return { cleared, where: health.where() }
}
