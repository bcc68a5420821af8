// Vendors are asked over TLS: the built gateway, a sandbox behind a real TLS server, and the official SDKs. One connection serves many calls, the next one
// takes the session of the last, and a server that nobody vouches for is never shown a key.
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, until } from '../support/installation.ts'
import { CLAUDE, GOOD, providersAt, question, requestsOf, WAYS } from './support.ts'

const fixture = (name: string): string => fileURLToPath(new URL(`../support/tls/${name}`, import.meta.url))

type Seen = { isResumed: boolean; protocol: string | false | null; name: string | false | null }

let sandbox: Sandbox
let server: Server
let origin: string
const seen: Seen[] = []
const sockets = new Set<TLSSocket>()
/** Bytes that came in the clear behind handshakes that were good. */
let asked = ''

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      { name: 'work', vendor: 'anthropic', key: GOOD },
      { name: 'team', vendor: 'openai', key: 'sk-proj-team-0123456789abcdef' },
    ],
  })
  const { port } = new URL(sandbox.url)
  const [key, cert] = await Promise.all([readFile(fixture('server-key.pem')), readFile(fixture('server.pem'))])
  server = createServer({ key, cert, ALPNProtocols: ['h2', 'http/1.1'] }, (socket) => {
    seen.push({ isResumed: socket.isSessionReused(), protocol: socket.alpnProtocol, name: socket.servername ?? null })
    sockets.add(socket)
    const behind = connect(Number(port), '127.0.0.1')
    socket.on('data', (bytes: Buffer) => {
      asked += bytes.toString('latin1')
    })
    socket.pipe(behind).pipe(socket)
    for (const one of [socket, behind]) one.on('error', () => one.destroy())
    socket.on('close', () => {
      sockets.delete(socket)
      behind.destroy()
    })
  })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  origin = `https://localhost:${typeof address === 'object' ? address?.port : 0}`
})

afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  server?.close()
  await sandbox?.close()
})

async function withGateway(
  env: Record<string, string>,
  work: (gateway: GatewayProcess) => Promise<void>,
): Promise<void> {
  const place: Installation = await install({
    config: { models: providersAt({ url: origin }) },
    profiles: [
      { id: 'anthropic:work', key: GOOD },
      { id: 'openai:team', key: 'sk-proj-team-0123456789abcdef' },
    ],
  })
  const gateway = await startGateway(place, { env })
  try {
    await work(gateway)
  } finally {
    await gateway.stop()
    await place.remove()
  }
}

test('every way of asking is answered over one connection; the next one takes up its session', {
  timeout: 60_000,
}, async () => {
  await withGateway({ NODE_EXTRA_CA_CERTS: fixture('authority.pem') }, async (gateway) => {
    for (const way of WAYS) expect(await way.ask({ gateway }, `Hello over ${way.name}`)).not.toBe('')
    expect(seen).toEqual([{ isResumed: false, protocol: 'http/1.1', name: 'localhost' }])
    // The vendor closes an idle connection; its next one is another, and a quicker one.
    for (const socket of sockets) socket.end()
    await until('the connection is closed', () => (sockets.size === 0 ? true : undefined))
    expect(await WAYS[0]?.ask({ gateway })).not.toBe('')
    expect(seen.slice(1)).toEqual([{ isResumed: true, protocol: 'http/1.1', name: 'localhost' }])
    // A long question goes out in parts.
    const long = 'a long question '.repeat(60_000)
    expect(await WAYS[1]?.ask({ gateway }, long)).not.toBe('')
    expect(seen.length).toBe(2)
    expect(requestsOf(sandbox, 'work')).toBeGreaterThan(3)
  })
})

test('a server that nobody vouches for is shown nothing', { timeout: 60_000 }, async () => {
  asked = ''
  await withGateway({}, async (gateway) => {
    const answer = await fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...question(), model: CLAUDE }),
    })
    expect(answer.status).toBe(502)
    expect(await answer.text()).toMatch(/certificate|TLS/i)
  })
  expect(asked).toBe('')
})
