// Keeps what an answer of a vendor tells of the limits of the account that signed the request. Costs the call a look at the names of its
// headers; they are read when somebody wants to know, or when they are written.
import type { Failure } from '../core/failure.ts'
import { healthIdOf } from '../core/order.ts'
import { afterRefusal, readWindows, type Usage } from '../core/usage.ts'
import { hasHeaderFrom, pairsOf } from '../providers/headers.ts'
import type { Endpoint } from '../providers/provider.ts'
import type { RawHeaders } from '../system/send.ts'
import type { Access } from './acquire.ts'
import type { View } from './auth.ts'
import { hearOrganization } from './issuers.ts'
import { isBilled } from './vendor-call.ts'

export type Told = {
  headers: RawHeaders
  /** When it was said, ms epoch. */
  at: number
  /** What it was refused for, when it was. */
  failure?: Failure
}

/** @param endpoint that was asked */
export function hear(view: View, { candidate, provider }: Access, endpoint: Endpoint, told: Told): void {
  if (endpoint === 'responses') hearOrganization(view, candidate, told.headers)
  const form = provider.usageHeaders
  // Counting tokens and listing models have limits of their own.
  if (form === undefined || !isBilled(endpoint)) return
  const { headers, at, failure } = told
  const isTold = hasHeaderFrom(headers, form.prefix)
  const isExhausted = failure?.code !== undefined && form.exhausted?.includes(failure.code) === true
  if (!isTold && !isExhausted) return
  view.store.health.heard(healthIdOf(candidate), (known): Usage | undefined => {
    const windows = isTold ? readWindows(form, pairsOf(headers), at) : []
    const usage = windows.length === 0 ? known : { at, windows }
    return failure === undefined ? usage : afterRefusal(form, usage, failure, at)
  })
}
