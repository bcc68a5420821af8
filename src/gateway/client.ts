// One turn for the command line: by the running gateway, or here when there is none.
import type { Auth } from '../auth/auth.ts'
import { importLegacy } from '../auth/import-legacy.ts'
import { say } from '../chat/commands.ts'
import { fullKey } from '../chat/plan.ts'
import type { AgentTurn, TurnRequest } from '../core/agent-turn.ts'
import { AuthError } from '../core/errors.ts'
import type { ChatEvent } from '../core/protocol.ts'
import type { System } from '../system/system.ts'
import { connectOwn } from './ask.ts'
import { asError, type Link } from './link.ts'

export type TurnOptions = TurnRequest & {
  /** Stops the turn, in the gateway too; what was said until then is kept. */
  signal?: AbortSignal
}

const PATIENCE_MS = 3000

/**
 * One turn: by the running gateway when one answers to our token, else in this process.
 * @throws AuthError when no answer came
 */
export async function agentTurn(system: System, auth: Auth, options: TurnOptions): Promise<AgentTurn> {
  const link = await tryGateway(system, auth, options)
  return link === undefined ? await turnHere(auth, options) : await link()
}

/** @returns undefined when there is no gateway of ours */
async function tryGateway(
  system: System,
  auth: Auth,
  options: TurnOptions,
): Promise<(() => Promise<AgentTurn>) | undefined> {
  const turn = listen(options, 'gateway')
  let link: Link
  try {
    const own = await connectOwn(auth, {
      ...(options.port === undefined ? {} : { port: options.port }),
      patienceMs: PATIENCE_MS,
      onEvent: (event, payload) => {
        if (event === 'chat') turn.hear(payload as ChatEvent)
      },
      onLost: turn.fail,
    })
    link = own.link
  } catch (error) {
    if (error instanceof AuthError && (error.code === 'gateway_unreachable' || error.code === 'gateway_refused')) {
      // A gateway that keeps refusing us would close its door to everybody on this machine; a person must hear of it.
      if (error.code === 'gateway_refused') {
        options.onNote?.(`Warning: ${error.message} The turn is done without it.\n  Run: ${error.remedy}`)
      }
      system.log.debug('no gateway of ours; the turn is done here', { why: error.message })
      return undefined
    }
    throw error
  }
  return async () => {
    try {
      const sessionKey = keyOf(options)
      refuseStopped(options)
      const sent = (await link.request('chat.send', {
        agentId: options.agentId,
        sessionKey,
        message: options.message,
        idempotencyKey: system.uuid(),
        face: 'agent',
        ...(options.model === undefined ? {} : { model: options.model }),
      })) as { runId: string }
      turn.follow(sent.runId)
      stoppable(options, () => {
        link.request('chat.abort', { sessionKey, runId: sent.runId }).catch(turn.fail)
      })
      return await turn.end
    } finally {
      link.close()
    }
  }
}

async function turnHere(auth: Auth, options: TurnOptions): Promise<AgentTurn> {
  const heard = listen(options, 'local')
  refuseStopped(options)
  // A turn writes: health, and the conversation.
  await importLegacy(auth, options.agentId, { isOptional: true })
  const turn = await say(
    auth,
    {
      agentId: options.agentId,
      sessionKey: keyOf(options),
      message: options.message,
      face: 'agent',
      ...(options.model === undefined ? {} : { model: options.model }),
    },
    heard.hear,
  )
  heard.follow(turn.runId)
  stoppable(options, () => turn.abort())
  await turn.done
  await auth.flush()
  return await heard.end
}

/** @throws AuthError interrupted, when the person stopped it before it began */
function refuseStopped({ signal }: TurnOptions): void {
  if (signal?.aborted === true) throw stopped()
}

function stoppable({ signal }: TurnOptions, stop: () => void): void {
  if (signal?.aborted === true) stop()
  else signal?.addEventListener('abort', stop, { once: true })
}

function stopped(): AuthError {
  return new AuthError('interrupted', 'The turn was stopped.')
}

function keyOf({ agentId, sessionId }: TurnOptions): string {
  return fullKey(agentId, sessionId ?? 'main')
}

type Listening = {
  hear(event: ChatEvent): void
  /** From now on it is known which run is ours: others may answer a command in the same conversation meanwhile. */
  follow(runId: string): void
  fail(error: AuthError): void
  end: Promise<AgentTurn>
}

/** Follows the events of one run to its end. */
function listen(options: TurnOptions, via: AgentTurn['via']): Listening {
  const key = keyOf(options)
  let finish: (turn: AgentTurn) => void = () => undefined
  let fail: (error: AuthError) => void = () => undefined
  const end = new Promise<AgentTurn>((resolve, reject) => {
    finish = resolve
    fail = reject
  })
  // Whoever never waits for the end need not hear of its failure.
  end.catch(() => undefined)
  let ours: string | undefined
  const early: ChatEvent[] = []
  const hear = (event: ChatEvent): void => {
    if (ours === undefined) {
      early.push(event)
      return
    }
    if (event.runId !== ours) return
    switch (event.state) {
      case 'command':
        options.onNote?.(event.text)
        break
      case 'delta':
        options.onText?.(event.text)
        break
      case 'final': {
        const { servedBy, model, insteadOf, notice, attempts, usage, command } = event
        const text = event.message.content.map((part) => part.text).join('')
        finish({
          sessionKey: key,
          text,
          servedBy,
          model,
          attempts,
          usage,
          ...(insteadOf === undefined ? {} : { insteadOf }),
          ...(notice === undefined ? {} : { notice }),
          ...(command === undefined ? {} : { command }),
          via,
        })
        break
      }
      case 'error':
        fail(asError(event.error))
        break
      case 'aborted':
        fail(stopped())
    }
  }
  return {
    end,
    fail,
    hear,
    follow: (runId) => {
      ours = runId
      for (const event of early.splice(0)) hear(event)
    },
  }
}
