// The locks of one machine, or of several that share a disk. Kernel locks are freed when their holder dies and kept while it is frozen. Portable ones
// are the same on one host; to another host a holder that shows no life is gone after a while, and may come back.
import type { Held, Wait } from '../src/system/lock.ts'
import type { Process } from './machine.ts'
import type { Schedule } from './schedule.ts'

/** A portable holder on another host that has been silent for so long is gone, ms (src/system/sidecar.ts). */
export const SILENT_MS = 60_000

/** How often whoever waits asks whether it still must, ms: the real one asks more often, which shows nothing else. */
const LOOK_MS = 500

export type Mechanism = 'kernel' | 'portable'

type Hold = { process: Process; silentSince: number }

export class LockTable {
  readonly #schedule: Schedule
  readonly #held = new Map<string, Hold>()
  readonly mechanism: Mechanism
  /** Hears of a lock that its holder gave back by itself. */
  released: ((path: string, process: Process) => void) | undefined

  constructor(schedule: Schedule, mechanism: Mechanism) {
    this.#schedule = schedule
    this.mechanism = mechanism
  }

  /** When the process may take the lock, as things stand. */
  #freeAt(path: string, process: Process): number {
    const hold = this.#held.get(path)
    if (hold === undefined) return 0
    const { process: holder, silentSince } = hold
    const isElsewhere = this.mechanism === 'portable' && holder.host !== process.host
    if (!isElsewhere) return holder.isDead ? 0 : Number.POSITIVE_INFINITY
    if (holder.isDead) return silentSince + SILENT_MS
    // Frozen it cannot show itself.
    return holder.frozenUntil > this.#schedule.now ? holder.frozenSince + SILENT_MS : Number.POSITIVE_INFINITY
  }

  /** @returns gives it back; or what ended the wait; undefined when the time was up first */
  async take<T>(
    path: string,
    process: Process,
    { waitMs, unless }: Wait<T>,
  ): Promise<(Held & { release: () => Promise<void> }) | { instead: T } | undefined> {
    const deadline = this.#schedule.now + waitMs
    let lookAt = unless === undefined ? deadline : 0
    for (;;) {
      const until = (): number => Math.min(this.#freeAt(path, process), lookAt, deadline)
      const mine = await this.#schedule.park(process, `lock ${path}`, () => this.#grab(path, process), until)
      if (mine !== undefined) {
        const release = (): Promise<void> =>
          this.#schedule.park(process, `unlock ${path}`, () => {
            this.released?.(path, process)
            if (this.#held.get(path) === mine) this.#held.delete(path)
          })
        const isMine = (): Promise<boolean> =>
          this.mechanism === 'kernel'
            ? Promise.resolve(true)
            : this.#schedule.park(process, `whose ${path}`, () => this.#held.get(path) === mine)
        return { release, isMine }
      }
      if (this.#schedule.now >= deadline) return undefined
      const instead = await unless?.()
      if (instead !== undefined) return { instead }
      lookAt = this.#schedule.now + LOOK_MS
    }
  }

  #grab(path: string, process: Process): Hold | undefined {
    if (this.#freeAt(path, process) > this.#schedule.now) return undefined
    const hold = { process, silentSince: Number.POSITIVE_INFINITY }
    this.#held.set(path, hold)
    return hold
  }

  /** Its holds are free, or fall silent. */
  died(process: Process): void {
    for (const hold of this.#held.values()) if (hold.process === process) hold.silentSince = this.#schedule.now
  }

  holderOf(path: string): Process | undefined {
    return this.#held.get(path)?.process
  }
}
