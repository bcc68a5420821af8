// One turn through the running gateway. When the connection is lost in the midst of it, it is opened again: the answer goes on in the gateway
// meanwhile, and what was missed of it is told at its end.
import type { Auth } from '../auth/auth.ts'
import type { AgentTurn, ShownFile, TurnRequest } from '../core/agent-turn.ts'
import { AuthError } from '../core/errors.ts'
import type { ChatEvent } from '../core/protocol.ts'
import { connectOwn } from './ask.ts'
import { type Following, followTurn, stopOn, stopped } from './follow-turn.ts'
import type { Link } from './link.ts'

const PATIENCE_MS = 3000
/** How long a lost gateway is looked for, and how often. */
const RESUME_MS = 30_000
const PAUSE_MS = 200
/** Of a picture or a file, in one frame. */
const PIECE_BYTES = 240 * 1024

/** What W3C writes is shorter by far; whatever else stands there is no trace. */
const LONGEST_TRACE = 128

/** What was told of the answer so far; of one that is met in its midst, nothing more is told before its end. */
type Told = { text: string; isBehind: boolean }

type Talk = {
  link: Link
  turn: Following
  isLost(): boolean
  /** Of the gateway: another one knows nothing of our turn. */
  pid: unknown
}

/**
 * Connects to the gateway of this home.
 * @param key of the session, in full
 * @returns does the turn; throws AuthError when no answer came
 * @throws AuthError gateway_unreachable, gateway_refused; then nobody was asked
 */
export async function turnThrough(auth: Auth, key: string, options: TurnRequest): Promise<() => Promise<AgentTurn>> {
  const told: Told = { text: '', isBehind: false }
  const first = await openTalk(auth, key, options, told)
  // As OpenTelemetry hands the trace of a program to those it starts.
  const { TRACEPARENT: traceparent = '' } = auth.home.system.env
  // The gateway begins the turn of one key once, however often it is asked.
  const params = {
    agentId: options.agentId,
    sessionKey: key,
    message: options.message,
    face: options.face,
    idempotencyKey: auth.home.system.uuid(),
    ...(options.model === undefined ? {} : { model: options.model }),
    ...(traceparent === '' || traceparent.length > LONGEST_TRACE ? {} : { traceparent }),
  }
  return async () => {
    let talk = first
    try {
      if (options.signal?.aborted === true) throw stopped()
      for (;;) {
        try {
          const turn = await overLink(talk, params, options)
          const { text } = turn
          if (told.isBehind && text.startsWith(told.text)) options.onText?.(text.slice(told.text.length))
          return turn
        } catch (error) {
          if (!talk.isLost()) throw error
          options.onNote?.('The connection to the gateway was lost; looking for it again.')
          talk = await findAgain(auth, key, options, told, talk)
          told.isBehind = true
        }
      }
    } finally {
      talk.link.close()
    }
  }
}

async function openTalk(auth: Auth, key: string, options: TurnRequest, told: Told): Promise<Talk> {
  const onText = (text: string): void => {
    if (told.isBehind) return
    told.text += text
    options.onText?.(text)
  }
  const turn = followTurn(key, { ...options, onText }, 'gateway')
  let isLost = false
  const { link, said } = await connectOwn(auth, {
    ...(options.port === undefined ? {} : { port: options.port }),
    patienceMs: PATIENCE_MS,
    onEvent: (event, payload) => {
      if (event === 'chat') turn.hear(payload as ChatEvent)
    },
    onLost: (error) => {
      isLost = true
      turn.fail(error)
    },
  })
  return { link, turn, isLost: () => isLost, pid: said.pid }
}

type Params = Readonly<Record<string, unknown>> & { sessionKey: string }
type Ack = { runId: string; status: string; end?: ChatEvent }

async function overLink(
  { link, turn }: Talk,
  params: Params,
  { signal, enclosures = [] }: TurnRequest,
): Promise<AgentTurn> {
  const { sessionKey } = params
  const ids = await enclose(link, enclosures)
  const shown = ids.length === 0 ? {} : { enclosures: ids }
  const { runId, status, end } = (await link.request('chat.send', { ...params, ...shown })) as Ack
  if (status === 'ok' && end === undefined) throw unheard(sessionKey)
  turn.follow(runId)
  // It ended while nobody was listening.
  if (end !== undefined) turn.hear(end)
  const forget = stopOn(signal, () => {
    link.request('chat.abort', { sessionKey, runId }).catch(turn.fail)
  })
  return turn.end.finally(forget)
}

/** What is shown goes before the message, piece by piece. @returns its ids */
async function enclose(link: Link, files: readonly ShownFile[]): Promise<string[]> {
  for (const [at, { bytes, mediaType, name }] of files.entries()) {
    for (let from = 0; from < bytes.byteLength; from += PIECE_BYTES) {
      const data = bytes.subarray(from, from + PIECE_BYTES).toString('base64')
      await link.request('chat.enclose', { id: String(at), message: 'one', mediaType, name, data })
    }
  }
  return files.map((_, at) => String(at))
}

function unheard(sessionKey: string): AuthError {
  return new AuthError('upstream', `The turn in ${sessionKey} ended while the connection was lost; how is not known.`, {
    remedy: `openclaw sessions show ${sessionKey}`,
  })
}

/** @throws AuthError gateway_unreachable, when it does not come back in time or came back as another one; interrupted */
async function findAgain(auth: Auth, key: string, options: TurnRequest, told: Told, lost: Talk): Promise<Talk> {
  const { system } = auth.home
  const end = system.monotonic() + RESUME_MS
  for (;;) {
    await system.sleep(PAUSE_MS)
    if (options.signal?.aborted === true) {
      throw new AuthError('interrupted', 'The turn was stopped here; the gateway may still be answering.')
    }
    let talk: Talk
    try {
      talk = await openTalk(auth, key, options, told)
    } catch (error) {
      const isAway = error instanceof AuthError && error.code === 'gateway_unreachable'
      if (isAway && system.monotonic() < end) continue
      throw error
    }
    if (talk.pid === lost.pid) return talk
    talk.link.close()
    throw new AuthError(
      'gateway_unreachable',
      `The gateway was started anew in the midst of the answer; nothing of it was kept in ${key}. Say it again.`,
      { remedy: 'openclaw gateway status' },
    )
  }
}
