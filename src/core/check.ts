// The exit code of `models status --check`, and why.
import { EXIT } from './errors.ts'
import { formatRemaining } from './expiry.ts'
import { type Candidate, defectOf, expiryOfCandidate, type ProviderFacts, placeOf } from './order.ts'

export type Check = { exitCode: number; reasons: string[] }

/**
 * 1 when a person must act, 2 when one must soon, else 0. Profiles left out of an explicit order and providers that no configured model
 * uses do not count. Neither do paused ones, and a provider whose credentials are all paused is not without any: whoever set them aside knows, and a monitor
 * that wakes people for what they did on purpose is soon switched off.
 * @param found.inUse providers of the configured models; found.missing those of them without a usable credential; found.expirable stored
 * tokens and logins
 */
export function checkOf(
  providers: ReadonlyMap<string, ProviderFacts>,
  found: { inUse: ReadonlySet<string>; missing: readonly string[]; expirable: readonly Candidate[] },
  now: number,
): Check {
  const { inUse, missing, expirable } = found
  const counted = expirable.filter((candidate) => {
    const provider = providers.get(candidate.provider)
    return inUse.has(candidate.provider) && provider !== undefined && placeOf(provider, candidate, now) >= 0
  })
  const expired = counted.filter((candidate) => defectOf(candidate, now)?.rule === 'expired')
  const ended = counted.filter((candidate) => defectOf(candidate, now)?.rule === 'login_ended')
  const expiring = counted.filter(
    (candidate) =>
      expiryOfCandidate(candidate, now) === 'expiring' &&
      candidate.renewable !== true &&
      defectOf(candidate, now) === undefined,
  )
  const reasons = [
    ...missing.map((provider) => `${provider}: no usable credential from any source`),
    ...expired.map(({ id }) => `${id}: expired and cannot renew itself`),
    ...ended.map(({ id }) => `${id}: the login has ended`),
    ...expiring.map(({ id, expiresAt }) => `${id}: expires in ${formatRemaining((expiresAt ?? now) - now)}`),
  ]
  const exitCode =
    missing.length + expired.length + ended.length > 0 ? EXIT.failed : expiring.length > 0 ? EXIT.expiring : EXIT.done
  return { exitCode, reasons }
}
