// Errors in Google's dialect.
import { list, objectIn, record, text } from '../frames.ts'
import type { Fault } from '../neutral.ts'

/** An error's status in words, by the number. */
const STATUSES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  402: 'FAILED_PRECONDITION',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  413: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
  529: 'UNAVAILABLE',
}

/** @param body as it came, of a refusal or of an error within a stream @param status 0: as the error says */
export function readFault(status: number, body: string): Fault {
  const value: unknown = objectIn(body)
  // Without events, an answer is a list.
  const error = record(record(Array.isArray(value) ? value[0] : value).error)
  const message = text(error.message)
  const reason = list(error.details)
    .map((detail) => text(record(detail).reason))
    .find((one) => one !== '')
  const code = reason ?? text(error.status)
  return {
    status: status === 0 ? (typeof error.code === 'number' ? error.code : 500) : status,
    message: message === '' ? 'The vendor refused without a word.' : message,
    ...(code === '' ? {} : { code }),
  }
}

export function writeFault({ status, message }: Fault): Record<string, unknown> {
  const word = STATUSES[status] ?? (status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT')
  return { error: { code: status, message, status: word } }
}
