// The file beside a lock that says who holds it, and how the sidecar of a dead holder is taken over. Where no native lock loads, it is
// the lock.
import * as fs from 'node:fs/promises'
import { uptime } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { codeOf } from './files.ts'

export type LockMechanism = 'kernel' | 'portable'

export type Holder = {
  mechanism: LockMechanism
  pid: number
  host: string
  /** Tells two runs of one machine apart. */
  boot: string
  /** Tells two lives of one pid apart. */
  startedAt: string
  /** New at every hold. */
  nonce: string
}

type Machine = {
  host: string
  now: () => number
  /** Nonces of holds of this process that are over, though the disk refused to remove the sidecar. */
  over?: ReadonlySet<string>
}

/** A holder on another host that has not shown itself for this long is gone. */
export const SILENT_MS = 60_000

/**
 * Becomes the holder, if nobody living is.
 * @param haveKernel the caller has the kernel lock, so that no other kernel holder can be alive
 * @returns false when a living holder has it, or another one was faster
 * @throws what the disk says
 */
export async function takeSidecar(path: string, me: Holder, machine: Machine, haveKernel: boolean): Promise<boolean> {
  // Under the kernel lock there is mostly no other; without it a look costs less than to try.
  let holder = haveKernel ? undefined : await readHolder(path)
  if (holder === undefined) {
    if (await create(path, me)) return true
    holder = await readHolder(path)
    if (holder === undefined) return create(path, me)
  }
  if (!(await isGone(path, holder, machine, haveKernel))) return false
  // Only one process at a time may follow a dead holder. The right to do so is a sidecar itself, named after the dead one, so that
  // whoever dies in here is followed in the same way.
  const succession = `${path}.after-${holder.nonce}`
  if (!(await takeSidecar(succession, me, machine, haveKernel))) return false
  try {
    if ((await readHolder(path))?.nonce !== holder.nonce) return false
    await fs.rm(path, { force: true })
    return await create(path, me)
  } finally {
    await clear(succession)
  }
}

/** Removes the sidecar, unless somebody took it over meanwhile. @throws what the disk says */
export async function dropSidecar(path: string, me: Holder): Promise<void> {
  const holder = await readHolder(path)
  // One that cannot be read at this moment can only be ours.
  if (holder === UNKNOWN || holder?.nonce === me.nonce) await fs.rm(path, { force: true })
}

/** Clears away what processes killed while they waited have left beside the sidecar, as far as the disk lets it. Call it as the holder. */
export async function sweepSidecars(path: string): Promise<void> {
  const dir = dirname(path)
  const prefix = `${basename(path)}.`
  for (const name of await fs.readdir(dir)) {
    if (!name.startsWith(prefix)) continue
    const temp = /\.(\d{1,10})\.[A-Za-z0-9_-]+$/.exec(name)
    const pid = temp === null ? (await readHolder(join(dir, name)))?.pid : Number(temp[1])
    // A process of another host may be robbed of its temp file here; it tries again.
    if (pid !== undefined && pid > 0 && !isAlive(pid)) await clear(join(dir, name))
  }
}

/** Touches the sidecar, for those who cannot see whether this process lives. */
export async function showAlive(path: string, now: number): Promise<void> {
  try {
    await fs.utimes(path, new Date(now), new Date(now))
  } catch {
    // Released meanwhile, or the disk refuses: on the same host the pid still speaks for us.
    return
  }
}

async function isGone(path: string, holder: Holder, machine: Machine, haveKernel: boolean): Promise<boolean> {
  if (machine.over?.has(holder.nonce) === true) return true
  // Whoever has the kernel lock knows that no other kernel holder lives, unless the lock file was replaced by hand: so what the
  // machine says of the process goes first.
  const kernelSays = holder.mechanism === 'kernel' && haveKernel
  if (holder.host !== machine.host) {
    if (kernelSays) return true
    const touchedAt = await touchedAtOf(path)
    if (touchedAt === undefined) return false
    // Half a holder from before this machine started is what a power cut left of one.
    return machine.now() - touchedAt > SILENT_MS || (holder === UNKNOWN && touchedAt < bootedAt())
  }
  if (holder.boot !== (await bootId()) || !isAlive(holder.pid)) return true
  return holder.startedAt === '' ? kernelSays : holder.startedAt !== (await startTime(holder.pid))
}

async function create(path: string, holder: Holder): Promise<boolean> {
  // Written aside and linked, so that nobody ever reads half a holder.
  const temp = `${path}.${holder.pid}.${holder.nonce}`
  try {
    await fs.writeFile(temp, JSON.stringify(holder), { flag: 'wx', mode: 0o600 })
    await fs.link(temp, path)
    return true
  } catch (error) {
    // ENOENT: a sweeper that could not see us took the temp file.
    if (codeOf(error) === 'EEXIST' || codeOf(error) === 'ENOENT') return false
    if (codeOf(error) !== 'EPERM' && codeOf(error) !== 'ENOTSUP' && codeOf(error) !== 'ENOSYS') throw error
    return await createPlain(path, holder)
  } finally {
    await clear(temp)
  }
}

/** What is left behind is of no meaning any more, and swept one day: whether somebody holds the lock must not hang on it. */
async function clear(path: string): Promise<void> {
  await fs.rm(path, { force: true }).catch(() => undefined)
}

/** For file systems without hard links. */
async function createPlain(path: string, holder: Holder): Promise<boolean> {
  try {
    await fs.writeFile(path, JSON.stringify(holder), { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    // Half a holder of ours would keep everybody waiting.
    await fs.rm(path, { force: true })
    throw error
  }
}

/** @returns undefined when there is no sidecar */
export async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const value: unknown = JSON.parse(await fs.readFile(path, 'utf8'))
    if (typeof value !== 'object' || value === null) return UNKNOWN
    const { mechanism, pid, host, boot, startedAt, nonce } = value as Record<string, unknown>
    if (typeof pid !== 'number' || typeof host !== 'string' || typeof nonce !== 'string') return UNKNOWN
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(nonce)) return UNKNOWN
    return {
      mechanism: mechanism === 'kernel' ? 'kernel' : 'portable',
      pid,
      host,
      nonce,
      boot: typeof boot === 'string' ? boot : '',
      startedAt: typeof startedAt === 'string' ? startedAt : '',
    }
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? undefined : UNKNOWN
  }
}

/** Unreadable: treated like a holder on another host, gone when it has been silent. */
const UNKNOWN: Holder = { mechanism: 'portable', pid: -1, host: '?', boot: '', startedAt: '', nonce: '' }

async function touchedAtOf(path: string): Promise<number | undefined> {
  try {
    return (await fs.stat(path)).mtimeMs
  } catch {
    // Gone meanwhile: nothing to judge.
    return undefined
  }
}

/** When this machine started, ms epoch. */
const bootedAt = (): number => Date.now() - uptime() * 1000

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/** A text that no other process of this machine ever has; empty where the platform does not say, undefined when none runs under the pid. */
export async function lifeOf(pid: number): Promise<string | undefined> {
  if (!isAlive(pid)) return undefined
  const began = await startTime(pid)
  return began === '' ? '' : `${await bootId()}/${began}`
}

let boot: Promise<string> | undefined

/** Changes at every start of the machine; empty where the platform does not say. */
export function bootId(): Promise<string> {
  boot ??= fs.readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => '',
  )
  return boot
}

/** When the process began, in the platform's own terms; empty where it does not say. */
export async function startTime(pid: number): Promise<string> {
  try {
    const text = await fs.readFile(`/proc/${pid}/stat`, 'utf8')
    // The second field is the command in brackets and may hold spaces; the start time is the 20th after it.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
