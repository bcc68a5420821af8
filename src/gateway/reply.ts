// Short answers of our own, in the dialect that the client of the route understands.
import type { AuthError } from '../core/errors.ts'
import { writeFault as completionsFault } from '../dialects/completions/fault.ts'
import { writeFault as contentFault } from '../dialects/generate-content/fault.ts'
import { writeFault as messagesFault } from '../dialects/messages/fault.ts'
import type { OutgoingResponse } from '../system/listen.ts'
import type { Refusal } from './guard.ts'
import type { Dialect } from './routes.ts'

export const SAFE_HEADERS = ['x-content-type-options', 'nosniff', 'referrer-policy', 'no-referrer'] as const

/** Sends a JSON value. @param headers flat, beside the usual ones */
export function replyJson(
  response: OutgoingResponse,
  status: number,
  value: unknown,
  headers: readonly string[] = [],
): void {
  replyText(response, status, 'application/json', JSON.stringify(value), headers)
}

/** Sends a text, or its bytes, once; an answer that has begun is left alone. It is kept nowhere, unless the headers say otherwise. */
export function replyText(
  response: OutgoingResponse,
  status: number,
  type: string,
  text: string | Uint8Array,
  headers: readonly string[] = [],
): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, [
    'content-type',
    type,
    'content-length',
    String(Buffer.byteLength(text)),
    ...(headers.includes('cache-control') ? [] : ['cache-control', 'no-store']),
    ...SAFE_HEADERS,
    ...headers,
  ])
  response.end(text)
}

/** A sentence and the command that helps, as one line. */
export function messageOf(refusal: Pick<Refusal, 'message' | 'remedy'>): string {
  return refusal.remedy === undefined ? refusal.message : `${refusal.message} Try: ${refusal.remedy}`
}

/** What an error thrown at people looks like on the way to a client. @param bound what the request holds that only one account can open */
export function refusalOf(error: AuthError, status: number, now: number, bound?: string): Refusal {
  return {
    status,
    code: error.code,
    message: error.message,
    ...(error.code === 'bound_to_account' && bound !== undefined ? { param: bound } : {}),
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    ...(error.until === undefined ? {} : { retryAfterMs: Math.max(0, error.until - now) }),
  }
}

/**
 * Refuses in the dialect's own shape. The client is told not to try again by itself: we have tried for it.
 * @param options.close the connection cannot be used on
 */
export function refuse(
  response: OutgoingResponse,
  dialect: Dialect,
  refusal: Refusal,
  options: { id: string; close?: boolean; headers?: readonly string[] },
): void {
  const { retryAfterMs } = refusal
  const headers = ['x-should-retry', 'false', ...(options.headers ?? [])]
  if (retryAfterMs !== undefined) headers.push('retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1000))))
  if (options.close === true) headers.push('connection', 'close')
  replyJson(response, refusal.status, bodyOf(dialect, refusal, options.id), headers)
}

/** A refusal in the dialect's own shape. @param id of the request */
export function bodyOf(dialect: Dialect, refusal: Refusal, id: string): unknown {
  const { status, code, param } = refusal
  switch (dialect) {
    case 'anthropic':
      return messagesFault({ status, message: messageOf(refusal) }, id)
    case 'openai':
      return completionsFault({ status, message: messageOf(refusal), code, ...(param === undefined ? {} : { param }) })
    case 'google':
      return contentFault({ status, message: messageOf(refusal) })
    case 'own':
      return {
        ok: false,
        error: {
          code,
          message: refusal.message,
          ...(refusal.remedy === undefined ? {} : { remedy: refusal.remedy }),
        },
      }
  }
}
