// Vendors played on loopback: Anthropic, OpenAI and Google with accounts, quotas and a fault menu, the logins of ChatGPT and OpenRouter, for the demo, the tests and the benchmarks.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createAccounts, DEFAULT_ACCOUNTS, type SandboxAccount } from './accounts.ts'
import { anthropic } from './anthropic.ts'
import type { Stage } from './call.ts'
import { chatgpt } from './chatgpt.ts'
import { CONTROL_PREFIX, type Controlled, control, type SandboxState } from './control.ts'
import { createFaults, type FaultRule } from './faults.ts'
import { google } from './google.ts'
import { createLogins, DEFAULT_LOGINS, type Logins, type SandboxLogin } from './logins.ts'
import { openai } from './openai.ts'
import { openrouter } from './openrouter.ts'
import { play, type Received } from './play.ts'
import { createRecords, type RequestRecord } from './records.ts'
import type { Vendor, VendorName } from './vendor.ts'

export type { AccountState, Counters, Quota, SandboxAccount } from './accounts.ts'
export type { SandboxState } from './control.ts'
export type { FaultMatch, FaultPreset, FaultRule, FaultState } from './faults.ts'
export type { Logins, Redemption, SandboxLogin } from './logins.ts'
export type { RequestRecord } from './records.ts'
export type { VendorName } from './vendor.ts'

export type SandboxOptions = {
  /** 0 or absent: one that is free. */
  port?: number
  host?: '127.0.0.1'
  /** Absent: one healthy account per vendor. */
  accounts?: readonly SandboxAccount[]
  /** Who can log in at /chatgpt and /openrouter; absent: `home` and `work`. */
  logins?: readonly SandboxLogin[]
  /** Between two streamed events. */
  tokenDelayMs?: number
  /** Length of the answer. */
  words?: number
  /** False for benchmarks: no records, and one answer for all, made once, that does not echo. */
  record?: boolean
  /** The clock that windows, records and headers go by, ms epoch. */
  now?: () => number
}

export type Sandbox = {
  readonly port: number
  readonly url: string
  /** What a client of that vendor takes as its base URL. */
  baseUrl(vendor: VendorName): string
  /** Who can log in, and what became of every code and refresh token. */
  readonly logins: Logins
  /** The newest requests, oldest first; the objects are still written to while an answer runs. */
  requests(): RequestRecord[]
  state(): SandboxState
  /** Replaces all fault rules. @throws TypeError naming what is wrong */
  setFaults(rules: readonly FaultRule[]): void
  /** Forgets faults, records, counters, and what quotas were used up. */
  reset(): void
  /** Ends all connections and refuses new ones. @param forMs come back by itself after so long */
  down(forMs?: number): Promise<void>
  /** Listens again on the same port. @throws Error when another program has taken it */
  up(): Promise<void>
  close(): Promise<void>
}

const HOST = '127.0.0.1'
const VENDORS: readonly Vendor[] = [anthropic, openai, chatgpt, openrouter, google]
/** What vendors take at most. */
const MOST_BODY_BYTES = 32 * 1024 * 1024
const UP_TRIES = 20
const UP_PAUSE_MS = 50

