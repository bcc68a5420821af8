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
  // A question about what could not be had is no question.
  if (message.tooLarge !== undefined) return message.tooLarge
  return saysSomething(message) ? undefined : UNREAD
}

/** Whether there is something to answer; a bare name below somebody's message is about that. */
export function saysSomething({ text, pictures, files = [], quoted, hasMore }: Incoming): boolean {
  return text.trim() !== '' || pictures.length + files.length > 0 || (quoted !== undefined && !hasMore)
}

/**
 * What the model is asked, with what it is said about. What Telegram says for whoever opens the chat is a question for help.
 * What is quoted stands below the first line, where nothing is a command.
 */
export function wordsOf({ text, quoted }: Incoming): string {
  if (isStart({ text })) return '/help'
  if (quoted === undefined || text.trimStart().startsWith('/')) return text
  const whose = quoted.name === '' ? 'this' : quoted.name.replaceAll('/', ' ')
  const lines = quoted.text.split('\n').map((line) => `> ${line}`)
  return [...(text.trim() === '' ? [] : [text, '']), `[In reply to ${whose}:]`, ...lines].join('\n')
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
