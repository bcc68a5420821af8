// auth-profiles.json: the profiles of one agent and its own order. The shape is the reference's; what we do not understand stays.
import { tidyOrder } from '../core/auth-settings.ts'
import type { Credential, OAuth } from '../core/credential.ts'
import { normaliseProvider } from '../core/model-ref.ts'
import { type Pause, readPause, writtenPause } from '../core/pause.ts'
import type { Profile } from '../core/profile.ts'
import { Secret } from '../core/secret.ts'
import type { Backend } from './backend.ts'
import { childObject, isObject, type JsonObject, openDocument, unreadable } from './document.ts'

/** An entry that is kept but cannot be used: a type or a form that we do not know. */
export type ForeignEntry = { id: string; provider: string; type: string }

export type ProfileBook = {
  profiles: readonly Profile[]
  foreign: readonly ForeignEntry[]
  /** Provider -> ids. */
  order: ReadonlyMap<string, readonly string[]>
  /** `usageStats` of files written by the reference; ours live in auth.json. */
  usage: JsonObject
  /** It is noted what was imported from older files that may still be there. */
  hasReceipts: boolean
  /** The file may be of the flat form, credentials by provider: nothing stands where the profiles belong, but something elsewhere. */
  isFlat: boolean
}

/** Which profile is to be stored, given what is there. What it throws leaves all as it was. */
export type Decide = (book: ProfileBook) => Profile

/** Hears of the raw document before and after a change, once that is decided and before it is written; what it throws stops the write. */
export type BeforeWrite = (before: JsonObject, after: JsonObject) => Promise<void>

export type ProfileStore = {
  where(): string
  read(): Promise<ProfileBook>
  /** The document as it stands. */
  raw(): Promise<JsonObject>
  /** Stores the profile decided on while nobody else writes; the callback sees the present book. */
  put(decide: Decide): Promise<Profile>
  /** Stores several, all or none; each callback sees the book with those before it. */
  putAll(decisions: readonly Decide[], heard?: BeforeWrite): Promise<Profile[]>
  /**
   * Stores what a refresh brought, if the login still holds the refresh token that was redeemed: whoever logged in meanwhile goes first.
   * @returns the profile as it stands then, whoever wrote it; undefined when there is none any more
   */
  renew(id: string, redeemed: Secret, renewed: OAuth): Promise<Profile | undefined>
  /** Makes sure that what can be read is on the disk. @throws AuthError write_failed */
  confirm(): Promise<void>
  /** The book as it would be after an edit of the raw document; nothing is written. */
  preview(edit: (draft: JsonObject) => void): Promise<ProfileBook>
  /** Edits the raw document while nobody else writes. What comes of it must still be a store. */
  edit<T>(change: (draft: JsonObject) => T, heard?: BeforeWrite): Promise<T>
  /**
   * Sets a profile aside, or takes it back into use.
   * @param decide sees the present book; returns undefined to have it in use. What it throws leaves all as it was
   */
  setPause(id: string, decide: (book: ProfileBook) => Pause | undefined, heard?: BeforeWrite): Promise<void>
  /** Removes the profile and every mention of it in the order. @returns the entry's provider, or undefined when there was none */
  remove(id: string, heard?: BeforeWrite): Promise<string | undefined>
  /** @param decide returns the new order of the provider, or undefined to have none */
  setOrder(
    provider: string,
    decide: (book: ProfileBook) => readonly string[] | undefined,
    heard?: BeforeWrite,
  ): Promise<void>
}

