// Bodies as they leave Node's parser: whole, in sequence, and no more than is wanted.
import { request } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { type IncomingRequest, type Listener, listen, type OutgoingResponse } from '../../src/system/listen.ts'

const open: Listener[] = []
afterEach(async () => {
  for (const listener of open.splice(0)) {
    listener.destroyAll()
    await listener.close()
  }
})

async function listening(onRequest: (request: IncomingRequest, response: OutgoingResponse) => void): Promise<number> {
  const options = { host: '127.0.0.1', port: 0, maxConnections: 8, onRequest, onUpgrade: () => undefined }
  const listener = await listen(options)
  open.push(listener)
  return listener.port
}

/** Collects the body, and answers with it. */
function echo(incoming: IncomingRequest, response: OutgoingResponse): void {
  const pieces: Uint8Array[] = []
  incoming.bodyTo({
    piece: (chunk) => pieces.push(chunk) > 0,
    end: () => response.end(Buffer.concat(pieces)),
  })
}

/** @param pieces each in a write of its own */
function post(port: number, pieces: readonly string[], length?: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = length === undefined ? {} : { 'content-length': length }
    const outgoing = request({ host: '127.0.0.1', port, method: 'POST', headers }, (answer) => {
      let text = ''
      answer.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1')
      })
      answer.on('end', () => resolve(text))
    })
    outgoing.on('error', reject)
    const next = (index: number): void => {
      const piece = pieces[index]
      if (piece === undefined) outgoing.end()
      else outgoing.write(piece, () => setTimeout(() => next(index + 1), 5))
    }
    next(0)
  })
}

const MIB = 1 << 20

test.each([
  ['of announced length', 11, ['first', 'second']],
  ['in chunks', undefined, ['first', 'second']],
  ['without a byte', 0, []],
  ['of a megabyte', MIB, ['x'.repeat(MIB)]],
])('a body %s comes whole, taken at once', async (_name, length, pieces) => {
  expect(await post(await listening(echo), pieces, length)).toBe(pieces.join(''))
})

test.each([
  ['has come long since', 50, ['first', 'second'], 11],
  ['is still coming', 12, ['a', 'b', 'c', 'd', 'e'], 5],
  ['is larger than what is read ahead', 50, ['y'.repeat(MIB)], MIB],
  ['has no byte', 30, [], 0],
])('a body that %s is taken late, and whole', async (_name, ms, pieces, length) => {
  const port = await listening((incoming, response) => setTimeout(() => echo(incoming, response), ms))
  expect(await post(port, pieces, length)).toBe(pieces.join(''))
})

test('two requests of one connection, the first of which nobody reads', async () => {
  let count = 0
  const port = await listening((incoming, response) => {
    count++
    if (count === 1) response.end('unread')
    else echo(incoming, response)
  })
  const { Agent } = await import('node:http')
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const say = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port, method: 'POST', agent }, (answer) => {
        let said = ''
        answer.on('data', (chunk: Buffer) => {
          said += chunk.toString()
        })
        answer.on('end', () => resolve(said))
      })
      outgoing.on('error', reject)
      outgoing.end(text)
    })
  expect(await say('one')).toBe('unread')
  expect(await say('two')).toBe('two')
  agent.destroy()
})

test('a client that sends more than is wanted is not read any further', async () => {
  let taken = 0
  const port = await listening((incoming, response) => {
    incoming.bodyTo({
      piece: (chunk) => {
        taken += chunk.byteLength
        if (!response.headersSent) response.writeHead(413, { connection: 'close' }).end()
        return false
      },
      end: () => undefined,
    })
  })
  await new Promise<void>((resolve) => {
    const outgoing = request({ host: '127.0.0.1', port, method: 'POST', headers: { 'content-length': 64 * MIB } })
    outgoing.on('error', () => undefined)
    outgoing.on('close', () => resolve())
    outgoing.write(Buffer.alloc(64 * MIB))
  })
  expect(taken).toBeGreaterThan(0)
  expect(taken).toBeLessThan(MIB)
})
