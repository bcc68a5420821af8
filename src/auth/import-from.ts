// Takes over what another program keeps for the same person: its file is read once and never written. A login that renews itself would then be
// used by two programs, each of which logs the other one out, so that is told before anything is stored.

import { type Credential, secretsOf } from '../core/credential.ts'
import { AuthError } from '../core/errors.ts'
import type { Note } from '../core/note.ts'
import { type Profile, printable, profileId } from '../core/profile.ts'
import { Secret } from '../core/secret.ts'
import { readClaims } from '../oauth/claims.ts'
import { isObject, type JsonObject, parseObject, unreadable } from '../store/document.ts'
import { readLegacy } from '../store/legacy.ts'
import { type Decide, type ProfileBook, readCredential } from '../store/profiles.ts'
import type { Auth } from './auth.ts'
import { type Kept, keep } from './keep.ts'
import { decideLogin } from './keep-login.ts'
import { ownStore } from './own-store.ts'

export const OTHER_TOOLS = ['codex', 'claude', 'file'] as const
export type OtherTool = (typeof OTHER_TOOLS)[number]

/** One credential of the other program. */
export type Found = {
  provider: string
  credential: Credential
  /** The id it had there, where it had one. */
  id?: string
  /** Both programs would redeem its refresh tokens, and each of them only once. */
  isShared: boolean
}

/**
 * Where the program keeps its logins.
 * @param path a file that the person named
 */
export function fileOfTool({ home }: Auth, tool: OtherTool, path: string | undefined): string {
  const { env } = home.system
  const named = (name: string): string | undefined => (env[name]?.trim() ? env[name]?.trim() : undefined)
  if (path !== undefined) return home.layout.expand(path)
  if (tool === 'codex') return home.layout.expand(`${named('CODEX_HOME') ?? '~/.codex'}/auth.json`)
  if (tool === 'claude') return home.layout.expand(`${named('CLAUDE_CONFIG_DIR') ?? '~/.claude'}/.credentials.json`)
  throw new AuthError('usage', '--from file needs the path of a file. Nothing was changed.', {
    remedy: 'openclaw models auth import --from file ~/backup/auth-profiles.json',
  })
}

/**
 * Looks into the file of another program; writes nothing.
 * @throws AuthError unknown_profile (no such file, or nothing in it), unreadable_store
 */
export async function lookInto({ home }: Auth, tool: OtherTool, path: string): Promise<Found[]> {
  const stored = await home.backend.get(path)
  if (stored === undefined) {
    throw new AuthError('unknown_profile', `There is no ${path}: nothing was imported.`, { remedy: HELP })
  }
  const raw = parseObject(stored.text, path)
  const found = READERS[tool](raw, path)
  for (const { credential } of found) for (const secret of secretsOf(credential)) home.system.log.hide(secret)
  if (found.length > 0) return found
  throw new AuthError('unknown_profile', `${path} holds no credential in a form that is known; nothing was imported.`, {
    remedy: HELP,
  })
}

const HELP = 'openclaw models auth import --help'

/**
 * Stores them in one write, all or none: a login under its account, as if it had been made here, anything else under its own id or
 * `<provider>:default`.
 * @throws AuthError usage (the agent uses another one's credentials), and what the store throws; then nothing has changed
 */
export async function importFrom(
  auth: Auth,
  { agentId, tool, found }: { agentId: string; tool: OtherTool; found: readonly Found[] },
): Promise<Kept[]> {
  const { home, registry } = auth
  const { changes } = ownStore(home, agentId, (flag) => `openclaw models auth import --from ${tool}${flag}`)
  const notes: Note[] = []
  const decisions = found.map((one): Decide => {
    const provider = registry.find(one.provider, home.config().providers.get(one.provider))
    const { credential } = one
    if (credential.kind !== 'oauth' || provider === undefined) return (book) => placed(book, one)
    return decideLogin(auth, { provider, credential }, notes)
  })
  const kept = await keep(auth, { agentId, recorder: changes.begin('import'), decisions })
  kept[0]?.notes.unshift(...notes)
  return kept
}

function placed({ profiles, foreign }: ProfileBook, { provider, credential, id }: Found): Profile {
  const wished = id ?? profileId(provider, 'default')
  const same = profiles.find(
    (known) =>
      known.provider === provider &&
      known.credential.kind === credential.kind &&
      secretsOf(known.credential)[0]?.equals(secretsOf(credential)[0] ?? new Secret('')) === true,
  )
  const taken = new Set([...profiles, ...foreign].map((known) => known.id))
  let free = wished
  for (let count = 1; taken.has(free); count++) {
    free = profileId(provider, count === 1 ? 'imported' : `imported-${count}`)
  }
  return { id: same?.id ?? free, provider, credential }
}

const READERS: Readonly<Record<OtherTool, (raw: JsonObject, path: string) => Found[]>> = {
  codex: (raw) => {
    const key = text(raw.OPENAI_API_KEY)
    const {
      access_token: access,
      refresh_token: refresh,
      account_id: accountId,
    } = isObject(raw.tokens) ? raw.tokens : {}
    const login = text(access)
    return [
      ...(key === undefined
        ? []
        : [{ provider: 'openai', credential: { kind: 'api_key' as const, secret: new Secret(key) }, isShared: false }]),
      ...(login === undefined ? [] : [codexLogin(login, text(refresh), text(accountId))]),
    ]
  },
  // No refresh token is taken: the vendor takes this login in its own tool, and nobody here could renew it.
  claude: (raw) => {
    const { accessToken, expiresAt } = isObject(raw.claudeAiOauth) ? raw.claudeAiOauth : {}
    const token = text(accessToken)
    if (token === undefined) return []
    const ends = typeof expiresAt === 'number' && expiresAt > 0 ? { expiresAt } : {}
    return [
      { provider: 'anthropic', credential: { kind: 'token', secret: new Secret(token), ...ends }, isShared: false },
    ]
  },
  file: (raw, path) => {
    const { entries } = readLegacy(isObject(raw.profiles) ? 'store' : 'map', raw)
    const found = entries.flatMap(({ id, provider, entry }): Found[] => {
      const credential = readCredential(entry)
      if (credential === undefined) return []
      const isShared = credential.kind === 'oauth' && credential.refresh !== undefined
      return [{ id, provider, credential, isShared }]
    })
    if (entries.length > 0 && found.length === 0) throw unreadable(path, 'holds no credential in a form that is known')
    return found
  },
}

function codexLogin(access: string, refresh: string | undefined, accountId: string | undefined): Found {
  const exp = readClaims(access)?.exp
  return {
    provider: 'openai-codex',
    credential: {
      kind: 'oauth',
      access: new Secret(access),
      ...(refresh === undefined ? {} : { refresh: new Secret(refresh) }),
      ...(typeof exp === 'number' && exp > 0 ? { expiresAt: exp * 1000 } : {}),
      ...(accountId === undefined ? {} : { accountId: printable(accountId, 254) }),
    },
    isShared: refresh !== undefined,
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}
