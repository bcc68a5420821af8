// Takes a usable credential for one call. Synchronous: everything it needs is in memory.
import { AuthError } from '../core/errors.ts'
import { type Crossing, crossingTo } from '../core/fence.ts'
import { healthOfModel, mayProbe, restsUntil } from '../core/health.ts'
import type { HealthEvent } from '../core/health-event.ts'
import { type Candidate, defectOf, healthIdOf, type ProviderFacts } from '../core/order.ts'
import { type PickQuery, pick, renewalNeedOf } from '../core/pick.ts'
import { isCrowded } from '../core/ramp.ts'
import type { RenewalNeed } from '../core/renewal.ts'
import { isHeldBack } from '../core/slots.ts'
import type { Endpoint, Provider } from '../providers/provider.ts'
import type { Reach } from '../system/destination.ts'
import type { View } from './auth.ts'
import { tellNeighbours } from './neighbours.ts'
import { refuse, unknownProvider } from './refuse.ts'
import { mark } from './settle.ts'
import { type Slot, takeSlot } from './slots.ts'

/** The right to try early what rests, one for all processes. */
export type EarlyClaim = {
  /** Whether it is ours: nothing is sent before. */
  granted: Promise<boolean>
  /** Nobody was asked after all: the next call may try. */
  giveBack(): void
}

/** A credential taken for one attempt, ready to sign. */
export type Access = {
  candidate: Candidate
  /** The model it was taken for, as the vendor is asked for it. */
  model?: string | undefined
  /** It was taken for; absent: none. */
  endpoint?: Endpoint | undefined
  provider: Provider
  /** Scheme, host and port. */
  origin: string
  /** Path of the base URL, without a slash at its end. */
  prefix: string
  reach: Reach
  /** It rests, and is tried early, unless another process does so. */
  claim?: EarlyClaim
  /** What the call crosses from, where it is billed by use instead of a subscription. */
  crossing?: Crossing
  /** Whether its login is renewed before the call, behind it, or neither. */
  renewal: RenewalNeed
  /** Its place with the account, where places are counted; given back when the attempt is over. */
  slot?: Slot
  /** The account that the conversation keeps to has no room for this one call, and is kept to nevertheless. */
  standsIn?: true
  /** The account is just back from a rest, and has enough to do. */
  crowded?: true
  /** Headers that carry the secret, name and value alternating. */
  signature: readonly string[]
}

/**
 * @param endpoint that will be asked; absent: none
 * @throws AuthError unknown_provider, no_credential, no_credential_for_profile, no_available_profile, wrong_dialect
 */
export function acquire(view: View, providerId: string, query: PickQuery, endpoint?: Endpoint): Access {
  const provider = view.registry.find(providerId, view.facts().config.providers.get(providerId))
  if (provider === undefined) throw unknownProvider(view, providerId)
  const facts = view.facts().providers.get(providerId) ?? { provider: providerId, candidates: [] }
  const { candidate, early, crowded } = pick(facts, query)
  if (candidate === undefined) throw refuse(view, facts, query)
  if (endpoint !== undefined && provider.endpoints[endpoint] === undefined) {
    throw new AuthError('wrong_dialect', `${provider.label} has no ${endpoint.replace('_', '/')} endpoint.`)
  }
  // A moment later than everything handed out before, so that parallel calls go round.
  candidate.takenAt = Math.max(query.now, latestTurn(facts) + 0.001)
  const access = accessTo(view, provider, candidate, { now: query.now, model: query.model, endpoint })
  const crossing = crossingTo(facts, candidate, query)
  if (crossing !== undefined) access.crossing = crossing
  if (crowded === true) access.crowded = crowded
  if (isStandIn(facts, candidate, query)) access.standsIn = true
  const slot = takeSlot(view.home, candidate, query.model)
  if (slot !== undefined) access.slot = slot
  if (early) access.claim = claimProbe(view, candidate, query)
  return access
}

/** Whether somebody is taken because the account that served the conversation last has no room just now. */
function isStandIn(facts: ProviderFacts, { id }: Candidate, query: PickQuery): boolean {
  const { pin, tried } = query
  if (pin?.by !== 'auto' || pin.id === id || tried?.has(pin.id) === true) return false
  const pinned = facts.candidates.find((one) => one.id === pin.id)
  return pinned !== undefined && (isHeldBack(facts, pinned, query) || isCrowded(pinned, query))
}

