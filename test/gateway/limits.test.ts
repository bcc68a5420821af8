// Slow, silent, huge and many clients, each made small enough to watch; and the way the gateway stops.
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createAuth } from '../../src/auth/auth.ts'
import { runGateway } from '../../src/gateway/gateway.ts'
import { ask, bearer, closeLater, machine, question, raw, type Stand, say, stand, Talker, vendor } from './support.ts'

const SMALL = { sweepMs: 20, bodyIdleMs: 150, clientIdleMs: 150, handshakeMs: 150 }

/** A head that announces a body, and what of it is sent. */
async function dribble(on: Stand, path: string, declared: number, sent: string): Promise<Socket> {
  const socket = connect(on.gateway.port, '127.0.0.1')
  closeLater(async () => socket.destroy())
  await once(socket, 'connect')
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${on.token}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${declared}\r\n\r\n${sent}`,
  )
  return socket
}

async function heard(socket: Socket): Promise<string> {
  const pieces: Buffer[] = []
  socket.on('data', (piece) => pieces.push(piece))
  await once(socket, 'close')
  return Buffer.concat(pieces).toString('latin1')
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (await holds()) return
    await pause(20)
  }
  throw new Error('it never came true')
}

describe('limits', () => {
  test('a body that stands still, and one that crawls, are given up with 408', async () => {
    const on = await stand({ options: { limits: { ...SMALL, bodyFloor: 10_000 } } })
    // Quick at first, so that it is fast enough on average for long, and then nothing.
    const still = await dribble(on, '/v1/messages', 900_000, `{"model":"${'x'.repeat(500_000)}`)
    expect(await heard(still)).toMatch(/^HTTP\/1.1 408 /)
    const crawling = await dribble(on, '/v1/messages', 100_000, '{"model":"')
    const timer = setInterval(() => crawling.write('x'), 20)
    closeLater(async () => clearInterval(timer))
    crawling.on('error', () => crawling.destroy())
    expect(await heard(crawling)).toMatch(/^HTTP\/1.1 408 /)
    expect((await ask(on)).status).toBe(200)
  })

  test('a body is closed off at its limit, whether it says how long it is or not (V16)', async () => {
    const on = await stand()
    const lying = await raw(
      on.gateway.port,
      `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${on.token}\r\nContent-Length: 99999999\r\n\r\n`,
    )
    expect(lying).toMatch(/^HTTP\/1.1 413 /)
    expect(lying).toContain('request_too_large')
    const chunk = `10000\r\n${'a'.repeat(65_536)}\r\n`
    const chunked = await raw(
      on.gateway.port,
      `POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}${chunk}`,
    )
    expect(chunked).toMatch(/^HTTP\/1.1 413 /)
    const packed = await ask(on, {}, { 'content-encoding': 'gzip' })
    expect(packed.status).toBe(415)
  })

  test('a path that takes no body does not keep a connection for one', async () => {
    const on = await stand()
    for (const length of ['Content-Length: 1000', 'Transfer-Encoding: chunked']) {
      const heard = await raw(on.gateway.port, `GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n${length}\r\n\r\n`, 5000)
      expect(heard).toMatch(/^HTTP\/1.1 413 /)
    }
  })

  test('of a caller without a token no body is read', async () => {
    const on = await stand()
    const answer = await raw(
      on.gateway.port,
      'POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n{',
    )
    expect(answer).toMatch(/^HTTP\/1.1 401 /)
    expect(answer.toLowerCase()).toContain('connection: close')
  })

  test('callers without a token have eight places per address, others are not held up', async () => {
    const on = await stand({ options: { limits: { preAuthPerAddress: 2 } } })
    const waiting = [await dribble(on, '/login', 100, '{'), await dribble(on, '/login', 100, '{')]
    const login = (): ReturnType<typeof say> =>
      say(on.url, '/login', { headers: { 'content-type': 'application/json' }, body: '{"token":"x"}' })
    await until(async () => (await login()).status === 503)
    const socket = new Talker(on.url)
    expect((await socket.closed).code).toBe(1006)
    expect((await ask(on)).status).toBe(200)
    for (const other of waiting) other.destroy()
    await until(async () => (await login()).status === 401)
  })

  test('beyond the number of calls allowed at once new ones get 503, and health still answers', async () => {
    const on = await stand({ options: { limits: { calls: 2 } } })
    on.sandbox.setFaults([{ times: 2, hang: true }])
    const hanging = [1, 2].map(() => request(`${on.url}/v1/messages`, { method: 'POST', headers: bearer(on.token) }))
    for (const call of hanging) {
      call.on('error', () => call.destroy())
      call.end(question())
    }
    await until(() => on.sandbox.state().open === 2)
    const answer = await ask(on)
    expect(answer.status).toBe(503)
    expect(answer.headers['retry-after']).toBe('1')
    expect((await say(on.url, '/health')).status).toBe(200)
    for (const call of hanging) call.destroy()
    // Gone clients take their vendor calls with them.
    await until(() => on.sandbox.state().open === 0)
    expect((await ask(on)).status).toBe(200)
  })

  test('a client that goes away in the middle of a stream ends the vendor\u2019s call', async () => {
    const on = await stand({ sandbox: { tokenDelayMs: 50, words: 2000 } })
    const call = request(`${on.url}/v1/messages`, { method: 'POST', headers: bearer(on.token) })
    call.end(question({ stream: true }))
    const [response] = await once(call, 'response')
    await once(response, 'data')
    response.on('error', () => response.destroy())
    call.destroy()
    await until(() => on.sandbox.state().open === 0)
    expect(on.sandbox.requests().at(-1)).toMatchObject({ aborted: true })
  })

  test('a client that takes nothing pauses the vendor instead of filling our memory, and is cut off', async () => {
    const piece = Buffer.alloc(65_536, 'data: x\n\n')
    let poured = 0
    let isClosed = false
    const endless = await vendor((_request, response) => {
      const pour = (): void => {
        while (!response.destroyed) {
          poured += piece.length
          if (!response.write(piece)) break
        }
      }
      response.on('drain', pour)
      response.on('close', () => {
        isClosed = true
      })
      pour()
    })
    const on = await stand({ options: { limits: SMALL }, anthropicUrl: endless.url })
    const body = question({ stream: true })
    const socket = await dribble(on, '/v1/messages', Buffer.byteLength(body), body)
    socket.pause()
    await until(() => isClosed)
    // What lies between is what the kernel holds for two connections, and our own share.
    expect(poured).toBeLessThan(64 * 1024 * 1024)
    expect((await say(on.url, '/metrics', { headers: bearer(on.token) })).text).toContain('keyclaw_calls_open 0')
  })

  test('a slow but steady reader gets everything', async () => {
    const whole = 'data: x\n\n'.repeat(2_000_000)
    const heard = await vendor((_request, response) => response.end(whole))
    const on = await stand({ options: { limits: { ...SMALL, clientIdleMs: 20_000 } }, anthropicUrl: heard.url })
    const call = request(`${on.url}/v1/messages`, { method: 'POST', headers: bearer(on.token) })
    call.end(question({ stream: true }))
    const [response] = await once(call, 'response')
    let bytes = 0
    let count = 0
    for await (const piece of response) {
      bytes += piece.length
      if (++count % 20 === 0) await pause(5)
    }
    expect(bytes).toBe(whole.length)
  })

  test('labels of the metrics are ours, whatever names callers invent', async () => {
    const on = await stand()
    for (let i = 0; i < 30; i++) {
      await ask(on, { model: `anthropic/invented-${i}` })
      await ask(on, { model: `invented-${i}/x` })
      await say(on.url, `/invented-${i}`)
    }
    const { text } = await say(on.url, '/metrics', { headers: bearer(on.token) })
    expect(text).not.toContain('invented')
    expect(text).toContain('keyclaw_requests_total{route="/v1/messages",status="4xx"}')
    expect(text).toMatch(/^# TYPE keyclaw_requests_total counter$/m)
  })

  test('ready says what is missing to those who may read, and yes or no to others', async () => {
    const on = await stand({ profiles: {} })
    const stranger = await say(on.url, '/ready')
    expect(stranger.status).toBe(503)
    expect(stranger.json).toEqual({ ready: false })
    const owner = await say(on.url, '/ready', { headers: bearer(on.token) })
    expect(owner.json).toMatchObject({ ready: false, failing: ['no_credential'], uptimeMs: expect.any(Number) })
    expect((await say(on.url, '/health')).json).toEqual({ ok: true, status: 'live' })
  })
})

