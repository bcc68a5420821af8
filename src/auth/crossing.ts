// Calls that cross from a subscription to what is billed by use (`auth.spend`): where a later model of the chain comes from, and what the log
// and those who ask are told.
import { type Crossing, crossingText, isFlatRateServed } from '../core/fence.ts'
import type { PickQuery } from '../core/pick.ts'
import type { Access } from './acquire.ts'
import type { View } from './auth.ts'
import type { VendorCall } from './vendor-call.ts'

/** The provider of the model asked for first, where a subscription serves that one and the present request goes to another provider. */
export function leftBehind(
  view: View,
  first: VendorCall,
  request: VendorCall,
  now: number,
): Pick<PickQuery, 'fromFlatRate'> {
  const { provider, pin, beyondLoopback } = first
  if (request.provider === provider) return {}
  const facts = view.facts().providers.get(provider)
  const query = { now, ...(pin === undefined ? {} : { pin }), ...(beyondLoopback === true ? { beyondLoopback } : {}) }
  return facts !== undefined && isFlatRateServed(facts, query) ? { fromFlatRate: provider } : {}
}

/** What those who ask are told where the call crossed. */
export function crossingNotice({ candidate, crossing }: Pick<Access, 'candidate' | 'crossing'>): string | undefined {
  return crossing === undefined ? undefined : crossingText(candidate.id, crossing)
}

/** The log's line of a call that crossed and is answered. */
export function logCrossing(view: View, { candidate, model }: Access, { provider, id }: Crossing): void {
  view.home.system.log.info('a call is billed by use, as no subscription could serve it', {
    agent: view.agentId,
    profile: candidate.id,
    model,
    insteadOf: id ?? provider,
  })
}
