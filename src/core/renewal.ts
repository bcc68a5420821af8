// Renewal of logins: when it is due, what it may change, and what became of the attempts at one refresh token.
import type { OAuth } from './credential.ts'
import { MINUTE_MS } from './expiry.ts'
import type { Secret } from './secret.ts'

/** A live token is renewed behind the calls from here on, ms before its end. */
export const RENEW_AHEAD_MS = 5 * MINUTE_MS
/** With less left than this, ms, a token is not sent any more: it could end on its way. */
export const LAST_USE_MS = 30_000

/** `due`: renewed before the next call; `soon`: behind it; `later`: nothing to do. */
export type RenewalNeed = 'later' | 'soon' | 'due'

/**
 * @param access what would be sent, if there is anything
 * @param expiresAt its end, ms epoch; undefined: unknown, so that only a refusal tells
 */
export function renewalNeed(access: Secret | undefined, expiresAt: number | undefined, now: number): RenewalNeed {
  if (access === undefined) return 'due'
  if (expiresAt === undefined) return 'later'
  const left = expiresAt - now
  return left < LAST_USE_MS ? 'due' : left < RENEW_AHEAD_MS ? 'soon' : 'later'
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
  pid: number
  host: string
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

/** Why the login that holds this refresh token has ended, or undefined: it may be renewed, as far as anybody knows. */
export function endedBecause(record: RenewalRecord | undefined, generation: string): string | undefined {
  const claim = record?.claim
  if (claim?.state !== 'refused' || claim.generation !== generation) return undefined
  return claim.reason ?? 'the vendor refused to renew it'
}
