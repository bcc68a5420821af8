// What the command line asks of the other faces. `main` hands it in, so that no face imports another and nothing heavy loads before its use.
import type { Auth } from '../auth/auth.ts'
import type { AgentTurn, TurnRequest } from '../core/agent-turn.ts'
import type { BotProbe } from '../core/channel-report.ts'
import type { Severity } from '../core/finding.ts'
import type { GatewayQuestion, GatewayState } from '../core/gateway-state.ts'
import type { Secret } from '../core/secret.ts'
import type { System } from '../system/system.ts'

export type GatewayFlags = {
  port?: number
  bind?: string
  token?: string
  password?: string
  /** Which kind of secret clients show. */
  auth?: 'token' | 'password'
  allowRoot?: boolean
}

export type MethodCall = {
  method: string
  params: Readonly<Record<string, unknown>>
  url?: string
  token?: string
  /** Where the gateway listens, when no `url` is named; absent: as environment and config say. */
  port?: number
}

export type TokenTrouble = {
  where: string
  why: string
  severity: Severity
  remedy?: string
  /** It is in the file that we made, so a new one can be made there. */
  isFile: boolean
}

export type Faces = {
  /** Runs until a signal, or until it fails. @returns the exit code */
  runGateway(opening: Promise<Auth>, options: GatewayFlags): Promise<number>
  /** One turn. @throws AuthError, when no answer came */
  agentTurn(auth: Auth, options: TurnRequest): Promise<AgentTurn>
  /** One method of a running gateway. @throws AuthError gateway_unreachable, gateway_refused */
  callMethod(auth: Auth, call: MethodCall): Promise<unknown>
  /** Whether the gateway of this installation runs; never throws for one that is not there. */
  gatewayState(auth: Auth, question: GatewayQuestion): Promise<GatewayState>
  /** The page of the running gateway, with a code that works once. @throws AuthError gateway_unreachable, gateway_refused */
  pageUrl(auth: Auth, options: { port?: number }): Promise<{ url: string; expiresInMs: number }>
  /** Makes a new gateway token; the old one is refused from then on. @returns the file it is in, and its mask */
  rotateToken(auth: Auth): Promise<{ where: string; mask: string }>
  /** The file of the gateway token, and its mask when it has been made. Writes nothing. */
  showToken(auth: Auth): Promise<{ where: string; mask: string | undefined }>
  /** What is wrong with the gateway's secret as it is found now. Writes nothing. */
  troubleWithToken(auth: Auth): Promise<TokenTrouble[]>
  /** Asks the vendor whose token of a bot it is; never throws for what the vendor or the network says. @throws AuthError unsafe */
  probeBot(auth: Auth, token: Secret, options: { timeoutMs: number }): Promise<BotProbe>
  /** The demonstration on the sandbox, or on the person's own key. @returns the exit code */
  demo(system: System, options: { once: boolean }): Promise<number>
}
