// Faults from outside, on the built program as it is: strace stops, kills or refuses it at the Nth system call of a kind.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Installation, until } from './installation.ts'

const traces = (...flags: string[]): boolean =>
  spawnSync('strace', [...flags, '-f', '-e', 'trace=none', 'true']).status === 0

/**
 * How strace follows a program and all it starts: where it can, it stops it at the calls that are asked for and at no other. Not for signals: they would
 * come when the call is over.
 */
export const STRACE: readonly string[] = traces('--seccomp-bpf') ? ['strace', '--seccomp-bpf', '-f'] : ['strace', '-f']

/** False where strace is not installed, may not trace, or calls by other names: these tests skip themselves then. */
export const CAN_TRACE = process.arch === 'x64' && traces()

/** KEYCLAW_FAULTS: kills, seconds of a freeze, refusals of the disk; absent: what `npm test` has time for. */
export const SIZES = ((text) => {
  if (text === undefined || text === '') return undefined
  const [kills = 200, freezeSeconds = 22, refusals = 300] = text.split(',').map(Number)
  return { kills, freezeSeconds, refusals }
})(process.env.KEYCLAW_FAULTS)

/** What happens at one system call: an error in its place, an end before it is made, or a stop behind it. */
export type Mishap = { call: string; nth: number } & ({ error: string } | { signal: 'SIGKILL' | 'SIGSTOP' })

/** One thread does all work on files, so that the Nth call is the same one every time. */
export const ONE_BY_ONE = { UV_THREADPOOL_SIZE: '1' }

/**
 * The program that runs node with the mishap, for `under`.
 * @param paths only calls on one of these files, folders or what is open of them count
 */
export function withMishap(place: Installation, mishap: Mishap, paths: readonly string[] = []): readonly string[] {
  const what = 'error' in mishap ? `error=${mishap.error}` : `signal=${mishap.signal}`
  return [
    ...('error' in mishap ? STRACE : ['strace', '-f']),
    '-q',
    ...['-o', traceOf(place)],
    ...paths.flatMap((path) => ['-P', path]),
    ...['-e', `trace=${mishap.call}`],
    ...['-e', `inject=${mishap.call}:${what}:when=${mishap.nth}`],
  ]
}

const traceOf = ({ dir }: Installation): string => join(dir, 'trace')

/** What strace wrote of the last run; empty before it began. */
export function trace(place: Installation): string {
  try {
    return readFileSync(traceOf(place), 'utf8')
  } catch {
    return ''
  }
}

/** Forgets the last run. */
export const forgetTrace = (place: Installation): Promise<void> => rm(traceOf(place), { force: true })

/** Whether the mishap took place. */
export const hasHappened = (place: Installation): boolean => /\(INJECTED\)|SIGSTOP|SIGKILL/.test(trace(place))

/** Waits until the traced program stands still. @returns its pid */
export const frozen = (place: Installation): Promise<number> =>
  until('the program to stand still', () => {
    const pid = /^(\d+) .*stopped by SIGSTOP/m.exec(trace(place))?.[1]
    return pid === undefined ? undefined : Number(pid)
  })

/** Ends a program that runs under strace: without strace it would live on. @param pid of strace */
export function killTraced(pid: number): void {
  const children = spawnSync('cat', [`/proc/${pid}/task/${pid}/children`], { encoding: 'utf8' }).stdout
  for (const child of children.split(' ').filter((text) => text.trim() !== '')) process.kill(Number(child), 'SIGKILL')
}

/** A first write puts this file there; it is there already in an installation of some age. */
export const aged = ({ state }: Installation): Promise<void> =>
  writeFile(join(state, '.gitignore'), '# Secrets lie here.\n*\n', { mode: 0o600 })

/** The program that runs node and writes down what it does to files, for `under`. */
export const recording = (place: Installation): readonly string[] => [
  ...[...STRACE, '-q', '-y', '-s', '65536', '-o', traceOf(place)],
  ...['-e', 'trace=openat,write,fsync,rename,link,unlink,mkdir'],
]
