// One update of the Bot API as what somebody says: who, where, to whom, and the words without the bot's own name. Pure.
import type { Message, MessageEntity, Update } from 'grammy/types'
import type { JsonObject } from '../../store/document.ts'
import { fileIn, type IncomingFile, photoIn } from './files.ts'

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
  /** Photos, by what the vendor calls their files; and what else is shown. */
  pictures: readonly string[]
  files?: readonly IncomingFile[]
  /** What is told to whoever sent something too large. */
  tooLarge?: string
  /** Pictures that were sent at once come as messages of their own. */
  albumId?: string
  /** There is something that is not read. */
  hasMore: boolean
  /** What it replies to, or the part of that which the sender chose. */
  quoted?: Quoted
  /** Somebody else's words, handed on. */
  isForwarded?: boolean
}

/** `name`: whose words they are; empty where nobody says. */
export type Quoted = JsonObject & { name: string; text: string }

/** The bot that reads. */
export type Reader = { id: number; username: string }

const LONGEST_NAME = 64
/** Of what is replied to: whoever wants more of it told says it. */
const MOST_QUOTED = 2000

/** @returns undefined for what nobody says to anybody: channels, bots, news of the chat */
export function readUpdate({ update_id: id, message }: Update, me: Reader): Incoming | undefined {
  if (message === undefined) return undefined
  const { chat, from, sender_chat: as } = message
  if (from === undefined) return undefined
  // Who speaks for a chat has its id: all anonymous administrators of this world share one of a person.
  const senderId = String(as?.id ?? from.id)
  if (as === undefined && from.is_bot) return undefined
  // What a sticker says.
  const text = message.text ?? message.caption ?? message.sticker?.emoji ?? ''
  const entities = message.entities ?? message.caption_entities ?? []
  const picture = photoIn(message)
  const { file, tooLarge } = fileIn(message)
  const isRead = message.text !== undefined || picture !== undefined || file !== undefined
  const hasMore = !isRead && message.sticker?.emoji === undefined && hasMedia(message)
  if (text === '' && !isRead && !hasMore) return undefined
  const kind = chat.type === 'private' ? 'direct' : 'group'
  const words = withoutName(text, entities, me)
  if (words === undefined) return undefined
  const { reply_to_message: reply } = message
  const repliesToMe = reply?.from?.id === me.id
  const quoted = quotedIn(message, me)
  // In a group nobody has shown it to the bot before.
  const theirs = kind === 'group' && reply !== undefined && !repliesToMe ? reply : undefined
  const pictures = [picture, theirs === undefined ? undefined : photoIn(theirs)].filter((one) => one !== undefined)
  const files = [file, theirs === undefined ? undefined : fileIn(theirs).file].filter((one) => one !== undefined)
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
    pictures,
    ...(files.length === 0 ? {} : { files }),
    ...(tooLarge === undefined ? {} : { tooLarge }),
    ...(message.media_group_id === undefined ? {} : { albumId: message.media_group_id }),
    hasMore,
    ...(quoted === undefined ? {} : { quoted }),
    ...(message.forward_origin === undefined ? {} : { isForwarded: true }),
  }
}

function quotedIn({ quote, reply_to_message: reply }: Message, me: Reader): Quoted | undefined {
  const text = (quote?.text ?? reply?.text ?? reply?.caption ?? '').trim().slice(0, MOST_QUOTED)
  if (text === '') return undefined
  const name = reply === undefined ? '' : reply.from?.id === me.id ? 'you' : nameOf(reply).slice(0, LONGEST_NAME)
  return { name, text }
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

/** What one person sent at once is one message: of those that came together, with the words of all. */
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
        files: [...(first.files ?? []), ...(message.files ?? [])],
        hasMore: first.hasMore || message.hasMore,
        ...(message.tooLarge === undefined ? {} : { tooLarge: message.tooLarge }),
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
