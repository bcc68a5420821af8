// Chat turns under way in this gateway: started once per idempotency key, told to whoever follows the conversation, stopped on request.

import { type Said, say } from '../chat/commands.ts'
import type { Offer } from '../chat/enclosed.ts'
import type { Turn } from '../chat/turn.ts'
import { AuthError } from '../core/errors.ts'
import type { ChatEvent } from '../core/protocol.ts'
import type { House } from './house.ts'

/** `ok`: it is over; how it ended is told for a while to whoever lost the connection meanwhile. */
export type Ack = { runId: string; status: 'started' | 'in_flight' } | { runId: string; status: 'ok'; end?: ChatEvent }

export type More = {
  /** Every event of this message alone; absent: whoever listens to all of them hears it. */
  hear?(event: ChatEvent): void
  /** What is shown with it: asked for once, when the key is new. */
  shown?(): readonly Offer[]
}

export type Turns = {
  /**
   * @throws AuthError busy, and what `say` and `shown` throw
   */
  send(input: Said & { idempotencyKey: string }, more?: More): Promise<Ack>
  /** From now on this one hears every event of every turn. */
  listen(tell: (event: ChatEvent) => void): void
  /** @returns whether there was such a turn */
  abort(sessionKey: string, runId: string | undefined): boolean
  /** How many are under way. */
  count(): number
}

/** Not the turn itself: it holds its request, and this is remembered long after it. The last event holds the answer, and is forgotten sooner. */
type Started = { runId: Promise<string>; isOver: boolean; end?: ChatEvent | undefined }

const MAX_REMEMBERED = 1000
/** Longer than anybody looks for a gateway that was lost, ms. */
const END_KEPT_MS = 120_000

/** Those of this gateway, made for the first face that has some. */
export function turnsOf(house: House): Turns {
  house.turns ??= createTurns(house)
  return house.turns
}

function createTurns(house: House): Turns {
  const listeners: ((event: ChatEvent) => void)[] = []
  const byKey = new Map<string, Started>()
  const running = new Map<string, Turn>()

  const start = async (input: Said, hear: ((event: ChatEvent) => void) | undefined): Promise<Turn> => {
    const turn = await say(house.auth, input, (event) => {
      for (const tell of listeners) tell(event)
      hear?.(event)
    })
    // A command may be answered while a turn is under way, and must not take its place.
    if (turn.command === undefined) running.set(turn.sessionKey, turn)
    return turn
  }

  return {
    count: () => running.size,
    listen: (tell) => {
      listeners.push(tell)
    },
    abort: (sessionKey, runId) => {
      const turn = running.get(sessionKey)
      if (turn === undefined || (runId !== undefined && turn.runId !== runId)) return false
      turn.abort()
      return true
    },
    send: async (input, { hear, shown } = {}) => {
      const key = `${input.agentId}\n${input.sessionKey}\n${input.idempotencyKey}`
      const before = byKey.get(key)
      if (before !== undefined) {
        const runId = await before.runId
        if (!before.isOver) return { runId, status: 'in_flight' }
        return { runId, status: 'ok', ...(before.end === undefined ? {} : { end: before.end }) }
      }
      if (house.isClosing) throw new AuthError('busy', 'The gateway is stopping.')
      if (running.size >= house.limits.calls) throw new AuthError('busy', 'Too many turns are under way.')
      const starting = start(shown === undefined ? input : { ...input, enclosures: shown() }, hear)
      const started: Started = { runId: starting.then(({ runId }) => runId), isOver: false }
      remember(byKey, key, started)
      try {
        await started.runId
        const turn = await starting
        const startedAt = house.system.monotonic()
        void turn.done.then((end) => {
          // Calls of programs are told of where they came in.
          if (input.face !== 'api')
            house.system.log.info(turn.command === undefined ? 'a call' : 'a command', {
              route: 'chat.send',
              ...(turn.command === undefined
                ? { profile: end.state === 'final' ? end.servedBy : undefined }
                : { command: turn.command }),
              outcome: end.state,
              ms: Math.round(house.system.monotonic() - startedAt),
            })
          started.isOver = true
          started.end = end
          house.system.timer(END_KEPT_MS, () => {
            started.end = undefined
          })
          if (running.get(turn.sessionKey) === turn) running.delete(turn.sessionKey)
        })
        return { runId: turn.runId, status: 'started' }
      } catch (error) {
        // Nothing was started: the same key may try again.
        byKey.delete(key)
        throw error
      }
    },
  }
}

function remember(byKey: Map<string, Started>, key: string, started: Started): void {
  for (const [old, { isOver }] of byKey) {
    if (byKey.size < MAX_REMEMBERED) break
    if (isOver) byKey.delete(old)
  }
  byKey.set(key, started)
}
