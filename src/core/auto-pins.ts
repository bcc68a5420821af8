// Who served a relayed conversation last: its next turn goes there as long as that one can serve, because the vendor's prompt cache is kept
// per account. In memory only, and bounded: what is forgotten costs one turn without a cache.
import type { PinWish } from './pick.ts'
import { Recent } from './recent.ts'

/** So many conversations are remembered. */
export const MOST_PINS = 4096
/** One that was silent so long has no cache left anywhere, ms. */
export const PIN_IDLE_MS = 2 * 60 * 60_000

export class AutoPins {
  readonly #kept = new Recent<PinWish>(MOST_PINS, PIN_IDLE_MS)

  /**
   * The wish of a conversation's next turn.
   * @param key of the conversation
   * @param now ms of a clock that never jumps
   */
  wish(agentId: string, provider: string, key: number, now: number): PinWish | undefined {
    return this.#kept.get(nameOf(agentId, provider, key), now)
  }

  /** The profile served a turn of the conversation. */
  served(agentId: string, provider: string, key: number, profileId: string, now: number): void {
    const name = nameOf(agentId, provider, key)
    const before = this.#kept.get(name, now)
    this.#kept.put(name, before?.id === profileId ? before : { id: profileId, by: 'auto' }, now)
  }

  get size(): number {
    return this.#kept.size
  }
}

function nameOf(agentId: string, provider: string, key: number): string {
  return `${agentId} ${provider} ${key}`
}
