// ChatGPT's login, played: the page that asks, the token endpoint with its rotation, device codes, revocation. The book is logins.ts.
import { type Quota, usedOf } from './accounts.ts'
import { type Call, head, json, refuse } from './call.ts'
import type { Reply } from './delivery.ts'
import { asText, type JsonObject } from './json.ts'
import { choices, page } from './login-page.ts'
import { type Authorisation, challengeOf, type Issued, isIssued, type Logins, type Redemption, word } from './logins.ts'
import { openai } from './openai.ts'
import { responses } from './responses.ts'
import type { Dialect, Refusal, Vendor } from './vendor.ts'

/** The public client and the redirects that the vendor has registered for it. */
const CLIENT_ID = 'app_EMoamEEZ73f0CkXaXp7hrann'
const REDIRECTS = ['http://localhost:1455/auth/callback', 'http://localhost:1457/auth/callback']
const DEVICE_REDIRECT = '/deviceauth/callback'

const REST_OF_WEEK_MS = 6 * 86_400_000

const refusal = (status: number, code: string, message: string): Refusal => ({
  status,
  type: 'invalid_request_error',
  message,
  code,
})

const reply = (call: Call, status: number, value: object): Reply => ({
  status,
  headers: [...json(call), 'cache-control', 'no-store'],
  body: JSON.stringify(value),
})

