// Renewed logins whose store could not be written: kept wherever a disk takes them, until the store does (D12). A refresh token is spent once
// it was sent, so what came for it must survive us before it is used.
import { join } from 'node:path'
import { isSameCredential, type OAuth } from '../core/credential.ts'
import { printable } from '../core/profile.ts'
import { codeOf } from '../system/files.ts'
import type { System } from '../system/system.ts'
import { isObject, type JsonObject } from './document.ts'
import type { Layout } from './layout.ts'
import { type ProfileBook, type ProfileStore, readCredential, writeCredential } from './profiles.ts'

export type Spooled = {
  /** The file; absent: no disk took it, it lies in the memory of this process. */
  path?: string
  /** The store that it belongs to, and the profile there. */
  store: string
  profileId: string
  /** Fingerprint of the refresh token that was redeemed for it. */
  generation: string
  credential: OAuth
}

export type Spool = {
  /**
   * Keeps it: durable once it resolves with a file.
   * @returns the file; undefined when no disk takes it, so that it lies in memory until one does
   */
  keep(item: Omit<Spooled, 'path'>): Promise<string | undefined>
  /**
   * The book as it will be once the store takes what waits for it. It is read here, behind what waits: what leaves the spool in between is in
   * the store by then, so that nothing is missed on its way from the one to the other.
   */
  applied<B extends ProfileBook>(store: string, read: () => Promise<B>): Promise<B>
  /**
   * Stores what was put aside for these profiles, as far as they hold the tokens that were redeemed for it, and clears all of it away.
   * @returns false when something still waits
   */
  absorb(profiles: ProfileStore): Promise<boolean>
  /** Whether something lies in memory alone; `absorb` finds a disk for it as soon as there is one. */
  isUnsafe(): boolean
  /**
   * Removes what was put aside for the profile, also what came too late to be used: the person wants the login gone.
   * @throws what the disk says
   */
  drop(store: string, profileId: string): Promise<void>
}

const NAME = /^login-[0-9a-f]{32}\.json$/
/** As system/files writes before it puts a file in its place: name, process. */
const DRAFT = /^\.(login-[0-9a-f]{32}\.json)\.(\d+)\.[0-9a-f]+\.tmp$/

