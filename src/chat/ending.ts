// What becomes of an answer once it is there: kept as the answer to a question, or, by a compaction, as the summary of what was said.
import type { View } from '../auth/auth.ts'
import { agentFlag } from '../auth/own-store.ts'
import type { AuthError } from '../core/errors.ts'
import type { ChatMessage, CommandMark } from '../core/protocol.ts'
import type { Session } from '../core/session.ts'
import type { Enclosure } from '../store/enclosures.ts'
import { type KeptBy, keepTurn } from './keep.ts'
import { saidSince } from './request.ts'

/** An answer that is over. */
export type Whole = {
  text: string
  /** It ended before it was whole: the vendor or we found it too long. */
  isCut: boolean
  /** ms epoch */
  at: number
}

export type Ending = {
  /** It is told as it comes; when it is stopped, what was said until then is kept. */
  isSpoken: boolean
  /**
   * Stores the answer.
   * @returns what the listener is told in the end
   * @throws AuthError when nothing was kept
   */
  keep(answer: Whole, by: KeptBy): Promise<{ message: ChatMessage; command?: CommandMark }>
  /** The command that helps when the conversation has outgrown the model; absent where nothing was said before that could be left out. */
  tooLong?: string
  /** How it is told that no answer came. */
  failed(error: AuthError): AuthError
}

/** What was asked. @see at when, ms epoch */
export type Asked = { text: string; shown: readonly Enclosure[]; at: number }

/**
 * Kept is the answer with its question, and what was shown with that.
 * @param history what was said before, oldest first
 */
export function answerTo(view: View, session: Session, history: readonly ChatMessage[], asked: Asked): Ending {
  const compact = `openclaw agent${agentFlag(view, view.agentId)} --session-id ${session.key} --message "/compact"`
  return {
    isSpoken: true,
    keep: async ({ text, at }, by) => {
      const message = messageOf('assistant', text, at)
      await keepTurn(view, session, { ...asked, answer: message }, by)
      return { message }
    },
    ...(saidSince(history) === 0 ? {} : { tooLong: compact }),
    failed: (error) => error,
  }
}

/** A message of one text. @param timestamp ms epoch */
export function messageOf(role: ChatMessage['role'], text: string, timestamp: number): ChatMessage {
  return { role, content: [{ type: 'text', text }], timestamp }
}
