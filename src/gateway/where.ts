// Where the gateway of this home listens, and whether an address is one that its token may be sent to.
import type { Auth } from '../auth/auth.ts'
import { DEFAULT_PORT } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import type { System } from '../system/system.ts'
import { isLoopback } from './address.ts'
import { boundBy, reachable } from './bind.ts'

/** Where the gateway of this home listens, as far as environment and config say. @param wanted a port that goes before both */
export function gatewayUrl(system: System, auth: Auth, wanted?: number): string {
  const config = auth.home.config()
  const fromEnv = Number(system.env.OPENCLAW_GATEWAY_PORT)
  const set = Number.isInteger(fromEnv) && fromEnv > 0 ? fromEnv : config.gateway.port
  const port = wanted ?? set ?? DEFAULT_PORT
  let host = '127.0.0.1'
  try {
    host = boundBy(config, undefined).host
  } catch {
    // The gateway itself will say what is wrong with its address; here the usual one is as good as any.
  }
  return `http://${reachable(host)}:${port}`
}

/** Our own token goes to this machine only. @throws AuthError unsafe, usage */
export function refuseForeign(url: string | undefined): void {
  if (url !== undefined && !isLocal(url)) {
    throw new AuthError(
      'unsafe',
      'The token of this gateway is not sent to another machine; name that one with --token.',
      {
        remedy: 'openclaw gateway call --help',
      },
    )
  }
}

function isLocal(url: string): boolean {
  if (!URL.canParse(url)) throw new AuthError('usage', '--url is no URL.', { remedy: 'openclaw gateway call --help' })
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  return host === 'localhost' || isLoopback(host)
}
