// What a bot says, in order and no faster than its chats take it. What the network loses is said again; what the vendor has had enough of waits as
// long as it says; what a chat refuses is not said.
import type { Pace } from '../../core/pace.ts'
import type { System } from '../../system/system.ts'
import { judge } from './trouble.ts'

export type Place = { chatId: string; isGroup: boolean }

/** `gone`: nobody can be told there any more. */
export type Outcome<T> = { said: T } | { refused: 'gone' | 'bad'; description: string }

export type Outbox = {
  /**
   * Says something as soon as the chat takes it.
   * @param say called when it is time, with the id that the chat has by then, and again after a failure: it says what is newest by then; undefined
   * when nothing is left to be said
   */
  say<T>(place: Place, say: (chatId: string) => Promise<T> | undefined): Promise<Outcome<T> | undefined>
  /** A group has another id from now on. */
  follow(from: string, to: string): void
  /** From now on nothing waits any more: what cannot be said at once is not said. */
  close(): void
}

export type OutboxParts = {
  system: System
  pace: Pace
  /** The vendor refused the token. */
  revoked(): void
  /** Once for each kind of trouble, not for each message. */
  told(what: string, fields: Record<string, string | number>): void
  /** A group turned out to have another id. */
  moved(from: string, to: string): void
}

const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 30_000
/** An answer that nobody took by then is old. */
const GIVE_UP_MS = 15 * 60_000
/** The vendor's own word is kept, but no chat waits longer for an answer. */
const LONGEST_HOLD_MS = 3_600_000

/** Opens it; sends nothing. */
export function openOutbox({ system, pace, revoked, told, moved }: OutboxParts): Outbox {
  const closing = new AbortController()
  const lines = new Map<string, Promise<unknown>>()
  /** What groups are called now, by what they were called. */
  const now = new Map<string, string>()
  const idOf = (chatId: string): string => now.get(chatId) ?? chatId

  const pause = async (ms: number): Promise<boolean> => {
    if (closing.signal.aborted) return false
    try {
      if (ms > 0) await system.sleep(ms, closing.signal)
      return true
    } catch {
      return false // closed meanwhile
    }
  }
  const turn = async ({ chatId }: Place): Promise<boolean> => {
    for (;;) {
      const waitMs = pace.waitMs(idOf(chatId), system.monotonic())
      if (waitMs <= 0) return true
      if (!(await pause(waitMs))) return false
    }
  }
  const attempt = async <T>(
    place: Place,
    say: (chatId: string) => Promise<T> | undefined,
  ): Promise<Outcome<T> | undefined> => {
    const endsAt = system.monotonic() + GIVE_UP_MS
    let pauseMs = FIRST_PAUSE_MS
    for (;;) {
      if (!(await turn(place))) return { refused: 'gone', description: 'the gateway stops' }
      const chatId = idOf(place.chatId)
      const saying = say(chatId)
      if (saying === undefined) return undefined
      pace.took(chatId, place.isGroup, system.monotonic())
      try {
        return { said: await saying }
      } catch (error) {
        const judged = judge(error)
        if (judged.is === 'refused') {
          if (judged.why === 'token') revoked()
          return { refused: judged.why === 'bad' ? 'bad' : 'gone', description: judged.description }
        }
        if (judged.is === 'hold') {
          told('telegram wants us to write more slowly', { chat: chatId, seconds: judged.seconds })
          pace.hold(chatId, Math.min(judged.seconds * 1000, LONGEST_HOLD_MS), system.monotonic())
          continue
        }
        if (judged.is === 'moved') {
          // Two ids that point at each other are nowhere.
          if (now.has(place.chatId)) return { refused: 'gone', description: 'the group has moved' }
          now.set(place.chatId, judged.to)
          moved(place.chatId, judged.to)
          continue
        }
        if (system.monotonic() > endsAt || !(await pause(pauseMs))) {
          return { refused: 'gone', description: judged.description }
        }
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
      }
    }
  }
  return {
    say: <T>(place: Place, say: (chatId: string) => Promise<T> | undefined) => {
      const before = lines.get(place.chatId) ?? Promise.resolve()
      const mine = before.then(() => attempt(place, say))
      const quiet = mine.then(
        () => undefined,
        () => undefined,
      )
      lines.set(place.chatId, quiet)
      void quiet.then(() => {
        if (lines.get(place.chatId) === quiet) lines.delete(place.chatId)
      })
      return mine
    },
    follow: (from, to) => {
      now.set(from, to)
    },
    close: () => closing.abort(new Error('closed')),
  }
}
