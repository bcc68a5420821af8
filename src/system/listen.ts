// Incoming HTTP: a listener with limits and times set short, so that slow, silent and huge clients cost little.
import {
  createServer,
  IncomingMessage as NodeRequest,
  type ServerResponse as NodeResponse,
  STATUS_CODES,
} from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { AuthError } from '../core/errors.ts'
import { codeOf } from './files.ts'

/** Who takes the body of a request. `piece` returns false when no more is wanted: the client is not read any further. */
export type BodySink = { piece(chunk: Uint8Array): boolean; end(): void }

/** A request whose body goes from the parser to whoever takes it; a stream would hand it on some turns of the loop later. */
export class IncomingRequest extends NodeRequest {
  #sink: BodySink | undefined

  /** Hands over what has come, then whatever comes. Once per request; the sink may hear from it before this returns. */
  bodyTo(sink: BodySink): void {
    const early: unknown = this.readableLength > 0 ? this.read() : null
    this.#sink = sink
    if (early !== null) sink.piece(early as Uint8Array)
    if (this.complete) sink.end()
  }

  /** Node's parser calls it with every piece, and with null behind the last one. */
  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    const sink = this.#sink
    if (sink === undefined) return super.push(chunk, encoding)
    if (chunk !== null) return sink.piece(chunk as Uint8Array)
    sink.end()
    return super.push(null)
  }
}

export type OutgoingResponse = NodeResponse
export type RawSocket = Duplex & Partial<Pick<Socket, 'remoteAddress' | 'setNoDelay'>>

export type ListenOptions = {
  host: string
  port: number
  maxConnections: number
  onRequest: (request: IncomingRequest, response: OutgoingResponse) => void
  onUpgrade: (request: IncomingRequest, socket: RawSocket, head: Uint8Array) => void
}

export type Listener = {
  host: string
  port: number
  connections(): Promise<number>
  /** Takes no new connection; resolves when the running ones have ended. */
  close(): Promise<void>
  closeIdle(): void
  destroyAll(): void
}

const HEADERS_MS = 10_000
const KEEP_ALIVE_MS = 65_000
const MAX_HEADER_BYTES = 16 * 1024
/** Node silently drops what exceeds this count; the guard counts for itself. */
const MAX_HEADERS = 1000

/**
 * @throws AuthError port_in_use, naming the port
 */
export function listen(options: ListenOptions): Promise<Listener> {
  const server = createServer(
    {
      IncomingMessage: IncomingRequest,
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_MS,
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 1000,
      noDelay: true,
      keepAlive: true,
      requireHostHeader: true,
    },
    options.onRequest,
  )
  server.maxHeadersCount = MAX_HEADERS
  server.maxConnections = options.maxConnections
  server.on('upgrade', options.onUpgrade)
  // Node forgets a socket that was upgraded or spoke no HTTP; one that is forgotten would keep `close` waiting for ever.
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('checkExpectation', (_request, response: NodeResponse) => response.writeHead(417).end())
  server.on('clientError', (error, socket) => refuseRaw(socket, codeOf(error)))
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        codeOf(error) === 'EADDRINUSE'
          ? new AuthError(
              'port_in_use',
              `Port ${options.port} on ${options.host} is taken; another gateway may be running there.`,
              {
                // Our token goes to this machine only, so another address cannot be asked by its URL.
                remedy:
                  options.host === '127.0.0.1'
                    ? `openclaw gateway status --url http://127.0.0.1:${options.port}`
                    : 'openclaw gateway status',
                cause: error,
              },
            )
          : error,
      )
    })
    server.listen({ host: options.host, port: options.port }, () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : options.port
      resolve({
        host: options.host,
        port,
        connections: () =>
          new Promise((done, fail) => server.getConnections((error, count) => (error ? fail(error) : done(count)))),
        close: () => new Promise((done) => server.close(() => done())),
        closeIdle: () => server.closeIdleConnections(),
        destroyAll: () => {
          for (const socket of sockets) socket.destroy()
        },
      })
    })
  })
}

/** A refused peer has so long to read the answer and hang up. */
const LINGER_MS = 1000
const RAW_STATUS: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }

/** Answers what never became a request, and closes: nothing behind a malformed head can be trusted (V38). */
export function refuseRaw(socket: Duplex, code: string, status = RAW_STATUS[code] ?? 400): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
  // No time limit of Node's holds for this socket any more, and a peer that never hangs up would keep it for ever.
  const late = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(late))
}