/** Opens the store kept under the key. */
export function openProfiles(backend: Backend, key: string): ProfileStore {
  const document = openDocument(backend, key)
  const decided = (draft: JsonObject, decide: Decide): Profile => {
    const profile = decide(readBook(draft, document.where()))
    writeProfile(draft, profile)
    return profile
  }
  /** What is there, and what comes of the change, must be a store. */
  const change = <T>(edit: (draft: JsonObject) => T, heard?: BeforeWrite): Promise<T> =>
    document.change(async (draft) => {
      readBook(draft, document.where())
      const before = heard === undefined ? undefined : structuredClone(draft)
      const result = edit(draft)
      readBook(draft, document.where())
      if (before !== undefined) await heard?.(before, draft)
      return result
    })
  return {
    where: document.where,
    read: async () => readBook(await document.read(), document.where()),
    raw: document.read,
    confirm: document.confirm,
    put: (decide) => change((draft) => decided(draft, decide)),
    putAll: (decisions, heard) => change((draft) => decisions.map((decide) => decided(draft, decide)), heard),
    renew: (id, redeemed, renewed) =>
      change((draft) => {
        const before = readBook(draft, document.where()).profiles.find((profile) => profile.id === id)
        if (before?.credential.kind !== 'oauth' || before.credential.refresh?.equals(redeemed) !== true) return before
        const profile = { ...before, credential: renewed }
        writeProfile(draft, profile)
        return profile
      }),
    preview: async (edit) => {
      const draft = structuredClone(await document.read())
      edit(draft)
      return readBook(draft, document.where())
    },
    edit: change,
    remove: (id, heard) => change((draft) => removeProfile(draft, id), heard),
    setPause: (id, decide, heard) =>
      change((draft) => changePause(draft, id, decide(readBook(draft, document.where()))), heard),
    setOrder: (provider, decide, heard) =>
      change((draft) => changeOrder(draft, provider, decide(readBook(draft, document.where()))), heard),
  }
}

/** The sections of the file; whatever else stands beside them is kept as it is. */
const SECTIONS = new Set(['version', 'profiles', 'order', 'lastGood', 'usageStats', 'imported'])

/**
 * Reads the raw document.
 * @throws AuthError unreadable_store
 */
export function readBook(raw: JsonObject, where: string): ProfileBook {
  // Anything else in this place would be lost at the next write.
  if (raw.profiles !== undefined && raw.profiles !== null && !isObject(raw.profiles)) {
    throw unreadable(where, 'holds no profiles where they belong')
  }
  const profiles: Profile[] = []
  const foreign: ForeignEntry[] = []
  for (const [id, value] of Object.entries(isObject(raw.profiles) ? raw.profiles : {})) {
    const entry = isObject(value) ? value : {}
    const isNamed = typeof entry.provider === 'string' && entry.provider.trim() !== ''
    const provider = normaliseProvider(isNamed ? String(entry.provider) : (id.split(':')[0] ?? id))
    const credential = isNamed ? readCredential(entry) : undefined
    if (credential === undefined) {
      // Its id is taken all the same: nothing of ours may be written over it.
      foreign.push({ id, provider, type: typeof entry.type === 'string' && isNamed ? entry.type : 'unknown' })
    } else {
      const paused = readPause(entry.paused)
      const origin = typeof entry.origin === 'string' ? { origin: entry.origin } : {}
      profiles.push({ id, provider, credential, ...origin, ...(paused === undefined ? {} : { paused }) })
    }
  }
  return {
    profiles,
    foreign,
    order: readOrder(raw.order),
    usage: isObject(raw.usageStats) ? raw.usageStats : {},
    hasReceipts: isObject(raw.imported) && Object.keys(raw.imported).length > 0,
    isFlat:
      raw.profiles === undefined && Object.entries(raw).some(([key, value]) => !SECTIONS.has(key) && isObject(value)),
  }
}

function readOrder(raw: unknown): Map<string, readonly string[]> {
  const order = new Map<string, readonly string[]>()
  for (const [provider, ids] of Object.entries(isObject(raw) ? raw : {})) {
    if (!Array.isArray(ids)) continue
    const tidy = tidyOrder(ids.filter((id) => typeof id === 'string'))
    if (tidy.length > 0) order.set(normaliseProvider(provider), tidy)
  }
  return order
}

/** Reads the reference's credential shapes. @returns undefined for a type we do not know */
export function readCredential(entry: JsonObject): Credential | undefined {
  const text = (name: string): Record<string, string> => {
    const value = entry[name]
    return typeof value === 'string' && value !== '' ? { [name]: value } : {}
  }
  const email = text('email')
  const expires = instant(entry.expires)
  const expiry = expires === undefined ? {} : { expiresAt: expires }
  const secret = (value: unknown): Secret => new Secret(typeof value === 'string' ? value.trim() : '')
  switch (entry.type) {
    case 'api_key':
      return { kind: 'api_key', secret: secret(entry.key), ...email, ...text('userId') }
    case 'token':
      return { kind: 'token', secret: secret(entry.token), ...expiry, ...email }
    case 'oauth':
      return {
        kind: 'oauth',
        ...(typeof entry.access === 'string' ? { access: secret(entry.access) } : {}),
        ...(typeof entry.refresh === 'string' ? { refresh: secret(entry.refresh) } : {}),
        ...expiry,
        ...email,
        ...text('accountId'),
        ...text('userId'),
        ...text('plan'),
        ...text('clientId'),
      }
    default:
      return undefined
  }
}

