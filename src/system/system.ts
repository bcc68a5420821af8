// The machine as one value. Nothing outside this folder names a clock, a timer, a random source, a file, a socket or the environment.
import { homedir, hostname, userInfo } from 'node:os'
import type { Secret } from '../core/secret.ts'
import { createFiles, type Files } from './files.ts'
import { createLocks, type Locks } from './lock.ts'
import { createLog, type Log, type LogLevel } from './log.ts'
import type { Transport } from './send.ts'
import type { ShellAnswer, ShellQuestion } from './shell-env.ts'
import { lifeOf } from './sidecar.ts'

/** A timer that does not keep the process alive. */
export type Timer = { cancel(): void }

export type System = {
  readonly pid: number
  readonly host: string
  readonly platform: string
  /** Numeric user id, or -1 where the platform has none. */
  readonly uid: number
  /** Empty where nobody knows one: no variable names it, and the user is in no list of users, as in some containers. */
  readonly homeDir: string
  readonly workingDir: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly files: Files
  readonly locks: Locks
  readonly log: Log
  /** Wall clock, ms epoch. */
  now(): number
  /** A clock that never jumps, ms: one for all processes, from some moment before the machine was booted on. */
  monotonic(): number
  /**
   * Calls once after `ms`, behind what the network has brought by then: a process that was frozen finds its time over, and the answer there.
   * Does not keep the process alive.
   */
  timer(ms: number, fire: () => void): Timer
  /** Calls once, a millisecond or two from now: behind all that this turn of the loop still sends. */
  soon(work: () => void): void
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  randomBytes(count: number): Uint8Array
  uuid(): string
  /** Tells one secret from another without holding it: the first 16 bytes of its SHA-256, hexadecimal. */
  fingerprint(secret: Secret): string
  /** Runs the person's login shell for its environment; never rejects. */
  askShell(question: ShellQuestion): Promise<ShellAnswer>
  /** Tells two processes of one pid apart; empty where the platform does not say, undefined when none runs under the pid. */
  lifeOf(pid: number): Promise<string | undefined>
  /** The outgoing side of the network; loaded at the first use. */
  transport(): Promise<Transport>
}

/** Loaded when first asked for: node:crypto takes longer than all a reading command does with it, which is nothing. */
function chance(): typeof import('node:crypto') {
  return process.getBuiltinModule('node:crypto')
}

/** An empty HOME names no directory: what lies there would lie wherever the program was started. */
function homeOfUser(): string {
  for (const find of [homedir, () => userInfo().homedir]) {
    try {
      const found = find()
      if (found !== '') return found
    } catch {
      // A user without an entry in the list of users.
    }
  }
  return ''
}

/** Somebody may have removed it since the shell went there. */
function workingDir(): string {
  try {
    return process.cwd()
  } catch {
    return '/'
  }
}

/** The real machine. */
export function createSystem(options: { logLevel?: LogLevel } = {}): System {
  const now = (): number => Date.now()
  // Not by performance.now(): the first look at it loads node:perf_hooks.
  const monotonic = (): number => {
    const [seconds, nanos] = process.hrtime()
    return seconds * 1000 + nanos / 1e6
  }
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason)
      const handle = setTimeout(done, ms)
      const stop = (): void => {
        clearTimeout(handle)
        reject(signal?.reason)
      }
      function done(): void {
        signal?.removeEventListener('abort', stop)
        resolve()
      }
      signal?.addEventListener('abort', stop, { once: true })
    })
  const bytes = (count: number): Uint8Array => chance().randomBytes(count)
  const host = hostname()
  let transport: Promise<Transport> | undefined
  return {
    pid: process.pid,
    host,
    platform: process.platform,
    uid: process.getuid?.() ?? -1,
    homeDir: homeOfUser(),
    workingDir: workingDir(),
    env: process.env,
    files: createFiles({ pid: process.pid, randomBytes: bytes }),
    locks: createLocks({ pid: process.pid, host, now, monotonic, sleep, randomBytes: bytes }),
    log: createLog({ now, level: options.logLevel ?? 'warn', write: (line) => process.stderr.write(line) }),
    now,
    monotonic,
    timer: (ms, fire) => {
      let reading: NodeJS.Immediate | undefined
      // In a turn of the loop timers come first, then sockets, then this.
      const handle = setTimeout(() => {
        reading = setImmediate(fire)
      }, ms)
      handle.unref()
      return {
        cancel: () => {
          clearTimeout(handle)
          clearImmediate(reading)
        },
      }
    },
    soon: (work) => {
      setImmediate(() => setTimeout(work, 1))
    },
    sleep,
    randomBytes: bytes,
    uuid: () => chance().randomUUID(),
    fingerprint: (secret) => chance().createHash('sha256').update(secret.reveal()).digest('hex').slice(0, 32),
    askShell: async (question) => (await import('./shell-env.ts')).askShell(question),
    lifeOf,
    transport: () => {
      transport ??= import('./send.ts').then((module) => module.createTransport())
      return transport
    },
  }
}
