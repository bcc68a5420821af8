// Asks in a conversation and shows the answer as it comes: for one turn from the shell, and for each turn of a chat.
import type { Auth } from '../auth/auth.ts'
import type { AgentTurn, TurnRequest } from '../core/agent-turn.ts'
import type { Invocation } from './invocation.ts'

type Wish = Omit<TurnRequest, 'port' | 'onText' | 'onNote'>

/** Asks, and shows nothing of the answer. @throws AuthError when none came */
export function askOnce(invocation: Invocation, auth: Auth, wish: Wish): Promise<AgentTurn> {
  return ask(invocation, auth, { ...wish, onNote: (text) => invocation.terminal.note(text) })
}

function ask({ faces, gatewayPort }: Invocation, auth: Auth, request: TurnRequest): Promise<AgentTurn> {
  return faces.agentTurn(auth, { ...request, ...(gatewayPort === undefined ? {} : { port: gatewayPort }) })
}

/** Asks, and shows the answer as it comes, whole lines at its end. @throws AuthError when none came; what came of it ends with its line */
export async function showAnswer(invocation: Invocation, auth: Auth, wish: Wish): Promise<AgentTurn> {
  const { terminal } = invocation
  let last = ''
  const onText = (text: string): void => {
    if (text !== '') last = text
    terminal.stream(text)
  }
  // In the midst of a line of the answer it would be read as a part of it.
  const onNote = (text: string): void => terminal.note(isWithinLine(last) ? `\n${text}` : text)
  try {
    const turn = await ask(invocation, auth, { ...wish, onText, onNote })
    if (last === '') terminal.out(turn.text)
    if (turn.notice !== undefined) {
      endLine()
      terminal.note(turn.notice)
    }
    return turn
  } finally {
    endLine()
  }

  function endLine(): void {
    if (isWithinLine(last)) terminal.out('')
    last = ''
  }
}

function isWithinLine(last: string): boolean {
  return last !== '' && !last.endsWith('\n')
}
