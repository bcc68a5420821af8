// What the prompt cache gave a relayed call, booked with its agent. How the client's bytes ask for the cache nobody reads; the answer tells.
import type { View } from '../../auth/auth.ts'
import { bookTurn } from '../../auth/book-turn.ts'
import type { VendorCall } from '../../auth/vendor-call.ts'
import type { Conversation } from '../../core/conversation.ts'
import { MINUTE_MS } from '../../core/expiry.ts'
import type { ChatUsage } from '../../core/protocol.ts'

/** What vendors keep a prompt for unless they are told otherwise, ms. */
const KEPT_MS = 5 * MINUTE_MS
const NOTHING_WRITTEN = 'nothing was written to the cache: the client marks nothing for it, or the prompt is too short'

/** @param by who served, `model` being `provider/model` */
export function bookCall(
  view: View,
  request: VendorCall,
  conversation: Conversation | undefined,
  by: { profile: string | undefined; model: string },
  usage: ChatUsage,
): void {
  const isOff = request.endpoint === 'messages' && usage.cacheWrite === 0
  bookTurn(view, {
    conversation: conversation === undefined ? undefined : String(conversation.key),
    session: conversation === undefined ? '' : signOf(conversation),
    isRelayed: true,
    model: by.model,
    profile: by.profile ?? '',
    isNamed: request.pin !== undefined && request.pin.by !== 'auto',
    usage,
    prefix: conversation?.prefix,
    off: isOff ? NOTHING_WRITTEN : undefined,
    keptMs: KEPT_MS,
  })
}

/** Tells lines of a file apart, and is too short to find by trying what the client called its conversation. */
export function signOf({ key }: Conversation): string {
  return (key % 0x10000).toString(16).padStart(4, '0')
}
