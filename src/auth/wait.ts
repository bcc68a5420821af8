// Calls that are held because everything rests: counted, capped, and let go when somebody is back, one after the other.
import { type PickQuery, pick } from '../core/pick.ts'
import { EASE_MS } from '../core/ramp.ts'
import { holdMs, MOST_WAITING, spreadMs } from '../core/wait.ts'
import type { Home } from '../store/home.ts'
import type { System, Timer } from '../system/system.ts'
import type { View } from './auth.ts'

/** What a held call waits for. */
type Wish = { view: View; provider: string; query(): PickQuery }

type Held = { wish: Wish; timer: Timer; go(): void; isCalled: boolean }

type Room = { held: Set<Held>; total: number; isClosed: boolean }

/** One for each home: whoever waits, waits for the same accounts. */
const rooms = new WeakMap<Home, Room>()

function roomOf(home: Home): Room {
  const known = rooms.get(home)
  if (known !== undefined) return known
  const made: Room = { held: new Set(), total: 0, isClosed: false }
  rooms.set(home, made)
  return made
}

/** How many are held now, and how many ever were. */
export function waitsOf(home: Home): { open: number; total: number } {
  const room = rooms.get(home)
  return { open: room?.held.size ?? 0, total: room?.total ?? 0 }
}

/** How one call waits: as often as need be, within one time. */
export class Patience {
  readonly #wish: Wish
  /** ms epoch */
  #since: number | undefined
  #held: Held | undefined
  #wasEased = false

  /** @param query of the model asked for, whoever was tried */
  constructor(view: View, provider: string, query: () => PickQuery) {
    const untried = (): PickQuery => {
      const { tried: _, ...rest } = query()
      return rest
    }
    this.#wish = { view, provider, query: untried }
  }

  /**
   * Holds the call until somebody is back.
   * @param go called once, when it is worth another try
   * @returns false when it is refused now: nobody is back in time, somebody could be taken at once, or too many wait already
   */
  hold(go: () => void): boolean {
    const { view, provider } = this.#wish
    const { config, providers } = view.facts()
    if (config.waitMaxMs === 0) return false
    const { home } = view
    const room = roomOf(home)
    const facts = providers.get(provider)
    if (facts === undefined || room.isClosed || room.held.size >= MOST_WAITING || isBack(this.#wish)) return false
    const query = this.#wish.query()
    // A clock that has jumped back lends nobody time.
    const leftMs = config.waitMaxMs - Math.max(0, query.now - (this.#since ?? query.now))
    const ms = holdMs(facts, query, leftMs, chance(home.system))
    if (ms === undefined) return false
    this.#since ??= query.now
    this.#keep(ms, go)
    return true
  }

  /**
   * Holds the call for a moment, whatever the config says, because the only account that could serve is just back from a rest. Once: then it is
   * taken as it is.
   * @returns false when it goes on now
   */
  ease(go: () => void): boolean {
    const { system } = this.#wish.view.home
    const room = roomOf(this.#wish.view.home)
    if (this.#wasEased || room.isClosed || room.held.size >= MOST_WAITING) return false
    this.#wasEased = true
    this.#keep(chance(system) * EASE_MS, go)
    return true
  }

  #keep(ms: number, go: () => void): void {
    const { view } = this.#wish
    const { home } = view
    const room = roomOf(home)
    const held: Held = {
      wish: this.#wish,
      isCalled: false,
      timer: home.system.timer(ms, () => held.go()),
      go: () => {
        this.end()
        try {
          go()
        } catch (error) {
          // Nobody stands above it any more, and those who wait behind it are not to blame.
          const why = error instanceof Error ? error.message : 'unknown'
          home.system.log.error('a call that was held failed inside', { agent: view.agentId, why })
        }
      },
    }
    this.#held = held
    room.held.add(held)
    room.total++
  }

  /** Nobody waits any more. */
  end(): void {
    const held = this.#held
    if (held === undefined) return
    this.#held = undefined
    held.timer.cancel()
    rooms.get(this.#wish.view.home)?.held.delete(held)
  }
}

/** The health of profiles was read anew: a person may have cleared it, or another process served. */
export function callWaiting(home: Home): void {
  const room = rooms.get(home)
  if (room === undefined) return
  for (const held of room.held) {
    if (held.isCalled || !isBack(held.wish)) continue
    held.isCalled = true
    held.timer.cancel()
    held.timer = home.system.timer(chance(home.system) * spreadMs(0), () => held.go())
  }
}

/** A place with an account is free: whoever can be served now goes on at once, people who talk first, in the order of their coming. */
export function callNext(home: Home): void {
  const room = rooms.get(home)
  if (room === undefined || room.held.size === 0) return
  const isChat = ({ wish }: Held): boolean => wish.query().for !== 'program'
  const all = [...room.held]
  for (const held of [...all.filter(isChat), ...all.filter((one) => !isChat(one))]) if (isBack(held.wish)) held.go()
}

/** Nobody is held any longer: each tries once more, and hears why not. */
export function endWaiting(home: Home): void {
  const room = roomOf(home)
  room.isClosed = true
  for (const held of [...room.held]) held.go()
}

function isBack({ view, provider, query }: Wish): boolean {
  const facts = view.facts().providers.get(provider)
  if (facts === undefined) return false
  const { candidate, early, crowded } = pick(facts, query())
  return candidate !== undefined && !early && crowded !== true
}

function chance({ randomBytes }: System): number {
  return (randomBytes(1)[0] ?? 0) / 255
}
