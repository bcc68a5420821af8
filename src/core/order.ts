// The sequence in which the candidates of one provider are considered.
import type { BillingByKind } from './billing.ts'
import type { Cap } from './cap.ts'
import type { Account, CredentialKind } from './credential.ts'
import { type Expiry, expiryAt, formatRemaining } from './expiry.ts'
import type { Fence } from './fence.ts'
import { type Health, restsUntil } from './health.ts'
import { isPaused, type Pause } from './pause.ts'
import type { Ramps } from './ramp.ts'
import type { Secret } from './secret.ts'
import type { Slots } from './slots.ts'
import type { MissingVariable } from './substitute.ts'

/** Where a secret came from; always travels with it. */
export type Source =
  | { kind: 'profile'; id: string; file: string }
  | { kind: 'env'; name: string }
  | { kind: 'dotenv'; name: string; file: string }
  | { kind: 'config'; name: string; file: string }
  | { kind: 'shell'; name: string }
  | { kind: 'none' }

/** How a source is written in reports. */
export function sourceLabel(source: Source): string {
  switch (source.kind) {
    case 'profile':
      return `profile:${source.id}`
    case 'env':
      return `env: ${source.name}`
    case 'dotenv':
      return `.env: ${source.name}`
    case 'config':
      return `config: ${source.name}`
    case 'shell':
      return `shell env: ${source.name}`
    case 'none':
      return 'no secret needed'
  }
}

/** Why a candidate can never be taken as it is; health has no part in it. */
export type Defect =
  | { rule: 'expired'; at: number }
  /** A person set it aside, until then where an end was named. */
  | ({ rule: 'paused' } & Pause)
  | { rule: 'blank' }
  /** A login whose renewal the vendor refused for good. */
  | { rule: 'login_ended'; reason: string }
  | { rule: 'unknown_kind'; type: string }
  | { rule: 'wrong_origin'; origin: string; baseUrl: string }
  | { rule: 'unsendable' }
  | { rule: 'unknown_provider' }
  | ({ rule: 'missing_variable' } & MissingVariable)

/** One credential considered for a call. `id` is the profile's id, or `env:NAME` for one that is not kept by us. */
export type Candidate = {
  id: string
  /** Under what its health is kept, where that is not its id: another key may come to stand in the same variable, or place of a list. */
  healthId?: string
  provider: string
  kind: CredentialKind | 'unknown'
  source: Source
  secret?: Secret
  /** Whose login it is, as far as that is known. */
  account?: Account
  /** The secret masked, with its kind and owner, for people. */
  label: string
  /** As of the moment the facts were collected; for now, ask expiryOfCandidate. */
  expiry: Expiry
  expiresAt?: number
  /** How long its token lives in all, ms, where that is known. */
  lifeMs?: number
  /** A login that renews itself: its end is none. */
  renewable?: true
  defect?: Defect
  /** A person set it aside. The end may have come since: ask defectOf. */
  paused?: Pause
  health: Health
  /** Of several variables of one provider, the first that is set wins: its place among them. Keys of one list share a place, and take turns. */
  place?: number
  /** When it was last handed out by this process; the outcome may be open. Keeps parallel calls from all taking the same one. */
  takenAt?: number
  /** Where it serves so many calls at once only. */
  slots?: Slots
  /** While it is eased back into use after a rest. */
  ramps?: Ramps
  /** Another candidate stands for it: the same secret, or the same variable set closer to the process. */
  behind?: { rule: 'same_as' | 'shadowed'; of: string }
  /** A subscription serves its owner: callers from beyond loopback do not get it unless the config says so by name (D13). */
  ownerOnly?: true
}

/** Under what the health of the credential is kept. Unlike the id it stays with the secret. */
export function healthIdOf({ id, healthId }: Pick<Candidate, 'id' | 'healthId'>): string {
  return healthId ?? id
}

/** An order a person wrote down. */
export type ExplicitOrder = { ids: readonly string[]; from: 'agent' | 'config'; file: string }

