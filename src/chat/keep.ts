// What a turn leaves behind: its two messages in the transcript, or the summary of a compaction, and the counts and the automatic pin in the
// session's entry.
import type { View } from '../auth/auth.ts'
import { bookTurn } from '../auth/book-turn.ts'
import { retentionFor, takesMarks } from '../core/cache.ts'
import { cacheSettingsOf } from '../core/config.ts'
import { HOUR_MS, MINUTE_MS } from '../core/expiry.ts'
import { formatRef, type ModelRef } from '../core/model-ref.ts'
import type { Candidate } from '../core/order.ts'
import type { ChatMessage, ChatUsage } from '../core/protocol.ts'
import { compacted, type Session, served } from '../core/session.ts'
import type { Enclosure } from '../store/enclosures.ts'
import type { Summary } from '../store/transcript.ts'
import { leftOut } from './request.ts'

/** What vendors keep a prompt for unless they are told otherwise, ms. */
const SHORT_MS = 5 * MINUTE_MS
/** More than a transcript holds. */
const MOST_MESSAGES = 2 ** 24

/** Who served, what it cost, and what was said before, oldest first. */
export type KeptBy = {
  candidate: Candidate | undefined
  ref: ModelRef
  /** Another model, or another account while the own one had no room, served this once. */
  isStandIn: boolean
  usage: ChatUsage
  history: readonly ChatMessage[]
}

class Gone extends Error {}

/**
 * @param session as it was when the turn began; when it has been reset or deleted since, nothing is kept
 * @throws AuthError write_failed, unreadable_store, lock_timeout
 */
export async function keepTurn(
  view: View,
  session: Session,
  { text, shown, at, answer }: { text: string; shown: readonly Enclosure[]; at: number; answer: ChatMessage },
  by: KeptBy,
): Promise<void> {
  if (!(await count(view, session, by, (counted) => counted))) return
  const { sessions } = view.store
  const kept = await sessions.enclosures.keep(session.id, shown)
  const question: ChatMessage = {
    role: 'user',
    content: [{ type: 'text', text }],
    ...(kept.length === 0 ? {} : { enclosures: kept }),
    timestamp: at,
  }
  await sessions.append(session.id, [question, answer])
}

/**
 * @param session as it was when the compaction began
 * @returns whether it is kept: not when the conversation has been reset or deleted since
 * @throws AuthError write_failed, unreadable_store, lock_timeout
 */
export async function keepSummary(view: View, session: Session, summary: Summary, by: KeptBy): Promise<boolean> {
  const isKept = await count(view, session, by, (counted) => compacted(counted, by.usage.output))
  if (isKept) await view.store.sessions.sumUp(session.id, summary)
  return isKept
}

/** Counts the call in the session's entry and books it. @returns false when the session is another one by now */
async function count(
  view: View,
  session: Session,
  by: KeptBy,
  change: (counted: Session) => Session,
): Promise<boolean> {
  const now = view.home.system.now()
  try {
    await view.store.sessions.put(session.key, (present) => {
      if (present?.id !== session.id) throw new Gone()
      const { pin, ...counted } = served(present, by.candidate?.id ?? '', by.usage, now)
      // The cache is as warm as it was, with the account that has it.
      const kept = by.isStandIn ? present.pin : pin
      // Only a stored profile can be pinned: a credential of the environment has no name that outlives it.
      const isPinned = by.isStandIn || by.candidate?.source.kind === 'profile' || kept?.by !== 'auto'
      return change(kept === undefined || !isPinned ? counted : { ...counted, pin: kept })
    })
  } catch (error) {
    if (error instanceof Gone) return false
    throw error
  }
  if (by.candidate !== undefined) book(view, session, by.candidate, by)
  return true
}

/** @param session as it was before the turn */
function book(view: View, session: Session, candidate: Candidate, by: KeptBy): void {
  const { provider } = by.ref
  const model = formatRef(by.ref)
  const { asked, api } = cacheSettingsOf(view.facts().config, by.ref)
  const { retention, why } = retentionFor(asked, { provider, kind: candidate.kind, api })
  // Other vendors cache by themselves, or not at all.
  const isOff = takesMarks(provider, api) && retention === 'none'
  const prefix = prefixOf(session, by.history)
  // Another process may have had the turn before; of it the session's entry and the transcript tell most.
  const isFresh = by.history.at(-1)?.isSummary === true
  const prefixBefore = isFresh
    ? prefixOf({ compactionCount: session.compactionCount - 1 }, by.history.slice(0, -1))
    : prefixOf(session, by.history.slice(0, -2))
  const before = { at: session.updatedAt, profile: session.pin?.id ?? candidate.id, model, prefix: prefixBefore }
  bookTurn(view, {
    conversation: `session ${session.id}`,
    session: session.key,
    isRelayed: false,
    model,
    profile: candidate.id,
    isNamed: session.pin !== undefined && session.pin.by !== 'auto',
    usage: by.usage,
    prefix,
    ...(session.inputTokens + session.outputTokens === 0 ? {} : { before }),
    off: isOff ? `the retention is none: ${why}` : undefined,
    keptMs: retention === 'long' ? HOUR_MS : SHORT_MS,
  })
}

/** Stands for how the prompt begins: it begins otherwise after a compaction, and when the oldest messages no longer fit. */
function prefixOf({ compactionCount }: Pick<Session, 'compactionCount'>, history: readonly ChatMessage[]): number {
  return compactionCount * MOST_MESSAGES + leftOut(history)
}
