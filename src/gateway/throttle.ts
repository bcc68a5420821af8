// Guessing is slow: wrong tokens are counted per address and in all; beyond ten a minute nothing is checked for a while, then for longer.
// Guessing of others does not shut out who showed no wrong token; only the ceiling of an hour does, and this machine has one of its own.

import { LOOPBACK } from './address.ts'

export type ThrottleRules = {
  failures: number
  windowMs: number
  firstBlockMs: number
  longestBlockMs: number
  /** Quiet for so long, an address starts anew. */
  forgetMs: number
  /** Wrong tokens in `ceilingMs` from this machine, and again as many from all others; both together are the most that is ever checked. */
  ceiling: number
  ceilingMs: number
}

export const THROTTLE: ThrottleRules = {
  failures: 10,
  windowMs: 60_000,
  firstBlockMs: 60_000,
  longestBlockMs: 15 * 60_000,
  forgetMs: 60 * 60_000,
  ceiling: 300,
  ceilingMs: 60 * 60_000,
}

type Bucket = { failedAt: number[]; blockedUntil: number; blocks: number; lastAt: number }

const MAX_BUCKETS = 4096
const ALL = '*'

export class Throttle {
  readonly #rules: ThrottleRules
  readonly #buckets = new Map<string, Bucket>()
  /** When wrong tokens came, at most `ceiling` of them, the oldest first. */
  readonly #near: number[] = []
  readonly #far: number[] = []

  constructor(rules: ThrottleRules = THROTTLE) {
    this.#rules = rules
  }

  /** When this address may be checked again, ms on the caller's clock; 0 when it may be now. */
  blockedUntil(bucket: string, now: number): number {
    const own = this.#buckets.get(bucket)
    const isGuessing = own?.failedAt.some((at) => now - at < this.#rules.windowMs) === true
    const shared = isGuessing ? (this.#buckets.get(ALL)?.blockedUntil ?? 0) : 0
    const until = Math.max(own?.blockedUntil ?? 0, shared, this.#ceilingUntil(bucket))
    return until > now ? until : 0
  }

  /** A wrong token came from there. Nothing that succeeds takes it back. */
  failed(bucket: string, now: number): void {
    this.#count(bucket, now)
    this.#count(ALL, now)
    const times = this.#timesOf(bucket)
    times.push(now)
    if (times.length > this.#rules.ceiling) times.shift()
  }

  #timesOf(bucket: string): number[] {
    return bucket === LOOPBACK ? this.#near : this.#far
  }

  /** When the oldest of a full hour's wrong tokens is an hour old. */
  #ceilingUntil(bucket: string): number {
    const times = this.#timesOf(bucket)
    const { ceiling, ceilingMs } = this.#rules
    return times.length < ceiling ? 0 : (times[0] ?? 0) + ceilingMs
  }

  #count(name: string, now: number): void {
    const { failures, windowMs, firstBlockMs, longestBlockMs, forgetMs } = this.#rules
    let bucket = this.#buckets.get(name)
    if (bucket === undefined || now - bucket.lastAt > forgetMs) {
      this.#forgetOne()
      bucket = { failedAt: [], blockedUntil: 0, blocks: 0, lastAt: now }
      this.#buckets.set(name, bucket)
    }
    bucket.lastAt = now
    bucket.failedAt = bucket.failedAt.filter((at) => now - at < windowMs)
    bucket.failedAt.push(now)
    if (bucket.failedAt.length < failures) return
    bucket.failedAt = []
    bucket.blockedUntil = now + Math.min(firstBlockMs * 2 ** bucket.blocks, longestBlockMs)
    bucket.blocks++
  }

  #forgetOne(): void {
    if (this.#buckets.size < MAX_BUCKETS) return
    // The budget of all stays; the oldest address goes.
    for (const name of this.#buckets.keys()) {
      if (name === ALL) continue
      this.#buckets.delete(name)
      return
    }
  }
}
