// What most vendors' HTTP answers mean: stable codes before types before texts; an unknown answer penalises nobody.
import {
  type Failure,
  type FailureClass,
  type FailureScope,
  isAboutAccount,
  isWorthNextProfile,
} from '../core/failure.ts'
import { printable } from '../core/profile.ts'
import { readReset } from '../core/window-end.ts'
import type { TransportFailure } from '../system/send.ts'
import type { HeaderLookup, Refusal } from './provider.ts'

/** The parts of an error body that vendors agree on. */
export type ErrorBody = {
  type?: string
  code?: string
  message: string
  /** When to come back, as Google writes it: `17s`. */
  delay?: string
  /** The status that an error within a good answer would have had. */
  status?: number
  /** Every quota that was exceeded is one of a single model, as Google names them. */
  isOfModel?: true
}

const MAX_TEXT = 4096
const MOST_DETAILS = 16

/** Reads `{"error": {…}}` in the forms of Anthropic, OpenAI, Google, MiniMax and those who imitate them. */
export function readErrorBody(body: string): ErrorBody {
  // Nothing else can hold an error, and the parser takes its time with brackets that never close.
  if (!/^\s{0,16}[[{]/.test(body)) return { message: body.slice(0, MAX_TEXT) }
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return { message: body.slice(0, MAX_TEXT) }
  }
  const outer = asRecord(Array.isArray(value) ? value[0] : value)
  const error = asRecord(outer.error)
  const base = asRecord(outer.base_resp)
  const detail = asRecord(outer.detail)
  const text = (candidate: unknown): string | undefined => (typeof candidate === 'string' ? candidate : undefined)
  const number = typeof base.status_code === 'number' ? String(base.status_code) : undefined
  const code = text(detailOf(error.details)) ?? text(error.code) ?? text(outer.code) ?? text(detail.code) ?? number
  const type = text(error.type) ?? text(error.status) ?? text(outer.type)
  const message =
    [error.message, outer.error, outer.message, outer.detail, detail.message, base.status_msg].find(isText) ?? ''
  return {
    ...(type === undefined ? {} : { type }),
    ...(code === undefined ? {} : { code }),
    ...delayOf(error.details),
    ...(isStatus(error.code) ? { status: error.code } : {}),
    ...(areOfModel(violationsOf(error.details)) ? { isOfModel: true as const } : {}),
    message: message.slice(0, MAX_TEXT),
  }
}

const isStatus = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 400 && value < 600

/** RetryInfo of google.rpc. */
function delayOf(details: unknown): { delay?: string } {
  const all = Array.isArray(details) ? details.slice(0, MOST_DETAILS).map(asRecord) : []
  const delay = all.find(({ retryDelay }) => isText(retryDelay))?.retryDelay
  return isText(delay) ? { delay } : {}
}

const isText = (value: unknown): value is string => typeof value === 'string'

/** Anthropic's stable code, or Google's reason: which quota it was, where the reason says no more than that it was one. */
function detailOf(details: unknown): unknown {
  if (!Array.isArray(details)) return asRecord(details).error_code
  const all = details.slice(0, MOST_DETAILS).map(asRecord)
  const quotas = violationsOf(details)
  // Of several, the one that lasts longest.
  const quota = quotas.find(({ quotaId }) => isText(quotaId) && quotaId.includes('PerDay')) ?? quotas[0]
  return all.find(({ reason }) => isText(reason))?.reason ?? quota?.quotaId
}

/** QuotaFailure of google.rpc. */
function violationsOf(details: unknown): Record<string, unknown>[] {
  if (!Array.isArray(details)) return []
  return details
    .slice(0, MOST_DETAILS)
    .flatMap((detail) => {
      const { violations } = asRecord(detail)
      return Array.isArray(violations) ? violations.slice(0, MOST_DETAILS) : []
    })
    .map(asRecord)
}

function areOfModel(violations: readonly Record<string, unknown>[]): boolean {
  return (
    violations.length > 0 &&
    violations.every(
      ({ quotaId, quotaDimensions }) =>
        (isText(quotaId) && quotaId.includes('PerModel')) || isText(asRecord(quotaDimensions).model),
    )
  )
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

/**
 * One row of a vendor's table. All its conditions hold, or it says nothing. Rows with a code decide before those with a type, these before
 * those with a text, and those before the rest; among equals the vendor's own before the common ones, the first before the others.
 */
export type FailureRow = {
  status?: readonly number[]
  code?: string
  type?: string
  /** Part of the message, lower case; only where the vendor has no stable code. */
  text?: string
  class: FailureClass
  scope: FailureScope
  instead?: 'api_key'
  lacks?: 'thought' | 'thing'
}

const TOO_LONG = { status: [400, 413], class: 'context_overflow', scope: 'request' } as const

const NOT_THERE = { status: [400, 403, 404], class: 'format', scope: 'request', lacks: 'thing' } as const

/** What the codes of the two dialects, and a status, mean when the vendor says nothing better. */
export const STATUS_ROWS: readonly FailureRow[] = [
  { code: 'insufficient_quota', class: 'billing', scope: 'account' },
  { code: 'billing_hard_limit_reached', class: 'billing', scope: 'account' },
  { code: 'billing_not_active', class: 'billing', scope: 'account' },
  { code: 'context_length_exceeded', class: 'context_overflow', scope: 'request' },
  { code: 'content_policy_violation', class: 'policy', scope: 'request' },
  { code: 'model_not_found', class: 'model_not_found', scope: 'model' },
  { code: 'model_decommissioned', class: 'model_not_found', scope: 'model' },
  { code: 'previous_response_not_found', class: 'format', scope: 'request', lacks: 'thing' },
  { code: 'invalid_encrypted_content', class: 'format', scope: 'request', lacks: 'thought' },
  { code: 'rate_limit_exceeded', class: 'rate_limit', scope: 'account' },
  { code: 'server_is_overloaded', class: 'overloaded', scope: 'vendor' },
  { code: 'invalid_api_key', class: 'auth', scope: 'account' },
  { code: 'account_deactivated', class: 'auth_permanent', scope: 'account' },
  { code: 'organization_deactivated', class: 'auth_permanent', scope: 'account' },
  { type: 'overloaded_error', class: 'overloaded', scope: 'vendor' },
  // Within a good answer no status tells.
  { status: [200], type: 'invalid_request_error', class: 'format', scope: 'request' },
  // What lies at the vendor for another account, or not any more. The model is there, and the account is well.
  { ...NOT_THERE, text: "item with id 'rs_", lacks: 'thought' },
  { ...NOT_THERE, text: 'encrypted_content` was not issued', lacks: 'thought' },
  // The model thought it in another conversation, or in what this one was before its client changed it.
  { ...NOT_THERE, text: 'is bound to a different conversation', lacks: 'thought' },
  { ...NOT_THERE, text: 'blocks in the latest assistant message cannot be modified', lacks: 'thought' },
  { ...NOT_THERE, text: 'item with id' },
  { ...NOT_THERE, text: 'response with id' },
  { ...NOT_THERE, text: 'conversation with id' },
  { ...NOT_THERE, text: 'container with id' },
  { ...NOT_THERE, text: 'prompt with id' },
  { ...NOT_THERE, text: 'vector store with id' },
  { ...NOT_THERE, text: 'container not found' },
  { ...NOT_THERE, text: 'file not found: file_' },
  { ...NOT_THERE, text: '] were not found' },
  { ...NOT_THERE, text: 'no such file object' },
  { ...NOT_THERE, text: 'permission to access the file' },
  { ...NOT_THERE, text: 'cachedcontent not found' },
  { ...TOO_LONG, text: 'maximum context length' },
  { ...TOO_LONG, text: 'context window' },
  { ...TOO_LONG, text: 'maximum prompt length' },
  { ...TOO_LONG, text: 'prompt is too long' },
  { ...TOO_LONG, text: 'prompt too long' },
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
  const status = refusal.status < 300 ? (error.status ?? refusal.status) : refusal.status
  const holds = (row: FailureRow): boolean =>
    (row.status === undefined || row.status.includes(status)) &&
    (row.code === undefined || row.code === error.code) &&
    (row.type === undefined || row.type === error.type) &&
    (row.text === undefined || message.includes(row.text)) &&
    (!isAboutAccount(status) || isWorthNextProfile(row))
  const row = decide(rows, holds)
  const retryAt = readRetryAt(refusal.header, refusal.now) ?? readWords(error.delay, message, refusal.now)
  const code = error.code ?? error.type
  // Whatever else begins with 3 sends the client elsewhere, too, and is never handed on.
  const verdict = row ?? (status >= 500 || status < 400 ? SERVER : UNKNOWN)
  return {
    class: verdict.class,
    scope: error.isOfModel === true && LIMITS.has(verdict.class) ? 'model' : verdict.scope,
    status: refusal.status,
    ...(code === undefined ? {} : { code: printable(code, 64) }),
    ...(retryAt === undefined ? {} : { retryAt }),
    ...(row?.lacks === undefined ? {} : { lacks: row.lacks }),
    ...(row?.instead === undefined ? {} : { instead: row.instead }),
    detail: describe(refusal.status, code, error.message),
  }
}

const TIERS: readonly ((row: FailureRow) => boolean)[] = [
  ({ code }) => code !== undefined,
  ({ code, type }) => code === undefined && type !== undefined,
  ({ code, type, text }) => code === undefined && type === undefined && text !== undefined,
  ({ code, type, text }) => code === undefined && type === undefined && text === undefined,
]

function decide(rows: readonly FailureRow[], holds: (row: FailureRow) => boolean): FailureRow | undefined {
  for (const isOfTier of TIERS) {
    for (const table of [rows, STATUS_ROWS]) {
      const row = table.find((one) => isOfTier(one) && holds(one))
      if (row !== undefined) return row
    }
  }
  return undefined
}

const LIMITS: ReadonlySet<FailureClass> = new Set(['rate_limit', 'quota'])

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

const PROSE = /\b(?:try again|retry) (?:in|after) (\d{1,6}(?:\.\d{1,6})?) ?(ms|s\b|second|m\b|minute|h\b|hour)/
const PROSE_PARTS = /\b(?:try again|retry) (?:in|after) ((?:\d{1,4}(?:\.\d{1,6})?[dhms]){2,4})\b/

/** The same in the body: as a field, or in words (`try again in 7m12s`, `after 1 seconds`). */
function readWords(delay: string | undefined, message: string, now: number): number | undefined {
  const [, parts] = PROSE_PARTS.exec(message) ?? []
  const [, count, unit = ''] = PROSE.exec(message) ?? []
  const length =
    delay ?? parts ?? (count === undefined ? undefined : `${count}${unit === 'ms' ? unit : unit.charAt(0)}`)
  const at = readReset(length, now)
  return at === undefined || at <= now ? undefined : at
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
