// What a ChatGPT login does: the address to open, the exchange of its code, and the device login, whose form is the vendor's own.
import type { OAuth } from '../core/credential.ts'
import { AuthError } from '../core/errors.ts'
import { printable } from '../core/profile.ts'
import type { Secret } from '../core/secret.ts'
import { type Attempt, authorizeUrl } from '../oauth/authorize.ts'
import { intervalFrom, type Poll, pollDevice } from '../oauth/device.ts'
import { type Endpoint, type Issuer, issuerFrom, post, type Reply } from '../oauth/endpoint.ts'
import { revoke as revokeToken } from '../oauth/revoke.ts'
import { errorCode, judgeTokens, parseObject, requestTokens, type Tokens } from '../oauth/token.ts'
import { accountIn } from './codex.ts'
import { OWN_HEADERS } from './headers.ts'
import type { DeviceLogin, LoginRoom, Outcome } from './provider.ts'

/** The public client that the vendor registered for its command line and lets other tools use; we say our own name with it. */
export const CLIENT_ID = 'app_EMoamEEZ73f0CkXaXp7hrann'
const SCOPE = 'openid profile email offline_access'

/** Names another server for logins and renewals of this provider: https, or http on loopback. For tests and proxies of one's own. */
export const ISSUER_VARIABLE = 'OPENCLAW_LOGIN_ISSUER_OPENAI_CODEX'
const ISSUER = 'https://auth.openai.com'

/** Where this provider's logins live. @throws AuthError unsafe */
export function issuer(env: LoginRoom['env']): Issuer {
  return issuerFrom(env, ISSUER_VARIABLE, ISSUER)
}

/** An endpoint below the issuer. */
export function endpointAt({ url, reach }: Issuer, path: string, format: 'form' | 'json' = 'form'): Endpoint {
  return { url: url + path, reach, headers: OWN_HEADERS, format }
}

/** The address to open in a browser. */
export function address({ env }: LoginRoom, attempt: Attempt, redirectUri: string): string {
  return authorizeUrl(
    `${issuer(env).url}/oauth/authorize`,
    {
      clientId: CLIENT_ID,
      redirectUri,
      scope: SCOPE,
      extra: { id_token_add_organizations: 'true', codex_cli_simplified_flow: 'true', originator: 'keyclaw' },
    },
    attempt,
  )
}

/** Sends the code of a browser login, once. */
export function exchange(room: LoginRoom, code: Secret, attempt: Attempt, redirectUri: string): Promise<Outcome> {
  return redeem(room, code.reveal(), attempt.verifier.reveal(), redirectUri)
}

async function redeem(
  { machine, env, signal }: LoginRoom,
  code: string,
  verifier: string,
  redirectUri: string,
): Promise<Outcome> {
  const reply = await requestTokens(
    machine,
    endpointAt(issuer(env), '/oauth/token'),
    {
      grant_type: 'authorization_code',
      client_id: CLIENT_ID,
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    },
    { signal },
  )
  const verdict = judgeTokens(reply, machine.now())
  return verdict.kind === 'granted' ? { kind: 'granted', credential: credentialOf(verdict.tokens) } : verdict
}

/** Redeems the refresh token of a login, once (RFC 6749, 6). */
export async function renew({ machine, env, signal }: LoginRoom, login: OAuth): Promise<Outcome> {
  const reply = await requestTokens(
    machine,
    endpointAt(issuer(env), '/oauth/token'),
    {
      grant_type: 'refresh_token',
      client_id: login.clientId ?? CLIENT_ID,
      refresh_token: login.refresh?.reveal() ?? '',
    },
    { signal },
  )
  const verdict = judgeTokens(reply, machine.now())
  return verdict.kind === 'granted' ? { kind: 'granted', credential: credentialOf(verdict.tokens) } : verdict
}

/** What is stored of an answer; the id token has said what it had to say. */
export function credentialOf({ access, refresh, idToken, expiresAt }: Tokens): OAuth {
  const tokens = [access, idToken].flatMap((token) => (token === undefined ? [] : [token.reveal()]))
  return {
    kind: 'oauth',
    access,
    ...(refresh === undefined ? {} : { refresh }),
    expiresAt,
    ...accountIn(tokens),
    clientId: CLIENT_ID,
  }
}

