// OpenRouter's login: PKCE without a client id or a state of its own, and what comes back is an API key that lives until it is revoked.
import { printable } from '../core/profile.ts'
import { Secret } from '../core/secret.ts'
import type { Attempt } from '../oauth/authorize.ts'
import { type Issuer, issuerFrom, post } from '../oauth/endpoint.ts'
import { judgeTokens, parseObject } from '../oauth/token.ts'
import { OWN_HEADERS } from './headers.ts'
import type { LoginRoom, Outcome } from './provider.ts'

/** Names another server for this login: https, or http on loopback. For tests and proxies of one's own. */
const ISSUER_VARIABLE = 'OPENCLAW_LOGIN_ISSUER_OPENROUTER'

function issuer(env: LoginRoom['env']): Issuer {
  return issuerFrom(env, ISSUER_VARIABLE, 'https://openrouter.ai')
}

/** The address to open. The state travels inside the address that the browser comes back to. */
export function address({ env }: LoginRoom, { challenge, state }: Attempt, redirectUri: string): string {
  const back = new URL(redirectUri)
  back.searchParams.set('state', state)
  const url = new URL(`${issuer(env).url}/auth`)
  url.searchParams.set('callback_url', back.href)
  url.searchParams.set('code_challenge', challenge)
  url.searchParams.set('code_challenge_method', 'S256')
  return url.href
}

/** Sends the code, once. */
export async function exchange({ machine, env, signal }: LoginRoom, code: Secret, attempt: Attempt): Promise<Outcome> {
  const { url, reach } = issuer(env)
  const reply = await post(
    machine,
    { url: `${url}/api/v1/auth/keys`, reach, headers: OWN_HEADERS, format: 'json' },
    { code: code.reveal(), code_verifier: attempt.verifier.reveal(), code_challenge_method: 'S256' },
    { signal },
  )
  const value = reply.kind === 'answered' && reply.status === 200 ? parseObject(reply.body) : undefined
  const { key, user_id: userId } = value ?? {}
  if (typeof key === 'string' && /^[\x21-\x7e]{16,512}$/.test(key)) {
    const whose = typeof userId === 'string' && userId !== '' ? { userId: printable(userId, 128) } : {}
    return { kind: 'granted', credential: { kind: 'api_key', secret: new Secret(key), ...whose } }
  }
  // A 400 or 403 is its word for a code or a verifier that is wrong; the rest is read as anywhere.
  if (reply.kind === 'answered' && (reply.status === 400 || reply.status === 403)) {
    return { kind: 'ended', code: 'invalid_grant', detail: `HTTP ${reply.status}` }
  }
  const verdict = judgeTokens(reply, machine.now())
  return verdict.kind === 'granted' ? { kind: 'failed', spent: 'unknown', detail: 'malformed answer' } : verdict
}
