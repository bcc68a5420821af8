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
  /** Pictures, by what the vendor calls their files. */
  pictures: readonly string[]
  /** Pictures that were sent at once come as messages of their own. */
  albumId?: string
  /** There is more than text and pictures, which is not read. */
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
  const picture = pictureIn(message)
  const hasMore = message.text === undefined && picture === undefined && hasMedia(message)
  if (text === '' && picture === undefined && !hasMore) return undefined
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
    pictures: picture === undefined ? [] : [picture],
    ...(message.media_group_id === undefined ? {} : { albumId: message.media_group_id }),
    hasMore,
  }
}

/** What vendors of models scale pictures down to anyway, pixels on the longer side. */
const WIDEST = 1600
/** What they take of one at most, bytes. */
const LARGEST_BYTES = 5 * 1024 * 1024

/** The largest form of a picture that is worth sending. */
function pictureIn({ photo = [] }: Message): string | undefined {
  const forms = photo.filter(
    ({ width, height, file_size: bytes = 0 }) => Math.max(width, height) <= WIDEST && bytes <= LARGEST_BYTES,
  )
  return (forms.at(-1) ?? photo[0])?.file_id
}

/** Whether what lay on the disk is a message as we keep them. */
export function isIncoming(value: JsonObject): value is Incoming {
  const { id, messageId, chatId, senderId, text, kind, pictures } = value
  return (
    [id, messageId].every((part) => typeof part === 'number') &&
    [chatId, senderId, text].every((part) => typeof part === 'string') &&
    (kind === 'direct' || kind === 'group') &&
    Array.isArray(pictures)
  )
}

/** Pictures that one person sent at once are one message: of those that came together, with the words of all. */
export function joinAlbums(messages: readonly Incoming[]): Incoming[] {
  const joined: Incoming[] = []
  for (const message of messages) {
    const at = joined.findIndex(
      (one) =>
        one.albumId !== undefined &&
        one.albumId === message.albumId &&
        one.chatId === message.chatId &&
        one.senderId === message.senderId,
    )
    const first = joined[at]
    if (first === undefined) joined.push(message)
    else {
      joined[at] = {
        ...first,
        text: [first.text, message.text].filter((text) => text !== '').join('\n'),
        isMeant: first.isMeant || message.isMeant,
        pictures: [...first.pictures, ...message.pictures],
      }
    }
  }
  return joined
}

function nameOf({ from, sender_chat: as }: Message): string {
  if (as !== undefined && 'title' in as) return as.title ?? ''
  if (from === undefined) return ''
  const name = [from.first_name, from.last_name].filter((part) => part !== undefined).join(' ')
  return from.username === undefined ? name : `${name} (@${from.username})`
}

const MEDIA = [
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
