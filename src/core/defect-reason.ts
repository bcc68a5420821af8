// What is wrong with a candidate that cannot be taken, in words.
import { formatRemaining } from './expiry.ts'
import { type Defect, formatUntil } from './order.ts'
import { missingText } from './substitute.ts'

/** @param now ms epoch */
export function defectReason(defect: Defect, now: number): string {
  switch (defect.rule) {
    case 'expired':
      return `expired ${formatRemaining(now - defect.at)} ago`
    case 'paused':
      return `paused by a person, ${defect.until === undefined ? 'until it is resumed' : `ends ${formatUntil(defect.until, now)}`}`
    case 'blank':
      return 'holds no secret'
    case 'login_ended':
      return `the login has ended: ${defect.reason}`
    case 'unknown_kind':
      return `credentials of type "${defect.type}" are kept but not understood`
    case 'wrong_origin':
      return `was made for ${defect.origin}, but the provider now points to ${defect.baseUrl}`
    case 'unsendable':
      return 'holds characters that cannot be sent in a header'
    case 'unknown_provider':
      return 'no provider of this name is known or configured'
    case 'missing_variable':
      return missingText(defect)
  }
}
