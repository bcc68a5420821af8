// The usage of accounts as every face shows it: what the vendors said last, and what of it still holds.
import { DAY_MS, formatRemaining, MINUTE_MS } from './expiry.ts'
import type { Candidate } from './order.ts'
import { printable } from './profile.ts'
import { LIMIT, type Usage } from './usage.ts'

export type WindowReport = {
  label: string
  /** 0 to 100, with one decimal. */
  usedPercent: number
  limit?: number
  remaining?: number
  /** ms epoch */
  resetAt?: number
  /** It has begun anew since, and nobody has said how much of it is used. */
  isOver?: true
}

/** One account; the names of the first level are the reference's. */
export type AccountUsage = {
  provider: string
  profileId: string
  /** When the vendor said so, ms epoch. */
  updatedAt: number
  windows: WindowReport[]
}

export type UsageReport = {
  /** When the newest of it was said, ms epoch; null when nothing was. */
  updatedAt: number | null
  /** Accounts of which a vendor has said something. */
  providers: AccountUsage[]
}

/** What ended longer ago is not told any more. */
const KEPT_MS = DAY_MS

/**
 * @param usage what is kept of the account
 * @param now ms epoch
 * @returns undefined when nothing is known that is worth telling
 */
export function accountUsage(candidate: Candidate, usage: Usage | undefined, now: number): AccountUsage | undefined {
  if (usage === undefined) return undefined
  const { lastUsedAt = 0 } = candidate.health
  const windows = usage.windows
    // An account that has served since was refused for something else, or has got more.
    .filter(({ name }) => name !== LIMIT || lastUsedAt <= usage.at)
    .filter(({ resetAt }) => resetAt === undefined || now - resetAt <= KEPT_MS)
    .map(
      ({ name, used, ...rest }): WindowReport => ({
        label: name,
        // What is left of a window is not rounded away.
        usedPercent: used < 1 ? Math.min(99.9, Math.round(used * 1000) / 10) : 100,
        ...rest,
        ...(rest.resetAt !== undefined && rest.resetAt <= now ? { isOver: true as const } : {}),
      }),
    )
  if (windows.length === 0) return undefined
  return { provider: candidate.provider, profileId: candidate.id, updatedAt: usage.at, windows }
}

/**
 * @param candidates of all providers, in the order of the report
 * @param usageOf what is kept of each
 */
export function usageReport(
  candidates: readonly Candidate[],
  usageOf: (candidate: Candidate) => Usage | undefined,
  now: number,
): UsageReport {
  const providers = candidates.flatMap((candidate) => accountUsage(candidate, usageOf(candidate), now) ?? [])
  const newest = Math.max(...providers.map(({ updatedAt }) => updatedAt))
  return { updatedAt: providers.length === 0 ? null : newest, providers }
}

/** Windows that have begun anew say nothing to a person. */
export function currentWindows({ windows }: AccountUsage): WindowReport[] {
  return windows.filter(({ isOver }) => isOver !== true)
}

/** `5h 54% used, resets in 2h (14:02Z); 7d 12% used, resets in 4d (2026-11-26)`; empty when no window still runs. */
export function usageText(usage: AccountUsage, now: number): string {
  const windows = currentWindows(usage).map(({ label, usedPercent, resetAt }) => {
    const share = usedPercent < 100 ? Math.min(99, Math.round(usedPercent)) : 100
    const anew = resetAt === undefined ? '' : `, resets in ${formatRemaining(resetAt - now)} (${instant(resetAt, now)})`
    return `${printable(label)} ${share}% used${anew}`
  })
  if (windows.length === 0) return ''
  const age = now - usage.updatedAt
  return windows.join('; ') + (age < MINUTE_MS ? '' : `; said ${formatRemaining(age)} ago`)
}

function instant(at: number, now: number): string {
  const text = new Date(at).toISOString()
  return at - now < DAY_MS ? `${text.slice(11, 16)}Z` : text.slice(0, 10)
}
