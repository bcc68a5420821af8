// The control API: what a test or a person at a shell may ask of the sandbox while it runs. Programs only, no browser.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AccountState } from './accounts.ts'
import type { FaultRule, FaultState } from './faults.ts'
import { readRules } from './faults.ts'
import { asCount, asObject } from './json.ts'
import type { Logins } from './logins.ts'
import type { RequestRecord } from './records.ts'

export const CONTROL_PREFIX = '/_sandbox'

export type SandboxState = {
  sandbox: true
  url: string
  /** Since the start or the last reset. */
  requests: number
  /** Requests whose answer has not ended. */
  open: number
  accounts: AccountState[]
  faults: FaultState[]
}

/** What the control API can do. */
export type Controlled = {
  port: number
  state(): SandboxState
  logins: Pick<Logins, 'redemptions' | 'people'>
  requests(): RequestRecord[]
  setFaults(rules: readonly FaultRule[]): void
  reset(): void
  down(forMs: number): Promise<void>
}

const SHOWN_RECORDS = 100
const LONGEST_DOWN_MS = 60_000

/**
 * Answers one control request.
 * @param url path and query
 */
export function control(
  sandbox: Controlled,
  url: string,
  req: IncomingMessage,
  res: ServerResponse,
  body: Buffer,
): void {
  const stranger = refuseStrangers(sandbox.port, req)
  if (stranger !== undefined) {
    answer(res, 403, { error: stranger })
    return
  }
  const [path = '', query = ''] = url.split('?')
  try {
    const value = route(sandbox, `${req.method} ${path.slice(CONTROL_PREFIX.length)}`, query, body, res)
    if (value === undefined) answer(res, 404, { error: `sandbox: no ${req.method} ${path}` })
    else answer(res, 200, value)
  } catch (error) {
    answer(res, 400, { error: error instanceof Error ? error.message : String(error) })
  }
}

function route(sandbox: Controlled, asked: string, query: string, body: Buffer, res: ServerResponse): unknown {
  switch (asked) {
    case 'GET ':
      return sandbox.state()
    case 'GET /requests': {
      const last = asCount(Number(new URLSearchParams(query).get('last'))) ?? SHOWN_RECORDS
      return { requests: sandbox.requests().slice(-last) }
    }
    case 'GET /logins':
      return { people: sandbox.logins.people, redemptions: sandbox.logins.redemptions() }
    case 'POST /faults': {
      const value: unknown = JSON.parse(String(body))
      sandbox.setFaults(readRules(Array.isArray(value) ? value : asObject(value).rules))
      return { faults: sandbox.state().faults }
    }
    case 'POST /reset':
      sandbox.reset()
      return sandbox.state()
    case 'POST /down': {
      const forMs = asCount(asObject(JSON.parse(String(body))).forMs)
      if (forMs === undefined || forMs > LONGEST_DOWN_MS) {
        throw new TypeError(`sandbox: forMs must be a whole number from 1 to ${LONGEST_DOWN_MS}`)
      }
      res.setHeader('connection', 'close')
      res.once('finish', () => void sandbox.down(forMs))
      return { downForMs: forMs }
    }
    default:
      return undefined
  }
}

/** A page in a browser sends an Origin, or a Host that was made to point here. */
function refuseStrangers(port: number, { headers, socket }: IncomingMessage): string | undefined {
  if (headers.origin !== undefined) return 'sandbox: no browser may control it'
  if (headers.host !== `127.0.0.1:${port}` && headers.host !== `localhost:${port}`) return 'sandbox: wrong Host'
  return socket.remoteAddress === '127.0.0.1' ? undefined : 'sandbox: loopback only'
}

function answer(res: ServerResponse, status: number, value: unknown): void {
  res.writeHead(status, ['content-type', 'application/json', 'x-sandbox', '1', 'cache-control', 'no-store'])
  res.end(`${JSON.stringify(value)}\n`)
}
