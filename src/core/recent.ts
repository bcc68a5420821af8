// A memory of bounded size: the entry that was touched longest ago goes first, and what was not touched for a while is forgotten.

export class Recent<Value> {
  /** In the order of their last touch. */
  readonly #kept = new Map<string, { value: Value; at: number }>()
  readonly #most: number
  readonly #idleMs: number

  constructor(most: number, idleMs: number) {
    this.#most = most
    this.#idleMs = idleMs
  }

  /** @param now ms of the clock that `put` is told, too */
  get(name: string, now: number): Value | undefined {
    const entry = this.#kept.get(name)
    return entry === undefined || now - entry.at > this.#idleMs ? undefined : entry.value
  }

  /** Touches the entry, too. @param now ms of the same clock */
  use(name: string, now: number): Value | undefined {
    const value = this.get(name, now)
    if (value !== undefined) this.put(name, value, now)
    return value
  }

  /** Forgets what is meant. */
  drop(isMeant: (value: Value) => boolean): void {
    for (const [name, { value }] of this.#kept) if (isMeant(value)) this.#kept.delete(name)
  }

  put(name: string, value: Value, now: number): void {
    this.#kept.delete(name)
    this.#kept.set(name, { value, at: now })
    for (const [oldest, { at }] of this.#kept) {
      if (this.#kept.size <= this.#most && now - at <= this.#idleMs) break
      this.#kept.delete(oldest)
    }
  }

  get size(): number {
    return this.#kept.size
  }
}
