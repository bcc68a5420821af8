// Exclusion between processes (D12): a kernel lock on a lock file that is never replaced, beside a sidecar that says who holds it.
// Where no native lock loads, the sidecar alone is the lock; kernel holders write it too, so that both kinds exclude each other.
import { constants } from 'node:fs'
import * as fs from 'node:fs/promises'
import { AuthError } from '../core/errors.ts'
import { codeOf } from './files.ts'

export type LockMechanism = 'kernel' | 'portable'

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

type Holder = { mechanism: LockMechanism; pid: number; host: string; boot: string; startedAt: string; nonce: string }

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
/** A holder on another host that has not shown itself for this long is gone. */
const SILENT_MS = 60_000
const GUARD_MS = 10_000

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

  const acquire = async (path: string, waitMs: number): Promise<() => Promise<void>> => {
    const lock = await loadNative()
    const deadline = options.monotonic() + waitMs
    const me = await describeSelf(lock === undefined ? 'portable' : 'kernel')
    for (let attempt = 0; ; attempt++) {
      const handle = lock === undefined ? undefined : await takeKernel(path, lock)
      if (lock === undefined || handle !== undefined) {
        if (await takeSidecar(`${path}.held`, me, options, handle !== undefined)) {
          const beat = setInterval(() => void touch(`${path}.held`, options.now()), BEAT_MS)
          beat.unref()
          return async () => {
            clearInterval(beat)
            await fs.rm(`${path}.held`, { force: true })
            await giveBack(handle, lock)
          }
        }
        await giveBack(handle, lock)
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

async function importNative(): Promise<Native | undefined> {
  try {
    const module = (await import('fs-native-extensions')) as { default: Native }
    return module.default
  } catch {
    // An optional dependency: platforms without a prebuilt binary use the sidecar alone.
    return undefined
  }
}

async function takeKernel(path: string, lock: Native): Promise<fs.FileHandle | undefined> {
  const handle = await fs.open(path, constants.O_CREAT | constants.O_RDWR | (constants.O_NOFOLLOW ?? 0), 0o600)
  let granted = false
  try {
    if (!lock.tryLock(handle.fd)) return undefined
    // Somebody may have removed the file by hand: a lock on a nameless inode excludes nobody.
    const [held, named] = await Promise.all([handle.stat(), fs.lstat(path)])
    granted = held.ino === named.ino && held.dev === named.dev
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

/** @returns false when a living holder has it */
async function takeSidecar(path: string, me: Holder, options: LocksOptions, haveKernel: boolean): Promise<boolean> {
  if (await create(path, me)) return true
  const holder = await readHolder(path)
  if (holder === undefined) return create(path, me)
  if (!(await isGone(path, holder, options, haveKernel))) return false
  // Only one process at a time may clear away a dead holder, and only the very one it judged.
  const guard = `${path}.clearing`
  if (!(await create(guard, me))) {
    const stats = await statOf(guard)
    if (stats !== undefined && options.now() - stats.mtimeMs > GUARD_MS) await fs.rm(guard, { force: true })
    return false
  }
  try {
    if ((await readHolder(path))?.nonce !== holder.nonce) return false
    await fs.rm(path, { force: true })
    return await create(path, me)
  } finally {
    await fs.rm(guard, { force: true })
  }
}

async function isGone(path: string, holder: Holder, options: LocksOptions, haveKernel: boolean): Promise<boolean> {
  // Whoever has the kernel lock knows that no other kernel holder lives.
  if (holder.mechanism === 'kernel' && haveKernel) return true
  if (holder.host !== options.host) {
    const stats = await statOf(path)
    return stats !== undefined && options.now() - stats.mtimeMs > SILENT_MS
  }
  if (holder.boot !== (await bootId())) return true
  if (!isAlive(holder.pid)) return true
  return holder.startedAt !== '' && holder.startedAt !== (await startTime(holder.pid))
}

async function create(path: string, holder: Holder): Promise<boolean> {
  // Written aside and linked, so that nobody ever reads half a holder.
  const temp = `${path}.${holder.pid}.${holder.nonce}`
  await fs.writeFile(temp, JSON.stringify(holder), { flag: 'wx', mode: 0o600 })
  try {
    await fs.link(temp, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    if (codeOf(error) !== 'EPERM' && codeOf(error) !== 'ENOTSUP' && codeOf(error) !== 'ENOSYS') throw error
    return await createPlain(path, holder)
  } finally {
    await fs.rm(temp, { force: true })
  }
}

/** For file systems without hard links. */
async function createPlain(path: string, holder: Holder): Promise<boolean> {
  try {
    await fs.writeFile(path, JSON.stringify(holder), { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const value: unknown = JSON.parse(await fs.readFile(path, 'utf8'))
    if (typeof value !== 'object' || value === null) return unknownHolder('')
    const { mechanism, pid, host, boot, startedAt, nonce } = value as Record<string, unknown>
    if (typeof pid !== 'number' || typeof host !== 'string' || typeof nonce !== 'string') return unknownHolder('')
    return {
      mechanism: mechanism === 'kernel' ? 'kernel' : 'portable',
      pid,
      host,
      nonce,
      boot: typeof boot === 'string' ? boot : '',
      startedAt: typeof startedAt === 'string' ? startedAt : '',
    }
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? undefined : unknownHolder('')
  }
}

/** Unreadable: treated like a holder on another host, gone when it has been silent. */
function unknownHolder(nonce: string): Holder {
  return { mechanism: 'portable', pid: -1, host: '?', boot: '', startedAt: '', nonce }
}

async function timeout(path: string, waitMs: number): Promise<AuthError> {
  const holder = await readHolder(`${path}.held`)
  const who = holder === undefined || holder.pid < 0 ? 'another process' : `process ${holder.pid} on ${holder.host}`
  return new AuthError(
    'lock_timeout',
    `Waited ${Math.round(waitMs / 1000)} s for ${path}, which ${who} holds; nothing was changed.`,
  )
}

async function touch(path: string, now: number): Promise<void> {
  try {
    await fs.utimes(path, new Date(now), new Date(now))
  } catch (error) {
    // Released meanwhile.
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

async function statOf(path: string): Promise<{ mtimeMs: number } | undefined> {
  try {
    return await fs.stat(path)
  } catch {
    // Gone meanwhile: nothing to judge.
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

let boot: Promise<string> | undefined
function bootId(): Promise<string> {
  boot ??= fs.readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => '',
  )
  return boot
}

/** Tells two lives of one pid apart; empty where the platform does not say. */
async function startTime(pid: number): Promise<string> {
  try {
    const text = await fs.readFile(`/proc/${pid}/stat`, 'utf8')
    // The second field is the command in brackets and may hold spaces; the start time is the 20th after it.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
