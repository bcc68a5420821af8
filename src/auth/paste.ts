// Stores a pasted secret as a profile: unwrap, recognise, refuse the wrong kind, write, tell the config.

import { secretsOf } from '../core/credential.ts'
import { AuthError } from '../core/errors.ts'
import { DAY_MS } from '../core/expiry.ts'
import { normaliseProvider } from '../core/model-ref.ts'
import { profileFlag } from '../core/needs.ts'
import { type Note, note } from '../core/note.ts'
import { unwrapPaste } from '../core/paste.ts'
import { complaintAboutProfileId, printable, profileId } from '../core/profile.ts'
import { Secret } from '../core/secret.ts'
import { compatibleProvider } from '../providers/compatible.ts'
import type { Provider, SecretComplaint } from '../providers/provider.ts'
import type { Home } from '../store/home.ts'
import type { Decide, ProfileBook } from '../store/profiles.ts'
import { routeOf } from './acquire.ts'
import type { Auth } from './auth.ts'
import { type Kept, keep } from './keep.ts'
import { ownStore } from './own-store.ts'

export type PasteInput = {
  agentId: string
  provider: string
  kind: 'api_key' | 'token'
  text: string
  profileId?: string
  expiresInMs?: number
  /** Put the profile first in an order that exists; none is made (spec of `setup-token`). */
  toFront?: true
  /** Without an id of its own it takes nobody's place: another secret of the same kind stays, and this one gets a free name. */
  beside?: true
}

const SETUP_TOKEN_LIFE_MS = 365 * DAY_MS

/**
 * @throws AuthError bad_secret, wrong_kind (with the right command), usage (profile id), and what the store throws; then nothing has changed
 */
export async function paste(auth: Auth, input: PasteInput): Promise<Kept> {
  const { home } = auth
  const providerId = checkedProvider(input.provider)
  const door = doorOf(input.kind)
  const { changes } = ownStore(
    home,
    input.agentId,
    (flag) => `openclaw models auth ${door} --provider ${providerId}${flag}`,
  )
  const settings = home.config().providers.get(providerId)
  const provider = auth.registry.find(providerId, settings)
  const secret = readSecret(home, input, providerId, provider)
  const now = home.system.now()
  const assumed = input.kind === 'token' && secret.reveal().startsWith('sk-ant-oat') && input.expiresInMs === undefined
  const life = input.expiresInMs ?? (assumed ? SETUP_TOKEN_LIFE_MS : undefined)
  const expiry = life === undefined ? {} : { expiresAt: now + life }
  const origin = provider === undefined ? undefined : routeOf(provider, settings?.baseUrl).origin
  const decide: Decide = (book) => ({
    id: idFor(home, book, input, providerId, secret),
    provider: providerId,
    credential: input.kind === 'api_key' ? { kind: 'api_key', secret } : { kind: 'token', secret, ...expiry },
    ...(origin === undefined ? {} : { origin }),
  })
  const [kept] = await keep(auth, {
    agentId: input.agentId,
    recorder: changes.begin(door),
    decisions: [decide],
    ...(input.toFront === undefined ? {} : { toFront: input.toFront }),
  })
  if (kept === undefined) throw new Error('what was kept is told')
  const notes = notesOn(input, providerId, provider, assumed)
  if (settings?.baseUrl === undefined) notes.push(...unlike(input, secret, provider))
  return { ...kept, notes: [...notes, ...kept.notes] }
}

/**
 * Looks at a pasted text as `paste` will, and stores nothing: a prompt can ask again.
 * @throws AuthError bad_secret, wrong_kind
 */
export function examine(auth: Auth, input: PasteInput): Secret {
  const providerId = checkedProvider(input.provider)
  const provider = auth.registry.find(providerId, auth.home.config().providers.get(providerId))
  return readSecret(auth.home, input, providerId, provider)
}

/** A provider id as it may stand in a profile id. @throws AuthError usage */
export function checkedProvider(text: string): string {
  const id = normaliseProvider(text)
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(id)) {
    throw new AuthError(
      'usage',
      `"${printable(text, 40)}" is not a provider id: lower-case letters, digits, . _ and -.`,
      {
        remedy: 'openclaw models list --all',
      },
    )
  }
  return id
}

/** The command that takes a secret of the kind. */
function doorOf(kind: PasteInput['kind']): 'paste-api-key' | 'paste-token' {
  return kind === 'api_key' ? 'paste-api-key' : 'paste-token'
}

/** The command that stores a secret of this kind with this agent. */
function commandFor(home: Home, input: PasteInput, providerId: string, door?: SecretComplaint['door']): string {
  const verb = door ?? doorOf(input.kind)
  const agent = input.agentId === home.pickAgent(undefined) ? '' : ` --agent ${input.agentId}`
  return `openclaw models auth ${verb} --provider ${providerId}${agent}`
}

