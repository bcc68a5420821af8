// The inputs of the settings, each under its name. Who may only look reads and copies what they hold, and changes nothing.
import type { ComponentChildren } from 'preact'
import { useDesk } from './desk.ts'

type Named = { label: string; value: string; take(value: string): void }

/** A line of text. @param list id of a list of suggestions */
export function TextField({ label, value, take, list, placeholder }: Named & { list?: string; placeholder?: string }) {
  const { mayChange } = useDesk()
  return (
    <label>
      {label}
      <input
        type="text"
        value={value}
        list={list}
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
        readOnly={!mayChange}
        onInput={(event) => take(event.currentTarget.value)}
      />
    </label>
  )
}

/** One of several. @param children its options */
export function ChoiceField({ label, value, take, children }: Named & { children: ComponentChildren }) {
  const { mayChange } = useDesk()
  return (
    <label>
      {label}
      <select value={value} disabled={!mayChange} onChange={(event) => take(event.currentTarget.value)}>
        {children}
      </select>
    </label>
  )
}

type ButtonProps = {
  children: ComponentChildren
  /** What it does; absent: it sends the form it stands in. */
  act?(): void
  label?: string
  class?: string
  disabled?: boolean
}

/** A button that changes something. */
export function ChangeButton({ children, act, label, disabled = false, class: look }: ButtonProps) {
  const { mayChange } = useDesk()
  return (
    <button
      type={act === undefined ? 'submit' : 'button'}
      class={look}
      aria-label={label}
      disabled={disabled || !mayChange}
      onClick={act}
    >
      {children}
    </button>
  )
}
