// One relayed call in the gateway's own books: counted while it is under way, in the metrics and the log when it is over.
import type { House, Visit } from '../house.ts'

export type Outcome = 'served' | 'refused' | 'broken' | 'cancelled'

export class Tally {
  readonly #house: House
  readonly #path: string
  readonly #who: string
  readonly #startedAt: number
  /** As the client sees it. */
  status: number | undefined
  /** Who served. */
  profile: string | undefined
  isOver = false

  constructor({ house, principal, route }: Visit) {
    this.#house = house
    this.#path = route.path
    this.#startedAt = house.system.monotonic()
    this.#who = principal?.name ?? 'token'
    house.calls++
    house.callsBy.set(this.#who, (house.callsBy.get(this.#who) ?? 0) + 1)
  }

  /** Once; what comes later changes nothing. @param provider a label of the metrics */
  finish(outcome: Outcome, provider: string): void {
    const { metrics, system, callsBy } = this.#house
    if (this.isOver) return
    this.isOver = true
    metrics.call(provider, outcome)
    this.#house.calls--
    callsBy.set(this.#who, (callsBy.get(this.#who) ?? 1) - 1)
    system.log.info('a call', {
      route: this.#path,
      profile: this.profile,
      status: this.status,
      outcome,
      ms: Math.round(system.monotonic() - this.#startedAt),
    })
  }
}