/** ms epoch, or undefined for anything that cannot be one. */
function instant(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 && value <= 8.64e15 ? value : undefined
}

function writeProfile(draft: JsonObject, profile: Profile): void {
  draft.version ??= 1
  const profiles = childObject(draft, 'profiles')
  const before = profiles[profile.id]
  const { credential } = profile
  const kept = isObject(before) && before.type === credential.kind ? before : {}
  const entry: JsonObject = { ...kept, type: credential.kind, provider: profile.provider }
  writeCredential(entry, credential)
  setOrDrop(entry, 'origin', profile.origin)
  profiles[profile.id] = entry
}

/** Puts the credential into an entry, in the reference's shape; what else stands in it stays. */
export function writeCredential(entry: JsonObject, credential: Credential): void {
  entry.type = credential.kind
  switch (credential.kind) {
    case 'api_key':
      entry.key = credential.secret.reveal()
      setOrDrop(entry, 'userId', credential.userId)
      break
    case 'token':
      entry.token = credential.secret.reveal()
      setOrDrop(entry, 'expires', credential.expiresAt)
      break
    case 'oauth':
      setOrDrop(entry, 'access', credential.access?.reveal())
      setOrDrop(entry, 'refresh', credential.refresh?.reveal())
      setOrDrop(entry, 'expires', credential.expiresAt)
      for (const name of ['accountId', 'userId', 'plan', 'clientId'] as const) {
        const value = credential[name]
        if (value !== undefined) entry[name] = value
      }
  }
  if (credential.email !== undefined) entry.email = credential.email
}

function setOrDrop(entry: JsonObject, key: string, value: string | number | undefined): void {
  if (value === undefined) delete entry[key]
  else entry[key] = value
}

function removeProfile(draft: JsonObject, id: string): string | undefined {
  const profiles = isObject(draft.profiles) ? draft.profiles : {}
  if (!Object.hasOwn(profiles, id)) return undefined
  const entry = profiles[id]
  delete profiles[id]
  if (isObject(draft.order)) {
    for (const [provider, ids] of Object.entries(draft.order)) {
      if (!Array.isArray(ids) || !ids.includes(id)) continue
      const left = ids.filter((other) => other !== id)
      if (left.length > 0) draft.order[provider] = left
      else delete draft.order[provider]
    }
    if (Object.keys(draft.order).length === 0) delete draft.order
  }
  for (const key of ['usageStats', 'lastGood']) {
    const section = draft[key]
    if (!isObject(section)) continue
    for (const [name, value] of Object.entries(section)) if (name === id || value === id) delete section[name]
  }
  return isObject(entry) && typeof entry.provider === 'string' ? normaliseProvider(entry.provider) : ''
}

/**
 * The mark stands in the entry itself: there the reference keeps what it does not know, and there it stays with a login that is renewed, or made anew.
 */
function changePause(draft: JsonObject, id: string, pause: Pause | undefined): void {
  const entry = isObject(draft.profiles) && Object.hasOwn(draft.profiles, id) ? draft.profiles[id] : undefined
  if (!isObject(entry)) return
  if (pause === undefined) delete entry.paused
  else entry.paused = writtenPause(pause)
}

function changeOrder(draft: JsonObject, provider: string, ids: readonly string[] | undefined): void {
  const order = isObject(draft.order) ? draft.order : {}
  // Another spelling of the same provider must not shadow the one written now.
  for (const name of Object.keys(order)) if (normaliseProvider(name) === provider) delete order[name]
  if (ids !== undefined) order[provider] = [...ids]
  if (Object.keys(order).length > 0) draft.order = order
  else delete draft.order
  if (ids !== undefined) {
    draft.version ??= 1
    childObject(draft, 'profiles')
  }
}
