// V24, V38, S9: heads of requests that servers have read in two ways. Each of the 27 forms is sent alone and behind a good request on the same
// connection; and hostile Host headers never make a private path public.
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HTTP_ROUTES } from '../../src/gateway/routes.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install } from '../support/installation.ts'

const KEY = 'sk-ant-api03-raw-forms-0123456789abcdef'

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess
let host: string

beforeAll(async () => {
  sandbox = await startSandbox({ accounts: [{ name: 'real', vendor: 'anthropic', key: KEY }] })
  place = await install({
    config: { models: { providers: { anthropic: { baseUrl: `${sandbox.url}/anthropic` } } } },
    profiles: [{ id: 'anthropic:default', key: KEY }],
  })
  gateway = await startGateway(place)
  host = `127.0.0.1:${gateway.port}`
})

afterAll(async () => {
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

/**
 * Sends bytes as they are; gives every status line of what came back, once the other side has nothing more to say.
 * @param isClosed whether the other side must end the connection, which a busy machine may do late
 */
async function send(text: string, isClosed = false): Promise<{ statuses: string[]; text: string; closed: boolean }> {
  const socket = connect(gateway.port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  let answer = ''
  let closed = false
  let quiet: NodeJS.Timeout | undefined
  await new Promise<void>((resolve) => {
    const wait = (): void => {
      clearTimeout(quiet)
      quiet = setTimeout(resolve, isClosed ? 20_000 : answer === '' ? 5000 : 1000)
    }
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      wait()
    })
    socket.on('close', () => {
      closed = true
      resolve()
    })
    socket.write(Buffer.from(text, 'latin1'))
    wait()
  })
  clearTimeout(quiet)
  socket.destroy()
  return { statuses: [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => match[1] ?? ''), text: answer, closed }
}

type Form = {
  name: string
  /** HOST and TOKEN stand for what is right. */
  text: string
  /** What the form by itself may be answered with; every other status is a failure. */
  may: RegExp
  /** The connection must be closed after it. */
  closes: boolean
}

const MESSAGE = '{"model":"anthropic/claude-opus-4-6","max_tokens":9,"messages":[{"role":"user","content":"smuggled"}]}'
const POST = `POST /v1/messages HTTP/1.1\r\nHost: HOST\r\nx-api-key: TOKEN\r\n`
const HIDDEN = 'GET /metrics HTTP/1.1\r\nHost: HOST\r\nx-api-key: TOKEN\r\n\r\n'
const REFUSED = /^4\d\d$/

const refused = (name: string, text: string): Form => ({ name, text, may: REFUSED, closes: true })
const get = (line: string, more = ''): string => `GET ${line} HTTP/1.1\r\nHost: HOST\r\nx-api-key: TOKEN\r\n${more}\r\n`

const FORMS: readonly Form[] = [
  refused(
    'content-length and chunked',
    `${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
  ),
  refused('two content-lengths', `${POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef`),
  refused('a list of content-lengths', `${POST}Content-Length: 4, 4\r\n\r\nabcd`),
  refused('a signed content-length', `${POST}Content-Length: +4\r\n\r\nabcd`),
  refused('a coding that is nearly chunked', `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`),
  refused('chunked before another coding', `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`),
  refused('a space before the colon', `${POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`),
  refused('lines ended by LF alone', 'GET /metrics HTTP/1.1\nHost: HOST\nx-api-key: TOKEN\n\n'),
  refused('CR alone in a value', get('/metrics', 'x-y: a\rb: c\r\n')),
  refused('NUL in a value', get('/metrics', 'x-y: a\u0000b\r\n')),
  refused('a folded line', get('/metrics', 'x-y: a\r\n b\r\n')),
  refused('no Host', 'GET /metrics HTTP/1.1\r\nx-api-key: TOKEN\r\n\r\n'),
  refused('a chunk size ended by LF', `${POST}Transfer-Encoding: chunked\r\n\r\n5\nabcde\r\n0\r\n\r\n`),
  refused('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  refused('a header name beyond ASCII', get('/metrics', 'x-\u00e9: a\r\n')),
  refused('20 kB of headers', get('/metrics', `x-y: ${'a'.repeat(20_000)}\r\n`)),
  { name: 'CONNECT', text: 'CONNECT evil.example:443 HTTP/1.1\r\nHost: HOST\r\n\r\n', may: /^4\d\d$/, closes: true },
  refused('two Hosts', get('/metrics', 'Host: evil.example\r\n')),
  refused('an absolute target of another host', get('http://evil.example/metrics')),
  refused('a target with two slashes', get('//evil.example/metrics')),
  refused('a target that climbs', get('/../../etc/passwd')),
  {
    name: 'an upgrade to h2c',
    text: get(
      '/metrics',
      'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n',
    ),
    may: /^(?:200|4\d\d)$/,
    closes: false,
  },
  {
    name: '1 kB of chunk extension',
    text: `${POST}Transfer-Encoding: chunked\r\n\r\n${MESSAGE.length.toString(16)};${'x'.repeat(1024)}\r\n${MESSAGE}\r\n0\r\n\r\n`,
    may: /^(?:200|4\d\d)$/,
    closes: false,
  },
  refused('3,000 headers', get('/metrics', 'a: b\r\n'.repeat(3000))),
  refused('HTTP/1.0 without Host', 'GET /metrics HTTP/1.0\r\nx-api-key: TOKEN\r\n\r\n'),
  {
    name: 'an underscore in a name',
    text: 'GET /metrics HTTP/1.1\r\nHost: HOST\r\nx_api_key: TOKEN\r\n\r\n',
    may: /^401$/,
    closes: false,
  },
  {
    name: 'three requests at once',
    text: get('/health') + get('/health') + get('/metrics'),
    may: /^200$/,
    closes: false,
  },
]

const filled = (text: string): string => text.replaceAll('HOST', host).replaceAll('TOKEN', gateway.token)

describe('S9 raw forms', () => {
  test('are twenty-seven', () => expect(FORMS.length).toBe(27))

  for (const { name, text, may, closes } of FORMS) {
    test.concurrent(`${name}: judged the same alone and behind a good request`, async () => {
      const [alone, behind] = await Promise.all([
        send(filled(text), closes),
        send(filled(get('/health') + text), closes),
      ])
      expect(behind.statuses[0]).toBe('200')
      for (const statuses of [alone.statuses, behind.statuses.slice(1)]) {
        expect(statuses.length).toBeLessThanOrEqual(name.startsWith('three') ? 3 : 1)
        for (const status of statuses) expect(status).toMatch(may)
      }
      if (closes) expect([alone.closed, behind.closed]).toEqual([true, true])
      // What was hidden behind a malformed request was never taken for one.
      if (closes) expect(alone.text + behind.text).not.toContain('# TYPE')
      expect(sandbox.requests().filter(({ status }) => status !== 200)).toEqual([])
    })
  }
})

describe('V24 a hostile Host', () => {
  const HOSTS = [
    'HOST/health?',
    'HOST/health#',
    'HOST/../health',
    'x/health?',
    'localhost/health?x=',
    'HOST%2fhealth',
    'HOST\\health',
    'HOST@evil.example',
    'evil.example@HOST',
    'user:pass@HOST',
    'evil.example',
    'evil.example:80',
    'localhost.evil.example',
    '127.0.0.1.nip.example',
    '127.0.0.1.',
    'localhost.',
    '[::1',
    '::1',
    '[::ffff:127.0.0.1]@x',
    '0',
    '0.0.0.0',
    '2130706433',
    '0x7f000001',
    '017700000001',
    '127.1',
    '169.254.169.254',
    'metadata.google.internal',
    '*',
    '.',
    '..',
    '/',
    '?',
    '#',
    '-',
    '_',
    'a b',
    'a\tb',
    'HOST HOST',
    'HOST,HOST',
    'HOST;x',
    'HOST:',
    'HOST:abc',
    'HOST:99999999',
    ':80',
    'http://HOST',
    'HOST/',
    '<script>',
    '"HOST"',
    "'HOST'",
    '${HOST}',
    '{{x}}',
    '%00',
    '%0d%0ax: y',
    'xn--',
    'LOCALHOST.EVIL',
    'ГЛАВНЫЙ',
    '\u00ff',
    'a'.repeat(300),
    `${'a.'.repeat(150)}b`,
    'null',
  ]

  test('never makes a private path public, nor a path another one', async () => {
    const open = new Set(HTTP_ROUTES.filter(({ scope }) => scope === 'public').map(({ path }) => path))
    const routes = HTTP_ROUTES.filter(({ path }) => !open.has(path))
    const bad: string[] = []
    for (const value of HOSTS) {
      const results = await Promise.all(
        [...routes, { method: 'GET', path: '/health' }].map(async ({ method, path }) => {
          const name = Buffer.from(value.replaceAll('HOST', host), 'utf8').toString('latin1')
          const { statuses } = await send(
            `${method} ${path} HTTP/1.1\r\nHost: ${name}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
            true,
          )
          return { path, status: statuses.join() }
        }),
      )
      for (const { path, status } of results)
        if (!/^4\d\d$/.test(status)) bad.push(`${JSON.stringify(value)} ${path}: ${status}`)
    }
    expect(bad).toEqual([])
    expect(HOSTS.length).toBeGreaterThanOrEqual(60)
  })
})
