// Exclusion between processes (D12): a kernel lock on a lock file that is never replaced, beside a sidecar that says who holds it.
// Where no native lock loads, the sidecar alone is the lock; kernel holders write it too, so that both kinds exclude each other.
import { type FSWatcher, watch } from 'node:fs'
import { AuthError } from '../core/errors.ts'
import { lstatOf } from './files.ts'
import { giveBack, importNative, type Native, takeKernel } from './kernel-lock.ts'
import {
  bootId,
  dropSidecar,
  type Holder,
  type LockMechanism,
  readHolder,
  showAlive,
  startTime,
  sweepSidecars,
  takeSidecar,
} from './sidecar.ts'

export type { LockMechanism } from './sidecar.ts'

/** How long to wait for what somebody else holds, and whether that goes on making sense. */
export type Wait<T> = {
  /** Gives up after this long, ms. */
  waitMs: number
  /** Asked when somebody else has let go of it: what it comes to, unless undefined, ends the wait. May throw, which ends it as well. */
  unless?: () => Promise<T | undefined>
}

/** What the holder of a lock can ask. */
export type Held = {
  /** Whether nobody has taken it over: portable locks go to others when their holder stands still for long. */
  isMine(): Promise<boolean>
}

export type Locks = {
  /**
   * Runs the work while nobody else, in this process or another, holds the same path.
   * @param path the lock file; its directory exists; it is created once and stays
   * @returns what the work returned, or what ended the wait for it
   * @throws AuthError lock_timeout, naming the holder
   */
  hold<T>(path: string, wait: Wait<T>, work: (held: Held) => Promise<T>): Promise<T>
  /** Which kind of lock is in use; decided at the first hold. */
  mechanism(): Promise<LockMechanism>
}

type Taken = Held & { release: () => Promise<void> }

export type LocksOptions = {
  pid: number
  host: string
  now: () => number
  monotonic: () => number
  sleep: (ms: number) => Promise<void>
  randomBytes: (count: number) => Uint8Array
  /** `portable` leaves the native lock alone even where it loads. */
  force?: 'portable'
}

const BEAT_MS = 10_000
/** So often a lock is tried again at once, at first and when it has changed hands. */
const MOST_GLANCES = 3
/** After so long without news of the holder it is tried again, ms: he may have died, and some file systems bring no news. */
const LOOK_MS = 200
/** How often a sidecar that the disk would not remove is tried again. */
const AGAIN_MS = 1000

