// One question to a running gateway. What speaks to it is loaded once something is known to listen there.
import type { Auth } from '../auth/auth.ts'
import { AuthError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { reach } from '../system/reach.ts'
import type { System } from '../system/system.ts'
import { findSecret } from './found-secret.ts'
import type { Link, LinkOptions } from './link.ts'
import { gatewayUrl, refuseForeign } from './where.ts'

const PATIENCE_MS = 3000

/**
 * Connects and shows the token.
 * @throws AuthError gateway_unreachable (nobody there, or no gateway), gateway_refused (the token is not its own)
 */
export async function connect(system: System, options: LinkOptions): Promise<Link> {
  const { url, patienceMs } = options
  if ((await reach(new URL(url).origin, patienceMs)).state !== 'open') throw nobody(url)
  const { openLink } = await import('./link.ts')
  return openLink(system, options)
}

/** Nobody answers as a gateway there. */
export function nobody(url: string): AuthError {
  return new AuthError('gateway_unreachable', `No gateway answers at ${url}.`, { remedy: 'openclaw gateway' })
}

/**
 * One method of a running gateway.
 * @param options.url another gateway than the one of this home; its token must then be given, too
 * @throws AuthError gateway_unreachable, gateway_refused, and what the method answers
 */
export async function callMethod(
  system: System,
  auth: Auth,
  options: { method: string; params: Readonly<Record<string, unknown>>; url?: string; token?: string; port?: number },
): Promise<unknown> {
  const url = options.url ?? gatewayUrl(system, auth, options.port)
  const secret = options.token === undefined ? await ownSecret(auth, options.url) : new Secret(options.token)
  const link = await connect(system, { url, secret, patienceMs: PATIENCE_MS })
  try {
    return await link.request(options.method, options.params)
  } finally {
    link.close()
  }
}

/**
 * The page of the running gateway of this home, with a code that lets one browser in, once.
 * @throws AuthError gateway_unreachable, gateway_refused
 */
export async function pageUrl(
  system: System,
  auth: Auth,
  options: { port?: number },
): Promise<{ url: string; expiresInMs: number }> {
  const { code, expiresInMs } = (await callMethod(system, auth, { ...options, method: 'page.code', params: {} })) as {
    code: string
    expiresInMs: number
  }
  return { url: `${gatewayUrl(system, auth, options.port)}/#code=${code}`, expiresInMs }
}

async function ownSecret(auth: Auth, url: string | undefined): Promise<Secret> {
  refuseForeign(url)
  const { secret, where } = await findSecret(auth.home)
  if (secret !== undefined) return secret
  throw new AuthError('gateway_unreachable', `No gateway has been started here: ${where} does not exist.`, {
    remedy: 'openclaw gateway',
  })
}
