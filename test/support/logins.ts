// Logins of the played vendors: made through the built program, with a stand-in for the person's browser, or stored as the vendor gave them, in a store that
// may be of yesterday.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { createServer, type Server } from 'node:net'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import type { GatewayProcess } from './gateway-process.ts'
import {
  type Installation,
  install,
  type Plan,
  PROGRAM,
  type Ran,
  readJson,
  type StoredProfile,
} from './installation.ts'
import type { Screen } from './program.ts'

/** A loopback address that no other process of this machine uses, so that the registered ports are free whoever else runs. */
export const CALLBACK_HOST = `127.${1 + ((process.pid >> 16) & 63)}.${(process.pid >> 8) & 255}.${process.pid & 255}`

const CLIENT = 'app_EMoamEEZ73f0CkXaXp7hrann'
const REDIRECT = 'http://localhost:1455/auth/callback'
const SCOPE = 'openid profile email offline_access'
const VERIFIER = 'v'.repeat(64)
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

/** What points an installation at the sandbox, for logins and for calls. */
export const loginEnv = (sandbox: Sandbox): Record<string, string> => ({
  OPENCLAW_LOGIN_ISSUER_OPENAI_CODEX: sandbox.baseUrl('chatgpt'),
  OPENCLAW_LOGIN_ISSUER_OPENROUTER: sandbox.baseUrl('openrouter'),
  OPENCLAW_OAUTH_CALLBACK_HOST: CALLBACK_HOST,
})
export const loginConfig = (sandbox: Sandbox): Record<string, unknown> => ({
  agents: { defaults: { model: 'openai-codex/gpt-5.1' } },
  models: { providers: { 'openai-codex': { baseUrl: `${sandbox.baseUrl('chatgpt')}/backend-api` } } },
})

/**
 * A login of the sandbox as it is stored.
 * @param expires of the access token, ms epoch
 */
export function storedLogin(sandbox: Sandbox, id: string, options: { as?: string; expires: number }): StoredProfile {
  const login = sandbox.logins.find(options.as ?? 'home')
  if (login === undefined) throw new Error('nobody of this name')
  const asked = { clientId: CLIENT, redirectUri: REDIRECT, challenge: CHALLENGE, scope: SCOPE }
  const code = sandbox.logins.authorise(login, asked)
  const issued = sandbox.logins.redeemCode(code, { clientId: CLIENT, redirectUri: REDIRECT, verifier: VERIFIER })
  if (!('access' in issued)) throw new Error(issued.outcome)
  const { access, refresh = '' } = issued
  return {
    id,
    raw: { type: 'oauth', access, refresh, expires: options.expires, accountId: login.accountId, email: login.email },
  }
}

/** One entry of auth-profiles.json. */
export async function entryOf(place: Installation, id: string, agent = 'main'): Promise<Record<string, unknown>> {
  return (await stored(place, agent)).profiles[id] ?? {}
}

/** How the vendor saw refresh tokens come, in order. */
export const redeemed = (sandbox: Sandbox): string[] =>
  sandbox.logins
    .redemptions()
    .filter(({ grant }) => grant === 'refresh_token')
    .map(({ outcome }) => outcome)

export type LoginPlace = Installation & { sandbox: Sandbox; close(): Promise<void> }

/** An installation that logs in at a sandbox of its own. */
export async function loginPlace(plan: Plan = {}, options: { now?: () => number } = {}): Promise<LoginPlace> {
  const sandbox = await startSandbox(options)
  sandbox.logins.settings.deviceInterval = '0.02'
  const place = await install({
    ...plan,
    env: { ...loginEnv(sandbox), ...plan.env },
  })
  const close = async (): Promise<void> => {
    await Promise.all([place.remove(), sandbox.close()])
  }
  return Object.assign(place, { sandbox, close })
}

/** Takes a port of the callback address. */
export async function occupy(port: number): Promise<Server> {
  const server = createServer().listen(port, CALLBACK_HOST)
  await once(server, 'listening')
  return server
}

/** The address that the program shows, however the terminal broke it. */
export function shownAddress(text: string): string {
  const from = text.indexOf('http', text.indexOf('\n'))
  return text.slice(from, text.indexOf('\n', from)).trim()
}

/** Waits for the address on a terminal. */
export async function addressOn(screen: Screen): Promise<string> {
  await screen.shows('Paste that address')
  return shownAddress(screen.text())
}

/** Runs a login in pipes: `answer` gets the address that was shown, and what it gives is written to standard input. */
export async function throughPipe(
  place: Installation,
  args: readonly string[],
  answer: (address: string) => Promise<string>,
): Promise<Ran> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: place.cwd, env: place.env })
  let stdout = ''
  let stderr = ''
  let isAnswered = false
  child.stdout.on('data', (piece: Buffer) => {
    stdout += piece
  })
  child.stderr.on('data', (piece: Buffer) => {
    stderr += piece
    if (isAnswered || !stderr.includes('to standard input')) return
    isAnswered = true
    void answer(shownAddress(stderr)).then((line) => child.stdin.write(`${line}\n`))
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { code, signal, stdout, stderr }
}

async function get(url: string, host?: string): Promise<{ status: number; location: string; body: string }> {
  const target = new URL(url)
  const asked = request({
    host: host ?? target.hostname,
    port: target.port,
    path: target.pathname + target.search,
    headers: { host: target.host },
    agent: false,
  })
  asked.end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  let body = ''
  for await (const piece of answer) body += piece
  return { status: answer.statusCode ?? 0, location: answer.headers.location ?? '', body }
}

/** The person agrees as somebody (or nobody). @returns where the browser is sent */
export async function agree(address: string, as = 'home'): Promise<string> {
  const { location } = await get(`${address}&as=${as}`)
  return location
}

/** The browser goes where it was sent. */
export function follow(location: string): Promise<{ status: number; body: string }> {
  return get(location, CALLBACK_HOST)
}

/** Somebody types the code of a device. */
export async function approve(sandbox: Sandbox, userCode: string, as = 'home'): Promise<void> {
  await get(`${sandbox.baseUrl('chatgpt')}/codex/device?user_code=${userCode}&as=${as}`)
}

export type Stored = {
  profiles: Record<string, Record<string, unknown>>
  order?: Record<string, string[]>
}

/** auth-profiles.json of an agent. */
export async function stored(place: Installation, agent = 'main'): Promise<Stored> {
  const value = await readJson(`${place.state}/agents/${agent}/agent/auth-profiles.json`)
  return (value as Stored | undefined) ?? { profiles: {} }
}

/** One call through a gateway, to the played ChatGPT. */
export async function respond({ url, token }: GatewayProcess): Promise<{ status: number; text: string }> {
  const response = await fetch(`${url}/v1/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'openai-codex/gpt-5.1',
      instructions: 'Be kind.',
      input: 'hi',
      store: false,
      stream: true,
    }),
  })
  return { status: response.status, text: await response.text() }
}
