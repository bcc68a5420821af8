// What calls that are billed by use cost in a day, and how several processes keep below one cap: each takes a lease of what is left and spends
// from that without asking anybody. Amounts are whole micro-dollars: a price of $3 for a million tokens is 3 of them for one.
import { DAY_MS } from './expiry.ts'

/** A part of the cap that one process may spend. */
export type Lease = {
  /** What of it is not booked as spent. */
  amount: number
  /** What of that running calls may cost, when it was written last. */
  reserved: number
  /** A process that is silent until then is dead, ms epoch. */
  until: number
}

export type DayBook = {
  /** `2031-05-06`, UTC. */
  day: string
  spent: number
  /** `<agent> <profile>` -> of `spent`. */
  profiles: ReadonlyMap<string, number>
  leases: ReadonlyMap<string, Lease>
}

/** The last days, by their name: a clock that is behind or ahead writes into a day of its own, and every other one stays as it was. */
export type SpendBook = ReadonlyMap<string, DayBook>

/** So many days are kept, so that no single wrong clock makes a true one forgotten. */
const KEPT_DAYS = 4

/** A lease ends when its process has not been heard of for so long. */
export const LEASE_MS = 60_000
/** A process takes a further share of what is left, so that it need not come back for the next call: one part in so many. */
const SHARE = 8

/** The day in which a moment lies, UTC. @param now ms epoch */
export function dayOf(now: number): string {
  return new Date(now).toISOString().slice(0, 10)
}

/** The end of the day in which a moment lies, UTC, ms epoch. */
export function endOfDay(now: number): number {
  return (Math.floor(now / DAY_MS) + 1) * DAY_MS
}

/** What a day has cost; nothing where nothing stands of it. */
export function dayIn(book: SpendBook, day: string): DayBook {
  return book.get(day) ?? { day, spent: 0, profiles: new Map(), leases: new Map() }
}

/** What a process has to say of one day. */
export type DayCosts = Pick<Draw, 'costs' | 'reserved'>

/** What a process has to say, and wants. */
export type Draw = {
  /** Whose lease it is. */
  id: string
  now: number
  /** The cap of a day. */
  cap: number
  /** What its calls have cost since it was here last, by `<agent> <profile>`. */
  costs: ReadonlyMap<string, number>
  /** What its running calls may cost. */
  reserved: number
  /** Of the days in which calls were let through that ended or run since, by the day. Each is of the cap of its own day. */
  others?: ReadonlyMap<string, DayCosts>
  /** What one more call may cost; undefined: there is none. */
  need?: number
  /** Nothing more is expected soon: the rest is given back. */
  isIdle?: boolean
}

export type Drawn = {
  /** Its lease from now on. */
  lease: number
  /** There is room for what it needs, and that is in the lease. */
  isGranted: boolean
  /** What nobody has spent, leased or reserved, that call included. */
  left: number
}

/**
 * Books what a process has spent, and gives it a lease that holds its running calls and, where there is room, one more and some more. What a dead
 * process had running counts as spent: nobody knows whether it was.
 */
export function draw(before: SpendBook, asked: Draw): { book: SpendBook; result: Drawn } {
  const { id, now, cap, costs, reserved, others = new Map<string, DayCosts>(), need = 0, isIdle = false } = asked
  const day = dayOf(now)
  const book = new Map(before)
  for (const [other, said] of others) book.set(other, settled(dayIn(book, other), said, id, now))
  const booked = withCosts(dayIn(book, day), costs)
  const leases = new Map(booked.leases)
  leases.delete(id)
  let { spent } = booked
  for (const [other, lease] of leases) {
    if (lease.until > now) continue
    leases.delete(other)
    spent += lease.reserved
  }
  let held = 0
  for (const { amount } of leases.values()) held += amount
  const room = cap - spent - held
  const isGranted = reserved + need <= room
  const own = isGranted ? reserved + need : reserved
  const lease = isIdle || !isGranted ? own : own + Math.floor((room - own) / SHARE)
  if (lease > 0) leases.set(id, { amount: lease, reserved: own, until: now + LEASE_MS })
  book.set(day, { ...booked, spent, leases })
  return { book: lastDays(book, day), result: { lease, isGranted, left: room - reserved } }
}

