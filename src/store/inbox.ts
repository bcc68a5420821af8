// channels/<channel>-<account>.json: how far a bot has read what it was told, and what of it has not been answered. It is written before
// anything is answered, so that nothing is answered twice; what a kill interrupts is known after it. Messages lie here only until their turn has begun.
import type { Backend } from './backend.ts'
import { isObject, type JsonObject, type Mending, openDocument, putAside } from './document.ts'

/** What is kept of a message; `id` is the vendor's own, counting upwards. */
export type Kept = JsonObject & { id: number }

/** Where an answer was under way. */
export type Begun = JsonObject & { id: number }

export type Inbox = {
  where(): string
  /** Everything below was read. */
  next(): number
  waiting(): readonly Kept[]
  /** Answers that were under way when this process, or the one before, ended; taken by `load`. */
  interrupted(): readonly Begun[]
  /** Reads what is there. What belongs to another bot is forgotten. @throws AuthError unreadable_store */
  load(botId: number): Promise<void>
  /**
   * Takes messages in; they are on the disk when this resolves. Without any nothing is written: the vendor remembers how far it was asked.
   * @param next everything below was read
   * @throws AuthError write_failed, unreadable_store, lock_timeout
   */
  take(next: number, messages: readonly Kept[]): Promise<void>
  /** The answer to a message begins: on the disk when this resolves. @throws as take */
  begin(begun: Begun): Promise<void>
  /** The answer is over, or will never be: written behind. @param failed hears what the disk says */
  end(id: number, failed: (error: unknown) => void): void
  /** Resolves when what was written behind is on the disk, or was refused. */
  flush(): Promise<void>
}

const MENDING: Mending = {
  advice: 'put it aside; messages that were not answered by then are lost',
  remedy: putAside,
}

/** Opens it; reads and writes nothing. */
export function openInbox(backend: Backend, path: string): Inbox {
  const document = openDocument(backend, path, MENDING)
  let bot = 0
  let isLoaded = false
  let next = 0
  let waiting: readonly Kept[] = []
  let begun: readonly Begun[] = []
  let interrupted: readonly Begun[] = []
  let writing: Promise<void> = Promise.resolve()
  // One write carries all that came to be before it.
  let due: Promise<void> | undefined
  const save = (): Promise<void> => {
    // A mistake of ours: what is there would be written over unread.
    if (!isLoaded) return Promise.reject(new Error('the inbox of a bot was not read before it was to be written'))
    if (due !== undefined) return due
    const mine = writing.then(() => {
      due = undefined
      return document.change((draft) => {
        Object.assign(draft, { version: 1, bot, next, waiting: [...waiting], begun: [...begun] })
      })
    })
    due = mine
    // Whoever asked for it hears of a failure; the next write is tried all the same.
    writing = mine.catch(() => undefined)
    return mine
  }
  return {
    where: document.where,
    next: () => next,
    waiting: () => waiting,
    interrupted: () => interrupted,
    load: async (botId) => {
      const stored = await document.read()
      bot = botId
      const isOurs = stored.bot === botId
      next = isOurs && typeof stored.next === 'number' ? stored.next : 0
      waiting = isOurs ? entriesIn(stored.waiting) : []
      interrupted = isOurs ? entriesIn(stored.begun) : []
      begun = interrupted
      isLoaded = true
    },
    take: async (to, messages) => {
      const before = next
      next = Math.max(next, to)
      if (messages.length === 0) return
      waiting = [...waiting, ...messages]
      try {
        await save()
      } catch (error) {
        // What could not be kept is asked for again: the vendor has it still.
        next = before
        waiting = waiting.filter((one) => !messages.includes(one))
        throw error
      }
    },
    begin: (one) => {
      waiting = waiting.filter(({ id }) => id !== one.id)
      begun = [...begun.filter(({ id }) => id !== one.id), one]
      return save()
    },
    end: (id, failed) => {
      waiting = waiting.filter((one) => one.id !== id)
      begun = begun.filter((one) => one.id !== id)
      save().catch(failed)
    },
    flush: () => writing,
  }
}

function entriesIn(value: unknown): Kept[] {
  return (Array.isArray(value) ? value : []).filter((one): one is Kept => isObject(one) && typeof one.id === 'number')
}
