// One thread in which many processes run: everything that waits is parked here, and a seeded generator picks what goes on next. Nothing else
// advances, so a seed replays step for step.
import { createHash } from 'node:crypto'
import { dice } from '../test/support/swarm.ts'

/** Who waits: a process is passed over while it is frozen, and forgotten when it is dead. */
export type Owner = { readonly name: string; isDead: boolean; frozenUntil: number }

export type Handle = { cancel(): void }

type Parked = {
  owner: Owner | undefined
  label: string
  /** From when on it may go on, ms; asked again and again. */
  readyAt: () => number
  run: () => void
}

/** A step takes up to so long, ms: long enough for two processes to overlap in time, short beside any bound of the product. */
const STEP_MS = 0.3

export class Schedule {
  /** Virtual time, ms from the start. */
  now = 0
  steps = 0
  /** From 0 to 1. */
  readonly random: () => number
  /** Hears of every step. */
  tell: ((line: string) => void) | undefined
  #parked: Parked[] = []
  readonly #hash = createHash('sha256')

  constructor(seed: number) {
    this.random = dice(seed)
  }

  /** A whole number from `from` up to and including `to`. */
  between(from: number, to: number): number {
    return from + Math.floor(this.random() * (to - from + 1))
  }

  /** Waits for its turn, then does the work as one step. Never resolves for who is dead by then. */
  park<T>(owner: Owner | undefined, label: string, work: () => T, readyAt: () => number = () => 0): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#add(owner, label, readyAt, () => {
        try {
          resolve(work())
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  /** Does the work as one step, `ms` from now at the earliest. */
  after(owner: Owner | undefined, label: string, ms: number, run: () => void): Handle {
    const at = this.now + ms
    const parked = this.#add(owner, label, () => at, run)
    return {
      cancel: () => {
        this.#parked = this.#parked.filter((other) => other !== parked)
      },
    }
  }

  #add(owner: Owner | undefined, label: string, readyAt: () => number, run: () => void): Parked {
    const parked = { owner, label, readyAt, run }
    if (owner?.isDead !== true) this.#parked.push(parked)
    return parked
  }

  /** Everything that the owner waited for is forgotten. */
  drop(owner: Owner): void {
    this.#parked = this.#parked.filter((parked) => parked.owner !== owner)
  }

  /**
   * Lets one of those go on that can; when nobody can, time passes until somebody can.
   * @param until no further than that, ms
   * @returns false when nothing happens before
   */
  async step(until: number): Promise<boolean> {
    await drained()
    let ready: Parked[] = []
    for (;;) {
      let soonest = Number.POSITIVE_INFINITY
      ready = []
      for (const parked of this.#parked) {
        const at = Math.max(parked.readyAt(), parked.owner?.frozenUntil ?? 0)
        if (at <= this.now) ready.push(parked)
        else if (at < soonest) soonest = at
      }
      if (ready.length > 0) break
      if (soonest > until) {
        this.now = Math.max(this.now, until)
        return false
      }
      this.now = soonest
    }
    const chosen = ready[Math.floor(this.random() * ready.length)] as Parked
    this.#parked.splice(this.#parked.indexOf(chosen), 1)
    this.steps++
    this.now += this.random() * STEP_MS
    const line = `${this.steps} ${this.now.toFixed(3)} ${chosen.owner?.name ?? '-'} ${chosen.label}`
    this.#hash.update(line)
    this.tell?.(line)
    chosen.run()
    return true
  }

  /** What happened, in one figure: two runs of one seed have the same. */
  digest(): string {
    return this.#hash.copy().digest('hex').slice(0, 16)
  }
}

/** Whatever follows from a step without waiting has happened. */
function drained(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
