// When a credential ends, said in the words of `models status`.
import { type Credential, expiresAtOf } from './credential.ts'

export type Expiry = 'ok' | 'expiring' | 'expired' | 'missing' | 'static'

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** The end of what a date can say, ms epoch: who writes a later moment by hand has written none. */
export const LAST_INSTANT = 8.64e15

/** `models status --check` warns this long before the end. */
export const WARN_AFTER_MS = DAY_MS

/**
 * @param now ms epoch
 * @param warnAfterMs how long before the end it counts as expiring
 * @returns `static` for keys and tokens without an end, `missing` for a login whose end is unknown
 */
export function expiryOf(credential: Credential, now: number, warnAfterMs = WARN_AFTER_MS): Expiry {
  const expiresAt = expiresAtOf(credential)
  if (expiresAt === undefined) return credential.kind === 'oauth' ? 'missing' : 'static'
  return expiryAt(expiresAt, now, warnAfterMs)
}

/**
 * @param expiresAt ms epoch
 * @param now ms epoch
 */
export function expiryAt(expiresAt: number, now: number, warnAfterMs = WARN_AFTER_MS): 'ok' | 'expiring' | 'expired' {
  if (expiresAt <= now) return 'expired'
  return expiresAt - now <= warnAfterMs ? 'expiring' : 'ok'
}

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS }
const LONGEST_MS = 100 * 365 * DAY_MS

/**
 * Reads `365d`, `12h`, `90` (days).
 * @returns ms, or undefined when the text is not a positive length of at most a hundred years
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h|d)?$/.exec(text.trim().toLowerCase())
  if (match === null) return undefined
  const ms = Math.round(Number(match[1]) * (UNIT_MS[match[2] ?? 'd'] ?? DAY_MS))
  return ms > 0 && ms <= LONGEST_MS ? ms : undefined
}

/** `45s`, `12m`, `5h`, `3d`: rounded up, so that nobody comes back a moment too early; days to the nearest, so that a year is 365 of them. */
export function formatRemaining(ms: number): string {
  if (ms <= 0) return '0m'
  if (ms < MINUTE_MS) return `${Math.ceil(ms / 1000)}s`
  if (ms < HOUR_MS) return `${Math.ceil(ms / MINUTE_MS)}m`
  if (ms < 48 * HOUR_MS) return `${Math.ceil(ms / HOUR_MS)}h`
  return `${Math.round(ms / DAY_MS)}d`
}
