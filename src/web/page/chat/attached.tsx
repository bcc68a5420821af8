// What is about to be shown with a message: chosen, pasted or dropped, named until it is sent; and how it gets to the gateway, piece by piece.
import { useRef } from 'preact/hooks'
import { type App, useApp } from '../app-store.ts'

type Request = App['request']
type Props = { files: readonly File[]; change(files: readonly File[]): void }

/** Of one frame, bytes. */
const PIECE_BYTES = 240 * 1024
/** Vendors scale larger pictures down anyway; pixels on the longer side, and from how many bytes on it is worth the while. */
const WIDEST = 1600
const LARGE_BYTES = 1024 * 1024

/** The button that chooses files, and the names of those that were. */
export function Attached({ files, change }: Props) {
  const { chat } = useApp().state.words
  const field = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={field}
        id="attach-files"
        type="file"
        multiple
        hidden
        accept="image/*,audio/*,application/pdf,text/*"
        onChange={({ currentTarget }) => {
          change([...files, ...(currentTarget.files ?? [])])
          // The same file can be chosen again.
          currentTarget.value = ''
        }}
      />
      <button id="attach" type="button" onClick={() => field.current?.click()}>
        {chat.attach}
      </button>
      {files.length > 0 && (
        <ul class="attached" aria-label={chat.attached}>
          {files.map((file, at) => (
            <li key={at}>
              <span translate={false}>{file.name}</span>
              <button
                type="button"
                class="icon"
                aria-label={chat.detach(file.name)}
                onClick={() => change(files.filter((_, index) => index !== at))}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

/** Files of a paste or a drop. */
export function filesIn(data: DataTransfer | null): File[] {
  return data === null ? [] : [...data.files]
}

/** Gives the files to the gateway. @param key of the message @returns the ids by which the message names them */
export async function enclose(request: Request, key: string, files: readonly File[]): Promise<string[]> {
  const ids: string[] = []
  for (const [at, file] of files.entries()) {
    const id = `${key}-${at}`
    const shown = await smaller(file)
    const bytes = new Uint8Array(await shown.arrayBuffer())
    // A text of whatever kind is a text.
    const mediaType = /^(?:image|audio)\/|^application\/pdf$/.test(shown.type) ? shown.type : 'text/plain'
    for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
      const data = base64(bytes.subarray(from, from + PIECE_BYTES))
      await request('chat.enclose', { id, mediaType, name: file.name.slice(0, 100), data })
    }
    ids.push(id)
  }
  return ids
}

async function smaller(file: File): Promise<Blob> {
  if (!file.type.startsWith('image/') || file.size < LARGE_BYTES) return file
  try {
    const picture = await createImageBitmap(file)
    const scale = Math.min(1, WIDEST / Math.max(picture.width, picture.height))
    const canvas = document.createElement('canvas')
    canvas.width = Math.round(picture.width * scale)
    canvas.height = Math.round(picture.height * scale)
    canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height)
    return await new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? file), 'image/jpeg', 0.85))
  } catch {
    // What the browser cannot draw, the model may.
    return file
  }
}

function base64(bytes: Uint8Array): string {
  let text = ''
  for (let from = 0; from < bytes.length; from += 8192)
    text += String.fromCharCode(...bytes.subarray(from, from + 8192))
  return btoa(text)
}
