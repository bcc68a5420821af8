// A client of the gateway's WebSocket, written from the protocol and not from our own client.
import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { GatewayProcess } from './gateway-process.ts'

export type Frame = {
  type: string
  id?: string
  event?: string
  ok?: boolean
  payload?: unknown
  error?: { code: string; message: string; remedy?: string }
}

export type SocketClient = {
  hello: Frame
  /** @throws Error with the frame when the answer is not ok */
  call(method: string, params: object): Promise<unknown>
  /** The whole answer, ok or not. */
  ask(method: string, params: object): Promise<Frame>
  /** Events so far, oldest first. */
  events(): readonly Frame[]
  /** Everything that came, as text. */
  heard(): string
  sendRaw(text: string): void
  close(): Promise<void>
  closed: Promise<number>
}

/**
 * Connects and says hello.
 * @param auth what is presented; absent: the gateway's token
 */
export async function connectClient(
  gateway: Pick<GatewayProcess, 'url' | 'token'>,
  auth: object = { token: gateway.token },
  extra: object = {},
): Promise<SocketClient> {
  const socket = new WebSocket(gateway.url.replace(/^http/, 'ws'))
  const events: Frame[] = []
  const waiting = new Map<string, (frame: Frame) => void>()
  let heard = ''
  let count = 0
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  socket.on('error', () => undefined)
  socket.on('message', (data) => {
    const text = String(data)
    heard += `${text}\n`
    const frame = JSON.parse(text) as Frame
    if (frame.type === 'event') events.push(frame)
    else waiting.get(frame.id ?? '')?.(frame)
  })
  await Promise.race([
    once(socket, 'open'),
    closed.then(() => {
      throw new Error('the gateway closed the socket before it was open')
    }),
  ])
  const ask = (method: string, params: object): Promise<Frame> => {
    const id = `r${++count}`
    return new Promise((resolve) => {
      waiting.set(id, resolve)
      void closed.then((code) =>
        resolve({ type: 'closed', ok: false, error: { code: String(code), message: 'closed' } }),
      )
      socket.send(JSON.stringify({ type: 'req', id, method, params }))
    })
  }
  const hello = await ask('connect', {
    minProtocol: 3,
    maxProtocol: 3,
    client: { id: 'test', version: '1', platform: 'linux', mode: 'cli' },
    role: 'operator',
    scopes: [],
    auth,
    ...extra,
  })
  return {
    hello,
    ask,
    call: async (method, params) => {
      const frame = await ask(method, params)
      if (frame.ok !== true) throw new Error(`${method} failed: ${JSON.stringify(frame)}`)
      return frame.payload
    },
    events: () => events,
    heard: () => heard,
    sendRaw: (text) => socket.send(text),
    closed,
    close: async () => {
      socket.close()
      await closed
    },
  }
}
