// Where the browser comes back to (RFC 8252, 7.3): a listener on loopback for one attempt. Whatever is not the answer to this attempt is
// refused and changes nothing, so no stray request, and nobody else on this machine, can end a login (V36).
import { AuthError } from '../core/errors.ts'
import { codeOf } from '../system/files.ts'
import { type IncomingRequest, type Listener, listen, type OutgoingResponse } from '../system/listen.ts'
import { type Attempt, type Returned, readReturn } from './authorize.ts'

export type Callback = {
  /** The registered redirect whose port was free, with its port filled in. */
  redirectUri: string
  /** The answer to this attempt; stays open until there is one. */
  returned: Promise<Exclude<Returned, { kind: 'foreign' }>>
  /** Takes nothing more. After this no socket is open. */
  close(): Promise<void>
}

export type CallbackWish = {
  /** In order of preference; port 0 is any that is free. */
  redirects: readonly string[]
  attempt: Pick<Attempt, 'state'>
  /** A loopback address to bind instead of those that the name in the redirect has. */
  host?: string
}

const MOST_CONNECTIONS = 64
const FREE_PORT_TRIES = 5

/**
 * Listens for the first redirect whose port is free.
 * @returns undefined when all of them are taken
 */
export async function awaitCallback(wish: CallbackWish): Promise<Callback | undefined> {
  for (const redirect of wish.redirects) {
    const url = new URL(redirect)
    const tries = url.port === '0' ? FREE_PORT_TRIES : 1
    for (let count = 0; count < tries; count++) {
      const open = await openAt(url, wish)
      if (open !== undefined) return open
    }
  }
  return undefined
}

async function openAt(redirect: URL, { attempt, host }: CallbackWish): Promise<Callback | undefined> {
  const hosts = host === undefined ? hostsOf(redirect.hostname) : [host]
  let tell: (returned: Exclude<Returned, { kind: 'foreign' }>) => void = () => undefined
  const returned: Callback['returned'] = new Promise((resolve) => {
    tell = resolve
  })
  const listeners: Listener[] = []
  let isOver = false
  let port = Number(redirect.port)
  const onRequest = (request: IncomingRequest, response: OutgoingResponse): void => {
    const found = isOver ? undefined : read(request, redirect, port, attempt)
    if (found === undefined) refuse(response, 404)
    else if (typeof found === 'number') refuse(response, found)
    else {
      isOver = true
      // The page is out before whoever waits goes on, and may close us.
      response.once('close', () => tell(found))
      show(response, 200, found.kind === 'code' ? ARRIVED : REFUSED)
    }
  }
  const close = async (): Promise<void> => {
    isOver = true
    for (const listener of listeners) {
      const closed = listener.close()
      listener.destroyAll()
      await closed
    }
  }
  for (const [at, one] of hosts.entries()) {
    try {
      const options = { host: one, port, maxConnections: MOST_CONNECTIONS, onRequest }
      const listener = await listen({ ...options, onUpgrade: (_request, socket) => socket.destroy() })
      port = listener.port
      listeners.push(listener)
    } catch (error) {
      // A machine without IPv6 has no ::1 to bind.
      if (at > 0 && ABSENT.has(codeOf(error))) continue
      await close()
      if (error instanceof AuthError && error.code === 'port_in_use') return undefined
      if (codeOf(error) === 'EACCES') return undefined
      throw error
    }
  }
  const own = new URL(redirect)
  own.port = String(port)
  return { redirectUri: own.href, returned, close }
}

const ABSENT: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT'])

/** `localhost` is two addresses, and a browser may try either first. */
function hostsOf(hostname: string): readonly string[] {
  if (hostname === 'localhost') return ['127.0.0.1', '::1']
  return [hostname.replace(/^\[|\]$/g, '')]
}

const MOST_URL_CHARACTERS = 8192

/** The answer in a request; undefined for another path, a status for what is refused. */
function read(
  request: IncomingRequest,
  redirect: URL,
  port: number,
  attempt: Pick<Attempt, 'state'>,
): Exclude<Returned, { kind: 'foreign' }> | number | undefined {
  const text = request.url ?? ''
  const mark = text.indexOf('?')
  if ((mark < 0 ? text : text.slice(0, mark)) !== redirect.pathname) return undefined
  if (request.method !== 'GET') return 405
  if (text.length > MOST_URL_CHARACTERS) return 414
  // A name that was made to point here is not ours (DNS rebinding).
  const host = request.headers.host ?? ''
  if (!/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(host.replace(/:\d+$/, '')) || !host.endsWith(`:${port}`))
    return 400
  const returned = readReturn(new URLSearchParams(mark < 0 ? '' : text.slice(mark + 1)), attempt)
  return returned.kind === 'foreign' ? 400 : returned
}

const ARRIVED = ['Thank you', 'You can close this window. The login goes on where you started it.'] as const
const REFUSED = ['Not logged in', 'You can close this window. Where you started the login it says why.'] as const

/** Nothing of what was asked is in the answer: no page of ours repeats a code, or what somebody wrote into an address. */
function show(response: OutgoingResponse, status: number, [title, text]: readonly [string, string]): void {
  const body = Buffer.from(
    `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>body{font:1.1rem/1.6 system-ui,sans-serif;max-width:32rem;margin:20vh auto 0;padding:0 1.5rem;color-scheme:light dark}</style>
</head><body><h1>${title}</h1><p>${text}</p></body></html>
`,
  )
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': body.length,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    connection: 'close',
  })
  response.end(body)
}

const SAID: Readonly<Record<number, string>> = {
  400: 'This is not the answer to the login that is waiting here.',
  404: 'Nothing is here.',
  405: 'Only GET.',
  414: 'Too long.',
}

function refuse(response: OutgoingResponse, status: number): void {
  show(response, status, ['No', SAID[status] ?? ''])
}
