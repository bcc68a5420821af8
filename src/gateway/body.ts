// Takes the body of a request as pieces, up to a bound and not slower than allowed.
import type { Refusal } from './guard.ts'
import type { House, Visit } from './house.ts'

/** A body under way, as the sweep sees it. */
export type BodyWatch = {
  bytes: number
  /** What the last look saw, and when it last saw more than before. */
  seenBytes: number
  startedAt: number
  movedAt: number
  giveUp(): void
}

export type BodyTaker = {
  piece?(chunk: Uint8Array): void
  done(pieces: Uint8Array[], bytes: number): void
  /** The request cannot be read on; the connection must be closed behind the answer. */
  refused(refusal: Refusal): void
}

/**
 * Starts reading. One of `done` and `refused` is called, or none when the client goes away.
 */
export function takeBody(visit: Visit, taker: BodyTaker): void {
  const { house, request, head, route } = visit
  const most = route.bodyBytes
  if ((head.contentLength ?? 0) > most) {
    taker.refused(tooLarge(most))
    return
  }
  const pieces: Uint8Array[] = []
  const now = house.system.monotonic()
  let over = false
  const watch: BodyWatch = {
    bytes: 0,
    seenBytes: 0,
    startedAt: now,
    movedAt: now,
    giveUp: () => refuse({ status: 408, code: 'slow_body', message: 'The body came too slowly.' }),
  }
  const stop = (): void => {
    over = true
    house.bodies.delete(watch)
  }
  const refuse = (refusal: Refusal): void => {
    if (over) return
    stop()
    taker.refused(refusal)
  }
  const finish = (): void => {
    if (over) return
    stop()
    taker.done(pieces, watch.bytes)
  }
  house.bodies.add(watch)
  request.bodyTo({
    piece: (chunk) => {
      if (over) return false
      watch.bytes += chunk.byteLength
      if (watch.bytes > most) {
        refuse(tooLarge(most))
        return false
      }
      pieces.push(chunk)
      taker.piece?.(chunk)
      return true
    },
    end: finish,
  })
  visit.whenClosed.push(stop)
}

/** Gives up the bodies that stand still or crawl. */
export function sweepBodies(house: House): void {
  const { bodyIdleMs, bodyFloor } = house.limits
  const now = house.system.monotonic()
  for (const body of house.bodies) {
    if (body.bytes > body.seenBytes) {
      body.seenBytes = body.bytes
      body.movedAt = now
    }
    const age = now - body.startedAt
    const isCrawling = age > bodyIdleMs && body.bytes < (bodyFloor * age) / 1000
    if (now - body.movedAt > bodyIdleMs || isCrawling) body.giveUp()
  }
}

function tooLarge(most: number): Refusal {
  return { status: 413, code: 'too_large', message: `The body is larger than ${Math.floor(most / 1024)} kB.` }
}
