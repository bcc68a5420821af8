// How a call is paid for: by a subscription, whatever it takes, or by use. A fact of the provider and of the kind of credential.
import type { CredentialKind } from './credential.ts'
import type { Candidate, ProviderFacts } from './order.ts'

/** `flat_rate`: no single call is owed for (a subscription, a server of one's own). `metered`: each call has its price. */
export type Billing = 'flat_rate' | 'metered'

/** What a provider says where its credentials are paid for in another way than those of most. */
export type BillingByKind = Readonly<Partial<Record<CredentialKind, Billing>>>

/** Logins and tokens come with a subscription, keys with a bill. What nobody understands is not taken for a subscription. */
const USUAL: Readonly<Record<Candidate['kind'], Billing>> = {
  oauth: 'flat_rate',
  token: 'flat_rate',
  api_key: 'metered',
  unknown: 'metered',
}

/** How a call is paid for that the candidate serves. @param facts of its provider */
export function billingOf(
  { billing }: Pick<ProviderFacts, 'billing'>,
  { kind, source }: Pick<Candidate, 'kind' | 'source'>,
): Billing {
  if (source.kind === 'none') return 'flat_rate'
  return (kind === 'unknown' ? undefined : billing?.[kind]) ?? USUAL[kind]
}
