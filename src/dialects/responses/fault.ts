// Errors in OpenAI Responses, and of the backend that serves logins of ChatGPT.
import { readFault as completionsFault } from '../completions/fault.ts'
import { objectIn, record, text } from '../frames.ts'
import type { Fault } from '../neutral.ts'

export { writeFault } from '../completions/fault.ts'

/** What an error within a stream would have had as its status. */
const STATUSES: Readonly<Record<string, number>> = {
  rate_limit_exceeded: 429,
  usage_limit_reached: 429,
  insufficient_quota: 429,
  context_length_exceeded: 400,
  invalid_prompt: 400,
  invalid_request_error: 400,
  server_is_overloaded: 503,
  slow_down: 503,
}

/** @param body as it came, of a refusal or of an error within a stream @param status 0: as the error says */
export function readFault(status: number, body: string): Fault {
  const value = objectIn(body) ?? {}
  const { error, detail } = value
  // Within a stream the error is the event itself, or stands in the answer that failed.
  const within = record(value.response).error ?? (value.type === 'error' ? (error ?? value) : undefined)
  if (within !== undefined) {
    const { message, code, param, type } = record(within)
    const word = text(code) || (type === 'error' ? '' : text(type))
    return {
      status: status === 0 ? (STATUSES[word] ?? 500) : status,
      message: text(message) || 'The vendor failed without a word.',
      ...(word === '' ? {} : { code: word }),
      ...(text(param) === '' ? {} : { param: text(param) }),
    }
  }
  const said = text(detail)
  return said === '' ? completionsFault(status, body) : { status: status === 0 ? 500 : status, message: said }
}
