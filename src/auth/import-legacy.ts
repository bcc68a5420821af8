// Takes over the credentials of older layouts: into the store first, read back the way a call reads them, and only then is the old file put
// aside. Killed anywhere in between, the next run goes on; whoever only looks has seen the same profiles all along.
import { bearerOf, isSameCredential } from '../core/credential.ts'
import { AuthError } from '../core/errors.ts'
import { printable } from '../core/profile.ts'
import { quoted } from '../core/quoted.ts'
import type { AgentStore } from '../store/home.ts'
import { dropReceipts, type LegacyEntry, type Taken, takeLegacy, type Verdict } from '../store/legacy.ts'
import type { LegacyFile } from '../store/legacy-files.ts'
import { readCredential } from '../store/profiles.ts'
import { codeOf } from '../system/files.ts'
import type { Auth } from './auth.ts'
import { collectFacts, resolve } from './resolve.ts'

export type LegacyImport = {
  agentId: string
  /** Where the credentials were. */
  file: string
  profiles: { id: string; verdict: Verdict }[]
  /** What the file was kept as; absent when it could not be put aside, or was changed meanwhile. */
  kept?: string
}

const LOCK_WAIT_MS = 20_000

/**
 * Imports what stands in older files for the agent, and tells of it in one line per file. Files that cannot be read are left alone.
 * @param options.path only this one
 * @param options.isOptional nothing is thrown: what is not imported is used from where it stands, and the reason is told
 * @throws AuthError unreadable_store, write_failed, lock_timeout
 */
export async function importLegacy(
  auth: Auth,
  agentId: string,
  options: { path?: string; isOptional?: true } = {},
): Promise<LegacyImport[]> {
  const { home } = auth
  const store = home.agent(home.agent(agentId).owner)
  try {
    const { files, hasReceipts } = await pending(store, options.path)
    if (files.length === 0 && !hasReceipts) return []
    const done = await alone(auth, store, async () => {
      const imports: LegacyImport[] = []
      for (const file of (await pending(store, options.path)).files) imports.push(await importOne(auth, store, file))
      const { files: left, unread } = await pending(store)
      const paths = new Set(store.legacy.places().map(({ path }) => path))
      for (const path of unread) paths.delete(path)
      await store.profiles.edit((draft) => dropReceipts(draft, paths, left))
      return imports
    })
    await auth.peek(store.agentId)?.reload()
    return done
  } catch (error) {
    if (!(error instanceof AuthError) || options.isOptional !== true) throw error
    // Whoever needs the store itself hears of it at once.
    if (error.code === 'unreadable_store' && error.message.includes(store.profiles.where())) return []
    auth.tell(`Warning: older credentials of agent ${store.agentId} were not imported: ${error.message}`)
    return []
  }
}

type Pending = { files: LegacyFile[]; unread: string[]; hasReceipts: boolean }

async function pending(store: AgentStore, path?: string): Promise<Pending> {
  const { isFlat, hasReceipts } = await store.profiles.read()
  const { files, troubles } = await store.legacy.read({ isFlat })
  return {
    files: files.filter((file) => path === undefined || file.path === path),
    unread: troubles.map((trouble) => trouble.path),
    hasReceipts,
  }
}

/** Two at once would keep two copies. */
async function alone<T>({ home }: Auth, store: AgentStore, work: () => Promise<T>): Promise<T> {
  const { files, locks } = home.system
  try {
    await files.makeDir(store.agentDir)
    return await locks.hold(`${store.profiles.where()}.import.lock`, { waitMs: LOCK_WAIT_MS }, work)
  } catch (error) {
    if (error instanceof AuthError) throw error
    throw new AuthError('write_failed', `Cannot write to ${store.agentDir} (${codeOf(error)}). Nothing was changed.`, {
      remedy: `ls -ld ${quoted(store.agentDir)}`,
      cause: error,
    })
  }
}

async function importOne(auth: Auth, store: AgentStore, file: LegacyFile): Promise<LegacyImport> {
  // What changes in its place is copied before it is changed.
  const before = file.form === 'flat' ? await store.legacy.putAside(file) : undefined
  const taken = await store.profiles.edit((draft) => {
    const there = ({ key, written }: LegacyEntry): boolean =>
      file.form !== 'flat' || JSON.stringify(draft[key]) === JSON.stringify(written)
    return takeLegacy(draft, { ...file, entries: file.entries.filter(there) })
  })
  const done: LegacyImport = {
    agentId: store.agentId,
    file: file.path,
    profiles: taken.map(({ id, verdict }) => ({ id, verdict })),
  }
  const isNew = taken.some(({ verdict }) => verdict !== 'done')
  if (!(await isReadBack(auth, store, taken))) {
    auth.tell(
      `Warning: what was imported from ${file.path} does not read back from ${store.profiles.where()}; the file was left where it is.`,
    )
    return done
  }
  try {
    const kept = before ?? (await store.legacy.putAside(file))
    if (kept === undefined) return done
    auth.tell(lineOf(done, file, `; the file is kept as ${kept}`))
    return { ...done, kept }
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    // Said once; doctor goes on saying it.
    if (isNew) auth.tell(`${lineOf(done, file, '')} ${error.message} It is not imported again.`)
    return done
  }
}

/** Whether the store by itself, without the older files, gives the resolver what was taken. */
async function isReadBack({ home, registry }: Auth, store: AgentStore, taken: readonly Taken[]): Promise<boolean> {
  const facts = await collectFacts(home, registry, store.agentId, { isWhole: false })
  const { profiles } = await store.profiles.read()
  const now = home.system.now()
  return taken.every(({ entry, id, verdict }) => {
    // Somebody may have removed it since.
    if (verdict === 'done') return true
    const candidate = facts.providers.get(entry.provider)?.candidates.find((other) => other.id === id)
    const isTraced = resolve(facts, entry.provider, { now }).trace.some((line) => line.id === id)
    const credential = readCredential(entry.entry)
    if (candidate === undefined || !isTraced) return false
    if (credential === undefined || verdict === 'older') return true
    const stored = profiles.find((profile) => profile.id === id)
    const bearer = bearerOf(credential)
    const isSent = bearer === undefined ? candidate.secret === undefined : candidate.secret?.equals(bearer) === true
    return isSent && stored !== undefined && isSameCredential(stored.credential, credential)
  })
}

function lineOf({ agentId, profiles }: LegacyImport, file: LegacyFile, kept: string): string {
  const ids = (...verdicts: Verdict[]): string =>
    [...new Set(profiles.filter(({ verdict }) => verdicts.includes(verdict)).map(({ id }) => printable(id)))].join(', ')
  const parts = [
    ids('added') === '' ? '' : `Imported ${ids('added')}`,
    ids('replaced') === '' ? '' : `renewed ${ids('replaced')}`,
    ids('known', 'done') === '' ? '' : `had ${ids('known', 'done')} already`,
    ids('older') === '' ? '' : `kept ${ids('older')}, which ends later`,
    file.unread.length === 0 ? '' : `did not understand ${file.unread.map((key) => printable(key, 40)).join(', ')}`,
  ].filter((part) => part !== '')
  const text = parts.join('; ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)} (agent ${agentId}, from ${file.path})${kept}.`
}
