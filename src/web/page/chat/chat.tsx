// A conversation with whatever account can serve: sessions, what was said, the answer as it arrives, and who gave it.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ChatEvent, ChatMessage } from '../../../core/protocol.ts'
import type { Session } from '../../../core/session.ts'
import { problemOf, useApp } from '../app-store.ts'
import { Refused } from '../socket.ts'
import { SCROLLS } from '../view/scrolls.ts'
import { type Ack, APART_MS, type Asking, isOf, randomKey, wasTaken, withNames } from './asking.ts'
import { enclose } from './attached.tsx'
import { Composer, type Draft } from './composer.tsx'
import { type History, type Line, linesOf, saidIn, sessionName, withEvent } from './log.ts'
import { Message } from './message.tsx'
import { ModelPicker } from './model-picker.tsx'
import { Sessions } from './sessions.tsx'

const MAIN = 'main'
/** Whoever reads further up is left where they are. */
const NEAR_END = 80

export function Chat() {
  const { state, latest, request, complain, hearChat, set } = useApp()
  const { words, agentId, link } = state
  const { reveal } = state
  const isLive = link.kind === 'live'
  const [current, setCurrent] = useState(MAIN)
  const [sessions, setSessions] = useState<readonly Session[]>([])
  const [lines, setLines] = useState<readonly Line[]>([])
  const log = useRef<HTMLElement>(null)
  /** The answer that is waited for, for what comes later. */
  const running = useRef<Asking>()
  /** Of which conversation an answer may be drawn by now; one of another that comes late is not. */
  const place = `${agentId} ${current}`
  const shown = useRef(place)
  shown.current = place
  /** What was given up on the way, by conversation. */
  const [unsent, setUnsent] = useState<ReadonlyMap<string, Draft>>(new Map())
  const isAtEnd = useRef(true)
  const session = sessions.find(({ key }) => sessionName(key) === current)
  const isBusy = lines.some(({ isRunning }) => isRunning === true)

  const listSessions = async (): Promise<void> => {
    const all = await request<{ sessions: Session[] }>('sessions.list', { agentId })
    if (shown.current.startsWith(`${agentId} `)) setSessions(all.sessions)
  }
  /** @returns what the transcript says */
  const readHistory = async (): Promise<readonly ChatMessage[]> => {
    const history = await request<History>('chat.history', { agentId, sessionKey: current })
    const { messages } = history
    if (shown.current !== place) return messages
    const own = running.current
    if (own === undefined) setLines(linesOf(history))
    // What stands in the log already, and for certain not yet in the transcript, stays below it.
    else if (own.gateway === undefined)
      setLines((all) => [...linesOf(history), ...all.filter((line) => isOf(line, own))])
    return messages
  }
  useEffect(() => {
    running.current = undefined
    setLines([])
    // What is still on its way belongs to a conversation that is not shown.
    return () => {
      running.current = undefined
    }
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
    if (own?.gateway !== undefined && own.runId === undefined) {
      // Which run is ours is said after the first events of it may have come.
      own.early.push(event)
      return
    }
    if (own?.runId !== event.runId) {
      // Somebody else's turn in this conversation: it can be read once it is over.
      if (event.state !== 'final') return
      if (own?.gateway === undefined) void readHistory().catch(complain)
      else own.isOvertaken = true
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
    const isKept = event.state === 'final' && event.command === undefined
    const isReadAnew = own.isOvertaken && isKept
    const drawn = isReadAnew ? readHistory() : isKept && own.draft.files.length > 0 ? drawShown(own) : undefined
    void Promise.all([listSessions(), drawn]).catch(complain)
  }
  /** In the place of the names of its files. */
  const drawShown = async ({ key, at }: Asking): Promise<void> => {
    const { sessionId, messages } = await request<History>('chat.history', { agentId, sessionKey: current })
    const own = messages.findLast((one) => one.enclosures !== undefined && one.timestamp >= at - APART_MS)
    if (own === undefined || shown.current !== place) return
    setLines((all) => all.map((line) => (line.key === `${key}q` ? { ...line, ...saidIn(own, sessionId) } : line)))
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

  /** Gives it to the gateway, or asks again: under one key it begins one turn, and says how that ended. Rejects with Refused. */
  const give = async (turn: Asking): Promise<void> => {
    const attempt = ++turn.attempts
    const isAgain = turn.gateway !== undefined
    const { files } = turn.draft
    const asked = async (): Promise<Ack> => {
      if (files.length > 0 && turn.enclosures === undefined) {
        const ids = await enclose(request, `${turn.key}.${attempt}`, files)
        if (turn.attempts !== attempt) throw new Error('Another attempt goes on with it.')
        turn.enclosures = ids
      }
      const { link: now } = latest()
      if (now.kind === 'live') turn.gateway = now.gateway
      const { wish, enclosures } = turn
      return request<Ack>('chat.send', { ...wish, ...(enclosures === undefined ? {} : { enclosures }) })
    }
    const { runId, status, end } = await asked().catch((error: unknown) => {
      const code = error instanceof Refused ? error.code : ''
      // It had not come so far before the connection was lost, and its files went with that.
      if (code === 'usage' && isAgain && files.length > 0) turn.enclosures = undefined
      else if (code !== 'timeout' || turn.gateway === undefined) throw error
      return asked()
    })
    if (running.current !== turn || turn.attempts !== attempt) return
    turn.runId = runId
    if (end !== undefined) turn.early = [end]
    for (const event of turn.early.splice(0)) hear(event)
    if (status !== 'ok' || running.current !== turn) return
    // It is over so long that only the transcript knows it.
    running.current = undefined
    await readHistory()
  }
  const handBack = ({ place: whose, draft }: Asking): void => setUnsent((all) => new Map([...all, [whose, draft]]))
  const carry = async (turn: Asking): Promise<void> => {
    const attempt = turn.attempts + 1
    try {
      await give(turn)
    } catch (error) {
      // Another attempt goes on with it; or one will, when the gateway is back.
      if (turn.attempts !== attempt) return
      const isShown = running.current === turn
      if (isShown && error instanceof Refused && error.code === 'lost') return
      handBack(turn)
      if (!isShown)
        return complain(error instanceof Refused && error.code === 'lost' ? new Error(words.chat.unsent) : error)
      running.current = undefined
      const { message, remedy } = problemOf(error, words)
      const problem = { code: 'failed', message, ...(remedy === undefined ? {} : { remedy }) }
      setLines((all) => {
        // What was typed stands in the field again.
        const rest = all.filter(({ key }) => key !== `${turn.key}q`)
        return rest.map(({ isRunning, ...line }) =>
          line.key === turn.key ? { ...line, error: problem } : { ...line, ...(isRunning ? { isRunning } : {}) },
        )
      })
    }
  }
  /** What was under way when the gateway was lost goes on; one that was started since knows nothing of it. */
  const resume = async (): Promise<void> => {
    const turn = running.current
    if (link.kind === 'live' && turn !== undefined && (turn.gateway ?? link.gateway) === link.gateway) {
      turn.isBehind = turn.runId !== undefined
      if (turn.gateway === undefined) turn.enclosures = undefined
      return carry(turn)
    }
    running.current = undefined
    setLines((all) =>
      all.map(({ isRunning, ...line }) => (isRunning === true ? { ...line, end: 'lost' as const } : line)),
    )
    const messages = await readHistory()
    if (turn === undefined || wasTaken(turn, messages)) return
    handBack(turn)
    complain(new Error(words.chat.unsent))
  }

  const send = (draft: Draft): void => {
    const key = randomKey()
    const at = Date.now() + state.skewMs
    const wish = { agentId, sessionKey: current, message: draft.message, idempotencyKey: key }
    const turn: Asking = { key, place, draft, wish, at, attempts: 0, early: [], isBehind: false, isOvertaken: false }
    isAtEnd.current = true
    setLines((all) => [
      ...all,
      { key: `${key}q`, role: 'user', text: withNames(draft), at },
      { key, role: 'assistant', text: '', at, isRunning: true },
    ])
    running.current = turn
    void carry(turn)
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
          {...SCROLLS}
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
        <Composer
          key={current}
          isBusy={isBusy || !isLive}
          canStop={isBusy}
          unsent={unsent.get(place)}
          took={() => setUnsent((all) => new Map([...all].filter(([whose]) => whose !== place)))}
          send={send}
          stop={stop}
        />
      </section>
    </div>
  )
}
