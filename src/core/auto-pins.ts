// Who served a relayed conversation last: its next turn goes there as long as that one can serve, because the vendor's prompt cache is kept
// per account. In memory only, and bounded: what is forgotten costs one turn without a cache.
import type { PinWish } from './pick.ts'

/** So many conversations are remembered; the one that was silent longest goes first. */
export const MOST_PINS = 4096
/** One that was silent so long has no cache left anywhere, ms. */
export const PIN_IDLE_MS = 2 * 60 * 60_000

type Kept = { pin: PinWish; usedAt: number }

export class AutoPins {
  /** In the order of their last use. */
  readonly #kept = new Map<string, Kept>()

  /**
   * The wish of a conversation's next turn.
   * @param key of the conversation
   * @param now ms of a clock that never jumps
   */
  wish(agentId: string, provider: string, key: number, now: number): PinWish | undefined {
    const kept = this.#kept.get(nameOf(agentId, provider, key))
    return kept === undefined || now - kept.usedAt > PIN_IDLE_MS ? undefined : kept.pin
  }

  /** The profile served a turn of the conversation. */
  served(agentId: string, provider: string, key: number, profileId: string, now: number): void {
    const name = nameOf(agentId, provider, key)
    const before = this.#kept.get(name)
    this.#kept.delete(name)
    this.#kept.set(name, {
      pin: before?.pin.id === profileId ? before.pin : { id: profileId, by: 'auto' },
      usedAt: now,
    })
    for (const [oldest, { usedAt }] of this.#kept) {
      if (this.#kept.size <= MOST_PINS && now - usedAt <= PIN_IDLE_MS) break
      this.#kept.delete(oldest)
    }
  }

  get size(): number {
    return this.#kept.size
  }
}

function nameOf(agentId: string, provider: string, key: number): string {
  return `${agentId} ${provider} ${key}`
}
