// What a turn leaves behind: its two messages in the transcript, the counts and the automatic pin in the session's entry.
import type { View } from '../auth/auth.ts'
import type { Candidate } from '../core/order.ts'
import type { ChatMessage, ChatUsage } from '../core/protocol.ts'
import { type Session, served } from '../core/session.ts'

class Gone extends Error {}

/**
 * @param session as it was when the turn began; when it has been reset or deleted since, nothing is kept
 * @param by who served, and what it cost
 * @throws AuthError write_failed, unreadable_store, lock_timeout
 */
export async function keepTurn(
  view: View,
  session: Session,
  messages: readonly ChatMessage[],
  by: { candidate: Candidate | undefined; isFallback: boolean; usage: ChatUsage },
): Promise<void> {
  const { sessions } = view.store
  const now = view.home.system.now()
  try {
    await sessions.put(session.key, (present) => {
      if (present?.id !== session.id) throw new Gone()
      const { pin, ...counted } = served(present, by.candidate?.id ?? '', by.usage, now)
      // Another model stood in for this once: the cache of the session's own is as warm as it was, with the account that has it.
      const kept = by.isFallback ? present.pin : pin
      // Only a stored profile can be pinned: a credential of the environment has no name that outlives it.
      const isPinned = by.isFallback || by.candidate?.source.kind === 'profile' || kept?.by !== 'auto'
      return kept === undefined || !isPinned ? counted : { ...counted, pin: kept }
    })
  } catch (error) {
    if (error instanceof Gone) return
    throw error
  }
  await sessions.append(session.id, messages)
}
