// Usage and trouble of one profile. Every transition takes the time as an argument and returns a new value.
import { DAY_MS, HOUR_MS, MINUTE_MS } from './expiry.ts'
import { type Failure, type FailureClass, marksHealth } from './failure.ts'

export type Health = {
  lastUsedAt?: number
  cooldownUntil?: number
  disabledUntil?: number
  disabledReason?: string
  /** What the present cooldown is for. */
  reason?: string
  errorCount: number
  failureCounts: Readonly<Record<string, number>>
  lastFailureAt?: number
  /** When a resting profile was last tried early. */
  lastProbeAt?: number
}

export const HEALTHY: Health = { errorCount: 0, failureCounts: {} }

export type Lane = { kind: 'cooldown' | 'disabled'; stepsMs: readonly number[] }

/** The ladder as data (D3): which lane a class rests in, and how long at the nth failure in a row. */
export type Ladder = {
  lanes: Readonly<Record<'account' | 'billing' | 'permanent' | 'vendor', Lane>>
  /** Counters start anew when the last failure is older than this. */
  windowMs: number
  /** Between two early tries of a resting profile. */
  probeEveryMs: number
  /** A vendor's hint is believed up to here. */
  longestHintMs: number
}

export const LADDER: Ladder = {
  lanes: {
    account: { kind: 'cooldown', stepsMs: [MINUTE_MS, 5 * MINUTE_MS, 25 * MINUTE_MS, HOUR_MS] },
    billing: { kind: 'disabled', stepsMs: [5 * HOUR_MS, 10 * HOUR_MS, 20 * HOUR_MS, DAY_MS] },
    permanent: { kind: 'disabled', stepsMs: [HOUR_MS, 6 * HOUR_MS, DAY_MS] },
    vendor: { kind: 'cooldown', stepsMs: [10_000, 30_000, MINUTE_MS] },
  },
  windowMs: DAY_MS,
  probeEveryMs: MINUTE_MS,
  longestHintMs: 31 * DAY_MS,
}

/** `auth.cooldowns` of the config, in the reference's names and units. */
export type Cooldowns = {
  /** The first rest after trouble with money, in hours; doubled each time. */
  billingBackoffHours?: number | undefined
  /** The same for one provider. */
  billingBackoffHoursByProvider?: Readonly<Record<string, number>> | undefined
  /** The longest such rest. */
  billingMaxHours?: number | undefined
  /** Counters start anew when the last failure is older. */
  failureWindowHours?: number | undefined
  /** The first and the longest rest of a credential that is refused for good, in minutes. */
  authPermanentBackoffMinutes?: number | undefined
  authPermanentMaxMinutes?: number | undefined
}

const MOST_STEPS = 11

/**
 * The ladder of a provider under the settings; what they leave out stays as it is.
 * @returns LADDER itself where they say nothing of it
 */
export function ladderOf(settings: Cooldowns, provider: string): Ladder {
  const { billing, permanent } = LADDER.lanes
  const byProvider = settings.billingBackoffHoursByProvider ?? {}
  const first = Object.hasOwn(byProvider, provider) ? byProvider[provider] : settings.billingBackoffHours
  const { billingMaxHours, failureWindowHours, authPermanentBackoffMinutes, authPermanentMaxMinutes } = settings
  const isTold = [first, billingMaxHours, failureWindowHours, authPermanentBackoffMinutes, authPermanentMaxMinutes]
  if (isTold.every((value) => value === undefined)) return LADDER
  return {
    ...LADDER,
    lanes: {
      ...LADDER.lanes,
      billing: { ...billing, stepsMs: steps(billing.stepsMs, times(first, HOUR_MS), times(billingMaxHours, HOUR_MS)) },
      permanent: {
        ...permanent,
        stepsMs: steps(
          permanent.stepsMs,
          times(authPermanentBackoffMinutes, MINUTE_MS),
          times(authPermanentMaxMinutes, MINUTE_MS),
        ),
      },
    },
    windowMs: times(failureWindowHours, HOUR_MS) ?? LADDER.windowMs,
  }
}

function times(value: number | undefined, unitMs: number): number | undefined {
  return value === undefined ? undefined : Math.round(value * unitMs)
}

/** Doubled from the first to the longest. The first is a minute at least, the longest no shorter than the first. */
function steps(usual: readonly number[], first: number | undefined, longest: number | undefined): readonly number[] {
  if (first === undefined && longest === undefined) return usual
  const from = Math.max(MINUTE_MS, first ?? usual[0] ?? MINUTE_MS)
  const to = Math.max(from, longest ?? usual.at(-1) ?? from)
  const all = [from]
  for (let next = from; next < to && all.length < MOST_STEPS; ) {
    next = Math.min(to, next * 2)
    all.push(next)
  }
  return all
}

function laneOf(failure: Failure): keyof Ladder['lanes'] {
  const byClass: Partial<Record<FailureClass, keyof Ladder['lanes']>> = {
    billing: 'billing',
    auth_permanent: 'permanent',
    overloaded: 'vendor',
    server: 'vendor',
    timeout: 'vendor',
    network: 'vendor',
  }
  return byClass[failure.class] ?? 'account'
}

