// Renewal of logins: when it is due, what it may change, and what became of the attempts at one refresh token.
import type { OAuth } from './credential.ts'
import { MINUTE_MS } from './expiry.ts'
import type { Secret } from './secret.ts'

/** A live token is renewed behind the calls from here on, ms before its end; of a short life, the last fifth. */
const RENEW_AHEAD_MS = 5 * MINUTE_MS
const RENEW_AHEAD_PART = 1 / 5
/** With less left than this, ms, a token is not sent any more: it could end on its way; of a short life, the last tenth. */
const LAST_USE_MS = 30_000
const LAST_USE_PART = 1 / 10

/** `due`: renewed before the next call; `soon`: behind it; `later`: nothing to do. */
export type RenewalNeed = 'later' | 'soon' | 'due'

/** What is known of the access token of a login: what would be sent; its end, ms epoch, or unknown; how long it lives in all, ms. */
export type Lifetime = { access: Secret | undefined; expiresAt: number | undefined; lifeMs: number | undefined }

/** A token whose end is unknown is not renewed before the vendor refuses it. @param now ms epoch */
export function renewalNeed(
  { access, expiresAt, lifeMs = Number.POSITIVE_INFINITY }: Lifetime,
  now: number,
): RenewalNeed {
  if (access === undefined) return 'due'
  if (expiresAt === undefined) return 'later'
  const left = expiresAt - now
  if (left < Math.min(LAST_USE_MS, lifeMs * LAST_USE_PART)) return 'due'
  return left < Math.min(RENEW_AHEAD_MS, lifeMs * RENEW_AHEAD_PART) ? 'soon' : 'later'
}

/**
 * How long the present access token lives in all, as far as the last renewal tells: a vendor whose tokens live for minutes must not be asked
 * behind every call.
 * @returns ms; undefined when it was never renewed here
 */
export function lifeOf(record: RenewalRecord | undefined, expiresAt: number | undefined): number | undefined {
  const last = record?.past.findLast(({ outcome }) => outcome === 'renewed')
  if (last === undefined || expiresAt === undefined || expiresAt <= last.at) return undefined
  return expiresAt - last.at
}

/** The login with what came back in place (RFC 6749, 6); the end of the old access token says nothing of the new one. */
export function merged(before: OAuth, renewed: OAuth): OAuth {
  const { expiresAt: _, ...kept } = before
  return { ...kept, ...renewed }
}

/**
 * Somebody set out to redeem a refresh token. `sent` without an end means that nobody knows what became of it: the process died, or the
 * vendor did not answer. `refused`: the vendor said no, for good.
 */
export type Claim = {
  /** Fingerprint of the refresh token. */
  generation: string
  state: 'sent' | 'refused'
  /** ms epoch */
  at: number
  /** The same moment on the clock of the machine that never jumps, ms. */
  ticks: number
  /** When it was first seen by other machines, each on its own clock: ms epoch by name of the machine. */
  seen?: Readonly<Record<string, number>>
  pid: number
  host: string
  /** The vendor was asked and did not answer: whoever asked does not come back with an answer any more. */
  isOver?: true
  /** Attempts at this very token whose outcome nobody knows, before this one. */
  unknown: number
  /** Why the login has ended, for people. */
  reason?: string
}

/** How one attempt ended. `late`: its token came when another one had taken the place. */
export type RenewalOutcome = 'renewed' | 'refused' | 'failed' | 'unknown' | 'late'

/** One attempt that is over, for `models auth history`. */
export type PastRenewal = {
  generation: string
  outcome: RenewalOutcome
  /** ms epoch */
  at: number
  pid: number
  host: string
  /** Fingerprint of the refresh token that came. */
  next?: string
  detail?: string
}

/** What is known of the renewals of one profile. */
export type RenewalRecord = { claim?: Claim; past: readonly PastRenewal[] }

/** The clocks of two machines that share a store hardly differ by more. */
const MOST_SKEW_MS = 15 * MINUTE_MS

/**
 * Since when a claim of another machine is known to stand, ms epoch. It may be younger than it says, by that machine's clock: unless it is
 * older than clocks differ, it is as old as it has been known here.
 * @param here the machine that asks
 * @param now ms epoch, by its clock
 */
export function knownSince({ at, seen }: Claim, here: string, now: number): number {
  return at <= now - MOST_SKEW_MS ? at : Math.min(seen?.[here] ?? now, now)
}

/** Why the login that holds this refresh token has ended, or undefined: it may be renewed, as far as anybody knows. */
export function endedBecause(record: RenewalRecord | undefined, generation: string): string | undefined {
  const claim = record?.claim
  if (claim?.state !== 'refused' || claim.generation !== generation) return undefined
  return claim.reason ?? 'the vendor refused to renew it'
}

/** Codes that speak of the token, or of the client it was given to; any other complaint is one about the request. */
const FOR_GOOD: ReadonlySet<string> = new Set([
  'invalid_grant',
  'invalid_client',
  'unauthorized_client',
  'unauthorized',
  'access_denied',
  'expired_token',
  'refresh_token_expired',
  'refresh_token_reused',
  'refresh_token_invalidated',
])

/** Whether the vendor's code (RFC 6749, 5.2, and those of vendors) means that only a new login helps. */
export function isForGood(code: string): boolean {
  return FOR_GOOD.has(code)
}
