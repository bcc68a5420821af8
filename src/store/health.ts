// auth.json: health and usage of the profiles of one agent, rewritten often, without secrets (D11). Transitions are applied in memory at
// once and written behind, joined; under the lock they are replayed on what other processes wrote meanwhile.
import { HEALTHY, type Health, isMarked } from '../core/health.ts'
import { after, type HealthEvent, joined } from '../core/health-event.ts'
import type { Usage } from '../core/usage.ts'
import type { System, Timer } from '../system/system.ts'
import type { Backend } from './backend.ts'
import { childObject, isObject, type JsonObject, openDocument } from './document.ts'
import { readHealth, writeHealth } from './health-entry.ts'
import { readLegacy } from './legacy.ts'
import { dropUsage, openUsage, type UsageReader, writeUsage } from './usage.ts'

export type HealthStore = {
  where(): string
  /** Reads the file; transitions not yet written are replayed on top. @param fallback usageStats of the reference's auth-profiles.json */
  load(fallback?: JsonObject | Promise<JsonObject>): Promise<void>
  get(id: string): Health
  /**
   * Applies now, writes behind: what changes who is passed over within a moment, mere use joined over some seconds.
   * @param lastGood the provider whose last good profile this is
   * @returns the health after it
   */
  apply(id: string, event: HealthEvent, lastGood?: string): Health
  /**
   * Before a resting profile is tried early: marks it in memory at once, then on disk, where all processes that share it meet.
   * @param events the marks of the try, `at` the moment of it (ms epoch)
   * @param isFree whether it may be tried, as it stands on disk
   * @returns whether it is ours to try; also where the disk cannot be asked in time, for nobody is worth less for a full disk
   */
  claimProbe(id: string, events: readonly HealthEvent[], isFree: (health: Health) => boolean): Promise<boolean>
  lastGood(provider: string): string | undefined
  /** What the vendor said last of the limits of the account. */
  usage(id: string): Usage | undefined
  /** Keeps what an answer told of them; it is read when it is asked for, or written with the marks of use. */
  heard(id: string, read: UsageReader): void
  /** Whether credentials still stand here in the old shape of the file, as of the last load. */
  isOld(): boolean
  /** Drops what is kept of a profile. */
  forget(id: string): Promise<void>
  /** Writes what is pending. @throws AuthError when the file cannot be read or written; the marks stay pending */
  flush(): Promise<void>
}

/** The first mark of use is soon seen by whoever asks; those of a busy time only spread turns, and each write costs a disk two syncs. */
const BEHIND_MS = 1000
const BETWEEN_USES_MS = 5000
const SOON_MS = 50
/** So long a try waits for the right to be made: behind a slow disk, or one who holds the lock and stands still. */
const CLAIM_MS = 2000
/** After a failed write the next try waits this long; requests go on from memory. */
const RETRY_MS = 5000

