// What a failed call of the Bot API means: for a message that was to be said, and for a bot that listens.
import { addCommand } from '../../auth/channel-token.ts'
import type { AccountTrouble } from '../../core/channel-report.ts'
import { AuthError } from '../../core/errors.ts'
import { GrammyError, NoAnswer } from './bot-api.ts'

/** A token that was refused does not come back to life; an outage that looks like it does. */
const REFUSED_PAUSE_MS = 600_000
/** Somebody else hears this bot, and perhaps stops. */
const CONFLICT_PAUSE_MS = 30_000

export type Judged =
  | { is: 'refused'; why: 'token' | 'gone' | 'bad'; description: string }
  | { is: 'hold'; seconds: number }
  /** The group has another id from now on. */
  | { is: 'moved'; to: string }
  | { is: 'again'; description: string }

/** What a failed call of the Bot API means. @throws what is a mistake of ours */
export function judge(error: unknown): Judged {
  if (error instanceof NoAnswer) return { is: 'again', description: error.kind }
  if (!(error instanceof GrammyError)) throw error
  const { error_code: code, description, parameters } = error
  if (code === 429) return { is: 'hold', seconds: Math.max(1, parameters.retry_after ?? 5) }
  if (parameters.migrate_to_chat_id !== undefined) return { is: 'moved', to: String(parameters.migrate_to_chat_id) }
  // An address without a known token is no address at all.
  if (code === 401 || code === 404) return { is: 'refused', why: 'token', description }
  if (code === 403) return { is: 'refused', why: 'gone', description }
  if (code >= 500 || code === 409) return { is: 'again', description }
  return { is: 'refused', why: 'bad', description }
}

/**
 * What keeps a bot from listening.
 * @param where what it is told is kept
 * @returns with how long to wait at least before the next try, ms
 */
export function troubleOf(
  error: unknown,
  accountId: string,
  where: string,
): { trouble: AccountTrouble; leastMs: number } {
  const remedy = 'openclaw channels status --probe'
  if (error instanceof AuthError) {
    // What came stays with the vendor until it is on the disk.
    return {
      trouble: {
        code: 'store',
        message: `What the account ${accountId} is told cannot be kept in ${where}, so nothing is answered: ${error.message}`,
        remedy: error.remedy ?? 'openclaw doctor',
      },
      leastMs: 0,
    }
  }
  const judged = judge(error)
  if (judged.is === 'again') {
    if (error instanceof GrammyError && error.error_code === 409) {
      return {
        trouble: {
          code: 'conflict',
          message: `Another program asks for the messages of the account ${accountId} with the same token; only one of the two hears each. Stop it, or give this one a bot of its own.`,
          remedy,
        },
        leastMs: isWebhook(error) ? 0 : CONFLICT_PAUSE_MS,
      }
    }
    return {
      trouble: {
        code: 'unreachable',
        message: `Telegram cannot be reached for the account ${accountId} (${judged.description}); it is tried again.`,
        remedy,
      },
      leastMs: 0,
    }
  }
  if (judged.is === 'hold') {
    return {
      trouble: {
        code: 'refused',
        message: `Telegram wants to be asked again in ${judged.seconds} s for the account ${accountId}.`,
        remedy,
      },
      leastMs: judged.seconds * 1000,
    }
  }
  if (judged.is === 'refused' && judged.why === 'token')
    return { trouble: tokenRefused(accountId), leastMs: REFUSED_PAUSE_MS }
  return {
    trouble: {
      code: 'refused',
      message: `Telegram refuses what the account ${accountId} asks: ${judged.is === 'moved' ? 'a group has moved' : judged.description}`,
      remedy,
    },
    leastMs: CONFLICT_PAUSE_MS,
  }
}

/** A webhook is set, so nobody may poll. */
export function isWebhook(error: unknown): boolean {
  return error instanceof GrammyError && /webhook/i.test(error.description)
}

/** What is wrong when the vendor does not know the token. */
export function tokenRefused(accountId: string): AccountTrouble {
  return {
    code: 'token_refused',
    message: `Telegram does not know the token of the account ${accountId}: it was revoked, or is another bot's old one. BotFather shows the one in force.`,
    remedy: addCommand(accountId),
  }
}
