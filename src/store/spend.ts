// spend-consent.json and spend.json: until when a person lets calls cross to what is billed by use, and what these calls have cost in the last days. Of all
// agents and processes of a state directory; no secrets.
import { LAST_INSTANT } from '../core/expiry.ts'
import { quoted } from '../core/quoted.ts'
import { readBook, type SpendBook, writtenBook } from '../core/spend-book.ts'
import type { Backend } from './backend.ts'
import { type Mending, openDocument, putAside } from './document.ts'
import type { Layout } from './layout.ts'

export type Consent = {
  /** Calls may cross until then, ms epoch. */
  until: number
  /** When a person said so, ms epoch. */
  at: number
}

export type SpendStore = {
  consent: {
    where(): string
    /** @returns undefined where nobody has said anything @throws AuthError unreadable_store */
    read(): Promise<Consent | undefined>
    /** Writes it, or takes it back. @returns what stood there @throws AuthError unreadable_store, write_failed */
    put(consent: Consent | undefined): Promise<Consent | undefined>
  }
  book: {
    where(): string
    /** @throws AuthError unreadable_store */
    read(): Promise<SpendBook>
    /** Changes it while nobody else does. @throws AuthError unreadable_store, write_failed, lock_timeout */
    change<T>(edit: (book: SpendBook) => { book: SpendBook; result: T }): Promise<T>
  }
}

const CONSENT: Mending = { advice: 'put it aside and allow anew what may be spent', remedy: putAside }
/** Moving it away would be a way round the cap, so it is not what the command does. */
const BOOK: Mending = {
  advice: 'mend it by hand; who puts it aside begins the day anew, so that the whole cap may be spent once more',
  remedy: (where) => `\${EDITOR:-vi} ${quoted(where)}`,
}

/** Opens both; reads and writes nothing. */
export function openSpend(backend: Backend, layout: Pick<Layout, 'spendConsent' | 'spendBook'>): SpendStore {
  const consent = openDocument(backend, layout.spendConsent, CONSENT)
  const book = openDocument(backend, layout.spendBook, BOOK)
  return {
    consent: {
      where: consent.where,
      read: async () => readConsent(await consent.read()),
      put: (next) =>
        consent.change((draft) => {
          const before = readConsent(draft)
          delete draft.allowed
          Object.assign(draft, { version: 1 }, next === undefined ? {} : { allowed: next })
          return before
        }),
    },
    book: {
      where: book.where,
      read: async () => readBook(await book.read()),
      change: (edit) =>
        book.change((draft) => {
          const { book: next, result } = edit(readBook(draft))
          Object.assign(draft, { version: 1 }, writtenBook(next))
          return result
        }),
    },
  }
}

function readConsent({ allowed }: Record<string, unknown>): Consent | undefined {
  if (typeof allowed !== 'object' || allowed === null) return undefined
  const { until, at } = allowed as Record<string, unknown>
  if (!isInstant(until)) return undefined
  return { until, at: isInstant(at) ? at : 0 }
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= LAST_INSTANT
}