/**
 * Starts the sandbox.
 * @returns once it listens
 * @throws Error when the port is taken or two accounts collide
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const now = options.now ?? Date.now
  const people = options.logins ?? DEFAULT_LOGINS
  const chatAccounts = people.map(
    ({ name, quota, windowMs }): SandboxAccount => ({
      name,
      vendor: 'chatgpt',
      key: name,
      kind: 'bearer',
      ...(quota === undefined ? {} : { quota }),
      ...(windowMs === undefined ? {} : { windowMs }),
    }),
  )
  const stage: Stage = {
    accounts: createAccounts([...(options.accounts ?? DEFAULT_ACCOUNTS), ...chatAccounts]),
    logins: createLogins(people, now),
    faults: createFaults(),
    records: options.record === false ? undefined : createRecords(),
    made: new Map(),
    tokenDelayMs: options.tokenDelayMs ?? 0,
    words: options.words,
    now,
    count: 0,
    open: new Set(),
  }
  const server = createServer({ noDelay: true, keepAliveTimeout: 60_000, requestTimeout: 0 })
  let port = options.port ?? 0
  let closed = false
  let returning: NodeJS.Timeout | undefined
  let turn: Promise<void> = Promise.resolve()

  const listen = (): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, options.host ?? HOST, () => {
        server.off('error', reject)
        resolve()
      })
    })
  const leave = async (): Promise<void> => {
    if (!server.listening) return
    for (const call of stage.open) call.cut = true
    await new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })
    // The server reports its end a moment before its answers report theirs.
    while (stage.open.size > 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const comeBack = async (): Promise<void> => {
    // A passing connection of this machine may sit on the port for a moment.
    for (let tries = 1; !server.listening && !closed; tries++) {
      try {
        await listen()
      } catch (error) {
        if (tries >= UP_TRIES) throw error
        await new Promise((resolve) => setTimeout(resolve, UP_PAUSE_MS))
      }
    }
  }
  // Going and coming wait for each other, whoever asks.
  const next = (step: () => Promise<void>): Promise<void> => {
    const done = turn.then(step)
    turn = done.catch(() => {
      // Whoever asked for it hears of it.
    })
    return done
  }

  const sandbox: Sandbox = {
    get port() {
      return port
    },
    get url() {
      return `http://${HOST}:${port}`
    },
    baseUrl: (vendor) => `http://${HOST}:${port}${VENDORS.find(({ name }) => name === vendor)?.prefix ?? ''}`,
    logins: stage.logins,
    requests: () => stage.records?.list() ?? [],
    state: () => ({
      sandbox: true,
      url: sandbox.url,
      requests: stage.count,
      open: stage.open.size,
      accounts: stage.accounts.states(stage.now()),
      faults: stage.faults.states(),
    }),
    setFaults: (rules) => stage.faults.set(rules),
    reset() {
      stage.faults.set([])
      stage.records?.clear()
      stage.accounts.reset()
      stage.logins.reset()
      stage.count = 0
    },
    down(forMs) {
      clearTimeout(returning)
      if (forMs !== undefined) {
        returning = setTimeout(() => {
          sandbox.up().catch((error: unknown) => console.error('sandbox: could not listen again:', error))
        }, forMs)
      }
      return next(leave)
    },
    up() {
      clearTimeout(returning)
      return next(comeBack)
    },
    close() {
      closed = true
      clearTimeout(returning)
      return next(leave)
    },
  }

  server.on('request', (req, res) => {
    receive(req, res, (received) => {
      // Broken off while we listen: the client did it. Else it was us, and there is nothing to tell.
      if (received.state !== 'broken off' || server.listening) serve(stage, sandbox, req, res, received)
    })
  })
  await listen()
  const address = server.address()
  if (typeof address === 'object' && address !== null) port = address.port
  return sandbox
}

function serve(stage: Stage, sandbox: Controlled, req: IncomingMessage, res: ServerResponse, received: Received): void {
  const url = req.url ?? '/'
  const vendor = VENDORS.find(({ prefix }) => url.startsWith(prefix) && url[prefix.length] === '/')
  if (vendor !== undefined) play(stage, vendor, url.slice(vendor.prefix.length), req, res, received)
  else if (received.state === 'broken off') return
  else if (url.startsWith(CONTROL_PREFIX)) control(sandbox, url, req, res, received.bytes)
  else {
    res.writeHead(404, ['content-type', 'application/json', 'x-sandbox', '1'])
    res.end(
      '{"error":"sandbox: no such vendor; try /anthropic, /openai/v1, /chatgpt, /openrouter, /google/v1beta or /_sandbox"}\n',
    )
  }
}

/** Gathers a body. */
function receive(req: IncomingMessage, res: ServerResponse, done: (received: Received) => void): void {
  const chunks: Buffer[] = []
  let size = 0
  let over = false
  const finish = (state: Received['state']): void => {
    if (over) return
    over = true
    done({ bytes: chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks), state })
  }
  req.on('data', (chunk: Buffer) => {
    if (over) return
    size += chunk.length
    chunks.push(chunk)
    if (size <= MOST_BODY_BYTES) return
    // The rest is not waited for, so the connection cannot carry another request.
    res.shouldKeepAlive = false
    finish('too large')
  })
  req.on('end', () => finish('complete'))
  req.on('close', () => finish('broken off'))
}
