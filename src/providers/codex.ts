// OpenAI's ChatGPT login (Codex): a subscription instead of a key. Under our own name (D13); what a login does is in codex-login.ts.
import type { Account, OAuth } from '../core/credential.ts'
import type { Failure } from '../core/failure.ts'
import { printable } from '../core/profile.ts'
import type { Secret } from '../core/secret.ts'
import type { UsageHeaders } from '../core/usage.ts'
import { readClaims } from '../oauth/claims.ts'
import { parseObject } from '../oauth/token.ts'
import { type FailureRow, judge } from './http-failure.ts'
import type { LoginRoom, Provider, Refusal, SecretComplaint } from './provider.ts'
import { bodyUsage, eventUsage, responsesUsage } from './sse.ts'

/** What the login functions need is loaded when somebody logs in. */
const late = (): Promise<typeof import('./codex-login.ts')> => import('./codex-login.ts')

function complain(kind: 'api_key' | 'token', text: string): SecretComplaint | undefined {
  if (text.startsWith('sk-')) {
    return {
      message: 'This provider takes a login; a key belongs to openai.',
      door: 'paste-api-key',
      provider: 'openai',
    }
  }
  return kind === 'api_key' ? { message: 'This provider takes a login, not a key.', door: 'login' } : undefined
}

const AUTH = 'https://api.openai.com/auth'
const PROFILE = 'https://api.openai.com/profile'

/**
 * Whose tokens these are, by their claims.
 * @param tokens in order of trust: the access token first, then the id token
 */
export function accountIn(tokens: readonly string[]): Account & Pick<OAuth, 'plan'> {
  const all = tokens.map((token) => readClaims(token) ?? {})
  const find = (...paths: readonly (readonly [string | undefined, string])[]): string | undefined => {
    for (const claims of all) {
      for (const [section, name] of paths) {
        const place: unknown = section === undefined ? claims : claims[section]
        const value: unknown =
          typeof place === 'object' && place !== null ? (place as Record<string, unknown>)[name] : undefined
        if (typeof value === 'string' && value !== '') return printable(value, 254)
      }
    }
    return undefined
  }
  const found = {
    accountId: find([AUTH, 'chatgpt_account_id']),
    userId: find([AUTH, 'chatgpt_user_id'], [AUTH, 'user_id']),
    email: find([undefined, 'email'], [PROFILE, 'email']),
    plan: find([AUTH, 'chatgpt_plan_type']),
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
}

const accountIds = new WeakMap<Secret, string>()

/** The account goes into a header of every request; read once per token. */
function accountIdOf(secret: Secret): string | undefined {
  const known = accountIds.get(secret)
  if (known !== undefined) return known
  const { accountId } = accountIn([secret.reveal()])
  if (accountId === undefined || !/^[\x21-\x7e]+$/.test(accountId)) return undefined
  accountIds.set(secret, accountId)
  return accountId
}

const ROWS: readonly FailureRow[] = [
  { type: 'usage_limit_reached', class: 'quota', scope: 'account' },
  // The plan of the account has no Codex: no waiting helps.
  { type: 'usage_not_included', class: 'auth_permanent', scope: 'account' },
  { code: 'usage_not_included', class: 'auth_permanent', scope: 'account' },
  { code: 'cyber_policy', class: 'policy', scope: 'request' },
  { code: 'slow_down', class: 'overloaded', scope: 'vendor' },
  { status: [400], text: 'is not supported when using codex', class: 'model_not_found', scope: 'model' },
]

/** `codex_bengalfox`: a limit beside the plan's own, for one model. */
const OF_MODEL = /^codex[_-]([a-z0-9_-]{1,40})$/

/** Which limit was met, where it is another one than the plan's, and its family of headers is there. */
function scopeOf({ header }: Refusal): 'model' | 'account' {
  const [, family] = OF_MODEL.exec(header('x-codex-active-limit')?.toLowerCase() ?? '') ?? []
  if (family === undefined) return 'account'
  const isThere = ['limit-name', 'primary-used-percent'].some(
    (field) => header(`x-codex-${family.replaceAll('_', '-')}-${field}`) !== undefined,
  )
  return isThere ? 'model' : 'account'
}

/** The end of a window of usage is told to the second, in the body. */
function withWindow(limit: Failure, refusal: Refusal): Failure {
  if (limit.class !== 'quota') return limit
  const { body, now } = refusal
  const failure: Failure = { ...limit, scope: scopeOf(refusal) }
  const error = parseObject(body)?.error
  const { resets_at: at, resets_in_seconds: left } =
    typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {}
  const retryAt =
    typeof at === 'number' ? at * 1000 : typeof left === 'number' && left > 0 ? now + left * 1000 : undefined
  return retryAt === undefined || !(retryAt > now) ? failure : { ...failure, retryAt }
}

/** Each family of limits has a short window and a long one, whose lengths are told; the plain ones are those of the plan. */
const USAGE: UsageHeaders = {
  prefix: 'x-codex-',
  forms: [
    {
      fields: {
        'used-percent': 'percent',
        'window-minutes': 'minutes',
        'reset-at': 'reset',
        'reset-after-seconds': 'reset',
      },
      names: { primary: '5h', secondary: '7d' },
    },
  ],
  exhausted: ['usage_limit_reached'],
}

export const codex: Provider = {
  id: 'openai-codex',
  label: 'ChatGPT (Codex)',
  baseUrl: 'https://chatgpt.com/backend-api',
  endpoints: { responses: '/codex/responses' },
  onlyStreams: true,
  env: [],
  login: [
    {
      id: 'browser',
      label: 'ChatGPT login in a browser',
      kind: 'oauth-browser',
      // These two are registered, and no other: host, port and path as they stand here.
      redirects: ['http://localhost:1455/auth/callback', 'http://localhost:1457/auth/callback'],
      address: async (room, attempt, redirectUri) => (await late()).address(room, attempt, redirectUri),
      exchange: async (room, code, attempt, redirectUri) => (await late()).exchange(room, code, attempt, redirectUri),
    },
    {
      id: 'device-code',
      label: 'ChatGPT login with a code, on any device',
      kind: 'device',
      open: async (room: LoginRoom) => (await late()).openDevice(room),
    },
  ],
  renew: async (room, login) => (await late()).renew(room, login),
  whose: ({ access }) => (access === undefined ? {} : accountIn([access.reveal()])),
  revoke: async (room, credential) => (await late()).revoke(room, credential),
  complain,
  sign: (_kind, secret) => {
    const accountId = accountIdOf(secret)
    return [
      'authorization',
      `Bearer ${secret.reveal()}`,
      ...(accountId === undefined ? [] : ['chatgpt-account-id', accountId]),
      'originator',
      'keyclaw',
      'openai-beta',
      'responses=experimental',
    ]
  },
  classify: (refusal) => withWindow(judge(ROWS, refusal), refusal),
  readUsage: (_endpoint, streaming) => (streaming ? eventUsage(responsesUsage) : bodyUsage(responsesUsage)),
  usageHeaders: USAGE,
}
