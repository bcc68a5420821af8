// `--since`: from when on somebody wants to see what is kept.
import { AuthError } from '../core/errors.ts'
import { parseSince } from '../core/pause.ts'
import { printable } from '../core/profile.ts'

/**
 * @param command one that takes the flag, for the remedy
 * @returns ms epoch; undefined when the flag is not given
 * @throws AuthError usage
 */
export function sinceOf(since: string | undefined, now: number, command: string): number | undefined {
  if (since === undefined) return undefined
  const at = parseSince(since, now)
  if (at !== undefined) return at
  throw new AuthError(
    'usage',
    `--since "${printable(since, 40)}" is neither a length such as 90m, 2h or 7d nor a day (2026-01-31, in UTC) or a moment (2026-01-31T08:00:00Z) in the past.`,
    { remedy: `${command} --since 2h` },
  )
}
