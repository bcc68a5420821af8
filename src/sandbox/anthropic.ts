// Anthropic, played: who is let in, what its headers, models and errors look like. Asking a model is in messages.ts.
import type { IncomingHttpHeaders } from 'node:http'
import { type Account, type Quota, usedOf } from './accounts.ts'
import { asCount, asText } from './json.ts'
import { countTokens, messages } from './messages.ts'
import { ANTHROPIC_MODELS } from './models.ts'
import type { OtherAsk, Refusal, Vendor } from './vendor.ts'

const BEARER_BETA = 'oauth-2025-04-20'
const VERSIONS = new Set(['2023-06-01', '2026-10-21'])
const REST_OF_WEEK_SECONDS = 6 * 86_400
const TOKENS_LIMIT = 400_000
const RELEASED_AT = '2026-01-01T00:00:00Z'

const refuse = (status: number, type: string, message: string): Refusal => ({ status, type, message })
const unauthorized = (message: string): Refusal => refuse(401, 'authentication_error', message)

const BY_STATUS = new Map<number, Refusal>([
  [400, refuse(400, 'invalid_request_error', 'Sandbox: the request is malformed')],
  [401, unauthorized('invalid x-api-key')],
  [402, refuse(402, 'billing_error', 'Sandbox: there is a problem with the billing of this account')],
  [403, refuse(403, 'permission_error', 'Sandbox: this key may not use the requested resource')],
  [404, refuse(404, 'not_found_error', 'Sandbox: not found')],
  [409, refuse(409, 'conflict_error', 'Sandbox: conflict')],
  [413, refuse(413, 'request_too_large', 'Sandbox: the request exceeds the maximum size')],
  [
    429,
    { ...refuse(429, 'rate_limit_error', 'Sandbox: this request would exceed the rate limit'), retryAfterMs: 30_000 },
  ],
  [500, refuse(500, 'api_error', 'Internal server error')],
  [503, refuse(503, 'api_error', 'Service unavailable')],
  [504, refuse(504, 'timeout_error', 'Sandbox: the request timed out')],
  [529, refuse(529, 'overloaded_error', 'Overloaded')],
])

function bearer(headers: IncomingHttpHeaders): string | undefined {
  const value = headers.authorization
  return value !== undefined && /^bearer /i.test(value) ? value.slice(7).trim() : undefined
}

function admit(headers: IncomingHttpHeaders, account: Account | undefined): Refusal | undefined {
  // The vendor takes an Origin for a key embedded in a web page.
  if (headers.origin !== undefined && headers['anthropic-dangerous-direct-browser-access'] !== 'true') {
    return unauthorized('CORS requests are not allowed for this organization')
  }
  const key = headers['x-api-key']
  const token = bearer(headers)
  if (key === undefined && token === undefined) return unauthorized('x-api-key header is required')
  if (key !== undefined && account?.kind !== 'api_key') return unauthorized('invalid x-api-key')
  const betas = String(headers['anthropic-beta'] ?? '')
  const mayBear = account?.kind === 'api_key' || betas.split(',').some((beta) => beta.trim() === BEARER_BETA)
  if (key === undefined && !mayBear) return unauthorized('OAuth authentication is currently not supported.')
  if (account === undefined) return unauthorized('Invalid bearer token')
  const version = headers['anthropic-version']
  if (version === undefined) return refuse(400, 'invalid_request_error', 'anthropic-version: header is required')
  if (VERSIONS.has(String(version))) return undefined
  return refuse(400, 'invalid_request_error', `anthropic-version: "${String(version)}" is not a valid version`)
}

function modelInfo(id: string): object {
  return {
    type: 'model',
    id,
    display_name: `${id} (sandbox)`,
    created_at: RELEASED_AT,
    deprecated_at: null,
    lifecycle: 'active',
    line: null,
    capabilities: null,
    max_input_tokens: 200_000,
    max_tokens: 64_000,
  }
}

const MOST_ON_PAGE = 3

function modelPage(query: string): string {
  const wanted = new URLSearchParams(query)
  // The vendor gives a thousand at most, and the sandbox has four.
  const limit = Math.min(MOST_ON_PAGE, asCount(Number(wanted.get('limit') ?? 20)) ?? 20)
  const after = ANTHROPIC_MODELS.indexOf(wanted.get('after_id') ?? '')
  const before = ANTHROPIC_MODELS.indexOf(wanted.get('before_id') ?? '')
  const end = before < 0 ? ANTHROPIC_MODELS.length : before
  const start = before < 0 ? after + 1 : Math.max(0, before - limit)
  const page = ANTHROPIC_MODELS.slice(start, Math.min(end, start + limit))
  const more = before < 0 ? start + limit < end : start > 0
  return JSON.stringify({
    data: page.map(modelInfo),
    has_more: more,
    first_id: page[0] ?? null,
    last_id: page.at(-1) ?? null,
  })
}

