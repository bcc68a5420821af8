// What the timeline lists: calls, what became of accounts, and renewals, newest first. Pure.
import type { ActivityCall, ActivityNote, ActivityRenewal } from '../../../core/activity.ts'

export type Entry =
  | { kind: 'call'; key: string; at: number; call: ActivityCall }
  | { kind: 'note'; key: string; at: number; note: ActivityNote }
  | { kind: 'renewal'; key: string; at: number; renewal: ActivityRenewal }

export type Filter = { account: string; onlyTrouble: boolean }

/** All of it that the filter lets through, newest first. */
export function entriesOf(
  {
    calls,
    notes,
    renewals,
  }: { calls: readonly ActivityCall[]; notes: readonly ActivityNote[]; renewals: readonly ActivityRenewal[] },
  filter: Filter,
): Entry[] {
  const all: Entry[] = [
    ...calls.map((call): Entry => ({ kind: 'call', key: call.call, at: call.at, call })),
    ...notes.map((note): Entry => ({ kind: 'note', key: `n${note.at}${note.id}`, at: note.at, note })),
    ...renewals.map(
      (renewal): Entry => ({ kind: 'renewal', key: `r${renewal.at}${renewal.id}`, at: renewal.at, renewal }),
    ),
  ]
  return all.filter((entry) => isWanted(entry, filter)).sort((a, b) => b.at - a.at)
}

function isWanted(entry: Entry, { account, onlyTrouble }: Filter): boolean {
  if (account !== '' && !namesOf(entry).includes(account)) return false
  return !onlyTrouble || isTrouble(entry)
}

function namesOf(entry: Entry): string[] {
  if (entry.kind === 'call')
    return entry.call.attempts.flatMap(({ profile }) => (profile === undefined ? [] : [profile]))
  return [entry.kind === 'note' ? entry.note.id : entry.renewal.id]
}

/** Whether something went wrong on the way, however it ended. */
export function isTrouble(entry: Entry): boolean {
  if (entry.kind === 'call') return entry.call.outcome !== 'served' || entry.call.attempts.length > 1
  if (entry.kind === 'note') return entry.note.kind !== 'ready'
  return entry.renewal.outcome !== 'renewed' && entry.renewal.outcome !== 'late'
}

/** The rows in sight, with some around. @returns first and last, the last not included */
export function inSight(
  count: number,
  { scrollTop, height, rowHeight }: { scrollTop: number; height: number; rowHeight: number },
): { from: number; to: number } {
  const around = 8
  const from = Math.max(0, Math.floor(scrollTop / rowHeight) - around)
  return { from: Math.min(from, count), to: Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + around) }
}
