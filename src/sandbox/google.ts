// Google, played: who is let in, what its models and errors look like. Asking a model is in generate-content.ts, and in completions.ts at the
// door that speaks OpenAI's dialect.
import { completionsOf } from './completions.ts'
import { countTokens, generateContent, malformed } from './generate-content.ts'
import type { JsonObject } from './json.ts'
import { GOOGLE_MODELS } from './models.ts'
import type { Dialect, OtherAsk, Refusal, Vendor } from './vendor.ts'

const refuse = (status: number, type: string, message: string, code?: string): Refusal => ({
  status,
  type,
  message,
  ...(code === undefined ? {} : { code }),
})

/** A bad key is a bad request here. */
const BAD_KEY = refuse(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', 'API_KEY_INVALID')

const BY_STATUS = new Map<number, Refusal>([
  [400, malformed('Sandbox: the request is malformed')],
  [401, BAD_KEY],
  [402, refuse(403, 'PERMISSION_DENIED', 'Sandbox: billing is disabled for this project.', 'BILLING_DISABLED')],
  [403, refuse(403, 'PERMISSION_DENIED', 'Sandbox: this key may not use the requested resource.')],
  [404, refuse(404, 'NOT_FOUND', 'Sandbox: not found.')],
  [413, malformed('Request payload size exceeds the limit (sandbox).')],
  [429, { ...refuse(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota (sandbox).'), retryAfterMs: 30_000 }],
  [500, refuse(500, 'INTERNAL', 'An internal error has occurred (sandbox).')],
  [503, refuse(503, 'UNAVAILABLE', 'The service is currently unavailable (sandbox).')],
  [529, refuse(503, 'UNAVAILABLE', 'The service is currently overloaded (sandbox).')],
])

const SPENT: Refusal = {
  ...refuse(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota, please check your plan (sandbox).'),
  more: {
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
        violations: [{ quotaId: 'GenerateRequestsPerDayPerProject-FreeTier' }],
      },
    ],
  },
}

function modelInfo(id: string): JsonObject {
  return {
    name: `models/${id}`,
    version: '001',
    displayName: id,
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: ['generateContent', 'countTokens'],
  }
}

/** At most so many at once, however many are asked for. */
const MOST_ON_PAGE = 2

/** Pages, as the vendor counts them: what a token says is its own affair. */
function modelPage(query: string): string {
  const asked = new URLSearchParams(query)
  const from = Number(Buffer.from(asked.get('pageToken') ?? '', 'base64').toString()) || 0
  const size = Math.min(MOST_ON_PAGE, Number(asked.get('pageSize') ?? 50))
  const isLast = from + size >= GOOGLE_MODELS.length
  return JSON.stringify({
    models: GOOGLE_MODELS.slice(from, from + size).map(modelInfo),
    ...(isLast ? {} : { nextPageToken: Buffer.from(String(from + size)).toString('base64') }),
  })
}

const COUNTING = /^\/models\/([^/:]{1,128}):countTokens$/

function other({ method, path, query, body }: OtherAsk): string | Refusal | undefined {
  const [, counted] = COUNTING.exec(path) ?? []
  if (counted !== undefined && method === 'POST')
    return GOOGLE_MODELS.includes(counted) ? countTokens(body) : google.refusalFor(404)
  if (path !== '/models' && !path.startsWith('/models/')) return undefined
  if (method !== 'GET') return google.refusals.wrongMethod(method, path)
  if (path === '/models') return modelPage(query)
  const id = path.slice('/models/'.length)
  return GOOGLE_MODELS.includes(id) ? JSON.stringify(modelInfo(id)) : google.refusalFor(404)
}

const PLACE = /^\/models\/([^/:]{1,128}):(generateContent|streamGenerateContent)$/

const atOtherDoor = completionsOf(GOOGLE_MODELS)
/** The other door takes the key as a bearer only. */
const compatible: Dialect = {
  ...atOtherDoor,
  read: (body, headers) =>
    headers.authorization === undefined
      ? malformed('Missing or invalid Authorization header.')
      : atOtherDoor.read(body, headers),
}

function bearer(value: string | undefined): string | undefined {
  return value !== undefined && /^bearer /i.test(value) ? value.slice(7).trim() : undefined
}

export const google: Vendor = {
  name: 'google',
  prefix: '/google/v1beta',
  models: GOOGLE_MODELS,
  dialects: new Map([
    ['/models:generateContent', generateContent],
    ['/models:streamGenerateContent', generateContent],
    ['/openai/chat/completions', compatible],
  ]),
  other,
  place(path, query) {
    const [, model, verb] = PLACE.exec(path) ?? []
    if (model === undefined) return undefined
    const stream = verb === 'streamGenerateContent'
    const asked = new URLSearchParams(query)
    // Without `alt=sse` a stream is a list of JSON, which the sandbox does not play; and a key does not belong into an address.
    const isPlayed = !asked.has('key') && (!stream || asked.get('alt') === 'sse')
    return isPlayed ? { path: `/models:${verb}`, said: { model: decodeURIComponent(model), stream } } : undefined
  },
  presentedKey(headers) {
    const key = headers['x-goog-api-key']
    return typeof key === 'string' ? key : bearer(headers.authorization)
  },
  admit(headers, account) {
    if (account !== undefined) return undefined
    const message = "Method doesn't allow unregistered callers (callers without established identity)."
    return google.presentedKey(headers) === undefined ? refuse(403, 'PERMISSION_DENIED', message) : BAD_KEY
  },
  headers: () => ['server-timing', 'gfet4t7; dur=1'],
  errorObject: ({ status, message, type, code, retryAfterMs, more }) => {
    const details = [
      ...(code === undefined
        ? []
        : [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: code, domain: 'googleapis.com' }]),
      ...(retryAfterMs === undefined
        ? []
        : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${Math.ceil(retryAfterMs / 1000)}s` }]),
    ]
    return { error: { code: status, message, status: type, ...(details.length === 0 ? {} : { details }), ...more } }
  },
  refusalFor: (status) =>
    BY_STATUS.get(status) ??
    refuse(status, status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT', `Sandbox: status ${status}`),
  presets: { 'credit-400': BY_STATUS.get(402) ?? BAD_KEY, 'claude-code-only': BAD_KEY, 'insufficient-quota': SPENT },
  refusals: {
    malformedJson: malformed('Invalid JSON payload received.'),
    wrongMethod: (method, path) => refuse(404, 'NOT_FOUND', `No ${method} on ${path} (sandbox).`),
    tooLarge: malformed('Request payload size exceeds the limit (sandbox).'),
  },
  // When to come back stands in the body.
  retryHeaders: () => [],
}
