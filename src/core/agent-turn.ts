// One turn that is asked for from outside a conversation: what the face that asks and the one that does it agree on.
import type { EnclosureKind } from './enclosure.ts'
import type { TURN_FACES } from './ledger.ts'
import type { CommandMark, Served } from './protocol.ts'

/** A file that a person shows. */
export type ShownFile = { kind: EnclosureKind; mediaType: string; name: string; bytes: Buffer }

export type TurnRequest = {
  agentId: string
  message: string
  /** What is shown with it. */
  enclosures?: readonly ShownFile[]
  /** What its calls are noted as. */
  face: (typeof TURN_FACES)[number]
  /** Continues this conversation; absent: the agent's main one. */
  sessionId?: string
  model?: string
  /** Where the gateway listens; absent: as environment and config say. */
  port?: number
  /** Hears the answer as it arrives. */
  onText?: (text: string) => void
  /** Hears why a gateway that is there does not do the turn, and what commands inside the message did. */
  onNote?: (text: string) => void
  /** Stops the turn, in the gateway too; what was said until then is kept. Absent: a signal of the system stops it. */
  signal?: AbortSignal
}

export type AgentTurn = Served & {
  sessionKey: string
  text: string
  /** It was a slash command, which the program answered itself. */
  command?: CommandMark
  /** Whether a running gateway did the turn, or this process. */
  via: 'gateway' | 'local'
}
