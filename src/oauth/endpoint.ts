// One request to a server of logins: a form or JSON, bounded in time and size, never redirected (RFC 9700, 4.11), under the caller's own name.
import { AuthError } from '../core/errors.ts'
import { printable } from '../core/profile.ts'
import { ask } from '../system/ask.ts'
import type { Reach } from '../system/destination.ts'
import type { RawHeaders, Transport, TransportFailure } from '../system/send.ts'

/** What the protocol needs of the machine. */
export type Machine = {
  /** Wall clock, ms epoch. */
  now(): number
  /** A clock that never jumps, ms. */
  monotonic(): number
  /** Calls once after `ms`; does not keep the process alive. */
  timer(ms: number, fire: () => void): { cancel(): void }
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  randomBytes(count: number): Uint8Array
  /** @internal The outgoing side of the network: only the requests of this folder use it. */
  transport(): Promise<Transport>
}

/** Where a request goes. */
export type Endpoint = {
  /** https, or http on loopback. */
  url: string
  /** `named` only for an address that the owner of this machine wrote down. */
  reach: Reach
  /** Sent with every request, name and value alternating: who we are. */
  headers: readonly string[]
  /** How the fields of a request travel; RFC 6749 says form. */
  format?: 'form' | 'json'
}

/** What came back. Foreign text in it has not been judged yet and must not be shown. */
export type Reply =
  | { kind: 'answered'; status: number; headers: RawHeaders; body: string }
  | { kind: 'failed'; failure: TransportFailure }

export type AskOptions = { timeoutMs?: number; signal?: AbortSignal }

/** RFC 6749 gives no bound; a token endpoint that takes longer has trouble. */
const TIMEOUT_MS = 20_000

/** Posts the fields once. Never throws for what network or server do. */
export async function post(
  machine: Machine,
  endpoint: Endpoint,
  fields: Readonly<Record<string, string>>,
  options: AskOptions = {},
): Promise<Reply> {
  const isJson = endpoint.format === 'json'
  const body = Buffer.from(isJson ? JSON.stringify(fields) : new URLSearchParams(fields).toString())
  const type = isJson ? 'application/json' : 'application/x-www-form-urlencoded'
  return request(machine, endpoint, { method: 'POST', body, headers: ['content-type', type] }, options)
}

/** Gets it once, with headers beside those of the endpoint. Never throws for what network or server do. */
export function get(
  machine: Machine,
  endpoint: Endpoint,
  headers: readonly string[],
  options: AskOptions = {},
): Promise<Reply> {
  return request(machine, endpoint, { method: 'GET', headers }, options)
}

async function request(
  machine: Machine,
  endpoint: Endpoint,
  { method, headers, body }: { method: 'GET' | 'POST'; headers: readonly string[]; body?: Buffer },
  options: AskOptions,
): Promise<Reply> {
  const { origin, pathname, search } = new URL(endpoint.url)
  const asked = await ask(
    await machine.transport(),
    machine.timer,
    {
      origin,
      reach: endpoint.reach,
      path: pathname + search,
      method,
      headers: [...endpoint.headers, 'accept', 'application/json', ...headers],
      ...(body === undefined ? {} : { body: [body] }),
      firstByteMs: options.timeoutMs ?? TIMEOUT_MS,
      idleMs: options.timeoutMs ?? TIMEOUT_MS,
    },
    {
      timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
      needsWhole: true,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
  )
  return 'failure' in asked ? { kind: 'failed', failure: asked.failure } : { kind: 'answered', ...asked }
}

/** The server of a vendor, or the one that a variable names instead. */
export type Issuer = { url: string; reach: Reach }

/**
 * @param usual the vendor's own, without a slash at its end
 * @param variable that may name another, for tests and for proxies of one's own
 * @param what goes there, in words
 * @throws AuthError unsafe, when what it names is neither https nor on loopback
 */
export function issuerFrom(
  env: Readonly<Record<string, string | undefined>>,
  variable: string,
  usual: string,
  what = 'a login',
): Issuer {
  const text = env[variable]?.trim() ?? ''
  if (text === '') return { url: usual, reach: 'public' }
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url !== undefined && `${url.username}${url.password}${url.search}${url.hash}` === ''
  if (url === undefined || !isPlain || !(url.protocol === 'https:' || isOnLoopback(url))) {
    throw new AuthError(
      'unsafe',
      `${variable} is "${printable(text, 80)}"; ${what} goes to https, or to http on this machine's own loopback. Nothing was sent.`,
      { remedy: `unset ${variable}` },
    )
  }
  return { url: url.href.replace(/\/$/, ''), reach: 'named' }
}

function isOnLoopback({ protocol, hostname }: URL): boolean {
  return (
    protocol === 'http:' && (/^127\.\d+\.\d+\.\d+$/.test(hostname) || hostname === '[::1]' || hostname === 'localhost')
  )
}
