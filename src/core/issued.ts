// Which account made what only that account can open. In memory only, and bounded: what is forgotten passes as it came, and its vendor judges.
import type { BoundWanted } from './bound.ts'
import { Recent } from './recent.ts'
import { UNDO_MS } from './undo.ts'

/** Whose it is. */
export type Issuer = {
  /** The same for the same account of the same provider, and for nothing else. */
  account: string
  /** The profile by which it was made, for people. */
  profile: string
  /** It was read in an answer of the account. Else the account has only served a request that held it, which proves nothing of what others can open. */
  hasMade?: true
}

/** Some account could not open it, and nobody knows whose it is: it is shown to none of them again. */
export const NOBODY: Issuer = { account: '', profile: '' }

/** So many things are remembered; an answer that thinks and calls tools makes about six. */
export const MOST_ISSUED = 32_768
/** Vendors keep answers for thirty days, ms. */
export const ISSUED_IDLE_MS = 30 * 24 * 60 * 60_000

/** So many answers wait to be read. */
const MOST_UNREAD = 64

/** What a request holds that only one account can open, and that cannot be left out: who may serve it. */
export type BoundTo = {
  /** The profiles of that account, as far as they are there. */
  ids: ReadonlySet<string>
  /** By which it was made. */
  profile: string
  /** What the client calls it: `previous_response_id`. */
  field: string
  /** Nobody is known to have made it, and this account is asked for it. */
  isGuess?: true
}

export class Issued {
  readonly #kept = new Recent<Issuer>(MOST_ISSUED, ISSUED_IDLE_MS)
  /** Accounts that were removed, and when: until the removal cannot be undone any more, what they made is known to be theirs. */
  readonly #gone = new Map<string, number>()
  /** What their vendor calls the organisations of accounts, where it says so. */
  readonly #organizations = new Map<string, string>()
  readonly #wanted: BoundWanted = { items: false, containers: false }
  /** Reads what has passed and was not read yet. */
  #unread: (() => void)[] = []

  /**
   * Answers are read when nobody waits, or when somebody asks what they held.
   * @returns whether nothing else waits: somebody must call `readUp` soon
   */
  later(read: () => void): boolean {
    const count = this.#unread.push(read)
    // Each keeps the bytes of its answer.
    if (count >= MOST_UNREAD) this.readUp()
    return count === 1
  }

  readUp(): void {
    if (this.#unread.length === 0) return
    const unread = this.#unread
    this.#unread = []
    for (const read of unread) read()
  }

  /** What kinds there are at all. */
  get wanted(): BoundWanted {
    this.readUp()
    return this.#wanted
  }

  /**
   * Whose the thing is. What is shown again is kept longest.
   * @param key the digest of the thing @param now ms of a clock that never jumps
   */
  of(key: number, now: number): Issuer | undefined {
    this.readUp()
    return this.#kept.use(String(key), now)
  }

  /** The account made the thing, or has opened it. */
  note(key: number, issuer: Issuer, now: number): void {
    this.#kept.put(String(key), issuer, now)
  }

  /** Accounts as they are now, and what they were before. @param now ms of the same clock */
  follow(before: ReadonlySet<string>, accounts: ReadonlySet<string>, now: number): void {
    for (const account of before) if (!accounts.has(account) && !this.#gone.has(account)) this.#gone.set(account, now)
    if (this.#gone.size > 0) for (const account of accounts) this.#gone.delete(account)
  }

  /** Whether somebody was removed who may come back; what the others made who were is forgotten. @param now ms of the same clock */
  misses(now: number): boolean {
    if (this.#gone.size === 0) return false
    const lost = new Set([...this.#gone].flatMap(([account, at]) => (now - at > UNDO_MS ? [account] : [])))
    if (lost.size > 0) this.#kept.drop(({ account }) => lost.has(account))
    for (const account of lost) this.#gone.delete(account)
    return this.#gone.size > 0
  }

  /** The vendor names the organisation that an account is of. */
  heard(account: string, organization: string): void {
    if (organization !== '') this.#organizations.set(account, organization)
  }

  /** Whether the organisation of the account has been named. */
  hasHeard(account: string): boolean {
    return this.#organizations.has(account)
  }

  /** Whether two accounts are known to be of one organisation. */
  areOne(account: string, other: string): boolean {
    if (account === other) return true
    const organization = this.#organizations.get(account)
    return organization !== undefined && organization === this.#organizations.get(other)
  }

  get size(): number {
    this.readUp()
    return this.#kept.size
  }
}
