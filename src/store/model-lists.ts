// model-lists.json: what the providers' own models endpoints said when they were asked last ('models refresh'). Of all agents; no secrets.
import { AuthError } from '../core/errors.ts'
import { type ModelList, type ModelLists, readModelLists } from '../core/model-list.ts'
import type { Backend } from './backend.ts'
import { openDocument, parseLine, parseObject, putAside } from './document.ts'

export type ModelListStore = {
  where(): string
  /** As of the last load that could read it; what is no list is none. Parsed when first asked for. */
  known(): ModelLists
  /** Reads the file anew. One that cannot be read keeps nobody from anything: what was known stays so, and `trouble` says why. */
  load(): Promise<void>
  /** Why the file as of the last load is of no use; absent: it is well, or there is none. */
  trouble(): AuthError | undefined
  /** Puts lists in the place of those of the same providers. @throws AuthError unreadable_store, write_failed, lock_timeout */
  put(lists: ModelLists): Promise<void>
}

/** Opens it; reads and writes nothing. @param key of the document */
export function openModelLists(backend: Backend, key: string): ModelListStore {
  const advice = 'put it aside and ask the providers again'
  const mending = {
    advice,
    remedy: (where: string): string => `${putAside(where)} && openclaw models refresh`,
  }
  const document = openDocument(backend, key, mending)
  let text = ''
  let unread: AuthError | undefined
  let known: ModelLists | undefined
  const store: ModelListStore = {
    where: document.where,
    known: () => {
      known ??= readModelLists(parseLine(text))
      return known
    },
    load: async () => {
      try {
        const stored = await backend.get(key)
        unread = undefined
        if (stored?.text === text) return
        text = stored?.text ?? ''
        known = undefined
      } catch (error) {
        if (!(error instanceof AuthError)) throw error
        const { code, message } = error
        unread = new AuthError(code, message, { remedy: mending.remedy(document.where()) })
      }
    },
    trouble: () => {
      if (unread !== undefined || text === '') return unread
      try {
        parseObject(text, document.where(), mending)
        return undefined
      } catch (error) {
        if (error instanceof AuthError) return error
        throw error
      }
    },
    put: async (lists) => {
      await document.change((draft) => {
        const before = typeof draft.providers === 'object' && draft.providers !== null ? draft.providers : {}
        Object.assign(draft, { version: 1, providers: { ...before, ...written(lists) } })
      })
      await store.load()
    },
  }
  return store
}

function written(lists: ModelLists): Record<string, ModelList> {
  return Object.fromEntries(lists)
}
