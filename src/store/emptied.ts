// A config that holds nothing and held something before: an editor may be writing it. It counts only after it has stayed so for a while.
import { AuthError } from '../core/errors.ts'
import { quoted } from '../core/quoted.ts'
import type { System } from '../system/system.ts'
import type { Guard } from './config.ts'

/** Nobody's editor is between the two steps of a write for longer, ms. */
const STAYS_MS = 5000

export type Emptied = {
  /** Whether what was read now counts. @param text undefined: there is no file; @param isMeant it was emptied by ourselves */
  counts(text: string | undefined, isMeant?: boolean): boolean
  /** When to read again what did not count, from now, ms; undefined: nothing waits. */
  restMs(): number | undefined
  /** Nothing is written over a file that does not count. */
  guard: Guard
}

/** @param where the file, for messages */
export function watchEmptied({ log, monotonic }: Pick<System, 'log' | 'monotonic'>, where: () => string): Emptied {
  let hadContent = false
  let since: number | undefined
  return {
    counts: (text, isMeant = false) => {
      if (!isEmpty(text) || !hadContent || isMeant) {
        hadContent = !isEmpty(text)
        since = undefined
        return true
      }
      if (since === undefined) {
        since = monotonic()
        log.warn('the config holds nothing, and did before: somebody may be writing it; what it said stays in force', {
          file: where(),
          seconds: STAYS_MS / 1000,
        })
      }
      if (monotonic() - since < STAYS_MS) return false
      log.warn('the config has held nothing for so long that it counts: everything has its default', { file: where() })
      hadContent = false
      since = undefined
      return true
    },
    restMs: () => (since === undefined ? undefined : Math.max(1, STAYS_MS - (monotonic() - since))),
    guard: {
      before: (text) => {
        if (!hadContent || !isEmpty(text)) return
        const what = text === undefined ? 'is gone' : 'is empty'
        throw new AuthError(
          'changed_meanwhile',
          `${where()} ${what}, and was not a moment ago: somebody may be writing it. Nothing was changed; try again in ${STAYS_MS / 1000} seconds.`,
          { remedy: `ls -l ${quoted(where())}` },
        )
      },
      change: () => undefined,
    },
  }
}

/** Also a byte order mark alone says nothing. */
function isEmpty(text: string | undefined): boolean {
  return text === undefined || text.trim() === ''
}
