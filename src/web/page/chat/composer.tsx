// Where a message is written: Enter sends, Shift+Enter breaks the line, a slash lists what can be said to the program; files are pasted, dropped or chosen.
import { useEffect, useRef, useState } from 'preact/hooks'
import { useApp } from '../app-store.ts'
import { Attached, filesIn } from './attached.tsx'
import { completions } from './log.ts'
import { ready } from './ready.ts'

type Command = { text: string; about: string }
/** What somebody wants to say. */
export type Draft = { message: string; files: readonly File[] }
type Props = {
  isBusy: boolean
  canStop: boolean
  /** What was sent and never taken: it stands here again. */
  unsent: Draft | undefined
  took(): void
  send(draft: Draft): void
  stop(): void
}

export function Composer({ isBusy, canStop, unsent, took, send, stop }: Props) {
  const { state, request, complain } = useApp()
  const { chat } = state.words
  const isLive = state.link.kind === 'live'
  const [text, setText] = useState('')
  const [commands, setCommands] = useState<readonly Command[]>([])
  const [chosen, setChosen] = useState(0)
  const [files, setFiles] = useState<readonly File[]>([])
  /** As it is by now, for what goes on behind a wait. */
  const draft = useRef<Draft>({ message: '', files: [] })
  const write = (message: string, shown: readonly File[]): void => {
    draft.current = { message, files: shown }
    setText(message)
    setFiles(shown)
  }
  /** Files that are being made ready: the message waits for them. */
  const readying = useRef(Promise.resolve())
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => field.current?.focus(), [])
  useEffect(() => {
    if (!isLive) return
    request<{ commands: Command[] }>('chat.commands').then((all) => setCommands(all.commands), complain)
  }, [isLive])
  useEffect(() => {
    if (unsent === undefined) return
    const { message, files: shown } = draft.current
    // What was begun meanwhile stays, behind it.
    write([unsent.message, message].filter((part) => part !== '').join('\n\n'), [...unsent.files, ...shown])
    took()
  }, [unsent])
  useEffect(() => {
    const drop = (event: DragEvent): void => {
      const isHere = event.target instanceof Element && event.target.closest('.chat') !== null
      if (isHere) add(filesIn(event.dataTransfer))
    }
    document.addEventListener('drop', drop)
    return () => document.removeEventListener('drop', drop)
  })
  const offered = completions(text, commands)
  const at = Math.min(chosen, offered.length - 1)
  const take = (command: Command): void => {
    write(`${command.text} `, draft.current.files)
    field.current?.focus()
  }
  const submit = async (): Promise<void> => {
    if (isBusy) return
    await readying.current
    const said = draft.current
    if (said.message.trim() === '' && said.files.length === 0) return
    write('', [])
    send(said)
  }
  const add = (more: readonly File[]): void => {
    const work = async (): Promise<void> => {
      const { files: made, refused } = await ready(chat, draft.current.files, more)
      write(draft.current.message, [...draft.current.files, ...made])
      if (refused.length > 0) complain(new Error(refused.join(' ')))
    }
    readying.current = readying.current.then(work).catch(complain)
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
          write(event.currentTarget.value, draft.current.files)
          setChosen(0)
        }}
        onKeyDown={key}
        onPaste={(event) => {
          const data = event.clipboardData
          const more = filesIn(data)
          // Programs for tables and texts put a picture of the text beside it.
          if (more.length === 0 || data?.getData('text/plain').trim() !== '') return
          event.preventDefault()
          add(more)
        }}
      />
      <div class="composer-end">
        <span id="message-keys" class="quiet keys-hint">
          {chat.keys}
        </span>
        <Attached
          files={files}
          add={add}
          remove={(file) =>
            write(
              draft.current.message,
              draft.current.files.filter((one) => one !== file),
            )
          }
        />
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
