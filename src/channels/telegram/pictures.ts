// Fetches the pictures of a message from the vendor, when their turn has come.
import type { Picture } from '../../chat/request.ts'
import { AuthError } from '../../core/errors.ts'
import type { Bot } from './bot-api.ts'
import { judge } from './trouble.ts'

/** In one message; more would be refused by vendors of models, or cost more than anybody means. */
const MOST_PICTURES = 10

/** @throws AuthError upstream, when the vendor does not give one */
export async function fetchPictures({ api, fetchFile }: Bot, fileIds: readonly string[]): Promise<Picture[]> {
  try {
    return await Promise.all(
      fileIds.slice(0, MOST_PICTURES).map(async (fileId) => {
        const { file_path: path } = await api.getFile(fileId)
        const bytes = await fetchFile(path ?? '')
        return { mediaType: mediaTypeOf(bytes), base64: bytes.toString('base64') }
      }),
    )
  } catch (error) {
    const judged = judge(error)
    const why = judged.is === 'hold' ? 'asked too often' : judged.description
    throw new AuthError('upstream', `Telegram does not give the picture (${why}), so the model was not asked.`)
  }
}

/** By its first bytes: the vendor's name of the file says little. Photos are JPEG. */
function mediaTypeOf(bytes: Buffer): string {
  if (bytes.subarray(0, 4).toString('latin1') === '\x89PNG') return 'image/png'
  if (bytes.subarray(0, 3).toString('latin1') === 'GIF') return 'image/gif'
  if (bytes.subarray(8, 12).toString('latin1') === 'WEBP') return 'image/webp'
  return 'image/jpeg'
}
