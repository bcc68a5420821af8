// What must be true of every simulation, as data: after each step, or once everything has come to rest.
import type { Mechanism } from './locks.ts'
import { ELSEWHERE, fingerprintOf, type Process, STATE } from './machine.ts'
import type { Caller, Simulation, Snapshot } from './simulation.ts'
import { SECRET_SHAPE, type Sending } from './vendor.ts'

export type Violation = { invariant: string; detail: string }

/** Each looks at what just happened, where it can be broken, and says how it was; undefined: it holds. */
export type Invariant = {
  id: string
  says: string
  /** A refresh token is about to be sent. */
  sending?(simulation: Simulation, sending: Sending): string | undefined
  /** A call leaves with what a renewal brought. @param next the refresh token that came with it */
  using?(simulation: Simulation, next: string, process: Process): string | undefined
  /** A file stands there in a new form. */
  wrote?(simulation: Simulation, path: string, text: string, before: string | undefined): string | undefined
  logged?(line: string): string | undefined
  /** Somebody was answered. */
  answered?(simulation: Simulation, caller: Caller): string | undefined
  /** A process has died, by itself or with the whole machine. */
  crashed?(simulation: Simulation): string | undefined
  /** The last fault is long over. */
  rested?(simulation: Simulation, snapshots: readonly Snapshot[]): string | undefined
}

/** After the last fault everything is as it should be within this, ms: with portable locks a dead holder elsewhere is waited for (D12). */
export const REST_MS: Readonly<Record<Mechanism, number>> = { kernel: 60_000, portable: 240_000 }

/** For somebody else's exchange and one's own, three times over, ms: more than that nobody waits for a renewal. */
export const LONGEST_WAIT_MS = 3 * 70_000
/** Nobody tries a token that somebody elsewhere may be redeeming for a lease twice over from the claim, which is written a while before the sending, ms. */
const AFTER_THE_LEASE_MS = 120_000 - 40_000

const PROFILES = /\/auth-profiles(?:\.undo)?\.json$/
const CACHE_FILE = `${STATE}/agents/main/agent/auth.json`
const CACHE = /\/auth\.json$/

/** Somebody knew how it ended, and lived to write it down on a disk that took it. */
function wasKnown({ isConcluded, struckBefore, struckAfter }: Sending): boolean {
  return isConcluded && struckAfter === struckBefore
}

