// What a message of Chat Completions shows to the model: texts, images, files.
import type { DocumentPart, ImagePart, Media, TextPart } from '../neutral.ts'
import {
  type Fields,
  fieldsOf,
  type Hints,
  listOf,
  maybeText,
  named,
  nothingElse,
  textOf,
  Unsayable,
} from '../unsayable.ts'

export const PART_HINTS: Hints = { prompt_cache_breakpoint: 'other vendors cache by themselves' }
const DATA_URL = /^data:([a-z0-9.+-]{1,80}\/[a-z0-9.+-]{1,80})(?:;[a-z0-9=_-]{1,80}){0,4},/i

/** Texts and nothing else. @throws Unsayable */
export function readTexts(content: unknown, path: string): TextPart[] {
  return readContent(content, path).map((part) => {
    if (part.kind !== 'text') throw new Unsayable(path, 'texts are expected')
    return part
  })
}

/** Empty texts say nothing, and some vendors refuse them. */
export function readContent(content: unknown, path: string): (TextPart | ImagePart | DocumentPart)[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  return listOf(content, path)
    .map((part, at) => readPart(fieldsOf(part, `${path}[${at}]`), `${path}[${at}]`))
    .filter((part) => part.kind !== 'text' || part.text !== '')
}

function readPart({ type, text, image_url, file, ...rest }: Fields, path: string): TextPart | ImagePart | DocumentPart {
  nothingElse(rest, path, PART_HINTS)
  switch (type) {
    case 'text':
      return { kind: 'text', text: textOf(text, `${path}.text`) }
    case 'image_url': {
      const { url, detail, ...others } = fieldsOf(image_url, `${path}.image_url`)
      nothingElse(others, `${path}.image_url`)
      const source = mediaOf(textOf(url, `${path}.image_url.url`), `${path}.image_url.url`)
      const isWished = detail === 'auto' || detail === 'low' || detail === 'high'
      return { kind: 'image', source, ...(isWished ? { detail } : {}) }
    }
    case 'file': {
      const { file_data, filename, file_id, ...others } = fieldsOf(file, `${path}.file`)
      if (file_id !== undefined && file_id !== null)
        throw new Unsayable(
          `${path}.file.file_id`,
          'a file that was uploaded to OpenAI cannot be shown to another vendor',
        )
      nothingElse(others, `${path}.file`)
      const name = maybeText(filename, `${path}.file.filename`)
      const source = mediaOf(textOf(file_data, `${path}.file.file_data`), `${path}.file.file_data`)
      return { kind: 'document', source, ...(name === undefined ? {} : { name }) }
    }
    default:
      throw new Unsayable(`${path}.type`, `content of type "${named(type)}" cannot be translated`)
  }
}

/** What an address shows: bytes stand in one that begins with `data:`. @throws Unsayable */
export function mediaOf(url: string, path: string): Media {
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
