// What this process may spend on calls that are billed by use, below the cap that all processes of the state directory share (core/spend-book.ts). A
// call with room in the lease waits for nothing; the first one, and one for which the lease is too small, waits for one write of the book.
import { AuthError } from '../core/errors.ts'
import { type Drawn, dayIn, dayOf, draw, formatUsd, LEASE_MS, type SpendBook, spentIn } from '../core/spend-book.ts'
import type { Home } from '../store/home.ts'
import type { Timer } from '../system/system.ts'
import { BudgetDay, sumOf } from './budget-day.ts'

/** What one call may cost, until it is known what it did. */
export type Reservation = {
  /** Once; later ones do nothing. @param cost micro-dollars */
  settle(cost: number): void
}

/** How long costs wait to be written: whoever dies meanwhile takes that much to the grave, ms. */
const WRITE_AFTER_MS = 1000
/** A lease that nobody spends from for so long is given back, ms. */
const IDLE_AFTER_MS = 5000
/** When there was no room, nobody looks again for so long: a hundred calls that are refused need not read the book a hundred times, ms. */
const SHUT_MS = 100
/** A clock that runs a little differently elsewhere must not see the end of our lease before us, ms. */
const MARGIN_MS = 10_000

const budgets = new WeakMap<Home, Budget>()

/** The one budget of this process. */
export function budgetOf(home: Home): Budget {
  const known = budgets.get(home)
  if (known !== undefined) return known
  const made = new Budget(home)
  budgets.set(home, made)
  return made
}

/** Books what was spent and gives back the rest, where anything was. */
export async function closeBudget(home: Home): Promise<void> {
  await budgets.get(home)?.close()
}

export class Budget {
  readonly #home: Home
  readonly #id: string
  /** Of which day and cap the lease is, and how long it can be spent from, ms epoch and ms of the monotonic clock. */
  #day = ''
  #cap = 0
  #endsAt = 0
  #endsAtMonotonic = 0
  #lease = 0
  /** `#day`, and those before it (by the clock also: behind it) of which calls are under way or costs are not booked. */
  readonly #days = new Map<string, BudgetDay>()
  /** As it was read or written last. */
  #book: SpendBook = new Map()
  #spentAt = 0
  /** What running calls may cost, as it stands in the book. */
  #written = 0
  /** When there was no room last, and for how much. */
  #shut: { at: number; amount: number; left: number } | undefined
  #writing: Promise<unknown> = Promise.resolve()
  #timer: Timer | undefined

  constructor(home: Home) {
    this.#home = home
    this.#id = home.system.uuid()
  }

  /**
   * Puts by what a call may cost. With room in the lease this is done before it returns.
   * @param who `<agent> <profile>`
   * @param amount micro-dollars
   * @param done hears the reservation, or why there is none: the cap is reached, or the book could not be written
   */
  reserve(who: string, amount: number, done: (reservation: Reservation | AuthError) => void): void {
    this.#spentAt = this.#home.system.monotonic()
    if (this.#hasRoom(amount)) {
      done(this.#take(who, amount))
      return
    }
    this.#inTurn(async () => {
      // The one before may have brought enough for both.
      if (this.#hasRoom(amount)) return this.#take(who, amount)
      const { system } = this.#home
      const shut = this.#shut
      if (shut !== undefined && amount >= shut.amount && system.monotonic() - shut.at < SHUT_MS) {
        return this.#reached(amount, shut.left)
      }
      const { isGranted, left } = await this.#draw({ need: amount })
      if (isGranted) return this.#take(who, amount)
      this.#shut = { at: system.monotonic(), amount, left }
      return this.#reached(amount, left)
    })
      .then(done, (error: unknown) => done(this.#unwritten(error)))
      .catch((error: unknown) => {
        const why = error instanceof Error ? error.message : 'unknown'
        this.#home.system.log.error('a call that waited for its budget failed inside', { who, why })
      })
  }

  /** Reads what all processes have spent: after the start, and when another process has written it. @throws AuthError unreadable_store */
  async look(): Promise<void> {
    await this.#inTurn(async () => {
      this.#book = await this.#home.spend.book.read()
    })
  }

  /**
   * What calls have cost on the day in which a moment lies, as far as is known here, micro-dollars. What calls under way may cost, and what
   * processes hold for the next ones, is not in it: much of that comes back.
   * @param now ms epoch
   */
  spent(now: number): number {
    const name = dayOf(now)
    const day = this.#days.get(name)
    const booked = spentIn(dayIn(this.#book, name), now, this.#id)
    return day === undefined ? booked : booked + sumOf(day.booking) + day.unbooked()
  }

  /** Books what was spent and gives the rest back; calls under way keep theirs. */
  async close(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    await this.#writing.catch(() => undefined)
    if (this.#lease > 0 || this.#hasCosts()) await this.#inTurn(() => this.#draw({ isIdle: true }))
  }

  #hasRoom(amount: number): boolean {
    const { system } = this.#home
    const now = system.now()
    const isOurs = this.#day === dayOf(now) && now < this.#endsAt && system.monotonic() < this.#endsAtMonotonic
    if (!isOurs || this.#cap !== capOf(this.#home)) return false
    return this.#held() + amount <= this.#lease
  }

  /** What of the lease calls hold or have spent. */
  #held(): number {
    const { reserved, costs } = this.#today()
    return reserved + sumOf(costs)
  }

  #today(): BudgetDay {
    const known = this.#days.get(this.#day)
    if (known !== undefined) return known
    const made = new BudgetDay()
    this.#days.set(this.#day, made)
    return made
  }

  #hasCosts(): boolean {
    for (const { costs } of this.#days.values()) if (costs.size > 0) return true
    return false
  }

  #take(who: string, amount: number): Reservation {
    const day = this.#today()
    day.reserved += amount
    let isOpen = true
    this.#writeSoon()
    return {
      settle: (cost) => {
        if (!isOpen) return
        isOpen = false
        this.#shut = undefined
        // What was put by yesterday was of yesterday's cap.
        day.reserved -= amount
        if (cost > 0) day.add(who, cost)
        this.#spentAt = this.#home.system.monotonic()
        this.#writeSoon()
      },
    }
  }

