// Whether a login is still to be renewed, as its store says at this moment: another process may have been faster, or have found that it ended.
import type { OAuth } from '../core/credential.ts'
import type { Failure } from '../core/failure.ts'
import type { Profile } from '../core/profile.ts'
import { type Claim, endedBecause, lifeOf, type RenewalRecord, renewalNeed } from '../core/renewal.ts'
import type { Secret } from '../core/secret.ts'
import type { View } from './auth.ts'

/** What became of a renewal. `live`: the facts hold a token that can be sent. `ended`: only a new login helps. `failed`: later, perhaps. */
export type Refreshed = { kind: 'live' } | { kind: 'ended'; reason: string } | { kind: 'failed'; failure: Failure }

/** A renewal that is wanted. */
export type Wish = {
  view: View
  profileId: string
  /** The access token that the vendor just refused: another one that lies in the store is taken as it is. */
  rejected?: Secret
  /** A person asked for it. */
  evenIfLive?: true
}

/** It is to be renewed. */
export type Due = {
  kind: 'due'
  login: OAuth
  /** The refresh token to redeem, and its fingerprint. */
  spent: Secret
  generation: string
  /** An attempt at this very token whose end nobody has written down. */
  open: Claim | undefined
}

/**
 * Reads the store. Whoever holds the right to renew may go by `due`; everybody may go by the other answers.
 * @throws AuthError unreadable_store
 */
export async function lookWhetherDue(wish: Wish): Promise<Due | Refreshed> {
  const { view, profileId } = wish
  const { system } = view.home
  const stored = await storedLogin(wish)
  if (stored === undefined) return { kind: 'ended', reason: 'it was removed' }
  const { login } = stored
  const record = (await view.store.renewals.read()).get(profileId)
  if (isLive(wish, login, record)) {
    await view.adopt(stored.profile, record)
    return { kind: 'live' }
  }
  const spent = login.refresh
  if (spent === undefined || spent.isBlank()) return { kind: 'ended', reason: 'it holds no refresh token' }
  system.log.hide(spent)
  const generation = system.fingerprint(spent)
  const reason = endedBecause(record, generation)
  if (reason !== undefined) {
    await view.adopt(stored.profile, record)
    return { kind: 'ended', reason }
  }
  const open = record?.claim?.generation === generation ? record.claim : undefined
  return { kind: 'due', login, spent, generation, open }
}

/** As its store will have it, what was put aside for it included. @returns undefined when it is gone, or no login any more */
export async function storedLogin({ view, profileId }: Wish): Promise<{ profile: Profile; login: OAuth } | undefined> {
  const { home, store } = view
  const book = await home.spool.applied(store.profiles.where(), store.profiles.read)
  const profile = book.profiles.find(({ id }) => id === profileId)
  return profile?.credential.kind === 'oauth' ? { profile, login: profile.credential } : undefined
}

/** Somebody else was faster, or there is nothing to do. */
function isLive({ view, rejected, evenIfLive }: Wish, login: OAuth, record: RenewalRecord | undefined): boolean {
  const { access, expiresAt } = login
  if (access === undefined || access.isBlank()) return false
  if (rejected !== undefined) return !access.equals(rejected)
  const life = { access, expiresAt, lifeMs: lifeOf(record, expiresAt) }
  return evenIfLive !== true && renewalNeed(life, view.home.system.now()) === 'later'
}
