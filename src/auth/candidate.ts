// What the store has, as candidates for a call: what may be sent, since when, and what is wrong with it.
import { bearerOf, type Credential, expiresAtOf, labelOf, whoseIs } from '../core/credential.ts'
import { expiryOf } from '../core/expiry.ts'
import type { Candidate, Defect } from '../core/order.ts'
import type { Profile } from '../core/profile.ts'
import { endedBecause, lifeOf, type RenewalRecord, renewalNeed } from '../core/renewal.ts'
import type { Secret } from '../core/secret.ts'
import type { MissingVariable } from '../core/substitute.ts'
import type { Provider } from '../providers/provider.ts'
import type { AgentStore, Home } from '../store/home.ts'
import type { ProfileBook } from '../store/profiles.ts'
import { SENDABLE } from './environment.ts'

/** Whether a login renews itself, or why it does not any more. */
function renewalOf(
  home: Home,
  credential: Credential,
  provider: Provider | undefined,
  record: RenewalRecord | undefined,
): { renewable?: true; endedBecause?: string; lifeMs?: number } {
  if (credential.kind !== 'oauth' || credential.refresh === undefined || credential.refresh.isBlank()) return {}
  const reason =
    record?.claim?.state === 'refused' ? endedBecause(record, home.system.fingerprint(credential.refresh)) : undefined
  const life = lifeOf(record, credential.expiresAt)
  return {
    ...(life === undefined ? {} : { lifeMs: life }),
    ...(reason !== undefined ? { endedBecause: reason } : provider?.renew === undefined ? {} : { renewable: true }),
  }
}

/** What a stored profile stands among. */
export type Around = {
  home: Home
  store: AgentStore
  /** Of its kind, as the config has it; undefined: nobody knows it. */
  provider: Provider | undefined
  /** Where calls go. */
  baseUrl: string | undefined
  /** The file in which it stands. */
  file: string
  record: RenewalRecord | undefined
}

type Standing = {
  baseUrl: string | undefined
  now: number
  renewable?: true
  endedBecause?: string
  lifeMs?: number
}

/** A profile of the store. */
export function storedCandidate(profile: Profile, around: Around): Candidate {
  const { home, store, provider, baseUrl, file, record } = around
  const { credential } = profile
  const now = home.system.now()
  const standing: Standing = { baseUrl, now, ...renewalOf(home, credential, provider, record) }
  const { renewable, lifeMs } = standing
  const secret = bearerOf(credential)
  const expiresAt = expiresAtOf(credential)
  const defect = defectOfStored(profile, secret, standing) ?? endedDefect(standing, secret, expiresAt)
  return {
    id: profile.id,
    provider: profile.provider,
    kind: credential.kind,
    source: { kind: 'profile', id: profile.id, file },
    label: labelOf(credential),
    expiry: expiryOf(credential, now),
    health: store.health.get(profile.id),
    ...(secret === undefined ? {} : { secret }),
    ...(credential.kind === 'oauth' ? { account: whoseIs(credential) } : {}),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(renewable === undefined ? {} : { renewable }),
    ...(lifeMs === undefined ? {} : { lifeMs }),
    ...(profile.paused === undefined ? {} : { paused: profile.paused }),
    ...(defect === undefined ? {} : { defect }),
  }
}

/** A login that cannot be renewed serves as long as its last token does. */
function endedDefect(
  { endedBecause: reason, lifeMs, now }: Standing,
  access: Secret | undefined,
  expiresAt: number | undefined,
): Defect | undefined {
  if (reason === undefined) return undefined
  return renewalNeed({ access, expiresAt, lifeMs }, now) === 'due' ? { rule: 'login_ended', reason } : undefined
}

function defectOfStored(profile: Profile, secret: Secret | undefined, standing: Standing): Defect | undefined {
  const { baseUrl, renewable, endedBecause: reason } = standing
  if (baseUrl === undefined) return { rule: 'unknown_provider' }
  // What is missing may come with a renewal; what cannot come any more is said by the end of the login.
  if (secret === undefined) return renewable === true || reason !== undefined ? undefined : { rule: 'blank' }
  if (!SENDABLE.test(secret.reveal())) return { rule: 'unsendable' }
  if (profile.origin !== undefined && new URL(baseUrl).origin !== profile.origin) {
    return { rule: 'wrong_origin', origin: profile.origin, baseUrl }
  }
  return undefined
}

/** An entry of the store that cannot be used. */
export function foreignCandidate(entry: ProfileBook['foreign'][number], store: AgentStore, file: string): Candidate {
  return {
    id: entry.id,
    provider: entry.provider,
    kind: 'unknown',
    source: { kind: 'profile', id: entry.id, file },
    label: `(${entry.type})`,
    expiry: 'static',
    health: store.health.get(entry.id),
    defect: { rule: 'unknown_kind', type: entry.type },
  }
}

/** Of a provider that needs no secret. */
export function bareCandidate(provider: string, store: AgentStore): Candidate {
  const id = `${provider}:none`
  return {
    id,
    provider,
    kind: 'api_key',
    source: { kind: 'none' },
    label: 'none',
    expiry: 'static',
    health: store.health.get(id),
  }
}

/** With what follows from the others of its provider and from the config. */
export function marked(
  candidate: Candidate,
  all: readonly Candidate[],
  shared: ReadonlySet<string>,
  missing: MissingVariable | undefined,
): Candidate {
  const { secret } = candidate
  const twin =
    candidate.source.kind === 'profile' || secret === undefined || candidate.behind !== undefined
      ? undefined
      : all.find((other) => other.source.kind === 'profile' && other.secret?.equals(secret) === true)
  const isSubscription = candidate.kind === 'token' || candidate.kind === 'oauth'
  return {
    ...candidate,
    // Without its settings the provider may be another one, and what is sent there a gift.
    ...(missing === undefined ? {} : { defect: { rule: 'missing_variable' as const, ...missing } }),
    ...(twin === undefined ? {} : { behind: { rule: 'same_as' as const, of: twin.id } }),
    ...(isSubscription && !shared.has(candidate.id) ? { ownerOnly: true as const } : {}),
  }
}
