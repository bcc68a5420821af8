// The listener of a login on real sockets: both loopback addresses, one answer, and no way for anybody else to end it.
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { beginAttempt } from '../../src/oauth/authorize.ts'
import { awaitCallback, type Callback } from '../../src/oauth/callback.ts'
import { CALLBACK_HOST } from '../support/logins.ts'
import { machine } from '../support/machine.ts'

const attempt = beginAttempt(machine({}).system)
const ANY = 'http://localhost:0/auth/callback'
const open: Callback[] = []
afterEach(async () => {
  for (const callback of open.splice(0)) await callback.close()
})

async function listening(redirects: readonly string[] = [ANY], host?: string): Promise<Callback> {
  const callback = await awaitCallback({ redirects, attempt, ...(host === undefined ? {} : { host }) })
  if (callback === undefined) throw new Error('every port is taken')
  open.push(callback)
  return callback
}

const portOf = ({ redirectUri }: Callback): number => Number(new URL(redirectUri).port)
const good = (code = 'the-code'): string => `/auth/callback?code=${code}&state=${attempt.state}`

/** Says something on a socket of its own. @returns all that came back */
async function say(callback: Callback, head: string, host = '127.0.0.1'): Promise<string> {
  const socket = connect(portOf(callback), host)
  socket.end(head)
  let text = ''
  for await (const piece of socket) text += piece
  return text
}
const get = (callback: Callback, path: string, host = `localhost:${portOf(callback)}`): Promise<string> =>
  say(callback, `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`)
const statusOf = (answer: string): number => Number(answer.slice(9, 12))

const hasIPv6 = await new Promise<boolean>((resolve) => {
  const server = createServer()
  server.once('error', () => resolve(false))
  server.listen(0, '::1', () => server.close(() => resolve(true)))
})

test.runIf(hasIPv6)(
  'is there on 127.0.0.1 and on ::1, with the port of the redirect, and nowhere when closed',
  async () => {
    const callback = await listening()
    expect(callback.redirectUri).toBe(`http://localhost:${portOf(callback)}/auth/callback`)
    for (const host of ['127.0.0.1', '::1']) {
      expect(statusOf(await say(callback, 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n', host))).toBe(404)
    }
    // Another address of this machine's own loopback is not listened on.
    await expect(say(callback, '', CALLBACK_HOST)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await callback.close()
    for (const host of ['127.0.0.1', '::1']) {
      await expect(say(callback, '', host)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    }
  },
)

test('gives the first answer of this attempt, once, on a page that repeats nothing', async () => {
  const callback = await listening()
  const answer = await get(callback, good('first-code'))
  expect(statusOf(answer)).toBe(200)
  for (const secret of ['first-code', attempt.state, 'keyclaw']) expect(answer).not.toContain(secret)
  for (const header of [
    'cache-control: no-store',
    'referrer-policy: no-referrer',
    "default-src 'none'",
    'connection: close',
  ]) {
    expect(answer.toLowerCase()).toContain(header)
  }
  expect(statusOf(await get(callback, good('second-code')))).toBe(404)
  const returned = await callback.returned
  expect(returned.kind === 'code' && returned.code.reveal()).toBe('first-code')
})

test('survives hundreds of wrong callbacks, and clients that are slow, huge or mute', async () => {
  const callback = await listening()
  const mute: Socket[] = []
  for (const start of ['', 'GET /auth/call', `GET ${good()}`]) {
    const socket = connect(portOf(callback), '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.write(start)
    mute.push(socket)
  }
  for (let round = 0; round < 15; round++) {
    const wrong = Array.from({ length: 20 }, (_, at) => get(callback, `/auth/callback?code=c&state=wrong${at}`))
    for (const answer of await Promise.all(wrong)) expect(statusOf(answer)).toBe(400)
  }
  const port = portOf(callback)
  expect(statusOf(await get(callback, `/auth/callback?code=${'c'.repeat(9000)}&state=x`))).toBe(414)
  expect(statusOf(await get(callback, `/${'x'.repeat(20_000)}`))).toBe(431)
  expect(statusOf(await get(callback, good(), `evil.example:${port}`))).toBe(400)
  expect(statusOf(await get(callback, good(), `localhost.evil.example:${port}`))).toBe(400)
  expect(statusOf(await get(callback, good(), 'localhost:1'))).toBe(400)
  expect(statusOf(await get(callback, '/auth/callback/'))).toBe(404)
  expect(
    statusOf(await say(callback, `POST ${good()} HTTP/1.1\r\nhost: localhost:${port}\r\ncontent-length: 0\r\n\r\n`)),
  ).toBe(405)
  expect(statusOf(await say(callback, 'nonsense\r\n\r\n'))).toBe(400)
  expect(statusOf(await get(callback, good()))).toBe(200)
  for (const socket of mute) socket.destroy()
})

test('takes the next registered port when one is taken, and nothing when all are', async () => {
  const both = ['http://localhost:1455/auth/callback', 'http://localhost:1457/auth/callback']
  const first = await listening(both, CALLBACK_HOST)
  const second = await listening(both, CALLBACK_HOST)
  expect([first.redirectUri, second.redirectUri]).toEqual(both)
  expect(await awaitCallback({ redirects: both, attempt, host: CALLBACK_HOST })).toBeUndefined()
})

test('a refusal of the vendor ends the waiting, with its code', async () => {
  const callback = await listening()
  await get(callback, `/auth/callback?error=access_denied&state=${attempt.state}`)
  expect(await callback.returned).toEqual({ kind: 'refused', code: 'access_denied', detail: '' })
})
