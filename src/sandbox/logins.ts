// The book of a played vendor's logins: codes used once, refresh tokens in families, a family revoked when a spent token comes back.
import { createHash, randomBytes } from 'node:crypto'

/** A person who can log in. */
export type SandboxLogin = {
  /** Short, for tests and pages: `work`. */
  name: string
  email: string
  accountId: string
  userId: string
  plan: string
  /** Of its calls to models, as of an account with a key. */
  quota?: number
  windowMs?: number
}

/** Two people, so that two accounts can live side by side; the names hold letters that plain base64 would spell otherwise. */
export const DEFAULT_LOGINS: readonly SandboxLogin[] = [
  { name: 'home', email: 'jürgen>>>@example.com', accountId: 'acct-sandbox-home', userId: 'user-home', plan: 'plus' },
  { name: 'work', email: 'work@example.com', accountId: 'acct-sandbox-work', userId: 'user-work', plan: 'team' },
]

/** One use of a grant, in the order of arrival. */
export type Redemption = {
  /** ms epoch */
  at: number
  grant: 'authorization_code' | 'refresh_token'
  /** Whose; absent when the token is nobody's. */
  login?: string
  /** Counts up from one with every login. */
  family?: number
  /** Of the refresh token shown: 1 is the one that the login gave. */
  generation?: number
  /** `granted`: tokens were handed out. `reused`: a spent one came back, and the family is revoked from then on. */
  outcome: 'granted' | 'reused' | 'revoked' | 'expired' | 'unknown' | 'bad_verifier' | 'bad_redirect' | 'bad_client'
}

export type Issued = { access: string; refresh: string | undefined; idToken: string; expiresInSeconds: number }

/** What an authorisation was asked with. */
export type Authorisation = { clientId: string; redirectUri: string; challenge: string; scope: string }

type Family = {
  number: number
  login: SandboxLogin
  clientId: string
  scope: string
  generation: number
  revoked: boolean
}
type Code = Authorisation & { login: SandboxLogin; madeAt: number; spentBy: Family | undefined }
export type Device = {
  id: string
  userCode: string
  clientId: string
  login: SandboxLogin | undefined
  denied: boolean
}

export type Logins = {
  readonly people: readonly SandboxLogin[]
  /** How long access tokens live from now on, and how often a device may ask, in seconds as the vendor writes it. */
  settings: { accessLifeMs: number; deviceInterval: string }
  find(name: string): SandboxLogin | undefined
  /** A code for somebody who agreed. */
  authorise(login: SandboxLogin, asked: Authorisation): string
  redeemCode(code: string, shown: { clientId: string; redirectUri: string; verifier: string }): Issued | Redemption
  redeemRefresh(token: string, shown: { clientId: string }): Issued | Redemption
  /** @returns whether the token was known; its family ends */
  revoke(token: string): boolean
  /** The login behind a living access token. */
  bearer(token: string): SandboxLogin | undefined
  openDevice(clientId: string): Device
  device(find: { id?: string; userCode?: string }): Device | undefined
  redemptions(): Redemption[]
  reset(): void
}

const CODE_LIFE_MS = 10 * 60_000
const ACCESS_LIFE_MS = 10 * 86_400_000

/**
 * Opens the book.
 * @param people who can log in
 * @param now ms epoch
 */
