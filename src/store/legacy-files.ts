// The files of older layouts on this disk: found, read, and put aside once their credentials are kept elsewhere. Nothing is ever deleted
// that has no copy, and what cannot be read is not touched.

import { basename, dirname, join } from 'node:path'
import { AuthError } from '../core/errors.ts'
import { printable } from '../core/profile.ts'
import { quoted } from '../core/quoted.ts'
import { codeOf } from '../system/files.ts'
import type { System } from '../system/system.ts'
import type { Backend } from './backend.ts'
import { openDocument, parseObject, unreadable } from './document.ts'
import { unlinking } from './files-backend.ts'
import type { LegacyPlace } from './layout.ts'
import { type LegacyEntry, type LegacySource, readLegacy, type Taken, takeLegacy } from './legacy.ts'
import type { ProfileBook, ProfileStore } from './profiles.ts'

export type LegacyFile = LegacySource & {
  text: string
  /** Of the file as it was read. */
  version: string
}

/** A file that may hold credentials, and why they are not used. */
export type LegacyTrouble = { path: string; error: AuthError }

export type LegacyFiles = {
  /** Where something may lie, whether or not it does. */
  places(): readonly LegacyPlace[]
  /** @param options.isFlat whether the agent's own store may be of the flat form; the other places are not kept waiting for it */
  read(options: { isFlat: boolean | Promise<boolean> }): Promise<{ files: LegacyFile[]; troubles: LegacyTrouble[] }>
  /**
   * Keeps a private copy beside the file, then takes the credentials out of it, or the file away. Whatever interrupts this, the next time
   * finishes it with the same copy.
   * @returns the copy; undefined when the file has changed since it was read
   * @throws AuthError write_failed; the file is where it was
   */
  putAside(file: LegacyFile): Promise<string | undefined>
}

/** Looks in the places each time anew. */
export function openLegacyFiles(system: System, backend: Backend, places: () => readonly LegacyPlace[]): LegacyFiles {
  return {
    places,
    read: async ({ isFlat }) => {
      const files: LegacyFile[] = []
      const troubles: LegacyTrouble[] = []
      const look = async (place: LegacyPlace): Promise<LegacyFile | AuthError | undefined> => {
        if (place.form === 'flat' && !(await isFlat)) return undefined
        try {
          return await readPlace(system, backend, place)
        } catch (error) {
          if (!(error instanceof AuthError)) throw error
          // Whoever uses the cache says so himself.
          return place.form === 'cache' && error.code !== 'unsafe' ? undefined : error
        }
      }
      const seen = await Promise.all(places().map(async (place) => ({ place, found: await look(place) })))
      for (const { place, found } of seen) {
        if (found instanceof AuthError) troubles.push({ path: place.path, error: found })
        else if (found !== undefined) files.push(found)
      }
      return { files, troubles }
    },
    putAside: async (file) => {
      try {
        return await putAside(system, backend, file)
      } catch (error) {
        if (error instanceof AuthError) throw error
        throw new AuthError('write_failed', `${file.path} could not be put aside (${codeOf(error)}).`, {
          remedy: `ls -ld ${quoted(dirname(file.path))}`,
          cause: error,
        })
      }
    },
  }
}

/** An agent's profiles, and with them those of older files, as they will be once these are taken over. */
export type WholeBook = ProfileBook & {
  /** Each older file that is still there, and what becomes of its entries; all of them done: it could not be put aside. */
  older: readonly { file: LegacyFile; taken: readonly Taken[] }[]
  /** The file in which a profile still stands, where that is not the store. */
  from: ReadonlyMap<string, string>
  troubles: readonly LegacyTrouble[]
}

/**
 * Reads both; writes nothing.
 * @throws AuthError unreadable_store, of the store itself
 */