/** The fields of a body, form-encoded or JSON: the vendor takes both. */
function fieldsOf(call: Call): JsonObject {
  const isForm = String(call.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')
  return isForm ? Object.fromEntries(new URLSearchParams(call.body.toString('utf8'))) : (call.parsed ?? {})
}

const field = (fields: JsonObject, name: string): string => asText(fields[name]) ?? ''

/** Where this sandbox is called: it stands in the redirect of a device login. */
function issuerOf(call: Call): string {
  return `http://${call.headers.host}${chatgpt.prefix}`
}

function token(call: Call, logins: Logins): Reply {
  const fields = fieldsOf(call)
  const clientId = field(fields, 'client_id')
  switch (fields.grant_type) {
    case 'authorization_code': {
      const shown = { clientId, redirectUri: field(fields, 'redirect_uri'), verifier: field(fields, 'code_verifier') }
      const outcome = logins.redeemCode(field(fields, 'code'), shown)
      if (isIssued(outcome)) return reply(call, 200, tokens(outcome))
      return reply(call, 400, { error: 'invalid_grant', error_description: `Sandbox: ${outcome.outcome}.` })
    }
    case 'refresh_token': {
      const outcome = logins.redeemRefresh(field(fields, 'refresh_token'), { clientId })
      return isIssued(outcome) ? reply(call, 200, tokens(outcome)) : refuse(call, refusedRefresh(outcome))
    }
    default:
      return reply(call, 400, { error: 'unsupported_grant_type' })
  }
}

function tokens({ access, refresh, idToken, expiresInSeconds }: Issued): object {
  return {
    access_token: access,
    ...(refresh === undefined ? {} : { refresh_token: refresh }),
    id_token: idToken,
    token_type: 'Bearer',
    expires_in: expiresInSeconds,
  }
}

/** The vendor's own codes; each of them is for good. */
function refusedRefresh({ outcome }: Redemption): Refusal {
  if (outcome === 'reused') {
    const message =
      'Your refresh token has already been used to generate a new access token. Please try signing in again.'
    return refusal(401, 'refresh_token_reused', message)
  }
  return refusal(
    401,
    'refresh_token_invalidated',
    'Your refresh token is not valid any more. Please try signing in again.',
  )
}

/** What is wrong with an authorisation, or what it asks for. A redirect nobody registered is never followed (RFC 6749, 4.1.2.1). */
function readAuthorisation(asked: URLSearchParams): Authorisation | string {
  const redirectUri = asked.get('redirect_uri') ?? ''
  if (asked.get('client_id') !== CLIENT_ID) return 'unknown client_id'
  if (!REDIRECTS.includes(redirectUri)) return 'this redirect_uri is not registered'
  if (asked.get('response_type') !== 'code') return 'response_type must be code'
  const challenge = asked.get('code_challenge') ?? ''
  if (asked.get('code_challenge_method') !== 'S256' || !/^[\w-]{43}$/.test(challenge))
    return 'PKCE with S256 is required'
  if ((asked.get('state') ?? '').length < 22) return 'state is missing or short'
  return { clientId: CLIENT_ID, redirectUri, challenge, scope: asked.get('scope') ?? '' }
}

/** Without `as` a page that asks who it is; with it the redirect that a click gives. `as=nobody` says no. */
function authorize(call: Call, logins: Logins): Reply {
  const asked = new URLSearchParams(call.query)
  const wanted = readAuthorisation(asked)
  if (typeof wanted === 'string') return page(call, 400, `Sandbox: ${wanted}.`, [])
  const as = asked.get('as')
  if (as === null) return page(call, 200, 'Sandbox: who logs in?', choices(call, logins))
  const back = new URL(wanted.redirectUri)
  const login = logins.find(as)
  if (login === undefined) {
    back.searchParams.set('error', 'access_denied')
    back.searchParams.set('error_description', 'Sandbox: the person said no')
  } else back.searchParams.set('code', logins.authorise(login, wanted))
  back.searchParams.set('state', asked.get('state') ?? '')
  return { status: 302, headers: [...head(call), 'location', back.href, 'cache-control', 'no-store'], body: '' }
}

/** The page where a device's code is typed: with `user_code` and `as` it is approved, or refused with `as=nobody`. */
function devicePage(call: Call, logins: Logins): Reply {
  const asked = new URLSearchParams(call.query)
  const userCode = asked.get('user_code')
  const device = userCode === null ? undefined : logins.device({ userCode })
  if (device === undefined) return page(call, 200, 'Sandbox: which code does the device show? (?user_code=…)', [])
  const as = asked.get('as')
  if (as === null) return page(call, 200, 'Sandbox: who logs in?', choices(call, logins))
  device.login = logins.find(as)
  device.denied = device.login === undefined
  return page(call, 200, 'Sandbox: done.', [])
}

function deviceToken(call: Call, logins: Logins): Reply {
  const fields = fieldsOf(call)
  const device = logins.device({ id: field(fields, 'device_auth_id'), userCode: field(fields, 'user_code') })
  if (device === undefined) return refuse(call, refusal(404, 'deviceauth_not_found', 'Sandbox: no such device login.'))
  if (device.denied) return refuse(call, refusal(400, 'access_denied', 'Sandbox: the person said no.'))
  if (device.login === undefined) {
    return refuse(call, refusal(403, 'deviceauth_authorization_pending', 'Sandbox: nobody has agreed yet.'))
  }
  // The vendor makes the pair of PKCE itself here.
  const verifier = word(48)
  const challenge = challengeOf(verifier)
  const redirectUri = issuerOf(call) + DEVICE_REDIRECT
  const scope = 'openid profile email offline_access'
  const code = logins.authorise(device.login, { clientId: device.clientId, redirectUri, challenge, scope })
  device.login = undefined
  return reply(call, 200, { authorization_code: code, code_challenge: challenge, code_verifier: verifier })
}

function serve(call: Call): Reply | undefined {
  const { logins } = call.stage
  switch (`${call.method} ${call.path}`) {
    case 'GET /oauth/authorize':
      return authorize(call, logins)
    case 'POST /oauth/token':
      return token(call, logins)
    case 'POST /oauth/revoke':
      logins.revoke(field(fieldsOf(call), 'token'))
      return reply(call, 200, {})
    case 'POST /api/accounts/deviceauth/usercode': {
      if (field(fieldsOf(call), 'client_id') !== CLIENT_ID) return undefined
      const { id, userCode } = logins.openDevice(CLIENT_ID)
      return reply(call, 200, { device_auth_id: id, user_code: userCode, interval: logins.settings.deviceInterval })
    }
    case 'POST /api/accounts/deviceauth/token':
      return deviceToken(call, logins)
    case 'GET /codex/device':
      return devicePage(call, logins)
    default:
      return undefined
  }
}

const NOT_TAKEN = ['max_output_tokens', 'temperature', 'top_p', 'safety_identifier', 'user']

/** The backend takes nothing but streams that it need not keep. */
const codexResponses: Dialect = {
  ...responses,
  read: (body, headers) => {
    if (body.store !== false)
      return { status: 400, type: 'invalid_request_error', message: 'Store must be set to false' }
    if (body.stream !== true)
      return { status: 400, type: 'invalid_request_error', message: 'Stream must be set to true' }
    if (asText(body.instructions) === undefined) {
      return { status: 400, type: 'invalid_request_error', message: 'Instructions are required' }
    }
    const unsupported = NOT_TAKEN.find((name) => body[name] !== undefined)
    if (unsupported !== undefined)
      return { status: 400, type: 'invalid_request_error', message: `Unsupported parameter: ${unsupported}` }
    return responses.read(body, headers)
  },
}

/** The quota as the window of five hours, a tenth of it as that of the week. */
function windows(quota: Quota, now: number): string[] {
  const percent = 100 * usedOf(quota)
  const window = (kind: string, share: number, minutes: number, resetAt: number): string[] => [
    ...[`x-codex-${kind}-used-percent`, String(share), `x-codex-${kind}-window-minutes`, String(minutes)],
    ...[`x-codex-${kind}-reset-at`, String(Math.ceil(resetAt / 1000))],
    ...[`x-codex-${kind}-reset-after-seconds`, String(Math.ceil((resetAt - now) / 1000))],
  ]
  return [
    ...[
      'x-codex-active-limit',
      'premium',
      'x-codex-credits-has-credits',
      'False',
      'x-codex-credits-unlimited',
      'False',
    ],
    ...window('primary', percent, 300, quota.resetAt),
    ...window('secondary', percent / 10, 10_080, quota.resetAt + REST_OF_WEEK_MS),
  ]
}

export const chatgpt: Vendor = {
  ...openai,
  name: 'chatgpt',
  prefix: '/chatgpt',
  dialects: new Map([['/backend-api/codex/responses', codexResponses]]),
  serve,
  headers: (requestId, quota, now) => ['x-request-id', requestId, ...windows(quota, now)],
  usedUp: (resetAt, now) => ({
    status: 429,
    type: 'usage_limit_reached',
    message: 'The usage limit has been reached',
    more: {
      plan_type: 'plus',
      resets_at: Math.ceil(resetAt / 1000),
      resets_in_seconds: Math.ceil((resetAt - now) / 1000),
    },
  }),
  other: () => undefined,
  accountKey: (headers, logins) => {
    const login = logins.bearer(openai.presentedKey(headers) ?? '')
    return headers['chatgpt-account-id'] === login?.accountId ? login?.name : undefined
  },
  admit: (_headers, account) =>
    account === undefined ? refusal(401, 'token_expired', 'Provided authentication token is expired.') : undefined,
}