/** The same command once more, for another text. */
function againFor(home: Home, input: PasteInput, providerId: string): string {
  return commandFor(home, input, providerId) + profileFlag(providerId, input.profileId)
}

function readSecret(home: Home, input: PasteInput, providerId: string, provider: Provider | undefined): Secret {
  const unwrapped = unwrapPaste(input.text)
  const again = againFor(home, input, providerId)
  if ('complaint' in unwrapped) {
    throw new AuthError('bad_secret', `The pasted text was not stored: ${unwrapped.complaint}.`, { remedy: again })
  }
  const complaint = (provider ?? strangerNamed(providerId)).complain(input.kind, unwrapped.secret)
  if (complaint === undefined) return new Secret(unwrapped.secret)
  const isHere = complaint.door === undefined && complaint.provider === undefined
  const remedy = isHere ? again : commandFor(home, input, complaint.provider ?? providerId, complaint.door)
  throw new AuthError(
    complaint.door === undefined ? 'bad_secret' : 'wrong_kind',
    `${complaint.message} Nothing was stored.`,
    { remedy },
  )
}

/** A vendor nobody has configured: secrets that belong to a known one are not kept under its name either (V28). */
function strangerNamed(id: string): Provider {
  return compatibleProvider({ id, label: id, baseUrl: 'https://unknown.invalid', env: [] })
}

/** D10: `default` when free or of the same kind, else `manual`; a different kind is never overwritten. */
function idFor(home: Home, book: ProfileBook, input: PasteInput, providerId: string, secret: Secret): string {
  const takes = (id: string): boolean => {
    if (book.foreign.some((entry) => entry.id === id)) return false
    const known = book.profiles.find((profile) => profile.id === id)
    return known === undefined || (known.credential.kind === input.kind && known.provider === providerId)
  }
  const refuse = (id: string): AuthError =>
    new AuthError('wrong_kind', `Profile ${id} holds another kind of credential; it was not overwritten.`, {
      remedy: `${commandFor(home, input, providerId)} --profile-id ${profileId(providerId, 'second')}`,
    })
  if (input.profileId !== undefined) {
    const complaint = complaintAboutProfileId(input.profileId, providerId)
    if (complaint !== undefined) {
      throw new AuthError(
        'usage',
        `--profile-id ${printable(input.profileId, 60)}: ${complaint}. Nothing was stored.`,
        {
          remedy: `${commandFor(home, input, providerId)} --profile-id ${profileId(providerId, 'work')}`,
        },
      )
    }
    if (!takes(input.profileId)) throw refuse(input.profileId)
    return input.profileId
  }
  if (input.beside === true) return freeId(book, input, providerId, secret)
  for (const name of ['default', 'manual']) if (takes(profileId(providerId, name))) return profileId(providerId, name)
  throw refuse(profileId(providerId, 'manual'))
}

/** The profile that holds this very secret, else the first name that is free. */
function freeId(book: ProfileBook, { kind }: PasteInput, providerId: string, secret: Secret): string {
  const same = book.profiles.find(
    ({ provider, credential }) =>
      provider === providerId &&
      credential.kind === kind &&
      secretsOf(credential).some((known) => known.reveal() === secret.reveal()),
  )
  if (same !== undefined) return same.id
  const taken = new Set([...book.profiles, ...book.foreign].map(({ id }) => id))
  for (let count = 0; ; count++) {
    const id = profileId(providerId, ['default', 'manual'][count] ?? `manual-${count}`)
    if (!taken.has(id)) return id
  }
}

function notesOn(input: PasteInput, providerId: string, provider: Provider | undefined, assumed: boolean): Note[] {
  const notes: Note[] = []
  if (provider === undefined) {
    notes.push(note('unknown_provider', providerId))
  }
  if (assumed) notes.push(note('assumed_year'))
  if (input.kind === 'token' && providerId === 'anthropic') {
    notes.push(note('may_be_refused'))
  }
  return notes
}

/** A key that does not begin as those of its vendor do is kept, as vendors change their keys; but the person may have pasted something else. */
function unlike(input: PasteInput, secret: Secret, provider: Provider | undefined): Note[] {
  const begins = /^[a-z]+[-_]/.exec(provider?.keyHint ?? '')?.[0]
  if (provider === undefined || begins === undefined || input.kind !== 'api_key') return []
  if (secret.reveal().startsWith(begins)) return []
  return [note('unlike_key', provider.label, provider.keyHint ?? '')]
}
