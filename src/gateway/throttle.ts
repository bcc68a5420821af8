// Guessing is slow: wrong tokens are counted per address and in all; beyond ten a minute nothing is checked for a while, then for longer.

export type ThrottleRules = {
  failures: number
  windowMs: number
  firstBlockMs: number
  longestBlockMs: number
  /** Quiet for so long, an address starts anew. */
  forgetMs: number
}

export const THROTTLE: ThrottleRules = {
  failures: 10,
  windowMs: 60_000,
  firstBlockMs: 60_000,
  longestBlockMs: 15 * 60_000,
  forgetMs: 60 * 60_000,
}

type Bucket = { failedAt: number[]; blockedUntil: number; blocks: number; lastAt: number }

const MAX_BUCKETS = 4096
const ALL = '*'

export class Throttle {
  readonly #rules: ThrottleRules
  readonly #buckets = new Map<string, Bucket>()

  constructor(rules: ThrottleRules = THROTTLE) {
    this.#rules = rules
  }

  /** When this address may be checked again, ms on the caller's clock; 0 when it may be now. */
  blockedUntil(bucket: string, now: number): number {
    const until = Math.max(this.#buckets.get(bucket)?.blockedUntil ?? 0, this.#buckets.get(ALL)?.blockedUntil ?? 0)
    return until > now ? until : 0
  }

  /** A wrong token came from there. Nothing that succeeds takes it back. */
  failed(bucket: string, now: number): void {
    this.#count(bucket, now)
    this.#count(ALL, now)
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
