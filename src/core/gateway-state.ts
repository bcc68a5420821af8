// What is known of a gateway that was asked with little patience: the same for the face that asks and the one that shows it.
import type { Standpoint } from './difference.ts'

export type GatewayState = {
  /**
   * `silent`: something is there and says nothing in time; `refused`: it does not take our token; `foreign`: it answers, and is that of
   * another state directory.
   */
  state: 'running' | 'absent' | 'silent' | 'refused' | 'foreign'
  url: string
  version?: string
  pid?: number
  uptimeMs?: number
  /** One word for everything that keeps it from serving. */
  failing?: readonly string[]
  why?: string
  /** What it says of itself, when a salt was given; an older gateway says less. */
  details?: Partial<Standpoint> & { host?: string; port?: number }
}

export type GatewayQuestion = {
  /** For everything together, ms. */
  timeoutMs: number
  /** Where it listens when none has noted itself; absent: as environment and config say. */
  port?: number
  /** The gateway at that port is meant, wherever another one may be. */
  isPortMeant?: boolean
  /** Another gateway than the one of this installation. */
  url?: string
  /** Its token. */
  token?: string
  /** Asks for details, with fingerprints made with what it gives once somebody listens. */
  salt?: () => string
}
