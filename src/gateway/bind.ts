// Where the gateway listens, and by which names it may be called there.
import type { Config } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import { printable } from '../core/profile.ts'
import { isLoopback } from './address.ts'
import type { Names } from './site.ts'

export type Bound = { host: string; beyondLoopback: boolean; names: Names }

const ADDRESS = /^(?:\d{1,3}\.){3}\d{1,3}$|^[0-9a-f]{0,4}:[0-9a-f:.]{1,40}$/i

/**
 * @param wish `--bind`: loopback, lan, auto, custom, or an address
 * @throws AuthError usage
 */
export function boundBy(config: Config, wish: string | undefined): Bound {
  const host = hostFor(config, wish)
  const beyondLoopback = !isLoopback(host)
  const configured = new Set(config.gateway.allowedHosts.map((name) => name.toLowerCase()))
  const own = host.includes(':') ? `[${host}]` : host
  return {
    host,
    beyondLoopback,
    names: {
      hosts: new Set(['localhost', '127.0.0.1', '[::1]', own, ...configured]),
      configured,
      anyAddress: beyondLoopback,
    },
  }
}

function hostFor(config: Config, wish: string | undefined): string {
  const bind = wish ?? config.gateway.bind
  switch (bind) {
    case 'loopback':
    case 'auto':
      return '127.0.0.1'
    case 'lan':
      return '0.0.0.0'
    case 'tailnet':
      throw new AuthError('usage', 'Binding to a tailnet needs its address.', {
        remedy: 'openclaw gateway --bind "$(tailscale ip -4)"',
      })
    case 'custom': {
      const address = config.gateway.customBindHost ?? ''
      if (ADDRESS.test(address)) return address
      throw new AuthError('usage', 'gateway.bind is "custom", but gateway.customBindHost is no address.', {
        remedy: 'openclaw gateway --bind loopback',
      })
    }
    default:
      if (ADDRESS.test(bind)) return bind
      throw new AuthError(
        'usage',
        `"${printable(bind, 40)}" is no place to listen: loopback, lan, auto, or an address.`,
        {
          remedy: 'openclaw gateway --bind loopback',
        },
      )
  }
}

/** The address as it stands in a URL that this machine can open. */
export function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
