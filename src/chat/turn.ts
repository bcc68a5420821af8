// One turn of a conversation: the session's model and pin, then a streamed call through whatever account can serve.
import type { Auth } from '../auth/auth.ts'
import { call } from '../auth/call.ts'
import type { Sent, VendorCall } from '../auth/vendor-call.ts'
import { type Retention, retentionFor, takesCacheKey } from '../core/cache.ts'
import { cacheSettingsOf, modelRefIn } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import type { CallFace } from '../core/ledger.ts'
import type { PinWish } from '../core/pick.ts'
import type { ChatEvent, ChatMessage } from '../core/protocol.ts'
import { askerIn } from '../core/reserve.ts'
import { begin } from '../core/session.ts'
import type { Transport } from '../system/send.ts'
import { Answer, type Put } from './answer.ts'
import { summaryOf } from './compaction.ts'
import { fetchOffers, type Offer, refuseUntaken, shownAgain, takenOf, wordsWith } from './enclosed.ts'
import { answerTo } from './ending.ts'
import { dialectOf, fullKey, type Plan, planTurn } from './plan.ts'
import { newerHalf, turnRequest, type Wishes } from './request.ts'

export type TurnInput = {
  agentId: string
  /** `agent:<id>:<name>`, or the name alone. */
  sessionKey: string
  message: string
  /** What is shown with the message; it is kept with the transcript. */
  enclosures?: readonly Offer[]
  /** What the answer is to be like. */
  wishes?: Wishes
  /** For this turn only; absent: the session's, else the agent's default. */
  model?: string
  /** For this turn only; absent: the session's. */
  pin?: PinWish
  /** A resend with the key of the turn that is running gets that turn. */
  idempotencyKey?: string
  /** The person sits at another machine (D13). */
  beyondLoopback?: boolean
  /** The message is the wish for a summary, and the answer takes the place of what was said. */
  compacts?: true
  /** Hears who answers, before the first word of the answer. */
  served?: (by: { profile: string; model: string; attempts: number }) => void
  /** By which way the turn came in, for the ledger; absent: one of a chat, or by its session one of a schedule. */
  face?: CallFace
  /** The trace of whoever asks, as W3C writes it: the spans of the call are a part of it. */
  traceParent?: string
}

export type Turn = {
  runId: string
  /** The full key. */
  sessionKey: string
  /** Ends the turn; what was said so far is kept, marked as stopped. */
  abort(): void
  /** The last event: final, error or aborted. Never rejects. */
  done: Promise<ChatEvent>
  /** Nobody was asked: the message was this command. */
  command?: string
}

type Running = { idempotencyKey: string | undefined; turn: Promise<Turn> }

/** Turns under way by session key. Two processes may talk in one session: each message is one line, counts are added under the lock. */
const running = new WeakMap<Auth, Map<string, Running>>()

/**
 * Starts a turn. The listener hears of it after the promise has resolved, and last of all what `done` resolves with.
 * @throws AuthError busy (another turn of this session is under way), usage (nothing said), unknown_agent, unknown_session, unknown_model,
 * unknown_provider, wrong_dialect, and what the store throws; then nothing was asked of anyone
 */
export function startTurn(
  auth: Auth,
  transport: Transport,
  input: TurnInput,
  listener: (event: ChatEvent) => void,
): Promise<Turn> {
  const turns = running.get(auth) ?? new Map<string, Running>()
  running.set(auth, turns)
  const { idempotencyKey } = input
  let key: string
  try {
    key = fullKey(input.agentId, input.sessionKey)
    const other = turns.get(key)
    if (other !== undefined) {
      if (idempotencyKey !== undefined && other.idempotencyKey === idempotencyKey) return other.turn
      throw busy(key)
    }
    if (input.message.trim() === '' && input.enclosures === undefined) {
      throw new AuthError('usage', 'A turn needs a message.', { remedy: 'openclaw agent --message "hi"' })
    }
  } catch (error) {
    return Promise.reject(error)
  }
  const turn = prepare(auth, transport, { ...input, sessionKey: key }, listener)
  turns.set(key, { idempotencyKey, turn })
  const free = (): void => {
    turns.delete(key)
  }
  turn.then(({ done }) => done.then(free), free)
  return turn
}

/** The turn of the session that is under way in this process. @param key the full key */
export function runningTurn(auth: Auth, key: string): Promise<Turn> | undefined {
  return running.get(auth)?.get(key)?.turn
}

