// Why a turn failed, in words a person can act on: which account, what it met, and the command that helps.
import type { Access } from '../auth/acquire.ts'
import type { View } from '../auth/auth.ts'
import { agentFlag } from '../auth/own-store.ts'
import type { Refused } from '../auth/vendor-call.ts'
import { AuthError } from '../core/errors.ts'
import type { Failure } from '../core/failure.ts'
import { formatRef } from '../core/model-ref.ts'
import type { Session } from '../core/session.ts'
import type { Plan } from './plan.ts'

function where(view: View): string {
  return `(agent ${view.agentId}, ${view.store.profiles.where()})`
}

function explain(view: View, session: Session, access: Access): string {
  return `openclaw models explain ${access.candidate.provider}${agentFlag(view, view.agentId)} --session ${session.key}`
}

/** No account could serve. A person's pin is kept whatever happens, so the message names it. */
export function refusedByAll(plan: Plan, session: Session, { error }: Refused): AuthError {
  if (plan.pin?.by !== 'user') return error
  return new AuthError(
    error.code,
    `Session ${session.key} is pinned to ${plan.pin.id}, and no other account of ${plan.ref.provider} is tried. ${error.message}`,
    {
      cause: error,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
      ...(error.until === undefined ? {} : { until: error.until }),
    },
  )
}

/**
 * The vendor refused what was asked; any other account would have been told the same.
 * @param tooLong the command that helps when the conversation has outgrown the model; undefined: the message alone has
 */
export function refusedRequest(
  view: View,
  plan: Plan,
  session: Session,
  access: Access,
  failure: Failure,
  tooLong: string | undefined,
): AuthError {
  const met = `${access.provider.label} refused the request, asked by ${access.candidate.id}: ${failure.detail}`
  if (failure.class === 'model_not_found') {
    return new AuthError('unknown_model', `${met}. The model asked for was ${formatRef(plan.ref)} ${where(view)}.`, {
      remedy: `openclaw models list --provider ${plan.ref.provider}${agentFlag(view, view.agentId)}`,
    })
  }
  if (failure.class === 'context_overflow') {
    const what = tooLong === undefined ? 'What was said is' : 'The conversation has grown'
    const models = `openclaw models list --provider ${plan.ref.provider}${agentFlag(view, view.agentId)}`
    return new AuthError('upstream', `${met}. ${what} too long for the model ${where(view)}.`, {
      remedy: tooLong ?? models,
    })
  }
  return new AuthError('upstream', `${met}. No account is to blame ${where(view)}.`, {
    remedy: explain(view, session, access),
  })
}

/** The vendor reported an error in the midst of its answer. */
export function errorInStream(view: View, session: Session, access: Access, failure: Failure): AuthError {
  return cut(view, session, access, failure.detail)
}

/** The connection ended before the answer did. */
export function brokenOff(view: View, session: Session, access: Access, failure: Failure): AuthError {
  return cut(view, session, access, failure.detail)
}

/** The stream ended properly, but the vendor never said that the answer was over. */
export function noEnd(view: View, session: Session, access: Access): AuthError {
  return cut(view, session, access, 'the stream ended without its closing event')
}

/** The vendor went on without a word of an answer, and was stopped. */
export function endless(view: View, session: Session, access: Access): AuthError {
  return cut(view, session, access, 'it had no end')
}

function cut(view: View, session: Session, access: Access, what: string): AuthError {
  return new AuthError(
    'upstream',
    `The answer of ${access.candidate.id} broke off: ${what}. Once an answer has begun no other account is tried; nothing of it was kept ${where(view)}.`,
    { remedy: explain(view, session, access) },
  )
}
