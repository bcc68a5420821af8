// What lies between the gateway, which has turns carried out, and the channels, in which people say what they are about. Neither face knows the other.
import type { Auth } from '../auth/auth.ts'
import type { AccountReport } from '../core/channel-report.ts'
import type { ChatEvent } from '../core/protocol.ts'
import type { Said } from './commands.ts'

export type ChannelDoor = {
  auth: Auth
  /**
   * Has a message carried out, as one of the gateway's own.
   * @param hear every event of it, in order
   * @throws AuthError busy, and what `say` throws
   */
  send(input: Said & { idempotencyKey: string }, hear: (event: ChatEvent) => void): Promise<unknown>
}

/** The channels, open. */
export type RunningChannels = {
  report(): AccountReport[]
  /** The config may name other accounts now. */
  reload(): void
  /** Nothing more is taken; what was taken goes on. */
  stop(): void
  /** Answers that have come are shown to their end, within the time; what is known is written down. */
  close(withinMs: number): Promise<void>
}

export type OpenChannels = (door: ChannelDoor) => Promise<RunningChannels>
