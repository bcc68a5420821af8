// One listener with everything behind it: requests to the router, upgrades to the socket door, a sweep for what is slow or no longer allowed.
import type { Auth } from '../auth/auth.ts'
import { endWaiting } from '../auth/wait.ts'
import { AutoPins } from '../core/auto-pins.ts'
import { isListed } from '../core/model-choices.ts'
import type { IncomingRequest, Listener, RawSocket } from '../system/listen.ts'
import { listen, refuseRaw } from '../system/listen.ts'
import { createLoadMeter } from '../system/load.ts'
import { sweepBodies } from './body.ts'
import { Gate } from './gate.ts'
import { readHead } from './guard.ts'
import type { House } from './house.ts'
import type { Limits } from './limits.ts'
import { Metrics } from './metrics.ts'
import { serve } from './router.ts'
import { SOCKET_PATHS } from './routes.ts'
import type { Names } from './site.ts'
import type { SocketDoor } from './socket.ts'
import { Throttle } from './throttle.ts'
import type { GatewaySecret } from './token.ts'

export type Server = {
  host: string
  port: number
  house: House
  /** Stops taking, lets running answers end within `drainMs`, then cuts what is left. */
  close(drainMs: number): Promise<void>
}

export type ServerOptions = { host: string; port: number; names: Names; limits: Limits; secret: GatewaySecret }

const DRAIN_LOOK_MS = 25

/**
 * Listens.
 * @throws AuthError port_in_use
 */
export async function startServer(auth: Auth, options: ServerOptions): Promise<Server> {
  const { system } = auth.home
  const { limits, names, secret } = options
  const house: House = {
    system,
    auth,
    gate: new Gate(system, secret, new Throttle()),
    limits,
    metrics: new Metrics(system, (model) => isListed(auth.home.config(), model)),
    load: createLoadMeter(),
    pins: new AutoPins(),
    seed: Buffer.from(system.randomBytes(4)).readInt32LE(),
    bodies: new Set(),
    preAuth: new Map(),
    transport: undefined,
    dialects: undefined,
    view: undefined,
    turns: undefined,
    activities: undefined,
    messengers: undefined,
    calls: 0,
    callsBy: new Map(),
    webSockets: 0,
    lagMs: 0,
    isOverloaded: false,
    isClosing: false,
    startedAt: system.now(),
    address: undefined,
  }
  const endHearing = auth.home.hearLines((line) => house.metrics.calls.hear(line))
  let door: Promise<SocketDoor> | undefined
  let openDoor: SocketDoor | undefined

  const onUpgrade = (request: IncomingRequest, socket: RawSocket, head: Uint8Array): void => {
    socket.on('error', () => socket.destroy())
    const read = readHead(request, names, limits)
    if (read.head === undefined) {
      house.metrics.refused(read.refusal.code)
      refuseRaw(socket, '', read.refusal.status)
      return
    }
    if (request.headers.upgrade?.toLowerCase() !== 'websocket' || !SOCKET_PATHS.has(read.head.path)) {
      refuseRaw(socket, '', 404)
      return
    }
    if (house.isClosing || house.isOverloaded || house.webSockets >= limits.webSockets) {
      refuseRaw(socket, '', 503)
      return
    }
    // WebSockets are loaded with the first one that comes.
    door ??= import('./socket.ts').then(({ openSocketDoor }) => {
      openDoor = openSocketDoor(house)
      return openDoor
    })
    door.then(
      (ready) => ready.upgrade(request, socket, head, read.head),
      (error: unknown) => {
        system.log.error('no WebSocket can be opened', { why: error instanceof Error ? error.message : 'unknown' })
        refuseRaw(socket, '', 500)
      },
    )
  }

  const listener = await listen({
    host: options.host,
    port: options.port,
    maxConnections: limits.connections,
    onRequest: (request, response) => serve(house, names, request, response),
    onUpgrade,
  })
  house.address = { host: options.host, port: listener.port }

  let lags = 0
  const sweep = (): void => {
    sweepBodies(house)
    house.lagMs = house.load.lagMs()
    lags = house.lagMs > limits.overloadMs ? lags + 1 : 0
    house.isOverloaded = lags >= limits.overloadSweeps
    openDoor?.sweep()
    timer = system.timer(limits.sweepMs, sweep)
  }
  let timer = system.timer(limits.sweepMs, sweep)

  return {
    host: options.host,
    port: listener.port,
    house,
    close: async (drainMs) => {
      if (house.isClosing) return
      house.isClosing = true
      await drain(house, listener, openDoor, drainMs)
      timer.cancel()
      endHearing()
      house.load.close()
    },
  }
}

async function drain(house: House, listener: Listener, door: SocketDoor | undefined, drainMs: number): Promise<void> {
  const { system } = house
  const closed = listener.close()
  listener.closeIdle()
  endWaiting(house.auth.home)
  door?.announceShutdown()
  const loginsEnded = door?.endLogins()
  const deadline = system.monotonic() + drainMs
  while ((house.calls > 0 || (house.turns?.count() ?? 0) > 0) && system.monotonic() < deadline) {
    await system.sleep(DRAIN_LOOK_MS)
    listener.closeIdle()
  }
  await loginsEnded
  door?.close()
  // Answers that have ended are still on their way out of our buffers.
  const grace = system.monotonic() + Math.min(drainMs, 1000)
  while ((await listener.connections()) > 0 && system.monotonic() < grace) {
    listener.closeIdle()
    await system.sleep(DRAIN_LOOK_MS)
  }
  listener.destroyAll()
  door?.destroyAll()
  await closed
}
