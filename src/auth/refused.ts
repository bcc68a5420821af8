// What the client of a call hears when nobody serves it: the status, and what each profile met.
import { AuthError } from '../core/errors.ts'
import type { Failure } from '../core/failure.ts'
import { replacing } from '../core/needs.ts'
import { formatUntil } from '../core/order.ts'
import type { Access } from './acquire.ts'
import type { View } from './auth.ts'
import { agentFlag } from './own-store.ts'
import { EXPLAIN, pasteCommand } from './refuse.ts'
import { SpendRefusal } from './spend-refusal.ts'
import type { Refused } from './vendor-call.ts'

/** The vendor itself says that it has no such model, or not for this account, or breaks over the request whoever sends it. */
export function notServed(view: View, { attempts, traceId }: Asked, access: Access, failure: Failure): Refused {
  return {
    // Within a good answer no status tells.
    status: failure.status === undefined || failure.status < 300 ? 404 : failure.status,
    error: notServedError(view, access, failure),
    attempts,
    ...(traceId === undefined ? {} : { traceId }),
    failure,
    by: access.candidate.id,
  }
}

function notServedError(view: View, { candidate, provider }: Access, failure: Failure): AuthError {
  const { class: what, detail } = failure
  const where = `agent ${view.agentId}, asked by ${candidate.id}`
  if (failure.lacks !== undefined) {
    return new AuthError(
      'upstream',
      `${provider.label} cannot open what the request brings back: ${detail} (${where}).`,
    )
  }
  if (what === 'server') {
    return new AuthError(
      'upstream',
      `${provider.label} breaks over this request, whichever account sends it: ${detail} (${where}).`,
      { remedy: `${EXPLAIN}${candidate.provider}${agentFlag(view, view.agentId)}` },
    )
  }
  return new AuthError('unknown_model', `${provider.label} does not serve the model: ${detail} (${where}).`, {
    remedy: `openclaw models list --provider ${candidate.provider}`,
  })
}

/** The command that gives a refused profile another credential; undefined where something else was refused as well, or nothing is stored. */
function renewal(
  view: View,
  provider: string,
  failures: readonly { id: string; failure: Failure }[],
): string | undefined {
  const other = failures.find(({ failure }) => failure.instead === 'api_key')
  if (other !== undefined) return pasteCommand(view, provider)
  const [first] = failures
  if (first === undefined || failures.some(({ failure }) => failure.class !== 'auth')) return undefined
  const candidate = view
    .facts()
    .providers.get(provider)
    ?.candidates.find(({ id }) => id === first.id)
  if (candidate?.source.kind !== 'profile' || candidate.kind === 'oauth') return undefined
  const profile = { profileId: first.id, provider, type: candidate.kind }
  return replacing(profile, agentFlag(view, view.store.owner))
}

/**
 * Every profile that could be tried was; says what each one met.
 * @param error why no further one can be taken
 */
function exhausted(
  view: View,
  provider: string,
  error: AuthError,
  failures: readonly { id: string; failure: Failure }[],
): AuthError {
  const met = failures.map(({ id, failure }) => `${id}: ${failure.detail.replace(/\.$/, '')}`).join('; ')
  const { until, remedy } = error
  if (error.code === 'bound_to_account') return error
  const fence = error instanceof SpendRefusal ? ` ${error.fence}` : ''
  const asIs = fence !== '' || remedy?.startsWith(EXPLAIN) === true ? remedy : undefined
  const instead = failures.some(({ failure }) => failure.instead === 'api_key')
    ? ' Use an API key instead: this vendor takes such a token in its own tool only.'
    : ''
  const spent = failures.find(({ failure }) => failure.remedy !== undefined)?.failure
  const back = until === undefined ? '' : ` The first is back ${formatUntil(until, view.home.system.now())}.`
  return new AuthError(
    until !== undefined ? 'no_available_profile' : spent === undefined ? 'upstream' : 'spend_not_allowed',
    `No profile of ${provider} could serve this call. ${met}.${instead}${back}${fence} (agent ${view.agentId}, ${view.store.profiles.where()})`,
    {
      remedy:
        renewal(view, provider, failures) ??
        spent?.remedy ??
        asIs ??
        `${EXPLAIN}${provider}${agentFlag(view, view.agentId)}`,
      ...(until === undefined ? {} : { until }),
      cause: error,
    },
  )
}

/** A call so far. */
type Asked = { provider: string; attempts: number; traceId: string | undefined }

/** Nobody is left to ask. @param failures of those who were asked */
export function refusedBy(
  view: View,
  { provider, attempts, traceId }: Asked,
  error: AuthError,
  failures: readonly { id: string; failure: Failure }[],
): Refused {
  const last = failures.at(-1)?.failure
  return {
    status: statusFor(error, last),
    error: last === undefined ? error : exhausted(view, provider, error, failures),
    attempts,
    ...(traceId === undefined ? {} : { traceId }),
    ...(last === undefined ? {} : { failure: last }),
  }
}

/** A mistake of ours ended the call. */
export function brokenInside(view: View, { provider, attempts, traceId }: Asked, error: unknown): Refused {
  const why = error instanceof Error ? error.message : 'unknown'
  view.home.system.log.error('a call failed inside', { agent: view.agentId, provider, why })
  return {
    status: 500,
    error: new AuthError('upstream', `The call to ${provider} failed inside the gateway (agent ${view.agentId}).`, {
      remedy: 'openclaw logs',
      cause: error,
    }),
    attempts,
    ...(traceId === undefined ? {} : { traceId }),
  }
}

/** What the client sees when nobody could serve: the last refusal's own status where there was one. */
function statusFor(error: AuthError, failure: Failure | undefined): number {
  if (failure !== undefined) {
    switch (failure.class) {
      case 'rate_limit':
      case 'quota':
        return 429
      case 'billing':
        return 402
      case 'auth':
      case 'auth_permanent':
        return 401
      case 'permission':
        return 403
      case 'timeout':
        return 504
      case 'overloaded':
        return 529
      case 'network':
      case 'server':
        return 502
      default:
        return failure.status ?? 502
    }
  }
  switch (error.code) {
    case 'no_available_profile':
      return 429
    case 'bound_to_account':
      return error.until === undefined ? 409 : 429
    case 'spend_not_allowed':
      return 402
    case 'no_credential':
    case 'no_credential_for_profile':
    case 'login_required':
      return 401
    case 'unknown_provider':
    case 'unknown_model':
      return 404
    case 'wrong_dialect':
      return 400
    default:
      return 500
  }
}
