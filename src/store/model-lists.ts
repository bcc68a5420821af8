// model-lists.json: what the providers' own models endpoints said when they were asked last ('models refresh'). Of all agents; no secrets.
import { type ModelList, type ModelLists, readModelLists } from '../core/model-list.ts'
import type { Backend } from './backend.ts'
import { openDocument, parseLine, putAside } from './document.ts'

export type ModelListStore = {
  where(): string
  /** As of the last load; what cannot be read is none. Parsed when first asked for. */
  known(): ModelLists
  /** Reads the file anew. */
  load(): Promise<void>
  /** Puts lists in the place of those of the same providers. @throws AuthError unreadable_store, write_failed, lock_timeout */
  put(lists: ModelLists): Promise<void>
}

/** Opens it; reads and writes nothing. @param key of the document */
export function openModelLists(backend: Backend, key: string): ModelListStore {
  const advice = 'put it aside and ask the providers again'
  const document = openDocument(backend, key, { advice, remedy: putAside })
  let text = ''
  let known: ModelLists | undefined
  const store: ModelListStore = {
    where: document.where,
    known: () => {
      known ??= readModelLists(parseLine(text))
      return known
    },
    load: async () => {
      const stored = await backend.get(key)
      if (stored?.text === text) return
      text = stored?.text ?? ''
      known = undefined
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
