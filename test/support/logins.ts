// Logins of the played ChatGPT in an installation: tokens as the vendor gave them, in a store that may be of yesterday.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { type Installation, readJson, type StoredProfile } from './installation.ts'

const CLIENT = 'app_EMoamEEZ73f0CkXaXp7hrann'
const REDIRECT = 'http://localhost:1455/auth/callback'
const SCOPE = 'openid profile email offline_access'
const VERIFIER = 'v'.repeat(64)
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

/** What points an installation at the sandbox, for logins and for calls. */
export const loginEnv = (sandbox: Sandbox): Record<string, string> => ({
  OPENCLAW_LOGIN_ISSUER_OPENAI_CODEX: sandbox.baseUrl('chatgpt'),
})
export const loginConfig = (sandbox: Sandbox): Record<string, unknown> => ({
  agents: { defaults: { model: 'openai-codex/gpt-5.1' } },
  models: { providers: { 'openai-codex': { baseUrl: `${sandbox.baseUrl('chatgpt')}/backend-api` } } },
})

/**
 * A login of the sandbox as it is stored.
 * @param expires of the access token, ms epoch
 */
export function storedLogin(sandbox: Sandbox, id: string, options: { as?: string; expires: number }): StoredProfile {
  const login = sandbox.logins.find(options.as ?? 'home')
  if (login === undefined) throw new Error('nobody of this name')
  const asked = { clientId: CLIENT, redirectUri: REDIRECT, challenge: CHALLENGE, scope: SCOPE }
  const code = sandbox.logins.authorise(login, asked)
  const issued = sandbox.logins.redeemCode(code, { clientId: CLIENT, redirectUri: REDIRECT, verifier: VERIFIER })
  if (!('access' in issued)) throw new Error(issued.outcome)
  const { access, refresh = '' } = issued
  return {
    id,
    raw: { type: 'oauth', access, refresh, expires: options.expires, accountId: login.accountId, email: login.email },
  }
}

/** One entry of auth-profiles.json. */
export async function entryOf(place: Installation, id: string, agent = 'main'): Promise<Record<string, unknown>> {
  const path = join(place.state, 'agents', agent, 'agent', 'auth-profiles.json')
  const book = (await readJson(path)) as { profiles: Record<string, Record<string, unknown>> }
  return book.profiles[id] ?? {}
}

/** How the vendor saw refresh tokens come, in order. */
export const redeemed = (sandbox: Sandbox): string[] =>
  sandbox.logins
    .redemptions()
    .filter(({ grant }) => grant === 'refresh_token')
    .map(({ outcome }) => outcome)