/** Claims an early try of what rests: the profile, the model, or both. Other calls of this process pass it over from now on. */
function claimProbe(view: View, candidate: Candidate, query: PickQuery): EarlyClaim {
  const { health } = view.store
  const { now, model, ladder } = query
  const id = healthIdOf(candidate)
  const part = healthOfModel(candidate.health, model)
  const isOfModel = part !== undefined && restsUntil(part, now) > 0
  const isOfProfile = !isOfModel || restsUntil(candidate.health, now) > 0
  const eventsAt = (ofProfile: number, ofModel: number): HealthEvent[] => [
    ...(isOfModel ? [{ kind: 'probed', at: ofModel, model } as const] : []),
    ...(isOfProfile ? [{ kind: 'probed', at: ofProfile } as const] : []),
  ]
  const before = eventsAt(candidate.health.lastProbeAt ?? 0, part?.lastProbeAt ?? 0)
  const events = eventsAt(now, now)
  const claimed = health.claimProbe(id, events, (there) => mayProbe(there, now, ladder, model))
  const shown = (): void => mark(view, candidate, health.get(id))
  shown()
  const granted = claimed.then((isOurs) => {
    shown()
    if (isOurs) tellNeighbours(view, candidate, events)
    return isOurs
  })
  const giveBack = (): void => {
    for (const event of before) health.apply(id, event)
    shown()
    tellNeighbours(view, candidate, before)
  }
  return { granted, giveBack }
}

/** Whether a credential can be taken that needs no waiting: neither rested nor renewed first. */
export function isReady(view: View, providerId: string, query: PickQuery): boolean {
  const facts = view.facts().providers.get(providerId)
  const { candidate, early } = facts === undefined ? { early: true } : pick(facts, query)
  return candidate !== undefined && !early && renewalNeedOf(candidate, query.now) !== 'due'
}

/** The same profile, as it stands in the facts now: its login was renewed meanwhile. @returns undefined when there is nothing to send */
export function reacquire(view: View, access: Access, now: number): Access | undefined {
  const { candidate, provider, model, endpoint } = access
  const here = view
    .facts()
    .providers.get(candidate.provider)
    ?.candidates.find(({ id }) => id === candidate.id)
  if (here?.secret === undefined || defectOf(here, now) !== undefined) return undefined
  return { ...access, ...accessTo(view, provider, here, { now, model, endpoint }) }
}

function accessTo(
  view: View,
  provider: Provider,
  candidate: Candidate,
  { now, model, endpoint }: { now: number; model?: string | undefined; endpoint?: Endpoint | undefined },
): Access {
  const { origin, prefix, reach } = routeOf(provider, view.facts().config.providers.get(candidate.provider)?.baseUrl)
  const signature =
    candidate.secret === undefined || candidate.kind === 'unknown'
      ? []
      : provider.sign(candidate.kind, candidate.secret, endpoint)
  const renewal = renewalNeedOf(candidate, now)
  return { candidate, model, endpoint, provider, origin, prefix, reach, renewal, signature }
}

function latestTurn(facts: ProviderFacts): number {
  let latest = 0
  for (const { takenAt } of facts.candidates) if (takenAt !== undefined && takenAt > latest) latest = takenAt
  return latest
}

export type Route = { origin: string; prefix: string; reach: Reach }

const routes: Record<Reach, Map<string, Route>> = { public: new Map(), named: new Map() }

/** Where the provider's requests go: origin and path of its base URL, and how near that may be. */
export function routeOf(provider: Provider, override: string | undefined): Route {
  const baseUrl = override ?? provider.baseUrl
  const reach = override === undefined ? 'public' : 'named'
  const known = routes[reach].get(baseUrl)
  if (known !== undefined) return known
  const url = new URL(baseUrl)
  const route = { origin: url.origin, prefix: url.pathname.replace(/\/$/, ''), reach } as const
  routes[reach].set(baseUrl, route)
  return route
}
