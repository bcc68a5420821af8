// What a message of Chat Completions shows to the model: texts, images, files.
import type { DocumentPart, ImagePart, Media, TextPart } from '../neutral.ts'
import { anything, byKind, each, into, must, object, type Read, refused, text } from '../reading.ts'
import { Unsayable } from '../unsayable.ts'

export const PART = {
  prompt_cache_breakpoint: 'other vendors cache by themselves',
  cache_control: 'a word of others for the same',
}
const DATA_URL = /^data:([a-z0-9.+-]{1,80}\/[a-z0-9.+-]{1,80})(?:;[a-z0-9=_-]{1,80}){0,4},/i

/** What an address shows: bytes stand in one that begins with `data:`. */
export const media: Read<Media> = (value, path) => {
  const url = text(value, path)
  if (!url.startsWith('data:')) {
    if (/^https?:\/\//i.test(url)) return { by: 'url', url }
    throw new Unsayable(path, 'an address (https://…) or the bytes (data:…;base64,…) are expected')
  }
  const head = url.slice(0, 500)
  const [found, mediaType] = DATA_URL.exec(head) ?? []
  if (found === undefined || mediaType === undefined || !found.toLowerCase().endsWith(';base64,'))
    throw new Unsayable(path, 'the bytes are expected as data:<type>;base64,…')
  return { by: 'bytes', mediaType: mediaType.toLowerCase(), base64: url.slice(found.length) }
}

export const ELSEWHERE = refused('a file that was uploaded to OpenAI cannot be shown to another vendor')
export const unknownContent = (kind: string): string => `content of type "${kind}" cannot be translated`

type Detail = NonNullable<ImagePart['detail']>
/** Anything else is no wish. */
export const asDetail = (value: unknown): { detail?: Detail } =>
  value === 'auto' || value === 'low' || value === 'high' ? { detail: value } : {}

/** A text alone, or parts. Empty texts say nothing, and some vendors refuse them. */
export function orParts<T extends { kind: string }>(read: Read<T>): Read<(T | TextPart)[]> {
  const parts = each(read)
  return (value, path) => {
    const said = typeof value === 'string' ? [{ kind: 'text', text: value } as const] : parts(value, path)
    return said.filter((part) => part.kind !== 'text' || !('text' in part) || part.text !== '')
  }
}

/** Texts and nothing else. */
export const texts =
  (read: Read<(TextPart | ImagePart | DocumentPart)[]>): Read<TextPart[]> =>
  (value, path) =>
    read(value, path).map((part) => {
      if (part.kind !== 'text') throw new Unsayable(path, 'texts are expected')
      return part
    })

export const textPart = into(
  object({ ...PART, text: must(text) }),
  ({ text: said }): TextPart => ({ kind: 'text', text: said }),
)

export const content = orParts(
  byKind<TextPart | ImagePart | DocumentPart>(
    {
      text: textPart,
      image_url: into(
        object({ ...PART, image_url: must(object({ url: must(media), detail: anything })) }),
        ({ image_url: { url, detail } }) => ({ kind: 'image', source: url, ...asDetail(detail) }),
      ),
      file: into(
        object({ ...PART, file: must(object({ file_id: ELSEWHERE, file_data: must(media), filename: text })) }),
        ({ file: { file_data, filename } }) => ({
          kind: 'document',
          source: file_data,
          ...(filename === undefined ? {} : { name: filename }),
        }),
      ),
    },
    unknownContent,
  ),
)
