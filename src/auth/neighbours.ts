// Agents that keep the same account in stores of their own, such as copies of one store: what the account meets through one of them holds for all.
import { agentIds } from '../core/config.ts'
import { type Account, bearerOf, isSameAccount, whoseIs } from '../core/credential.ts'
import { AuthError } from '../core/errors.ts'
import { type Health, healthOfModel, isMarked } from '../core/health.ts'
import type { HealthEvent } from '../core/health-event.ts'
import { ownerOf } from '../core/inherit.ts'
import { type Candidate, healthIdOf } from '../core/order.ts'
import { rampsWithout } from '../core/ramp.ts'
import type { Secret } from '../core/secret.ts'
import type { AgentStore, Home } from '../store/home.ts'
import type { View } from './auth.ts'

/** What the account itself has run into, whichever of its logins was used. */
const OF_ACCOUNT: ReadonlySet<string> = new Set(['rate_limit', 'quota', 'billing'])

/** An agent that knows now, with what it calls the account. */
export type Told = { store: AgentStore; id: string }

/** By what two credentials are known to be of one account. */
type Whose = { provider: string; secret?: Secret; account?: Account }

/** A credential in the store of an agent that nobody has opened. */
type Kept = Whose & { id: string }

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

/** Nobody is opened for this: of the others only the marks are changed, and only where their own store keeps the account. */
export async function spread(view: View, candidate: Candidate, events: readonly HealthEvent[]): Promise<Told[]> {
  const told: Told[] = []
  const { system } = view.home
  for (const agentId of neighboursOf(view)) {
    try {
      const ready = view.opened(agentId)
      const isClosed = ready === undefined || ready instanceof Promise
      told.push(...(isClosed ? await tellClosed(view, agentId, candidate, events) : tellOpen(ready, candidate, events)))
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      // Its own commands, and doctor, tell what is wrong there.
      system.log.debug('an agent could not be told of an account', { agent: agentId, why: error.message })
    }
  }
  return told
}

/** The other agents that have a store of their own. */
function neighboursOf({ home, store }: View): Set<string> {
  const config = home.config()
  const owners = new Set(agentIds(config).map((id) => ownerOf(config, id)))
  owners.delete(store.owner)
  return owners
}

function tellOpen({ store, facts }: View, candidate: Candidate, events: readonly HealthEvent[]): Told[] {
  const told: Told[] = []
  for (const other of facts().providers.get(candidate.provider)?.candidates ?? []) {
    const id = healthIdOf(other)
    const before = store.health.get(id)
    for (const event of events.filter((one) => concerns(one, candidate, other, before))) store.health.apply(id, event)
    const next = store.health.get(id)
    if (next === before) continue
    // It comes back for both little by little, and the calls of both are counted together.
    const back = rampsWithout(other.health, next)
    if (back !== undefined) other.ramps = new Map([...back, ...(other.ramps ?? []), ...(candidate.ramps ?? [])])
    other.health = next
    told.push({ store, id: other.id })
  }
  return told
}

async function tellClosed(
  view: View,
  agentId: string,
  candidate: Candidate,
  events: readonly HealthEvent[],
): Promise<Told[]> {
  const { home } = view
  const kept = await keptBy(home, agentId)
  // Somebody may have asked for it meanwhile.
  const open = await view.opened(agentId)
  if (open !== undefined) return tellOpen(open, candidate, events)
  const store = home.agent(agentId)
  const { health } = store
  const told: Told[] = []
  const tell = (id: string, healthId: string, isMeant: (event: HealthEvent, before: Health) => boolean): void => {
    const before = health.get(healthId)
    for (const event of events.filter((one) => isMeant(one, before))) health.apply(healthId, event)
    if (health.get(healthId) !== before) told.push({ store, id })
  }
  for (const other of kept) tell(other.id, other.id, (event, before) => concerns(event, candidate, other, before))
  // What no store keeps serves every agent. What it met as another one's is taken back there, and nothing is held against it there beforehand.
  for (const other of view.facts().providers.get(candidate.provider)?.candidates ?? []) {
    if (other.source.kind !== 'profile' && isSameSecret(candidate, other)) tell(other.id, healthIdOf(other), endsMark)
  }
  if (told.length > 0) toldStores(home).add(store)
  return told
}

/** Whether there is a mark that the event changes for the better. */
function endsMark(event: HealthEvent, before: Health): boolean {
  if (event.kind === 'failed') return false
  return event.kind === 'reset' || isMarked(before, event.model)
}

const readings = new WeakMap<Home, Map<string, Promise<readonly Kept[]>>>()

/** Reads what the agent keeps, and its marks. Whoever asks while that is under way shares it: where much fails at once, nothing is read anew for each. */
function keptBy(home: Home, agentId: string): Promise<readonly Kept[]> {
  const known = readings.get(home) ?? new Map<string, Promise<readonly Kept[]>>()
  readings.set(home, known)
  const reading = known.get(agentId) ?? read(home, agentId).finally(() => known.delete(agentId))
  known.set(agentId, reading)
  return reading
}

async function read(home: Home, agentId: string): Promise<readonly Kept[]> {
  const store = home.agent(agentId)
  const book = await home.spool.applied(store.profiles.where(), store.book)
  await store.health.load(book.usage)
  return book.profiles.map(({ id, provider, credential }): Kept => {
    const secret = bearerOf(credential)
    return {
      id,
      provider,
      ...(secret === undefined ? {} : { secret }),
      ...(credential.kind === 'oauth' ? { account: whoseIs(credential) } : {}),
    }
  })
}

const closed = new WeakMap<Home, Set<AgentStore>>()

/** The stores of agents that were told without being opened: what is pending there is to be written before the process ends. */
export function toldStores(home: Home): Set<AgentStore> {
  const known = closed.get(home) ?? new Set<AgentStore>()
  closed.set(home, known)
  return known
}

/** The same secret shares everything; another login of the same account its limits, and the end of what it rests for because of them. */
function concerns(event: HealthEvent, one: Whose, other: Whose, before: Health): boolean {
  if (one.provider !== other.provider) return false
  if (isSameSecret(one, other)) return true
  if (one.account === undefined || other.account === undefined || isSameAccount(one.account, other.account) !== true)
    return false
  return event.kind === 'failed' ? OF_ACCOUNT.has(event.failure.class) : isOfAccount(before, event)
}

function isSameSecret(one: Pick<Whose, 'secret'>, other: Pick<Whose, 'secret'>): boolean {
  return one.secret !== undefined && other.secret?.equals(one.secret) === true
}

/** Whether all that the event would end stands there because of the account's limits, and nothing because of the login itself. */
function isOfAccount(health: Health, event: Exclude<HealthEvent, { kind: 'failed' }>): boolean {
  const parts =
    event.kind === 'reset' ? Object.values(health.models ?? {}) : [healthOfModel(health, event.model) ?? health]
  const reasons = [health, ...parts].flatMap(({ cooldownUntil, reason = '', disabledUntil, disabledReason = '' }) => [
    ...(cooldownUntil === undefined ? [] : [reason]),
    ...(disabledUntil === undefined ? [] : [disabledReason]),
  ])
  return reasons.length > 0 && reasons.every((reason) => OF_ACCOUNT.has(reason))
}
