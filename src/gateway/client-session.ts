// One WebSocket client: who it is, what it follows, and the frames that come and go.
import type { WebSocket } from 'ws'
import type { Right } from '../chat/commands.ts'
import { AuthError } from '../core/errors.ts'
import {
  type ErrorBody,
  type EventFrame,
  MAX_FRAME_BYTES,
  PROTOCOL_VERSION,
  type RequestFrame,
  type ResponseFrame,
  readRequestFrame,
} from '../core/protocol.ts'
import { VERSION } from '../system/version.ts'
import { deniedRefusal } from './denied.ts'
import { Enclosing } from './enclosing.ts'
import { type Principal, scopesFrom } from './gate.ts'
import type { Head } from './guard.ts'
import type { House } from './house.ts'
import type { Logins } from './logins.ts'
import { findMethod } from './method-table.ts'
import { type Caller, METHOD_HANDLERS } from './methods.ts'
import type { Settings } from './settings.ts'
import type { Turns } from './turns.ts'
import type { Watched, Watching } from './watching.ts'

export type ClientParts = {
  house: House
  turns: Turns
  logins: Logins
  watching: Watching
  settings: Settings
  socket: WebSocket
  /** The identity of the connection for the gate. */
  connection: object
  head: Head
  /** The client has shown who it is: its place among the unknown is free. */
  joined: () => void
}

const CODES = { protocol: 1002, notText: 1003, policy: 1008, tooLarge: 1009, busy: 1013 } as const
const MAX_FOLLOWED = 256
const MAX_UNDER_WAY = 64

export class Client implements Caller {
  principal: Principal | undefined
  /** The accounts that it looks at. */
  watched: Watched | undefined
  watchesSettings = false
  readonly beyondLoopback: boolean
  readonly enclosing = new Enclosing()
  readonly #parts: ClientParts
  readonly #followed = new Set<string>()
  readonly #since: number
  #wishes = 0
  #watchedBy = 0
  #underWay = 0
  #count = 0
  #isAlive = true

  constructor(parts: ClientParts) {
    this.#parts = parts
    this.beyondLoopback = parts.head.beyondLoopback
    this.#since = parts.house.system.monotonic()
    const { socket } = parts
    socket.on('pong', () => {
      this.#isAlive = true
    })
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#receive(data, isBinary))
  }

  challenge(): void {
    const { system } = this.#parts.house
    this.event('connect.challenge', { nonce: system.uuid(), ts: system.now() })
  }

  follow(sessionKey: string): void {
    if (this.#followed.size >= MAX_FOLLOWED) {
      for (const oldest of this.#followed) {
        this.#followed.delete(oldest)
        break
      }
    }
    this.#followed.add(sessionKey)
  }

  wishToWatch(): number {
    return ++this.#wishes
  }

