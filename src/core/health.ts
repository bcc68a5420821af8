// Usage and trouble of one profile, and of single models within it. Every transition takes the time as an argument and returns a new value.
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
  /** The same for single models, by the names that the vendor is asked for; only of those that have failed since they last served. */
  models?: Readonly<Record<string, Health>>
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

/** What is kept of the model within the profile, if anything. */
export function healthOfModel({ models }: Health, model: string | undefined): Health | undefined {
  return models === undefined || model === undefined || !Object.hasOwn(models, model) ? undefined : models[model]
}

/** A window that is open. */
export type Rest = {
  kind: 'cooldown' | 'disabled'
  reason: string
  /** ms epoch */
  until: number
  /** Only this model rests, and the profile serves others. */
  model?: string
}

/**
 * The window that is open at `now`, if any: the one that ends last of those of the profile and of the model.
 * @param model as the vendor is asked for it; absent: the profile's own windows only
 */
export function unusable(health: Health, now: number, model?: string): Rest | undefined {
  const own = openWindow(health, now)
  const part = healthOfModel(health, model)
  const rest = part === undefined ? undefined : openWindow(part, now)
  if (rest === undefined || model === undefined || (own !== undefined && own.until >= rest.until)) return own
  return { ...rest, model }
}

function openWindow(health: Health, now: number): Rest | undefined {
  const cooldown = health.cooldownUntil ?? 0
  const disabled = health.disabledUntil ?? 0
  if (disabled > now && disabled >= cooldown) {
    return { kind: 'disabled', reason: health.disabledReason ?? 'disabled', until: disabled }
  }
  if (cooldown > now) return { kind: 'cooldown', reason: health.reason ?? 'cooldown', until: cooldown }
  return undefined
}

/** Whether others pass over the profile, or this model of it, because of what stands here: they must hear soon that it serves again. */
export function isMarked(health: Health, model: string | undefined): boolean {
  const { errorCount, cooldownUntil, disabledUntil } = health
  if (errorCount > 0 || cooldownUntil !== undefined || disabledUntil !== undefined) return true
  return healthOfModel(health, model) !== undefined
}

/** The end of the open window, or 0. The hot path's form of `unusable`. */
export function restsUntil(health: Health, now: number, model?: string): number {
  const until = Math.max(health.cooldownUntil ?? 0, health.disabledUntil ?? 0)
  const own = until > now ? until : 0
  const part = healthOfModel(health, model)
  return part === undefined ? own : Math.max(own, restsUntil(part, now))
}

/** Events of other processes arrive late, but not later than this; a mark further ahead is that of a clock that has jumped back since. */
const LATEST_MS = HOUR_MS

/** A failure that is heard of so long after a later success is taken for that of a clock that has jumped back: resting is the safer mistake. */
const LATEST_FAILURE_MS = MINUTE_MS

const isAheadBy = (mark: number | undefined, at: number, mostMs: number): mark is number =>
  mark !== undefined && mark > at && mark - at <= mostMs

/** Whether it failed after this moment, as far as a clock can be believed. */
export function hasFailedSince({ lastFailureAt }: Health, at: number): boolean {
  return isAheadBy(lastFailureAt, at, LATEST_MS)
}

/** A success: the counters and windows of the profile itself are gone, unless a failure came later than this success. */
export function used(health: Health, now: number): Health {
  const { lastUsedAt, models } = health
  if (hasFailedSince(health, now)) return { ...health, lastUsedAt: Math.max(now, lastUsedAt ?? 0) }
  const fresh: Health = {
    lastUsedAt: isAheadBy(lastUsedAt, now, LATEST_MS) ? lastUsedAt : now,
    errorCount: 0,
    failureCounts: {},
  }
  return models === undefined ? fresh : { ...fresh, models }
}

/** Cleared by a person, all its models with it. The place in the round stays. */
export function reset(health: Health): Health {
  const { errorCount, cooldownUntil, disabledUntil, models } = health
  if (errorCount === 0 && cooldownUntil === undefined && disabledUntil === undefined && models === undefined)
    return health
  return health.lastUsedAt === undefined ? HEALTHY : { ...HEALTHY, lastUsedAt: health.lastUsedAt }
}

/**
 * A failed call, blamed on the subject of this health: a profile, or a model within it. Inside an open window nothing changes (D3: never
 * extended from inside), whatever the hint; nor does a failure change what a later success has settled, when it is heard of late.
 * @param now ms epoch
 */
export function failed(health: Health, failure: Failure, now: number, ladder: Ladder = LADDER): Health {
  if (!marksHealth(failure)) return health
  if (restsUntil(health, now) > 0 || isAheadBy(health.lastUsedAt, now, LATEST_FAILURE_MS)) return health
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
    ...(health.models === undefined ? {} : { models: health.models }),
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

/**
 * Whether a resting profile may be tried early now (half-open): once per interval since it last failed or was last tried. Where the model
 * rests, it is the model's interval that counts, and the profile's own only if that rests as well.
 */
export function mayProbe(health: Health, now: number, ladder: Ladder = LADDER, model?: string): boolean {
  // A mark ahead of a clock that jumped back must not close the door for ever, nor hold it open.
  const isRecent = (at: number | undefined): boolean => at !== undefined && at <= now && now - at < ladder.probeEveryMs
  const part = healthOfModel(health, model)
  if (part !== undefined && restsUntil(part, now) > 0) {
    if (isRecent(part.lastFailureAt) || isRecent(part.lastProbeAt)) return false
    if (restsUntil(health, now) === 0) return true
  }
  return !isRecent(health.lastFailureAt) && !isRecent(health.lastProbeAt)
}

/** Tried early: the next early try waits an interval. */
export function probed(health: Health, now: number): Health {
  return { ...health, lastProbeAt: now }
}
