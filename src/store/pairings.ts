// channels/pairing.json: strangers who asked to speak to a bot, and those whom the owner let in. By channel and account; no secrets.
import { type LetInSender, NO_PAIRINGS, type PairingBook, type PairingRequest } from '../core/pairing.ts'
import type { Backend } from './backend.ts'
import { childObject, isObject, type JsonObject, type Mending, openDocument, putAside } from './document.ts'
import type { Layout } from './layout.ts'

export type PairingStore = {
  where(): string
  /** @throws AuthError unreadable_store */
  read(channel: string, accountId: string): Promise<PairingBook>
  /** Every account that has an entry. @throws AuthError unreadable_store */
  all(): Promise<{ channel: string; accountId: string; book: PairingBook }[]>
  /**
   * Changes the book of an account while nobody else does.
   * @param edit returns the new book, undefined to leave it, and what is handed on
   * @throws AuthError unreadable_store, write_failed, lock_timeout
   */
  change<T>(
    channel: string,
    accountId: string,
    edit: (book: PairingBook) => { book?: PairingBook; result: T },
  ): Promise<T>
  /** Forgets an account. @throws AuthError unreadable_store, write_failed, lock_timeout */
  forget(channel: string, accountId: string): Promise<void>
}

const MENDING: Mending = {
  advice: 'mend it by hand, or put it aside and let people in again',
  remedy: putAside,
}

/** Opens it; reads and writes nothing. */
export function openPairings(backend: Backend, layout: Pick<Layout, 'pairings'>): PairingStore {
  const document = openDocument(backend, layout.pairings, MENDING)
  return {
    where: document.where,
    read: async (channel, accountId) => {
      const of = (await document.read())[channel]
      return bookIn(isObject(of) && Object.hasOwn(of, accountId) ? of[accountId] : undefined)
    },
    all: async () =>
      Object.entries(await document.read()).flatMap(([channel, accounts]) =>
        isObject(accounts)
          ? Object.entries(accounts).map(([accountId, book]) => ({ channel, accountId, book: bookIn(book) }))
          : [],
      ),
    change: (channel, accountId, edit) =>
      document.change((draft) => {
        const present = isObject(draft[channel]) ? draft[channel] : {}
        const { book, result } = edit(bookIn(present[accountId]))
        if (book === undefined) return result
        draft.version = 1
        const accounts = childObject(draft, channel)
        accounts[accountId] = written(isObject(accounts[accountId]) ? accounts[accountId] : {}, book)
        return result
      }),
    forget: (channel, accountId) =>
      document.change((draft) => {
        const accounts = draft[channel]
        if (isObject(accounts)) delete accounts[accountId]
      }),
  }
}

function written(before: JsonObject, { requests, letIn }: PairingBook): JsonObject {
  return { ...before, requests, letIn }
}

function bookIn(value: unknown): PairingBook {
  if (!isObject(value)) return NO_PAIRINGS
  return { requests: listIn(value.requests, requestIn), letIn: listIn(value.letIn, letInIn) }
}

function listIn<T>(value: unknown, read: (entry: JsonObject) => T | undefined): T[] {
  return (Array.isArray(value) ? value : []).flatMap((entry) => {
    const one = isObject(entry) ? read(entry) : undefined
    return one === undefined ? [] : [one]
  })
}

function requestIn({ code, senderId, name, at }: JsonObject): PairingRequest | undefined {
  if (typeof code !== 'string' || typeof senderId !== 'string' || typeof at !== 'number') return undefined
  return { code, senderId, name: typeof name === 'string' ? name : '', at }
}

function letInIn({ senderId, name, isOwner, at }: JsonObject): LetInSender | undefined {
  if (typeof senderId !== 'string') return undefined
  return {
    senderId,
    name: typeof name === 'string' ? name : '',
    isOwner: isOwner === true,
    at: typeof at === 'number' ? at : 0,
  }
}