/** The real locks of this machine. */
export function createLocks(options: LocksOptions): Locks {
  const queue = new Map<string, Promise<unknown>>()
  let native: Promise<Native | undefined> | undefined
  const loadNative = (): Promise<Native | undefined> => {
    native ??= options.force === 'portable' ? Promise.resolve(undefined) : importNative()
    return native
  }
  let self: Promise<Holder> | undefined
  const describeSelf = async (mechanism: LockMechanism): Promise<Holder> => {
    self ??= Promise.all([bootId(), startTime(options.pid)]).then(([boot, startedAt]) => ({
      mechanism,
      pid: options.pid,
      host: options.host,
      boot,
      startedAt,
      nonce: '',
    }))
    return { ...(await self), mechanism, nonce: Buffer.from(options.randomBytes(9)).toString('base64url') }
  }

  const swept = new Set<string>()
  const over = new Set<string>()

  /** A sidecar of a process that lives keeps everybody out, so it is removed as soon as the disk lets it. */
  const dropLater = (sidecar: string, me: Holder): void => {
    over.add(me.nonce)
    const again = setInterval(() => {
      const gone = (): void => {
        clearInterval(again)
        over.delete(me.nonce)
      }
      const drop = async (): Promise<void> => {
        if ((await readHolder(sidecar))?.nonce === me.nonce) await dropSidecar(sidecar, me)
      }
      drop().then(gone, () => undefined)
    }, AGAIN_MS)
    again.unref()
  }

  /** @returns lets go of the lock */
  const settleIn = async (path: string, me: Holder, letGo: () => Promise<void>): Promise<() => Promise<void>> => {
    const sidecar = `${path}.held`
    const beat = setInterval(() => void showAlive(sidecar, options.now()), BEAT_MS)
    beat.unref()
    const release = async (): Promise<void> => {
      clearInterval(beat)
      try {
        await dropSidecar(sidecar, me)
      } catch {
        // The work is done: what became of it must not hang on this.
        dropLater(sidecar, me)
      } finally {
        await letGo()
      }
    }
    // Once per process and lock is enough: what the killed leave behind does not pile up.
    if (swept.has(path)) return release
    swept.add(path)
    try {
      await sweepSidecars(sidecar)
    } catch (error) {
      await release()
      throw error
    }
    return release
  }

  /** @returns lets go of it; or what ended the wait */
  const acquire = async <T>(path: string, { waitMs, unless }: Wait<T>): Promise<Taken | { instead: T }> => {
    const lock = await loadNative()
    const deadline = options.monotonic() + waitMs
    const me = await describeSelf(lock === undefined ? 'portable' : 'kernel')
    const sidecar = `${path}.held`
    const tryOnce = async (): Promise<Taken | undefined> => {
      const handle = lock === undefined ? undefined : await takeKernel(path, lock)
      if (lock !== undefined && handle === undefined) return undefined
      let taken = false
      try {
        taken = await takeSidecar(sidecar, me, { ...options, over }, handle !== undefined)
        if (!taken) return undefined
        const release = await settleIn(path, me, () => giveBack(handle, lock))
        // The kernel takes its lock from nobody who lives.
        const isMine = async (): Promise<boolean> =>
          handle !== undefined || (await readHolder(sidecar))?.nonce === me.nonce
        return { release, isMine }
      } finally {
        if (!taken) await giveBack(handle, lock)
      }
    }
    for (let glances = 0, hasChanged = false; ; ) {
      if (hasChanged) {
        const instead = await unless?.()
        if (instead !== undefined) return { instead }
        glances = 0
        hasChanged = false
      }
      const taken = await tryOnce()
      if (taken !== undefined) return taken
      const leftMs = deadline - options.monotonic()
      if (leftMs <= 0) throw await timeout(path, waitMs)
      // Most hold it for a moment only. Who holds it for longer is waited for without a glance: of fifty who look, each holds the others up.
      if (glances++ < MOST_GLANCES) await options.sleep(glances * 2 * (0.5 + Math.random()))
      else hasChanged = await holderChange(sidecar, Math.min(leftMs, LOOK_MS))
    }
  }

  return {
    mechanism: async () => ((await loadNative()) === undefined ? 'portable' : 'kernel'),
    hold: async (path, wait, work) => {
      const before = queue.get(path) ?? Promise.resolve()
      const mine = before.then(async () => {
        const taken = await acquire(path, wait)
        if ('instead' in taken) return taken.instead
        try {
          return await work(taken)
        } finally {
          await taken.release()
        }
      })
      const settled = mine.then(
        () => undefined,
        () => undefined,
      )
      queue.set(path, settled)
      try {
        return await mine
      } finally {
        if (queue.get(path) === settled) queue.delete(path)
      }
    },
  }
}

/** Waits until somebody else holds it, or nobody does; or for as long. @returns whether that is so */
async function holderChange(sidecar: string, waitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  let watcher: FSWatcher | undefined
  try {
    const news = new Promise<void>((resolve) => {
      // Where nobody can be told, or nothing is to be seen of who holds it, to look often is the next best.
      const lookSoon = (): void => {
        clearTimeout(timer)
        timer = setTimeout(resolve, Math.min(waitMs, 20 + 40 * Math.random()))
      }
      timer = setTimeout(resolve, waitMs)
      try {
        // Of the file itself, not of its folder, where much else happens.
        watcher = watch(sidecar, { persistent: false }, () => resolve()).on('error', lookSoon)
      } catch {
        lookSoon()
      }
    })
    const before = await versionOf(sidecar)
    if (before !== undefined || watcher === undefined) await news
    return (await versionOf(sidecar)) !== before
  } finally {
    clearTimeout(timer)
    watcher?.close()
  }
}

/** @returns undefined when there is none */
async function versionOf(path: string): Promise<string | undefined> {
  const named = await lstatOf(path)
  return named === undefined ? undefined : `${named.ino} ${named.mtimeMs}`
}

async function timeout(path: string, waitMs: number): Promise<AuthError> {
  const holder = await readHolder(`${path}.held`)
  const who = holder === undefined || holder.pid < 0 ? 'another process' : `process ${holder.pid} on ${holder.host}`
  return new AuthError(
    'lock_timeout',
    `Waited ${Math.round(waitMs / 1000)} s for ${path}, which ${who} holds; nothing was changed.`,
  )
}
