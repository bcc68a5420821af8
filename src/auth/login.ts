// Logs in at a vendor and hands back the credential; nothing is stored, so leaving at any point leaves all as it was. keep-login.ts stores it.
import { type Credential, secretsOf } from '../core/credential.ts'
import { AuthError } from '../core/errors.ts'
import { printable } from '../core/profile.ts'
import type { Secret } from '../core/secret.ts'
import type { Attempt, Returned } from '../oauth/authorize.ts'
import type { Callback } from '../oauth/callback.ts'
import {
  type BrowserMethod,
  type DeviceMethod,
  type LoginMethod,
  type LoginRoom,
  loginMethods,
  type OnlineMethod,
  type Outcome,
  type Provider,
} from '../providers/provider.ts'
import type { Auth } from './auth.ts'

/** What is worth saying while somebody logs in. */
export type LoginNews =
  /** `port`: where the browser is awaited; absent when every registered port is taken. */
  | { kind: 'open'; url: string; port?: number; isOpened: boolean }
  | { kind: 'device'; url: string; userCode: string; lifeMs: number }
  | { kind: 'again'; detail: string }

/** Where somebody logs in: a terminal, a pipe, a page. */
export type LoginDesk = {
  tell(news: LoginNews): void
  /** Shows the address in a browser; absent or false: the person opens it. */
  openBrowser?(url: string): Promise<boolean>
  /**
   * Waits for what the browser ended at, or its code.
   * @param complain why a text is not taken; it is said, and waited again
   * @returns undefined when nobody can paste (any more)
   * @throws AuthError interrupted
   */
  paste(complain: (text: string) => string | undefined, signal: AbortSignal): Promise<string | undefined>
  /** What is pasted here comes over a network: a code alone is not taken, as nothing shows whose login it belongs to (V12). */
  needsState?: true
  /** Aborted when the person wants to leave. */
  signal: AbortSignal
}

/**
 * The way meant by a name; without one the only way there is.
 * @returns undefined when there are several and none was named
 * @throws AuthError usage, listing them
 */
export function methodNamed(provider: Provider, name: string | undefined): LoginMethod | undefined {
  const all = loginMethods(provider)
  if (name === undefined) return all.length === 1 ? all[0] : undefined
  const found = all.find(({ id }) => id === name.trim().toLowerCase())
  if (found !== undefined) return found
  throw new AuthError(
    'usage',
    `${provider.id} has no login method "${printable(name, 40)}"; it has: ${all.map(({ id }) => id).join(', ')}. Nothing was changed.`,
    { remedy: `openclaw models auth login --provider ${provider.id} --method ${all[0]?.id ?? 'api-key'}` },
  )
}

/**
 * @throws AuthError interrupted, upstream (the vendor said no, or cannot be reached), usage (nobody can answer), unsafe; nothing was stored
 */
export async function login(
  { home }: Auth,
  provider: Provider,
  method: OnlineMethod,
  desk: LoginDesk,
): Promise<Credential> {
  const room: LoginRoom = { machine: home.system, env: home.system.env, signal: desk.signal }
  try {
    const outcome =
      method.kind === 'device'
        ? await byDevice(method, room, desk)
        : await byBrowser(method, room, desk, provider, home.system.log.hide)
    if (outcome.kind !== 'granted') throw refused(provider, outcome.detail, home.system.log.scrub)
    for (const secret of secretsOf(outcome.credential)) home.system.log.hide(secret)
    return outcome.credential
  } catch (error) {
    if (desk.signal.aborted) throw new AuthError('interrupted', 'Cancelled; nothing was changed.')
    throw error
  }
}

async function byDevice(method: DeviceMethod, room: LoginRoom, desk: LoginDesk): Promise<Outcome> {
  const { url, userCode, lifeMs, wait } = await method.open(room)
  desk.tell({ kind: 'device', url, userCode, lifeMs })
  return wait()
}

/** A person needs minutes; a forgotten login must not keep a port for ever. */
const PATIENCE_MS = 10 * 60_000

async function byBrowser(
  method: BrowserMethod,
  room: LoginRoom,
  desk: LoginDesk,
  provider: Provider,
  hide: (secret: Secret) => void,
): Promise<Outcome> {
  // With them come hashing and a listener, which no other command of this family needs.
  const [{ beginAttempt }, { awaitCallback }] = await Promise.all([
    import('../oauth/authorize.ts'),
    import('../oauth/callback.ts'),
  ])
  const attempt = beginAttempt(room.machine)
  hide(attempt.verifier)
  const host = callbackHost(room.env)
  const callback = await awaitCallback({
    redirects: method.redirects,
    attempt,
    ...(host === undefined ? {} : { host }),
  })
  try {
    const redirectUri = callback?.redirectUri ?? method.redirects[0] ?? ''
    const url = await method.address(room, attempt, redirectUri)
    const isOpened = (await desk.openBrowser?.(url)) ?? false
    const port = callback === undefined ? {} : { port: Number(new URL(callback.redirectUri).port) }
    desk.tell({ kind: 'open', url, isOpened, ...port })
    const returned = await firstReturn(callback, attempt, room, desk, isOpened, provider)
    if (returned.kind === 'refused') {
      const detail = returned.detail === '' ? returned.code : `${returned.code} (${returned.detail})`
      return { kind: 'ended', code: returned.code, detail }
    }
    hide(returned.code)
    return await exchange(method, room, desk, returned.code, attempt, redirectUri)
  } finally {
    await callback?.close()
  }
}

