// The cookie of the page goes to every port of its host: what it alone is worth to somebody else, and what only our own document holds.
import { describe, expect, test } from 'vitest'
import { FIRST_ANSWER_ID, type FirstAnswer } from '../../src/core/first-answer.ts'
import { build } from '../support/program.ts'
import { type Heard, key, type Stand, say, stand, Talker } from './support.ts'

type Login = { cookie: string; antiForgery: string; set: string }

async function logIn(on: Stand, headers: Record<string, string> = {}): Promise<Login> {
  const {
    status,
    headers: told,
    json,
  } = await say(on.url, '/login', {
    headers: { 'content-type': 'application/json', origin: on.url, ...headers },
    body: JSON.stringify({ token: on.token }),
  })
  expect(status).toBe(200)
  const set = told['set-cookie']?.[0] ?? ''
  return { cookie: set.split(';')[0] ?? '', antiForgery: (json as FirstAnswer).antiForgery, set }
}

const blockIn = ({ text }: Heard): FirstAnswer | undefined => {
  const found = new RegExp(`<script type="application/json" id="${FIRST_ANSWER_ID}">([^<]*)</script>`).exec(text)
  return found === null ? undefined : JSON.parse(found[1] ?? '')
}

const TOKEN = 'x-openclaw-anti-forgery'

describe('a page on another port of this host, which gets the cookie, too', () => {
  test('opens no socket and ends no session with it, not even under a forged origin', async () => {
    const on = await stand()
    const own = await logIn(on)
    const other = await logIn(on)
    expect(own.antiForgery).toMatch(/^[\w-]{43}$/)
    expect(own.antiForgery).not.toBe(other.antiForgery)
    expect(own.set).not.toContain(own.antiForgery)
    const wrong = ['', own.cookie.split('=')[1] ?? '', other.antiForgery, own.antiForgery.slice(0, -1), on.token]
    for (const antiForgery of wrong) {
      const forged = new Talker(on.url, { cookie: own.cookie, origin: on.url, 'sec-fetch-site': 'same-origin' })
      expect(await forged.ask('connect', { auth: { antiForgery } })).toMatchObject({
        ok: false,
        error: { code: 'forged' },
      })
      expect((await forged.closed).code).toBe(1008)
      const headers = { cookie: own.cookie, origin: on.url, [TOKEN]: antiForgery }
      const out = await say(on.url, '/logout', { method: 'POST', headers })
      expect(out).toMatchObject({ status: 403, json: { error: { code: 'forged' } } })
      expect(out.headers['set-cookie']).toBeUndefined()
    }
    const { cookie, antiForgery } = own
    // With all of it, and said by the browser to be another origin of this host, or by nobody to be any.
    for (const from of [{ origin: on.url, 'sec-fetch-site': 'same-site' }, { origin: 'http://127.0.0.1:1' }, {}]) {
      const headers = { cookie, [TOKEN]: antiForgery, ...from }
      expect((await say(on.url, '/logout', { method: 'POST', headers })).status).toBe(403)
    }
    const sibling = new Talker(on.url, { cookie, origin: on.url, 'sec-fetch-site': 'same-site' })
    expect(await sibling.ask('connect', { auth: { antiForgery } })).toMatchObject({ error: { code: 'forged' } })
    // The token without the cookie is worth nothing either, nor is it a token of the gateway.
    const bare = new Talker(on.url, { origin: on.url })
    expect(await bare.ask('connect', { auth: { antiForgery } })).toMatchObject({ error: { code: 'unauthorized' } })
    expect((await say(on.url, '/metrics', { headers: { authorization: `Bearer ${antiForgery}` } })).status).toBe(401)
    const page = new Talker(on.url, { cookie, origin: on.url, 'sec-fetch-site': 'same-origin' })
    expect(await page.ask('connect', { auth: { antiForgery } })).toMatchObject({ ok: true })
    expect(JSON.stringify(page.frames)).not.toContain(antiForgery)
  })

  test('is shown a document in which there is nothing, as is every stranger; our own holds the report and the token', async () => {
    await build()
    const on = await stand({
      profiles: { 'anthropic:</script><b>': key('anthropic', 'sk-ant-api03-first-answer-0001') },
    })
    const { cookie, antiForgery } = await logIn(on)
    const strangers: Record<string, string>[] = [
      {},
      { cookie: `${cookie}x` },
      { cookie: cookie.replace(/_\d+=/, '_1=') },
      { cookie: `__Host-openclaw_page=${cookie.split('=')[1]}` },
      { cookie, 'sec-fetch-site': 'same-site' },
      { cookie, 'sec-fetch-site': 'cross-site' },
    ]
    for (const headers of strangers) {
      const document = await say(on.url, '/', { headers })
      expect(document.status).toBe(200)
      expect(document.text).not.toMatch(new RegExp(`${FIRST_ANSWER_ID}|${antiForgery}|anthropic:`))
      const asked = await say(on.url, '/', { headers: { ...headers, accept: 'application/json' } })
      expect(asked.json).toEqual({})
    }
    for (const site of [{ 'sec-fetch-site': 'none' }, { 'sec-fetch-site': 'same-origin' }, {}]) {
      const document = await say(on.url, '/', { headers: { cookie, 'accept-encoding': 'gzip', ...site } })
      expect(document.headers).toMatchObject({ 'cache-control': 'no-store' })
      expect(document.headers['content-encoding']).toBeUndefined()
      expect(document.headers['content-security-policy']).toMatch(
        /^default-src 'none'; script-src 'self'; style-src 'self';/,
      )
      expect(document.text.match(/<script/g)).toHaveLength(2)
      const first = blockIn(document)
      expect(first).toMatchObject({
        antiForgery,
        scopes: ['read', 'chat', 'accounts', 'settings'],
        hour: { total: { calls: 0 } },
      })
      const [group] = first?.report?.groups ?? []
      expect(group?.rows[0]?.id).toBe('anthropic:</script><b>')
    }
    const own = new Talker(on.url, { cookie, origin: on.url })
    await own.ask('connect', { auth: { antiForgery } })
    const { payload } = await own.ask('accounts.follow')
    const { report } = blockIn(await say(on.url, '/', { headers: { cookie } })) ?? {}
    expect({ ...report, at: 0 }).toEqual({ ...(payload as object), at: 0 })
  })
})

