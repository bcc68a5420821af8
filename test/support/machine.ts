// A machine of a test's own: the real disk and network, with an environment, a clock and a log that the test holds in its hands.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, onTestFinished } from 'vitest'
import type { Files } from '../../src/system/files.ts'
import { createLog } from '../../src/system/log.ts'
import { createSystem, type System } from '../../src/system/system.ts'

/** A moment in a year of its own, ms epoch. */
export const NOON = Date.UTC(2031, 4, 6, 12, 0, 0)

export type Machine = {
  system: System
  /** The wall clock; it stands still unless the test moves it. */
  clock: { now: number }
  logged: string[]
}

/** A folder that is gone after the test. */
export function freshDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'keyclaw-test-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }))
  return dir
}

/** A folder for all tests of a file; called outside of them. */
export function sharedDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'keyclaw-test-'))
  afterAll(() => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }))
  return dir
}

/**
 * @param options.env the whole environment
 * @param options.parts what is replaced besides, such as a disk that runs full
 */
export function machine(options: {
  env?: Readonly<Record<string, string>>
  now?: number
  parts?: Partial<System>
}): Machine {
  const clock = { now: options.now ?? NOON }
  const logged: string[] = []
  const real = createSystem()
  const system: System = {
    ...real,
    env: options.env ?? {},
    now: () => clock.now,
    log: createLog({ now: () => clock.now, level: 'debug', write: (line) => logged.push(line) }),
    ...options.parts,
  }
  return { system, clock, logged }
}

const WRITES = ['writeDurable', 'remove', 'rename', 'setMode', 'makeDir'] as const

/** The disk of a process that is killed before its nth change to it. The dead do nothing more: they do not tidy up, either. */
export function dyingDisk(nth: number): { files: Files; isKilled(): boolean } {
  const { files } = createSystem()
  let count = 0
  let isKilled = false
  const dying = Object.fromEntries(
    WRITES.map((name) => [
      name,
      async (...args: unknown[]) => {
        count++
        if (count >= nth) isKilled = true
        if (isKilled) throw new Error('killed')
        await (files[name] as (...args: unknown[]) => Promise<void>)(...args)
      },
    ]),
  ) as Partial<Files>
  return { files: { ...files, ...dying }, isKilled: () => isKilled }
}
