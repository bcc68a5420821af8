// A command for a shell, and a button that copies it.
import { useState } from 'preact/hooks'
import { useApp } from '../app-store.ts'

export function Command({ text }: { text: string }) {
  const { state, complain } = useApp()
  const { detail } = state.words
  const [isCopied, setCopied] = useState(false)
  const copy = (): void => {
    // Not there where the page comes over plain http from another machine.
    if (navigator.clipboard === undefined) return
    navigator.clipboard.writeText(text).then(() => setCopied(true), complain)
  }
  return (
    <span class="command">
      <code translate={false}>{text}</code>
      <button type="button" class="quiet-button" onClick={copy}>
        {isCopied ? detail.copied : detail.copy}
      </button>
    </span>
  )
}
