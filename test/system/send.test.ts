// Outgoing calls: what comes back, what never follows, and how little an error tells.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readFile } from 'node:fs/promises'
import type { AddressInfo, Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { inspect } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import { afterAll, expect, onTestFinished, test, vi } from 'vitest'
import { ask } from '../../src/system/ask.ts'
import { createTransport, type Exchange, type OutgoingRequest, type TransportFailure } from '../../src/system/send.ts'
import { createSystem, type Timer } from '../../src/system/system.ts'
import { breaksOff, cuts, keepsSilent, nobody, rawVendor, says, vendor } from '../support/vendor.ts'

const transport = createTransport()
afterAll(() => transport.close())

type Got = { status?: number; body: string; heads?: number; failure?: TransportFailure }

const KEY = 'sk-ant-api03-canary-canary-canary'

function send(
  origin: string,
  more: Partial<OutgoingRequest> = {},
  onStart?: (exchange: Exchange) => void,
): Promise<Got> {
  return new Promise((resolve) => {
    const got: Got = { body: '' }
    let heads = 0
    const exchange = transport.send(
      {
        origin,
        reach: 'named',
        path: '/v1/x',
        method: 'GET',
        headers: ['x-api-key', KEY],
        firstByteMs: 5000,
        idleMs: 5000,
        ...more,
      },
      {
        head: (status) => {
          got.status = status
          heads++
          if (heads > 1) got.heads = heads
        },
        data: (chunk) => {
          got.body += Buffer.from(chunk).toString('utf8')
          return true
        },
        end: () => resolve(got),
        fail: (failure) => resolve({ ...got, failure }),
      },
    )
    onStart?.(exchange)
  })
}

test.each([301, 302, 303, 307, 308])('a %i is handed on as it is, and nobody follows it', async (status) => {
  const stranger = await vendor(says(200, 'stolen'))
  const { origin } = await vendor(says(status, 'elsewhere', { location: `${stranger.origin}/take` }))
  expect(await send(origin)).toEqual({ status, body: 'elsewhere' })
  expect(stranger.seen).toEqual([])
})

test('a long question may take its time on the way: silence is counted from its end', async () => {
  const MB = 1024 * 1024
  const piece = new Uint8Array(MB)
  const body = Array.from({ length: 32 }, () => piece)
  const bodyBytes = body.length * MB
  // A line that stands still now and then. What the sockets hold between two such places is less than what follows the last of them.
  const stops = [4, 10, 16, 22].map((at) => at * MB)
  const stillMs = 700
  let seen = 0
  const origin = await rawVendor((text, socket) => {
    seen += text.length
    if (seen > bodyBytes) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
    if (seen < (stops[0] ?? Number.POSITIVE_INFINITY)) return
    stops.shift()
    socket.pause()
    setTimeout(() => socket.resume(), stillMs)
  })
  const firstByteMs = 2200
  const began = performance.now()
  expect(await send(origin, { method: 'POST', body, firstByteMs })).toEqual({ status: 200, body: 'ok' })
  expect(performance.now() - began).toBeGreaterThan(firstByteMs)
})

test('a body of many pieces arrives as it was sent', async () => {
  const { origin, seen } = await vendor(says(200, 'ok'))
  const body = ['one', 'two', 'three'].map((text) => Buffer.from(text))
  const headers = ['x-api-key', KEY, 'content-length', '11']
  expect(await send(origin, { method: 'POST', body, headers })).toEqual({ status: 200, body: 'ok' })
  expect(seen[0]).toMatchObject({ body: 'onetwothree', headers: { 'content-length': '11', 'x-api-key': KEY } })
})

test('announcements before the answer are not the answer', async () => {
  const origin = await rawVendor((_text, socket) => {
    socket.write('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
  })
  expect(await send(origin)).toEqual({ status: 200, body: 'ok' })
})

test.each<[string, () => Promise<string>, TransportFailure['kind'], boolean]>([
  ['nobody listens', nobody, 'refused', false],
  ['the name does not exist', async () => 'http://nothing.invalid', 'unreachable', false],
  ['the connection is cut', async () => (await vendor(cuts)).origin, 'reset', false],
  ['the answer breaks off', async () => (await vendor(breaksOff('data: 1\n\n'))).origin, 'reset', true],
  ['nothing comes in time', async () => (await vendor(keepsSilent)).origin, 'timeout', false],
  ['the answer is no HTTP', () => rawVendor((_text, socket) => socket.write('SSH-2.0-x\r\n\r\n')), 'malformed', false],
  [
    'the head is endless',
    () => rawVendor((_text, socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(200_000)}`)),
    'malformed',
    false,
  ],
  [
    'TLS is spoken to plain HTTP',
    async () => (await vendor(says(200, ''))).origin.replace('http:', 'https:'),
    'tls',
    false,
  ],
])('when %s, the failure is a kind and nothing else', async (_what, where, kind, answered) => {
  // Only silence is timed; a busy machine may take long for anything else.
  const { failure } = await send(await where(), { firstByteMs: kind === 'timeout' ? 500 : 20_000 })
  expect(failure).toEqual({ kind, answered })
  expect(inspect(failure, { showHidden: true })).not.toContain('canary')
})

test('a vendor that keeps silent is borne as long as was said, and not half a second longer', async () => {
  const { origin } = await vendor(keepsSilent)
  let shortest = Number.POSITIVE_INFINITY
  // A busy machine may keep one of them waiting.
  for (let tries = 0; tries < 20 && shortest > 450; tries++) {
    const startedAt = performance.now()
    expect((await send(origin, { firstByteMs: 200 })).failure?.kind).toBe('timeout')
    shortest = Math.min(shortest, performance.now() - startedAt)
    expect(shortest).toBeGreaterThan(190)
  }
  expect(shortest).toBeLessThanOrEqual(450)
})

test('a vendor that announces and announces is no less silent', async () => {
  const origin = await rawVendor((_text, socket) => {
    const drip = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 20)
    socket.on('close', () => clearInterval(drip))
  })
  expect((await send(origin, { firstByteMs: 400 })).failure).toEqual({ kind: 'timeout', answered: false })
})

test('a silence between two pieces ends the call', async () => {
  const { origin } = await vendor((response) => {
    response.writeHead(200)
    response.write('first')
  })
  expect(await send(origin, { idleMs: 500 })).toMatchObject({
    body: 'first',
    failure: { kind: 'timeout', answered: true },
  })
})

test('a call that is cancelled ends at once, before and after its first byte', async () => {
  const { origin } = await vendor(keepsSilent)
  expect(await send(origin, {}, (exchange) => exchange.abort())).toMatchObject({ failure: { kind: 'cancelled' } })
  const slow = await vendor((response) => {
    response.writeHead(200)
    response.write('first')
  })
  let running: Exchange | undefined
  const result = send(slow.origin, {}, (exchange) => {
    running = exchange
  })
  while (slow.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  running?.abort()
  running?.abort()
  expect((await result).failure?.kind).toBe('cancelled')
})

test('a paused reader gets the rest when it resumes, and nothing twice', async () => {
  const text = 'x'.repeat(300_000)
  const { origin } = await vendor(says(200, text))
  const got = await new Promise<string>((resolve) => {
    let body = ''
    let more: () => void = () => undefined
    let paused = false
    transport.send(
      { origin, reach: 'named', path: '/', method: 'GET', headers: [], firstByteMs: 5000, idleMs: 5000 },
      {
        head: (_status, _headers, resume) => {
          more = resume
        },
        data: (chunk) => {
          body += paused ? ' too early ' : Buffer.from(chunk).toString('latin1')
          paused = true
          setTimeout(() => {
            paused = false
            more()
          }, 1)
          return false
        },
        end: () => resolve(body),
        fail: () => resolve('failed'),
      },
    )
  })
  expect(got).toBe(text)
})

const answer = (text: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`

test.each<[string, string, boolean]>([
  ['a second answer in the same write', answer('poison'), false],
  ['half an answer in the same write', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npoi', false],
  ['a second answer a moment later', answer('poison'), true],
])('%s never reaches another call', async (_what, extra, isLater) => {
  let first: Socket | undefined
  let close = (): void => undefined
  const isClosed = new Promise<void>((resolve) => {
    close = resolve
  })
  const origin = await rawVendor((text, socket) => {
    const own = answer(text.split(' ')[1] ?? '')
    if (first === undefined) {
      first = socket
      socket.once('close', () => close())
      socket.write(isLater ? own : own + extra)
      return
    }
    // A moment later, for which nobody looks at a clock: once the next call has been answered.
    socket.write(own)
    if (isLater && text.includes('/second')) setImmediate(() => first?.write(extra))
  })
  const heard = await new Promise<[Got, Promise<Got>]>((resolve) => {
    const got: Got = { body: '' }
    transport.send(
      { origin, reach: 'named', path: '/first', method: 'GET', headers: [], firstByteMs: 5000, idleMs: 5000 },
      {
        head: () => undefined,
        data: (chunk) => {
          got.body += Buffer.from(chunk).toString('latin1')
          return true
        },
        // The next call begins inside the end of this one: the tightest moment there is.
        end: () => resolve([got, send(origin, { path: '/second' })]),
        fail: (failure) => resolve([{ ...got, failure }, send(origin, { path: '/second' })]),
      },
    )
  })
  expect(heard[0].body).toBe('/first')
  if (isLater) {
    await heard[1]
    // Nobody goes on with a connection that said what nobody asked for.
    await isClosed
  }
  const others = await Promise.all([heard[1], send(origin, { path: '/third' }), send(origin, { path: '/fourth' })])
  expect(others.map(({ body, failure }) => failure?.kind ?? body)).toEqual(['/second', '/third', '/fourth'])
})

test('an answer hears nothing before the call has been handed back', async () => {
  for (const more of [{ path: 'no path' }, { origin: 'http://169.254.169.254' }, { headers: ['bad name', 'x'] }]) {
    let isBack = false
    const failed = new Promise<[boolean, TransportFailure]>((resolve) => {
      transport.send(
        {
          origin: 'http://127.0.0.1:1',
          reach: 'named',
          path: '/',
          method: 'GET',
          headers: [],
          firstByteMs: 5000,
          idleMs: 5000,
          ...more,
        },
        {
          head: () => undefined,
          data: () => true,
          end: () => undefined,
          fail: (failure) => resolve([isBack, failure]),
        },
      )
      isBack = true
    })
    expect(await failed).toMatchObject([true, { answered: false }])
  }
})

test('an answer that came while the process stood still counts, though its time was over before it could be read', async () => {
  const { timer } = createSystem({ logLevel: 'silent' })
  let late: Timer | undefined
  let begin = (): void => undefined
  const { origin } = await vendor((response) => {
    response.end('renewed', () => {
      // The answer is out; its time runs out while both sides of this process stand still.
      begin()
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
    })
  })
  const runsOut: typeof timer = (_ms, fire) => {
    begin = () => {
      late = timer(1, fire)
    }
    return { cancel: () => late?.cancel() }
  }
  const request: OutgoingRequest = {
    origin,
    reach: 'named',
    path: '/',
    method: 'GET',
    headers: [],
    firstByteMs: 5000,
    idleMs: 5000,
  }
  expect(await ask(transport, runsOut, request, { timeoutMs: 1 })).toMatchObject({ status: 200, body: 'renewed' })
})

/** Asks once, and again from within the end of the answer, as the next account does after a refusal. */
function askedTwice(origin: string, second: (exchange: Exchange) => void = () => undefined): Promise<Got> {
  const request: OutgoingRequest = {
    origin,
    reach: 'named',
    path: '/v1/x',
    method: 'GET',
    headers: [],
    firstByteMs: 5000,
    idleMs: 5000,
  }
  const got: Got = { body: '' }
  const hears = (end: () => void, fail: (failure: TransportFailure) => void) => ({
    head: (status: number) => {
      got.status = status
    },
    data: () => true,
    end,
    fail,
  })
  return new Promise((resolve, reject) => {
    const fail = (failure: TransportFailure): void => resolve({ ...got, failure })
    const again = (): void =>
      second(
        transport.send(
          request,
          hears(() => resolve(got), fail),
        ),
      )
    transport.send(request, hears(again, reject))
  })
}

test('who asks again at the end of an answer is heard on the same connection', async () => {
  const ports = new Set<number | undefined>()
  const { origin, seen } = await vendor((response, _seen, request) => {
    ports.add(request.socket.remotePort)
    response.end()
  })
  expect(await askedTwice(origin)).toEqual({ status: 200, body: '' })
  expect(seen.length).toBe(2)
  expect(ports.size).toBe(1)
})

test('who asks again at the end of an answer whose connection is closed behind it gets another one', async () => {
  const { origin, seen } = await vendor(says(200, 'once', { connection: 'close' }))
  expect(await askedTwice(origin)).toEqual({ status: 200, body: '' })
  expect(seen.length).toBe(2)
})

test('a question that waits for its connection can be taken back', async () => {
  const { origin, seen } = await vendor(says(200, 'good'))
  const got = await askedTwice(origin, (exchange) => exchange.abort())
  expect(got.failure).toEqual({ kind: 'cancelled', answered: false })
  expect(seen.length).toBe(1)
})

test('a question that is answered before it is out leaves its connection to nobody', async () => {
  const connections = new Set<number>()
  const origin = await rawVendor((text, socket, connection) => {
    connections.add(connection)
    // The head is enough for a refusal; what follows would be read as the next question.
    if (/^(?:POST|GET) /.test(text)) socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno')
    else socket.pause()
  })
  const body = [new Uint8Array(16 * 1024 * 1024)]
  expect(await send(origin, { method: 'POST', body })).toEqual({ status: 413, body: 'no' })
  expect(await send(origin)).toEqual({ status: 413, body: 'no' })
  expect(connections.size).toBe(2)
})

test('a vendor that reads no more of a long question is late', async () => {
  const origin = await rawVendor((_text, socket) => socket.pause())
  const body = [new Uint8Array(32 * 1024 * 1024)]
  expect((await send(origin, { method: 'POST', body, firstByteMs: 300 })).failure).toEqual({
    kind: 'timeout',
    answered: false,
  })
})

test('who pauses an answer makes no vendor late', async () => {
  const { origin } = await vendor((response) => {
    response.writeHead(200)
    response.write('x'.repeat(200_000), () => response.end('end'))
  })
  const got = await new Promise<string>((resolve) => {
    let body = ''
    let more = (): void => undefined
    let isPaused = false
    transport.send(
      { origin, reach: 'named', path: '/', method: 'GET', headers: [], firstByteMs: 5000, idleMs: 250 },
      {
        head: (_status, _headers, resume) => {
          more = resume
        },
        data: (chunk) => {
          body += Buffer.from(chunk).toString('latin1')
          if (isPaused || body.length > 150_000) return true
          isPaused = true
          setTimeout(() => {
            isPaused = false
            more()
          }, 600)
          return false
        },
        end: () => resolve(body.slice(-4)),
        fail: ({ kind }) => resolve(kind),
      },
    )
  })
  expect(got).toBe('xend')
})

test.each<[string, Partial<OutgoingRequest>]>([
  ['a value that ends its line', { headers: ['x-api-key', 'k\r\nx-other: 1'] }],
  ['a value with a NUL', { headers: ['x-api-key', 'k\0'] }],
  ['a value beyond one byte', { headers: ['x-api-key', 'k\u20ac'] }],
  ['a name that is none', { headers: ['x api', 'k'] }],
  ['a name that says where the question ends', { headers: ['transfer-encoding', 'chunked'] }],
  ['a name that says what the connection is', { headers: ['connection', 'x-api-key'] }],
  ['a path that ends its line', { path: '/v1/x HTTP/1.1\r\nx: 1' }],
  ['a path that begins elsewhere', { path: '@169.254.169.254/' }],
])('%s is not sent', async (_what, more) => {
  const { origin, seen } = await vendor(says(200, 'ok'))
  expect((await send(origin, more)).failure).toEqual({ kind: 'malformed', answered: false })
  expect(seen).toEqual([])
})

test('the length is ours to say, and the host', async () => {
  const { origin, seen } = await vendor(says(200, 'ok'))
  const headers = ['content-length', '1', 'host', 'elsewhere', 'x-api-key', KEY]
  await send(origin, { method: 'POST', body: [Buffer.from('one'), Buffer.from('two')], headers })
  await send(origin, { method: 'POST', headers: [] })
  expect(seen.map(({ body, headers: got }) => [body, got['content-length'], got.host])).toEqual([
    ['onetwo', '6', new URL(origin).host],
    ['', '0', new URL(origin).host],
  ])
})

test('a mistake in what hears the answer ends that call and no other', async () => {
  const { origin } = await vendor(says(200, 'ok'))
  const mistaken = (at: 'head' | 'data' | 'end'): Promise<TransportFailure> =>
    new Promise((resolve) => {
      const slip = (where: string): void => {
        if (where === at) throw new Error('slip')
      }
      transport.send(
        { origin, reach: 'named', path: '/', method: 'GET', headers: [], firstByteMs: 5000, idleMs: 5000 },
        {
          head: () => slip('head'),
          data: () => {
            slip('data')
            return true
          },
          end: () => slip('end'),
          fail: resolve,
        },
      )
    })
  for (const at of ['head', 'data', 'end'] as const) {
    expect(await mistaken(at)).toMatchObject({ kind: 'malformed', answered: true, mistake: new Error('slip') })
    expect(await send(origin)).toEqual({ status: 200, body: 'ok' })
  }
})

test('who closes waits for the answers that are under way, and leaves no connection behind', async () => {
  const own = createTransport()
  const sockets = new Set<unknown>()
  let finish = (): void => undefined
  const { origin, seen } = await vendor((response, _seen, request) => {
    sockets.add(request.socket)
    request.socket.on('close', () => sockets.delete(request.socket))
    if (seen.length === 1) response.end('first')
    else finish = () => response.end('second')
  })
  const request: OutgoingRequest = {
    origin,
    reach: 'named',
    path: '/',
    method: 'GET',
    headers: [],
    firstByteMs: 20_000,
    idleMs: 5000,
  }
  const once = (): Promise<string> =>
    new Promise((resolve) => {
      let body = ''
      own.send(request, {
        head: () => undefined,
        data: (chunk) => {
          body += Buffer.from(chunk).toString('latin1')
          return true
        },
        end: () => resolve(body),
        fail: ({ kind }) => resolve(kind),
      })
    })
  expect(await once()).toBe('first')
  const second = once()
  await expect.poll(() => seen.length).toBe(2)
  let isClosed = false
  const closed = own.close().then(() => {
    isClosed = true
  })
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(isClosed).toBe(false)
  finish()
  expect(await second).toBe('second')
  await closed
  await expect.poll(() => sockets.size).toBe(0)
})

test('a connection that ended while this process stood still is not asked: the next one is', async () => {
  const sockets: Socket[] = []
  const origin = await rawVendor((text, socket) => {
    if (!sockets.includes(socket)) sockets.push(socket)
    socket.write(answer(text.split(' ')[1] ?? ''))
  })
  expect(await send(origin, { path: '/first' })).toMatchObject({ body: '/first' })
  // Long enough for it to be a connection that has waited.
  await new Promise((resolve) => setTimeout(resolve, 60))
  await new Promise<void>((resolve) => {
    // The vendor ends it, and before anybody reads that, somebody asks.
    sockets[0]?.end(() => resolve())
  })
  expect(await send(origin, { path: '/second' })).toMatchObject({ status: 200, body: '/second' })
  expect(sockets.length).toBe(2)
})

test.each<[string, (socket: Socket) => void]>([
  ['ends', (socket) => socket.end()],
  ['cuts', (socket) => socket.destroySoon()],
])('a vendor that %s its connection behind an answer without a word is not asked into it', async (_how, closes) => {
  let connections = 0
  const origin = await rawVendor((_text, socket, connection) => {
    connections = connection + 1
    socket.write(answer('no'))
    closes(socket)
  })
  // The next account is asked in the same moment.
  for (let at = 0; at < 10; at++) expect(await askedTwice(origin)).toEqual({ status: 200, body: '' })
  expect(connections).toBe(20)
})

test('who pauses an answer and takes it back leaves nothing behind', async () => {
  const gc = ((): (() => void) => {
    setFlagsFromString('--expose-gc')
    return runInNewContext('gc') as () => void
  })()
  const made: WeakRef<Socket>[] = []
  const note = (message: unknown): void => {
    made.push(new WeakRef((message as { socket: Socket }).socket))
  }
  const { origin } = await vendor((response) => {
    response.write('x'.repeat(1000))
  })
  subscribe('net.client.socket', note)
  onTestFinished(() => void unsubscribe('net.client.socket', note))
  await new Promise<void>((resolve) => {
    const exchange = transport.send(
      { origin, reach: 'named', path: '/', method: 'GET', headers: [], firstByteMs: 60_000, idleMs: 60_000 },
      {
        head: () => undefined,
        data: () => {
          exchange.abort()
          return false
        },
        end: () => undefined,
        fail: () => resolve(),
      },
    )
  })
  expect(made.length).toBe(1)
  await expect
    .poll(
      () => {
        gc()
        return made[0]?.deref() === undefined
      },
      { timeout: 20_000 },
    )
    .toBe(true)
})

test('who goes on with an answer that is over leaves the next one on its connection as it is', async () => {
  const long = answer('x'.repeat(3_000_000))
  const connections = new Set<number>()
  const origin = await rawVendor((text, socket, connection) => {
    connections.add(connection)
    socket.write(text.startsWith('GET /long') ? long : answer('ok'))
  })
  const asked = (path: string, hears: (resume: () => void) => Partial<Parameters<typeof transport.send>[1]>) =>
    new Promise<void>((resolve, reject) => {
      let heard: Partial<Parameters<typeof transport.send>[1]> = {}
      transport.send(
        { origin, reach: 'named', path, method: 'GET', headers: [], firstByteMs: 20_000, idleMs: 20_000 },
        {
          head: (_status, _headers, resume) => {
            heard = hears(resume)
          },
          data: (chunk) => heard.data?.(chunk) ?? true,
          end: resolve,
          fail: ({ kind }) => reject(new Error(kind)),
        },
      )
    })
  let first = (): void => undefined
  await asked('/short', (resume) => {
    first = resume
    return { data: () => false }
  })
  let isPaused = false
  let tooEarly = 0
  await asked('/long', (resume) => ({
    data: () => {
      if (isPaused) tooEarly++
      else {
        isPaused = true
        first()
        setTimeout(() => {
          isPaused = false
          resume()
        }, 5)
        first()
        setImmediate(first)
      }
      return false
    },
  }))
  expect(connections.size).toBe(1)
  expect(tooEarly).toBe(0)
})

test('a connection that is older than it may become is not asked, though this machine slept meanwhile', async () => {
  const connections = new Set<number>()
  const origin = await rawVendor((_text, socket, connection) => {
    connections.add(connection)
    socket.write(answer('ok'))
  })
  await send(origin)
  await send(origin)
  expect(connections.size).toBe(1)
  // Asleep, the clock of the timers stands still.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
  onTestFinished(() => void vi.useRealTimers())
  expect(await send(origin)).toEqual({ status: 200, body: 'ok' })
  expect(connections.size).toBe(2)
})

test('a long question that goes on after this process stood still is not late', async () => {
  // A vendor in a thread of its own: it reads on while this one stands still.
  const flag = new Int32Array(new SharedArrayBuffer(4))
  const vendorInThread = new Worker(
    `const { createServer } = require('node:net')
    const { parentPort, workerData } = require('node:worker_threads')
    const server = createServer((socket) => {
      let seen = 0
      socket.on('data', (bytes) => {
        const before = seen
        seen += bytes.length
        if (before === 0) {
          parentPort.postMessage('begun')
          socket.pause()
          Atomics.wait(workerData, 0, 0)
          socket.resume()
        }
        if (before < 1e6 && seen >= 1e6) {
          Atomics.store(workerData, 0, 2)
          Atomics.notify(workerData, 0)
        }
        if (seen > 64 * 1024 * 1024) socket.end('HTTP/1.1 200 OK\\r\\ncontent-length: 2\\r\\n\\r\\nok')
      })
    })
    server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))`,
    { eval: true, workerData: flag },
  )
  onTestFinished(async () => void (await vendorInThread.terminate()))
  const heard = (): Promise<unknown> => new Promise((resolve) => vendorInThread.once('message', resolve))
  const port = await heard()
  const begun = heard()
  const body = [new Uint8Array(64 * 1024 * 1024)]
  const firstByteMs = 2000
  const got = send(`http://127.0.0.1:${port}`, { method: 'POST', body, firstByteMs })
  await begun
  Atomics.store(flag, 0, 1)
  Atomics.notify(flag, 0)
  // What the vendor has read there is room for; and the time is over.
  Atomics.wait(flag, 0, 1, 60_000)
  Atomics.wait(flag, 0, 2, firstByteMs + 100)
  expect(await got).toEqual({ status: 200, body: 'ok' })
})

test('a session that a server chokes on is shown to it once', async () => {
  const fixture = (name: string): Promise<Buffer> => readFile(new URL(`../support/tls/${name}`, import.meta.url))
  const [key, cert] = await Promise.all([fixture('server-key.pem'), fixture('server.pem')])
  const known = new Set<string>()
  let resumed = 0
  const NO_TICKETS = 1 << 14
  const server = createTlsServer({ key, cert, maxVersion: 'TLSv1.2', secureOptions: NO_TICKETS }, (socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok'))
  })
  server.on('newSession', (id, _data, done) => {
    known.add(id.toString('hex'))
    done()
  })
  server.on('resumeSession', (id, done) => {
    const isKnown = known.has(id.toString('hex'))
    if (isKnown) resumed++
    done(isKnown ? new Error('no') : null, null)
  })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  onTestFinished(() => {
    vi.unstubAllEnvs()
    server.close()
  })
  const origin = `https://localhost:${(server.address() as AddressInfo).port}`
  expect(await send(origin)).toEqual({ status: 200, body: 'ok' })
  expect((await send(origin)).failure?.kind).toBe('reset')
  expect(await send(origin)).toEqual({ status: 200, body: 'ok' })
  expect(resumed).toBe(1)
})

test.each<[string, TransportFailure['kind']]>([
  ['EAI_AGAIN', 'unreachable'],
  ['EAI_FAIL', 'unreachable'],
  ['EMFILE', 'unreachable'],
])('a name that is not found out for %s is %s', async (code, kind) => {
  const own = createTransport({
    lookup: (_name, _options, done) => done(Object.assign(new Error(code), { code }), []),
  })
  const failure = await new Promise<TransportFailure>((resolve) => {
    own.send(
      {
        origin: 'http://a.test',
        reach: 'named',
        path: '/',
        method: 'GET',
        headers: [],
        firstByteMs: 5000,
        idleMs: 5000,
      },
      { head: () => undefined, data: () => true, end: () => undefined, fail: resolve },
    )
  })
  expect(failure).toEqual({ kind, answered: false })
})

test('a connection that does not come is waited for as long as was said', async () => {
  // The name is looked for, and never found.
  const own = createTransport({ lookup: () => undefined })
  const failure = await new Promise<TransportFailure>((resolve) => {
    own.send(
      {
        origin: 'http://vendor.test',
        reach: 'named',
        path: '/',
        method: 'GET',
        headers: [],
        connectMs: 200,
        firstByteMs: 60_000,
        idleMs: 60_000,
      },
      { head: () => undefined, data: () => true, end: () => undefined, fail: resolve },
    )
  })
  expect(failure).toEqual({ kind: 'timeout', answered: false })
})

test('a long question in pieces of one byte arrives as it is, in few parts', async () => {
  const { origin, seen } = await vendor(says(200, 'ok'))
  const text = Array.from({ length: 40_000 }, (_, at) => String.fromCharCode(97 + (at % 26))).join('')
  const long = 'x'.repeat(5000)
  const body = [...[...text].map((one) => Buffer.from(one)), Buffer.from(long), Buffer.from('end')]
  expect(await send(origin, { method: 'POST', body })).toEqual({ status: 200, body: 'ok' })
  expect(seen[0]?.body).toBe(`${text}${long}end`)
})
