// Where a message is written: Enter sends, Shift+Enter breaks the line, a slash lists what can be said to the program; files are pasted, dropped or chosen.
import { useEffect, useRef, useState } from 'preact/hooks'
import { useApp } from '../app-store.ts'
import { Attached, filesIn } from './attached.tsx'
import { completions } from './log.ts'

type Command = { text: string; about: string }
type Props = {
  isBusy: boolean
  canStop: boolean
  send(message: string, files: readonly File[]): Promise<boolean>
  stop(): void
}

export function Composer({ isBusy, canStop, send, stop }: Props) {
  const { state, request, complain } = useApp()
  const { chat } = state.words
  const isLive = state.link.kind === 'live'
  const [text, setText] = useState('')
  const [commands, setCommands] = useState<readonly Command[]>([])
  const [chosen, setChosen] = useState(0)
  const [files, setFiles] = useState<readonly File[]>([])
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => field.current?.focus(), [])
  useEffect(() => {
    if (!isLive) return
    request<{ commands: Command[] }>('chat.commands').then((all) => setCommands(all.commands), complain)
  }, [isLive])
  const offered = completions(text, commands)
  const at = Math.min(chosen, offered.length - 1)
  const take = (command: Command): void => {
    setText(`${command.text} `)
    field.current?.focus()
  }
  const submit = async (): Promise<void> => {
    const message = text
    const shown = files
    if ((message.trim() === '' && shown.length === 0) || isBusy) return
    setText('')
    setFiles([])
    if (await send(message, shown)) return
    setText((typed) => (typed === '' ? message : typed))
    setFiles((others) => (others.length === 0 ? shown : others))
  }
  /** @returns whether there were any */
  const show = (data: DataTransfer | null): boolean => {
    const more = filesIn(data)
    if (more.length > 0) setFiles([...files, ...more])
    return more.length > 0
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
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault()
        show(event.dataTransfer)
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
        onPaste={(event) => {
          if (show(event.clipboardData)) event.preventDefault()
        }}
      />
      <div class="composer-end">
        <span id="message-keys" class="quiet keys-hint">
          {chat.keys}
        </span>
        <Attached files={files} change={setFiles} />
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
