// Frames between the gateway and its WebSocket clients: protocol 3, JSON text, at most 512 KiB.
import type { KeptEnclosure } from './enclosure.ts'
import type { Note } from './note.ts'

export const PROTOCOL_VERSION = 3
export const MAX_FRAME_BYTES = 512 * 1024

export type RequestFrame = { type: 'req'; id: string; method: string; params: Readonly<Record<string, unknown>> }

/** `until`: when the trouble ends by itself, ms epoch. `issues`: of values that were not taken, what is wrong at which path. */
export type ErrorBody = {
  code: string
  message: string
  remedy?: string
  until?: number
  issues?: readonly { path: string; message: string }[]
}

export type ResponseFrame =
  | { type: 'res'; id: string; ok: true; payload: unknown }
  | { type: 'res'; id: string; ok: false; error: ErrorBody }

export type EventFrame = { type: 'event'; event: string; payload: unknown; seq?: number }

/** A slash command that the program answered itself; `ok` is false when nothing was done. */
export type CommandMark = { name: string; ok: boolean }

/**
 * What a chat run tells its listeners, in order: commands taken out of the message, any number of deltas, then one final, error or
 * aborted. The answer to a message that is only a command is a final with the mark: nobody was asked, so attempts is 0 and servedBy empty.
 * `/compact` alone asks the model: its final has the mark and says who served, and no delta comes before it. `isCut`: it ended at its longest.
 */
export type ChatEvent = { runId: string; sessionKey: string } & (
  | { state: 'command'; command: CommandMark; text: string }
  | { state: 'delta'; text: string }
  | ({ state: 'final'; message: ChatMessage; command?: CommandMark; isCut?: true } & Served)
  | { state: 'error'; error: ErrorBody }
  | { state: 'aborted'; message?: ChatMessage }
)

/** Who answered: the profile or other source, the model, and how many were asked. */
export type Served = {
  servedBy: string
  /** The one that answered. */
  model: string
  /** The one that was asked for, when nobody could serve it. */
  insteadOf?: string
  /** News of it, for people: another model has begun to stand in, or has ceased to. Told once each. */
  notice?: string
  attempts: number
  usage: ChatUsage
}

export type ChatUsage = { input: number; output: number; cacheRead: number; cacheWrite: number }

export const NO_USAGE: Readonly<ChatUsage> = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }

export type ChatMessage = {
  role: 'user' | 'assistant'
  content: readonly { type: 'text'; text: string }[]
  /** What was shown with it; its words stand for that, too. */
  enclosures?: readonly KeptEnclosure[]
  timestamp: number
  /** What `/compact` made of everything that stands before it; the next prompt begins with it. */
  isSummary?: true
}

/** A message of `chat.history`. `said`: its text without the words that stand for what was shown with it. */
export type ToldMessage = ChatMessage & { said?: string }

/**
 * A login at a vendor that was begun through the gateway. Only what the person has to see: no token, no code of the browser. It is what
 * `auth.login.start` answers, and the event `auth.login` when it goes on or has ended.
 */
export type LoginFlow = {
  id: string
  provider: string
  /** The vendor's name, for people. */
  label: string
  agentId: string
  method: string
  /** ms epoch */
  startedAt: number
} & (
  | ({ state: 'waiting'; url: string; note?: string } & (
      | { kind: 'browser'; port?: number }
      | { kind: 'device'; userCode: string; endsAt: number }
    ))
  | { state: 'done'; added: Added }
  | { state: 'failed'; error: ErrorBody }
  | { state: 'cancelled' }
)

/** An account that was added through the gateway. */
export type Added = {
  profileId: string
  provider: string
  type: string
  agentId: string
  /** The id held a credential before. */
  replaced: boolean
  email?: string
  plan?: string
  expiresAt?: number
  notes: readonly Note[]
}

/** A provider for which accounts can be added, and the ways in. */
export type ProviderChoice = {
  id: string
  label: string
  /** What a key looks like. */
  keyHint?: string
  /** `begins`: how the secrets of a way in begin, so that one can be told from the others while it is typed. */
  methods: readonly { id: string; label: string; kind: 'secret' | 'browser' | 'device'; begins?: string }[]
}

/**
 * Reads one frame of a client.
 * @returns the request, or a sentence saying what is wrong with it
 */
export function readRequestFrame(text: string): RequestFrame | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'a frame is one JSON object'
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'a frame is one JSON object'
  const { type, id, method, params } = value as Record<string, unknown>
  if (type !== 'req') return 'a client sends frames of type "req"'
  if (typeof id !== 'string' || id === '' || id.length > 128) return 'a request needs an id of 1 to 128 characters'
  if (typeof method !== 'string' || method.length > 64) return 'a request names its method'
  if (params !== undefined && (typeof params !== 'object' || params === null || Array.isArray(params))) {
    return 'params is an object'
  }
  return { type, id, method, params: (params ?? {}) as Record<string, unknown> }
}