export const INVARIANTS: readonly Invariant[] = [
  {
    id: 'I1',
    says: 'a refresh token is sent twice only if its first outcome was unknown',
    sending: ({ vendor, schedule, plan, disk, clocks }, { token, process }) => {
      const claimed = disk.remains(CACHE_FILE).every((text) => text?.includes(fingerprintOf(token)) === true)
      if (!claimed) return 'sent before the claim to it was sure to be found by whoever comes next'
      for (const before of vendor.sendings) {
        if (before.token !== token || before.outcome === 'no' || before.outcome === 'unknown') continue
        const who = `${before.process.name}, then ${process.name}`
        if (before.outcome === 'pending') {
          const isElsewhere = plan.mechanism === 'portable' && before.process.host !== process.host
          const ms = schedule.now - before.at
          // Somebody elsewhere, who does not see who lives here, may have freed the right of a frozen one: D12 has everybody wait as long.
          if (plan.mechanism === 'portable' && ms >= AFTER_THE_LEASE_MS) continue
          // Nobody sees from elsewhere who is dead; on one host a dead one cannot come back. The wait is one by the clocks of both.
          if (isElsewhere && before.process.isDead && clocks.size > 0) continue
          if (!isElsewhere && before.process.isDead) continue
          // Who saw that it was dead has tried the token since, and that is over, too: there is nothing to wait for any more.
          const isTriedSince = (after: Sending): boolean =>
            after.token === token && after.at > before.at && after.isConcluded
          if (before.process.isDead && vendor.sendings.some(isTriedSince)) continue
          return `sent by ${who}, while the first may still have been asking`
        }
        const isKept = before.outcome === 'granted' && before.next === undefined
        if (!isKept && wasKnown(before)) return `sent by ${who}, after ${before.outcome}`
      }
      return undefined
    },
  },
  {
    id: 'I2',
    says: 'no acknowledged credential is lost, none appears twice under two generations, what was redeemed is on a disk before its use',
    using: ({ disk, registrations, vendor }, next, process) => {
      const redeemed = vendor.sendings.find((sending) => sending.next === next)
      // Between the rename and the sync of the folder others may see it already; a power cut then takes what it would have taken unseen.
      if (redeemed === undefined || (redeemed.process !== process && redeemed.struckAfter === redeemed.struckBefore))
        return undefined
      if (redeemed.process !== process && redeemed.struckAfter === undefined) return undefined
      const everywhere = (path: string): boolean => disk.remains(path).every((text) => text?.includes(next) === true)
      const places = [...disk.all(STATE), ...disk.all(ELSEWHERE)]
      if (places.some((path) => everywhere(path)) || registrations.isMoving()) return undefined
      return 'a token is used while a power cut could still lose what was redeemed with it'
    },
    rested: ({ vendor, registrations }, snapshots) => {
      const seen = new Map<string, string>()
      for (const [id, { refresh }] of snapshots[0]?.stored ?? []) {
        const login = refresh === undefined ? undefined : vendor.familyOf(refresh)?.name
        if (refresh === undefined || login === undefined) continue
        const other = seen.get(login)
        if (other !== undefined) return `${id} and ${other} hold the same login`
        seen.set(login, id)
        const spent = vendor.sendings.find(
          ({ token, outcome, isForeign }) => token === refresh && outcome === 'granted' && isForeign !== true,
        )
        if (spent?.next !== undefined && spent.isConcluded)
          return `${id} holds a refresh token that ${spent.process.name} has redeemed, whose successor is lost`
      }
      return registrations.complaint(snapshots[0]?.stored ?? new Map())
    },
  },
  {
    id: 'I3',
    says: 'every crash point leaves a readable store',
    wrote: ({ disk }, path) => {
      if (!path.endsWith('.json')) return undefined
      return disk.remains(path).every(isReadable) ? undefined : `${path} may be torn by a power cut at this moment`
    },
    crashed: ({ disk }) => {
      const torn = disk.all(STATE).find((path) => path.endsWith('.json') && !isReadable(disk.text(path)))
      return torn === undefined ? undefined : `${torn} cannot be read`
    },
  },
  {
    id: 'I4',
    says: 'what explain says is what acquire takes',
    answered: (_, { explained, taken }) =>
      explained === taken || taken === undefined ? undefined : `explained ${explained}, took ${taken}`,
  },
  {
    id: 'I5',
    says: 'no window grows while it is closed',
    wrote: ({ clocks }, path, text, before) => {
      if (!CACHE.test(path) || before === undefined || clocks.size > 0) return undefined
      const [old, next] = [statsIn(before), statsIn(text)]
      for (const [id, { cooldownUntil = 0, lastFailureAt = 0, lastUsed = 0 }] of Object.entries(next)) {
        const was = old[id]
        if (was?.cooldownUntil === undefined || cooldownUntil <= was.cooldownUntil || lastUsed > (was.lastUsed ?? 0))
          continue
        if (lastFailureAt < was.cooldownUntil)
          return `the rest of ${id} was lengthened by ${cooldownUntil - was.cooldownUntil} ms`
      }
      return undefined
    },
  },
  {
    id: 'I6',
    says: 'nobody with a live token waits for a refresh',
    answered: (_, { isLive, leftAtOnce }) =>
      isLive === true && leftAtOnce === false ? 'a call with a live token did not leave at once' : undefined,
  },
  {
    id: 'I7',
    says: '`needs login` only after a permanent answer or two unknown ones',
    wrote: ({ vendor }, path, text) => {
      if (!CACHE.test(path)) return undefined
      for (const [id, claim] of claimsIn(text)) {
        if (claim.state !== 'refused') continue
        const sendings = vendor.sendings.filter(({ token }) => fingerprintOf(token) === claim.generation)
        const permanent = sendings.some(({ outcome, isForeign }) => outcome === 'ended' || isForeign === true)
        const unknown = sendings.filter(({ outcome, process }) => outcome === 'unknown' || process.isDead).length
        if (!permanent && unknown < 2) return `${id} is given up: ${claim.reason}`
      }
      return undefined
    },
  },
  {
    id: 'I8',
    says: 'every wait ends within its bound',
    answered: ({ schedule }, { process, startedAt, frozenBefore, what }) => {
      const ms = schedule.now - startedAt - (process.frozenMs - frozenBefore)
      return ms > LONGEST_WAIT_MS ? `${what} of ${process.name} took ${Math.round(ms)} ms` : undefined
    },
  },
  {
    id: 'I9',
    says: 'no secret in log, health or history',
    logged: (line) => (SECRET_SHAPE.test(line) ? `logged: ${line.trim().slice(0, 300)}` : undefined),
    wrote: (_, path, text) =>
      !PROFILES.test(path) && !path.includes('/spool/') && SECRET_SHAPE.test(text)
        ? `${path} holds a secret`
        : undefined,
  },
  {
    id: 'I10',
    says: 'some time after the last fault all are answered, and all processes see the same',
    rested: ({ callers, vendor, clocks }, snapshots) => {
      const open = callers.find(({ isAnswered, process }) => !isAnswered && !process.isDead)
      if (open !== undefined) return `${open.what} of ${open.process.name} is still unanswered`
      const [first] = snapshots
      for (const { process, host, seen, renewed } of snapshots) {
        // Whose clock is wrong sees other ends.
        const isOneTime = (clocks.get(host) ?? 0) === (clocks.get(first?.host ?? '') ?? 0)
        if (first !== undefined && isOneTime && seen !== first.seen)
          return `${process} sees ${seen}; ${first.process} sees ${first.seen}`
        for (const [id, kind] of renewed) {
          const refresh = first?.stored.get(id)?.refresh
          // Whoever once got another account for it does not ask again.
          if (vendor.sendings.some(({ token, isForeign }) => token === refresh && isForeign === true)) continue
          const family = refresh === undefined ? undefined : vendor.familyOf(refresh)
          if (family?.isCurrent === true && !family.isRevoked && kind !== 'live')
            return `${id} could be renewed, but ${process} says ${kind}`
        }
      }
      return undefined
    },
  },
]

function isReadable(text: string | undefined): boolean {
  if (text === undefined) return true
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null
  } catch {
    return false
  }
}

type Stats = Record<string, { cooldownUntil?: number; lastFailureAt?: number; lastUsed?: number }>

function statsIn(text: string): Stats {
  return (JSON.parse(text) as { usageStats?: Stats }).usageStats ?? {}
}

type ClaimOnDisk = { state?: string; generation?: string; reason?: string }

function claimsIn(text: string): [string, ClaimOnDisk][] {
  const { refresh = {} } = JSON.parse(text) as { refresh?: Record<string, { claim?: ClaimOnDisk }> }
  return Object.entries(refresh).flatMap(([id, { claim }]) => (claim === undefined ? [] : [[id, claim]]))
}