/** Everything known of one provider for one agent at one moment. */
export type ProviderFacts = {
  provider: string
  candidates: readonly Candidate[]
  order?: ExplicitOrder
  /** How much each account has left, 0 to 1: of accounts alike, whoever has the most goes first (`auth.routing`). Absent: order and turns decide. */
  headroomOf?: (candidate: Candidate, now: number) => number
  /** How its credentials are paid for, where that differs from what is usual. */
  billing?: BillingByKind
  /** Between subscriptions and what is billed by use (`auth.spend`); absent: everything is allowed. */
  fence?: Fence
  /** On what is billed by use in a day (`auth.spend`); absent: there is none. */
  cap?: Cap
  /** The last percent of each account's limits that are kept for chat, and until when it has no more than these, ms epoch; 0: it has. */
  reserve?: { percent: number; until(candidate: Candidate, now: number): number }
}

const KIND_RANK: Record<Candidate['kind'], number> = { oauth: 0, token: 1, api_key: 2, unknown: 3 }
const SOURCE_RANK: Record<Source['kind'], number> = { profile: 0, env: 1, dotenv: 2, config: 3, shell: 4, none: 6 }
/** The key of a provider in the config stands behind all variables, those of the config's own `env` among them. */
const CONFIG_KEY_RANK = 5

/** Why the candidate cannot be taken now; that it was set aside is said before what is wrong with it, which is nobody's concern meanwhile. */
export function defectOf(candidate: Candidate, now: number): Defect | undefined {
  const { paused } = candidate
  if (paused !== undefined && isPaused(paused, now)) return { rule: 'paused', ...paused }
  return flawOf(candidate, now)
}

/**
 * What is wrong with the credential itself, paused or not. One that ends at some time is defective from then on. A pause is no flaw: whoever set
 * a credential aside still has it, and what stands behind it does not move up for good.
 */
export function flawOf(candidate: Candidate, now: number): Defect | undefined {
  if (candidate.defect !== undefined) return candidate.defect
  if (candidate.expiresAt !== undefined && candidate.expiresAt <= now && candidate.renewable !== true)
    return { rule: 'expired', at: candidate.expiresAt }
  return undefined
}

/** Where the credential stands now; the facts may have been collected days ago. */
export function expiryOfCandidate(candidate: Candidate, now: number): Expiry {
  return candidate.expiresAt === undefined ? candidate.expiry : expiryAt(candidate.expiresAt, now)
}

/**
 * Position in the explicit order, -1 when left out of it. Without an order everything is at position 0.
 * Credentials of the environment stand behind an order whose profiles exist: they are left out, as whoever wrote it wanted exactly these.
 */
export function placeOf(facts: ProviderFacts, candidate: Candidate, now: number): number {
  const order = facts.order
  if (order === undefined) return 0
  if (candidate.source.kind === 'profile') return placesOf(order.ids).get(candidate.id) ?? -1
  return orderServes(facts, order, now) ? -1 : order.ids.length
}

const places = new WeakMap<readonly string[], ReadonlyMap<string, number>>()

/** Each id's first place in an order; worked out once per list, as every call asks for every candidate. */
function placesOf(ids: readonly string[]): ReadonlyMap<string, number> {
  const known = places.get(ids)
  if (known !== undefined) return known
  const fresh = new Map<string, number>()
  for (const [place, id] of ids.entries()) if (!fresh.has(id)) fresh.set(id, place)
  places.set(ids, fresh)
  return fresh
}

/** Also while its profiles are set aside: a pause opens no door to a credential that whoever wrote the order left out. */
function orderServes(facts: ProviderFacts, order: ExplicitOrder, now: number): boolean {
  return facts.candidates.some(
    (candidate) =>
      candidate.source.kind === 'profile' &&
      placesOf(order.ids).has(candidate.id) &&
      flawOf(candidate, now) === undefined,
  )
}

/** Accounts as full as each other to a tenth go by the order and in turns: for a hair's breadth nobody's prompt cache is left. */
const HEADROOM_STEPS = 10

