// Exclusion between processes (D12): a kernel lock on a lock file that is never replaced, beside a sidecar that says who holds it.
// Where no native lock loads, the sidecar alone is the lock; kernel holders write it too, so that both kinds exclude each other.
import { constants } from 'node:fs'
import * as fs from 'node:fs/promises'
import { createRequire } from 'node:module'
import { AuthError } from '../core/errors.ts'
import { codeOf } from './files.ts'
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

export type Locks = {
  /**
   * Runs the work while nobody else, in this process or another, holds the same path.
   * @param path the lock file; its directory exists; it is created once and stays
   * @param options.waitMs gives up after this long
   * @throws AuthError lock_timeout, naming the holder
   */
  hold<T>(path: string, options: { waitMs: number }, work: () => Promise<T>): Promise<T>
  /** Which kind of lock is in use; decided at the first hold. */
  mechanism(): Promise<LockMechanism>
}

type Native = { tryLock(fd: number): boolean; unlock(fd: number): void }

/** What the binary itself offers: offset and length of the locked part (0: all of it), and whether nobody else may hold one. */
type Binding = {
  tryLock(fd: number, offset: number, length: number, isExclusive: boolean): void
  unlock(fd: number, offset: number, length: number): void
}

const BINARY = 'fs-native-extensions.node'
const requireHere = createRequire(import.meta.url) as (path: string) => Binding

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

  const acquire = async (path: string, waitMs: number): Promise<() => Promise<void>> => {
    const lock = await loadNative()
    const deadline = options.monotonic() + waitMs
    const me = await describeSelf(lock === undefined ? 'portable' : 'kernel')
    for (let attempt = 0; ; attempt++) {
      const handle = lock === undefined ? undefined : await takeKernel(path, lock)
      if (lock === undefined || handle !== undefined) {
        let taken = false
        try {
          taken = await takeSidecar(`${path}.held`, me, { ...options, over }, handle !== undefined)
          if (taken) return await settleIn(path, me, () => giveBack(handle, lock))
        } finally {
          if (!taken) await giveBack(handle, lock)
        }
      }
      if (options.monotonic() >= deadline) throw await timeout(path, waitMs)
      // Jitter keeps many waiters from moving in step.
      const jitter = (options.randomBytes(1)[0] ?? 0) / 255
      await options.sleep(Math.min(2 + attempt * 2, 40) * (0.5 + jitter))
    }
  }

  return {
    mechanism: async () => ((await loadNative()) === undefined ? 'portable' : 'kernel'),
    hold: async (path, { waitMs }, work) => {
      const before = queue.get(path) ?? Promise.resolve()
      const mine = before.then(async () => {
        const release = await acquire(path, waitMs)
        try {
          return await work()
        } finally {
          await release()
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

/**
 * The binary of this platform, straight from its place in the package: the package itself looks for it through five others, which
 * takes ten times as long and is left for the platforms where it lies elsewhere.
 */
async function importNative(): Promise<Native | undefined> {
  try {
    return nativeOf(requireHere(`fs-native-extensions/prebuilds/${process.platform}-${process.arch}/${BINARY}`))
  } catch {
    // Elsewhere, or nowhere.
  }
  try {
    const module = (await import('fs-native-extensions')) as { default: Native }
    return module.default
  } catch {
    // An optional dependency: platforms without a prebuilt binary use the sidecar alone.
    return undefined
  }
}

function nativeOf(binding: Binding): Native {
  return {
    tryLock: (fd) => {
      try {
        binding.tryLock(fd, 0, 0, true)
        return true
      } catch (error) {
        if (codeOf(error) === 'EAGAIN') return false
        throw error
      }
    },
    unlock: (fd) => binding.unlock(fd, 0, 0),
  }
}

async function takeKernel(path: string, lock: Native): Promise<fs.FileHandle | undefined> {
  const handle = await fs.open(path, constants.O_CREAT | constants.O_RDWR | (constants.O_NOFOLLOW ?? 0), 0o600)
  let granted = false
  try {
    if (!lock.tryLock(handle.fd)) return undefined
    // Somebody may have removed the file by hand: a lock on a nameless inode excludes nobody.
    const [held, named] = await Promise.all([handle.stat(), lstatOf(path)])
    granted = held.ino === named?.ino && held.dev === named.dev
    return granted ? handle : undefined
  } finally {
    if (!granted) await handle.close()
  }
}

async function giveBack(handle: fs.FileHandle | undefined, lock: Native | undefined): Promise<void> {
  if (handle === undefined || lock === undefined) return
  lock.unlock(handle.fd)
  await handle.close()
}

async function lstatOf(path: string): Promise<{ ino: number; dev: number } | undefined> {
  try {
    return await fs.lstat(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

async function timeout(path: string, waitMs: number): Promise<AuthError> {
  const holder = await readHolder(`${path}.held`)
  const who = holder === undefined || holder.pid < 0 ? 'another process' : `process ${holder.pid} on ${holder.host}`
  return new AuthError(
    'lock_timeout',
    `Waited ${Math.round(waitMs / 1000)} s for ${path}, which ${who} holds; nothing was changed.`,
  )
}
