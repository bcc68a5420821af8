// What is about to be shown with a message: chosen, pasted or dropped, named until it is sent; and how it gets to the gateway, piece by piece.
import { useRef } from 'preact/hooks'
import { type App, useApp } from '../app-store.ts'

type Request = App['request']
type Props = { files: readonly File[]; add(files: readonly File[]): void; remove(file: File): void }

/** Of one frame, bytes. */
const PIECE_BYTES = 240 * 1024

/** The button that chooses files, and the names of those that were. */
export function Attached({ files, add, remove }: Props) {
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
          add([...(currentTarget.files ?? [])])
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
              <button type="button" class="icon" aria-label={chat.detach(file.name)} onClick={() => remove(file)}>
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

/**
 * Gives the files to the gateway.
 * @param key of the message, or of another attempt at it
 * @param files as they were made ready
 * @returns the ids by which the message names them
 */
export async function enclose(request: Request, key: string, files: readonly File[]): Promise<string[]> {
  const ids: string[] = []
  for (const [at, file] of files.entries()) {
    const id = `${key}-${at}`
    const bytes = new Uint8Array(await file.arrayBuffer())
    const what = { id, message: key, mediaType: file.type, name: file.name.slice(0, 100) }
    for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
      await request('chat.enclose', { ...what, data: base64(bytes.subarray(from, from + PIECE_BYTES)) })
    }
    ids.push(id)
  }
  return ids
}

function base64(bytes: Uint8Array): string {
  let text = ''
  for (let from = 0; from < bytes.length; from += 8192)
    text += String.fromCharCode(...bytes.subarray(from, from + 8192))
  return btoa(text)
}
