// One value: what it is, what it says, and what the gateway says against it. It is taken with Enter or its button: arrows walk through choices.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { useApp } from '../app-store.ts'
import { Command } from '../view/command.tsx'
import { type Refusal, useDesk } from './desk.ts'

type Props = {
  label: string
  /** As it is written; empty: the default holds. */
  value: string
  placeholder?: string
  /** Id of a list of suggestions. */
  list?: string
  choices?: readonly (readonly [value: string, text: string])[]
  /** Where it stands in the file: what is said of that place is shown here. */
  path?: string
  note?: string
  command(value: string): string
  save(value: string): Promise<Refusal | undefined>
}

/** Names made by preact repeat where parts are loaded late. */
let count = 0

export function Field({ label, value, placeholder, list, choices, path, note, command, save }: Props) {
  const { words } = useApp().state
  const { mayChange } = useDesk()
  const [id] = useState(() => `setting-${++count}`)
  const [draft, setDraft] = useState<string>()
  /** What stood here when the draft was begun; undefined: whatever stands here now was told of. */
  const [base, setBase] = useState<string>()
  /** That somebody else has put another value here since was pressed upon. */
  const [isTold, setTold] = useState(false)
  const [refusal, setRefusal] = useState<Refusal>()
  const [isSaving, setSaving] = useState(false)
  const shown = draft ?? value
  const isChanged = draft !== undefined && draft !== value
  const isOvertaken = draft !== undefined && base !== undefined && value !== base
  const type = (next: string): void => {
    if (draft === undefined || base === undefined) setBase(value)
    setDraft(next)
  }
  const send = async (next: string): Promise<void> => {
    if (isSaving) return
    if (isOvertaken) {
      // Nobody's value is written over before it was seen: the next press is meant.
      setBase(value)
      setTold(true)
      return
    }
    setSaving(true)
    const wrong = await save(next.trim())
    setSaving(false)
    setRefusal(wrong)
    if (wrong === undefined) forget()
    // What the gateway said against it was the first press.
    else setBase(undefined)
  }
  const forget = (): void => {
    setDraft(undefined)
    setRefusal(undefined)
    setTold(false)
  }
  // Where nothing stands, nothing can be taken out: the command that would put something there.
  const example = choices?.[1]?.[0] ?? 'VALUE'
  const commanded = shown.trim() === '' && value === '' ? example : shown.trim()
  const described = refusal === undefined ? undefined : `${id}-wrong`
  return (
    <form
      class="setting"
      onSubmit={(event) => {
        event.preventDefault()
        if (isChanged) void send(shown)
      }}
    >
      <label for={id}>{label}</label>
      <div class="setting-control">
        {choices === undefined ? (
          <input
            id={id}
            type="text"
            autocomplete="off"
            spellcheck={false}
            value={shown}
            placeholder={placeholder}
            list={list}
            readOnly={!mayChange}
            aria-invalid={refusal !== undefined}
            aria-describedby={described}
            onInput={(event) => type(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') forget()
            }}
          />
        ) : (
          <select
            id={id}
            value={shown}
            disabled={!mayChange}
            aria-describedby={described}
            onChange={(event) => type(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') forget()
              if (event.key !== 'Enter' || !isChanged) return
              event.preventDefault()
              void send(shown)
            }}
          >
            {choices.map(([one, text]) => (
              <option key={one} value={one}>
                {text}
              </option>
            ))}
          </select>
        )}
        {isChanged && (
          <button type="submit" class="primary" disabled={isSaving}>
            {words.settings.save}
          </button>
        )}
      </div>
      {isChanged && (isOvertaken || isTold) && (
        <p class="setting-wrong needs-you" role="alert">
          {words.settings.changedTo(value)}
        </p>
      )}
      {refusal !== undefined && <Wrong id={`${id}-wrong`} refusal={refusal} path={path} />}
      <Shell text={command(commanded)}>{note}</Shell>
    </form>
  )
}

/** What the gateway said against it: of this place, or in its whole sentence. */
export function Wrong({ id, refusal, path }: { id?: string; refusal: Refusal; path?: string | undefined }) {
  const own = refusal.issues.filter((issue) => issue.path === path)
  return (
    <p id={id} class="setting-wrong needs-you" role="alert" lang={own.length > 0 ? 'en' : refusal.lang}>
      {own.length > 0 ? own.map(({ message }) => message).join('; ') : refusal.message}
    </p>
  )
}

/** The command that does the same, and a remark. */
export function Shell({ text, children }: { text: string; children?: ComponentChildren }) {
  return (
    <p class="setting-shell quiet">
      {children !== undefined && <span>{children}</span>}
      <Command text={text} />
    </p>
  )
}
