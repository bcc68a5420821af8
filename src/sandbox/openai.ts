// OpenAI, played: who is let in, what its headers, models and errors look like. Asking a model is in completions.ts and responses.ts.
import { maskKey } from './accounts.ts'
import { completions } from './completions.ts'
import { OPENAI_MODELS } from './models.ts'
import { organizationOf } from './own.ts'
import { responses } from './responses.ts'
import type { OtherAsk, Refusal, Vendor } from './vendor.ts'

const CREATED_SECONDS = 1_767_225_600
const TOKENS_LIMIT = 2_000_000

const refuse = (status: number, type: string, message: string, code?: string): Refusal => ({
  status,
  type,
  message,
  ...(code === undefined ? {} : { code }),
})
const invalid = (status: number, message: string, code?: string): Refusal =>
  refuse(status, 'invalid_request_error', message, code)

const BY_STATUS = new Map<number, Refusal>([
  [400, invalid(400, 'Sandbox: the request is malformed')],
  [401, invalid(401, 'Incorrect API key provided.', 'invalid_api_key')],
  [402, refuse(402, 'billing_error', 'Sandbox: there is a problem with the billing of this account')],
  [403, invalid(403, 'Sandbox: this key may not use the requested resource', 'insufficient_permissions')],
  [404, invalid(404, 'Sandbox: not found')],
  [413, invalid(413, 'Sandbox: the request is too large')],
  [429, { ...refuse(429, 'requests', 'Rate limit reached (sandbox).', 'rate_limit_exceeded'), retryAfterMs: 30_000 }],
  [500, refuse(500, 'server_error', 'The server had an error while processing the request (sandbox).')],
  [503, refuse(503, 'server_error', 'The engine is currently overloaded (sandbox).')],
  [529, refuse(529, 'server_error', 'Overloaded (sandbox).')],
])

function modelInfo(id: string): object {
  return { id, object: 'model', created: CREATED_SECONDS, owned_by: 'sandbox' }
}

function other({ method, path }: OtherAsk): string | Refusal | undefined {
  if (path !== '/models' && !path.startsWith('/models/')) return undefined
  if (method !== 'GET') return openai.refusals.wrongMethod(method, path)
  if (path === '/models') return JSON.stringify({ object: 'list', data: OPENAI_MODELS.map(modelInfo) })
  const id = path.slice('/models/'.length)
  return OPENAI_MODELS.includes(id)
    ? JSON.stringify(modelInfo(id))
    : { ...invalid(404, `The model '${id}' does not exist`, 'model_not_found'), param: 'model' }
}

/** A span of time as this vendor writes it: `120ms`, `12s`, `6m0s`. */
export function span(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.ceil(ms))}ms`
  const seconds = Math.ceil(ms / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}

export const openai: Vendor = {
  name: 'openai',
  prefix: '/openai/v1',
  models: OPENAI_MODELS,
  dialects: new Map([
    ['/chat/completions', completions],
    ['/responses', responses],
  ]),
  other,
  presentedKey({ authorization }) {
    return authorization !== undefined && /^bearer /i.test(authorization) ? authorization.slice(7).trim() : undefined
  },
  admit(headers, account) {
    if (account !== undefined) return undefined
    const key = openai.presentedKey(headers)
    return key === undefined || key === ''
      ? invalid(401, "You didn't provide an API key.")
      : invalid(401, `Incorrect API key provided: ${maskKey(key)}.`, 'invalid_api_key')
  },
  headers: (requestId, quota, now, account) => [
    'x-request-id',
    requestId,
    'openai-processing-ms',
    '1',
    'openai-version',
    '2020-10-01',
    'openai-organization',
    `org-${organizationOf(account?.key ?? '')}`,
    'x-ratelimit-limit-requests',
    String(quota.limit),
    'x-ratelimit-limit-tokens',
    String(TOKENS_LIMIT),
    'x-ratelimit-remaining-requests',
    String(quota.remaining),
    'x-ratelimit-remaining-tokens',
    String(TOKENS_LIMIT - 1000),
    'x-ratelimit-reset-requests',
    span(quota.resetAt - now),
    'x-ratelimit-reset-tokens',
    '30ms',
  ],
  errorObject: ({ message, type, param, code, more }) => ({
    error: { message, type, param: param ?? null, code: code ?? null, ...more },
  }),
  refusalFor: (status) =>
    BY_STATUS.get(status) ??
    refuse(status, status >= 500 ? 'server_error' : 'invalid_request_error', `Sandbox: status ${status}`),
  refusals: {
    malformedJson: invalid(400, 'The body of the request is not valid JSON.'),
    wrongMethod: (method, path) => invalid(405, `Not allowed to ${method} on ${path}.`, 'method_not_supported'),
    tooLarge: invalid(413, 'Sandbox: the request is too large'),
  },
  retryHeaders: (retryAfterMs) => [
    'retry-after-ms',
    String(Math.max(1, Math.ceil(retryAfterMs))),
    'retry-after',
    String(Math.max(1, Math.ceil(retryAfterMs / 1000))),
  ],
}