function other({ method, path, query, body }: OtherAsk): string | Refusal | undefined {
  if (path === '/v1/messages/count_tokens') {
    return method === 'POST' ? countTokens(body) : anthropic.refusals.wrongMethod(method, path)
  }
  if (path !== '/v1/models' && !path.startsWith('/v1/models/')) return undefined
  if (method !== 'GET') return anthropic.refusals.wrongMethod(method, path)
  if (path === '/v1/models') return modelPage(query)
  const id = ANTHROPIC_MODELS.find((model) => `/v1/models/${model}` === path)
  return id === undefined
    ? refuse(404, 'not_found_error', `model: ${path.slice('/v1/models/'.length)}`)
    : JSON.stringify(modelInfo(id))
}

// RFC 3339 without fractions, as the vendor writes it. Each second is written once: an answer names the same two four times.
const instants = new Map<number, string>()
const MOST_INSTANTS = 16
function instant(at: number): string {
  const second = Math.ceil(at / 1000)
  let text = instants.get(second)
  if (text === undefined) {
    text = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`
    if (instants.size >= MOST_INSTANTS) instants.clear()
    instants.set(second, text)
  }
  return text
}

/** What a subscription is told instead: its quota as the window of five hours, a tenth of it as that of the week. */
function unified(quota: Quota): string[] {
  const used = usedOf(quota)
  const status = used < 1 ? 'allowed' : 'rejected'
  const seconds = Math.ceil(quota.resetAt / 1000)
  const name = 'anthropic-ratelimit-unified'
  const window = (kind: string, share: number, reset: number): string[] =>
    Object.entries({ status, reset, utilization: share }).flatMap(([field, value]) => [
      `${name}-${kind}-${field}`,
      String(value),
    ])
  return [
    ...[`${name}-status`, status, `${name}-reset`, String(seconds), `${name}-representative-claim`, 'five_hour'],
    ...[`${name}-fallback-percentage`, '0.5', `${name}-overage-status`, 'rejected'],
    ...window('5h', used, seconds),
    ...window('7d', used / 10, seconds + REST_OF_WEEK_SECONDS),
  ]
}

export const anthropic: Vendor = {
  name: 'anthropic',
  prefix: '/anthropic',
  models: ANTHROPIC_MODELS,
  dialects: new Map([['/v1/messages', messages]]),
  other,
  presentedKey: (headers) => asText(headers['x-api-key']) ?? bearer(headers),
  admit,
  headers(requestId, quota, now, account) {
    const list = ['request-id', requestId, 'anthropic-organization-id', 'org-sandbox']
    if (account?.kind === 'bearer') return [...list, ...unified(quota)]
    const limit = (kind: string, most: number, left: number, resetAt: number): void => {
      const name = `anthropic-ratelimit-${kind}`
      list.push(`${name}-limit`, String(most), `${name}-remaining`, String(left), `${name}-reset`, instant(resetAt))
    }
    limit('requests', quota.limit, quota.remaining, quota.resetAt)
    limit('tokens', TOKENS_LIMIT, TOKENS_LIMIT - 1000, now)
    limit('input-tokens', TOKENS_LIMIT, TOKENS_LIMIT - 1000, now)
    limit('output-tokens', TOKENS_LIMIT, TOKENS_LIMIT - 1000, now)
    return list
  },
  errorObject: ({ type, message, code }, requestId) => ({
    type: 'error',
    error: { type, message, ...(code === undefined ? {} : { details: { error_code: code } }) },
    request_id: requestId,
  }),
  refusalFor: (status) =>
    BY_STATUS.get(status) ??
    refuse(status, status >= 500 ? 'api_error' : 'invalid_request_error', `Sandbox: status ${status}`),
  refusals: {
    malformedJson: refuse(400, 'invalid_request_error', 'The request body is not valid JSON'),
    wrongMethod: () => refuse(405, 'invalid_request_error', 'Method Not Allowed'),
    tooLarge: refuse(413, 'request_too_large', 'Sandbox: the request exceeds the maximum size'),
  },
  retryHeaders: (retryAfterMs) => ['retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1000)))],
}