/** Opens the spool of a state directory; several share the places outside of it. */
export function openSpool(system: System, layout: Layout): Spool {
  const { files, log } = system
  /** What no disk has taken so far. */
  const unsaved: Spooled[] = []
  const release = (item: Spooled): void => {
    if (unsaved.includes(item)) unsaved.splice(unsaved.indexOf(item), 1)
  }
  /** Others may write to some of the places: what lies in a folder of theirs is nothing of ours. */
  const isOurs = async (dir: string): Promise<boolean> => {
    const stat = await files.stat(dir)
    return stat?.isDirectory === true && (system.uid < 0 || stat.uid === system.uid) && (stat.mode & 0o022) === 0
  }
  const read = async (path: string, { isDraft = false } = {}): Promise<Spooled | undefined> => {
    try {
      const raw: unknown = JSON.parse((await files.read(path))?.text ?? '')
      const credential = isObject(raw) && isObject(raw.credential) ? readCredential(raw.credential) : undefined
      if (!isObject(raw) || credential?.kind !== 'oauth') return undefined
      const { store, profileId, generation } = raw
      if (typeof store !== 'string' || typeof profileId !== 'string' || typeof generation !== 'string') return undefined
      return { path, store, profileId, generation, credential }
    } catch (error) {
      if (isDraft) return undefined
      log.warn('a renewed login that was put aside cannot be read; it is left where it is', {
        path,
        code: codeOf(error),
      })
      return undefined
    }
  }
  /** What somebody who died did not put in its place any more: where it is whole, it is put aside for them, the disk may not have it yet. */
  const recover = async (): Promise<void> => {
    for (const dir of layout.spools) {
      for (const draft of await files.list(dir).catch(() => [])) {
        const [, name, pid] = DRAFT.exec(draft) ?? []
        if (name === undefined || (await system.lifeOf(Number(pid))) !== undefined || !(await isOurs(dir))) continue
        const path = join(dir, draft)
        const isWhole = (await read(path, { isDraft: true })) !== undefined
        await (isWhole ? files.adopt(path, join(dir, name)) : files.remove(path)).catch(unlessGone)
      }
    }
  }
  /** What waits for the store. What cannot be read is passed by, and left. */
  const waiting = async (store: string): Promise<Spooled[]> => {
    const found: Spooled[] = unsaved.filter((item) => item.store === store)
    const look = async (dir: string): Promise<void> => {
      const names = (await files.list(dir).catch(() => [])).filter((name) => NAME.test(name))
      if (names.length === 0 || !(await isOurs(dir))) return
      for (const name of names) {
        const item = await read(join(dir, name))
        if (item?.store === store) found.push(item)
      }
    }
    await Promise.all(layout.spools.map(look))
    return found
  }
  /** The book with what follows from each login in its place, and those that were used for it. */
  const followed = (
    book: ProfileBook,
    items: readonly Spooled[],
  ): { book: ProfileBook; used: ReadonlySet<Spooled> } => {
    const used = new Set<Spooled>()
    const profiles = book.profiles.map((profile) => {
      let { credential } = profile
      // Each was redeemed for the one before it.
      for (let left = items.length; left > 0; left--) {
        const spent = credential.kind === 'oauth' ? credential.refresh : undefined
        if (spent === undefined) break
        const generation = system.fingerprint(spent)
        const next = items.find((item) => item.profileId === profile.id && item.generation === generation)
        if (next === undefined) break
        used.add(next)
        credential = next.credential
      }
      return { ...profile, credential }
    })
    return { book: { ...book, profiles }, used }
  }
  /** Whether the store holds it, or what was redeemed for it in turn. */
  const isHeld = (book: ProfileBook, { profileId, credential }: Spooled, items: readonly Spooled[]): boolean => {
    const stored = book.profiles.find(({ id }) => id === profileId)?.credential
    let last: OAuth | undefined = credential
    for (let left = items.length; left >= 0 && last !== undefined; left--) {
      if (stored !== undefined && isSameCredential(stored, last)) return true
      const next: string | undefined = last.refresh === undefined ? undefined : system.fingerprint(last.refresh)
      last = items.find((item) => item.profileId === profileId && item.generation === next)?.credential
    }
    return false
  }
  /** @returns undefined when no disk takes it */
  const write = async ({ store, profileId, generation, credential }: Spooled): Promise<string | undefined> => {
    const entry: JsonObject = {}
    writeCredential(entry, credential)
    const text = `${JSON.stringify({ store, profileId, generation, credential: entry }, null, 2)}\n`
    for (const dir of layout.spools) {
      try {
        await files.makeDir(dir)
        if (!(await isOurs(dir))) continue
        const path = join(dir, `login-${generation}.json`)
        await files.writeDurable(path, text)
        return path
      } catch (error) {
        log.warn('no renewed login can be put aside here', { dir, profile: printable(profileId), code: codeOf(error) })
      }
    }
    return undefined
  }
  return {
    applied: async (store, read) => {
      const items = await waiting(store)
      const book = await read()
      return items.length === 0 ? book : { ...book, ...followed(book, items).book }
    },
    keep: async (item) => {
      const path = await write(item)
      if (path === undefined) unsaved.push(item)
      return path
    },
    absorb: async (profiles) => {
      await recover().catch((error: unknown) => log.debug('what was left behind stays', { code: codeOf(error) }))
      const items = await waiting(profiles.where())
      if (items.length === 0) return true
      try {
        const before = await profiles.read()
        const { book, used } = followed(before, items)
        for (const { id, credential } of book.profiles) {
          const old = before.profiles.find((profile) => profile.id === id)?.credential
          if (old === credential || old?.kind !== 'oauth' || credential.kind !== 'oauth') continue
          if (old.refresh !== undefined) await profiles.renew(id, old.refresh, credential)
        }
        const after = used.size === 0 ? before : await profiles.read()
        const held = new Set(items.filter((item) => isHeld(after, item, items)))
        // Whoever put them there may have died before the disk had them.
        if (items.some((item) => held.has(item) && !used.has(item))) await profiles.confirm()
        for (const item of items) {
          release(item)
          if (item.path === undefined) continue
          if (held.has(item)) await files.remove(item.path)
          // The store has moved on: somebody logged in anew. What was paid for with a token is not thrown away all the same.
          else await files.rename(item.path, `${item.path}.late`).catch(unlessGone)
        }
        return true
      } catch (error) {
        log.warn('a renewed login that was put aside cannot be stored yet', {
          file: items.map(({ path }) => path ?? 'in memory').join(', '),
          why: error instanceof Error ? error.message : 'unknown',
        })
        for (const item of items) if (item.path === undefined && (await write(item)) !== undefined) release(item)
        return false
      }
    },
    isUnsafe: () => unsaved.length > 0,
    drop: async (store, profileId) => {
      for (const item of unsaved.filter((one) => one.store === store && one.profileId === profileId)) release(item)
      for (const dir of layout.spools) {
        const names = await files.list(dir).catch(() => [])
        const own = names.filter((name) => NAME.test(name.replace(/\.late$/, '')))
        if (own.length === 0 || !(await isOurs(dir))) continue
        for (const name of own) {
          const item = await read(join(dir, name))
          if (item?.store === store && item.profileId === profileId) await files.remove(join(dir, name))
        }
      }
    },
  }
}

/** Another process was faster. */
function unlessGone(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error
}
