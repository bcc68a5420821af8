// What is kept for chat (`auth.reserve`): the last part of what an account may use. People who talk do not run into a limit that programs and
// nightly jobs have used up.
import { MINUTE_MS } from './expiry.ts'
import type { Usage } from './usage.ts'

/** Who asks: a person who talks, or a program or job that can wait. */
export type Asker = 'chat' | 'program'

export const ASKERS: readonly Asker[] = ['chat', 'program']

const JOB = /^agent:[^:]+:cron:/

/** Who talks in a session: jobs have sessions of their own. @param key in full */
export function askerIn(key: string): Asker {
  return JOB.test(key) ? 'program' : 'chat'
}

/** A window of which nobody said when it begins anew is believed so long. */
const FRESH_MS = 5 * MINUTE_MS

/**
 * Until when an account has no more left than what is kept, ms epoch; 0 where it has, and where nobody knows. A window that has begun anew
 * since is whole; within one, what is used does not come back.
 * @param percent of each window that is kept
 */
export function keptUntil(usage: Usage | undefined, percent: number, now: number): number {
  let until = 0
  if (usage === undefined) return until
  for (const { used, resetAt } of usage.windows) {
    const end = resetAt ?? usage.at + FRESH_MS
    if (end > now && Math.round((1 - used) * 1000) <= percent * 10) until = Math.max(until, end)
  }
  return until
}
