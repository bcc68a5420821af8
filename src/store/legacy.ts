// Files of older layouts as data: which credentials such a file holds, and what an agent's profiles are once these are taken over.
// The same function answers what would be taken (reading) and takes it (under the lock), so that the two cannot differ.
import { type Credential, isNewerLogin, isSameAccount, isSameCredential, type OAuth } from '../core/credential.ts'
import { normaliseProvider } from '../core/model-ref.ts'
import { type Profile, profileId } from '../core/profile.ts'
import { childObject, isObject, type JsonObject } from './document.ts'
import { readBook, readCredential } from './profiles.ts'

/**
 * flat: our auth-profiles.json with credentials by provider instead of profiles. cache: our auth.json in its old shape. Both stay in use,
 * so only the credentials leave them. map: credentials by provider, in a file of its own. store: an auth-profiles.json elsewhere.
 */
export type LegacyForm = 'flat' | 'cache' | 'map' | 'store'

export type LegacyEntry = {
  /** Under which it stands in its file. */
  key: string
  /** The id it asks for. */
  id: string
  provider: string
  /** As it will stand in auth-profiles.json, with every field we do not know. */
  entry: JsonObject
  /** As it stood. */
  written: JsonObject
}

export type LegacyContent = {
  form: LegacyForm
  entries: readonly LegacyEntry[]
  /** Keys that may be credentials, but in no form that we know. */
  unread: readonly string[]
  order: JsonObject
  usage: JsonObject
}

/** Sections of our own files, which are no providers. */
const SECTIONS = new Set([
  'version',
  'profiles',
  'order',
  'lastGood',
  'usageStats',
  'usageWindows',
  'refresh',
  'imported',
])
const PROVIDER = /^[a-z0-9][a-z0-9._-]{0,63}$/

/** What a file of the form holds. */
export function readLegacy(form: LegacyForm, raw: JsonObject): LegacyContent {
  const isStore = form === 'store' && isObject(raw.profiles)
  const section = isStore && isObject(raw.profiles) ? raw.profiles : raw
  const entries: LegacyEntry[] = []
  const unread: string[] = []
  for (const [key, written] of Object.entries(section)) {
    if (!isStore && SECTIONS.has(key)) continue
    const read = isObject(written) ? (isStore ? asProfile(key, written) : asCredential(key, written)) : undefined
    if (read !== undefined) entries.push(read)
    else if (isStore || isObject(written) || typeof written === 'string') unread.push(key)
  }
  return {
    form,
    entries,
    // What we do not know stays in the files that stay.
    unread: form === 'flat' || form === 'cache' ? [] : unread,
    order: isStore && isObject(raw.order) ? raw.order : {},
    usage: isStore && isObject(raw.usageStats) ? raw.usageStats : {},
  }
}

/** An entry of another store: it has an id already, and may be of a kind that we do not know. */
function asProfile(id: string, written: JsonObject): LegacyEntry | undefined {
  const provider = providerOf(written, id.split(':')[0] ?? id)
  if (provider === undefined || !id.startsWith(`${id.split(':')[0]}:`)) return undefined
  return { key: id, id, provider, entry: written, written }
}

/** `{ "openrouter": { "apiKey": "…" } }`, `{ "anthropic": { "type": "token", … } }`, `{ "openai": { "access": …, "refresh": … } }`. */
function asCredential(key: string, written: JsonObject): LegacyEntry | undefined {
  const provider = providerOf(written, key)
  const type = written.type ?? typeFrom(written)
  if (provider === undefined || typeof type !== 'string') return undefined
  const { apiKey, ...rest } = written
  const entry: JsonObject = { ...rest, type, provider }
  if (type === 'api_key') entry.key ??= apiKey
  else if (apiKey !== undefined) entry.apiKey = apiKey
  const credential = readCredential(entry)
  if (credential === undefined) return undefined
  const secrets = credential.kind === 'oauth' ? [credential.access, credential.refresh] : [credential.secret]
  if (secrets.every((secret) => secret === undefined || secret.isBlank())) return undefined
  return { key, id: profileId(provider, 'default'), provider, entry, written }
}

function providerOf(written: JsonObject, fallback: string): string | undefined {
  const named = typeof written.provider === 'string' && written.provider.trim() !== '' ? written.provider : fallback
  const provider = normaliseProvider(named)
  return PROVIDER.test(provider) ? provider : undefined
}

function typeFrom({ key, apiKey, access, refresh, token }: JsonObject): string | undefined {
  if (typeof key === 'string' || typeof apiKey === 'string') return 'api_key'
  if (typeof access === 'string' || typeof refresh === 'string') return 'oauth'
  return typeof token === 'string' ? 'token' : undefined
}

/**
 * added: as a profile of its own. replaced: it ends later than the login of the same account that was there. older: it does not. known: the
 * very same stands there. done: it was taken before, whatever has become of it since.
 */
export type Verdict = 'added' | 'replaced' | 'older' | 'known' | 'done'

export type Taken = { entry: LegacyEntry; id: string; verdict: Verdict }