export async function readWhole(profiles: ProfileStore, legacy: LegacyFiles): Promise<WholeBook> {
  const reading = profiles.read()
  const looking = legacy.read({ isFlat: reading.then(({ isFlat }) => isFlat) })
  looking.catch(() => undefined)
  const book = await reading
  const { files, troubles } = await looking
  if (files.length === 0) return { ...book, older: [], from: new Map(), troubles }
  let older: WholeBook['older'] = []
  const whole = await profiles.preview((draft) => {
    older = files.map((file) => ({ file, taken: takeLegacy(draft, file) }))
  })
  const from = older.flatMap(({ file, taken }) =>
    taken.flatMap(({ id, verdict }) =>
      verdict === 'added' || verdict === 'replaced' ? [[id, file.path] as const] : [],
    ),
  )
  return { ...whole, older, from: new Map(from), troubles }
}

async function readPlace(system: System, backend: Backend, place: LegacyPlace): Promise<LegacyFile | undefined> {
  const { path, form } = place
  const stored = await backend.get(path)
  if (stored === undefined) return undefined
  const { text, version } = stored
  const content = readLegacy(form, parseObject(text, path))
  if (content.entries.length === 0 && content.unread.length === 0) return undefined
  const stat = await system.files.stat(path)
  if (stat?.isLink === true) {
    throw new AuthError(
      'unsafe',
      `${path} is a symbolic link: the credentials in it are not used. It was left alone.`,
      {
        remedy: unlinking(path),
      },
    )
  }
  if (content.entries.length === 0) {
    const names = content.unread.map((key) => printable(key, 40)).join(', ')
    throw unreadable(path, `holds no credential in a form that is known (${printable(names, 200)})`)
  }
  // Only who has something to take over waits for this.
  const { hash } = await import('node:crypto')
  const receiptOf = ({ id, written }: LegacyEntry): string => hash('sha256', JSON.stringify([id, written]))
  return { ...content, path, text, version, receiptOf }
}

async function putAside(system: System, backend: Backend, file: LegacyFile): Promise<string | undefined> {
  const { files } = system
  const { path } = file
  const isInPlace = file.form === 'flat' || file.form === 'cache'
  if (!isInPlace && (await files.stat(path))?.version !== file.version) return undefined
  const copy = await copyOf(system, file)
  if (file.form === 'cache') {
    await openDocument(backend, path).change((draft) => {
      draft.version ??= 1
      for (const { key, written } of file.entries) {
        if (JSON.stringify(draft[key]) === JSON.stringify(written)) delete draft[key]
      }
    })
  } else if (file.form !== 'flat') {
    // As near to the removal as can be: what somebody has put there since has not been read.
    if ((await files.stat(path))?.version !== file.version) return undefined
    await files.remove(path)
  }
  return copy
}

/** Of an earlier try, or made now. */
async function copyOf({ files, now }: System, { path, text }: LegacyFile): Promise<string> {
  const dir = dirname(path)
  const prefix = `${basename(path)}.imported-`
  const names = await files.list(dir)
  // Of one that was killed: whoever imports is alone.
  const torn = names.filter((name) => name.startsWith(`.${prefix}`) && name.endsWith('.tmp'))
  for (const name of torn) await files.remove(join(dir, name))
  const there = names.filter((name) => name.startsWith(prefix))
  for (const name of there) {
    const copy = join(dir, name)
    const stat = await files.stat(copy)
    if (stat?.isDirectory === false && !stat.isLink && (await files.read(copy))?.text === text) {
      await files.setMode(copy, 0o600)
      return copy
    }
  }
  const stamp = new Date(now()).toISOString().replace(/[:.]/g, '-')
  let name = `${prefix}${stamp}`
  for (let count = 2; there.includes(name); count++) name = `${prefix}${stamp}-${count}`
  const copy = join(dir, name)
  try {
    await files.writeDurable(copy, text)
  } catch (error) {
    // Whoever writes the store at this moment takes our draft for one that a dead writer left.
    if (codeOf(error) !== 'ENOENT') throw error
    await files.writeDurable(copy, text)
  }
  return copy
}
