// The token endpoint (RFC 6749, 3.2): the request, and separately what its answer means. One judgement for logins and for renewals.
import { printable } from '../core/profile.ts'
import { Secret } from '../core/secret.ts'
import type { TransportFailure } from '../system/send.ts'
import { readClaims } from './claims.ts'
import { type AskOptions, type Endpoint, type Machine, post, type Reply } from './endpoint.ts'

/** What a grant gave. Only what came back is there: a missing refresh token leaves the old one in force (RFC 6749, 6). */
export type Tokens = {
  access: Secret
  refresh?: Secret
  idToken?: Secret
  /** By this machine's clock, ms epoch. */
  expiresAt: number
  scope?: string
}

export type Verdict =
  | { kind: 'granted'; tokens: Tokens }
  /** The server will say the same again: this code or this refresh token is of no more use. */
  | { kind: 'ended'; code: string; detail: string }
  /**
   * It may go well another time. `spent`: whether the server may have redeemed what it was shown: `no` when it cannot have seen it or said so,
   * `unknown` when no whole answer came.
   */
  | { kind: 'failed'; spent: 'no' | 'unknown'; detail: string; status?: number }

/** A grant as its form fields, secrets revealed: it lives as long as the request. */
export type Grant = { readonly grant_type: string } & Readonly<Record<string, string>>

/**
 * Sends a grant, once.
 * @param endpoint the vendor's token endpoint
 */
export function requestTokens(
  machine: Machine,
  endpoint: Endpoint,
  grant: Grant,
  options: AskOptions = {},
): Promise<Reply> {
  return post(machine, endpoint, grant, options)
}

/** Codes after which this grant never works again: RFC 6749, 5.2, RFC 8628, 3.5, and what OpenAI says of spent refresh tokens. */
const ENDED: ReadonlySet<string> = new Set([
  'invalid_grant',
  'invalid_request',
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'access_denied',
  'expired_token',
  'refresh_token_expired',
  'refresh_token_reused',
  'refresh_token_invalidated',
])

/** Failures before anything was sent. */
const NEVER_SENT: ReadonlySet<TransportFailure['kind']> = new Set(['refused', 'unreachable', 'forbidden', 'tls'])

/**
 * What an answer of the token endpoint means. Pure.
 * @param now this machine's clock, ms epoch
 */
export function judgeTokens(reply: Reply, now: number): Verdict {
  if (reply.kind === 'failed') {
    const { kind, answered } = reply.failure
    const spent = !answered && NEVER_SENT.has(kind) ? 'no' : 'unknown'
    return { kind: 'failed', spent, detail: TROUBLE[kind] }
  }
  const { status } = reply
  const value = parseObject(reply.body)
  if (status === 200 || status === 201) return granted(value, now)
  const code = errorCode(value)
  const named = code === undefined ? `HTTP ${status}` : `HTTP ${status} ${code}`
  // A proxy's page may have any status, so a refusal counts when it is said in the protocol's words; 401 alone is plain enough.
  if (status < 500 && status !== 429 && status >= 400) {
    if (code !== undefined && ENDED.has(code)) return { kind: 'ended', code, detail: named }
    if (status === 401) return { kind: 'ended', code: code ?? 'unauthorized', detail: named }
  }
  // Whoever answers for a server that failed does not know how far it came; 503 means that it did not begin (RFC 9110, 15.6.4).
  return { kind: 'failed', spent: status >= 500 && status !== 503 ? 'unknown' : 'no', detail: named, status }
}

const TROUBLE: Readonly<Record<TransportFailure['kind'], string>> = {
  refused: 'connection refused',
  unreachable: 'cannot be reached',
  forbidden: 'its address may not be used',
  timeout: 'no answer in time',
  reset: 'connection cut',
  tls: 'no trusted TLS connection',
  cancelled: 'cancelled',
  malformed: 'malformed answer',
}

const MALFORMED: Verdict = { kind: 'failed', spent: 'unknown', detail: 'malformed answer', status: 200 }
const MOST_TOKEN_CHARACTERS = 32 * 1024

function granted(value: Readonly<Record<string, unknown>> | undefined, now: number): Verdict {
  const access = token(value?.access_token)
  const type = value?.token_type
  if (value === undefined || access === undefined) return MALFORMED
  // Compared without case (RFC 6749, 5.1); any other type would need a signature that we cannot give.
  if (type !== undefined && (typeof type !== 'string' || type.toLowerCase() !== 'bearer')) return MALFORMED
  const refresh = token(value.refresh_token)
  const idToken = token(value.id_token)
  return {
    kind: 'granted',
    tokens: {
      access: new Secret(access),
      ...(refresh === undefined ? {} : { refresh: new Secret(refresh) }),
      ...(idToken === undefined ? {} : { idToken: new Secret(idToken) }),
      ...(typeof value.scope === 'string' ? { scope: printable(value.scope, 500) } : {}),
      expiresAt: now + lifeMs(value.expires_in, access),
    },
  }
}

/** A token goes into a header as it is: visible ASCII (RFC 6750, 2.1), or it is none. */
function token(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= MOST_TOKEN_CHARACTERS && /^[\x21-\x7e]+$/.test(value)
    ? value
    : undefined
}

const HOUR_MS = 3_600_000
const LONGEST_SECONDS = 10 * 366 * 86_400

/** `expires_in`, else what the token itself says, else an hour. A length, so that a clock that goes wrong here does no harm. */
function lifeMs(expiresIn: unknown, access: string): number {
  const seconds = typeof expiresIn === 'string' && /^\d{1,10}$/.test(expiresIn) ? Number(expiresIn) : expiresIn
  if (isLength(seconds)) return seconds * 1000
  const { exp, iat } = readClaims(access) ?? {}
  const life = typeof exp === 'number' && typeof iat === 'number' ? exp - iat : undefined
  return isLength(life) ? life * 1000 : HOUR_MS
}

function isLength(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= LONGEST_SECONDS
}

/** `error` as a text (RFC 6749), `error.code` (OpenAI), or `code`; only what looks like a code. */
export function errorCode(value: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const error = value?.error
  const inner = typeof error === 'object' && error !== null && 'code' in error ? error.code : error
  const found = typeof inner === 'string' ? inner : value?.code
  return typeof found === 'string' && /^[a-z][a-z0-9_.-]{0,63}$/.test(found) ? found : undefined
}

/** A body that ought to be one JSON object. */
export function parseObject(body: string): Readonly<Record<string, unknown>> | undefined {
  if (!/^\s{0,16}\{/.test(body)) return undefined
  try {
    return JSON.parse(body) as Record<string, unknown>
  } catch {
    return undefined
  }
}
