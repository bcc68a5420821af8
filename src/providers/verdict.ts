// What a refused answer means, all of it considered: the vendor's own verdict, and where that has no end, the windows that its headers say are
// used up.
import type { Failure } from '../core/failure.ts'
import { readWindows } from '../core/usage.ts'
import type { RawHeaders } from '../system/send.ts'
import { headerOf, pairsOf } from './headers.ts'
import type { Provider } from './provider.ts'

export type RefusedAnswer = {
  status: number
  headers: RawHeaders
  body: string
  /** ms epoch */
  now: number
}

/** The failure behind a refused answer. Pure. */
export function verdictOf(
  provider: Pick<Provider, 'classify' | 'usageHeaders'>,
  { status, headers, body, now }: RefusedAnswer,
): Failure {
  const failure = provider.classify({ status, header: (name) => headerOf(headers, name), body, now })
  const isLimit = failure.class === 'rate_limit' || failure.class === 'quota'
  if (!isLimit || failure.retryAt !== undefined || provider.usageHeaders === undefined) return failure
  // All that is used up must begin anew.
  const ends = readWindows(provider.usageHeaders, pairsOf(headers), now).flatMap(({ used, resetAt }) =>
    used >= 1 && resetAt !== undefined && resetAt > now ? [resetAt] : [],
  )
  return ends.length === 0 ? failure : { ...failure, retryAt: Math.max(...ends) }
}
