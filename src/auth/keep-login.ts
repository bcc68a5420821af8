// Stores what a login gave: under the profile of that account when there is one, with its id, pins and orders, else under a name of its own.

import { type Account, type Credential, isSameAccount } from '../core/credential.ts'
import { AuthError } from '../core/errors.ts'
import { type Note, note } from '../core/note.ts'
import { complaintAboutProfileId, type Profile, printable, profileId } from '../core/profile.ts'
import type { Provider } from '../providers/provider.ts'
import type { Decide, ProfileBook } from '../store/profiles.ts'
import { routeOf } from './acquire.ts'
import type { Auth } from './auth.ts'
import { type Kept, keep } from './keep.ts'
import { logout } from './logout.ts'
import { ownStore } from './own-store.ts'

export type KeepLoginInput = {
  agentId: string
  provider: Provider
  credential: Credential
  /** The id that the person wants. */
  profileId?: string
  /** Take away every other profile of the provider that this agent has; nothing is revoked at the vendor. */
  replaceAll?: boolean
}

/**
 * @throws AuthError usage (the agent uses another one's credentials), and what the store throws; then nothing has changed
 */
export async function keepLogin(auth: Auth, input: KeepLoginInput): Promise<Kept & { removed: string[] }> {
  const { agentId, provider } = input
  const { changes } = ownStore(
    auth.home,
    agentId,
    (flag) => `openclaw models auth login --provider ${provider.id}${flag}`,
  )
  const notes: Note[] = []
  const recorder = changes.begin('login')
  const [kept] = await keep(auth, { agentId, recorder, decisions: [decideLogin(auth, input, notes)] })
  if (kept === undefined) throw new Error('what was kept is told')
  const removed: string[] = []
  if (input.replaceAll === true) {
    const { profiles } = await auth.home.agent(agentId).profiles.read()
    for (const { id } of profiles.filter((one) => one.provider === provider.id && one.id !== kept.profile.id)) {
      await logout(auth, { agentId, profileId: id, recorder })
      removed.push(id)
    }
  }
  return { ...kept, notes: [...notes, ...kept.notes], removed }
}

/**
 * Which profile a login becomes.
 * @param notes gets sentences worth telling the person
 */
export function decideLogin(auth: Auth, input: Omit<KeepLoginInput, 'agentId'>, notes: Note[]): Decide {
  const { provider, credential } = input
  const settings = auth.home.config().providers.get(provider.id)
  return (book) => {
    const { id, note: told } = idFor(book, input)
    if (told !== undefined) notes.push(told)
    return { id, provider: provider.id, credential, origin: routeOf(provider, settings?.baseUrl).origin }
  }
}

/** Looks at a wished id before anybody logs in for it. @throws AuthError usage, wrong_kind */
export function checkWishedId(book: ProfileBook, provider: Provider, id: string): void {
  const complaint = complaintAboutProfileId(id, provider.id)
  if (complaint !== undefined) {
    throw new AuthError('usage', `--profile-id ${printable(id, 60)}: ${complaint}. Nothing was changed.`, {
      remedy: `openclaw models auth login --provider ${provider.id} --profile-id ${profileId(provider.id, 'work')}`,
    })
  }
  if (!book.foreign.some((entry) => entry.id === id)) return
  throw new AuthError('wrong_kind', `Profile ${id} holds something that is not known here; it was not overwritten.`, {
    remedy: `openclaw models auth login --provider ${provider.id} --profile-id ${profileId(provider.id, 'second')}`,
  })
}

type Named = { id: string; note?: Note }

/** Another account is never overwritten (V37): what came back decides, not what was asked for. */
function idFor(book: ProfileBook, input: Omit<KeepLoginInput, 'agentId'>): Named {
  const { provider, credential, profileId: wished } = input
  const mine = (profile: Profile): boolean | undefined =>
    profile.provider === provider.id && profile.credential.kind === credential.kind
      ? isSameAccount(accountOf(provider, profile.credential), accountOf(provider, credential))
      : false
  const own = book.profiles.find((profile) => mine(profile) === true)
  if (wished !== undefined) {
    const holder = book.profiles.find(({ id }) => id === wished)
    // Of an account that cannot be told the person who names it knows more.
    if (holder === undefined || mine(holder) !== false) return { id: wished }
    const id = own?.id ?? freeId(book, provider, credential)
    return { id, note: note('other_account', wished, id) }
  }
  return { id: own?.id ?? freeId(book, provider, credential) }
}

/** What the profile says, and where that is silent what its tokens say. */
function accountOf(provider: Provider, credential: Credential): Account {
  if (credential.kind === 'oauth') return { ...provider.whose?.(credential), ...told(credential) }
  return credential.kind === 'api_key' ? told(credential) : {}
}

function told({ accountId, userId, email }: Account): Account {
  return {
    ...(accountId === undefined ? {} : { accountId }),
    ...(userId === undefined ? {} : { userId }),
    ...(email === undefined ? {} : { email }),
  }
}

/** Named after the e-mail, else the account; the plan tells two accounts of one address apart. */
function freeId(book: ProfileBook, provider: Provider, credential: Credential): string {
  const taken = new Set([...book.profiles, ...book.foreign].map(({ id }) => id))
  const { email, accountId } = accountOf(provider, credential)
  const plan = credential.kind === 'oauth' ? credential.plan : undefined
  const base = nameFrom(email ?? accountId ?? 'default')
  const names = [base, ...(plan === undefined ? [] : [nameFrom(`${base}-${plan}`)])]
  for (const name of names) if (!taken.has(profileId(provider.id, name))) return profileId(provider.id, name)
  let number = 2
  while (taken.has(profileId(provider.id, `${base}-${number}`))) number++
  return profileId(provider.id, `${base}-${number}`)
}

/** What a vendor calls somebody, as the name of a profile. */
function nameFrom(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[\s\p{C}:/\\"'`$<>|;&]+/gu, '-')
    .slice(0, 100)
  return name.replace(/^-|-$/g, '') === '' ? 'default' : name
}
