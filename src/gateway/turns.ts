// Chat turns under way in this gateway: started once per idempotency key, told to whoever follows the conversation, stopped on request.

import { type Said, say } from '../chat/commands.ts'
import type { Turn } from '../chat/turn.ts'
import { AuthError } from '../core/errors.ts'
import type { ChatEvent } from '../core/protocol.ts'
import type { House } from './house.ts'

export type Ack = { runId: string; status: 'started' | 'in_flight' | 'ok' }

export type Turns = {
  /** @throws AuthError busy, and what `say` throws */
  send(input: Said & { idempotencyKey: string }): Promise<Ack>
  /** @returns whether there was such a turn */
  abort(sessionKey: string, runId: string | undefined): boolean
  /** How many are under way. */
  count(): number
}

/** Not the turn itself: it holds its request, and this is remembered long after it. */
type Started = { runId: Promise<string>; isOver: boolean }

const MAX_REMEMBERED = 1000

/** @param tell hears every event of every turn */
export function createTurns(house: House, tell: (event: ChatEvent) => void): Turns {
  const byKey = new Map<string, Started>()
  const running = new Map<string, Turn>()

  const start = async (input: Said): Promise<Turn> => {
    const turn = await say(house.auth, input, tell)
    // A command may be answered while a turn is under way, and must not take its place.
    if (turn.command === undefined) running.set(turn.sessionKey, turn)
    return turn
  }

  return {
    count: () => running.size,
    abort: (sessionKey, runId) => {
      const turn = running.get(sessionKey)
      if (turn === undefined || (runId !== undefined && turn.runId !== runId)) return false
      turn.abort()
      return true
    },
    send: async (input) => {
      const key = `${input.agentId}\n${input.sessionKey}\n${input.idempotencyKey}`
      const before = byKey.get(key)
      if (before !== undefined) {
        return { runId: await before.runId, status: before.isOver ? 'ok' : 'in_flight' }
      }
      if (house.isClosing) throw new AuthError('busy', 'The gateway is stopping.')
      if (running.size >= house.limits.calls) throw new AuthError('busy', 'Too many turns are under way.')
      const starting = start(input)
      const started: Started = { runId: starting.then(({ runId }) => runId), isOver: false }
      remember(byKey, key, started)
      try {
        await started.runId
        const turn = await starting
        const startedAt = house.system.monotonic()
        void turn.done.then((end) => {
          house.system.log.info(turn.command === undefined ? 'a call' : 'a command', {
            route: 'chat.send',
            ...(turn.command === undefined
              ? { profile: end.state === 'final' ? end.servedBy : undefined }
              : { command: turn.command }),
            outcome: end.state,
            ms: Math.round(house.system.monotonic() - startedAt),
          })
          started.isOver = true
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
