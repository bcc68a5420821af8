// What is made of one message: the words that a turn is asked with, where it is answered, and what needs no turn at all. Pure.
import type { Incoming } from './read.ts'
import type { Target } from './shown.ts'

const UNREAD = 'I read text, pictures, PDF and text files, and hear voice where the model does. This I cannot read.'
const WELCOME = 'Say what you would like to know.'

/**
 * What is said at once, without a turn, and without a trace on the disk.
 * @returns undefined where the message is to be answered
 */
export function withoutTurn({
  message,
  access,
}: {
  message: Incoming
  access: { isKnown: boolean }
}): string | undefined {
  // Commands are for those whom the owner knows; a model is not asked to welcome the others.
  if (!access.isKnown && isStart(message)) return WELCOME
  const { text, pictures, files = [], tooLarge } = message
  // A question about what could not be had is no question.
  if (tooLarge !== undefined) return tooLarge
  return text.trim() === '' && pictures.length === 0 && files.length === 0 ? UNREAD : undefined
}

/** What Telegram says for whoever opens the chat is a question for help. */
export function wordsOf({ text }: Incoming): string {
  return isStart({ text }) ? '/help' : text
}

/** Telegram says it for whoever opens the chat, with what stood in the link behind it. */
function isStart({ text }: { text: string }): boolean {
  const words = text.trim()
  return words === '/start' || words.startsWith('/start ')
}

/** Where it is answered; in a group it is said to which message. */
export function targetOf({ chatId, kind, topicId, messageId }: Incoming): Target {
  const isGroup = kind === 'group'
  return { chatId, isGroup, ...(topicId === undefined ? {} : { topicId }), ...(isGroup ? { replyTo: messageId } : {}) }
}

/** Of an interrupted answer it is said to which message it belongs. */
export function begunOf(message: Incoming): { id: number; target: Target } {
  return { id: message.id, target: { ...targetOf(message), replyTo: message.messageId } }
}