type Answer = Exclude<Returned, { kind: 'foreign' }>

/** Callback and paste race; the first that belongs to this attempt wins, and the other one is let go. */
async function firstReturn(
  callback: Callback | undefined,
  attempt: Attempt,
  { machine, signal }: LoginRoom,
  desk: LoginDesk,
  isOpened: boolean,
  provider: Provider,
): Promise<Answer> {
  const { readPasted } = await import('../oauth/authorize.ts')
  const over = new AbortController()
  const never = new Promise<never>(() => undefined)
  const read = (text: string): Returned => readPasted(text, attempt, desk)
  const complain = (text: string): string | undefined => {
    const found = read(text)
    if (found.kind !== 'foreign') return undefined
    return `That was not taken: ${found.why}. It is the whole address at which the browser ended.`
  }
  const pasted = async (): Promise<Answer> => {
    const text = await desk.paste(complain, over.signal)
    const found = text === undefined ? undefined : read(text)
    if (found !== undefined && found.kind !== 'foreign') return found
    // A browser that was opened here may still come back; else nobody ever will.
    if (isOpened && callback !== undefined) return never
    throw nobody(provider)
  }
  const left = new Promise<never>((_, reject) => {
    const leave = (): void => reject(signal.reason)
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave, { once: true })
  })
  const late = new Promise<never>((_, reject) => {
    const limit = machine.timer(PATIENCE_MS, () => reject(tooLate(provider)))
    over.signal.addEventListener('abort', () => limit.cancel(), { once: true })
  })
  const typed = pasted()
  typed.catch(() => undefined)
  try {
    return await Promise.race([callback?.returned ?? never, typed, left, late])
  } finally {
    over.abort()
    // The prompt gives the terminal back before anything else is said on it.
    await Promise.race([typed.catch(() => undefined), machine.sleep(0)])
  }
}

const TRIES = 3
const PAUSE_MS = 500

/** A code is sent again only when the server said that it did nothing with it, or never saw it (RFC 6749, 4.1.2). */
async function exchange(
  method: BrowserMethod,
  room: LoginRoom,
  desk: LoginDesk,
  code: Secret,
  attempt: Attempt,
  redirectUri: string,
): Promise<Outcome> {
  for (let count = 1; ; count++) {
    const outcome = await method.exchange(room, code, attempt, redirectUri)
    room.signal.throwIfAborted()
    if (outcome.kind !== 'failed' || outcome.spent === 'unknown' || count === TRIES) return outcome
    desk.tell({ kind: 'again', detail: outcome.detail })
    await room.machine.sleep(PAUSE_MS * count, room.signal)
  }
}

/** Binds another loopback address than those of `localhost`: for containers that forward a port, and for tests. */
const HOST_VARIABLE = 'OPENCLAW_OAUTH_CALLBACK_HOST'

function callbackHost(env: LoginRoom['env']): string | undefined {
  const host = env[HOST_VARIABLE]?.trim() ?? ''
  if (host === '') return undefined
  if (/^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host) || host === '::1') return host
  throw new AuthError(
    'unsafe',
    `${HOST_VARIABLE} is "${printable(host, 60)}"; a login is awaited on a loopback address only, such as 127.0.0.1. Nothing was changed.`,
    { remedy: `unset ${HOST_VARIABLE}` },
  )
}

const again = (provider: Provider): string => `openclaw models auth login --provider ${provider.id}`

function refused(provider: Provider, detail: string, scrub: (text: string) => string): AuthError {
  return new AuthError('upstream', `${provider.label}: the login failed: ${scrub(detail)}. Nothing was changed.`, {
    remedy: again(provider),
  })
}

function tooLate(provider: Provider): AuthError {
  return new AuthError('upstream', 'Nobody came back from the browser within 10 minutes. Nothing was changed.', {
    remedy: again(provider),
  })
}

function nobody(provider: Provider): AuthError {
  const hasDevice = loginMethods(provider).some(({ kind }) => kind === 'device')
  return new AuthError(
    'usage',
    'Nobody can answer here: no browser was opened, and standard input ended without the address that a browser came back with. Nothing was changed. Run it on a terminal, keep standard input open for that address, or use a code on any device.',
    { remedy: hasDevice ? `${again(provider)} --device-code` : again(provider) },
  )
}
