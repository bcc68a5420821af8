// What travels between the gateway and a vendor cannot be steered or poisoned: V9, V13, V23, V28, V31, V38, V39, V44, through the built program.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install } from '../support/installation.ts'
import { tapWire, type WireTap } from '../support/wire-tap.ts'
import { setTrap, strangeCharacters, type Trap } from './support.ts'

const PAD = '0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz'
const KEY = `sk-ant-api03-wire-${PAD}`
const PLAN = `sk-ant-oat01-wire-${PAD}`
const PROJECT = `sk-proj-wire-${PAD}`
const OTHER = `sk-ant-api03-other-${PAD}`

let sandbox: Sandbox
let tap: WireTap
let trap: Trap
let place: Installation
let gateway: GatewayProcess
let strange: Server
let strangeRequests: string[] = []

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      { name: 'key', vendor: 'anthropic', key: KEY },
      { name: 'plan', vendor: 'anthropic', key: PLAN },
      { name: 'project', vendor: 'openai', key: PROJECT },
      { name: 'other', vendor: 'anthropic', key: OTHER },
    ],
  })
  tap = await tapWire(sandbox)
  trap = await setTrap()
  strange = createServer((incoming, response) => {
    strangeRequests.push(JSON.stringify(incoming.headers))
    response.end('{}')
  })
  strange.listen(0, '127.0.0.1')
  await once(strange, 'listening')
  place = await install({
    config: {
      // Named, so that it stands in for others.
      agents: { defaults: { model: 'anthropic/claude-opus-4-6' } },
      models: {
        providers: {
          anthropic: { baseUrl: `${tap.url}/anthropic` },
          openai: { baseUrl: `${tap.url}/openai/v1` },
          // An address of another host than the one the profile below was made for.
          groq: { baseUrl: `${trap.url}/v1` },
          mistral: { baseUrl: `${trap.url}/v1` },
        },
      },
    },
    profiles: [
      { id: 'anthropic:key', key: KEY },
      { id: 'openai:project', key: PROJECT },
      { id: 'groq:moved', raw: { type: 'api_key', key: `gsk_${PAD}`, origin: 'https://api.groq.com' } },
      { id: 'mistral:split', raw: { type: 'api_key', key: `line-one-of-a-key\r\nx-evil: ${PAD}` } },
    ],
    agents: {
      plan: { profiles: [{ id: 'anthropic:plan', token: PLAN }] },
      other: { profiles: [{ id: 'anthropic:other', key: OTHER }] },
    },
  })
  gateway = await startGateway(place)
})

afterAll(async () => {
  await gateway?.stop()
  strange?.close()
  for (const part of [tap, trap, sandbox]) await part?.close()
  await place?.remove()
})

afterEach(() => sandbox.reset())

const MESSAGE = { model: 'anthropic/claude-opus-4-6', max_tokens: 30, messages: [{ role: 'user', content: 'hi' }] }
const CHAT = { model: 'openai/gpt-5.1', messages: [{ role: 'user', content: 'hi' }] }
/** What no model of another dialect can be told, so that none stands in. */
const ALONE = { seed: 1 }