test('cookies of two gateways of one host do not meet, and behind https nobody else can set one', async () => {
  const on = await stand({ config: { gateway: { allowedHosts: ['box.example'] } } })
  const plain = await logIn(on)
  expect(plain.set).toMatch(
    new RegExp(`^openclaw_page_${on.gateway.port}=[\\w-]{43}; HttpOnly; SameSite=Strict; Path=/; `),
  )
  // As a tunnel shows it: the browser asks at another port.
  const tunnelled = await logIn(on, { host: '127.0.0.1:9000', origin: 'http://127.0.0.1:9000' })
  expect(tunnelled.cookie).toMatch(/^openclaw_page_9000=/)
  const secure = await logIn(on, { host: 'box.example', origin: 'https://box.example' })
  expect(secure.set).toMatch(
    /^__Host-openclaw_page=[\w-]{43}; HttpOnly; Secure; SameSite=Strict; Path=\/; Max-Age=\d+$/,
  )
  const both = { cookie: `${plain.cookie}; a=b; ${secure.cookie}`, host: 'box.example' }
  const metrics = (headers: Record<string, string>): Promise<Heard> => say(on.url, '/metrics', { headers })
  expect((await metrics(both)).status).toBe(200)
  expect((await metrics({ cookie: plain.cookie })).status).toBe(200)
  // The one that was made for http is none behind https.
  const overTls = { host: 'box.example', origin: 'https://box.example' }
  expect((await metrics({ ...overTls, cookie: plain.cookie })).status).toBe(401)
  expect((await metrics({ ...overTls, cookie: secure.cookie })).status).toBe(200)
})

test('the document is in the language that the address, a cookie or the browser names, in this order', async () => {
  await build()
  const on = await stand()
  const at = async (path: string, headers: Record<string, string> = {}): Promise<[string, string]> => {
    const { text, headers: told } = await say(on.url, path, { headers })
    return [/<html lang="([^"]*)"/.exec(text)?.[1] ?? '', told['set-cookie']?.[0]?.split(';')[0] ?? '']
  }
  expect(await at('/')).toEqual(['en', ''])
  expect(await at('/', { 'accept-language': 'de, ko-KR;q=0.8, en;q=0.7' })).toEqual(['ko', ''])
  const korean = { cookie: 'openclaw_language=ko', 'accept-language': 'fil' }
  expect(await at('/', korean)).toEqual(['ko', ''])
  expect(await at('/?lang=zh-Hant', korean)).toEqual(['zh-Hant', 'openclaw_language=zh-Hant'])
  expect(await at('/?lang=zh-Hant', { ...korean, 'sec-fetch-site': 'cross-site' })).toEqual(['zh-Hant', ''])
  expect(await at('/?lang=%22%3E%3Cscript', korean)).toEqual(['ko', ''])
  const document = await say(on.url, '/?lang=fil')
  const words = /<link rel="modulepreload" href="(\/page\/fil-[^"]+)"/.exec(document.text)?.[1] ?? ''
  expect((await say(on.url, words)).status).toBe(200)
})
