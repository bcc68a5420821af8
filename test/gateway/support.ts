// A gateway of our own for each test, in front of the sandbox, with a throw-away state.
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import WebSocket from 'ws'
import { type Auth, createAuth } from '../../src/auth/auth.ts'
import { type GatewayOptions, type RunningGateway, runGateway } from '../../src/gateway/gateway.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts'
import { createSystem, type System } from '../../src/system/system.ts'

export const GOOD = 'sk-ant-api03-gateway-good-0001'
export const OTHER = 'sk-ant-api03-gateway-other-0002'
export const PROJECT = 'sk-proj-gateway-0003'

export type Setup = {
  /** Profiles of the agent, in the order written. */
  profiles?: Record<string, object>
  order?: Record<string, string[]>
  config?: object
  env?: Record<string, string>
  options?: GatewayOptions
  sandbox?: SandboxOptions
  /** Instead of the sandbox: base URL of Anthropic. */
  anthropicUrl?: string
}

export type Stand = {
  gateway: RunningGateway
  sandbox: Sandbox
  system: System
  auth: Auth
  stateDir: string
  token: string
  url: string
}

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** Closed after the test. */
export function closeLater(close: () => Promise<unknown>): void {
  closing.push(close)
}

export const key = (provider: string, secret: string): object => ({ type: 'api_key', provider, key: secret })

/** A machine whose state is thrown away, with nothing of this one's environment. */
export async function machine(env: Record<string, string> = {}): Promise<{ system: System; stateDir: string }> {
  const stateDir = await mkdtemp(join(tmpdir(), 'keyclaw-gateway-'))
  closeLater(() => rm(stateDir, { recursive: true, force: true }))
  return {
    stateDir,
    system: { ...createSystem({ logLevel: 'silent' }), env: { OPENCLAW_STATE_DIR: stateDir, ...env } },
  }
}

export async function stand(setup: Setup = {}): Promise<Stand> {
  const sandbox = await startSandbox({
    accounts: [
      { name: 'good', vendor: 'anthropic', key: GOOD },
      { name: 'other', vendor: 'anthropic', key: OTHER },
      { name: 'project', vendor: 'openai', key: PROJECT },
    ],
    ...setup.sandbox,
  })
  closeLater(() => sandbox.close())
  const { system, stateDir } = await machine(setup.env)
  const agentDir = join(stateDir, 'agents/main/agent')
  await mkdir(agentDir, { recursive: true })
  const profiles = setup.profiles ?? {
    'anthropic:good': key('anthropic', GOOD),
    'openai:project': key('openai', PROJECT),
  }
  const book = { version: 1, profiles, ...(setup.order === undefined ? {} : { order: setup.order }) }
  await writeFile(join(agentDir, 'auth-profiles.json'), JSON.stringify(book))
  const config = {
    models: {
      providers: {
        anthropic: { baseUrl: setup.anthropicUrl ?? sandbox.baseUrl('anthropic') },
        openai: { baseUrl: sandbox.baseUrl('openai') },
      },
    },
    ...setup.config,
  }
  await writeFile(join(stateDir, 'openclaw.json'), JSON.stringify(config))
  const auth = await createAuth(system)
  const gateway = await runGateway(system, auth, { port: 0, allowRoot: true, ...setup.options })
  closeLater(() => gateway.close())
  closeLater(async () => {
    const transport = await system.transport()
    void transport.close()
  })
  const token = await readFile(join(stateDir, 'gateway.token'), 'utf8').then(
    (text) => text.trim(),
    () => '',
  )
  return { gateway, sandbox, system, auth, stateDir, token, url: gateway.url }
}

export type Heard = { status: number; headers: IncomingHttpHeaders; text: string; json: unknown; broken: boolean }

export type Say = { method?: string; headers?: Record<string, string | string[]>; body?: string | Uint8Array }

/** One request on a connection of its own. */
export async function say(url: string, path: string, options: Say = {}): Promise<Heard> {
  const { body } = options
  const call = request(url + path, {
    agent: false,
    method: options.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: options.headers ?? {},
  })
  call.end(body)
  const [response] = await once(call, 'response')
  const pieces: Buffer[] = []
  let broken = false
  try {
    for await (const piece of response) pieces.push(piece)
  } catch {
    broken = true
  }
  const text = Buffer.concat(pieces).toString('utf8')
  return { status: response.statusCode, headers: response.headers, text, json: parsed(text), broken }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A message in Anthropic's dialect. */
export const question = (extra: object = {}): string =>
  JSON.stringify({
    model: 'anthropic/claude-opus-4-6',
    max_tokens: 200,
    messages: [{ role: 'user', content: 'How do you do?' }],
    ...extra,
  })

export const bearer = (token: string): Record<string, string> => ({
  authorization: `Bearer ${token}`,
  'content-type': 'application/json',
})

export function ask(on: Stand, extra: object = {}, headers: Record<string, string> = {}): Promise<Heard> {
  return say(on.url, '/v1/messages', { headers: { ...bearer(on.token), ...headers }, body: question(extra) })
}

/** A busy machine may take long to answer at all. */
const FIRST_ANSWER_MS = 10_000

/** Writes bytes and hears everything until the gateway closes, or has answered and falls silent. */
export async function raw(port: number, text: string, silentMs = 3000): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const pieces: Buffer[] = []
  socket.setTimeout(FIRST_ANSWER_MS, () => socket.destroy())
  socket.on('data', (piece) => {
    pieces.push(piece)
    socket.setTimeout(silentMs)
  })
  socket.on('error', () => socket.destroy())
  socket.write(text, 'latin1')
  await once(socket, 'close')
  return Buffer.concat(pieces).toString('latin1')
}

type Frame = Record<string, unknown> & { type: string }

/** A WebSocket client that collects what it hears. */
export class Talker {
  readonly frames: Frame[] = []
  readonly closed: Promise<{ code: number; reason: string }>
  readonly socket: WebSocket
  #count = 0
  #waiting: (() => void)[] = []

  constructor(url: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { headers })
    closeLater(async () => this.socket.terminate())
    this.socket.on('message', (data) => {
      this.frames.push(JSON.parse(String(data)))
      for (const wake of this.#waiting.splice(0)) wake()
    })
    this.socket.on('error', () => this.socket.terminate())
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
  }

  async frame(matches: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const found = this.frames.find(matches)
      if (found !== undefined) return found
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  event(name: string): Promise<Frame> {
    return this.frame(({ type, event }) => type === 'event' && event === name)
  }

  async ask(method: string, params: object = {}): Promise<Frame> {
    const id = String(++this.#count)
    if (this.socket.readyState !== WebSocket.OPEN) await once(this.socket, 'open')
    this.socket.send(JSON.stringify({ type: 'req', id, method, params }))
    return this.frame((frame) => frame.type === 'res' && frame.id === id)
  }

  connect(token?: string): Promise<Frame> {
    return this.ask('connect', {
      minProtocol: 3,
      maxProtocol: 3,
      client: { id: 'test', version: '1', platform: 'test', mode: 'test' },
      ...(token === undefined ? {} : { auth: { token } }),
    })
  }
}

export type Vendor = { url: string; requests: IncomingMessage[]; bodies: string[] }

/** A vendor that answers as it is told and remembers what it heard. */
export async function vendor(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Vendor> {
  const requests: IncomingMessage[] = []
  const bodies: string[] = []
  const server: Server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece) => pieces.push(piece))
    request.on('end', () => {
      requests.push(request)
      bodies.push(Buffer.concat(pieces).toString('utf8'))
      answer(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closeLater(
    () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  )
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, bodies }
}
