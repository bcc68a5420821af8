// Whether anything listens at an address, and whether it can show a certificate: a connection and nothing else, no request, no secret.
import { connect, type Socket } from 'node:net'
import { codeOf } from './files.ts'

/** `open`: it listens (and for TLS its certificate is good); `closed`: nobody does; `silent`: no answer in time; `refused`: it answers, but not well. */
export type Reached = { state: 'open' | 'closed' | 'silent' | 'refused'; why?: string }

const NOBODY: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

/**
 * Connects and hangs up.
 * @param origin `http://host:port` or `https://host`; with https the TLS handshake is made as well
 */
export async function reach(origin: string, timeoutMs: number): Promise<Reached> {
  const { protocol, hostname, port } = new URL(origin)
  const isSafe = protocol === 'https:' || protocol === 'wss:'
  const host = hostname.replace(/^\[|\]$/g, '')
  // TLS is much to load, and most of what is asked is on this machine.
  const safely = isSafe ? (await import('node:tls')).connect : undefined
  return new Promise((resolve) => {
    const options = { host, port: Number(port === '' ? (isSafe ? 443 : 80) : port) }
    const socket: Socket = safely === undefined ? connect(options) : safely({ ...options, servername: host })
    const end = (reached: Reached): void => {
      socket.destroy()
      resolve(reached)
    }
    socket.setTimeout(timeoutMs, () => end({ state: 'silent' }))
    socket.once(isSafe ? 'secureConnect' : 'connect', () => end({ state: 'open' }))
    socket.once('error', (error) => {
      const why = codeOf(error)
      end({ state: NOBODY.has(why) ? 'closed' : 'refused', why })
    })
  })
}
