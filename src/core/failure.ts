// What can go wrong with a call: a class, what it is the fault of, and what follows from it.

export type FailureClass =
  | 'format' // the request is malformed
  | 'context_overflow'
  | 'policy' // the vendor will not serve what was asked
  | 'auth' // refused credential
  | 'auth_permanent' // refused for good: revoked, wrong route, policy
  | 'permission' // this credential may not use this model
  | 'rate_limit'
  | 'quota' // a window of usage is used up: hours or days, not a minute
  | 'billing'
  | 'overloaded'
  | 'server'
  | 'timeout'
  | 'network'
  | 'model_not_found'
  | 'cancelled' // the caller went away
  | 'unknown'

/** Who is to blame. What the request is to blame for leaves no mark; a `model` rests alone, and its profile serves other models. */
export type FailureScope = 'request' | 'model' | 'account' | 'vendor' | 'network'

export type Failure = {
  class: FailureClass
  scope: FailureScope
  /** HTTP status, when there was an answer. */
  status?: number
  /** The vendor's own stable code or type. */
  code?: string
  /** When the vendor says it will be over, ms epoch. */
  retryAt?: number
  /**
   * What the account does not have of what the request brings back: a `thought` of a model that it cannot open, without which the request may be served; or a
   * `thing` that does not lie there, or not any more, such as a file. The account is no worse for it.
   */
  lacks?: 'thought' | 'thing'
  /** Only a credential of this other kind helps: the vendor takes the one it was shown in its own tool alone. */
  instead?: 'api_key'
  /** The command that helps, where it is not the vendor who refused. */
  remedy?: string
  /** One safe line for people: no secret, no control characters. */
  detail: string
}

const STOPS: ReadonlySet<FailureClass> = new Set([
  'format',
  'context_overflow',
  'policy',
  'model_not_found',
  'cancelled',
  'unknown',
])

/** Whether the next profile is worth a try. A fault of the request would only fail again. */
export function isWorthNextProfile(failure: Pick<Failure, 'class'>): boolean {
  return !STOPS.has(failure.class)
}

/** Statuses that speak of the account, whatever words come with them: the next profile is worth a try before anybody has read the body. */
export function isAboutAccount(status: number): boolean {
  return status === 402 || status === 429
}

/** Whether the failure rests the profile it met, or, of scope `model`, that model of it. A fault of the request or the caller does not. */
export function marksHealth(failure: Failure): boolean {
  if (failure.scope === 'model') return isWorthNextProfile(failure)
  return failure.scope !== 'request' && failure.class !== 'unknown'
}

const TROUBLES: ReadonlySet<FailureClass> = new Set(['overloaded', 'server', 'timeout', 'network'])

/** Whether it may be the trouble of everybody who asks: it rests a profile only when another one, or another model, then serves. */
export function isUndecided({ class: what, scope }: Failure): boolean {
  return scope === 'vendor' || scope === 'network' || (scope === 'model' && TROUBLES.has(what))
}

/** Whether it may be what was asked that is refused, such as by a filter before the vendor, and not who asked: other credentials tell. */
export function mayBeOfRequest({ class: what, scope }: Failure): boolean {
  return what === 'permission' && scope === 'account'
}

/**
 * Whether two answers of a vendor are one trouble: it broke over the request, in the same way. Where it had no room, or nobody answered, the
 * next credential may fare better.
 */
export function isSameTrouble(a: Failure, b: Failure): boolean {
  return a.class === 'server' && b.class === 'server' && a.status === b.status && a.code === b.code
}
