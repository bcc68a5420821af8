// The WebSocket door: a challenge, one `connect` that shows who it is, then requests, answers and events. Loaded with the first upgrade.
import { type WebSocket, WebSocketServer } from 'ws'
import { type ChatEvent, MAX_FRAME_BYTES } from '../core/protocol.ts'
import type { IncomingRequest, RawSocket } from '../system/listen.ts'
import { refuseRaw } from '../system/listen.ts'
import { bucketOf } from './address.ts'
import { Client } from './client-session.ts'
import type { Head } from './guard.ts'
import { type House, takePreAuth } from './house.ts'
import { createLogins } from './logins.ts'
import { createSettings } from './settings.ts'
import { turnsOf } from './turns.ts'
import { createWatching } from './watching.ts'

export type SocketDoor = {
  upgrade(request: IncomingRequest, socket: RawSocket, head: Uint8Array, parsed: Head): void
  /** Looks for clients who are late, silent, or let in by what holds no more. */
  sweep(): void
  announceShutdown(): void
  /** Ends the logins under way; one that is being stored is stored. */
  endLogins(): Promise<void>
  close(): void
  destroyAll(): void
}

const NOT_ANY_MORE = 1008
const GOING_AWAY = 1001

/** Opens the door; clients come through `upgrade`. */
export function openSocketDoor(house: House): SocketDoor {
  const { system, limits } = house
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES, perMessageDeflate: false })
  const clients = new Set<Client>()
  const turns = turnsOf(house)
  turns.listen((event: ChatEvent) => {
    for (const client of clients) if (client.follows(event.sessionKey)) client.event('chat', event)
  })
  const logins = createLogins(house.auth, (flow) => {
    for (const client of clients) if (client.mayAddAccounts()) client.event('auth.login', flow)
  })
  const watching = createWatching(
    house,
    () => [...clients].flatMap(({ watched, principal }) => (watched === undefined || !principal ? [] : [watched])),
    ({ agentId, model }, event, payload) => {
      for (const client of clients) {
        if (client.watched?.agentId !== agentId) continue
        if (event === 'activity' || client.watched.model === model) client.event(event, payload)
      }
    },
  )
  const settings = createSettings(
    house,
    () => [...clients].some((client) => client.watchesSettings),
    (report) => {
      for (const client of clients) if (client.watchesSettings) client.event('settings', report)
    },
  )
  let tickedAt = system.monotonic()

  const greet = (socket: WebSocket, raw: RawSocket, parsed: Head, giveBack: () => void): void => {
    const client = new Client({
      house,
      turns,
      logins,
      watching,
      settings,
      socket,
      connection: raw,
      head: parsed,
      joined: giveBack,
    })
    clients.add(client)
    house.webSockets++
    socket.on('close', () => {
      giveBack()
      clients.delete(client)
      house.webSockets--
    })
    // A frame too large, or text that is none: the library closes with the fitting code.
    socket.on('error', () => socket.close())
    client.challenge()
  }

  return {
    upgrade: (request, raw, head, parsed) => {
      const giveBack = takePreAuth(house, bucketOf(parsed.address))
      if (giveBack === undefined) {
        refuseRaw(raw, '', 503)
        return
      }
      raw.on('close', giveBack)
      raw.setNoDelay?.(true)
      const start = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
      server.handleUpgrade(request, raw, start, (socket) => greet(socket, raw, parsed, giveBack))
    },
    sweep: () => {
      const now = system.monotonic()
      const isTick = now - tickedAt >= limits.tickMs
      if (isTick) tickedAt = now
      for (const client of clients) {
        if (client.principal === undefined) {
          client.expire(now)
          continue
        }
        const end = house.gate.endOf(client.principal)
        if (end !== undefined) client.close(NOT_ANY_MORE, end)
        else if (isTick) client.tick()
      }
    },
    announceShutdown: () => {
      for (const client of clients) client.event('shutdown', { reason: 'the gateway is stopping' })
    },
    endLogins: () => logins.end(),
    close: () => {
      watching.close()
      settings.close()
      for (const client of clients) client.close(GOING_AWAY, 'the gateway is stopping')
    },
    destroyAll: () => {
      for (const client of clients) client.terminate()
    },
  }
}
