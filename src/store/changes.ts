// auth-profiles.undo.json: what the last commands of a person replaced in the store of one agent, so that it can be put back. It holds secrets, as
// the store does. A change is on the disk before the store is, under the lock of the store; which of them took place is told by the store itself.
import { isSameAccount } from '../core/credential.ts'
import { AuthError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { isUndoable, MOST_CHANGES } from '../core/undo.ts'
import type { System } from '../system/system.ts'
import type { Backend } from './backend.ts'
import { isObject, type JsonObject, openDocument, sorted, unreadable } from './document.ts'
import { type BeforeWrite, readCredential } from './profiles.ts'

/** The store, or the section `auth` of the config. */
export type PartOf = 'store' | 'config'

/** One entry that a change replaced. */
export type Part = {
  of: PartOf
  section: string
  key: string
  /** What stood there; undefined: nothing. */
  before: unknown
  /** Where among its neighbours. */
  place: number
  /** Marks of what the change put there, one after the other; null: nothing. */
  after: readonly (string | null)[]
}

export type Change = {
  id: string
  /** ms epoch */
  at: number
  /** The command, in a word or two. */
  what: string
  /** The change that it takes back. */
  undoes?: string
  parts: readonly Part[]
}

/** Whatever is written with one of these is taken back together. */
export type Recorder = {
  /** Names the change, whatever has come since. */
  id: string
  /** For the writes of the store. @throws AuthError write_failed; then the store is not written either */
  store: BeforeWrite
  /** For the section `auth` of the config, before and after a change that took place. */
  config: BeforeWrite
  /** Whether anything of it is kept. */
  isKept(): boolean
}

export type ChangeStore = {
  where(): string
  /** Begins a change; it is kept from the first write on. */
  begin(what: string, undoes?: string): Recorder
  /** Newest first; those that are too old are not among them. @throws AuthError unreadable_store */
  list(): Promise<Change[]>
  /** Drops what is kept of the profile's credentials. @returns whether there was any @throws AuthError unreadable_store, write_failed */
  forget(profileId: string): Promise<boolean>
  /** Drops the change. */
  drop(id: string): Promise<void>
  /** Clears away what is too old, if there is any. */
  prune(): Promise<void>
}

/**
 * That a profile is paused stands in its entry (`paused`), but is a matter of its own: a pause is taken back whatever became of the tokens meanwhile, and
 * nothing of the credential need be kept for it.
 */
export const PAUSES = 'paused'

/** What a command of a person changes; the older imports, the receipts of theirs and the version are not among it. */
const SECTIONS: Readonly<Record<PartOf, readonly string[]>> = {
  store: ['profiles', PAUSES, 'order', 'usageStats', 'lastGood'],
  config: ['profiles', 'order'],
}

/** Opens the changes kept under the key. */
export function openChanges(system: System, backend: Backend, key: string): ChangeStore {
  const document = openDocument(backend, key)
  const mark = markWith(system)
  const change = <T>(edit: (changes: Change[]) => { changes: readonly Change[]; result: T }): Promise<T> =>
    document.change((draft) => {
      const { changes, result } = edit(readChanges(draft, document.where(), system.now()))
      draft.version = 1
      draft.changes = changes
      return result
    })
  /** @returns whether the change is kept, with these parts */
  const record = async (about: Omit<Change, 'parts'>, parts: readonly Part[]): Promise<boolean> => {
    if (parts.length === 0) return false
    try {
      await change((changes) => {
        const own = changes.find(({ id }) => id === about.id)
        const others = changes.filter(({ id }) => id !== about.id)
        const next = { ...about, parts: joined(own?.parts ?? [], parts) }
        return { changes: [next, ...others].slice(0, MOST_CHANGES), result: undefined }
      })
      return true
    } catch (error) {
      // It is left as it is, and the person gets the work done; this change cannot be taken back.
      if (!(error instanceof AuthError) || error.code !== 'unreadable_store') throw error
      system.log.warn('this change cannot be undone', { file: document.where(), why: error.message })
      return false
    }
  }
  const list = async (): Promise<Change[]> => readChanges(await document.read(), document.where(), system.now())
  return {
    where: document.where,
    list,
    begin: (what, undoes) => {
      const id = Buffer.from(system.randomBytes(8)).toString('hex')
      const about = { id, at: system.now(), what, ...(undoes === undefined ? {} : { undoes }) }
      let isKept = false
      const hear =
        (of: PartOf): BeforeWrite =>
        async (before, after) => {
          if (await record(about, differences(of, before, after, mark))) isKept = true
        }
      return { id, store: hear('store'), config: hear('config'), isKept: () => isKept }
    },
    forget: async (profileId) => {
      const holds = ({ parts }: Change): boolean => parts.some((part) => isOf(part, profileId))
      // Nothing is written where nothing is kept.
      if (!(await list()).some(holds)) return false
      return change((changes) => {
        const left = changes.flatMap((one) => (holds(one) ? without(one, profileId) : [one]))
        return { changes: left, result: true }
      })
    },
    drop: (id) => change((changes) => ({ changes: changes.filter((one) => one.id !== id), result: undefined })),
    prune: async () => {
      const raw = await document.read()
      const kept = readChanges(raw, document.where(), system.now())
      if (Array.isArray(raw.changes) && kept.length < raw.changes.length) {
        await change((changes) => ({ changes, result: undefined }))
      }
    },
  }
}

/** Tells one value from another without holding it. Of a login, what a renewal replaces does not count. */
export function markWith({ fingerprint }: Pick<System, 'fingerprint'>): (value: unknown) => string | null {
  return (value) => {
    if (value === undefined) return null
    const { [PAUSES]: _, ...still } = isObject(value) ? value : {}
    const kept = isLogin(value) ? { ...still, access: '', refresh: '', expires: 0 } : isObject(value) ? still : value
    return fingerprint(new Secret(JSON.stringify(sorted(kept))))
  }
}

/** The value at the part's place of its document. */
export function valueAt(raw: JsonObject, { section, key }: Pick<Part, 'section' | 'key'>): unknown {
  if (section === PAUSES) return entryOf(raw, key)?.[PAUSES]
  const child = raw[section]
  return isObject(child) && Object.hasOwn(child, key) ? child[key] : undefined
}

/** Puts back what stood at the part's place. */
export function putBack(draft: JsonObject, { section, key, before, place }: Part): void {
  if (section === PAUSES) {
    const entry = entryOf(draft, key)
    if (entry !== undefined && before === undefined) delete entry[PAUSES]
    else if (entry !== undefined) entry[PAUSES] = before
    return
  }
  const child = isObject(draft[section]) ? draft[section] : {}
  const at = Object.keys(child).indexOf(key)
  const entries = Object.entries(child).filter(([name]) => name !== key)
  if (before !== undefined) entries.splice(at < 0 ? place : at, 0, [key, withPauseOf(child[key], before)])
  draft[section] = Object.fromEntries(entries)
  if (entries.length === 0 && section !== 'profiles') delete draft[section]
}

function entryOf(raw: JsonObject, id: string): JsonObject | undefined {
  const entry = isObject(raw.profiles) && Object.hasOwn(raw.profiles, id) ? raw.profiles[id] : undefined
  return isObject(entry) ? entry : undefined
}

/** Another secret comes back into a profile; whether that is paused now, somebody has decided since. */
function withPauseOf(now: unknown, before: unknown): unknown {
  if (!isObject(now) || !isObject(before)) return before
  const { [PAUSES]: _, ...rest } = before
  return now[PAUSES] === undefined ? rest : { ...rest, [PAUSES]: now[PAUSES] }
}

function differences(
  of: PartOf,
  before: JsonObject,
  after: JsonObject,
  mark: (value: unknown) => string | null,
): Part[] {
  return SECTIONS[of].flatMap((section) => {
    const child = section === PAUSES ? 'profiles' : section
    const names = (raw: JsonObject): string[] => Object.keys(isObject(raw[child]) ? raw[child] : {})
    const known = names(before)
    return [...new Set([...known, ...names(after)])].flatMap((key): Part[] => {
      // With the profile its pause comes and goes.
      if (section === PAUSES && (entryOf(before, key) === undefined || entryOf(after, key) === undefined)) return []
      const [old, now] = [before, after].map((raw) => valueAt(raw, { section, key }))
      if (mark(old) === mark(now) || isSameLogin(old, now)) return []
      const place = known.indexOf(key)
      return [{ of, section, key, before: old, place: place < 0 ? known.length : place, after: [mark(now)] }]
    })
  })
}

/** A login made anew for the same account has tokens that replace the old ones for good. */
function isSameLogin(a: unknown, b: unknown): boolean {
  const [one, other] = [a, b].map((value) => (isLogin(value) ? readCredential(value) : undefined))
  return one?.kind === 'oauth' && other?.kind === 'oauth' && isSameAccount(one, other) !== false
}

function isLogin(value: unknown): value is JsonObject {
  return isObject(value) && value.type === 'oauth'
}

/** The parts of a change that goes on: what stood there first counts, and each of what was put there. */
function joined(known: readonly Part[], more: readonly Part[]): Part[] {
  const isSame = (a: Part, b: Part): boolean => a.of === b.of && a.section === b.section && a.key === b.key
  const kept = known.map((part) => {
    const next = more.find((other) => isSame(other, part))
    return next === undefined ? part : { ...part, after: [...part.after, ...next.after] }
  })
  return [...kept, ...more.filter((part) => !known.some((other) => isSame(other, part)))]
}

function isOf({ of, section, key, before }: Part, profileId: string): boolean {
  return of === 'store' && section === 'profiles' && key === profileId && before !== undefined
}

/** What else the change replaced; without any credential an order is not worth taking back. */
function without(change: Change, profileId: string): Change[] {
  const parts = change.parts.filter((part) => !isOf(part, profileId))
  return parts.some(({ of, section }) => of === 'store' && section === 'profiles') ? [{ ...change, parts }] : []
}

/** Entries that make no sense are none. @throws AuthError unreadable_store, for a file of a later version */
function readChanges(raw: JsonObject, where: string, now: number): Change[] {
  if (raw.version !== undefined && raw.version !== 1) throw unreadable(where, 'is of a later version')
  const list = Array.isArray(raw.changes) ? raw.changes : []
  return list.flatMap((entry): Change[] => {
    if (!isObject(entry) || !Array.isArray(entry.parts)) return []
    const { id, at, what, undoes } = entry
    if (typeof id !== 'string' || typeof at !== 'number' || typeof what !== 'string' || !isUndoable(at, now)) return []
    const parts = entry.parts.flatMap(readPart)
    return [{ id, at, what, ...(typeof undoes === 'string' ? { undoes } : {}), parts }]
  })
}

function readPart(entry: unknown): Part[] {
  if (!isObject(entry) || !Array.isArray(entry.after)) return []
  const { of, section, key, before, place } = entry
  if ((of !== 'store' && of !== 'config') || typeof section !== 'string' || typeof key !== 'string') return []
  if (!SECTIONS[of].includes(section)) return []
  const after = entry.after.map((mark) => (typeof mark === 'string' ? mark : null))
  return [{ of, section, key, before, place: typeof place === 'number' ? place : Number.MAX_SAFE_INTEGER, after }]
}
