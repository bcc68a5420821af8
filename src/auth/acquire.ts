// Takes a usable credential for one call. Synchronous: everything it needs is in memory.
import { AuthError } from '../core/errors.ts'
import { type Candidate, formatUntil, type ProviderFacts } from '../core/order.ts'
import { explain, type PickQuery, pick, soonestRecovery } from '../core/pick.ts'
import { printable } from '../core/profile.ts'
import type { Provider } from '../providers/provider.ts'
import type { View } from './auth.ts'

/** A credential taken for one attempt, ready to sign. */
export type Access = {
  candidate: Candidate
  provider: Provider
  /** Scheme, host and port. */
  origin: string
  /** Path of the base URL, without a slash at its end. */
  prefix: string
  /** It rests, and is tried early. */
  early: boolean
  /** Headers that carry the secret, name and value alternating. */
  signature: readonly string[]
}

/**
 * @throws AuthError unknown_provider, no_credential, no_credential_for_profile, no_available_profile
 */
export function acquire(view: View, providerId: string, query: PickQuery): Access {
  const provider = view.registry.find(providerId, view.facts().config.providers.get(providerId))
  if (provider === undefined) throw unknownProvider(view, providerId)
  const facts = view.facts().providers.get(providerId) ?? { provider: providerId, candidates: [] }
  const { candidate, early } = pick(facts, query)
  if (candidate === undefined) throw refusal(view, facts, query)
  // A moment later than everything handed out before, so that parallel calls go round.
  candidate.takenAt = Math.max(query.now, latestTurn(facts) + 0.001)
  if (early) candidate.health = view.store.health.apply(candidate.id, { kind: 'probed', at: query.now })
  const { origin, prefix } = routeOf(provider, view.facts().config.providers.get(providerId)?.baseUrl)
  const signature =
    candidate.secret === undefined || candidate.kind === 'unknown'
      ? []
      : provider.sign(candidate.kind, candidate.secret)
  return { candidate, provider, origin, prefix, early, signature }
}

function latestTurn(facts: ProviderFacts): number {
  let latest = 0
  for (const { takenAt } of facts.candidates) if (takenAt !== undefined && takenAt > latest) latest = takenAt
  return latest
}

const routes = new Map<string, { origin: string; prefix: string }>()

/** Where the provider's requests go: origin and path of its base URL. */
export function routeOf(provider: Provider, override: string | undefined): { origin: string; prefix: string } {
  const baseUrl = override ?? provider.baseUrl
  const known = routes.get(baseUrl)
  if (known !== undefined) return known
  const url = new URL(baseUrl)
  const route = { origin: url.origin, prefix: url.pathname.replace(/\/$/, '') }
  routes.set(baseUrl, route)
  return route
}

/** `--agent work` when the agent is not the default one: remedies must reach the same store. */
export function agentFlag(view: View): string {
  return view.agentId === view.home.pickAgent(undefined) ? '' : ` --agent ${view.agentId}`
}

function unknownProvider(view: View, providerId: string): AuthError {
  return new AuthError(
    'unknown_provider',
    `There is no provider "${printable(providerId)}". A vendor of your own needs models.providers.${printable(providerId)}.baseUrl in ${view.facts().configPath}.`,
    { remedy: 'openclaw models list --all' },
  )
}

function pasteCommand(view: View, provider: string): string {
  return `openclaw models auth paste-api-key --provider ${provider}${agentFlag(view)}`
}

/** Says why nothing can be taken: nothing there, not the one asked for, or everything resting. */
function refusal(view: View, facts: ProviderFacts, query: PickQuery): AuthError {
  const { provider } = facts
  const where = `agent ${view.agentId}, ${view.store.profiles.where()}`
  const pinned = query.pin?.by === 'user' ? query.pin.id : undefined
  if (pinned !== undefined && !facts.candidates.some(({ id }) => id === pinned)) {
    return new AuthError(
      'no_credential_for_profile',
      `No credentials found for profile "${printable(pinned)}" (${where}).`,
      {
        remedy: `openclaw models auth list${agentFlag(view)}`,
      },
    )
  }
  const { tried: _, ...untried } = query
  const trace = explain(facts, untried)
  const soonest = soonestRecovery(facts, query)
  if (soonest !== undefined) {
    const resting = trace.filter(({ rule }) => rule === 'cooldown' || rule === 'disabled' || rule === 'probe')
    const why = resting.map(({ id, reason }) => `${id}: ${reason}`).join('; ')
    return new AuthError(
      'no_available_profile',
      `No available auth profile for ${provider} (all in cooldown or unavailable). ${why}. The first is back ${formatUntil(soonest, query.now)} (${where}).`,
      { until: soonest, remedy: `openclaw models explain ${provider}${agentFlag(view)}` },
    )
  }
  if (facts.candidates.length === 0) {
    return new AuthError('no_credential', `No API key found for provider "${provider}" (${where}).`, {
      remedy: pasteCommand(view, provider),
    })
  }
  const why = trace.map(({ id, reason }) => `${id}: ${reason}`).join('; ')
  return new AuthError(
    pinned === undefined ? 'no_credential' : 'no_credential_for_profile',
    pinned === undefined
      ? `No usable credential for provider "${provider}". ${why} (${where}).`
      : `The credentials of profile "${printable(pinned)}" cannot be used. ${why} (${where}).`,
    { remedy: pasteCommand(view, provider) },
  )
}
