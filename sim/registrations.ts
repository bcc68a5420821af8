// What people stored and removed, and which of it must stand in the store in the end, whatever overlapped and whoever was killed.
type Change = { id: string; startedAt: number; endedAt?: number; value: string | undefined }

/** What stands in the store under an id: the secret of a key, the refresh token of a login. */
export type Stored = { key?: string; refresh?: string; email?: string }

export class Registrations {
  readonly #changes: Change[] = []
  readonly #now: () => number
  /** The same text for all generations of a login. */
  readonly #nameOf: (stored: Stored) => string | undefined

  constructor(now: () => number, nameOf: (stored: Stored) => string | undefined) {
    this.#now = now
    this.#nameOf = nameOf
  }

  /** It stood there before anybody ran. */
  had(id: string, value: string | undefined): void {
    this.#changes.push({ id, value, startedAt: -1, endedAt: -1 })
  }

  /** @param value what is stored from now on, if anything @returns says that it was acknowledged */
  begin(id: string, value: string | undefined): () => void {
    const change: Change = { id, value, startedAt: this.#now() }
    this.#changes.push(change)
    return () => {
      change.endedAt = this.#now()
    }
  }

  /** A login was stored or removed at some time: what is in use may be of before. */
  isMoving(): boolean {
    return this.#changes.some(({ startedAt, id }) => startedAt > 0 && id.startsWith('openai-codex:'))
  }

  /** Of each id, what may stand there: everything that no later acknowledged change has replaced. */
  complaint(stored: ReadonlyMap<string, Stored>): string | undefined {
    for (const id of new Set(this.#changes.map((change) => change.id))) {
      const all = this.#changes.filter((change) => change.id === id)
      // What was never there before may not be there in the end either.
      if (!all.some(({ startedAt }) => startedAt < 0)) all.push({ id, value: undefined, startedAt: -1, endedAt: -1 })
      const possible = all.filter(
        ({ endedAt = Number.POSITIVE_INFINITY }) =>
          !all.some((later) => later.endedAt !== undefined && later.startedAt > endedAt),
      )
      const found = stored.get(id)
      const name = found === undefined ? undefined : this.#nameOf(found)
      if (!possible.some(({ value }) => value === name)) {
        return name === undefined ? `${id} was acknowledged, and is gone` : `${id} holds what was replaced or removed`
      }
    }
    return undefined
  }
}
