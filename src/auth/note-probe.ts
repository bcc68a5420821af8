// A live probe as a line of the ledger: it is billed like any other call, so that what accounts were asked is told whole.
import type { Failure } from '../core/failure.ts'
import { formatRef } from '../core/model-ref.ts'
import type { Candidate } from '../core/order.ts'
import { costOf } from '../core/price.ts'
import { printable } from '../core/profile.ts'
import type { Endpoint } from '../providers/provider.ts'
import type { View } from './auth.ts'
import { callId, costIn, LONGEST_NAME } from './call-record.ts'
import { isMetered, priceOf } from './metered.ts'

export type Probed = {
  provider: string
  model: string
  endpoint: Endpoint
  candidate: Candidate
  /** Where it was sent. */
  origin: string
  /** When it was sent, ms epoch. */
  at: number
  /** Until the whole answer was there. */
  ms: number
  /** HTTP status; absent: no answer came. */
  status?: number
  /** Of an answer that is one. */
  body?: string
  /** Why it is none. */
  failure?: Failure
}

/** Notes the probe of a model with its agent; waits for nothing. What asks a vendor's free endpoint is no call, and not noted. */
export function noteProbe(view: View, probed: Probed): void {
  const { provider, model, endpoint, candidate, at, ms, status, body, failure } = probed
  const reader = view.registry.find(provider, view.facts().config.providers.get(provider))?.readUsage(endpoint, false)
  view.store.ledger.record(
    () => {
      if (body !== undefined) reader?.push(Buffer.from(body))
      const usage = body === undefined ? undefined : reader?.usage()
      const isTold = usage !== undefined && usage.input + usage.output + usage.cacheRead + usage.cacheWrite > 0
      const price = isTold && isMetered(view, { candidate }) ? priceOf(view, provider, model) : undefined
      return {
        ...{
          at,
          call: callId(view.home.system),
          attempt: 1,
          agent: view.agentId,
          face: 'probe',
          endpoint,
          session: '',
        },
        model: printable(formatRef({ provider, model }), LONGEST_NAME),
        profile: printable(candidate.id, LONGEST_NAME),
        outcome: failure === undefined ? 'served' : 'refused',
        ...(failure === undefined ? {} : { class: failure.class }),
        ...(status === undefined ? {} : { status }),
        ms: Math.round(ms),
        ...(isTold ? { tokens: usage } : {}),
        ...(isTold && price !== undefined ? { cost: costIn(costOf(price, usage)) } : {}),
      }
    },
    { origin: probed.origin },
  )
}
