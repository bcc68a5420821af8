// The one connection to the gateway this page came from: requests and their answers, events, and trying again when it is lost.
import type { ErrorBody, EventFrame, ResponseFrame } from '../../core/protocol.ts'

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 15_000
const REFUSED = 1008
const TOO_LATE_MS = 45_000
const NO_SESSION: ReadonlySet<string> = new Set(['unauthorized', 'forged'])

export type Hears = {
  /** The gateway has let us in. @param scopes what we may do; @param gateway names its process */
  ready(scopes: readonly string[], gateway: string): void
  /** Not connected; tried again after so long. */
  lost(waitMs: number): void
  /** A login is needed. @param why a sentence of the gateway, or nothing */
  refused(why: string): void
  event(event: string, payload: unknown): void
  /** What is shown beside the cookie. */
  antiForgery(): string
  /** Our session is not known, or another tab has begun another one. @returns whether there is one now */
  renew(): Promise<boolean>
}

/** An error of the gateway, or of the way to it: `lost`, `timeout`. */
export class Refused extends Error {
  readonly code: string
  readonly remedy: string | undefined
  readonly issues: ErrorBody['issues']

  constructor({ code, message, remedy, issues }: ErrorBody) {
    super(message)
    this.code = code
    this.remedy = remedy
    this.issues = issues
  }
}

/** @param patienceMs for what takes longer than most */
export type Request = <T>(method: string, params?: object, patienceMs?: number) => Promise<T>

export type Socket = {
  connect(): void
  isReady(): boolean
  /** Asks the gateway. Rejects with Refused. */
  request: Request
}

type Open = { resolve(payload: unknown): void; reject(error: Refused): void; late: number }

/** Connects and stays connected. */
export function openSocket(hears: Hears): Socket {
  let socket: WebSocket | undefined
  let isReady = false
  /** Asked for a session already, since the gateway last let us in. */
  let isRenewed = false
  let waitMs = FIRST_WAIT_MS
  let count = 0
  let again = 0
  const open = new Map<string, Open>()

  const fail = (code: string, message: string): void => {
    for (const { reject, late } of open.values()) {
      clearTimeout(late)
      reject(new Refused({ code, message }))
    }
    open.clear()
  }

  const send = (method: string, params: object, patienceMs = TOO_LATE_MS): Promise<unknown> =>
    new Promise((resolve, reject) => {
      count += 1
      const id = String(count)
      const late = window.setTimeout(() => {
        open.delete(id)
        reject(new Refused({ code: 'timeout', message: 'The gateway did not answer in time.' }))
      }, patienceMs)
      open.set(id, { resolve, reject, late })
      socket?.send(JSON.stringify({ type: 'req', id, method, params }))
    })

  const greet = async (): Promise<void> => {
    let hello: { auth?: { scopes?: readonly string[] }; server?: { process?: string } }
    try {
      // Who we are is in the cookie, which no script can read; that it is us and no other page that has it, is not.
      hello = (await send('connect', {
        minProtocol: 3,
        maxProtocol: 3,
        client: { id: 'page', version: '2', platform: 'web', mode: 'page' },
        auth: { antiForgery: hears.antiForgery() },
      })) as typeof hello
    } catch (error) {
      // Without a cookie the gateway says how programs log in; the form says it for people.
      if (!(error instanceof Refused) || error.code === 'lost') return
      if (NO_SESSION.has(error.code)) await renewOr('')
      else stop(error.message)
      return
    }
    isReady = true
    isRenewed = false
    waitMs = FIRST_WAIT_MS
    hears.ready(hello.auth?.scopes ?? [], hello.server?.process ?? '')
  }

  const receive = (text: string): void => {
    const frame = JSON.parse(text) as EventFrame | ResponseFrame
    if (frame.type === 'event') {
      if (frame.event === 'connect.challenge') void greet()
      else hears.event(frame.event, frame.payload)
      return
    }
    const request = open.get(frame.id)
    if (request === undefined) return
    open.delete(frame.id)
    clearTimeout(request.late)
    if (frame.ok) request.resolve(frame.payload)
    else request.reject(new Refused(frame.error))
  }

  const stop = (why: string): void => {
    clearTimeout(again)
    const old = socket
    socket = undefined
    isReady = false
    old?.close()
    hears.refused(why)
  }

  /** The session may be another one by now, and is asked for once. @param why what is said when there is none */
  const renewOr = async (why: string): Promise<void> => {
    const old = socket
    // Its close is not news.
    socket = undefined
    isReady = false
    old?.close()
    if (isRenewed) return stop(why)
    isRenewed = true
    const isThere = await hears.renew()
    // Somebody may have tried again meanwhile.
    if (socket !== undefined) return
    if (isThere) connect()
    else stop(why)
  }

  const later = (): void => {
    // A little chance, so that many pages do not come back in one moment.
    const wait = waitMs * (0.75 + Math.random() / 2)
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
    hears.lost(wait)
    clearTimeout(again)
    again = window.setTimeout(connect, wait)
  }

  const connect = (): void => {
    clearTimeout(again)
    // What an older socket was asked is not answered any more, and must not end this one when its time is up.
    fail('lost', 'The connection to the gateway was lost.')
    const own = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`)
    let opened = false
    socket = own
    own.onopen = () => {
      opened = true
    }
    own.onmessage = (message) => {
      if (own === socket) receive(String(message.data))
    }
    own.onclose = async (close) => {
      if (own !== socket) return
      isReady = false
      fail('lost', 'The connection to the gateway was lost.')
      if (close.code === REFUSED) return renewOr(close.reason)
      // Turned away before the socket opened, by a gateway that is alive: it does not know us.
      if (!opened && (await isAlive()) && own === socket) return stop('')
      if (own === socket) later()
    }
  }

  return {
    connect,
    isReady: () => isReady,
    request: <T>(method: string, params: object = {}, patienceMs?: number) =>
      isReady
        ? (send(method, params, patienceMs) as Promise<T>)
        : Promise.reject(new Refused({ code: 'lost', message: 'Not connected.' })),
  }
}

async function isAlive(): Promise<boolean> {
  try {
    return (await fetch('/health', { redirect: 'error', cache: 'no-store' })).ok
  } catch {
    // Nobody there: the socket is tried again.
    return false
  }
}
