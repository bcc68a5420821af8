// The section 'usageWindows' of auth.json: how much of its limits each account has used, as vendors said last. What comes with an answer is
// read when somebody wants to know it, or when it is written: a busy account says the same many times a second.
import { isLaterUsage, readUsage, type Usage } from '../core/usage.ts'
import { childObject, isObject, type JsonObject } from './document.ts'

/** Reads what an answer told. @param known what was known before @returns undefined when it told nothing */
export type UsageReader = (known: Usage | undefined) => Usage | undefined

export type UsageSection = {
  get(id: string): Usage | undefined
  /** Keeps what an answer told, unread; the newest of an account counts. */
  heard(id: string, read: UsageReader): void
  /** Whether there is something to be read or written. */
  isPending(): boolean
  /** Takes in the section as it stands in the file; what was said later here stays. */
  load(raw: JsonObject): void
  /** What has to be written; it stays so until `written`. */
  batch(): ReadonlyMap<string, Usage>
  written(batch: ReadonlyMap<string, Usage>): void
  forget(id: string): void
}

const SECTION = 'usageWindows'

/** Opens the section; nothing is known before `load`. */
export function openUsage(): UsageSection {
  const known = new Map<string, Usage>()
  const unread = new Map<string, UsageReader>()
  const unwritten = new Set<string>()

  const get = (id: string): Usage | undefined => {
    const read = unread.get(id)
    if (read !== undefined) {
      unread.delete(id)
      const told = read(known.get(id))
      if (told !== undefined && told !== known.get(id)) {
        known.set(id, told)
        unwritten.add(id)
      }
    }
    return known.get(id)
  }

  return {
    get,
    heard: (id, read) => void unread.set(id, read),
    isPending: () => unread.size + unwritten.size > 0,
    load: (raw) => {
      const section = isObject(raw[SECTION]) ? raw[SECTION] : {}
      for (const id of known.keys()) if (!unwritten.has(id) && !Object.hasOwn(section, id)) known.delete(id)
      for (const [id, value] of Object.entries(section)) {
        const there = readUsage(value)
        const here = known.get(id)
        if (there === undefined) continue
        if (here === undefined || !unwritten.has(id) || isLaterUsage(there, here)) known.set(id, there)
      }
    },
    batch: () => {
      for (const id of [...unread.keys()]) get(id)
      const batch = new Map<string, Usage>()
      for (const id of unwritten) {
        const usage = known.get(id)
        if (usage !== undefined) batch.set(id, usage)
      }
      return batch
    },
    written: (batch) => {
      for (const [id, usage] of batch) if (known.get(id) === usage) unwritten.delete(id)
    },
    forget: (id) => {
      known.delete(id)
      unread.delete(id)
      unwritten.delete(id)
    },
  }
}

/** Puts the batch into the document, beside what others wrote; what they heard later stays. */
export function writeUsage(draft: JsonObject, batch: ReadonlyMap<string, Usage>): void {
  if (batch.size === 0) return
  const section = childObject(draft, SECTION)
  for (const [id, usage] of batch) {
    const there = readUsage(section[id])
    if (there === undefined || !isLaterUsage(there, usage)) section[id] = usage
  }
}

/** Takes what is kept of an account out of the document. */
export function dropUsage(draft: JsonObject, id: string): void {
  if (isObject(draft[SECTION])) delete draft[SECTION][id]
}
