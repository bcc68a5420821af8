// One question to a running gateway. What speaks to it is loaded once something is known to listen there.
import type { Auth } from '../auth/auth.ts'
import { AuthError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { reach } from '../system/reach.ts'
import type { System } from '../system/system.ts'
import { findSecret } from './found-secret.ts'
import type { Link, LinkOptions } from './link.ts'
import { findSpot, isOurs, refuseForeign, type Spot, type Wish } from './where.ts'

const PATIENCE_MS = 3000

async function connect(system: System, options: LinkOptions): Promise<Link> {
  const { url, patienceMs } = options
  if ((await reach(new URL(url).origin, patienceMs)).state !== 'open') throw nobody(url)
  const { openLink } = await import('./link.ts')
  return openLink(system, options)
}

/** Nobody answers as a gateway there. */
function nobody(url: string): AuthError {
  return new AuthError('gateway_unreachable', `No gateway answers at ${url}.`, { remedy: 'openclaw gateway' })
}

export type Greeting = Wish & {
  /** To the end of the first answer, ms. */
  patienceMs: number
  /** Its token, when it is not the one found here. */
  token?: string
  /** Of the question for its status. */
  params?: () => Readonly<Record<string, unknown>>
} & Pick<LinkOptions, 'onEvent' | 'onLost'>

/**
 * Connects, shows the token, and asks who is there.
 * @param spot where, as `findSpot` says
 * @returns the open link and the answer
 * @throws AuthError gateway_unreachable (nobody there, or no gateway), gateway_refused (the token is not its own, or not known here), unsafe, usage
 */
export async function greet(
  auth: Auth,
  spot: Spot,
  options: Greeting,
): Promise<{ link: Link; said: Readonly<Record<string, unknown>> }> {
  const { system } = auth.home
  const { patienceMs, onEvent, onLost } = options
  if (options.token === undefined) refuseForeign(options.url)
  const secret = options.token === undefined ? await ownSecret(auth, spot) : new Secret(options.token)
  const began = system.monotonic()
  const link = await connect(system, {
    url: spot.url,
    secret,
    patienceMs,
    ...(onEvent === undefined ? {} : { onEvent }),
    ...(onLost === undefined ? {} : { onLost }),
  })
  // A gateway that hangs is met here: dropping the link ends the request.
  const late = system.timer(Math.max(1, patienceMs - (system.monotonic() - began)), () => link.drop())
  try {
    const said = (await link.request('status', options.params?.() ?? {})) as Record<string, unknown>
    return { link, said }
  } catch (error) {
    link.close()
    throw error
  } finally {
    late.cancel()
  }
}

/**
 * Connects to the gateway of this home, or to the one that is named.
 * @returns the link, and what it said of itself
 * @throws AuthError as `greet`; gateway_unreachable also when what answers is the gateway of another state directory
 */
export async function connectOwn(
  auth: Auth,
  options: Greeting,
): Promise<{ link: Link; url: string; said: Readonly<Record<string, unknown>> }> {
  const spot = await findSpot(auth, options)
  const { link, said } = await greet(auth, spot, options)
  if (isOurs(auth, spot, said)) return { link, url: spot.url, said }
  link.close()
  throw new AuthError('gateway_unreachable', foreignText(auth, spot.url, said.stateDir), {
    remedy: 'openclaw gateway status',
  })
}

/** Whose gateway answers, when it is not ours. */
export function foreignText({ home }: Auth, url: string, stateDir: unknown): string {
  return `The gateway that answers at ${url} is that of ${String(stateDir)}, not of ${home.layout.stateDir}.`
}

/**
 * One method of a running gateway.
 * @param options.url another gateway than the one of this home; its token must then be given, too
 * @throws AuthError gateway_unreachable, gateway_refused, and what the method answers
 */
export async function callMethod(
  auth: Auth,
  options: { method: string; params: Readonly<Record<string, unknown>>; url?: string; token?: string; port?: number },
): Promise<unknown> {
  const { method, params, ...wish } = options
  const { link } = await connectOwn(auth, { ...wish, patienceMs: PATIENCE_MS })
  try {
    return await link.request(method, params)
  } finally {
    link.close()
  }
}

/**
 * The page of the running gateway of this home, with a code that lets one browser in, once.
 * @throws AuthError gateway_unreachable, gateway_refused
 */
export async function pageUrl(auth: Auth, options: { port?: number }): Promise<{ url: string; expiresInMs: number }> {
  const { link, url } = await connectOwn(auth, { ...options, patienceMs: PATIENCE_MS })
  try {
    const { code, expiresInMs } = (await link.request('page.code', {})) as { code: string; expiresInMs: number }
    return { url: `${url}/#code=${code}`, expiresInMs }
  } finally {
    link.close()
  }
}

async function ownSecret(auth: Auth, { url, note }: Spot): Promise<Secret> {
  const { secret, where } = await findSecret(auth.home)
  if (secret !== undefined) return secret
  if (note !== undefined) {
    throw new AuthError(
      'gateway_refused',
      `The gateway at ${url} (pid ${note.pid}) has a token that is not known here: ${where} does not exist.`,
      { remedy: 'openclaw gateway token show' },
    )
  }
  throw new AuthError('gateway_unreachable', `No gateway has been started here: ${where} does not exist.`, {
    remedy: 'openclaw gateway',
  })
}