export function createLogins(people: readonly SandboxLogin[], now: () => number): Logins {
  const settings = { accessLifeMs: ACCESS_LIFE_MS, deviceInterval: '5' }
  const codes = new Map<string, Code>()
  const refreshTokens = new Map<string, { family: Family; generation: number }>()
  const accessTokens = new Map<string, { family: Family; endsAt: number }>()
  const devices: Device[] = []
  let log: Redemption[] = []
  let families = 0

  const note = (entry: Omit<Redemption, 'at'>): Redemption => {
    const kept = { at: now(), ...entry }
    log.push(kept)
    return kept
  }
  const about = (family: Family, generation: number): Pick<Redemption, 'login' | 'family' | 'generation'> => ({
    login: family.login.name,
    family: family.number,
    generation,
  })
  const issue = (family: Family): Issued => {
    family.generation++
    const { login } = family
    const at = now()
    const endsAt = at + settings.accessLifeMs
    const claims = { iat: Math.floor(at / 1000), exp: Math.floor(endsAt / 1000), sub: login.userId, jti: word(8) }
    const auth = {
      chatgpt_account_id: login.accountId,
      chatgpt_plan_type: login.plan,
      chatgpt_user_id: login.userId,
      user_id: login.userId,
    }
    const profile = { email: login.email, email_verified: true }
    const access = jwt({
      ...claims,
      aud: ['https://api.openai.com/v1'],
      'https://api.openai.com/auth': auth,
      'https://api.openai.com/profile': profile,
    })
    const idToken = jwt({ ...claims, ...profile, aud: [family.clientId], 'https://api.openai.com/auth': auth })
    accessTokens.set(access, { family, endsAt })
    const offline = family.scope.split(' ').includes('offline_access')
    const refresh = offline ? `rt_sandbox_${word(24)}` : undefined
    if (refresh !== undefined) refreshTokens.set(refresh, { family, generation: family.generation })
    return { access, refresh, idToken, expiresInSeconds: Math.floor(settings.accessLifeMs / 1000) }
  }

  return {
    people,
    settings,
    find: (name) => people.find((login) => login.name === name),
    authorise(login, asked) {
      const code = `ac_sandbox_${word(18)}`
      codes.set(code, { ...asked, login, madeAt: now(), spentBy: undefined })
      return code
    },
    redeemCode(code, { clientId, redirectUri, verifier }) {
      const grant = 'authorization_code' as const
      const known = codes.get(code)
      if (known === undefined) return note({ grant, outcome: 'unknown' })
      const login = known.login.name
      if (known.spentBy !== undefined) {
        // RFC 6749, 4.1.2: whoever shows a code twice may have stolen it, so what it gave is taken back.
        known.spentBy.revoked = true
        return note({ grant, outcome: 'reused', login, family: known.spentBy.number })
      }
      if (now() >= known.madeAt + CODE_LIFE_MS) return note({ grant, outcome: 'expired', login })
      if (clientId !== known.clientId) return note({ grant, outcome: 'bad_client', login })
      if (redirectUri !== known.redirectUri) return note({ grant, outcome: 'bad_redirect', login })
      if (challengeOf(verifier) !== known.challenge) return note({ grant, outcome: 'bad_verifier', login })
      const family = {
        number: ++families,
        login: known.login,
        clientId,
        scope: known.scope,
        generation: 0,
        revoked: false,
      }
      known.spentBy = family
      note({ grant, outcome: 'granted', login, family: family.number })
      return issue(family)
    },
    redeemRefresh(token, { clientId }) {
      const grant = 'refresh_token' as const
      const known = refreshTokens.get(token)
      if (known === undefined) return note({ grant, outcome: 'unknown' })
      const { family, generation } = known
      const base = { grant, ...about(family, generation) }
      if (family.revoked) return note({ ...base, outcome: 'revoked' })
      if (clientId !== family.clientId) return note({ ...base, outcome: 'bad_client' })
      if (generation !== family.generation) {
        family.revoked = true
        return note({ ...base, outcome: 'reused' })
      }
      note({ ...base, outcome: 'granted' })
      return issue(family)
    },
    revoke(token) {
      const family = refreshTokens.get(token)?.family ?? accessTokens.get(token)?.family
      if (family !== undefined) family.revoked = true
      return family !== undefined
    },
    bearer(token) {
      const known = accessTokens.get(token)
      return known === undefined || known.family.revoked || now() >= known.endsAt ? undefined : known.family.login
    },
    openDevice(clientId) {
      const id = `deviceauth_${word(12)}`
      const device = {
        id,
        userCode: `SAND-${randomBytes(3).toString('hex').toUpperCase()}`,
        clientId,
        login: undefined,
        denied: false,
      }
      devices.push(device)
      return device
    },
    device: ({ id, userCode }) =>
      devices.find(
        (device) => (id === undefined || device.id === id) && (userCode === undefined || device.userCode === userCode),
      ),
    redemptions: () => [...log],
    reset() {
      log = []
      families = 0
      codes.clear()
      refreshTokens.clear()
      accessTokens.clear()
      devices.length = 0
      Object.assign(settings, { accessLifeMs: ACCESS_LIFE_MS, deviceInterval: '5' })
    },
  }
}

/** Tells tokens from the record of a refusal. */
export function isIssued(value: Issued | Redemption): value is Issued {
  return 'access' in value
}

/** RFC 7636, 4.2: what a verifier's challenge is. */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier, 'ascii').digest('base64url')
}

/** A random word of letters, digits, - and _. */
export function word(bytes: number): string {
  return randomBytes(bytes).toString('base64url')
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token that can be read like a vendor's; nothing checks its signature. */
function jwt(claims: object): string {
  return `${encode({ alg: 'RS256', typ: 'JWT', kid: 'sandbox' })}.${encode(claims)}.${word(32)}`
}
