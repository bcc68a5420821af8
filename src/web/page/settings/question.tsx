// A question before what cannot be taken back. Escape and the first button leave everything as it is.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useApp } from '../app-store.ts'
import type { Refusal } from './desk.ts'
import { Wrong } from './field.tsx'

type Props = {
  title: string
  yes: string
  children: ComponentChildren
  go(): Promise<Refusal | undefined>
  close(): void
}

export function Question({ title, yes, children, go, close }: Props) {
  const { act } = useApp().state.words
  const dialog = useRef<HTMLDialogElement>(null)
  const [refusal, setRefusal] = useState<Refusal>()
  useEffect(() => dialog.current?.showModal(), [])
  const agree = async (): Promise<void> => {
    const wrong = await go()
    setRefusal(wrong)
    if (wrong === undefined) dialog.current?.close()
  }
  return (
    <dialog ref={dialog} class="dialog question" aria-label={title} onClose={close}>
      <h2>{title}</h2>
      {children}
      {refusal !== undefined && <Wrong refusal={refusal} />}
      <div class="buttons">
        <button type="button" onClick={() => dialog.current?.close()}>
          {act.close}
        </button>
        <button type="button" class="grave" onClick={() => void agree()}>
          {yes}
        </button>
      </div>
    </dialog>
  )
}
