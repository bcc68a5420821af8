// What is said below an answer: news of who stands in and who pays, and the line of usage that somebody wants there.
import type { Access } from '../auth/acquire.ts'
import type { View } from '../auth/auth.ts'
import { costIn } from '../auth/call-record.ts'
import { isMetered, priceOf } from '../auth/metered.ts'
import { formatRef, type ModelRef } from '../core/model-ref.ts'
import { costOf } from '../core/price.ts'
import type { ChatUsage } from '../core/protocol.ts'
import type { Session } from '../core/session.ts'
import { billingNotice, standInNotice } from './stand-in.ts'

/** @see asked the model that the turn was meant for, ref the one that answered */
export type Answered = { asked: ModelRef; ref: ModelRef; access: Access; usage: ChatUsage }

/** @param session as it was when the turn began @returns lines, the news first; nothing where there is nothing to say */
export function noticeBelow(
  view: View,
  session: Session,
  { asked, ref, access, usage }: Answered,
): { notice?: string } {
  const news = [
    standInNotice(view, session.key, formatRef(asked), formatRef(ref)),
    billingNotice(view, session.key, access),
  ]
  const lines = [
    news.filter((one) => one !== undefined).join(' '),
    session.usageLine === undefined ? '' : usageLine(view, session.usageLine, { ref, access, usage }),
  ]
  const notice = lines.filter((line) => line !== '').join('\n')
  return notice === '' ? {} : { notice }
}

/** What costs are known of, an account that is billed by use alone has. */
function usageLine(
  view: View,
  kind: 'tokens' | 'full',
  { ref, access, usage }: Pick<Answered, 'ref' | 'access' | 'usage'>,
): string {
  const { input, output, cacheRead, cacheWrite } = usage
  const cached = cacheRead === 0 ? '' : ` (${cacheRead} from the cache)`
  const tokens = `Usage: ${input + cacheRead + cacheWrite} tokens in${cached}, ${output} out`
  if (kind === 'tokens') return tokens
  const price = isMetered(view, access) ? priceOf(view, ref.provider, ref.model) : undefined
  const cost = price === undefined ? '' : `, $${costIn(costOf(price, usage)).toFixed(4)}`
  return `${tokens}${cost}; ${access.candidate.id}, ${formatRef(ref)}`
}
