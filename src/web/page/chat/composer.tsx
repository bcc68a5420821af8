// Where a message is written: Enter sends, Shift+Enter breaks the line, a slash lists what can be said to the program.
import { useEffect, useRef, useState } from 'preact/hooks'
import { useApp } from '../app-store.ts'
import { completions } from './log.ts'

type Command = { text: string; about: string }
type Props = { isBusy: boolean; canStop: boolean; send(message: string): Promise<boolean>; stop(): void }

export function Composer({ isBusy, canStop, send, stop }: Props) {
  const { state, request, complain } = useApp()
  const { chat } = state.words
  const [text, setText] = useState('')
  const [commands, setCommands] = useState<readonly Command[]>([])
  const [chosen, setChosen] = useState(0)
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    field.current?.focus()
    request<{ commands: Command[] }>('chat.commands').then((all) => setCommands(all.commands), complain)
  }, [])
  const offered = completions(text, commands)
  const at = Math.min(chosen, offered.length - 1)
  const take = (command: Command): void => {
    setText(`${command.text} `)
    field.current?.focus()
  }
  const submit = async (): Promise<void> => {
    const message = text
    if (message.trim() === '' || isBusy) return
    setText('')
    if (!(await send(message))) setText((typed) => (typed === '' ? message : typed))
  }
  const key = (event: KeyboardEvent): void => {
    if (event.isComposing) return
    if (offered.length > 0 && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault()
      setChosen((at + (event.key === 'ArrowDown' ? 1 : offered.length - 1)) % offered.length)
    } else if (offered.length > 0 && event.key === 'Tab' && !event.shiftKey) {
      event.preventDefault()
      const command = offered[at]
      if (command !== undefined) take(command)
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault()
      void submit()
    }
  }
  return (
    <form
      id="composer"
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      {offered.length > 0 && (
        <div class="completions" id="completions" role="listbox" aria-label={chat.commands}>
          {offered.map((command, index) => (
            <div
              key={command.text}
              id={`completion-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === at}
              onPointerDown={(event) => {
                event.preventDefault()
                take(command)
              }}
            >
              <code translate={false}>{command.text}</code> <span class="quiet">{command.about}</span>
            </div>
          ))}
        </div>
      )}
      <label class="unseen" for="message">
        {chat.message}
      </label>
      <textarea
        ref={field}
        id="message"
        rows={Math.min(8, Math.max(2, text.split('\n').length))}
        value={text}
        aria-describedby="message-keys"
        aria-controls={offered.length > 0 ? 'completions' : undefined}
        aria-activedescendant={offered.length > 0 ? `completion-${at}` : undefined}
        placeholder={chat.message}
        onInput={(event) => {
          setText(event.currentTarget.value)
          setChosen(0)
        }}
        onKeyDown={key}
      />
      <div class="composer-end">
        <span id="message-keys" class="quiet keys-hint">
          {chat.keys}
        </span>
        {canStop && (
          <button id="stop" type="button" onClick={stop}>
            {chat.stop}
          </button>
        )}
        <button id="send" type="submit" class="primary" disabled={isBusy}>
          {chat.send}
        </button>
      </div>
    </form>
  )
}
