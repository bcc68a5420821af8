// Whether the gateway of this installation runs, asked with little patience and no complaint.
import type { Auth } from '../auth/auth.ts'
import type { Seen } from '../core/difference.ts'
import { AuthError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import type { System } from '../system/system.ts'
import { connect } from './ask.ts'
import { findSecret } from './found-secret.ts'
import type { Link } from './link.ts'
import { gatewayUrl, refuseForeign } from './where.ts'

export type GatewayState = {
  state: 'running' | 'absent' | 'silent' | 'refused'
  url: string
  version?: string
  pid?: number
  uptimeMs?: number
  failing?: readonly string[]
  why?: string
  /** What it says of itself, when a salt was given. */
  details?: GatewayDetails
}

export type GatewayDetails = {
  stateDir?: string
  config?: string
  agentDir?: string
  host?: string
  port?: number
  variables?: Seen[]
}

export type StateQuestion = {
  /** For everything together. */
  timeoutMs: number
  port?: number
  /** Another gateway than the one of this home. */
  url?: string
  /** Its token. */
  token?: string
  /** Asks for details, with fingerprints made with what it gives once somebody listens. */
  salt?: () => string
}

/** Asks once; nothing leaves this machine, unless `url` names another. @throws AuthError unsafe, usage, of `url` alone */
export async function gatewayState(system: System, auth: Auth, options: StateQuestion): Promise<GatewayState> {
  const url = options.url ?? gatewayUrl(system, auth, options.port)
  if (options.token === undefined) refuseForeign(options.url)
  const { secret } = options.token === undefined ? await findSecret(auth.home) : { secret: new Secret(options.token) }
  // The first start of a gateway makes one.
  if (secret === undefined) return { state: 'absent', url }
  const began = system.monotonic()
  const isLate = (): boolean => system.monotonic() - began >= options.timeoutMs
  let link: Link | undefined
  try {
    link = await connect(system, { url, secret, patienceMs: options.timeoutMs })
    const open = link
    // A gateway that hangs is met here: dropping the link ends the request.
    const late = system.timer(Math.max(1, options.timeoutMs - (system.monotonic() - began)), () => open.drop())
    const params = options.salt === undefined ? {} : { salt: options.salt() }
    const answer = (await link.request('status', params)) as Record<string, unknown>
    late.cancel()
    const { version, pid, uptimeMs, failing } = answer
    return {
      state: 'running',
      url,
      ...(typeof version === 'string' ? { version } : {}),
      ...(typeof pid === 'number' ? { pid } : {}),
      ...(typeof uptimeMs === 'number' ? { uptimeMs } : {}),
      ...(Array.isArray(failing) ? { failing: failing.map(String) } : {}),
      ...(options.salt === undefined ? {} : { details: detailsIn(answer) }),
    }
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    if (error.code === 'gateway_unreachable') return { state: isLate() ? 'silent' : 'absent', url }
    return { state: 'refused', url, why: error.message }
  } finally {
    link?.close()
  }
}

/** An older gateway says less. */
function detailsIn(answer: Record<string, unknown>): GatewayDetails {
  const details: GatewayDetails = {}
  for (const name of ['stateDir', 'config', 'agentDir', 'host'] as const) {
    const value = answer[name]
    if (typeof value === 'string') details[name] = value
  }
  if (typeof answer.port === 'number') details.port = answer.port
  if (Array.isArray(answer.variables)) details.variables = answer.variables as Seen[]
  return details
}
