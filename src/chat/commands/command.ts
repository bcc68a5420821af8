// What a command of a conversation is told, and what it gives.
import type { Auth, View } from '../../auth/auth.ts'
import type { Right } from '../commands.ts'
import type { Turn } from '../turn.ts'

export type Occasion = {
  auth: Auth
  view: View
  /** The full key of the conversation. */
  key: string
  /** The person sits at another machine (D13). */
  beyondLoopback: boolean
  /** What the sender may do. */
  rights: ReadonlySet<Right>
  /** The turn of this conversation that is under way, in this process. */
  running(): Promise<Turn> | undefined
}

/**
 * Carries out one command.
 * @param args what stands behind it, trimmed
 * @returns the reply; holds no part of a secret
 * @throws AuthError unknown_model, unknown_provider, unknown_profile, usage: said to the person as they are; others end the run
 */
export type Carry = (args: string, occasion: Occasion) => string | Promise<string>