/** Takes a login back: with the refresh token the whole family goes. Only one of our own: another program may live on what was taken over. */
export function revoke({ machine, env, signal }: LoginRoom, { refresh, access, clientId }: OAuth): Promise<boolean> {
  const token = refresh ?? access
  if (token === undefined || clientId !== CLIENT_ID) return Promise.resolve(false)
  const kind = refresh === undefined ? ({ token_type_hint: 'access_token' } as const) : FAMILY
  return revokeToken(
    machine,
    endpointAt(issuer(env), '/oauth/revoke', 'json'),
    { token: token.reveal(), ...kind },
    { signal },
  )
}

const FAMILY = { token_type_hint: 'refresh_token', client_id: CLIENT_ID } as const

const DEVICE_LIFE_MS = 15 * 60_000

/**
 * Asks for a code that is typed on any device.
 * @throws AuthError upstream, unsafe
 */
export async function openDevice(room: LoginRoom): Promise<DeviceLogin> {
  const { machine, env, signal } = room
  const server = issuer(env)
  const at = (path: string): Endpoint => endpointAt(server, `/api/accounts/deviceauth/${path}`, 'json')
  const reply = await post(machine, at('usercode'), { client_id: CLIENT_ID }, { signal })
  signal.throwIfAborted()
  const value = reply.kind === 'answered' && reply.status === 200 ? parseObject(reply.body) : undefined
  const id = value?.device_auth_id
  const userCode = value?.user_code ?? value?.usercode
  if (typeof id !== 'string' || typeof userCode !== 'string') throw noCode(reply)
  const askOnce = async (): Promise<Poll<Code>> =>
    judgePoll(await post(machine, at('token'), { device_auth_id: id, user_code: userCode }, { signal }))
  return {
    userCode: printable(userCode, 40),
    url: `${server.url}/codex/device`,
    lifeMs: DEVICE_LIFE_MS,
    wait: async () => {
      const pace = { intervalMs: intervalFrom(value?.interval), lifeMs: DEVICE_LIFE_MS }
      const waited = await pollDevice(machine, pace, askOnce, signal)
      if (waited.kind === 'ended') return waited
      return redeem(room, waited.value.code, waited.value.verifier, `${server.url}/deviceauth/callback`)
    },
  }
}

function noCode(reply: Reply): AuthError {
  if (reply.kind === 'answered' && reply.status === 404) {
    return new AuthError(
      'upstream',
      'The vendor has no login by code for this client or workspace. Nothing was changed.',
      {
        remedy: 'openclaw models auth login --provider openai-codex --method browser',
      },
    )
  }
  const verdict = judgeTokens(reply, 0)
  const detail = verdict.kind === 'granted' ? 'malformed answer' : verdict.detail
  return new AuthError('upstream', `The vendor gave no code: ${detail}. Nothing was changed.`, {
    remedy: 'openclaw models auth login --provider openai-codex --device-code',
  })
}

type Code = { code: string; verifier: string }

/** 403 and 404 mean "not yet" here; the pair of PKCE was made by the server. */
function judgePoll(reply: Reply): Poll<Code> {
  if (reply.kind === 'failed') return { kind: 'trouble', detail: reply.failure.kind }
  const { status, body } = reply
  const value = parseObject(body)
  const code = errorCode(value)
  if (code === 'access_denied' || code === 'expired_token') return { kind: 'ended', code, detail: code }
  if (code === 'slow_down') return { kind: 'slow_down' }
  if (status === 403 || status === 404) return { kind: 'pending' }
  const { authorization_code: given, code_verifier: verifier } = value ?? {}
  if (status === 200 && typeof given === 'string' && typeof verifier === 'string') {
    return { kind: 'done', value: { code: given, verifier } }
  }
  return { kind: 'trouble', detail: `HTTP ${status}` }
}
