// A vendor on loopback that does what the test says, call by call, down to the bytes on the wire.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createRawServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export type Seen = { method: string; path: string; headers: Record<string, string>; body: string }

export type Vendor = { origin: string; seen: Seen[] }

/** What the vendor does with one call. */
export type Act = (response: ServerResponse, seen: Seen, request: IncomingMessage) => void

/** Answers with a status, a body and headers. */
export function says(status: number, body: unknown, headers: Record<string, string> = {}): Act {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

/** Takes the call and cuts the connection. */
export const cuts: Act = (_response, _seen, request) => request.socket.destroy()

/** Takes the call and says nothing. */
export const keepsSilent: Act = () => undefined

/** Begins to answer and cuts the connection in the middle. */
export function breaksOff(first: string, status = 200): Act {
  return (response, _seen, request) => {
    response.writeHead(status, { 'content-type': 'text/event-stream' })
    response.write(first, () => setImmediate(() => request.socket.destroy()))
  }
}

/** @param script decides by what was sent */
export async function vendor(script: Act): Promise<Vendor> {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const call: Seen = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
        body: Buffer.concat(pieces).toString('utf8'),
      }
      seen.push(call)
      script(response, call, request)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

/** A server that writes raw bytes. @param talk is called with each request's text and its socket */
export async function rawVendor(talk: (text: string, socket: Socket, connection: number) => void): Promise<string> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createRawServer((socket) => {
    const number = connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes: Buffer) => talk(bytes.toString('latin1'), socket, number))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** An address where nobody listens. */
export async function nobody(): Promise<string> {
  const server = createRawServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return `http://127.0.0.1:${port}`
}
