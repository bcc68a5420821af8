// Stores a pasted secret as a profile: unwrap, recognise, refuse the wrong kind, write, tell the config.
import { AuthError } from '../core/errors.ts'
import { DAY_MS } from '../core/expiry.ts'
import { normaliseProvider } from '../core/model-ref.ts'
import { unwrapPaste } from '../core/paste.ts'
import { complaintAboutProfileId, type Profile, printable, profileId } from '../core/profile.ts'
import { Secret } from '../core/secret.ts'
import { compatibleProvider } from '../providers/compatible.ts'
import type { Provider, SecretComplaint } from '../providers/provider.ts'
import { childObject, isObject } from '../store/document.ts'
import type { Home } from '../store/home.ts'
import type { ProfileBook } from '../store/profiles.ts'
import { routeOf } from './acquire.ts'
import type { Auth } from './auth.ts'
import { importLegacy } from './import-legacy.ts'
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
}

export type Pasted = {
  profile: Profile
  /** The id held the same kind of credential before. */
  replaced: boolean
  where: string
  /** Sentences worth telling the person. */
  notes: string[]
}

const SETUP_TOKEN_LIFE_MS = 365 * DAY_MS

/**
 * @throws AuthError bad_secret, wrong_kind (with the right command), usage (profile id), and what the store throws; then nothing has changed
 */
export async function paste(auth: Auth, input: PasteInput): Promise<Pasted> {
  const { home } = auth
  const providerId = checkedProvider(input.provider)
  const store = ownStore(
    home,
    input.agentId,
    (flag) => `openclaw models auth ${doorOf(input.kind)} --provider ${providerId}${flag}`,
  )
  const settings = home.config().providers.get(providerId)
  const provider = auth.registry.find(providerId, settings)
  const secret = readSecret(home, input, providerId, provider)
  await importLegacy(auth, input.agentId)
  const now = home.system.now()
  const assumed = input.kind === 'token' && secret.reveal().startsWith('sk-ant-oat') && input.expiresInMs === undefined
  const life = input.expiresInMs ?? (assumed ? SETUP_TOKEN_LIFE_MS : undefined)
  const expiry = life === undefined ? {} : { expiresAt: now + life }
  const origin = provider === undefined ? undefined : routeOf(provider, settings?.baseUrl).origin
  let replaced = false
  const profile = await store.profiles.put((book) => {
    const id = idFor(home, book, input, providerId)
    replaced = book.profiles.some((known) => known.id === id)
    return {
      id,
      provider: providerId,
      credential: input.kind === 'api_key' ? { kind: 'api_key', secret } : { kind: 'token', secret, ...expiry },
      ...(origin === undefined ? {} : { origin }),
    }
  })
  home.system.log.hide(secret)
  const notes = notesOn(input, providerId, provider, assumed)
  await store.health.load((await store.profiles.read()).usage)
  // A new secret starts with a clean record; the account behind the old one may have been resting.
  store.health.apply(profile.id, { kind: 'reset', at: now })
  await store.health.flush()
  notes.push(...(await noteInConfig(home, profile)), ...(await placeInOrder(auth, input, profile)))
  await auth.peek(input.agentId)?.reload()
  return { profile, replaced, where: store.profiles.where(), notes }
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

function readSecret(home: Home, input: PasteInput, providerId: string, provider: Provider | undefined): Secret {
  const unwrapped = unwrapPaste(input.text)
  const again = commandFor(home, input, providerId)
  if ('complaint' in unwrapped) {
    throw new AuthError('bad_secret', `The pasted text was not stored: ${unwrapped.complaint}.`, { remedy: again })
  }
  const complaint = (provider ?? strangerNamed(providerId)).complain(input.kind, unwrapped.secret)
  if (complaint === undefined) return new Secret(unwrapped.secret)
  const remedy = commandFor(home, input, complaint.provider ?? providerId, complaint.door)
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
function idFor(home: Home, book: ProfileBook, input: PasteInput, providerId: string): string {
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
  for (const name of ['default', 'manual']) if (takes(profileId(providerId, name))) return profileId(providerId, name)
  throw refuse(profileId(providerId, 'manual'))
}

function notesOn(input: PasteInput, providerId: string, provider: Provider | undefined, assumed: boolean): string[] {
  const notes: string[] = []
  if (provider === undefined) {
    notes.push(
      `No provider "${providerId}" is known yet; the credential is kept until models.providers.${providerId} is configured.`,
    )
  }
  if (assumed) notes.push('A setup-token lives about a year; its end is assumed 365 days from now.')
  if (input.kind === 'token' && providerId === 'anthropic') {
    notes.push(
      'Anthropic may refuse subscription tokens outside its own tools; then the next profile is used. An API key always works.',
    )
  }
  return notes
}

/** An order that exists decides alone: a profile left out of it would never be used, so it is put first, or the person is told how. */
async function placeInOrder(auth: Auth, input: PasteInput, { id, provider }: Profile): Promise<string[]> {
  const { home } = auth
  const { profiles } = home.agent(input.agentId)
  const own = (await profiles.read()).order.get(provider)
  const order = own ?? home.config().authOrder.get(provider)
  if (order === undefined || order.length === 0) return []
  const first = [id, ...order.filter((other) => other !== id)]
  if (input.toFront !== true) {
    if (order.includes(id)) return []
    const agent = input.agentId === home.pickAgent(undefined) ? '' : ` --agent ${input.agentId}`
    return [
      `An order of ${provider} exists and leaves ${id} out. To use it first: openclaw models auth order set --provider ${provider}${agent} ${first.join(' ')}`,
    ]
  }
  if (order[0] === id) return []
  const toFront = (ids: readonly unknown[]): string[] => [
    id,
    ...ids.filter((other) => typeof other === 'string' && other !== id).map(String),
  ]
  // As it stands under the lock: another process may have changed it since.
  if (own !== undefined) await profiles.setOrder(provider, (book) => toFront(book.order.get(provider) ?? order))
  else {
    await home.configStore.change((draft) => {
      const orders = childObject(childObject(draft, 'auth'), 'order')
      for (const [name, ids] of Object.entries(orders)) {
        if (normaliseProvider(name) === provider && Array.isArray(ids)) orders[name] = toFront(ids)
      }
    })
    await home.reload()
  }
  return [`${id} now stands first in the order of ${provider}.`]
}

/** `auth.profiles` in the config names every profile, without its secret. */
async function noteInConfig(home: Home, profile: Profile): Promise<string[]> {
  try {
    await home.configStore.change((draft) => {
      const profiles = childObject(childObject(draft, 'auth'), 'profiles')
      const before = profiles[profile.id]
      const entry = isObject(before) ? before : {}
      if (entry.provider === profile.provider && entry.mode === profile.credential.kind) return
      profiles[profile.id] = { ...entry, provider: profile.provider, mode: profile.credential.kind }
    })
    await home.reload()
    return []
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    // The credential is safe and will be used; the config only misses its mention.
    return [`${home.configStore.where()} was not updated: ${error.message}`]
  }
}
