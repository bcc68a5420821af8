// The palette (Ctrl K): type a little, walk with the arrows, Enter goes there or does it. A combobox with a list, in a dialog of the browser's own.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { DocsContents } from '../../../core/documentation.ts'
import type { Session } from '../../../core/session.ts'
import { useApp } from '../app-store.ts'
import { sessionName } from '../chat/log.ts'
import { readContents } from '../docs/load.ts'
import { itemsOf } from './items.ts'
import { type Item, matchingItems } from './match.ts'

export function Palette() {
  const app = useApp()
  const { state, set, request, complain } = app
  const { words, agentId, language, link } = state
  const { palette } = words
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const [names, setNames] = useState<readonly string[]>([])
  const [docs, setDocs] = useState<DocsContents>()
  const dialog = useRef<HTMLDialogElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const chosen = useRef<Item>()
  useEffect(() => dialog.current?.showModal(), [])
  useEffect(() => {
    if (link.kind !== 'live') return
    const isOf = { agentId }
    request<{ sessions: Session[] }>('sessions.list', isOf).then(
      (all) => setNames(all.sessions.map(({ key }) => sessionName(key))),
      complain,
    )
    // Without them everything else is still there.
    readContents(language).then(setDocs, () => undefined)
  }, [])
  const all = useMemo(() => itemsOf(app, names, docs), [state.report, names, docs, words])
  const items = matchingItems(all, typed, palette.groups)
  const place = Math.max(0, Math.min(at, items.length - 1))
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [place, typed])
  const take = (item: Item | undefined): void => {
    if (item === undefined) return
    chosen.current = item
    dialog.current?.close()
  }
  const walk = (event: KeyboardEvent): void => {
    if (event.isComposing) return
    const count = Math.max(1, items.length)
    if (event.key === 'ArrowDown') setAt((place + 1) % count)
    else if (event.key === 'ArrowUp') setAt((place + count - 1) % count)
    else if (event.key === 'PageDown') setAt(Math.min(count - 1, place + 8))
    else if (event.key === 'PageUp') setAt(Math.max(0, place - 8))
    else if (event.key === 'Enter') take(items[place])
    else return
    event.preventDefault()
  }
  return (
    <dialog
      ref={dialog}
      class="dialog palette"
      aria-label={palette.title}
      onClose={() => {
        // Focus is back where it was: what comes now may take it.
        set({ paletteShown: false })
        chosen.current?.act()
      }}
      onPointerDown={(event) => {
        if (event.target === dialog.current) dialog.current?.close()
      }}
    >
      <div class="palette-head">
        <input
          type="text"
          role="combobox"
          aria-label={palette.field}
          aria-autocomplete="list"
          aria-expanded={items.length > 0}
          aria-controls="palette-list"
          aria-activedescendant={items.length > 0 ? `palette-${place}` : undefined}
          autocomplete="off"
          spellcheck={false}
          placeholder={palette.field}
          value={typed}
          onInput={(event) => {
            setTyped(event.currentTarget.value)
            setAt(0)
          }}
          onKeyDown={walk}
        />
        <button type="button" class="icon" aria-label={words.act.close} onClick={() => dialog.current?.close()}>
          ×
        </button>
      </div>
      <output class="unseen" aria-live="polite">
        {typed.trim() === '' ? '' : palette.found(items.length)}
      </output>
      {items.length === 0 && <p class="nothing">{palette.none}</p>}
      <div ref={list} id="palette-list" class="palette-list" role="listbox" aria-label={palette.title} tabIndex={-1}>
        {items.map((item, index) => (
          <div
            key={item.key}
            id={`palette-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === place}
            onPointerDown={(event) => {
              event.preventDefault()
              take(item)
            }}
            onPointerMove={() => setAt(index)}
          >
            <span class="palette-text" translate={item.isName === true ? false : undefined}>
              {item.text}
            </span>
            <span class="palette-more quiet">{item.more}</span>
            <span class="palette-group quiet">{palette.groups[item.group]}</span>
          </div>
        ))}
      </div>
    </dialog>
  )
}