/** The window that is open at `now`, if any: the later of the two ends. */
export function unusable(
  health: Health,
  now: number,
): { kind: 'cooldown' | 'disabled'; reason: string; until: number } | undefined {
  const cooldown = health.cooldownUntil ?? 0
  const disabled = health.disabledUntil ?? 0
  if (disabled > now && disabled >= cooldown) {
    return { kind: 'disabled', reason: health.disabledReason ?? 'disabled', until: disabled }
  }
  if (cooldown > now) return { kind: 'cooldown', reason: health.reason ?? 'cooldown', until: cooldown }
  return undefined
}

/** The end of the open window, or 0. The hot path's form of `unusable`. */
export function restsUntil(health: Health, now: number): number {
  const until = Math.max(health.cooldownUntil ?? 0, health.disabledUntil ?? 0)
  return until > now ? until : 0
}

/** Events of other processes arrive late, but not later than this; a mark further ahead is that of a clock that has jumped back since. */
const LATEST_MS = HOUR_MS

/** A success: the counters and windows are gone, unless a failure came later than this success. */
export function used(health: Health, now: number): Health {
  const { lastFailureAt, lastUsedAt } = health
  const isLate = lastFailureAt !== undefined && lastFailureAt > now && lastFailureAt - now <= LATEST_MS
  if (isLate) return { ...health, lastUsedAt: Math.max(now, lastUsedAt ?? 0) }
  const isAhead = lastUsedAt !== undefined && lastUsedAt > now && lastUsedAt - now <= LATEST_MS
  return { lastUsedAt: isAhead ? lastUsedAt : now, errorCount: 0, failureCounts: {} }
}

/** Something that happened to a profile. Events are kept until they are written, and replayed on what others wrote meanwhile. */
export type HealthEvent =
  | { kind: 'used'; at: number }
  /** The ladder travels with it: it is replayed where nobody knows whose failure this was. */
  | { kind: 'failed'; at: number; failure: Failure; ladder?: Ladder }
  | { kind: 'probed'; at: number }
  | { kind: 'reset'; at: number }

/** The health after the event. @returns the very same object when nothing changes */
export function after(health: Health, event: HealthEvent): Health {
  switch (event.kind) {
    case 'used':
      return used(health, event.at)
    case 'failed':
      return failed(health, event.failure, event.at, event.ladder)
    case 'probed':
      return probed(health, event.at)
    case 'reset':
      return reset(health)
  }
}

/** Cleared by a person. The place in the round stays. */
export function reset(health: Health): Health {
  if (health.errorCount === 0 && health.cooldownUntil === undefined && health.disabledUntil === undefined) return health
  return health.lastUsedAt === undefined ? HEALTHY : { ...HEALTHY, lastUsedAt: health.lastUsedAt }
}

/**
 * A failed call. Inside an open window nothing changes (D3: never extended from inside), whatever the hint.
 * @param now ms epoch
 */
export function failed(health: Health, failure: Failure, now: number, ladder: Ladder = LADDER): Health {
  if (!marksHealth(failure)) return health
  if (restsUntil(health, now) > 0) return health
  const fresh = health.lastFailureAt !== undefined && now - health.lastFailureAt > ladder.windowMs
  const counts = fresh ? {} : health.failureCounts
  const count = (counts[failure.class] ?? 0) + 1
  const errorCount = (fresh ? 0 : health.errorCount) + 1
  const lane = laneOf(failure)
  const { kind, stepsMs } = ladder.lanes[lane]
  const step = (lane === 'billing' || lane === 'permanent' ? count : errorCount) - 1
  const until = hintedUntil(failure, now, ladder) ?? now + (stepsMs[Math.min(step, stepsMs.length - 1)] ?? MINUTE_MS)
  const next: Health = {
    ...(health.lastUsedAt === undefined ? {} : { lastUsedAt: health.lastUsedAt }),
    ...(health.lastProbeAt === undefined ? {} : { lastProbeAt: health.lastProbeAt }),
    errorCount,
    failureCounts: { ...counts, [failure.class]: count },
    lastFailureAt: now,
  }
  return kind === 'disabled'
    ? { ...next, disabledUntil: until, disabledReason: failure.class }
    : { ...next, cooldownUntil: until, reason: failure.class }
}

function hintedUntil(failure: Failure, now: number, ladder: Ladder): number | undefined {
  const at = failure.retryAt
  if (at === undefined || !Number.isFinite(at) || at <= now) return undefined
  return at - now > ladder.longestHintMs ? undefined : at
}

/** Whether a resting profile may be tried early now (half-open): once per interval since it last failed or was last tried. */
export function mayProbe(health: Health, now: number, ladder: Ladder = LADDER): boolean {
  // A mark ahead of a clock that jumped back must not close the door for ever, nor hold it open.
  const isRecent = (at: number | undefined): boolean => at !== undefined && at <= now && now - at < ladder.probeEveryMs
  return !isRecent(health.lastFailureAt) && !isRecent(health.lastProbeAt)
}

/** Tried early: the next early try waits an interval. */
export function probed(health: Health, now: number): Health {
  return { ...health, lastProbeAt: now }
}