function post(path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'x-api-key': gateway.token, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

/** The last request that went to the vendor: its head without the length, and the hash of its body. */
async function onTheWire(
  work: () => Promise<Response>,
): Promise<{ head: string[]; body: string; account: string | undefined }> {
  tap.forget()
  const response = await work()
  await response.text()
  const record = sandbox.requests().at(-1)
  const head = Object.entries(record?.headers ?? {})
    .filter(([name]) => name !== 'content-length')
    .map(([name, value]) => `${name}: ${value}`)
  return { head, body: record?.bodySha256 ?? '', account: record?.account }
}

const STEERING_FIELDS = {
  api_base: 'TRAP',
  base_url: 'TRAP',
  baseUrl: 'TRAP',
  api_key: 'sk-ant-api03-of-the-caller',
  apiKey: 'sk-ant-api03-of-the-caller',
  custom_llm_provider: 'openai',
  provider: { order: ['evil'], base_url: 'TRAP' },
  route: 'TRAP',
  profile: 'anthropic:other',
  auth_profile: 'anthropic:other',
  user_config: { model_list: [{ litellm_params: { api_base: 'TRAP' } }] },
  extra_headers: { 'x-api-key': 'evil' },
  headers: { host: 'evil' },
  mcp_servers: [{ type: 'url', url: 'TRAP', name: 'evil' }],
  tools: [{ type: 'mcp', server_url: 'TRAP', server_label: 'evil' }],
  agent: 'other',
  metadata: { user_id: 'x', gatewayUrl: 'TRAP' },
}

const STEERING_HEADERS: Readonly<Record<string, string>> = {
  'x-portkey-custom-host': 'TRAP',
  'x-portkey-provider': 'openai',
  'x-portkey-api-key': 'evil',
  'x-portkey-config': '{"provider":"evil"}',
  'x-openai-host': 'TRAP',
  'x-base-url': 'TRAP',
  'x-goog-api-key': 'evil',
  'api-key': 'evil',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'https',
  'x-original-url': '/metrics',
  'x-rewrite-url': '/metrics',
  'x-http-method-override': 'GET',
  'helicone-auth': 'evil',
  'helicone-target-url': 'TRAP',
  'cf-aig-authorization': 'evil',
  'openai-organization': 'org-evil',
  'x-openclaw-profile': 'anthropic:other',
  'x-openclaw-scopes': 'operator.admin',
  'user-agent': 'claude-cli/1.0.0',
  cookie: 'a=b',
  te: 'trailers',
  via: '1.1 evil',
}

describe('V9 V23 a request', () => {
  test('cannot choose where it goes, with which credential or which headers, whatever its fields say', async () => {
    const plain = await onTheWire(() => post('/v1/messages', MESSAGE))
    expect(plain.account).toBe('key')
    for (const [name, value] of Object.entries(STEERING_FIELDS)) {
      const field = { [name]: JSON.parse(JSON.stringify(value).replaceAll('TRAP', trap.url)) as unknown }
      const steered = await onTheWire(() => post('/v1/messages', { ...MESSAGE, ...field }))
      expect(steered.head, name).toEqual(plain.head)
      expect(steered.account, name).toBe('key')
      // The field itself stays payload, byte for byte; only the model's name is the vendor's own.
      const sent = JSON.stringify({ ...MESSAGE, ...field }).replace('anthropic/claude-opus-4-6', 'claude-opus-4-6')
      expect(steered.body, name).toBe(createHash('sha256').update(sent).digest('hex'))
    }
    expect(trap.reached()).toBe(0)
  })

  test('cannot choose where it goes by any header, nor have one of them travel on', async () => {
    for (const [path, body] of [
      ['/v1/messages', MESSAGE],
      ['/v1/chat/completions', CHAT],
    ] as const) {
      const plain = await onTheWire(() => raw(path, body, {}))
      for (const [name, value] of Object.entries(STEERING_HEADERS)) {
        const steered = await onTheWire(() => raw(path, body, { [name]: value.replaceAll('TRAP', trap.url) }))
        expect(steered, name).toEqual(plain)
      }
    }
    expect(trap.reached()).toBe(0)
  })

  test('cannot put words into its query that reach the vendor as another path', async () => {
    for (const path of ['/v1/messages?x=/../../evil', '/v1/messages?beta=true&url=//evil.example/']) {
      await (await post(path, MESSAGE)).text()
      const { path: sent = '' } = sandbox.requests().at(-1) ?? {}
      expect(sent.split('?')[0]).toBe('/anthropic/v1/messages')
    }
  })
})

/** A request whose headers no client library tidies up. */
async function raw(path: string, body: object, headers: Record<string, string>): Promise<Response> {
  const text = JSON.stringify(body)
  const call = request(`${gateway.url}${path}`, {
    method: 'POST',
    agent: false,
    headers: {
      accept: '*/*',
      'x-api-key': gateway.token,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...headers,
    },
  })
  call.end(text)
  const [response] = await once(call, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return new Response(Buffer.concat(chunks), { status: response.statusCode })
}

describe('V28 a credential', () => {
  test('made for one address is not sent to another one that the config was changed to', async () => {
    const response = await post('/v1/chat/completions', { ...CHAT, ...ALONE, model: 'groq/llama' })
    expect(response.status).toBe(401)
    expect(await response.text()).toContain('https://api.groq.com')
    expect(trap.reached()).toBe(0)
  })

  test('V39 with a line break inside is refused at the door, by its name and not its value', async () => {
    const response = await post('/v1/chat/completions', { ...CHAT, ...ALONE, model: 'mistral/large' })
    const text = await response.text()
    expect(response.status).toBe(401)
    expect(text).toContain('mistral:split')
    expect(text).not.toContain('line-one-of-a-key')
    expect(text).not.toContain(PAD)
    expect(trap.reached()).toBe(0)
  })

  test('never stands in an address that we build', async () => {
    tap.forget()
    await (await post('/v1/messages', MESSAGE)).text()
    await (await post('/v1/messages/count_tokens', { ...MESSAGE, max_tokens: undefined })).text()
    await (await post('/v1/chat/completions', CHAT)).text()
    const lines = tap.sent().flatMap((text) => text.match(/^(?:GET|POST) .*$/gm) ?? [])
    for (const record of sandbox.requests()) lines.push(record.path)
    expect(lines.join('\n')).not.toContain(PAD.slice(0, 12))
  })
})

describe('V31 a redirect', () => {
  const targets = (): string[] => {
    const address = strange.address()
    const port = typeof address === 'object' ? address?.port : 0
    const hosts = [
      '127.0.0.1',
      'localhost',
      '127.0.0.2',
      '[::ffff:127.0.0.1]',
      '2130706433',
      '0x7f.1',
      '127.1',
      'user:pass@127.0.0.1',
    ]
    return [
      ...hosts.map((host) => `http://${host}:${port}/v1/messages`),
      ...hosts.slice(0, 4).map((host) => `//${host}:${port}/x`),
      `https://127.0.0.1:${port}/`,
      `HTTP://127.0.0.1:${port}`,
      `http:127.0.0.1:${port}`,
      `\\\\127.0.0.1:${port}\\x`,
      `${tap.url}/anthropic/v1/models`,
      `${tap.url}/_sandbox`,
      '/_sandbox',
      '?again',
    ]
  }
  for (const status of [300, 301, 302, 303, 305, 307, 308]) {
    test(`by ${status} is never followed, whichever header carries the credential`, async () => {
      strangeRequests = []
      for (const redirect of targets()) {
        for (const [agent, path, body] of [
          ['main', '/v1/messages', MESSAGE],
          ['plan', '/v1/messages', MESSAGE],
          ['main', '/v1/chat/completions', CHAT],
        ] as const) {
          sandbox.reset()
          sandbox.setFaults([{ redirect, status }])
          const response = await post(path, body, { 'x-openclaw-agent': agent })
          expect(response.status).toBe(502)
          expect(response.headers.get('location')).toBeNull()
          await response.text()
          expect(sandbox.requests().map((record) => record.path)).toEqual([
            // The model that stands in is redirected, too.
            ...(path === '/v1/messages' ? [] : ['/openai/v1/chat/completions']),
            '/anthropic/v1/messages',
          ])
        }
      }
      expect(strangeRequests).toEqual([])
    })
  }
})

describe('V38 an answer', () => {
  test('with a second one behind it poisons no other call', async () => {
    const evil = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 14\r\n\r\n{"evil":"yes"}'
    for (let round = 0; round < 8; round++) {
      sandbox.setFaults([{ account: 'key', extraBytesAfterResponse: evil }])
      const poisoned = await post('/v1/messages', MESSAGE)
      await poisoned.text().catch(() => undefined)
      const texts = await Promise.all(
        ['x', 'y'].map(async (mark) => {
          const body = { ...MESSAGE, messages: [{ role: 'user', content: `mine is ${mark}${round}` }] }
          const response = await post('/v1/messages', body, { 'x-openclaw-agent': 'other' })
          return [response.status, (await response.text()).includes(`mine is ${mark}${round}`)]
        }),
      )
      expect(texts).toEqual([
        [200, true],
        [200, true],
      ])
    }
  })

  test('V44 is relayed byte for byte', async () => {
    const body = { ...MESSAGE, stream: true }
    const direct = await fetch(`${sandbox.url}/anthropic/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': KEY, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, model: 'claude-opus-4-6' }),
    })
    const relayed = await post('/v1/messages', body)
    const ids = (text: string): string => text.replaceAll(/(?:msg|req)_\w+/g, '<id>')
    expect(ids(await relayed.text())).toBe(ids(await direct.text()))
  })
})

describe('V39 a value that becomes a header', () => {
  const hostile = ['a\r\nx-evil: 1', 'a\nb', 'a\u0000b', 'ключ', 'a'.repeat(10_000), '\u001b[31mred', 'a\u2028b']

  test('is refused in model names, and the vendor is not asked', async () => {
    for (const value of hostile) {
      const response = await post('/v1/messages', { ...MESSAGE, model: value })
      expect(response.status, JSON.stringify(value.slice(0, 20))).toBeGreaterThanOrEqual(400)
      expect(response.status).toBeLessThan(500)
      const text = await response.text()
      expect(strangeCharacters(text)).toEqual([])
      expect(text.length).toBeLessThan(2000)
    }
    expect(sandbox.requests()).toEqual([])
  })

  test('is refused in headers that travel on', async () => {
    for (const name of ['anthropic-beta', 'anthropic-version', 'idempotency-key', 'traceparent', 'x-openclaw-agent']) {
      for (const value of ['caf\u00e9', '\u0001', 'a'.repeat(10_000)]) {
        const status = await rawStatus(`${name}: ${value}\r\n`)
        expect(status, `${name} ${JSON.stringify(value.slice(0, 9))}`).toMatch(/^4/)
      }
    }
    expect(sandbox.requests()).toEqual([])
  })
})

/** Status of a request with one more header line, written by hand. */
async function rawStatus(line: string): Promise<string> {
  const body = JSON.stringify(MESSAGE)
  const socket = connect(gateway.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(
    `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nx-api-key: ${gateway.token}\r\ncontent-type: application/json\r\n${line}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    'latin1',
  )
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text.split(' ')[1] ?? ''
}
