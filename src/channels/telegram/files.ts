// What is shown with a message of Telegram: pictures, documents, recordings. What is read of them in an update, and the bytes, once their turn has come.
import type { Message } from 'grammy/types'
import type { Offer } from '../../chat/enclosed.ts'
import type { EnclosureKind } from '../../core/enclosure.ts'
import { AuthError } from '../../core/errors.ts'
import type { JsonObject } from '../../store/document.ts'
import type { Bot } from './bot-api.ts'
import type { Incoming } from './read.ts'
import { judge } from './trouble.ts'

/** One that can be fetched, by what the vendor calls it: plain data. */
export type IncomingFile = JsonObject & {
  kind: EnclosureKind
  fileId: string
  mediaType: string
  name?: string
  bytes?: number
}

/** What the Bot API hands out, bytes. */
const LARGEST_FILE = 20 * 1024 * 1024
/** What vendors of models take of one picture, bytes; and what they scale it down to anyway, pixels on the longer side. */
const LARGEST_PICTURE = 5 * 1024 * 1024
const WIDEST = 1600
const PICTURES = /^image\/(?:jpeg|png|gif|webp)$/
const TEXTS = /^(?:text\/[\w.+-]+|application\/(?:json|xml|x-yaml|yaml|toml|javascript|x-sh|sql))$/
const TEXT_ENDS =
  /\.(?:txt|md|csv|tsv|log|json|jsonl|ya?ml|toml|ini|xml|html?|css|[cm]?[jt]sx?|py|rb|go|rs|java|c|h|cpp|sh|sql|tex)$/i
const SOUNDS = /^audio\/[\w.+-]+$/

type Told = { mime_type?: string; file_name?: string; file_size?: number; file_id: string }

/** @returns `tooLarge` with what a person is told; nothing of all for a message that shows nothing we read */
export function fileIn(message: Message): { file?: IncomingFile; tooLarge?: string } {
  const { voice, audio, animation, document } = message
  const sound = voice ?? audio
  if (sound !== undefined) return fitting('audio', sound.mime_type ?? 'audio/ogg', sound)
  // Telegram says of a moving picture that it is a document, too.
  if (document === undefined || animation !== undefined) return {}
  const { mime_type: type = '', file_name: name = '' } = document
  if (PICTURES.test(type)) return fitting('image', type, document)
  if (type === 'application/pdf') return fitting('document', type, document)
  if (SOUNDS.test(type)) return fitting('audio', type, document)
  return TEXTS.test(type) || TEXT_ENDS.test(name) ? fitting('document', 'text/plain', document) : {}
}

function fitting(kind: EnclosureKind, mediaType: string, told: Told): { file?: IncomingFile; tooLarge?: string } {
  const most = kind === 'image' ? LARGEST_PICTURE : LARGEST_FILE
  if ((told.file_size ?? 0) > most) {
    const what = kind === 'image' ? 'A picture that is sent as a file' : 'What a bot is given'
    return { tooLarge: `${what} may be ${most / 1024 / 1024} MB at most; this is larger.` }
  }
  const name = told.file_name === undefined || kind === 'image' ? {} : { name: told.file_name.slice(0, 200) }
  const size = told.file_size === undefined ? {} : { bytes: told.file_size }
  return { file: { kind, fileId: told.file_id, mediaType, ...name, ...size } }
}

/** The largest form of a photo that is worth sending. */
export function photoIn({ photo = [] }: Message): string | undefined {
  const forms = photo.filter(
    ({ width, height, file_size: bytes = 0 }) => Math.max(width, height) <= WIDEST && bytes <= LARGEST_PICTURE,
  )
  return (forms.at(-1) ?? photo[0])?.file_id
}

/** What a message shows, to be fetched when nobody is in its way: once, however often it had to wait. */
export function offersOf(bot: Bot, { pictures, files = [] }: Incoming): Offer[] {
  return [...pictures.map((fileId) => ({ kind: 'image' as const, fileId, mediaType: 'image/jpeg' })), ...files].map(
    ({ fileId, ...shown }) => ({ ...shown, load: () => fetchOne(bot, fileId) }),
  )
}

/** @throws AuthError upstream */
async function fetchOne({ api, fetchFile }: Bot, fileId: string): Promise<Buffer> {
  try {
    const { file_path: path } = await api.getFile(fileId)
    return await fetchFile(path ?? '')
  } catch (error) {
    const judged = judge(error)
    const why = judged.is === 'hold' ? 'asked too often' : judged.is === 'moved' ? 'moved' : judged.description
    throw new AuthError('upstream', `Telegram does not give what was sent (${why}), so the model was not asked.`)
  }
}
