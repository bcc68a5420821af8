// Logins through the built program: an installation whose ChatGPT is the sandbox, and a stand-in for the person's browser.
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { createServer, type Server } from 'node:net'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type Installation, install, type Plan, readJson } from './installation.ts'
import type { Screen } from './program.ts'

/** A loopback address that no other process of this machine uses, so that the registered ports are free whoever else runs. */
export const CALLBACK_HOST = `127.${1 + ((process.pid >> 16) & 63)}.${(process.pid >> 8) & 255}.${process.pid & 255}`

export type LoginPlace = Installation & { sandbox: Sandbox; close(): Promise<void> }

/** An installation that logs in at a sandbox of its own. */
export async function loginPlace(plan: Plan = {}, options: { now?: () => number } = {}): Promise<LoginPlace> {
  const sandbox = await startSandbox(options)
  sandbox.logins.settings.deviceInterval = '0.02'
  const place = await install({
    ...plan,
    env: {
      OPENCLAW_LOGIN_ISSUER_OPENAI_CODEX: sandbox.baseUrl('chatgpt'),
      OPENCLAW_OAUTH_CALLBACK_HOST: CALLBACK_HOST,
      ...plan.env,
    },
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
