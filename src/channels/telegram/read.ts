// One update of the Bot API as what somebody says: who, where, to whom, and the words without the bot's own name. Pure.
import type { Message, MessageEntity, Update } from 'grammy/types'
import type { JsonObject } from '../../store/document.ts'

/** What is kept of a message until it is answered: plain data. */
export type Incoming = JsonObject & {
  /** Of the update. */
  id: number
  messageId: number
  chatId: string
  kind: 'direct' | 'group'
  topicId?: number
  senderId: string
  /** As the sender calls himself. */
  senderName: string
  /** Names the bot, or replies to it; in private always. */
  isMeant: boolean
  text: string
  /** There is more than text, which is not read. */
  hasMore: boolean
}

/** The bot that reads. */
export type Reader = { id: number; username: string }

const LONGEST_NAME = 64

/** @returns undefined for what nobody says to anybody: channels, bots, news of the chat */
export function readUpdate({ update_id: id, message }: Update, me: Reader): Incoming | undefined {
  if (message === undefined) return undefined
  const { chat, from, sender_chat: as } = message
  if (from === undefined) return undefined
  // Who speaks for a chat has its id: all anonymous administrators of this world share one of a person.
  const senderId = String(as?.id ?? from.id)
  if (as === undefined && from.is_bot) return undefined
  const text = message.text ?? message.caption ?? ''
  const entities = message.entities ?? message.caption_entities ?? []
  const hasMore = message.text === undefined && hasMedia(message)
  if (text === '' && !hasMore) return undefined
  const kind = chat.type === 'private' ? 'direct' : 'group'
  const words = withoutName(text, entities, me)
  if (words === undefined) return undefined
  const repliesToMe = message.reply_to_message?.from?.id === me.id
  return {
    id,
    messageId: message.message_id,
    chatId: String(chat.id),
    kind,
    ...(message.is_topic_message === true && message.message_thread_id !== undefined
      ? { topicId: message.message_thread_id }
      : {}),
    senderId,
    senderName: nameOf(message).slice(0, LONGEST_NAME),
    isMeant: kind === 'direct' || words.isNamed || repliesToMe,
    text: words.text,
    hasMore,
  }
}

function nameOf({ from, sender_chat: as }: Message): string {
  if (as !== undefined && 'title' in as) return as.title ?? ''
  if (from === undefined) return ''
  const name = [from.first_name, from.last_name].filter((part) => part !== undefined).join(' ')
  return from.username === undefined ? name : `${name} (@${from.username})`
}

const MEDIA = [
  'photo',
  'document',
  'voice',
  'audio',
  'video',
  'video_note',
  'sticker',
  'animation',
  'location',
  'contact',
  'poll',
]

function hasMedia(message: Message): boolean {
  return MEDIA.some((kind) => kind in message)
}

/** @returns undefined for a command that is another bot's */
function withoutName(
  text: string,
  entities: readonly MessageEntity[],
  me: Reader,
): { text: string; isNamed: boolean } | undefined {
  const own = `@${me.username.toLowerCase()}`
  let left = ''
  let at = 0
  let isNamed = false
  for (const entity of entities) {
    const end = entity.offset + entity.length
    if (entity.offset < at) continue
    const said = text.slice(entity.offset, end)
    if (entity.type === 'bot_command') {
      const name = said.indexOf('@')
      if (name < 0) continue
      if (said.slice(name).toLowerCase() !== own) {
        if (entity.offset === 0) return undefined
        continue
      }
      isNamed = true
      left += text.slice(at, entity.offset + name)
      at = end
    } else if (
      (entity.type === 'mention' && said.toLowerCase() === own) ||
      (entity.type === 'text_mention' && entity.user.id === me.id)
    ) {
      isNamed = true
      left += text.slice(at, entity.offset)
      at = end
    }
  }
  const rest = left + text.slice(at)
  return { text: isNamed ? rest.trim() : text, isNamed }
}
