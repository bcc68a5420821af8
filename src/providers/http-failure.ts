// What most vendors' HTTP answers mean: stable codes before types before texts; an unknown answer penalises nobody.
import {
  type Failure,
  type FailureClass,
  type FailureScope,
  isAboutAccount,
  isWorthNextProfile,
} from '../core/failure.ts'
import { printable } from '../core/profile.ts'
import type { TransportFailure } from '../system/send.ts'
import type { HeaderLookup, Refusal } from './provider.ts'

/** The parts of an error body that vendors agree on. */
export type ErrorBody = { type?: string; code?: string; message: string }

const MAX_TEXT = 4096

/** Reads `{"error": {…}}` in the forms of Anthropic, OpenAI and those who imitate them. */
export function readErrorBody(body: string): ErrorBody {
  // Nothing else can hold an error, and the parser takes its time with brackets that never close.
  if (!/^\s{0,16}\{/.test(body)) return { message: body.slice(0, MAX_TEXT) }
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return { message: body.slice(0, MAX_TEXT) }
  }
  const outer = asRecord(value)
  const error = asRecord(outer.error)
  const details = asRecord(error.details)
  const text = (candidate: unknown): string | undefined => (typeof candidate === 'string' ? candidate : undefined)
  const code = text(details.error_code) ?? text(error.code) ?? text(outer.code)
  const type = text(error.type) ?? text(outer.type)
  const message = text(error.message) ?? text(outer.error) ?? text(outer.message) ?? text(outer.detail) ?? ''
  return {
    ...(type === undefined ? {} : { type }),
    ...(code === undefined ? {} : { code }),
    message: message.slice(0, MAX_TEXT),
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

/** One row of a vendor's table: the first whose conditions all hold decides. */
export type FailureRow = {
  status?: readonly number[]
  code?: string
  type?: string
  /** Part of the message, lower case; only where the vendor has no stable code. */
  text?: string
  class: FailureClass
  scope: FailureScope
  instead?: 'api_key'
}

/** What a status means when the vendor says nothing better. */
export const STATUS_ROWS: readonly FailureRow[] = [
  { code: 'insufficient_quota', class: 'billing', scope: 'account' },
  { code: 'billing_hard_limit_reached', class: 'billing', scope: 'account' },
  { code: 'context_length_exceeded', class: 'context_overflow', scope: 'request' },
  { code: 'model_not_found', class: 'model_not_found', scope: 'model' },
  { code: 'invalid_api_key', class: 'auth', scope: 'account' },
  { status: [401], class: 'auth', scope: 'account' },
  { status: [402], class: 'billing', scope: 'account' },
  { status: [403], class: 'permission', scope: 'account' },
  { status: [404], class: 'model_not_found', scope: 'model' },
  { status: [408, 504, 524], class: 'timeout', scope: 'vendor' },
  { status: [429], class: 'rate_limit', scope: 'account' },
  { status: [503, 529], class: 'overloaded', scope: 'vendor' },
  { status: [409, 500, 502, 520, 521, 522, 523], class: 'server', scope: 'vendor' },
  { status: [300, 301, 302, 303, 304, 307, 308], class: 'server', scope: 'vendor' },
  { status: [400, 405, 411, 413, 414, 415, 416, 422, 431], class: 'format', scope: 'request' },
]

/**
 * Judges by the vendor's rows, then by the common ones.
 * @param rows in order of precedence
 */
export function judge(rows: readonly FailureRow[], refusal: Refusal): Failure {
  const error = readErrorBody(refusal.body)
  const message = error.message.toLowerCase()
  const holds = (row: FailureRow): boolean =>
    (row.status === undefined || row.status.includes(refusal.status)) &&
    (row.code === undefined || row.code === error.code) &&
    (row.type === undefined || row.type === error.type) &&
    (row.text === undefined || message.includes(row.text)) &&
    (!isAboutAccount(refusal.status) || isWorthNextProfile(row))
  const row = rows.find(holds) ?? STATUS_ROWS.find(holds)
  const retryAt = readRetryAt(refusal.header, refusal.now)
  const code = error.code ?? error.type
  // Whatever else begins with 3 sends the client elsewhere, too, and is never handed on.
  const verdict = row ?? (refusal.status >= 500 || refusal.status < 400 ? SERVER : UNKNOWN)
  return {
    class: verdict.class,
    scope: verdict.scope,
    status: refusal.status,
    ...(code === undefined ? {} : { code: printable(code, 64) }),
    ...(retryAt === undefined ? {} : { retryAt }),
    ...(row?.instead === undefined ? {} : { instead: row.instead }),
    detail: describe(refusal.status, code, error.message),
  }
}

const SERVER = { class: 'server', scope: 'vendor' } as const
const UNKNOWN = { class: 'unknown', scope: 'request' } as const

function describe(status: number, code: string | undefined, message: string): string {
  const head = code === undefined ? `HTTP ${status}` : `HTTP ${status} ${printable(code, 64)}`
  return message === '' ? head : `${head}: ${printable(message, 200)}`
}

const LONGEST_SECONDS = 2 ** 31 / 1000

/**
 * When the vendor says it is over: `retry-after-ms`, then `retry-after` in seconds or as a date (RFC 9110, 10.2.3).
 * @returns ms epoch, or undefined for absent and absurd values
 */
export function readRetryAt(header: HeaderLookup, now: number): number | undefined {
  const ms = Number(header('retry-after-ms'))
  if (Number.isFinite(ms) && ms > 0 && ms <= LONGEST_SECONDS * 1000) return now + ms
  const text = header('retry-after')?.trim()
  if (text === undefined || text === '') return undefined
  const seconds = Number(text)
  if (Number.isFinite(seconds)) return seconds > 0 && seconds <= LONGEST_SECONDS ? now + seconds * 1000 : undefined
  const at = text.length <= 40 ? Date.parse(text) : Number.NaN
  return Number.isFinite(at) && at > now && at - now <= LONGEST_SECONDS * 1000 ? at : undefined
}

/** A call that got no answer, or only half of one. */
export function transportFailure(failure: TransportFailure, origin: string): Failure {
  const at = (what: string): string => `${what} ${origin}`
  switch (failure.kind) {
    case 'cancelled':
      return { class: 'cancelled', scope: 'request', detail: 'the caller went away' }
    case 'timeout':
      return { class: 'timeout', scope: 'vendor', detail: at('no answer in time from') }
    case 'refused':
      return { class: 'network', scope: 'network', detail: at('connection refused by') }
    case 'unreachable':
      return { class: 'network', scope: 'network', detail: at('cannot reach') }
    case 'forbidden':
      return {
        class: 'network',
        scope: 'network',
        detail: `${at('a private or reserved address stands behind')}, and a private one is used only when models.providers names it as baseUrl`,
      }
    case 'tls':
      return { class: 'network', scope: 'network', detail: at('no trusted TLS connection to') }
    case 'malformed':
      return { class: 'server', scope: 'vendor', detail: at('malformed answer from') }
    case 'reset':
      return { class: 'network', scope: 'network', detail: at('connection cut by') }
  }
}
