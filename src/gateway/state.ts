// Whether the gateway of this installation runs, asked with little patience and no complaint.
import type { Auth } from '../auth/auth.ts'
import type { Seen } from '../core/difference.ts'
import { AuthError } from '../core/errors.ts'
import type { GatewayQuestion, GatewayState } from '../core/gateway-state.ts'
import { foreignText, greet } from './ask.ts'
import { findSpot, isOurs, refuseForeign } from './where.ts'

type Details = NonNullable<GatewayState['details']>

/** Asks once; nothing leaves this machine, unless `url` names another. @throws AuthError unsafe, usage, of `url` alone */
export async function gatewayState(auth: Auth, options: GatewayQuestion): Promise<GatewayState> {
  const { system } = auth.home
  const { timeoutMs, salt, ...wish } = options
  if (options.token === undefined) refuseForeign(options.url)
  const spot = await findSpot(auth, wish)
  const { url, note } = spot
  const began = system.monotonic()
  const isLate = (): boolean => system.monotonic() - began >= timeoutMs
  try {
    const { link, said } = await greet(auth, spot, {
      ...wish,
      patienceMs: timeoutMs,
      ...(salt === undefined ? {} : { params: () => ({ salt: salt() }) }),
    })
    link.close()
    const { version, pid, uptimeMs, failing } = said
    return {
      ...(isOurs(auth, spot, said)
        ? { state: 'running' }
        : { state: 'foreign', why: foreignText(auth, url, said.stateDir) }),
      url,
      ...(typeof version === 'string' ? { version } : {}),
      ...(typeof pid === 'number' ? { pid } : {}),
      ...(typeof uptimeMs === 'number' ? { uptimeMs } : {}),
      ...(Array.isArray(failing) ? { failing: failing.map(String) } : {}),
      ...(salt === undefined ? {} : { details: detailsIn(said) }),
    }
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    const pid = note === undefined ? {} : { pid: note.pid }
    if (error.code !== 'gateway_unreachable') return { state: 'refused', url, why: error.message, ...pid }
    // A process that noted itself and lives is there, whether it answers or not; without a life of its own the pid may be anybody's.
    return { state: isLate() || (note !== undefined && note.life !== '') ? 'silent' : 'absent', url, ...pid }
  }
}

/** An older gateway says less. */
function detailsIn(answer: Readonly<Record<string, unknown>>): Details {
  const details: Details = {}
  for (const name of ['stateDir', 'config', 'agentDir', 'host'] as const) {
    const value = answer[name]
    if (typeof value === 'string') details[name] = value
  }
  if (typeof answer.port === 'number') details.port = answer.port
  if (Array.isArray(answer.variables)) details.variables = answer.variables as Seen[]
  return details
}