function withCosts(book: DayBook, costs: DayCosts['costs']): DayBook {
  const profiles = new Map(book.profiles)
  let { spent } = book
  for (const [profile, cost] of costs) {
    profiles.set(profile, (profiles.get(profile) ?? 0) + cost)
    spent += cost
  }
  return { ...book, spent, profiles }
}

/** A day that is over for the process, at least by its clock: what its calls of that day have cost, and what those that still run may cost. */
function settled(before: DayBook, { costs, reserved }: DayCosts, id: string, now: number): DayBook {
  const book = withCosts(before, costs)
  const leases = new Map(book.leases)
  // Where the clock went back, the lease ended later than it would from now on.
  const until = Math.max(leases.get(id)?.until ?? 0, now + LEASE_MS)
  leases.delete(id)
  if (reserved > 0) leases.set(id, { amount: reserved, reserved, until })
  return { ...book, leases }
}

/** Drops the oldest of too many days. @param present was just written */
function lastDays(book: ReadonlyMap<string, DayBook>, present: string): SpendBook {
  const others = [...book.keys()].filter((day) => day !== present).sort()
  const dropped = new Set(others.slice(0, Math.max(0, others.length + 1 - KEPT_DAYS)))
  return new Map([...book].filter(([day]) => !dropped.has(day)))
}

/**
 * What a day has cost so far, micro-dollars: what is booked, and what processes had running that are dead by now.
 * @param own a process that is alive, whatever stands there
 */
export function spentIn({ day, spent, leases }: DayBook, now: number, own?: string): number {
  if (day !== dayOf(now)) return 0
  let all = spent
  for (const [id, { until, reserved }] of leases) if (id !== own && until <= now) all += reserved
  return all
}

/** As it stands in a file: the latest day, and those `before` it. What is no such thing is left out. */
export function readBook(raw: Readonly<Record<string, unknown>>): SpendBook {
  const { day, before } = raw
  const days = Object.entries(recordOf(before)).map(([name, value]) => readDay(name, recordOf(value)))
  if (typeof day === 'string' && day !== '') days.push(readDay(day, raw))
  return new Map(days.map((one) => [one.day, one]))
}

function readDay(day: string, { spent, profiles, leases }: Readonly<Record<string, unknown>>): DayBook {
  return {
    day,
    spent: amountIn(spent),
    profiles: new Map(Object.entries(recordOf(profiles)).map(([key, value]) => [key, amountIn(value)])),
    leases: new Map(
      Object.entries(recordOf(leases)).map(([id, value]) => {
        const { amount, reserved, until } = recordOf(value)
        return [id, { amount: amountIn(amount), reserved: amountIn(reserved), until: amountIn(until) }]
      }),
    ),
  }
}

/** The fields of the file. */
export function writtenBook(book: SpendBook): Record<string, unknown> {
  const [latest, ...before] = [...book.values()].sort((a, b) => (a.day < b.day ? 1 : -1))
  return {
    unit: 'micro-dollars',
    ...(latest === undefined ? {} : { day: latest.day, ...writtenDay(latest) }),
    before: Object.fromEntries(before.map((one) => [one.day, writtenDay(one)])),
  }
}

function writtenDay({ spent, profiles, leases }: DayBook): Record<string, unknown> {
  return { spent, profiles: Object.fromEntries(profiles), leases: Object.fromEntries(leases) }
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function amountIn(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0
}

/** `$1.25`, with as many digits as it takes to see a small amount. @param amount micro-dollars */
export function formatUsd(amount: number): string {
  const dollars = amount / 1_000_000
  return dollars === 0 || dollars >= 0.01 ? `$${dollars.toFixed(2)}` : `$${dollars.toFixed(6).replace(/0{1,5}$/, '')}`
}