describe('stopping', () => {
  test('lets running streams end, takes nothing new, and says goodbye to sockets', async () => {
    const on = await stand({ sandbox: { tokenDelayMs: 60 } })
    const talker = new Talker(on.url)
    await talker.connect(on.token)
    const call = request(`${on.url}/v1/messages`, { method: 'POST', headers: bearer(on.token) })
    call.end(question({ stream: true }))
    const [response] = await once(call, 'response')
    await once(response, 'data')
    const closed = on.gateway.close()
    expect(await talker.event('shutdown')).toBeDefined()
    let text = ''
    for await (const piece of response) text += piece
    expect(text).toContain('message_stop')
    await closed
    expect((await talker.closed).code).toBe(1001)
    await expect(ask(on)).rejects.toThrow(/ECONNREFUSED/)
  })

  test('cuts what does not end in time', async () => {
    const on = await stand({
      sandbox: { tokenDelayMs: 500 },
      config: { gateway: { timeouts: { drainMs: 100 } } },
      options: {},
    })
    const call = request(`${on.url}/v1/chat/completions`, { method: 'POST', headers: bearer(on.token) })
    call.on('error', () => call.destroy())
    call.end('{"model":"anthropic/x"}')
    await once(call, 'response')
    const hanging = await dribble(on, '/v1/messages', 1000, '{')
    hanging.on('error', () => hanging.destroy())
    await pause(30)
    const gone = once(hanging, 'close')
    await on.gateway.close()
    await gone
  })

  test('does not wait for refused peers that never hang up, and does not keep them', async () => {
    const on = await stand()
    const refused = [
      'GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      'no HTTP at all\r\n\r\n',
    ]
    for (const text of refused) {
      const socket = connect({ port: on.gateway.port, host: '127.0.0.1', allowHalfOpen: true })
      closeLater(async () => socket.destroy())
      socket.on('error', () => socket.destroy())
      socket.resume().write(text)
      await once(socket, 'end')
    }
    await on.gateway.close()
  })

  test('a gateway that cannot read its store gives the port back', async () => {
    const { system, stateDir } = await machine()
    await mkdir(join(stateDir, 'agents/main/agent'), { recursive: true })
    await writeFile(join(stateDir, 'agents/main/agent/auth-profiles.json'), '{broken')
    const free = createServer()
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve))
    const { port } = free.address() as AddressInfo
    await new Promise((resolve) => free.close(resolve))
    await expect(runGateway(system, await createAuth(system), { port })).rejects.toThrow('not valid JSON')
    await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toThrow(/ECONNREFUSED/)
  })
})
