// Whether the gateway of this installation runs, asked with little patience and no complaint.
import type { Auth } from '../auth/auth.ts'
import { AuthError } from '../core/errors.ts'
import type { System } from '../system/system.ts'
import { gatewayUrl } from './client.ts'
import { type Link, openLink } from './link.ts'
import { findSecret } from './token.ts'

export type GatewayState = {
  state: 'running' | 'absent' | 'silent' | 'refused'
  url: string
  version?: string
  pid?: number
  uptimeMs?: number
  failing?: readonly string[]
  why?: string
}

/**
 * Asks once; nothing leaves this machine.
 * @param options.timeoutMs for everything together
 */
export async function gatewayState(
  system: System,
  auth: Auth,
  options: { timeoutMs: number; port?: number },
): Promise<GatewayState> {
  const url = gatewayUrl(system, auth, options.port)
  const { secret } = await findSecret(auth.home)
  // The first start of a gateway makes one.
  if (secret === undefined) return { state: 'absent', url }
  const began = system.monotonic()
  const isLate = (): boolean => system.monotonic() - began >= options.timeoutMs
  let link: Link | undefined
  try {
    link = await openLink(system, { url, secret, patienceMs: options.timeoutMs })
    const open = link
    // A gateway that hangs is met here: closing the link ends the request.
    const late = system.timer(Math.max(1, options.timeoutMs - (system.monotonic() - began)), () => open.close())
    const answer = (await link.request('status', {})) as Record<string, unknown>
    late.cancel()
    const { version, pid, uptimeMs, failing } = answer
    return {
      state: 'running',
      url,
      ...(typeof version === 'string' ? { version } : {}),
      ...(typeof pid === 'number' ? { pid } : {}),
      ...(typeof uptimeMs === 'number' ? { uptimeMs } : {}),
      ...(Array.isArray(failing) ? { failing: failing.map(String) } : {}),
    }
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    if (error.code === 'gateway_unreachable') return { state: isLate() ? 'silent' : 'absent', url }
    return { state: 'refused', url, why: error.message }
  } finally {
    link?.close()
  }
}
