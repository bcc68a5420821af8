// Who comes in, by which name, from which page: every route and method of the table against every kind of caller.
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createAuth } from '../../src/auth/auth.ts'
import { complaintAboutSecret } from '../../src/gateway/found-secret.ts'
import { runGateway } from '../../src/gateway/gateway.ts'
import { METHODS } from '../../src/gateway/method-table.ts'
import { HTTP_ROUTES } from '../../src/gateway/routes.ts'
import { routesPage } from '../../src/gateway/routes-page.ts'
import { rotateToken } from '../../src/gateway/token.ts'
import { ask, bearer, closeLater, machine, question, raw, type Stand, say, stand, Talker } from './support.ts'

/** The page's cookie, got as the page gets it. */
async function cookieOf(on: Stand): Promise<string> {
  return (await sessionOf(on)).cookie
}

async function sessionOf(on: Stand): Promise<{ cookie: string; antiForgery: string }> {
  const code = new URL(on.gateway.pageUrl()).hash.replace('#code=', '')
  const { status, headers, json } = await say(on.url, '/login', {
    headers: { 'content-type': 'application/json', origin: on.url, 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ code }),
  })
  expect(status).toBe(200)
  const cookie = headers['set-cookie']?.[0] ?? ''
  expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Path=\//)
  return { cookie: cookie.split(';')[0] ?? '', ...(json as { antiForgery: string }) }
}

const untimed = (text: string): string => text.replace(/"request_id":"[^"]*"/, '')

