// Errors in OpenAI Chat Completions.
import { objectIn, record, text } from '../frames.ts'
import type { Fault } from '../neutral.ts'

/** @param body as it came, of a refusal or of an error within a stream @param status 0: as the error says */
export function readFault(status: number, body: string): Fault {
  const value: unknown = objectIn(body)
  // Google's compatible endpoint puts its errors into a list.
  const { error: told, message: plain } = record(Array.isArray(value) ? value[0] : value)
  const error = record(told)
  const message = text(error.message) || text(told) || text(plain)
  const code = text(error.code) || text(error.type)
  const param = text(error.param)
  return {
    status: status === 0 ? (typeof error.code === 'number' ? error.code : 500) : status,
    message: message === '' ? 'The vendor refused without a word.' : message,
    ...(code === '' ? {} : { code }),
    ...(param === '' ? {} : { param }),
  }
}

function typeOf(status: number): string {
  if (status === 401 || status === 403) return 'authentication_error'
  if (status === 402) return 'insufficient_quota'
  if (status === 429) return 'rate_limit_error'
  return status >= 500 ? 'server_error' : 'invalid_request_error'
}

export function writeFault({ status, message, code, param }: Fault): Record<string, unknown> {
  return { error: { message, type: typeOf(status), param: param ?? null, code: code ?? null } }
}
