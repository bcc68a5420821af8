// A message on its way to the gateway: until its end is known, everything is kept that it takes to ask again, or to hand it back to whoever wrote it. Pure.
import type { ChatEvent, ChatMessage } from '../../../core/protocol.ts'
import type { Draft } from './composer.tsx'
import { type Line, textOf } from './log.ts'

/** What `chat.send` answers. */
export type Ack = { runId: string; status: 'started' | 'in_flight' | 'ok'; end?: ChatEvent }

/** A message that waits for its answer. */
export type Asking = {
  key: string
  /** Agent and conversation. */
  place: string
  draft: Draft
  wish: { agentId: string | undefined; sessionKey: string; message: string; idempotencyKey: string }
  /** ms epoch, by the gateway's clock */
  at: number
  /** Ids of its files, once the gateway has them. */
  enclosures?: readonly string[] | undefined
  /** How often giving it was begun: an earlier attempt that wakes up late goes no further. */
  attempts: number
  /** The gateway that was asked; absent: none knows of it yet. */
  gateway?: string
  runId?: string
  early: ChatEvent[]
  /** Some of the answer was missed. */
  isBehind: boolean
  /** Somebody else's turn in this conversation ended meanwhile. */
  isOvertaken: boolean
}

/** Twelve random hexadecimal digits; randomUUID is missing where the page comes over plain http from another machine. */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** The words of a message with the names of its files. */
export function withNames({ message, files }: Draft): string {
  return [message, ...files.map(({ name }) => `[${name}]`)].filter((text) => text !== '').join('\n')
}

/** Whether a line of the log is its question or its answer. */
export function isOf({ key }: Line, turn: Asking): boolean {
  return key === turn.key || key === `${turn.key}q`
}

/** The clock of the gateway is known to about a second. */
export const APART_MS = 3000

/** Whether the transcript shows that the gateway took it; without the commands in it, and with words for its files. */
export function wasTaken({ draft, at }: Asking, messages: readonly ChatMessage[]): boolean {
  const said = draft.message.trim()
  return messages.some((message) => {
    if (message.role !== 'user' || message.timestamp < at - APART_MS) return false
    const text = textOf(message).trim()
    return text.startsWith(said) || said.endsWith(text)
  })
}
