// A command for a shell, and a button that copies it.
import { useRef, useState } from 'preact/hooks'
import { useApp } from '../app-store.ts'

export function Command({ text }: { text: string }) {
  const { state, complain, set } = useApp()
  const { detail } = state.words
  const code = useRef<HTMLElement>(null)
  const [isCopied, setCopied] = useState(false)
  const copy = (): void => {
    if (navigator.clipboard === undefined) {
      // Not there where the page comes over plain http from another machine: the keys of the browser copy what is marked.
      if (code.current !== null) getSelection()?.selectAllChildren(code.current)
      set({ spoken: detail.marked })
      return
    }
    navigator.clipboard.writeText(text).then(() => setCopied(true), complain)
  }
  return (
    <span class="command">
      <code ref={code} translate={false}>
        {text}
      </code>
      <button type="button" class="quiet-button" onClick={copy}>
        {isCopied ? detail.copied : detail.copy}
      </button>
    </span>
  )
}