/** Which of two goes first by what they have left, where that matters: only among accounts alike that stand together in the order. */
function compareHeadroom(facts: ProviderFacts, a: Candidate, b: Candidate, now: number): number {
  const { headroomOf } = facts
  if (headroomOf === undefined) return 0
  const groups = ranksOf(facts)
  const groupOf = (candidate: Candidate): number => groups.findIndex((group) => group.includes(candidate))
  const stepsOf = (candidate: Candidate): number => Math.ceil(headroomOf(candidate, now) * HEADROOM_STEPS)
  return groupOf(a) - groupOf(b) || stepsOf(b) - stepsOf(a)
}

/**
 * Which of two goes first: usable before resting (soonest recovery first), then, where the config wants it, whoever has more left, then the
 * explicit order, else profiles before the environment, logins before tokens before keys, least recently used first.
 */
export function compareCandidates(
  facts: ProviderFacts,
  a: Candidate,
  b: Candidate,
  { now, model }: { now: number; model?: string },
): number {
  const restA = restsUntil(a.health, now, model)
  const restB = restsUntil(b.health, now, model)
  if (restA !== restB) return restA - restB
  const left = compareHeadroom(facts, a, b, now)
  if (left !== 0) return left
  if (facts.order !== undefined) {
    const place = placeOf(facts, a, now) - placeOf(facts, b, now)
    if (place !== 0) return place
  }
  return compareStanding(a, b) || compareTurns(a, b)
}

/** Of two sources, the one with the smaller rank is looked at first. */
export function sourceRank(source: Source): number {
  return source.kind === 'config' && !source.name.startsWith('env.') ? CONFIG_KEY_RANK : SOURCE_RANK[source.kind]
}

/** What a candidate is by itself: source, kind, place among the variables of its provider. */
export function compareStanding(a: Candidate, b: Candidate): number {
  return (
    sourceRank(a.source) - sourceRank(b.source) ||
    KIND_RANK[a.kind] - KIND_RANK[b.kind] ||
    (a.place ?? 0) - (b.place ?? 0)
  )
}

/** Of two that stand alike, the one that waited longer. */
export function compareTurns(a: Candidate, b: Candidate): number {
  return turnOf(a) - turnOf(b) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}

/** A provider's candidates by everything that neither a call nor the clock changes; those of one group differ in turns, or in what is left. */
export type Ranks = readonly (readonly Candidate[])[]

const ranks = new WeakMap<ProviderFacts, Ranks>()

/** Worked out once per facts: every call asks. */
export function ranksOf(facts: ProviderFacts): Ranks {
  const known = ranks.get(facts)
  if (known !== undefined) return known
  const order = facts.order === undefined ? undefined : placesOf(facts.order.ids)
  // Whatever is no profile stands behind the order; what the order leaves out is not eligible, wherever it stands.
  const placeIn = ({ source, id }: Candidate): number =>
    order === undefined ? 0 : source.kind === 'profile' ? (order.get(id) ?? -1) : order.size
  const compare = (a: Candidate, b: Candidate): number => placeIn(a) - placeIn(b) || compareStanding(a, b)
  // Never across kinds: a key that is paid by the call always has more left than a subscription, and would be spent first.
  const isAlike = facts.headroomOf === undefined ? compare : compareStanding
  const groups: Candidate[][] = []
  for (const candidate of [...facts.candidates].sort(compare)) {
    const group = groups.at(-1)
    if (group?.[0] !== undefined && isAlike(group[0], candidate) === 0) group.push(candidate)
    else groups.push([candidate])
  }
  ranks.set(facts, groups)
  return groups
}

function turnOf(candidate: Candidate): number {
  return Math.max(candidate.takenAt ?? 0, candidate.health.lastUsedAt ?? 0)
}

/** `in 5m (14:02:11Z)`: a moment ahead, for people. */
export function formatUntil(until: number, now: number): string {
  return `in ${formatRemaining(until - now)} (${new Date(until).toISOString().slice(11, 19)}Z)`
}
