// The other end of the gateway's WebSocket: connect, ask, hear events. Used by our own command line; loaded at its first use.
import WebSocket from 'ws'
import { AuthError, type AuthErrorCode } from '../core/errors.ts'
import { type ErrorBody, type EventFrame, MAX_FRAME_BYTES, PROTOCOL_VERSION } from '../core/protocol.ts'
import type { Secret } from '../core/secret.ts'
import type { System } from '../system/system.ts'
import { VERSION } from '../system/version.ts'

export type Link = {
  /** @throws AuthError what the gateway answered; gateway_unreachable, when the connection is lost */
  request(method: string, params: Readonly<Record<string, unknown>>): Promise<unknown>
  close(): void
  /** Ends it at once: who does not answer does not say goodbye either. */
  drop(): void
}

export type LinkOptions = {
  url: string
  secret: Secret
  /** To the end of the handshake, ms. */
  patienceMs: number
  onEvent?: (event: string, payload: unknown) => void
  /** The connection ended; nothing more will be heard. */
  onLost?: (error: AuthError) => void
}

type Waiting = { resolve: (payload: unknown) => void; reject: (error: AuthError) => void }

/**
 * Connects and shows the token.
 * @throws AuthError gateway_unreachable (nobody there, or no gateway), gateway_refused (the token is not its own)
 */
export function openLink(system: System, options: LinkOptions): Promise<Link> {
  const { url } = options
  const socket = new WebSocket(`${url.replace(/^http/, 'ws').replace(/\/$/, '')}/ws`, {
    handshakeTimeout: options.patienceMs,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES * 8,
    followRedirects: false,
  })
  const waiting = new Map<string, Waiting>()
  let count = 0
  const lost = (): AuthError =>
    new AuthError('gateway_unreachable', `No gateway answers at ${url}.`, { remedy: 'openclaw gateway' })

  const request: Link['request'] = (method, params) =>
    new Promise((resolve, reject) => {
      if (socket.readyState !== WebSocket.OPEN) {
        reject(lost())
        return
      }
      const id = String(++count)
      waiting.set(id, { resolve, reject })
      socket.send(JSON.stringify({ type: 'req', id, method, params }))
    })

  return new Promise((resolve, reject) => {
    const late = system.timer(options.patienceMs, () => socket.terminate())
    const greet = (): void => {
      const params = {
        minProtocol: PROTOCOL_VERSION,
        maxProtocol: PROTOCOL_VERSION,
        client: { id: 'cli', version: VERSION, platform: system.platform, mode: 'cli' },
        auth: { token: options.secret.reveal() },
      }
      request('connect', params).then(
        () => {
          late.cancel()
          resolve({ request, close: () => socket.close(), drop: () => socket.terminate() })
        },
        (error: AuthError) => {
          late.cancel()
          socket.terminate()
          reject(error.code === 'gateway_unreachable' ? error : refused(url, error))
        },
      )
    }
    socket.on('message', (data) => {
      const frame = readFrame(String(data))
      if (frame === undefined) return
      if (frame.type === 'event') {
        if (frame.event === 'connect.challenge') greet()
        else options.onEvent?.(frame.event, frame.payload)
        return
      }
      const request = waiting.get(frame.id)
      waiting.delete(frame.id)
      if (frame.ok) request?.resolve(frame.payload)
      else request?.reject(asError(frame.error))
    })
    // The reason, if there is one to tell, follows as a close.
    socket.on('error', () => socket.terminate())
    socket.on('close', () => {
      late.cancel()
      for (const { reject: fail } of waiting.values()) fail(lost())
      waiting.clear()
      reject(lost())
      options.onLost?.(lost())
    })
  })
}

function refused(url: string, error: AuthError): AuthError {
  return new AuthError('gateway_refused', `The gateway at ${url} refused: ${error.message}`, {
    remedy: error.remedy ?? 'openclaw gateway token show',
    cause: error,
  })
}

/** An error as it came over the wire. */
export function asError(body: ErrorBody): AuthError {
  return new AuthError(
    body.code as AuthErrorCode,
    body.message,
    body.remedy === undefined ? {} : { remedy: body.remedy },
  )
}

type Frame =
  | EventFrame
  | { type: 'res'; id: string; ok: true; payload: unknown }
  | { type: 'res'; id: string; ok: false; error: ErrorBody }

function readFrame(text: string): Frame | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Whoever sends this is no gateway of ours; the handshake will time out.
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { type, id, ok, event, payload, error } = value as Record<string, unknown>
  if (type === 'event' && typeof event === 'string') return { type, event, payload }
  if (type !== 'res' || typeof id !== 'string') return undefined
  if (ok === true) return { type, id, ok, payload }
  const { code, message, remedy } = (error ?? {}) as Record<string, unknown>
  return {
    type,
    id,
    ok: false,
    error: {
      code: typeof code === 'string' ? code : 'gateway_refused',
      message: typeof message === 'string' ? message : 'the gateway gave no reason',
      ...(typeof remedy === 'string' ? { remedy } : {}),
    },
  }
}
