// Secret material of one account at one provider. Pure data; the shape on disk is store/profiles.ts's business.
import type { Secret } from './secret.ts'

export type CredentialKind = 'api_key' | 'token' | 'oauth'

/** Whose a credential is, as far as the vendor says. One account may have several users, so its id alone does not name a person. */
export type Account = { accountId?: string; userId?: string; email?: string }

/** A static key; lives until its owner revokes it. */
export type ApiKey = Account & { kind: 'api_key'; secret: Secret }

/** A pasted bearer; may carry an expiry, is never renewed. */
export type Token = { kind: 'token'; secret: Secret; expiresAt?: number; email?: string }

/** A login: a short-lived access token beside the refresh token that renews it. */
export type OAuth = Account & {
  kind: 'oauth'
  access?: Secret
  refresh?: Secret
  expiresAt?: number
  /** What the account pays for, in the vendor's word. */
  plan?: string
  /** The client that the tokens were given to; only it may renew them. */
  clientId?: string
}

export type Credential = ApiKey | Token | OAuth

/**
 * What would be sent with a request, if anything.
 * @returns undefined when the credential holds nothing sendable (blank key, login without an access token)
 */
export function bearerOf(credential: Credential): Secret | undefined {
  const secret = credential.kind === 'oauth' ? credential.access : credential.secret
  return secret === undefined || secret.isBlank() ? undefined : secret
}

/** Every secret inside, for scrubbing logs. */
export function secretsOf(credential: Credential): Secret[] {
  if (credential.kind !== 'oauth') return [credential.secret]
  return [credential.access, credential.refresh].filter((secret) => secret !== undefined)
}

/** Whose it is, without its secrets. */
export function whoseIs({ accountId, userId, email }: Account): Account {
  return {
    ...(accountId === undefined ? {} : { accountId }),
    ...(userId === undefined ? {} : { userId }),
    ...(email === undefined ? {} : { email }),
  }
}

/**
 * Whether two credentials belong to the same person at the same account.
 * @returns undefined when they do not say enough
 */
export function isSameAccount(a: Account, b: Account): boolean | undefined {
  const compare = (one: string | undefined, other: string | undefined): boolean | undefined =>
    one === undefined || other === undefined ? undefined : one.toLowerCase() === other.toLowerCase()
  const account = compare(a.accountId, b.accountId)
  // A person may change the address, never the id.
  const person = compare(a.userId, b.userId) ?? compare(a.email, b.email)
  if (account === false || person === false) return false
  return person
}

/**
 * Whether two logins are surely not of one account, by the ids that never change: what comes back for a refresh token may name the person
 * by a new address.
 */
export function isAnotherAccount(a: Account, b: Account): boolean {
  const differ = (one: string | undefined, other: string | undefined): boolean =>
    one !== undefined && other !== undefined && one.toLowerCase() !== other.toLowerCase()
  return differ(a.accountId, b.accountId) || differ(a.userId, b.userId)
}

/** How a person reads the credential: `sk-ant-api…K3y4`, `token:…`, `OAuth (me@x.y)`. */
export function labelOf(credential: Credential): string {
  if (credential.kind === 'oauth') return credential.email === undefined ? 'OAuth' : `OAuth (${credential.email})`
  const masked = credential.secret.mask()
  return credential.kind === 'token' ? `token:${masked}` : masked
}

/** When it stops working by itself, ms epoch; undefined: never, or unknown. */
export function expiresAtOf(credential: Credential): number | undefined {
  return credential.kind === 'api_key' ? undefined : credential.expiresAt
}

/** Whether both are of one kind and hold the same secrets. */
export function isSameCredential(a: Credential, b: Credential): boolean {
  const own = secretsOf(a)
  const other = secretsOf(b)
  return (
    a.kind === b.kind && own.length === other.length && own.every((secret, at) => other[at]?.equals(secret) === true)
  )
}

/** Whether the first of two logins of one account ends later, and can renew itself if the second can. */
export function isNewerLogin(a: OAuth, b: OAuth): boolean {
  const canRenew = ({ refresh }: OAuth): boolean => refresh !== undefined && !refresh.isBlank()
  return (a.expiresAt ?? 0) > (b.expiresAt ?? 0) && (canRenew(a) || !canRenew(b))
}
