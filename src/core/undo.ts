// Taking back what a command changed in the credentials: how long it can be, and what may come back.
import { DAY_MS } from './expiry.ts'

/** A change can be taken back for as long, ms: over a weekend. What it replaced lies on the disk until then. */
export const UNDO_MS = 3 * DAY_MS
/** So many changes are kept; older ones give way. */
export const MOST_CHANGES = 10

/**
 * What becomes of one thing that a change replaced. `restored`: it comes back; `same`: it is there already, so there is nothing to do; `changed`: somebody
 * has changed it again since, and that stays; `spent`: a login whose refresh token was redeemed since, so that it is worth nothing.
 */
export type Verdict = 'restored' | 'same' | 'changed' | 'spent'

/**
 * @param thing.isAsBefore what is there now is what the change replaced
 * @param thing.isAsAfter what is there now is what the change put there
 * @param thing.isSpent what the change replaced is a login that cannot be renewed any more
 */
export function verdictOf(thing: { isAsBefore: boolean; isAsAfter: boolean; isSpent: boolean }): Verdict {
  if (thing.isAsBefore) return 'same'
  if (!thing.isAsAfter) return 'changed'
  return thing.isSpent ? 'spent' : 'restored'
}

type Judged = { id: string; undoes?: string; verdicts: readonly Verdict[] }

/**
 * The changes that stand: those that took place, and were not taken back. Both writes of a change, that of the record and that of the store, may
 * be cut off by a crash: a change of which nothing is to be seen did not take place, and one whose undoing is to be seen was taken back.
 * @param changes newest first
 */
export function standing<T extends Judged>(changes: readonly T[]): T[] {
  const undone = new Set<string>()
  return changes.filter(({ id, undoes, verdicts }) => {
    if (undone.has(id) || verdicts.every((verdict) => verdict === 'same')) return false
    if (undoes !== undefined) undone.add(undoes)
    return true
  })
}

/** Whether a change of this moment is still kept. A clock that was wrong keeps nothing for longer. */
export function isUndoable(at: number, now: number): boolean {
  return Math.abs(now - at) < UNDO_MS
}

/** What a change is called that takes back one of this name; taken back once more, it is the first again. */
export function undoingOf(what: string): string {
  return what.startsWith(UNDO_OF) ? what.slice(UNDO_OF.length) : `${UNDO_OF}${what}`
}

const UNDO_OF = 'undo of '
