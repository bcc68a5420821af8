// A wire between the gateway and a played vendor that keeps every byte going there, can cut a connection before it reaches it, and can hold
// an answer half-way.
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { Transform } from 'node:stream'

export type WireTap = {
  port: number
  url: string
  /** Every byte that clients sent, one text per connection, latin1. */
  sent(): string[]
  /** How many connections came. */
  connections(): number
  /** Ends the connections that are open, and resets this many of the next ones as they come. */
  cut(count: number): void
  /** From now on no more than so many bytes of an answer pass, until `release`. */
  hold(bytes: number): void
  /** How many bytes of answers are held. */
  held(): number
  /** Lets go of what is held, and of all that follows. */
  release(): void
  forget(): void
  close(): Promise<void>
}

/**
 * Listens on loopback and passes everything on.
 * @param at the port; a free one when absent
 */
export async function tapWire(target: { port: number }, at = 0): Promise<WireTap> {
  let streams: Buffer[][] = []
  let count = 0
  let toCut = 0
  let mayPass = Number.POSITIVE_INFINITY
  let held: { bytes: number; goOn: () => void }[] = []
  const open = new Set<Socket>()
  const release = (): void => {
    mayPass = Number.POSITIVE_INFINITY
    const waiting = held
    held = []
    for (const { goOn } of waiting) goOn()
  }
  const server = createServer((client) => {
    count++
    if (toCut > 0) {
      toCut--
      client.resetAndDestroy()
      return
    }
    const kept: Buffer[] = []
    streams.push(kept)
    const vendor = connect(target.port, '127.0.0.1')
    for (const socket of [client, vendor]) {
      open.add(socket)
      socket.on('close', () => open.delete(socket))
      socket.on('error', () => undefined)
    }
    client.on('data', (chunk: Buffer) => kept.push(chunk))
    client.pipe(vendor)
    let passed = 0
    const valve = new Transform({
      transform: (chunk: Buffer, _encoding, next) => {
        const first = chunk.subarray(0, Math.max(0, mayPass - passed))
        passed += first.length
        if (first.length === chunk.length) return next(null, chunk)
        valve.push(first)
        const rest = chunk.subarray(first.length)
        held.push({ bytes: rest.length, goOn: () => next(null, rest) })
      },
    })
    vendor.pipe(valve).pipe(client)
    client.on('close', () => vendor.destroy())
    vendor.on('close', () => client.destroy())
  })
  server.listen(at, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('a TCP server has an address')
  const { port } = address
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    sent: () => streams.map((chunks) => Buffer.concat(chunks).toString('latin1')),
    connections: () => count,
    cut: (next) => {
      toCut = next
      for (const socket of open) socket.destroy()
    },
    hold: (bytes) => {
      mayPass = bytes
    },
    held: () => held.reduce((sum, { bytes }) => sum + bytes, 0),
    release,
    forget: () => {
      streams = []
      count = 0
    },
    close: async () => {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
