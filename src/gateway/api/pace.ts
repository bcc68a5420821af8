// How fast the client of one call takes its answer: the vendor is paused meanwhile, and a client that takes nothing any more is cut off.
import type { OutgoingResponse } from '../../system/listen.ts'
import type { System, Timer } from '../../system/system.ts'

export class Pace {
  readonly #response: OutgoingResponse
  readonly #system: System
  readonly #idleMs: number
  readonly #isOver: () => boolean
  #stalled: Timer | undefined
  /** Lets the vendor go on. */
  resume: (() => void) | undefined

  /**
   * @param idleMs for which a client may take nothing
   * @param isOver whether the answer is complete
   */
  constructor(response: OutgoingResponse, system: System, idleMs: number, isOver: () => boolean) {
    this.#response = response
    this.#system = system
    this.#idleMs = idleMs
    this.#isOver = isOver
  }

  /** @returns false to pause the vendor until it is resumed */
  write(chunk: Uint8Array | string): boolean {
    if (this.#response.write(chunk)) return true
    this.#response.once('drain', () => this.#drained())
    this.#watch()
    return false
  }

  end(): void {
    this.#stalled?.cancel()
  }

  #drained(): void {
    this.#stalled?.cancel()
    this.#stalled = undefined
    this.resume?.()
  }

  #watch(): void {
    if (this.#stalled !== undefined) return
    const response = this.#response
    const waiting = response.writableLength
    this.#stalled = this.#system.timer(this.#idleMs, () => {
      this.#stalled = undefined
      if (this.#isOver() && response.writableFinished) return
      if (response.writableLength >= waiting) response.destroy()
      else this.#watch()
    })
  }
}
