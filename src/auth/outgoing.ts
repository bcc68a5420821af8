// The request of one attempt as the transport takes it: where to, what, signed, and how long it may take.
import { signed } from '../providers/headers.ts'
import { pathOf } from '../providers/provider.ts'
import type { OutgoingRequest } from '../system/send.ts'
import type { Access } from './acquire.ts'
import type { View } from './auth.ts'
import type { VendorCall } from './vendor-call.ts'

const NON_STREAMING_PATIENCE = 5

export function outgoing(view: View, access: Access, request: VendorCall): OutgoingRequest {
  const { method, streaming, query = '' } = request
  const { body, headers } = request.sentBy?.(access, request) ?? request
  const { timeouts } = view.facts().config.gateway
  const out: OutgoingRequest = {
    origin: access.origin,
    reach: access.reach,
    path: access.prefix + pathOf(access.provider, request) + query,
    method,
    headers: signed(headers, access.signature),
    firstByteMs: streaming ? timeouts.firstByteMs : timeouts.firstByteMs * NON_STREAMING_PATIENCE,
    connectMs: timeouts.connectMs,
    idleMs: timeouts.idleMs,
  }
  if (body !== undefined) out.body = body
  return out
}
