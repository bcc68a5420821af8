// Errors in Anthropic Messages.
import { objectIn, record, text } from '../frames.ts'
import type { Fault } from '../neutral.ts'

/** An error's type, by the status it is told with. */
const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}
const STATUSES = new Map(Object.entries(TYPES).map(([status, type]) => [type, Number(status)]))

/** @param body as it came, of a refusal or of an error within a stream @param status 0: as the type says */
export function readFault(status: number, body: string): Fault {
  const error = record(objectIn(body)?.error)
  const message = text(error.message)
  const code = text(error.type)
  return {
    status: status === 0 ? (STATUSES.get(code) ?? 500) : status,
    message: message === '' ? 'The vendor refused without a word.' : message,
    ...(code === '' ? {} : { code }),
  }
}

/** @param id of the request */
export function writeFault({ status, message }: Fault, id: string): Record<string, unknown> {
  const type = TYPES[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error')
  return { type: 'error', error: { type, message }, request_id: id }
}
