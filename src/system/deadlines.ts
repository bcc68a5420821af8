// Who is waited for until when, with one timer for all of them: a timer of its own for every call of a vendor costs more than to set a number.

/** One wait, on the clock of `performance.now()`. */
export type Wait = {
  /** Moves the end: so many ms from now, also when it was late or has ended before; Infinity: as long as it takes. */
  restart(ms: number): void
  /** It came in time. */
  end(): void
}

class Waiting implements Wait {
  readonly #deadlines: Deadlines
  readonly late: () => void
  due = Number.POSITIVE_INFINITY

  constructor(deadlines: Deadlines, late: () => void) {
    this.#deadlines = deadlines
    this.late = late
  }

  restart(ms: number): void {
    this.due = performance.now() + ms
    this.#deadlines.keep(this)
  }

  end(): void {
    this.#deadlines.drop(this)
  }
}

export class Deadlines {
  readonly #waiting = new Set<Waiting>()
  /** Goes off at the earliest end that there was; what ended in time, or begins later, leaves it as it is. It keeps no process alive. */
  #timer: NodeJS.Timeout | undefined
  #goesOffAt = Number.POSITIVE_INFINITY

  /**
   * Begins a wait.
   * @param ms for so long
   * @param late called once, when they have passed
   */
  wait(ms: number, late: () => void): Wait {
    const waiting = new Waiting(this, late)
    waiting.restart(ms)
    return waiting
  }

  /** For a wait that has a new end. */
  keep(waiting: Waiting): void {
    this.#waiting.add(waiting)
    this.#setTimer(waiting.due)
  }

  /** The timer must not go off later than that. */
  #setTimer(due: number): void {
    if (due >= this.#goesOffAt) return
    clearTimeout(this.#timer)
    this.#goesOffAt = due
    this.#timer = setTimeout(() => this.#look(), Math.max(0, Math.ceil(due - performance.now()))).unref()
  }

  /** For a wait: it is over. */
  drop(waiting: Waiting): void {
    this.#waiting.delete(waiting)
  }

  #look(): void {
    this.#goesOffAt = Number.POSITIVE_INFINITY
    const now = performance.now()
    let next = Number.POSITIVE_INFINITY
    let isWhole = false
    try {
      for (const waiting of [...this.#waiting]) {
        // Whoever came before may have ended this one.
        if (!this.#waiting.has(waiting)) continue
        if (waiting.due > now) {
          next = Math.min(next, waiting.due)
          continue
        }
        this.#waiting.delete(waiting)
        waiting.late()
      }
      isWhole = true
    } finally {
      // A mistake in what one of them does must not leave the others waiting for ever.
      if (!isWhole) this.#setTimer(now)
      else if (next < Number.POSITIVE_INFINITY) this.#setTimer(next)
    }
  }
}
