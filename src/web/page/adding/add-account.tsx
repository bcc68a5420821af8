// The dialog in which an account is added, or given another secret.
import { useEffect, useRef } from 'preact/hooks'
import { useApp } from '../app-store.ts'
import { AddingForm } from './adding-form.tsx'

export function AddAccount() {
  const { state, set } = useApp()
  const { words, adding } = state
  const dialog = useRef<HTMLDialogElement>(null)
  const before = useRef(document.activeElement)
  useEffect(() => {
    dialog.current?.showModal()
    // The browser goes to the first button; who has come to paste something pastes it at once.
    dialog.current?.querySelector<HTMLElement>('#adding-secret')?.focus()
    return () => {
      if (before.current instanceof HTMLElement) before.current.focus()
    }
  }, [])
  const row = adding?.row
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="adding-title" onClose={() => set({ adding: undefined })}>
      <div class="dialog-head">
        <h2 id="adding-title">{row === undefined ? words.adding.title : words.adding.again(row.id)}</h2>
        <button type="button" class="icon" aria-label={words.act.close} onClick={() => dialog.current?.close()}>
          ×
        </button>
      </div>
      <AddingForm row={row} done={() => dialog.current?.close()} />
    </dialog>
  )
}
