// One turn for the command line: by the running gateway, or here when there is none.
import type { Auth } from '../auth/auth.ts'
import { importLegacy } from '../auth/import-legacy.ts'
import { say } from '../chat/commands.ts'
import { fullKey } from '../chat/plan.ts'
import type { AgentTurn, TurnRequest } from '../core/agent-turn.ts'
import { AuthError } from '../core/errors.ts'
import { followTurn, stopOn, stopped } from './follow-turn.ts'
import { turnThrough } from './turn-through.ts'

/**
 * One turn: by the running gateway when one answers to our token, else in this process.
 * @throws AuthError when no answer came
 */
export async function agentTurn(auth: Auth, options: TurnRequest): Promise<AgentTurn> {
  const key = fullKey(options.agentId, options.sessionId ?? 'main')
  const turn = await tryGateway(auth, key, options)
  return turn === undefined ? await turnHere(auth, key, options) : await turn()
}

/** @returns undefined when there is no gateway of ours */
async function tryGateway(
  auth: Auth,
  key: string,
  options: TurnRequest,
): Promise<(() => Promise<AgentTurn>) | undefined> {
  try {
    return await turnThrough(auth, key, options)
  } catch (error) {
    if (error instanceof AuthError && (error.code === 'gateway_unreachable' || error.code === 'gateway_refused')) {
      // A gateway that keeps refusing us would close its door to everybody on this machine; a person must hear of it.
      if (error.code === 'gateway_refused') {
        options.onNote?.(`Warning: ${error.message} The turn is done without it.\n  Run: ${error.remedy}`)
      }
      auth.home.system.log.debug('no gateway of ours; the turn is done here', { why: error.message })
      return undefined
    }
    throw error
  }
}

async function turnHere(auth: Auth, key: string, options: TurnRequest): Promise<AgentTurn> {
  const { agentId, message, face, model, signal, enclosures = [] } = options
  const offers = enclosures.map(({ bytes, ...about }) => ({ ...about, load: async () => bytes }))
  const following = followTurn(key, options, 'local')
  if (signal?.aborted === true) throw stopped()
  // A turn writes: health, and the conversation.
  await importLegacy(auth, agentId, { isOptional: true })
  const turn = await say(
    auth,
    {
      ...{ agentId, sessionKey: key, message, face },
      ...(model === undefined ? {} : { model }),
      ...(offers.length === 0 ? {} : { enclosures: offers }),
    },
    following.hear,
  )
  following.follow(turn.runId)
  const forget = stopOn(signal, () => turn.abort())
  await turn.done
  forget()
  await auth.flush()
  return await following.end
}
