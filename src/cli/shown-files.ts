// What a person shows with a message in the terminal: files that he names, and what is piped in when it is more than words.
import { isUtf8 } from 'node:buffer'
import { basename } from 'node:path'
import type { ShownFile } from '../core/agent-turn.ts'
import { kindOf, mediaTypeOf, shortName } from '../core/enclosure.ts'
import { AuthError } from '../core/errors.ts'
import { printable } from '../core/profile.ts'
import { LARGEST_ENCLOSURE } from '../store/enclosures.ts'
import { codeOf, type Files } from '../system/files.ts'

/** With one message, as on every face. */
export const MOST_FILES = 20
/** What is piped in is told as a part of the message up to here, bytes; more goes with it as a file. */
const MOST_WORDS = 64 * 1024
const MEGABYTE = 1024 * 1024

/**
 * Reads what is to be shown.
 * @param before what is shown with the same message already
 * @param rest how a complaint ends: what follows from it
 * @throws AuthError usage, for what cannot be read, is shown to nobody or is too much; then nothing of it is shown
 */
export async function readShown(
  files: Files,
  paths: readonly string[],
  { before = [], rest }: { before?: readonly ShownFile[]; rest: string },
): Promise<ShownFile[]> {
  const shown: ShownFile[] = []
  let bytes = before.reduce((sum, file) => sum + file.bytes.byteLength, 0)
  for (const path of paths) {
    const one = await readOne(files, path, rest)
    bytes += one.bytes.byteLength
    if (before.length + shown.length === MOST_FILES) {
      throw usage(`At most ${MOST_FILES} pictures and files are shown with one message, ${rest}.`)
    }
    if (bytes > LARGEST_ENCLOSURE) {
      throw usage(
        `With ${printable(path)} it would be more than ${LARGEST_ENCLOSURE / MEGABYTE} MB with one message, ${rest}.`,
      )
    }
    shown.push(one)
  }
  return shown
}

/** What was piped in: words of the message, or a file that is shown with it. @throws AuthError usage */
export function pipedAs(bytes: Buffer): { words: string; files: ShownFile[] } {
  // Some PDF are text to the last byte.
  const isWords = bytes.byteLength <= MOST_WORDS && isText(bytes) && mediaTypeOf(bytes) !== 'application/pdf'
  if (isWords) return { words: bytes.toString('utf8'), files: [] }
  const file = shownAs('standard input', bytes)
  if (file !== undefined) return { words: '', files: [file] }
  throw usage('What was piped in is no text in UTF-8, picture, PDF or recording, so nothing was said.')
}

/** As a person reads of it: `cat.jpg (12 kB)`. */
export function fileText({ name, bytes: { byteLength: size } }: ShownFile): string {
  const much = size >= MEGABYTE ? `${(size / MEGABYTE).toFixed(1)} MB` : `${Math.max(1, Math.round(size / 1024))} kB`
  return `${shortName(name)} (${much})`
}

async function readOne(files: Files, path: string, rest: string): Promise<ShownFile> {
  const say = (why: string, cause?: unknown): AuthError => usage(`${printable(path)} ${why}, ${rest}.`, cause)
  const bytes = await files.readBytes(path, LARGEST_ENCLOSURE).catch((error: unknown) => {
    throw say(whyNot(codeOf(error)), error)
  })
  if (bytes === undefined) throw say('is not there')
  if (bytes.byteLength === 0) throw say('is empty')
  const file = shownAs(basename(path), bytes)
  if (file === undefined) throw say('is no picture (PNG, JPEG, GIF, WebP), PDF, text in UTF-8 or recording')
  return file
}

function whyNot(code: string | undefined): string {
  switch (code) {
    case 'EFBIG':
      return `is larger than ${LARGEST_ENCLOSURE / MEGABYTE} MB`
    case 'ENOTFILE':
      return 'is a folder or a device, not a file'
    case 'EACCES':
    case 'EPERM':
      return 'may not be read by you'
    default:
      return `cannot be read${code === undefined ? '' : ` (${code})`}`
  }
}

/** By its bytes: names are often wrong. @returns undefined for what is shown to nobody */
function shownAs(name: string, bytes: Buffer): ShownFile | undefined {
  const mediaType = mediaTypeOf(bytes) ?? (isText(bytes) ? 'text/plain' : undefined)
  const kind = mediaType === undefined ? undefined : kindOf(mediaType)
  return mediaType === undefined || kind === undefined ? undefined : { kind, mediaType, name, bytes }
}

function isText(bytes: Buffer): boolean {
  return isUtf8(bytes) && !bytes.includes(0)
}

function usage(message: string, cause?: unknown): AuthError {
  return new AuthError('usage', message, {
    remedy: 'openclaw agent --help',
    ...(cause === undefined ? {} : { cause }),
  })
}