describe('the table of routes', () => {
  test('decides for every route and every kind of caller', async () => {
    let on = await stand()
    let cookie = await cookieOf(on)
    let tries = 0
    for (const route of HTTP_ROUTES.filter(({ path }) => path !== '/login')) {
      // After ten wrong tokens whoever comes from there is told to wait.
      if (route.scope !== 'public' && ++tries % 10 === 0) {
        expect(on.sandbox.requests().length).toBeLessThanOrEqual(2)
        on = await stand()
        cookie = await cookieOf(on)
      }
      const body = route.method === 'POST' ? { body: route.handler === 'messages' ? question() : '{}' } : {}
      const as = (headers: Record<string, string>): ReturnType<typeof say> =>
        say(on.url, route.path.replace('*', 'authentication'), {
          method: route.method,
          headers: { 'content-type': 'application/json', ...headers },
          ...body,
        })
      const none = await as({})
      const wrong = await as({ authorization: 'Bearer kcg_wrong' })
      const right = await as({ authorization: `Bearer ${on.token}` })
      const other = await as({ 'x-api-key': on.token })
      const page = await as({ cookie })
      const where = `${route.method} ${route.path}`
      expect(right.status, where).not.toBe(401)
      expect(other.status, where).toBe(right.status)
      if (route.scope === 'public') {
        expect(none.status, where).toBe(right.status)
        continue
      }
      expect(none.status, where).toBe(401)
      expect(wrong.status, where).toBe(401)
      expect(untimed(wrong.text), where).toBe(untimed(none.text))
      expect(page.status, where).toBe(route.scope === 'read' || route.scope === 'chat' ? right.status : 403)
    }
    expect(on.sandbox.requests().length).toBeLessThanOrEqual(2)
  })

  test('is what the documentation says', async () => {
    expect(await readFile(new URL('../../docs/gateway-routes.md', import.meta.url), 'utf8')).toBe(routesPage())
  })

  test('closes what is not in it', async () => {
    const on = await stand()
    const headers = bearer(on.token)
    for (const path of [
      '/v1',
      '/v1/messages/',
      '/V1/messages',
      '/v1/embeddings',
      '/admin',
      '/openclaw.json',
      '/app.js.map',
      '/docs/openclaw.json',
      '/docs2',
    ]) {
      expect((await say(on.url, path, { headers })).status, path).toBe(404)
    }
    const wrong = await say(on.url, '/v1/messages', { headers })
    expect(wrong.status).toBe(405)
    expect(wrong.headers.allow).toBe('POST')
    for (const method of ['OPTIONS', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'TRACE']) {
      const answer = await say(on.url, '/v1/models', { method, headers: { ...headers, origin: on.url } })
      expect(answer.status, method).toBe(405)
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })

  test('decides for every WebSocket method, whatever scopes a client claims (V4)', async () => {
    const on = await stand()
    const { cookie, antiForgery } = await sessionOf(on)
    const stranger = new Talker(on.url)
    for (const { name } of METHODS.filter(({ name }) => name !== 'connect').slice(0, 1)) {
      expect(await stranger.ask(name)).toMatchObject({ ok: false, error: { code: 'unauthorized' } })
    }
    expect((await stranger.closed).code).toBe(1008)
    const liar = new Talker(on.url)
    const claim = { scopes: ['operator.admin'], role: 'operator', device: { id: 'x' }, auth: { deviceToken: 'x' } }
    expect(await liar.ask('connect', claim)).toMatchObject({ ok: false, error: { code: 'unauthorized' } })
    const page = new Talker(on.url, { cookie, origin: on.url })
    expect(await page.ask('connect', { scopes: ['operator.admin', 'call'], auth: { antiForgery } })).toMatchObject({
      ok: true,
      payload: {
        protocol: 3,
        auth: { scopes: ['read', 'chat', 'accounts', 'settings'] },
        policy: { tickIntervalMs: 30_000 },
      },
    })
    for (const { name, scope } of METHODS.filter((row) => row.name !== 'connect')) {
      const answer = await page.ask(name)
      const code = (answer.error as { code?: string } | undefined)?.code
      expect(code === 'out_of_scope', name).toBe(!['read', 'chat', 'accounts', 'settings'].includes(scope))
    }
    // The token itself, shown by somebody who says that he comes from elsewhere: what carries secrets is closed to him.
    const afar = new Talker(on.url, { 'x-forwarded-for': '203.0.113.7' })
    // The page offers what it is told that it may do.
    expect(await afar.connect(on.token)).toMatchObject({
      ok: true,
      payload: { auth: { scopes: ['read', 'call', 'chat', 'admin'] } },
    })
    for (const { name, onlyHere } of METHODS.filter((row) => row.name !== 'connect')) {
      const answer = await afar.ask(name)
      expect((answer.error as { code?: string } | undefined)?.code === 'only_here', name).toBe(onlyHere === true)
    }
    expect(await page.ask('config.apply', {})).toMatchObject({ ok: false, error: { code: 'unknown_method' } })
  })
})

describe('names and origins', () => {
  test('only names of this gateway are answered to (V33)', async () => {
    const on = await stand({ config: { gateway: { allowedHosts: ['box.example'] } } })
    const port = on.gateway.port
    const as = async (host: string): Promise<number> =>
      Number((await raw(port, `GET /health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).slice(9, 12))
    for (const host of [
      'localhost',
      `localhost:${port}`,
      '127.0.0.1',
      '[::1]',
      'LOCALHOST',
      'box.example',
      '127.0.0.1:1',
    ]) {
      expect(await as(host), host).toBe(200)
    }
    for (const host of [
      'evil.test',
      'localhost.evil.test',
      'localhost.',
      '127.0.0.1.nip.io',
      '10.0.0.1',
      '0.0.0.0',
      '[::2]',
    ]) {
      expect(await as(host), host).toBe(421)
    }
    for (const host of [
      '',
      'a/b',
      'x/health?',
      'a b',
      'user@localhost',
      'localhost#',
      'localhost:x',
      'localhost,evil',
      '[::1',
      'a_b',
    ]) {
      expect(await as(host), host).toBe(400)
    }
  })

  test('raw forms that node accepts are judged (5.2)', async () => {
    const on = await stand()
    const port = on.gateway.port
    const host = `Host: 127.0.0.1:${port}\r\n`
    const end = 'Connection: close\r\n\r\n'
    const status = async (text: string): Promise<string> => (await raw(port, text)).slice(9, 12)
    const refused = {
      'two hosts': `GET /health HTTP/1.1\r\n${host}Host: evil\r\n${end}`,
      'two equal hosts': `GET /health HTTP/1.1\r\n${host}${host}${end}`,
      'absolute form for another host': `GET http://evil/health HTTP/1.1\r\n${host}${end}`,
      'absolute form without a path': `GET http://evil HTTP/1.1\r\n${host}${end}`,
      'double slash': `GET //evil/health HTTP/1.1\r\n${host}${end}`,
      dots: `GET /../../etc/passwd HTTP/1.1\r\n${host}${end}`,
      'one dot': `GET /./health HTTP/1.1\r\n${host}${end}`,
      'per cent': `GET /%68ealth HTTP/1.1\r\n${host}${end}`,
      backslash: `GET /\\health HTTP/1.1\r\n${host}${end}`,
      'no host in 1.0': 'GET /health HTTP/1.0\r\n\r\n',
      'length and chunks': `POST /login HTTP/1.1\r\n${host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      'two lengths': `POST /login HTTP/1.1\r\n${host}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd`,
      'folded header': `GET /health HTTP/1.1\r\n${host}X: a\r\n b\r\n${end}`,
      'NUL in a value': `GET /health HTTP/1.1\r\n${host}X: a\0b\r\n${end}`,
      'two tokens': `GET /metrics HTTP/1.1\r\n${host}Authorization: Bearer a\r\nAuthorization: Bearer b\r\n${end}`,
      asterisk: `OPTIONS * HTTP/1.1\r\n${host}${end}`,
      fragment: `GET /health#x HTTP/1.1\r\n${host}${end}`,
    }
    for (const [name, text] of Object.entries(refused)) expect(await status(text), name).toBe('400')
    const many = Array.from({ length: 101 }, (_, i) => `X-${i}: 1\r\n`).join('')
    expect(await status(`GET /health HTTP/1.1\r\n${host}${many}${end}`)).toBe('431')
    expect(await status(`GET /health HTTP/1.1\r\n${host}X: ${'a'.repeat(20_000)}\r\n${end}`)).toBe('431')
    expect(await status(`GET http://127.0.0.1:${port}/health HTTP/1.1\r\n${host}${end}`)).toBe('200')
    expect(await status(`GET /health HTTP/1.1\r\n${host}x_api_key: a\r\n${end}`)).toBe('200')
    expect(await status(`GET /metrics HTTP/1.1\r\n${host}x_api_key: ${on.token}\r\n${end}`)).toBe('401')
    const piped = await raw(
      port,
      `GET /health HTTP/1.1\r\n${host}\r\nGET //evil HTTP/1.1\r\n${host}\r\nGET /health HTTP/1.1\r\n${host}\r\n`,
    )
    expect(piped.match(/HTTP\/1\.1 \d+/g)?.slice(0, 2)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400'])
  })

  test('no other page may ask, nor open a socket (V2, V32)', async () => {
    const on = await stand()
    const port = on.gateway.port
    const origins = [
      'null',
      'http://evil.test',
      `http://localhost:${port + 1}`,
      `http://localhost:${port}`,
      `https://127.0.0.1:${port}`,
      `HTTP://127.0.0.1:${port}`,
      `http://127.0.0.1:${port}/`,
      `http://127.0.0.1:${port}.`,
      `http://127.0.0.1.nip.io:${port}`,
      'http://127.0.0.1',
      'file://',
      '',
    ]
    for (const origin of origins) {
      expect((await say(on.url, '/health', { headers: { origin } })).status, origin).toBe(403)
      expect((await ask(on, {}, { origin })).status, origin).toBe(403)
      const socket = new Talker(on.url, { origin })
      expect((await socket.closed).code, origin).toBe(1006)
      expect(socket.frames).toEqual([])
    }
    expect((await ask(on, {}, { origin: on.url })).status).toBe(200)
    for (const site of ['cross-site', 'same-site', 'weird']) {
      expect((await ask(on, {}, { 'sec-fetch-site': site })).status, site).toBe(403)
    }
    expect(on.sandbox.requests().length).toBe(1)
  })

  test('a form of another page cannot log in', async () => {
    const on = await stand()
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', '']) {
      const answer = await say(on.url, '/login', { headers: { 'content-type': type }, body: `{"token":"${on.token}"}` })
      expect(answer.status, type).toBe(415)
    }
  })

  test('a code works once, and an old cookie dies with the token', async () => {
    const on = await stand()
    const code = new URL(on.gateway.pageUrl()).hash.replace('#code=', '')
    const login = (body: object): ReturnType<typeof say> =>
      say(on.url, '/login', { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    expect((await login({ code })).status).toBe(200)
    expect((await login({ code })).status).toBe(401)
    const byToken = await login({ token: on.token })
    expect(byToken.status).toBe(200)
    const cookie = byToken.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
    expect((await say(on.url, '/metrics', { headers: { cookie } })).status).toBe(200)
    expect((await say(on.url, '/metrics', { headers: { cookie: `${cookie}x` } })).status).toBe(401)
    await rotateToken(on.auth)
    await until(async () => (await say(on.url, '/metrics', { headers: { cookie } })).status === 401)
  })

  test('a session ends with logout, its sockets with it, and no other', async () => {
    const on = await stand()
    const [ending, staying] = [await sessionOf(on), await sessionOf(on)]
    const [one, two] = [ending, staying].map(({ cookie }) => new Talker(on.url, { cookie, origin: on.url }))
    expect(await one?.ask('connect', { auth: ending })).toMatchObject({ ok: true })
    expect(await two?.ask('connect', { auth: staying })).toMatchObject({ ok: true })
    const foreign = await say(on.url, '/logout', {
      method: 'POST',
      headers: { cookie: ending.cookie, origin: 'http://x.test', 'x-openclaw-anti-forgery': ending.antiForgery },
    })
    expect(foreign.status).toBe(403)
    const { status, headers } = await say(on.url, '/logout', {
      method: 'POST',
      headers: { cookie: ending.cookie, origin: on.url, 'x-openclaw-anti-forgery': ending.antiForgery },
    })
    expect(status).toBe(200)
    expect(headers['set-cookie']?.[0]).toMatch(/^openclaw_page_\d+=; .*Max-Age=0$/)
    expect((await say(on.url, '/metrics', { headers: { cookie: ending.cookie } })).status).toBe(401)
    expect(await one?.closed).toEqual({ code: 1008, reason: 'the session has ended' })
    expect(await two?.ask('health')).toMatchObject({ ok: true })
    // Twelve hours later.
    const { now } = on.system
    on.system.now = () => now() + 12 * 3_600_000 + 1
    expect(await two?.closed).toMatchObject({ code: 1008 })
    on.system.now = now
  })

  test('forwarding headers change neither the answer nor the budget (V6)', async () => {
    const on = await stand()
    const claims = {
      'x-forwarded-for': '127.0.0.1',
      forwarded: 'for=127.0.0.1',
      'x-real-ip': '127.0.0.1',
      'x-forwarded-host': 'localhost',
      'cf-connecting-ip': '127.0.0.1',
    }
    for (const [name, value] of Object.entries(claims)) {
      expect((await say(on.url, '/metrics', { headers: { [name]: value } })).status, name).toBe(401)
    }
  })

  test('a subscription does not serve callers who come through a proxy (D13)', async () => {
    const token = `sk-ant-oat01-${'s'.repeat(80)}`
    const on = await stand({
      profiles: { 'anthropic:plan': { type: 'token', provider: 'anthropic', token } },
      sandbox: { accounts: [{ name: 'plan', vendor: 'anthropic', key: token }] },
    })
    expect((await ask(on)).status).toBe(200)
    expect((await ask(on, {}, { 'x-forwarded-for': '203.0.113.9' })).status).toBe(401)
  })
})

describe('the token', () => {
  test('is made once, for this user only, and is not on the screen', async () => {
    const on = await stand()
    expect(on.token).toMatch(/^kcg_[A-Za-z0-9_-]{43}$/)
    expect((await stat(join(on.stateDir, 'gateway.token'))).mode & 0o777).toBe(0o600)
    expect(on.gateway.banner).toContain(join(on.stateDir, 'gateway.token'))
    expect(on.gateway.banner).not.toContain(on.token)
    const second = await runGateway(on.system, await createAuth(on.system), { port: 0 })
    closeLater(() => second.close())
    expect((await say(second.url, '/metrics', { headers: bearer(on.token) })).status).toBe(200)
  })

  test('guessing is slow, whatever door and spelling, and spares a connection that is known (V2, V3)', async () => {
    const on = await stand()
    const known = new Talker(on.url)
    expect(await known.connect(on.token)).toMatchObject({ ok: true })
    const seen: number[] = []
    for (let i = 0; i < 8; i++) seen.push((await say(on.url, '/metrics', { headers: bearer(`kcg_guess${i}`) })).status)
    for (let i = 0; i < 8; i++) {
      const guess = new Talker(on.url)
      await guess.ask('connect', { auth: { token: `guess${i}`, deviceToken: 'x' }, device: { id: 'd' } })
      expect((await guess.closed).code).toBe(1008)
    }
    const late = await say(on.url, '/metrics', { headers: bearer(on.token) })
    expect(seen).toEqual(Array.from({ length: 8 }, () => 401))
    expect(late.status).toBe(429)
    expect(Number(late.headers['retry-after'])).toBeGreaterThan(50)
    expect((await say(on.url, '/health')).status).toBe(200)
    expect((await say(on.url, '/metrics')).status).toBe(401)
    expect(await known.ask('health')).toMatchObject({ ok: true })
  })

  test('once rotated, the old one is out on every door within a second (V5)', async () => {
    const on = await stand()
    const open = new Talker(on.url)
    expect(await open.connect(on.token)).toMatchObject({ ok: true })
    const { mask } = await rotateToken(on.auth)
    expect(mask).toMatch(/^kcg_….{4}$/)
    expect(await open.closed).toMatchObject({ code: 1008 })
    await until(async () => (await say(on.url, '/metrics', { headers: bearer(on.token) })).status === 401)
    const next = (await readFile(join(on.stateDir, 'gateway.token'), 'utf8')).trim()
    expect(next).not.toBe(on.token)
    expect((await say(on.url, '/metrics', { headers: bearer(next) })).status).toBe(200)
  })

  test('a connection that is known still shows the right token each time', async () => {
    const on = await stand()
    const ask = (token: string): string =>
      `GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`
    const heard = await raw(on.gateway.port, ask(on.token) + ask(on.token) + ask('kcg_wrong') + ask(on.token))
    expect(heard.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 401'])
  })

  test('a token in the config changes with the config', async () => {
    const on = await stand({ config: { gateway: { auth: { token: 'a-first-good-long-token-1' } } } })
    expect(on.token).toBe('')
    expect((await say(on.url, '/metrics', { headers: bearer('a-first-good-long-token-1') })).status).toBe(200)
    await writeFile(
      join(on.stateDir, 'openclaw.json'),
      '{ gateway: { auth: { token: "the-next-good-long-token-2" } } }',
    )
    await until(
      async () => (await say(on.url, '/metrics', { headers: bearer('the-next-good-long-token-2') })).status === 200,
    )
    expect((await say(on.url, '/metrics', { headers: bearer('a-first-good-long-token-1') })).status).toBe(401)
  })

  const poor = [
    '',
    ' ',
    'null',
    'undefined',
    'your-token',
    'changeme',
    'clawbox',
    '<token>',
    '${NOT_SET}',
    'your-api-key-1',
    'xxxxxxxxxxxxxxxxxxxx',
  ]

  test.each(poor)('%j is no secret: loopback makes a random one, any other address is refused (V7)', async (text) => {
    const { system, stateDir } = await machine()
    await writeFile(join(stateDir, 'openclaw.json'), JSON.stringify({ gateway: { auth: { token: text } } }))
    const auth = await createAuth(system)
    await expect(runGateway(system, auth, { port: 0, bind: 'lan' })).rejects.toMatchObject({ code: 'unsafe' })
    const gateway = await runGateway(system, auth, { port: 0 })
    closeLater(() => gateway.close())
    expect((await say(gateway.url, '/metrics', { headers: bearer(text) })).status).toBe(401)
    expect((await readFile(join(stateDir, 'gateway.token'), 'utf8')).length).toBeGreaterThan(40)
    expect(gateway.banner).toContain('is not used')
  })

  test('beyond loopback only a good secret that a person has set will do', async () => {
    const { system } = await machine({ OPENCLAW_GATEWAY_TOKEN: 'short-but-odd' })
    await expect(runGateway(system, await createAuth(system), { port: 0, bind: '0.0.0.0' })).rejects.toMatchObject({
      code: 'unsafe',
      remedy: expect.stringContaining('OPENCLAW_GATEWAY_TOKEN'),
    })
    const bare = await machine()
    await expect(
      runGateway(bare.system, await createAuth(bare.system), { port: 0, bind: 'lan' }),
    ).rejects.toMatchObject({
      code: 'unsafe',
    })
    const good = await machine({ OPENCLAW_GATEWAY_TOKEN: 'a-good-long-secret-of-mine' })
    const gateway = await runGateway(good.system, await createAuth(good.system), { port: 0, bind: 'lan' })
    closeLater(() => gateway.close())
    expect((await say(gateway.url, '/metrics', { headers: bearer('a-good-long-secret-of-mine') })).status).toBe(200)
  })

  test('a password is shown like a token', async () => {
    const on = await stand({ options: { password: 'correct horse'.replace(' ', '-battery-') } })
    expect((await say(on.url, '/metrics', { headers: bearer('correct-battery-horse') })).status).toBe(200)
    const talker = new Talker(on.url)
    expect(await talker.ask('connect', { auth: { password: 'correct-battery-horse' } })).toMatchObject({ ok: true })
  })

  test('texts of examples are told from secrets', () => {
    expect(complaintAboutSecret('kcg_3q2-7w')).toBeUndefined()
    expect(complaintAboutSecret('t\u00f6ken-with-umlaut')).toContain('header')
  })
})

/** Tries until it holds; fails after twenty seconds. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('it never came true')
}
