// Keys of the whole page, and the list of them. Single letters work outside of fields only.
import { useEffect, useRef } from 'preact/hooks'
import { useApp } from '../app-store.ts'
import { VIEWS } from '../state.ts'

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.closest('input, textarea, select, dialog') !== null || target.isContentEditable)

/** Listens as long as the page is there. */
export function useKeys(): void {
  const app = useApp()
  const latest = useRef(app)
  latest.current = app
  useEffect(() => {
    const hear = (event: KeyboardEvent): void => {
      const { state, go, set } = latest.current
      if (event.altKey || event.isComposing || state.link.kind === 'login') return
      if ((event.ctrlKey || event.metaKey) && event.key === 'z' && !isField(event.target)) {
        const last = state.toasts.findLast(({ undo }) => undo !== undefined)
        if (last === undefined) return
        event.preventDefault()
        latest.current.dismiss(last.id)
        last.undo?.()
        return
      }
      const isInDialog = event.target instanceof HTMLElement && event.target.closest('dialog') !== null
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === 'k' && !isInDialog) {
        event.preventDefault()
        set({ paletteShown: true })
        return
      }
      if (event.ctrlKey || event.metaKey || isField(event.target) || !state.letters) return
      const view = VIEWS[Number(event.key) - 1]
      if (view !== undefined) go(view)
      else if (event.key === '?') set({ keysShown: true })
      else if (event.key === 'a' && state.scopes.has('accounts')) {
        event.preventDefault()
        set({ adding: {} })
      }
    }
    document.addEventListener('keydown', hear)
    return () => document.removeEventListener('keydown', hear)
  }, [])
}

/** The list of keys. */
export function Keys() {
  const { state, set, setLetters } = useApp()
  const { keys, act } = state.words
  const dialog = useRef<HTMLDialogElement>(null)
  const close = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    dialog.current?.showModal()
    close.current?.focus()
  }, [])
  return (
    <dialog ref={dialog} class="dialog small" aria-label={keys.title} onClose={() => set({ keysShown: false })}>
      <h2>{keys.title}</h2>
      <table class="keys">
        <tbody>
          {[[`1 – ${VIEWS.length}`, keys.views] as const, ...keys.rows].map(([key, does]) => (
            <tr key={key}>
              <th scope="row">
                <kbd>{key}</kbd>
              </th>
              <td>{does}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <label class="choice check">
        <input type="checkbox" checked={state.letters} onChange={(event) => setLetters(event.currentTarget.checked)} />
        {keys.letters}
      </label>
      <form method="dialog">
        <button ref={close} type="submit">
          {act.close}
        </button>
      </form>
    </dialog>
  )
}
