// One attempt goes out: where to, signed by whom, and how long it may take.
import { signed } from '../providers/headers.ts'
import type { Answer, Exchange, Transport } from '../system/send.ts'
import type { Access } from './acquire.ts'
import type { View } from './auth.ts'
import type { VendorCall } from './vendor-call.ts'

const NON_STREAMING_PATIENCE = 5

/** @param answer hears how it goes, possibly before this returns */
export function sendCall(
  { view, transport }: { view: View; transport: Transport },
  request: VendorCall,
  access: Access,
  answer: Answer,
): Exchange {
  const { method, streaming, query = '' } = request
  const { body, bodyBytes, headers } = request.sentBy?.(access) ?? request
  const { timeouts } = view.facts().config.gateway
  return transport.send(
    {
      origin: access.origin,
      reach: access.reach,
      path: access.prefix + (access.provider.endpoints[request.endpoint] ?? '') + query,
      method,
      headers: signed(headers, access.signature, bodyBytes),
      firstByteMs: streaming ? timeouts.firstByteMs : timeouts.firstByteMs * NON_STREAMING_PATIENCE,
      idleMs: timeouts.idleMs,
      ...(body === undefined ? {} : { body, bodyBytes }),
    },
    answer,
  )
}