export type LegacySource = LegacyContent & {
  path: string
  /** A name for what the entry holds that tells nothing of it. */
  receiptOf(entry: LegacyEntry): string
}

/** Takes the entries over into the raw document, and notes that it did: a file that cannot be put aside is taken once all the same. */
export function takeLegacy(draft: JsonObject, content: LegacySource): Taken[] {
  const taken = content.entries.map((entry) => {
    const receipt = content.receiptOf(entry)
    const before = isObject(draft.imported) ? draft.imported[receipt] : undefined
    if (content.form === 'flat') delete draft[entry.key]
    if (isObject(before)) return { entry, id: String(before.id), verdict: 'done' as const }
    const result = place(draft, entry)
    childObject(draft, 'imported')[receipt] = { id: result.id, file: content.path }
    return result
  })
  carryOver(draft, content, taken)
  return taken
}

/**
 * Forgets what was noted of entries that are gone from their files, and so cannot be taken again.
 * @param paths the files that were looked at
 * @param left those that still hold something
 */
export function dropReceipts(draft: JsonObject, paths: ReadonlySet<string>, left: readonly LegacySource[]): void {
  if (!isObject(draft.imported)) return
  const kept = new Set(left.flatMap((file) => file.entries.map(file.receiptOf)))
  for (const [receipt, note] of Object.entries(draft.imported)) {
    if (!kept.has(receipt) && isObject(note) && paths.has(String(note.file))) delete draft.imported[receipt]
  }
  if (Object.keys(draft.imported).length === 0) delete draft.imported
}

function place(draft: JsonObject, legacy: LegacyEntry): Taken {
  const { entry, provider } = legacy
  const mine = readBook(draft, '').profiles.filter((profile) => profile.provider === provider)
  draft.version ??= 1
  const profiles = childObject(draft, 'profiles')
  const credential = readCredential(entry)
  if (credential === undefined) {
    const there = profiles[legacy.id]
    if (JSON.stringify(there) === JSON.stringify(entry)) return { entry: legacy, id: legacy.id, verdict: 'known' }
  } else {
    const same = mine.find((profile) => isSameCredential(profile.credential, credential))
    if (same !== undefined) return { entry: legacy, id: same.id, verdict: 'known' }
    const account = mine.filter((profile) => isOfSameAccount(profile.credential, credential))
    const rival = account.find(({ id }) => id === legacy.id) ?? account[0]
    if (rival !== undefined) {
      const isNewest = account.every(isOutlivedBy(credential as OAuth))
      if (!isNewest) return { entry: legacy, id: rival.id, verdict: 'older' }
      const before = profiles[rival.id]
      profiles[rival.id] = { ...(isObject(before) ? before : {}), ...entry, provider }
      return { entry: legacy, id: rival.id, verdict: 'replaced' }
    }
  }
  const id = freeId(profiles, legacy)
  profiles[id] = { ...entry, provider }
  return { entry: legacy, id, verdict: 'added' }
}

/** Older files name the account at most, and knew one person for each. */
function isOfSameAccount(a: Credential, b: Credential): boolean {
  if (a.kind !== 'oauth' || b.kind !== 'oauth') return false
  return isSameAccount(a, b) ?? (a.accountId !== undefined && a.accountId === b.accountId)
}

function isOutlivedBy(login: OAuth): (profile: Profile) => boolean {
  return ({ credential }) => credential.kind === 'oauth' && isNewerLogin(login, credential)
}

/** Nothing that stands there gives way to another account. */
function freeId(profiles: JsonObject, { id: wanted, provider }: LegacyEntry): string {
  let id = wanted
  for (let count = 1; Object.hasOwn(profiles, id); count++) {
    id = profileId(provider, count === 1 ? 'imported' : `imported-${count}`)
  }
  return id
}

/** Order and usage of another store, where there is none here. An order that does not know profiles of ours would hide them. */
function carryOver(draft: JsonObject, { order, usage }: LegacyContent, taken: readonly Taken[]): void {
  const fresh = new Map(
    taken.flatMap(({ entry, id, verdict }) => (verdict === 'done' ? [] : [[entry.id, id] as const])),
  )
  for (const [name, ids] of Object.entries(order)) {
    const provider = normaliseProvider(name)
    const known = isObject(draft.order) ? Object.keys(draft.order).map(normaliseProvider) : []
    if (!PROVIDER.test(provider) || !Array.isArray(ids) || known.includes(provider)) continue
    const kept = ids.flatMap((id) => fresh.get(String(id)) ?? [])
    const ours = readBook(draft, '').profiles.filter((profile) => profile.provider === provider)
    if (kept.length > 0 && ours.every(({ id }) => [...fresh.values()].includes(id)))
      childObject(draft, 'order')[provider] = [...new Set(kept)]
  }
  for (const [before, id] of fresh) {
    const stats = usage[before]
    if (!isObject(stats) || (isObject(draft.usageStats) && Object.hasOwn(draft.usageStats, id))) continue
    childObject(draft, 'usageStats')[id] = stats
  }
}
