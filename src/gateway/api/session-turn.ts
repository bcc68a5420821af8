// `openclaw:<agent>` with a session: the call is one turn of it, as if it had been said in the agent's chat. It is kept there, and everybody who
// follows the session sees it. No word of it is a command.
import type { View } from '../../auth/auth.ts'
import { priceOf } from '../../auth/metered.ts'
import { fullKey, planTurn } from '../../chat/plan.ts'
import type { Wishes } from '../../chat/request.ts'
import { runningTurn } from '../../chat/turn.ts'
import { AuthError } from '../../core/errors.ts'
import { formatRef } from '../../core/model-ref.ts'
import type { Dialect } from '../../dialects/neutral.ts'
import { Unsayable } from '../../dialects/unsayable.ts'
import type { Endpoint } from '../../providers/provider.ts'
import type { Refusal } from '../guard.ts'
import type { House, Visit } from '../house.ts'
import { refusalOf, refuse } from '../reply.ts'
import { turnsOf } from '../turns.ts'
import type { Dialects } from './interpreter.ts'
import { profileWish } from './profile-wish.ts'
import {
  bringsTools,
  type Fields,
  readQuestion,
  type SessionName,
  type SessionQuestion,
  sessionNamed,
  wishedFields,
} from './session-question.ts'
import type { Asked } from './splice.ts'
import { statusOf, TurnSink } from './turn-sink.ts'

/**
 * Does the turn, when the request names a session.
 * @param agentId as the request names it; undefined for the one that is meant when none is named
 * @returns false where it names none, or brings tools of its own under a name that programs send by habit: the request is the conversation then
 */
export function sessionTurn(visit: Visit, endpoint: Endpoint, asked: Asked, agentId: string | undefined): boolean {
  const { house, head, route, response } = visit
  const body = bodyOf(asked)
  const session = body === undefined ? undefined : sessionNamed(endpoint, head.sessionKey, body)
  if (body === undefined || session === undefined) return false
  const hasTools = bringsTools(endpoint, body)
  if (hasTools && !session.isNamed) return false
  const sayNo = (refusal: Refusal): void => refuse(response, route.dialect, refusal, { id: house.system.uuid() })
  if (hasTools) {
    const message =
      'tools: nobody runs tools in the sessions of an agent. Without x-openclaw-session-key the request itself is the conversation, and its tools are the client\u2019s.'
    sayNo({ status: 400, code: 'cannot_translate', param: 'tools', message })
    return true
  }
  begin(visit, endpoint, asked, { body, session, agentId }).catch((error: unknown) => {
    if (response.headersSent) response.destroy()
    else sayNo(refusalFor(house, error))
  })
  return true
}

function bodyOf({ pieces }: Asked): Fields | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces)))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
  } catch {
    return undefined
  }
}

type Meant = { body: Fields; session: SessionName; agentId: string | undefined }

async function begin(visit: Visit, endpoint: Endpoint, asked: Asked, { body, session, agentId }: Meant): Promise<void> {
  const { house, head, response } = visit
  const { auth } = house
  house.dialects ??= await import('../../dialects/dialects.ts')
  const client = house.dialects.dialectOf(endpoint)
  if (client === undefined) throw new Unsayable('', 'this dialect is not translated')
  const view = await auth.view(auth.home.pickAgent(agentId))
  const key = fullKey(view.agentId, session.name)
  // How it is answered, the way says where the body does not.
  const question = readQuestion(client, {
    ...body,
    ...(endpoint === 'generate_content' ? {} : { stream: asked.streaming }),
  })
  const { ref } = planTurn(view.facts(), await view.store.sessions.get(key))
  const pin = head.profile === undefined ? undefined : profileWish(view, ref.provider, head.profile)
  if (response.destroyed) return
  const turns = turnsOf(house)
  const sink = new TurnSink(visit, client, {
    key,
    model: asked.model,
    planned: formatRef(ref),
    isStreaming: asked.streaming,
    asking: question.asking,
  })
  let runId: string | undefined
  let isGone = false
  visit.whenClosed.push(() => {
    isGone = true
    sink.gone()
    if (runId !== undefined) turns.abort(key, runId)
  })
  try {
    const ack = await turns.send(
      {
        agentId: view.agentId,
        sessionKey: key,
        message: question.message,
        ...(question.offers.length === 0 ? {} : { enclosures: question.offers }),
        wishes: wishesOf(view, house.dialects, client, question),
        served: (by) => sink.served(by),
        idempotencyKey: house.system.uuid(),
        rights: NONE,
        face: 'api',
        ...(pin === undefined ? {} : { pin }),
        ...(head.beyondLoopback ? { beyondLoopback: true } : {}),
        ...(head.traceParent === undefined ? {} : { traceParent: head.traceParent }),
      },
      { hear: (event) => sink.hear(event) },
    )
    runId = ack.runId
    sink.begun(runId)
    if (isGone) turns.abort(key, runId)
  } catch (error) {
    sink.refused(refusalFor(house, error, key))
  }
}

const NONE: ReadonlySet<never> = new Set()

function wishesOf(view: View, dialects: Dialects, client: Dialect, { instructions, asking }: SessionQuestion): Wishes {
  return {
    ...(instructions === undefined ? {} : { instructions }),
    fields: (name, to) => {
      const into = dialects.dialectOf(name)
      if (into === undefined) return {}
      try {
        return wishedFields(client, into, asking, { ...to, maxOutput: priceOf(view, to.provider, to.model)?.maxOutput })
      } catch (error) {
        if (!(error instanceof Unsayable)) throw error
        throw new AuthError('wrong_dialect', textOf(error), { cause: error })
      }
    },
  }
}

/** Why no turn was begun. @param key of the session, once it is known */
function refusalFor(house: House, error: unknown, key?: string): Refusal {
  const unsaid = error instanceof AuthError ? error.cause : error
  if (unsaid instanceof Unsayable) {
    const param = unsaid.path === '' ? {} : { param: unsaid.path }
    return { status: 400, code: 'cannot_translate', message: textOf(unsaid), ...param }
  }
  if (!(error instanceof AuthError)) {
    const why = error instanceof Error ? error.message : 'unknown'
    house.system.log.error('a turn failed inside the gateway', { why })
    return { status: 500, code: 'internal', message: 'The gateway failed inside; its log says more.' }
  }
  // Another turn of the session, or too much of everything.
  const isOwn = key !== undefined && runningTurn(house.auth, key) !== undefined
  const status = error.code === 'busy' && !isOwn ? 503 : statusOf(error.code)
  return refusalOf(error, status, house.system.now())
}

function textOf({ path, why }: Unsayable): string {
  return `${path === '' ? '' : `${path}: `}${why}.`
}
