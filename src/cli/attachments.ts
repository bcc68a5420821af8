// What waits to be shown with the next message of a chat in the terminal: '/attach' with a path, or files dropped on the terminal. Nothing of it
// goes anywhere before a message is sent.
import type { ShownFile } from '../core/agent-turn.ts'
import { AuthError } from '../core/errors.ts'
import type { Files } from '../system/files.ts'
import { areDropped, pathsIn } from './paths.ts'
import { fileText, readShown } from './shown-files.ts'

export type Attachments = {
  /** What is shown with the next message. */
  waiting(): readonly ShownFile[]
  /**
   * Takes a line that is about what is shown.
   * @returns what the person is told; undefined for a line that is a message
   */
  take(line: string): Promise<string | undefined>
  /** The message that it was shown with is said. */
  clear(): void
}

export type AttachmentParts = {
  files: Files
  /** A path as a person writes it, made absolute. */
  expand: (path: string) => string
  isWindows: boolean
  /** What waits from the start. */
  first: readonly ShownFile[]
}

/** What the commands of the other faces do not have, for whoever asks for a list. */
export const OWN_COMMANDS = [
  '/attach cat.jpg - shows a picture or a file with the next message; files dropped on the terminal do the same',
  '/detach - takes off what was attached',
  '/exit - ends the chat',
]

const COMMAND = /^\/(attach|detach):?(?:\s+(.*))?$/is
const REST = 'so it was not attached'

/** Reads nothing yet. */
export function createAttachments({ files, expand, isWindows, first }: AttachmentParts): Attachments {
  let waiting: readonly ShownFile[] = first

  const listed = (): string => waiting.map(fileText).join(', ')
  const add = async (paths: readonly string[]): Promise<string> => {
    try {
      waiting = [...waiting, ...(await readShown(files, paths.map(expand), { before: waiting, rest: REST }))]
      return `Shown with the next message: ${listed()}. /detach takes it off.`
    } catch (error) {
      if (error instanceof AuthError) return `Error: ${error.message}`
      throw error
    }
  }
  const isFile = async (path: string): Promise<boolean> => {
    try {
      const stat = await files.stat(expand(path))
      return stat !== undefined && !stat.isDirectory
    } catch {
      return false // nobody can read it, so it is no more than words
    }
  }
  /** A name with spaces, as it is; else several names. */
  const named = async (text: string): Promise<string[]> => ((await isFile(text)) ? [text] : pathsIn(text, isWindows))

  return {
    waiting: () => waiting,
    take: async (line) => {
      const text = line.trim()
      const [, command = '', rest = ''] = COMMAND.exec(text) ?? []
      if (command.toLowerCase() === 'detach') {
        const before = listed()
        waiting = []
        return before === '' ? 'Nothing was attached.' : `Taken off: ${before}.`
      }
      if (command !== '') {
        if (rest.trim() !== '') return add(await named(rest.trim()))
        return waiting.length === 0
          ? 'Nothing is attached. /attach cat.jpg shows a file with the next message.'
          : `Shown with the next message: ${listed()}.`
      }
      if (!areDropped(text, isWindows)) return undefined
      const paths = pathsIn(text, isWindows)
      const found = await Promise.all(paths.map(isFile))
      return found.every(Boolean) ? add(paths) : undefined
    },
    clear: () => {
      waiting = []
    },
  }
}
