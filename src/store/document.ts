// One JSON document: read, changed under the backend's exclusion, with everything kept that we do not understand.
import { AuthError } from '../core/errors.ts'
import { quoted } from '../core/quoted.ts'
import type { Backend } from './backend.ts'

export type JsonObject = Record<string, unknown>

export type Document = {
  /** @returns an empty object when the document does not exist @throws AuthError unreadable_store */
  read(): Promise<JsonObject>
  /**
   * Changes a copy in place and stores it; what `edit` returns is handed on. A thrown error leaves the document as it is.
   * @throws AuthError unreadable_store when the present text cannot be understood: it is never overwritten
   */
  change<T>(edit: (draft: JsonObject) => T | Promise<T>): Promise<T>
  /** Writes it once more as it is: what was put in place by somebody who then died may not be on the disk yet. */
  confirm(): Promise<void>
  where(): string
}

/** What a person is told to do about a document that cannot be understood, which depends on what is in it. */
export type Mending = {
  /** Behind "it was left as it is:", without the full stop. */
  advice: string
  /** The command. @param where the file */
  remedy(where: string): string
}

/** The command that puts a file aside. */
export const putAside = (where: string): string => `mv -i ${quoted(where)} ${quoted(`${where}.unreadable`)}`

const OF_CREDENTIALS: Mending = {
  advice: 'mend it by hand, or put it aside and store the credentials again',
  remedy: putAside,
}

/**
 * @param backend where it is kept
 * @param key under which
 * @param mending absent: credentials are in it
 */
export function openDocument(backend: Backend, key: string, mending = OF_CREDENTIALS): Document {
  const where = (): string => backend.locate(key)
  return {
    where,
    confirm: () => backend.change(key, (before) => before?.text),
    read: async () => {
      const stored = await backend.get(key)
      return stored === undefined ? {} : parseObject(stored.text, where(), mending)
    },
    change: async <T>(edit: (draft: JsonObject) => T | Promise<T>): Promise<T> => {
      let result: { value: T } | undefined
      await backend.change(key, async (before) => {
        const draft = before === undefined ? {} : parseObject(before.text, where(), mending)
        const unchanged = JSON.stringify(draft)
        result = { value: await edit(draft) }
        if (before !== undefined && JSON.stringify(draft) === unchanged) return undefined
        return `${JSON.stringify(draft, null, 2)}\n`
      })
      if (result === undefined) throw new Error('a backend must call edit')
      return result.value
    },
  }
}

/**
 * A text as a JSON object.
 * @throws AuthError unreadable_store
 */
export function parseObject(text: string, where: string, mending = OF_CREDENTIALS): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    throw unreadable(where, text.trim() === '' ? 'is empty' : 'is not valid JSON', mending)
  }
  if (!isObject(value)) throw unreadable(where, 'does not hold a JSON object', mending)
  return value
}

/** One line of a file of lines, each a JSON value. @returns undefined where it was cut off, by a kill or by where somebody began to read */
export function parseLine(line: string): unknown {
  if (line === '') return undefined
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** The error of a document that cannot be understood and is therefore left alone. */
export function unreadable(where: string, what: string, { advice, remedy } = OF_CREDENTIALS): AuthError {
  return new AuthError('unreadable_store', `${where} ${what}. It was left as it is: ${advice}.`, {
    remedy: remedy(where),
  })
}

/** Whether the value is a plain JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object under the key, created (or replaced, when it is something else) inside the draft. */
export function childObject(draft: JsonObject, key: string): JsonObject {
  const child = draft[key]
  if (isObject(child)) return child
  const fresh: JsonObject = {}
  draft[key] = fresh
  return fresh
}

/** The value with the keys of every object in it in one sequence, to compare by. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  )
}
