// One process: its own view of the machine, every method of which is a step of the schedule. It can be killed, and frozen as by SIGSTOP.
import { createHash } from 'node:crypto'
import type { Secret } from '../src/core/secret.ts'
import type { Locks } from '../src/system/lock.ts'
import type { System } from '../src/system/system.ts'
import type { Disk } from './disk.ts'
import type { Product } from './load.ts'
import type { LockTable } from './locks.ts'
import type { Schedule } from './schedule.ts'
import type { Vendor } from './vendor.ts'

/** Wall clock at virtual time 0, ms epoch: a year of its own. */
export const EPOCH = Date.UTC(2031, 4, 6, 12, 0, 0)
export const HOME = '/home/someone'
export const STATE = `${HOME}/.openclaw`
export const ELSEWHERE = '/var/state'

export type World = {
  schedule: Schedule
  disk: Disk
  locks: LockTable
  vendor: Vendor
  product: Product
  /** Of each host, ms that its wall clock is wrong. */
  clocks: Map<string, number>
  /** Every process that was ever started. */
  processes: Set<Process>
  logged(line: string): void
}

export type Process = {
  readonly name: string
  readonly pid: number
  readonly host: string
  readonly system: System
  isDead: boolean
  frozenUntil: number
  frozenSince: number
  /** Ms that it spent frozen so far. */
  frozenMs: number
  kill(): void
  freeze(ms: number): void
}

let fingerprints = new Map<string, string>()

/** As the real one: the first 16 bytes of SHA-256. */
export function fingerprintOf(secret: string): string {
  let known = fingerprints.get(secret)
  if (known === undefined) {
    if (fingerprints.size > 10_000) fingerprints = new Map()
    known = createHash('sha256').update(secret).digest('hex').slice(0, 32)
    fingerprints.set(secret, known)
  }
  return known
}

/** Starts a process. Nothing runs in it before somebody hands its system to the product. */
export function startProcess(world: World, { name, pid, host }: { name: string; pid: number; host: string }): Process {
  const { schedule, disk, vendor, product } = world
  const now = (): number => Math.floor(EPOCH + schedule.now + (world.clocks.get(host) ?? 0))
  const randomBytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => schedule.between(0, 255))
  const process: Omit<Process, 'system'> = {
    name,
    pid,
    host,
    isDead: false,
    frozenUntil: 0,
    frozenSince: 0,
    frozenMs: 0,
    kill: () => {
      process.isDead = true
      schedule.drop(process)
      world.locks.died(process as Process)
      disk.forget(process)
    },
    freeze: (ms: number) => {
      if (process.frozenUntil > schedule.now) return
      process.frozenSince = schedule.now
      process.frozenUntil = schedule.now + ms
      process.frozenMs += ms
    },
  }
  const files = product.filesOn(disk.for(process), { pid, randomBytes })
  const sleep: System['sleep'] = (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason)
      const waiting = schedule.after(process, 'sleep', ms, () => {
        signal?.removeEventListener('abort', stop)
        resolve()
      })
      function stop(): void {
        waiting.cancel()
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', stop, { once: true })
    })
  const system: System = {
    pid,
    host,
    platform: 'linux',
    uid: 1000,
    homeDir: HOME,
    workingDir: '/work-dir',
    env: { HOME, XDG_STATE_HOME: ELSEWHERE },
    files,
    locks: locksOf(world, process as Process),
    log: product.createLog({ now, level: 'debug', write: (line) => world.logged(line) }),
    now,
    monotonic: () => schedule.now,
    timer: (ms, fire) => schedule.after(process, 'timer', ms, fire),
    soon: (work) => void schedule.after(process, 'soon', 1, work),
    sleep,
    randomBytes,
    uuid: () => Buffer.from(randomBytes(16)).toString('hex'),
    fingerprint: (secret: Secret) => fingerprintOf(secret.reveal()),
    askShell: () => schedule.park(process, 'shell', () => ({ values: new Map() })),
    lifeOf: (other) =>
      schedule.park(process, 'life', () => (isAlive(world, host, other) ? `boot/${other}` : undefined)),
    transport: () => schedule.park(process, 'transport', () => vendor.transportFor(process as Process)),
  }
  const whole = Object.assign(process, { system })
  world.processes.add(whole)
  return whole
}

/** Frozen ones live. */
function isAlive({ processes }: World, host: string, pid: number): boolean {
  return [...processes].some((one) => one.pid === pid && one.host === host && !one.isDead)
}

/** What lock.ts promises, on the table of locks: within a process one after the other, between processes by the table. */
function locksOf({ disk, locks, schedule, product }: World, process: Process): Locks {
  const queue = new Map<string, Promise<unknown>>()
  return {
    mechanism: () => Promise.resolve(locks.mechanism),
    hold: (path, wait, work) => {
      const mine = (queue.get(path) ?? Promise.resolve()).then(async () => {
        await schedule.park(process, `open ${path}`, () => disk.touch(process, path))
        const taken = await locks.take(path, process, wait)
        if (taken === undefined) throw new product.AuthError('lock_timeout', `Waited for ${path}; nothing was changed.`)
        if ('instead' in taken) return taken.instead
        try {
          return await work(taken)
        } finally {
          await taken.release()
        }
      })
      queue.set(
        path,
        mine.then(
          () => undefined,
          () => undefined,
        ),
      )
      return mine
    },
  }
}
