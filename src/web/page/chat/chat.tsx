// A conversation with whatever account can serve: sessions, what was said, the answer as it arrives, and who gave it.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ChatEvent, ChatMessage } from '../../../core/protocol.ts'
import type { Session } from '../../../core/session.ts'
import { problemOf, useApp } from '../app-store.ts'
import { Refused } from '../socket.ts'
import { enclose } from './attached.tsx'
import { Composer } from './composer.tsx'
import { type Line, linesOf, sessionName, withEvent } from './log.ts'
import { Message } from './message.tsx'
import { ModelPicker } from './model-picker.tsx'
import { Sessions } from './sessions.tsx'

const MAIN = 'main'
/** Whoever reads further up is left where they are. */
const NEAR_END = 80

/** What `chat.send` answers. */
type Ack = { runId: string; status: 'started' | 'in_flight' | 'ok'; end?: ChatEvent }

/** A message that waits for its answer. `gateway`: the one it was given to; `isBehind`: some of the answer was missed. */
type Running = {
  key: string
  wish: object
  gateway: string
  runId?: string
  early: ChatEvent[]
  isBehind: boolean
}

/** Twelve random hexadecimal digits; randomUUID is missing where the page comes over plain http from another machine. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function withNames(message: string, files: readonly File[]): string {
  return [message, ...files.map(({ name }) => `[${name}]`)].filter((text) => text !== '').join('\n')
}

export function Chat() {
  const { state, request, complain, hearChat, set } = useApp()
  const { words, agentId, link } = state
  const { reveal } = state
  const isLive = link.kind === 'live'
  const [current, setCurrent] = useState(MAIN)
  const [sessions, setSessions] = useState<readonly Session[]>([])
  const [lines, setLines] = useState<readonly Line[]>([])
  const log = useRef<HTMLElement>(null)
  /** The answer that is waited for, for what comes later. */
  const running = useRef<Running>()
  /** Of which conversation an answer may be drawn by now; one of another that comes late is not. */
  const place = `${agentId} ${current}`
  const shown = useRef(place)
  shown.current = place
  const isAtEnd = useRef(true)
  const session = sessions.find(({ key }) => sessionName(key) === current)
  const isBusy = lines.some(({ isRunning }) => isRunning === true)

  const listSessions = async (): Promise<void> => {
    const all = await request<{ sessions: Session[] }>('sessions.list', { agentId })
    if (shown.current.startsWith(`${agentId} `)) setSessions(all.sessions)
  }
  const readHistory = async (): Promise<void> => {
    const { messages } = await request<{ messages: ChatMessage[] }>('chat.history', { agentId, sessionKey: current })
    // A question asked meanwhile stands in the log and not yet in the transcript.
    if (running.current === undefined && shown.current === place) setLines(linesOf(messages))
  }

  useEffect(() => {
    running.current = undefined
    setLines([])
  }, [place])
  useEffect(() => {
    if (!isLive) return
    isAtEnd.current = true
    void Promise.all([listSessions(), resume()]).catch(complain)
  }, [place, isLive])
  useEffect(() => {
    if (isAtEnd.current && log.current !== null) log.current.scrollTop = log.current.scrollHeight
  }, [lines])

  const hear = (event: ChatEvent): void => {
    if (sessionName(event.sessionKey) !== current) return
    const own = running.current
    if (own !== undefined && own.runId === undefined) {
      // Which run is ours is said after the first events of it may have come.
      own.early.push(event)
      return
    }
    if (own?.runId !== event.runId) {
      // Somebody else's turn in this conversation: it can be read once it is over.
      if (own === undefined && event.state === 'final') void readHistory().catch(complain)
      return
    }
    // There is a gap before it; the end brings all of the answer.
    if (own.isBehind && event.state === 'delta') return
    const isOver = event.state !== 'delta' && event.state !== 'command'
    // The old conversation has ended; what was said in it is no part of the new one.
    const isNew = event.state === 'final' && event.command?.name === 'new' && event.command.ok
    setLines((all) => {
      const next = all.map((line) => (line.key === own.key ? withEvent(line, event) : line))
      return isNew ? next.filter(({ key }) => key === own.key) : next
    })
    if (!isOver) return
    running.current = undefined
    set({ spoken: endOf(event) })
    void listSessions().catch(complain)
  }
  useEffect(() => hearChat(hear))
  useEffect(() => {
    if (reveal?.kind !== 'session') return
    if (reveal.id !== current) setCurrent(reveal.id)
    // Behind the effect, in which nothing may be drawn anew.
    queueMicrotask(() => set({ reveal: undefined }))
  }, [reveal])

  const endOf = (event: ChatEvent): string => {
    const { chat } = words
    if (event.state === 'aborted') return chat.wasStopped
    if (event.state !== 'final') return chat.noAnswer
    if (event.command !== undefined) return event.command.ok ? chat.done : chat.notDone
    return chat.complete(event.servedBy)
  }

  /** Tells the gateway, or tells it again: under one key it begins one turn, and says how that ended. Rejects with Refused. */
  const ask = async (turn: Running): Promise<void> => {
    const asked = (): Promise<Ack> => request<Ack>('chat.send', turn.wish)
    const { runId, status, end } = await asked().catch((error: unknown) => {
      if (error instanceof Refused && error.code === 'timeout') return asked()
      throw error
    })
    if (running.current !== turn) return
    turn.runId = runId
    if (end !== undefined) turn.early = [end]
    for (const event of turn.early.splice(0)) hear(event)
    if (status !== 'ok' || running.current !== turn) return
    // It is over so long that only the transcript knows it.
    running.current = undefined
    await readHistory()
  }
  /** @returns whether it is given up; what was lost on the way is asked again when the gateway is back */
  const fail = (turn: Running, error: unknown): boolean => {
    if (error instanceof Refused && error.code === 'lost' && running.current === turn) return false
    if (running.current === turn) running.current = undefined
    const { message, remedy } = problemOf(error)
    const problem = { code: 'failed', message, ...(remedy === undefined ? {} : { remedy }) }
    setLines((all) => {
      // What was typed stays in the field, to be sent again.
      const rest = all.filter(({ key }) => key !== `${turn.key}q`)
      return rest.map(({ isRunning, ...line }) =>
        line.key === turn.key ? { ...line, error: problem } : { ...line, ...(isRunning ? { isRunning } : {}) },
      )
    })
    return true
  }
  /** What was under way when the gateway was lost goes on; one that was started since knows nothing of it. */
  const resume = async (): Promise<void> => {
    const turn = running.current
    if (turn !== undefined && link.kind === 'live' && turn.gateway === link.gateway) {
      turn.isBehind = turn.runId !== undefined
      return ask(turn).catch((error: unknown) => void fail(turn, error))
    }
    running.current = undefined
    setLines((all) =>
      all.map(({ isRunning, ...line }) => (isRunning === true ? { ...line, end: 'lost' as const } : line)),
    )
    await readHistory()
  }

  const send = async (message: string, files: readonly File[]): Promise<boolean> => {
    const key = randomKey()
    const at = state.now
    const wish = { agentId, sessionKey: current, message, idempotencyKey: key }
    const turn: Running = { key, wish, gateway: link.kind === 'live' ? link.gateway : '', early: [], isBehind: false }
    isAtEnd.current = true
    setLines((all) => [
      ...all,
      { key: `${key}q`, role: 'user', text: withNames(message, files), at },
      { key, role: 'assistant', text: '', at, isRunning: true },
    ])
    try {
      const enclosures = await enclose(request, key, files)
      if (enclosures.length > 0) turn.wish = { ...wish, enclosures }
      // From here on it is asked again when the gateway was lost.
      running.current = turn
      await ask(turn)
      return true
    } catch (error) {
      return !fail(turn, error)
    }
  }
  const stop = (): void => {
    const { current: own } = running
    if (own?.runId === undefined) return
    request('chat.abort', { agentId, sessionKey: current, runId: own.runId }).catch(complain)
  }
  const patch = (wish: object): void => {
    request('sessions.patch', { agentId, sessionKey: current, ...wish }).then(() => listSessions(), complain)
  }
  const names = [...new Set([current, ...sessions.map(({ key }) => sessionName(key))])]

  return (
    <div class="chat">
      <Sessions
        names={names.map((name) => ({ name, at: sessions.find(({ key }) => sessionName(key) === name)?.updatedAt }))}
        current={current}
        choose={setCurrent}
        begin={() => setCurrent(`page-${randomKey().slice(0, 6)}`)}
      />
      <section class="conversation" aria-labelledby="chat-title">
        <div class="chat-head">
          <h2 id="chat-title" translate={false}>
            {current}
          </h2>
          <ModelPicker model={session?.model} choose={(model) => patch({ model })} />
          {session?.pin !== undefined && session.pin.by !== 'auto' && (
            <span class="pin">
              <span class="quiet">{words.chat.pinned(session.pin.id)}</span>
              <button type="button" class="icon" aria-label={words.chat.unpin} onClick={() => patch({ profile: null })}>
                ×
              </button>
            </span>
          )}
        </div>
        <section
          ref={log}
          id="log"
          class="log"
          aria-label={words.views.chat}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and who has no wheel scrolls it with the arrow keys
          tabIndex={0}
          onScroll={() => {
            const view = log.current
            if (view !== null) isAtEnd.current = view.scrollHeight - view.scrollTop - view.clientHeight < NEAR_END
          }}
        >
          {lines.length === 0 && <p class="nothing">{words.chat.empty}</p>}
          {lines.map((line) => (
            <Message key={line.key} line={line} sessionKey={current} />
          ))}
        </section>
        <Composer key={current} isBusy={isBusy || !isLive} canStop={isBusy} send={send} stop={stop} />
      </section>
    </div>
  )
}
