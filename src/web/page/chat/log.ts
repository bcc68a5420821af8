// A conversation as it is drawn: what was said, the answer as it arrives, and which call gave it. Pure.
import type { ActivityCall } from '../../../core/activity.ts'
import type { KeptEnclosure } from '../../../core/enclosure.ts'
import type { ChatEvent, ChatMessage, ErrorBody, Served, ToldMessage } from '../../../core/protocol.ts'

export type Line = {
  key: string
  role: 'user' | 'assistant'
  text: string
  /** ms epoch */
  at: number
  /** What was shown with it, and the id of the session that keeps it. */
  shown?: { session: string; list: readonly KeptEnclosure[] }
  /** It stands for all that was said before it. */
  isSummary?: true
  /** It is being written. */
  isRunning?: true
  /** What the program said beside it. */
  asides?: readonly string[]
  served?: Served
  /** The program answered, and nobody was asked. */
  command?: { name: string; ok: boolean }
  end?: 'aborted' | 'lost'
  error?: ErrorBody
}

export function textOf({ content }: ChatMessage): string {
  return content.map((part) => part.text).join('')
}

/** What `chat.history` answers. */
export type History = { sessionId?: string; messages: readonly ToldMessage[] }

/** The words of a message, and what was shown with it. */
export function saidIn(message: ToldMessage, session: string | undefined): Pick<Line, 'text' | 'shown'> {
  const { said, enclosures } = message
  if (said === undefined || enclosures === undefined || session === undefined) return { text: textOf(message) }
  return { text: said, shown: { session, list: enclosures } }
}

export function linesOf({ messages, sessionId }: History): Line[] {
  return messages.map((message, at) => ({
    key: `h${at}`,
    role: message.role,
    ...saidIn(message, sessionId),
    at: message.timestamp,
    ...(message.isSummary === true ? { isSummary: true } : {}),
  }))
}

/** The running answer with what an event brings. */
export function withEvent(line: Line, event: ChatEvent): Line {
  const { isRunning: _, ...over } = line
  switch (event.state) {
    case 'command':
      return { ...line, asides: [...(line.asides ?? []), event.text] }
    case 'delta':
      return { ...line, text: line.text + event.text }
    case 'final': {
      const { message, command, servedBy, model, insteadOf, notice, attempts, usage } = event
      const done = { ...over, text: textOf(message), at: message.timestamp }
      if (command !== undefined) return { ...done, command }
      const served: Served = {
        ...{ servedBy, model, attempts, usage },
        ...(insteadOf === undefined ? {} : { insteadOf }),
        ...(notice === undefined ? {} : { notice }),
      }
      return { ...done, served }
    }
    case 'aborted':
      return { ...over, ...(event.message === undefined ? {} : { text: textOf(event.message) }), end: 'aborted' }
    case 'error':
      return { ...over, error: event.error }
  }
}

/** Clocks of the transcript and of the ledger are read a moment apart. */
const APART_MS = 3000

/** The call that gave an answer, where it is still known: it ended when the answer was kept. */
export function callOf(line: Line, calls: readonly ActivityCall[], sessionKey: string): ActivityCall | undefined {
  if (line.role !== 'assistant' || line.isRunning === true || line.command !== undefined) return undefined
  const own = calls.filter(
    ({ session, at, ms }) => session.endsWith(sessionKey) && Math.abs(at + ms - line.at) < APART_MS,
  )
  return own.sort((a, b) => Math.abs(a.at + a.ms - line.at) - Math.abs(b.at + b.ms - line.at))[0]
}

/** Without the agent it belongs to. */
export function sessionName(key: string): string {
  return key.replace(/^agent:[^:]+:/, '')
}

/** Commands that begin like what is typed. */
export function completions<T extends { text: string }>(typed: string, commands: readonly T[]): T[] {
  if (!/^\/[\w ]*$/.test(typed)) return []
  const wanted = typed.toLowerCase()
  return commands.filter(({ text }) => text.startsWith(wanted) && text !== wanted).slice(0, 8)
}
