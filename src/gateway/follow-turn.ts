// Follows the events of one run to its end: what is told on the way, and what it came to.
import type { AgentTurn, TurnRequest } from '../core/agent-turn.ts'
import { AuthError } from '../core/errors.ts'
import type { ChatEvent } from '../core/protocol.ts'
import { asError } from './link.ts'

export type Following = {
  hear(event: ChatEvent): void
  /** From now on it is known which run is ours: others may answer a command in the same conversation meanwhile. */
  follow(runId: string): void
  fail(error: AuthError): void
  end: Promise<AgentTurn>
}

/** @param key of the session, in full */
export function followTurn(
  key: string,
  { onText, onNote }: Pick<TurnRequest, 'onText' | 'onNote'>,
  via: AgentTurn['via'],
): Following {
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
        onNote?.(event.text)
        break
      case 'delta':
        onText?.(event.text)
        break
      case 'final': {
        const { servedBy, model, insteadOf, notice, attempts, usage, command } = event
        finish({
          sessionKey: key,
          text: event.message.content.map((part) => part.text).join(''),
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

/** The person stopped the turn. */
export function stopped(): AuthError {
  return new AuthError('interrupted', 'The turn was stopped.')
}

/** Calls `stop` once the signal is given, or at once. @returns forgets about it */
export function stopOn(signal: AbortSignal | undefined, stop: () => void): () => void {
  if (signal?.aborted === true) stop()
  else signal?.addEventListener('abort', stop, { once: true })
  return () => signal?.removeEventListener('abort', stop)
}
