// A compaction: the model sums up what was said, and from then on the prompt begins with its summary. It is a turn like any other, to the same model
// with the same account, and its request begins as the request of the next turn would: what the vendor has cached of it is read once more.
import type { View } from '../auth/auth.ts'
import { agentFlag } from '../auth/own-store.ts'
import { AuthError } from '../core/errors.ts'
import { printable } from '../core/profile.ts'
import type { ChatMessage } from '../core/protocol.ts'
import type { Session } from '../core/session.ts'
import { type Ending, messageOf } from './ending.ts'
import { keepSummary } from './keep.ts'
import { leftOut, saidSince } from './request.ts'

const WISH = [
  'Sum up our conversation so far. Your summary will stand in its place: whoever goes on reads it and nothing of what was said before.',
  'Keep what was decided and why, what is still open, what was asked for and not done yet, and every name, number, path, command and wording that may be needed again, exactly as written.',
  'Pictures and files will not be shown again: say in words what matters of what they show.',
  'Leave out passwords, keys and tokens. Write in the language of the conversation, in at most 800 words, and nothing but the summary.',
].join(' ')

/** What the model is asked. @param keep what the person wants kept above all; empty: nothing in particular */
export function summaryWish(keep: string): string {
  return keep === '' ? WISH : `${WISH}\n\nKeep this above all: ${keep}`
}

/** Why there is nothing to sum up; undefined when there is. @param history of the conversation */
export function nothingToCompact(history: readonly ChatMessage[]): string | undefined {
  if (saidSince(history) > 0) return undefined
  const since = history.length === 0 ? '' : ' since it was compacted last'
  return `Nothing has been said in this conversation${since}; nothing was changed.`
}

/**
 * @param history what the summary stands for, oldest first
 * @param sent as much of it as the model was told in the end
 */
export function summaryOf(
  view: View,
  session: Session,
  history: readonly ChatMessage[],
  sent: () => readonly ChatMessage[],
): Ending {
  return {
    isSpoken: false,
    keep: async ({ text, isCut, at }, by) => {
      const summary = text.trim()
      if (summary === '') throw unfit('The model answered without a word; /compact asks it again.')
      if (isCut)
        throw unfit('The summary grew too long and was cut off; /compact with what matters makes a shorter one.')
      const upTo = history.at(-1)?.timestamp ?? at
      if (!(await keepSummary(view, session, { text: summary, at, upTo }, by))) {
        throw unfit('It has been begun anew meanwhile.')
      }
      return {
        message: messageOf('assistant', replyText(summary, history, sent()), at),
        command: { name: 'compact', ok: true },
      }
    },
    tooLong: `openclaw sessions reset ${session.key}${agentFlag(view, view.agentId)}`,
    failed: (error) =>
      new AuthError(
        error.code,
        `${printable(session.key)} was not compacted, nothing of it was changed. ${error.message}`,
        {
          cause: error,
          remedy: error.remedy ?? `openclaw sessions show ${session.key}${agentFlag(view, view.agentId)}`,
          ...(error.until === undefined ? {} : { until: error.until }),
        },
      ),
  }
}

function unfit(why: string): AuthError {
  return new AuthError('upstream', why)
}

function replyText(summary: string, history: readonly ChatMessage[], sent: readonly ChatMessage[]): string {
  const count = saidSince(history)
  const lost = count - saidSince(sent) + leftOut(sent)
  const words = summary.split(/\s+/).length
  return [
    `Compacted: the next message is sent with a summary of ${words} words in the place of ${many(count, 'message')}.`,
    ...(lost === 0 ? [] : [`The oldest ${lost} of them no longer fitted into the prompt and are not in it.`]),
    'Model and account stay, and so does what was said, in the transcript.',
  ].join(' ')
}

function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