/** Opens the store kept under the key. Nothing is read before `load`; what we do not understand, credentials of its old shape among it, stays. */
export function openHealth(system: System, backend: Backend, key: string): HealthStore {
  const document = openDocument(backend, key)
  const known = new Map<string, Health>()
  const good = new Map<string, string>()
  const usage = openUsage()
  let pending = new Map<string, readonly HealthEvent[]>()
  let pendingGood = new Map<string, string>()
  /** Being written: not pending any more, not surely on disk yet. Replaying an event twice changes nothing. */
  let inFlight = new Map<string, readonly HealthEvent[]>()
  /** Marks of early tries that are being claimed: of this process, and nobody else's yet. */
  const claims = new Set<readonly [id: string, events: readonly HealthEvent[]]>()
  let timer: { fire: Timer; at: number } | undefined
  let writing = Promise.resolve()
  let isOld = false
  let fallback: JsonObject = {}
  /** How many writes have ended: a read that one of them overtook is stale. */
  let writes = 0
  let wroteAt = Number.NEGATIVE_INFINITY

  const schedule = (delayMs: number): void => {
    const at = system.monotonic() + delayMs
    if (timer !== undefined && timer.at <= at) return
    timer?.fire.cancel()
    timer = {
      at,
      fire: system.timer(delayMs, () => {
        timer = undefined
        flush().catch((error: unknown) => {
          system.log.warn('health is not written; it is kept in memory and tried again', {
            file: document.where(),
            why: error instanceof Error ? error.message : 'unknown',
          })
          schedule(RETRY_MS)
        })
      }),
    }
  }

  const waitAmongUses = (): number => Math.max(BEHIND_MS, wroteAt + BETWEEN_USES_MS - system.monotonic())

  const entryOf = (document: JsonObject, id: string): JsonObject =>
    [isObject(document.usageStats) ? document.usageStats[id] : undefined, fallback[id]].find(isObject) ?? {}

  const write = async (): Promise<void> => {
    const told = usage.batch()
    if (pending.size === 0 && pendingGood.size === 0 && told.size === 0) return
    const batch = pending
    inFlight = batch
    const batchGood = pendingGood
    pending = new Map()
    pendingGood = new Map()
    try {
      await document.change((draft) => {
        draft.version ??= 1
        writeUsage(draft, told)
        const stats = childObject(draft, 'usageStats')
        for (const [id, events] of batch) {
          const before = entryOf(draft, id)
          stats[id] = writeHealth(replay(readHealth(before), events), before)
        }
        if (batchGood.size > 0) {
          const section = childObject(draft, 'lastGood')
          for (const [provider, id] of batchGood) section[provider] = id
        }
      })
      usage.written(told)
    } catch (error) {
      for (const [id, events] of batch) pending.set(id, joined(events, pending.get(id) ?? []))
      for (const [provider, id] of batchGood) if (!pendingGood.has(provider)) pendingGood.set(provider, id)
      throw error
    } finally {
      inFlight = new Map()
      writes++
      wroteAt = system.monotonic()
    }
  }

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = writing.then(work)
    writing = turn.then(
      () => undefined,
      () => undefined,
    )
    return turn
  }

  const flush = (): Promise<void> => inTurn(write)

  /** @returns false when somebody else tries, or has just tried: what they left is known from here on */
  const claim = (id: string, events: readonly HealthEvent[], isFree: (health: Health) => boolean): Promise<boolean> =>
    inTurn(async () => {
      const isOurs = await document.change((draft) => {
        const before = entryOf(draft, id)
        const stored = readHealth(before)
        const present = replay(stored, pending.get(id) ?? [])
        if (!isFree(present)) {
          known.set(id, present)
          return false
        }
        draft.version ??= 1
        childObject(draft, 'usageStats')[id] = writeHealth(replay(stored, events), before)
        return true
      })
      writes++
      return isOurs
    })

  const readSettled = async <T>(besides: T | Promise<T>): Promise<[JsonObject, T]> => {
    for (;;) {
      const before = writes
      const read = await Promise.all([document.read(), besides])
      if (before === writes) return read
    }
  }

  return {
    where: document.where,
    load: async (older = fallback) => {
      const [raw, next] = await readSettled(older)
      fallback = next
      usage.load(raw)
      const stats = { ...fallback, ...(isObject(raw.usageStats) ? raw.usageStats : {}) }
      isOld = readLegacy('cache', raw).entries.length > 0
      known.clear()
      for (const [id, entry] of Object.entries(stats)) if (isObject(entry)) known.set(id, readHealth(entry))
      for (const waiting of [inFlight, pending, claims]) {
        for (const [id, events] of waiting) known.set(id, replay(known.get(id) ?? HEALTHY, events))
      }
      good.clear()
      for (const [provider, id] of Object.entries(isObject(raw.lastGood) ? raw.lastGood : {})) {
        if (typeof id === 'string') good.set(provider, id)
      }
      for (const [provider, id] of pendingGood) good.set(provider, id)
    },
    get: (id) => known.get(id) ?? HEALTHY,
    claimProbe: async (id, events, isFree) => {
      const mine = [id, events] as const
      claims.add(mine)
      known.set(id, replay(known.get(id) ?? HEALTHY, events))
      try {
        return await withinTime(system, CLAIM_MS, claim(id, events, isFree))
      } catch {
        // Tried all the same; the mark is written as any other, as soon as that can be done.
        pending.set(id, joined(pending.get(id) ?? [], events))
        schedule(SOON_MS)
        return true
      } finally {
        claims.delete(mine)
      }
    },
    lastGood: (provider) => good.get(provider),
    usage: usage.get,
    heard: (id, read) => {
      usage.heard(id, read)
      schedule(waitAmongUses())
    },
    isOld: () => isOld,
    apply: (id, event, provider) => {
      const before = known.get(id) ?? HEALTHY
      const next = after(before, event)
      if (next === before) return before
      known.set(id, next)
      pending.set(id, joined(pending.get(id) ?? [], [event]))
      if (provider !== undefined && good.get(provider) !== id) {
        good.set(provider, id)
        pendingGood.set(provider, id)
      }
      schedule(event.kind === 'used' && !isMarked(before, event.model) ? waitAmongUses() : SOON_MS)
      return next
    },
    forget: (id) => {
      known.delete(id)
      pending.delete(id)
      usage.forget(id)
      delete fallback[id]
      for (const best of [good, pendingGood]) {
        for (const [provider, name] of best) if (name === id) best.delete(provider)
      }
      // Behind a write that is under way, which may hold this very profile.
      return inTurn(async () => {
        if (Object.keys(await document.read()).length === 0) return
        await document.change((draft) => {
          dropUsage(draft, id)
          if (isObject(draft.usageStats)) delete draft.usageStats[id]
          if (!isObject(draft.lastGood)) return
          for (const [provider, best] of Object.entries(draft.lastGood)) {
            if (best === id) delete draft.lastGood[provider]
          }
        })
      })
    },
    flush,
  }
}

/** @throws what the work throws, or an error of its own when the time is over; the work goes on */
function withinTime<T>(system: System, ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = system.timer(ms, () => reject(new Error('not in time')))
    work.then(resolve, reject).finally(() => late.cancel())
  })
}

function replay(health: Health, events: readonly HealthEvent[]): Health {
  return events.reduce((before, event) => after(before, event), health)
}
