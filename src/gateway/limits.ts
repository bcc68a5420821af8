// How much of everything one client, or all of them together, may take. Data, so that tests can make it small.

export type Limits = {
  /** Sockets in all; the system refuses those beyond. */
  connections: number
  /** Bodies and handshakes under way of callers who have not shown a token, per address. */
  preAuthPerAddress: number
  /** Vendor calls under way, all and per principal. */
  calls: number
  callsPerPrincipal: number
  webSockets: number
  headerCount: number
  /** Of one header value that travels on, characters. */
  headerValue: number
  callBytes: number
  otherBytes: number
  preAuthBytes: number
  /** A body that makes no progress for so long is given up, ms. */
  bodyIdleMs: number
  /** Slower than this on average, a body is given up as well, bytes per second. */
  bodyFloor: number
  /** A client that takes nothing of its answer for so long is cut off, ms. */
  clientIdleMs: number
  handshakeMs: number
  tickMs: number
  /** How often what is slow, silent or no longer allowed is looked for, ms. */
  sweepMs: number
  /** New work is refused while the event loop lags by more than this for `overloadSweeps` looks in a row, ms. */
  overloadMs: number
  overloadSweeps: number
  /** What may wait in a WebSocket for a slow reader before it is cut off. */
  webSocketBuffer: number
}

const KB = 1024
const MB = 1024 * KB

export const LIMITS: Limits = {
  connections: 1024,
  preAuthPerAddress: 8,
  calls: 256,
  // One token stands for all programs of one owner: a share of its own only makes sense once there are several.
  callsPerPrincipal: 256,
  webSockets: 256,
  headerCount: 100,
  headerValue: 8 * KB,
  callBytes: 32 * MB,
  otherBytes: MB,
  preAuthBytes: 64 * KB,
  bodyIdleMs: 60_000,
  bodyFloor: KB,
  clientIdleMs: 60_000,
  handshakeMs: 10_000,
  tickMs: 30_000,
  sweepMs: 500,
  overloadMs: 200,
  overloadSweeps: 6,
  webSocketBuffer: 4 * MB,
}
