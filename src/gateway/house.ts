// What every request handler has at hand: the credential plane, the gate, the limits, and what is under way.
import type { Auth, View } from '../auth/auth.ts'
import type { AutoPins } from '../core/auto-pins.ts'
import type { IncomingRequest, OutgoingResponse } from '../system/listen.ts'
import type { LoadMeter } from '../system/load.ts'
import type { Transport } from '../system/send.ts'
import type { System } from '../system/system.ts'
import type { Activities } from './activity.ts'
import type { Dialects } from './api/interpreter.ts'
import type { BodyWatch } from './body.ts'
import type { Gate, Principal } from './gate.ts'
import type { Head } from './guard.ts'
import type { Limits } from './limits.ts'
import type { Messengers } from './messengers.ts'
import type { Metrics } from './metrics.ts'
import type { HttpRoute } from './routes.ts'
import type { Turns } from './turns.ts'

export type House = {
  readonly system: System
  readonly auth: Auth
  readonly gate: Gate
  readonly limits: Limits
  readonly metrics: Metrics
  readonly load: LoadMeter
  /** Who served each relayed conversation last. */
  readonly pins: AutoPins
  /** By chance, of this process: what clients call their conversations cannot be found by trying. */
  readonly seed: number
  /** Bodies under way; the sweep looks for the slow ones. */
  readonly bodies: Set<BodyWatch>
  /** Bodies and handshakes of callers who have not shown a token, by bucket. */
  readonly preAuth: Map<string, number>
  /** Loaded after the gateway listens; a request that comes before waits for it. */
  transport: Transport | undefined
  /** Loaded behind the start, or by the first call that has to be translated. */
  dialects: Dialects | undefined
  /** The agent meant when none is named, opened. */
  view: View | undefined
  /** Chat turns, once a face has had one. */
  turns: Turns | undefined
  /** What happened lately, once somebody has looked. */
  activities: Activities | undefined
  /** The chat channels that the config names. */
  messengers: Messengers | undefined
  /** Calls under way, in all and by principal. */
  calls: number
  readonly callsBy: Map<string, number>
  webSockets: number
  lagMs: number
  isOverloaded: boolean
  isClosing: boolean
  readonly startedAt: number
  /** Where it listens, once it does. */
  address: { host: string; port: number } | undefined
}

/** One request with everything that was found out about it. */
export type Visit = {
  house: House
  request: IncomingRequest
  response: OutgoingResponse
  head: Head
  route: HttpRoute
  /** Undefined on public routes. */
  principal: Principal | undefined
  /** Called once when the answer is over or the client has gone; a listener per interest would cost more. */
  whenClosed: (() => void)[]
}

export type Handler = (visit: Visit) => void

/** Takes one of the places that callers without a token have per address. @returns gives it back, or undefined when all are taken */
export function takePreAuth(house: House, bucket: string): (() => void) | undefined {
  const taken = house.preAuth.get(bucket) ?? 0
  if (taken >= house.limits.preAuthPerAddress) return undefined
  house.preAuth.set(bucket, taken + 1)
  let isBack = false
  return () => {
    if (isBack) return
    isBack = true
    const now = (house.preAuth.get(bucket) ?? 1) - 1
    if (now <= 0) house.preAuth.delete(bucket)
    else house.preAuth.set(bucket, now)
  }
}