function busy(key: string): AuthError {
  return new AuthError('busy', `Session ${key} is still answering; one turn at a time.`, {
    remedy: `openclaw gateway call chat.abort --params '{"sessionKey":"${key}"}'`,
  })
}

async function prepare(
  auth: Auth,
  transport: Transport,
  input: TurnInput,
  listener: (event: ChatEvent) => void,
): Promise<Turn> {
  const { system } = auth.home
  const view = await auth.view(input.agentId)
  const { sessions } = view.store
  const facts = view.facts()
  const wished = input.model === undefined ? {} : { ref: modelRefIn(facts.config, input.agentId, input.model) }
  const entry = await sessions.get(input.sessionKey)
  const plan = planTurn(facts, entry, { ...wished, ...(input.pin === undefined ? {} : { pin: input.pin }) })
  // What the model cannot be told is said before anybody is asked.
  input.wishes?.fields?.(dialectOf(view, plan.ref), plan.ref)
  const shown = await fetchOffers(view, plan.ref, input.enclosures ?? [])
  const message = wordsWith(input.message, shown)
  const session =
    entry ??
    (await sessions.put(input.sessionKey, (now) => now ?? begin(input.sessionKey, system.uuid(), system.now())))
  const history = await sessions.history(session.id)
  // Places are kept for people who talk, and a program is none.
  const asker = input.face === 'api' ? 'program' : askerIn(session.key)
  let before = await shownAgain(view, session, history)
  /** As much of it as is to be sent. */
  let told: readonly ChatMessage[] = history
  const put = (to: Plan): Put => {
    const dialect = dialectOf(view, to.ref)
    const { provider, model } = to.ref
    const { asked, api } = cacheSettingsOf(view.facts().config, to.ref)
    refuseUntaken(view, to.ref, shown)
    const shownBefore = takenOf(view, to.ref, before)
    const wishes = input.wishes ?? {}
    wishes.fields?.(dialect, to.ref)
    const key = takesCacheKey(provider, asked) ? { key: session.id } : {}
    const made = new Map<Retention, Sent>()
    const sentWith = (retention: Retention): Sent => {
      const known = made.get(retention)
      if (known !== undefined) return known
      const caching = { retention, ...key }
      const question = { history: told, shownBefore, message, shown, wishes }
      const { body, headers } = turnRequest(dialect, to.ref, question, caching)
      const sent = { body: [body], bodyBytes: body.byteLength, headers }
      made.set(retention, sent)
      return sent
    }
    const request: VendorCall = {
      provider,
      model,
      endpoint: dialect,
      method: 'POST',
      bodyBytes: 0,
      headers: [],
      sentBy: ({ candidate: { kind } }) => sentWith(retentionFor(asked, { provider, kind, api }).retention),
      streaming: true,
      from: {
        face: input.face ?? (asker === 'chat' ? 'chat' : 'cron'),
        session: input.sessionKey,
        ...(input.traceParent === undefined ? {} : { traceParent: input.traceParent }),
      },
      for: asker,
      ...(to.pin === undefined ? {} : { pin: to.pin }),
      ...(input.beyondLoopback === true ? { beyondLoopback: true } : {}),
    }
    return { plan: to, dialect, call: request }
  }
  // A pin is one provider's.
  const wishAt = (provider: string): { pin?: PinWish } =>
    input.pin === undefined || provider !== plan.ref.provider ? {} : { pin: input.pin }
  const shorter = (to: Plan): Put | undefined => {
    const less = newerHalf(told)
    if (less === undefined) return undefined
    told = less
    return put(to)
  }
  /** Without what was shown before: a model that nobody knows may take none of it, and its words still stand there. */
  const plainer = (to: Plan): Put | undefined => {
    if (before.size === 0) return undefined
    before = new Map()
    return put(to)
  }
  const runId = system.uuid()
  const saidAt = system.now()
  const answer = new Answer({
    view,
    first: put(plan),
    putTo: (ref) => put(planTurn(view.facts(), entry, { ref, ...wishAt(ref.provider) })),
    session,
    history,
    ...(input.compacts === true
      ? { ending: summaryOf(view, session, history, () => told), shorter }
      : { ending: answerTo(view, session, history, { text: message, shown, at: saidAt }) }),
    plainer,
    ...(input.served === undefined ? {} : { served: input.served }),
    runId,
    listener,
  })
  const start = (request: VendorCall): { abort(): void } => call(view, transport, request, answer)
  // Whoever started the turn has its id before the first event.
  void system.sleep(0).then(() => answer.run(start))
  return { runId, sessionKey: session.key, abort: () => answer.abort(), done: answer.done }
}
