// How the bots of a running gateway are: what 'channels status' shows, and the gateway says.

/** `running`: it hears what is said to it. `degraded`: it does not, or may not for long; the gateway goes on without it. */
export type AccountState = 'starting' | 'running' | 'degraded' | 'stopped'

export type AccountTrouble = {
  /** Stable: scripts may rely on it. */
  code: 'no_token' | 'token_refused' | 'conflict' | 'unreachable' | 'refused' | 'same_bot' | 'store'
  message: string
  /** The command that mends it. */
  remedy: string
}

/** `host`: the server that Telegram sent messages to; its path may hold a secret. @see at when it was taken away, ms epoch */
export type TakenWebhook = { host: string; at: number }

/** A group that became a supergroup has another id from then on. */
export type MovedGroup = { from: string; to: string }

export type AccountReport = {
  channel: string
  accountId: string
  state: AccountState
  /** Its name there, with the @. */
  bot?: string
  trouble?: AccountTrouble
  /** A webhook was set for this bot and had to be taken away: only one way of hearing is possible. */
  webhook?: TakenWebhook
  /** Groups that have another id by now, and stand in the config with the old one. */
  moved?: readonly MovedGroup[]
  /** When the last message came, ms epoch. */
  lastMessageAt?: number
  /** Messages that wait for the answer before. */
  waiting: number
  /** Answers under way. */
  answering: number
}

/** What the vendor says of a token. `refused`: it does not know it. `unknown`: it could not be asked. */
export type BotProbe =
  | {
      state: 'known'
      id: number
      name: string /** In groups it hears only what is meant for it. */
      hearsAll: boolean
      ms: number
    }
  | { state: 'refused'; why: string }
  | { state: 'unknown'; why: string }
