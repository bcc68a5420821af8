// What a process knows of the costs of one day, beside what stands in the book of all.
import type { DayCosts } from '../core/spend-book.ts'

export class BudgetDay {
  /** What calls under way may cost that were let through in it. */
  reserved = 0
  /** Not booked yet, by `<agent> <profile>`. */
  costs = new Map<string, number>()
  /** Taken out of `costs`, and not yet known to be booked. */
  booking = new Map<string, number>()

  /** Micro-dollars. */
  unbooked(): number {
    return sumOf(this.costs)
  }

  add(who: string, cost: number): void {
    this.costs.set(who, (this.costs.get(who) ?? 0) + cost)
  }

  /** What the book is told of it. */
  said(): DayCosts {
    return { costs: this.booking, reserved: this.reserved + this.unbooked() }
  }
}

/** All of them, micro-dollars. */
export function sumOf(costs: ReadonlyMap<string, number>): number {
  let all = 0
  for (const cost of costs.values()) all += cost
  return all
}