  watch(watched: Watched, wish: number): void {
    // What was wished for earlier and found out later is wanted no more.
    if (wish < this.#watchedBy) return
    this.#watchedBy = wish
    this.watched = watched
  }

  watchSettings(): void {
    this.watchesSettings = true
  }

  rights(): ReadonlySet<Right> {
    const held: readonly Right[] = ['read', 'chat']
    return new Set(held.filter((right) => this.principal?.scopes.has(right)))
  }

  follows(sessionKey: string): boolean {
    return this.principal !== undefined && this.#followed.has(sessionKey)
  }

  /** Whether it is told how logins go: whoever may begin one. */
  mayAddAccounts(): boolean {
    return this.principal?.scopes.has('accounts') === true && !this.beyondLoopback
  }

  event(event: string, payload: unknown): void {
    this.#send({ type: 'event', event, payload, seq: ++this.#count })
  }

  /** Still there? Whoever has not answered the last question is not. */
  tick(): void {
    if (!this.#isAlive) {
      this.terminate()
      return
    }
    this.#isAlive = false
    this.#parts.socket.ping()
    this.event('tick', { ts: this.#parts.house.system.now() })
  }

  /** Nobody may stand in the door for long. @param now on the monotonic clock */
  expire(now: number): void {
    if (now - this.#since > this.#parts.house.limits.handshakeMs) this.close(CODES.policy, 'no connect in time')
  }

  close(code: number, reason: string): void {
    const { socket, house } = this.#parts
    socket.close(code, reason)
    // A peer that does not close in turn is cut off.
    house.system.timer(CLOSE_MS, () => socket.terminate())
  }

  terminate(): void {
    this.#parts.socket.terminate()
  }

  #send(frame: EventFrame | ResponseFrame): void {
    const { socket, house } = this.#parts
    if (socket.readyState !== socket.OPEN) return
    // Whoever does not read is not worth its memory.
    if (socket.bufferedAmount > house.limits.webSocketBuffer) {
      socket.terminate()
      return
    }
    socket.send(JSON.stringify(frame))
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (isBinary) {
      this.close(CODES.notText, 'frames are text')
      return
    }
    if (this.principal === undefined && data.byteLength > this.#parts.house.limits.preAuthBytes) {
      this.close(CODES.tooLarge, 'too large before connect')
      return
    }
    const frame = readRequestFrame(data.toString('utf8'))
    if (typeof frame === 'string') {
      this.close(CODES.protocol, frame)
      return
    }
    if (this.principal === undefined) this.#connect(frame)
    else this.#answer(frame, this.principal)
  }

  #connect(frame: RequestFrame): void {
    const fail = (error: ErrorBody, code: number): void => {
      this.#send({ type: 'res', id: frame.id, ok: false, error })
      this.close(code, error.message.slice(0, 100))
    }
    if (frame.method !== 'connect') {
      fail({ code: 'unauthorized', message: 'The first request is connect.' }, CODES.policy)
      return
    }
    const { minProtocol, maxProtocol, auth } = frame.params
    const least = typeof minProtocol === 'number' ? minProtocol : PROTOCOL_VERSION
    const most = typeof maxProtocol === 'number' ? maxProtocol : PROTOCOL_VERSION
    if (least > PROTOCOL_VERSION || most < PROTOCOL_VERSION) {
      fail({ code: 'usage', message: `This gateway speaks protocol ${PROTOCOL_VERSION}.` }, CODES.protocol)
      return
    }
    const { house, head, connection, joined } = this.#parts
    const shown = shownIn(auth)
    const admitted =
      shown === undefined
        ? house.gate.join(head, connection, textIn(auth, 'antiForgery'))
        : house.gate.check(shown, head.address, connection)
    if (!('scopes' in admitted)) {
      const { code, message, remedy } = deniedRefusal(admitted)
      fail({ code, message, ...(remedy === undefined ? {} : { remedy }) }, CODES.policy)
      return
    }
    this.principal = admitted
    joined()
    this.#send({
      type: 'res',
      id: frame.id,
      ok: true,
      payload: {
        type: 'hello-ok',
        protocol: PROTOCOL_VERSION,
        server: { version: VERSION, process: `${house.system.pid}.${house.startedAt}` },
        policy: { tickIntervalMs: house.limits.tickMs, maxPayload: MAX_FRAME_BYTES },
        auth: { role: 'operator', scopes: scopesFrom(admitted.scopes, this.beyondLoopback) },
      },
    })
  }

  #answer(frame: RequestFrame, principal: Principal): void {
    const { house, turns, logins, watching, settings } = this.#parts
    const fail = (error: ErrorBody): void => this.#send({ type: 'res', id: frame.id, ok: false, error })
    const row = findMethod(frame.method)
    if (row === undefined) {
      fail({ code: 'unknown_method', message: 'There is no such method; docs/gateway-routes.md lists them.' })
      return
    }
    if (row.name === 'connect') {
      fail({ code: 'usage', message: 'This client has connected already.' })
      return
    }
    if (!principal.scopes.has(row.scope)) {
      fail({ code: 'out_of_scope', message: `This needs the scope "${row.scope}".` })
      return
    }
    if (row.onlyHere === true && this.beyondLoopback) {
      fail({
        code: 'only_here',
        message:
          'Accounts and settings are changed from the machine of the gateway only: a secret in it would cross the network. There, or through ssh -L, this works.',
        remedy: row.scope === 'settings' ? 'openclaw config set --help' : 'openclaw models auth login --help',
      })
      return
    }
    if (this.#underWay >= MAX_UNDER_WAY) {
      fail({ code: 'busy', message: 'Too many requests of this client are under way.' })
      return
    }
    const handle = METHOD_HANDLERS[row.name]
    this.#underWay++
    Promise.resolve()
      .then(() => handle({ house, turns, logins, watching, settings, caller: this, params: frame.params }))
      .then(
        (payload) => this.#send({ type: 'res', id: frame.id, ok: true, payload }),
        (error: unknown) => fail(this.#errorBody(row.name, error)),
      )
      .finally(() => {
        this.#underWay--
      })
  }

  #errorBody(method: string, error: unknown): ErrorBody {
    if (error instanceof AuthError) return error.toJSON()
    this.#parts.house.system.log.error('a method failed inside the gateway', {
      method,
      why: error instanceof Error ? error.message : 'unknown',
    })
    return { code: 'internal', message: 'The gateway failed inside; its log says more.' }
  }
}

const CLOSE_MS = 2000

/** The secret in `connect`'s auth; nothing else in there counts (V3). */
function shownIn(auth: unknown): string | undefined {
  return textIn(auth, 'token') ?? textIn(auth, 'password')
}

function textIn(auth: unknown, name: string): string | undefined {
  if (typeof auth !== 'object' || auth === null) return undefined
  const text = (auth as Record<string, unknown>)[name]
  return typeof text === 'string' && text !== '' ? text : undefined
}
