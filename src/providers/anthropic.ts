// Anthropic: Messages, keys by x-api-key, pasted subscription tokens as bearers under our own name (D13).
import type { Failure } from '../core/failure.ts'
import type { UsageHeaders } from '../core/usage.ts'
import { readReset } from '../core/window-end.ts'
import { type FailureRow, judge, readErrorBody } from './http-failure.ts'
import { KEY_METHOD, type Provider, type Refusal, type SecretComplaint } from './provider.ts'
import { bodyUsage, eventUsage, messagesUsage } from './sse.ts'

const BEARER_BETA = 'oauth-2025-04-20'
const SETUP_TOKEN = 'sk-ant-oat'
const SHORTEST_TOKEN = 80

/** What Anthropic says beyond its status; texts only where it gives no code. */
const ROWS: readonly FailureRow[] = [
  {
    status: [400, 401, 403],
    text: 'only authorized for use with claude code',
    class: 'auth_permanent',
    scope: 'account',
    instead: 'api_key',
  },
  { status: [400], text: 'credit balance is too low', class: 'billing', scope: 'account' },
  { status: [400], text: 'you have reached your specified', class: 'billing', scope: 'account' },
  { status: [400, 413], text: 'prompt is too long', class: 'context_overflow', scope: 'request' },
  { status: [400], text: 'exceed context limit', class: 'context_overflow', scope: 'request' },
  { status: [400], text: 'now draw from your extra usage', class: 'billing', scope: 'account' },
  { status: [400], text: 'this organization has been disabled', class: 'auth_permanent', scope: 'account' },
  { status: [403], text: 'api key has been disabled', class: 'auth_permanent', scope: 'account' },
  { status: [403], text: 'permission to use the specified model', class: 'permission', scope: 'model' },
  { status: [400], text: 'blocked by content filtering policy', class: 'policy', scope: 'request' },
  { code: 'enforced_spend_limit_reached', class: 'billing', scope: 'account' },
  { code: 'contract_spend_limit_reached', class: 'billing', scope: 'account' },
  { code: 'organization_on_hold', class: 'auth_permanent', scope: 'account' },
  { status: [401], text: 'cors requests are not allowed', class: 'format', scope: 'request' },
  { type: 'overloaded_error', class: 'overloaded', scope: 'vendor' },
  // "… 30,000 input tokens per minute (org: …, model: claude-sonnet-4-6)": limits by the minute are a model's where they name it.
  { type: 'rate_limit_error', text: ', model: claude', class: 'rate_limit', scope: 'model' },
  { type: 'rate_limit_error', class: 'rate_limit', scope: 'account' },
  { type: 'api_error', class: 'server', scope: 'vendor' },
  { status: [499], class: 'server', scope: 'vendor' },
]

function complain(kind: 'api_key' | 'token', text: string): SecretComplaint | undefined {
  if (kind === 'api_key') {
    if (text.startsWith(SETUP_TOKEN)) {
      return { message: 'This is a setup-token, not an API key.', door: 'setup-token' }
    }
    if (text.startsWith('sk-ant-admin')) {
      return { message: 'This is an admin key; the Messages API refuses those. Make an API key in the Console.' }
    }
    if (text.startsWith('sk-ant-ort')) return { message: 'This is a refresh token; it is not meant to be pasted.' }
    return undefined
  }
  if (text.startsWith('sk-ant-api')) return { message: 'This is an API key, not a token.', door: 'paste-api-key' }
  if (/^[\w-]{20,}#[\w-]{20,}$/.test(text)) {
    return {
      message:
        'This is the code of the login page. Paste it where `claude setup-token` asks for it, then paste the token it prints here.',
    }
  }
  if (!text.startsWith(`${SETUP_TOKEN}01-`)) return { message: 'Expected a token starting with sk-ant-oat01-.' }
  if (text.length < SHORTEST_TOKEN)
    return { message: `The token is cut off: ${text.length} of at least ${SHORTEST_TOKEN} characters.` }
  return undefined
}

const RESUMES = /\bregain access on (\d{4}-\d{2}-\d{2})(?: at (\d{2}:\d{2}))? utc/

/** The windows of a subscription that count one family of models only, by the claim that refused. */
const OF_MODELS = /^seven_day_(?:opus|sonnet|haiku)$/

/** A subscription is used by windows of hours and days; a key is limited by the minute. */
function withWindow(failure: Failure, { header, now }: Refusal): Failure {
  if (failure.class !== 'rate_limit' || header('anthropic-ratelimit-unified-status') !== 'rejected') return failure
  const until = failure.retryAt ?? readReset(header('anthropic-ratelimit-unified-reset'), now)
  const isOfModel = OF_MODELS.test(header('anthropic-ratelimit-unified-representative-claim') ?? '')
  const scope = isOfModel ? 'model' : 'account'
  return { ...failure, class: 'quota', scope, ...(until === undefined || until <= now ? {} : { retryAt: until }) }
}

/** A spend limit that the customer has set ends at a time which only the text tells. */
function withResumption(failure: Failure, refusal: Refusal): Failure {
  if (failure.class !== 'billing' || failure.retryAt !== undefined) return failure
  const [, day, time = '00:00'] = RESUMES.exec(readErrorBody(refusal.body).message.toLowerCase()) ?? []
  const at = day === undefined ? Number.NaN : Date.parse(`${day}T${time}:00Z`)
  return at > refusal.now ? { ...failure, retryAt: at } : failure
}

/** Subscriptions have windows of five hours and of a week, and more for some models; keys have limits by the minute. */
const USAGE: UsageHeaders = {
  prefix: 'anthropic-ratelimit-',
  forms: [
    { prefix: 'unified-', fields: { utilization: 'fraction', reset: 'reset' } },
    { fields: { limit: 'limit', remaining: 'remaining', reset: 'reset' } },
  ],
}

export const anthropic: Provider = {
  id: 'anthropic',
  label: 'Anthropic',
  baseUrl: 'https://api.anthropic.com',
  endpoints: { messages: '/v1/messages', count_tokens: '/v1/messages/count_tokens', models: '/v1/models' },
  env: ['ANTHROPIC_OAUTH_TOKEN', 'ANTHROPIC_API_KEY'],
  keyHint: 'sk-ant-api03-…',
  login: [
    KEY_METHOD,
    {
      id: 'setup-token',
      label: 'Token that `claude setup-token` prints',
      kind: 'paste',
      door: 'setup-token',
      hint: 'sk-ant-oat01-…',
    },
  ],
  // Twenty at a time, unless it is asked for more.
  listing: { query: 'limit=1000', headers: ['anthropic-version', '2023-06-01'], after: 'after_id' },
  probePath: '/v1/models?limit=1',
  complain,
  sign: (kind, secret) =>
    kind === 'api_key'
      ? ['x-api-key', secret.reveal()]
      : ['authorization', `Bearer ${secret.reveal()}`, 'anthropic-beta', BEARER_BETA],
  classify: (refusal) => withResumption(withWindow(judge(ROWS, refusal), refusal), refusal),
  readUsage: (_endpoint, streaming) => (streaming ? eventUsage(messagesUsage) : bodyUsage(messagesUsage)),
  usageHeaders: USAGE,
}
