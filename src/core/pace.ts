// How fast one may write to chats: so long between two messages to one of them, shorter between any two, and as long as the vendor says when it
// has had enough. Time is an argument.

export type PaceLimits = {
  /** Between two messages, or changes of one, in a private chat, ms. */
  directMs: number
  /** The same in a group, ms. */
  groupMs: number
  /** Between any two, ms. */
  allMs: number
}

/** What Telegram allows a bot: about one message a second in a chat, 20 a minute in a group, 30 a second in all. */
export const TELEGRAM_PACE: PaceLimits = { directMs: 1000, groupMs: 3100, allMs: 34 }

const MOST_CHATS = 2000

export class Pace {
  readonly #limits: PaceLimits
  /** From when on a chat takes the next message, ms. */
  readonly #freeAt = new Map<string, number>()
  #allFreeAt = 0

  constructor(limits: PaceLimits) {
    this.#limits = limits
  }

  /** How long to wait before the next message to the chat, ms. */
  waitMs(chatId: string, now: number): number {
    return Math.max(0, (this.#freeAt.get(chatId) ?? 0) - now, this.#allFreeAt - now)
  }

  /** A message goes to the chat now. */
  took(chatId: string, isGroup: boolean, now: number): void {
    this.#allFreeAt = now + this.#limits.allMs
    this.#put(chatId, now + (isGroup ? this.#limits.groupMs : this.#limits.directMs), now)
  }

  /** The vendor wants nothing more for that chat for so long. */
  hold(chatId: string, forMs: number, now: number): void {
    this.#put(chatId, Math.max(this.#freeAt.get(chatId) ?? 0, now + forMs), now)
  }

  #put(chatId: string, at: number, now: number): void {
    if (this.#freeAt.size >= MOST_CHATS) for (const [id, free] of this.#freeAt) if (free <= now) this.#freeAt.delete(id)
    this.#freeAt.set(chatId, at)
  }
}
