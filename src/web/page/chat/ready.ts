// Files that were chosen, pasted or dropped, made ready for a model when they come: texts as UTF-8, pictures of a kind that every vendor reads. What
// cannot be shown is told of by name, before anything is sent.
import type { Words } from '../words/en.ts'

/** Vendors scale larger pictures down anyway; pixels on the longer side, and from how many bytes on it is worth the while. */
const WIDEST = 1600
const LARGE_BYTES = 1024 * 1024
/** As the gateway takes them with one message. */
const MOST_FILES = 20
const MOST_BYTES = 20 * 1024 * 1024
const PICTURES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])

export type Ready = {
  /** Those of `more` that can be shown. */
  files: readonly File[]
  /** One sentence for each that is not among them. */
  refused: readonly string[]
}

/**
 * @param held what is shown with the message already
 * @param more what is to be shown as well
 */
export async function ready(words: Words['chat'], held: readonly File[], more: readonly File[]): Promise<Ready> {
  const files: File[] = []
  const refused: string[] = []
  for (const file of more) {
    const made = await madeReady(file)
    const size = [...held, ...files].reduce((sum, one) => sum + one.size, 0)
    if (typeof made === 'string') refused.push(words.unshown[made](file.name))
    else if (held.length + files.length >= MOST_FILES) refused.push(words.unshown.many(file.name))
    else if (size + made.size > MOST_BYTES) refused.push(words.unshown.large(file.name))
    else files.push(made)
  }
  return { files, refused }
}

async function madeReady(file: File): Promise<File | 'empty' | 'large' | 'picture' | 'type'> {
  if (file.size === 0) return 'empty'
  if (file.type.startsWith('image/')) return picture(file)
  // What is drawn smaller may be larger before; of everything else this is what would be sent.
  if (file.size > MOST_BYTES) return 'large'
  if (/^audio\/|^application\/pdf$/.test(file.type)) return file
  const text = textIn(new Uint8Array(await file.arrayBuffer()))
  return text === undefined ? 'type' : new File([text], file.name, { type: 'text/plain' })
}

/** @returns nothing for bytes that are no text */
function textIn(bytes: Uint8Array): string | undefined {
  // As other systems mark it.
  const mark = `${bytes[0]} ${bytes[1]}`
  const encoding = mark === '255 254' ? 'utf-16le' : mark === '254 255' ? 'utf-16be' : 'utf-8'
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes)
    return text === '' || text.includes('\0') ? undefined : text
  } catch {
    return undefined
  }
}

async function picture(file: File): Promise<File | 'picture'> {
  if (PICTURES.has(file.type) && file.size < LARGE_BYTES) return file
  try {
    const source = await createImageBitmap(file)
    const scale = Math.min(1, WIDEST / Math.max(source.width, source.height))
    const canvas = document.createElement('canvas')
    canvas.width = Math.round(source.width * scale)
    canvas.height = Math.round(source.height * scale)
    const pencil = canvas.getContext('2d')
    if (pencil === null) return 'picture'
    // JPEG knows no transparency: what shines through is paper, not the night.
    pencil.fillStyle = '#fff'
    pencil.fillRect(0, 0, canvas.width, canvas.height)
    pencil.drawImage(source, 0, 0, canvas.width, canvas.height)
    const drawn = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.85))
    return drawn === null ? 'picture' : new File([drawn], file.name, { type: 'image/jpeg' })
  } catch {
    // What the browser cannot draw, the model may, as long as it is of a kind that it reads.
    return PICTURES.has(file.type) && file.size <= MOST_BYTES ? file : 'picture'
  }
}