  async #draw(asked: { need?: number; isIdle?: boolean }): Promise<Drawn> {
    const { system, spend } = this.#home
    const cap = capOf(this.#home) ?? Number.MAX_SAFE_INTEGER
    const dayBefore = this.#day
    const before = this.#lease
    // What is booked is taken out of the lease; what calls cost from here on is booked the next time.
    const kept = before - (this.#days.get(dayBefore)?.unbooked() ?? 0)
    for (const day of this.#days.values()) {
      day.booking = day.costs
      day.costs = new Map()
    }
    // Until the book is written, calls may spend what both the old and the new lease hold; while one waits for room, none goes before it.
    this.#lease = asked.need === undefined ? kept : 0
    let written: SpendBook = this.#book
    let from = { at: 0, monotonic: 0 }
    try {
      const drawn = await spend.book.change((book: SpendBook) => {
        // Not before: who waits for the lock over midnight writes into the new day.
        const now = system.now()
        this.#enter(dayOf(now))
        const others = new Map(
          [...this.#days].filter(([name]) => name !== this.#day).map(([name, day]) => [name, day.said()]),
        )
        const next = draw(book, { id: this.#id, now, cap, ...this.#today().said(), others, ...asked })
        if (asked.need === undefined && this.#day === dayBefore) this.#lease = Math.min(kept, next.result.lease)
        written = next.book
        this.#written = dayIn(next.book, this.#day).leases.get(this.#id)?.reserved ?? 0
        from = { at: now, monotonic: system.monotonic() }
        return next
      })
      this.#book = written
      this.#lease = drawn.lease
      this.#cap = cap
      this.#endsAt = from.at + LEASE_MS - MARGIN_MS
      this.#endsAtMonotonic = from.monotonic + LEASE_MS - MARGIN_MS
      for (const [name, day] of this.#days) {
        day.booking = new Map()
        if (name !== this.#day && day.reserved === 0 && day.costs.size === 0) this.#days.delete(name)
      }
      return drawn
    } catch (error) {
      for (const day of this.#days.values()) {
        for (const [who, cost] of day.booking) day.add(who, cost)
        day.booking = new Map()
      }
      this.#lease = this.#day === dayBefore ? before : 0
      throw error
    }
  }

  /** Another day has begun, be it that the clock was set: nothing of its cap is leased yet. */
  #enter(day: string): void {
    if (day === this.#day) return
    this.#day = day
    this.#lease = 0
  }

  /** As long as there is anything to book, to keep or to give back. */
  #writeSoon(): void {
    this.#timer ??= this.#home.system.timer(WRITE_AFTER_MS, () => {
      this.#timer = undefined
      this.#writeWhatIsDue().then(
        () => {
          if (this.#lease > 0 || this.#hasCosts()) this.#writeSoon()
        },
        (error: unknown) => {
          const why = error instanceof Error ? error.message : 'unknown'
          this.#home.system.log.warn('what calls have cost could not be written', { file: this.#where(), why })
          this.#writeSoon()
        },
      )
    })
  }

  async #writeWhatIsDue(): Promise<void> {
    const { system } = this.#home
    const isIdle = system.monotonic() - this.#spentAt >= IDLE_AFTER_MS
    const held = this.#held()
    const isOld = this.#endsAtMonotonic - system.monotonic() < LEASE_MS / 2
    if (this.#hasCosts() || held !== this.#written || isOld || (isIdle && this.#lease > held))
      await this.#inTurn(() => this.#draw({ isIdle }))
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#writing.then(work, work)
    this.#writing = done.catch(() => undefined)
    return done
  }

  #where(): string {
    return this.#home.spend.book.where()
  }

  #reached(amount: number, left: number): AuthError {
    const cap = `auth.spend.capUsdPerDay is ${formatUsd(this.#cap)} (${this.#home.configStore.where()})`
    return new AuthError(
      'spend_not_allowed',
      `it is billed by use and may cost ${formatUsd(amount)}, and of the cap of the day ${formatUsd(Math.max(0, left))} is left that nobody else holds: ${cap}, and what was spent is in ${this.#where()}`,
      { remedy: 'openclaw models auth spend' },
    )
  }

  #unwritten(error: unknown): AuthError {
    const why = error instanceof Error ? error.message : 'unknown'
    return new AuthError(
      'spend_not_allowed',
      `it is billed by use, and the cap of the day could not be seen to, as ${this.#where()} cannot be written: ${why}`,
      { remedy: error instanceof AuthError && error.remedy !== undefined ? error.remedy : 'openclaw doctor' },
    )
  }
}

/** The cap, micro-dollars; undefined: there is none. */
export function capOf(home: Home): number | undefined {
  const cap = home.config().spend.capUsdPerDay
  return cap === undefined ? undefined : Math.floor(cap * 1_000_000)
}
