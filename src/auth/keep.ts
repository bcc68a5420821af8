// Stores a credential as a profile: written under the lock, a clean record, its mention in the config, its place in an order that exists.
import { type Credential, secretsOf } from '../core/credential.ts'
import { AuthError } from '../core/errors.ts'
import { normaliseProvider } from '../core/model-ref.ts'
import { resuming } from '../core/needs.ts'
import { type Note, note } from '../core/note.ts'
import { isPaused } from '../core/pause.ts'
import type { Profile } from '../core/profile.ts'
import type { Recorder } from '../store/changes.ts'
import { childObject, isObject } from '../store/document.ts'
import type { AgentStore, Home } from '../store/home.ts'
import type { Decide } from '../store/profiles.ts'
import type { Auth } from './auth.ts'
import { changeAuth } from './change-auth.ts'
import { importLegacy } from './import-legacy.ts'
import { agentFlag } from './own-store.ts'

export type KeepInput = {
  agentId: string
  /** The change that it belongs to, for `models auth undo`. */
  recorder: Recorder
  /** Under the lock, with the book as it is then; what one throws leaves all as it was. */
  decisions: readonly Decide[]
  /** Put the profile first in an order that exists; none is made (spec of `setup-token`). */
  toFront?: true
}

export type Kept = {
  profile: Profile
  /** The id held a credential before. */
  replaced: boolean
  where: string
  notes: Note[]
}

/**
 * Stores several in one write, all or none.
 * @returns what became of each
 * @throws AuthError what the store throws; then nothing has changed
 */
export async function keep(auth: Auth, input: KeepInput): Promise<Kept[]> {
  const { home } = auth
  const { agentId, recorder } = input
  const store = home.agent(agentId)
  await importLegacy(auth, agentId)
  // What cannot be read stops us here, before anything is written.
  await store.health.load((await store.profiles.read()).usage)
  let known: ReadonlyMap<string, Profile> = new Map()
  const profiles = await store.profiles.putAll(
    input.decisions.map((decide, at) => (book) => {
      if (at === 0) known = new Map(book.profiles.map((one) => [one.id, one]))
      return decide(book)
    }),
    recorder.store,
  )
  const kept: Kept[] = []
  for (const profile of profiles) {
    hide(home, profile.credential)
    // A new secret starts with a clean record; the account behind the old one may have been resting.
    const now = home.system.now()
    store.health.apply(profile.id, { kind: 'reset', at: now })
    if (store.health.usage(profile.id) !== undefined) store.health.heard(profile.id, () => ({ at: now, windows: [] }))
    const notes = isPaused(known.get(profile.id)?.paused, now)
      ? [note('paused', profile.id, resuming(profile.id, agentFlag(auth, agentId)))]
      : []
    kept.push({ profile, replaced: known.has(profile.id), where: store.profiles.where(), notes })
  }
  // All of them are stored: whatever fails from here on is told, and stops nothing.
  kept[0]?.notes.push(...(await clearRecords(store, profiles)))
  for (const { profile, notes } of kept) {
    notes.push(...(await noteInConfig(home, profile, recorder)), ...(await placeInOrder(auth, input, profile)))
  }
  await auth.peek(agentId)?.reload()
  return kept
}

function hide({ system }: Home, credential: Credential): void {
  for (const secret of secretsOf(credential)) system.log.hide(secret)
}

/** An order that exists decides alone: a profile left out of it would never be used, so it is put first, or the person is told how. */
async function placeInOrder(
  auth: Auth,
  { agentId, recorder, toFront }: KeepInput,
  { id, provider }: Profile,
): Promise<Note[]> {
  const { home } = auth
  const { profiles } = home.agent(agentId)
  const own = (await profiles.read()).order.get(provider)
  const order = own ?? home.config().authOrder.get(provider)
  if (order === undefined || order.length === 0) return []
  const first = [id, ...order.filter((other) => other !== id)]
  if (toFront !== true) {
    if (order.includes(id)) return []
    const agent = agentId === home.pickAgent(undefined) ? '' : ` --agent ${agentId}`
    const command = `openclaw models auth order set --provider ${provider}${agent} ${first.join(' ')}`
    return [note('not_in_order', provider, id, command)]
  }
  if (order[0] === id) return []
  const inFront = (ids: readonly unknown[]): string[] => [
    id,
    ...ids.filter((other) => typeof other === 'string' && other !== id).map(String),
  ]
  // As it stands under the lock: another process may have changed it since.
  if (own !== undefined) {
    await profiles.setOrder(provider, (book) => inFront(book.order.get(provider) ?? order), recorder.store)
  } else {
    await changeAuth(home, recorder, (draft) => {
      const orders = childObject(childObject(draft, 'auth'), 'order')
      for (const [name, ids] of Object.entries(orders)) {
        if (normaliseProvider(name) === provider && Array.isArray(ids)) orders[name] = inFront(ids)
      }
    })
    await home.reload()
  }
  return [note('first_in_order', id, provider)]
}

/** @returns what could not be done */
async function clearRecords({ health, renewals }: AgentStore, profiles: readonly Profile[]): Promise<Note[]> {
  try {
    await health.flush()
    const records = await renewals.read()
    for (const { id } of profiles) {
      // The vendor may hand out a token again that was refused before.
      if (records.get(id)?.claim !== undefined) await renewals.change(id, { claim: undefined })
    }
    return []
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    const ids = profiles.map(({ id }) => id).join(', ')
    return [note('trouble_remembered', ids, error.message)]
  }
}

/** `auth.profiles` in the config names every profile, without its secret. */
async function noteInConfig(home: Home, profile: Profile, recorder: Recorder): Promise<Note[]> {
  try {
    await changeAuth(home, recorder, (draft) => {
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
    return [note('config_left', home.configStore.where(), error.message)]
  }
}
