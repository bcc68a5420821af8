// What was done, with the way back, for ten seconds.
import { useApp } from '../app-store.ts'
import { Command } from './command.tsx'

export function Toasts() {
  const { state, dismiss } = useApp()
  const { act, did, messages } = state.words
  return (
    <section class="toasts" aria-label={messages}>
      {state.toasts.map(({ id, text, isBad, remedy, undo }) => (
        <div key={id} class={isBad ? 'toast bad' : 'toast'} role={isBad ? 'alert' : undefined}>
          <div class="toast-text">
            <p>{text}</p>
            {remedy !== undefined && (
              <p class="quiet">
                {did.helps} <Command text={remedy} />
              </p>
            )}
          </div>
          {undo !== undefined && (
            <button
              type="button"
              onClick={() => {
                dismiss(id)
                undo()
              }}
            >
              {act.undo}
            </button>
          )}
          <button type="button" class="icon" aria-label={act.close} onClick={() => dismiss(id)}>
            ×
          </button>
        </div>
      ))}
    </section>
  )
}
