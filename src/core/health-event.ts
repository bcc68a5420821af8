// What happens to a profile, or to one model within it, as events: applied at once, kept until they are written, replayed on what others wrote.
import type { Failure } from './failure.ts'
import {
  failed,
  HEALTHY,
  type Health,
  hasFailedSince,
  healthOfModel,
  type Ladder,
  probed,
  reset,
  used,
} from './health.ts'

/** `model` is the one that was asked for, by the name that the vendor knows. */
export type HealthEvent =
  | { kind: 'used'; at: number; model?: string | undefined }
  /** The ladder travels with it: it is replayed where nobody knows whose failure this was. */
  | { kind: 'failed'; at: number; failure: Failure; ladder?: Ladder; model?: string | undefined }
  /** Of the model's rest, where one is named; else of the profile's own. */
  | { kind: 'probed'; at: number; model?: string | undefined }
  | { kind: 'reset'; at: number }

/** So many models of one profile are remembered; those that failed longest ago go first. */
export const MOST_MODELS = 32

/** The health after the event. @returns the very same object when nothing changes */
export function after(health: Health, event: HealthEvent): Health {
  switch (event.kind) {
    case 'used':
      return served(health, event)
    case 'failed':
      return event.failure.scope === 'model'
        ? ofModel(health, event.model, (part) => failed(part ?? HEALTHY, event.failure, event.at, event.ladder))
        : failed(health, event.failure, event.at, event.ladder)
    case 'probed':
      if (event.model === undefined) return probed(health, event.at)
      return ofModel(health, event.model, (part) => (part === undefined ? undefined : probed(part, event.at)))
    case 'reset':
      return reset(health)
  }
}

/** The model serves again, and with it the profile; what is known of other models stays. */
function served(health: Health, { at, model }: { at: number; model?: string | undefined }): Health {
  const next = used(health, at)
  const part = healthOfModel(health, model)
  if (part === undefined || hasFailedSince(part, at)) return next
  const others = Object.entries(health.models ?? {}).filter(([name]) => name !== model)
  const { models: _, ...rest } = next
  return others.length === 0 ? rest : { ...rest, models: Object.fromEntries(others) }
}

function ofModel(
  health: Health,
  model: string | undefined,
  change: (part: Health | undefined) => Health | undefined,
): Health {
  // Nobody knows which one it was.
  if (model === undefined) return health
  const before = healthOfModel(health, model)
  const next = change(before)
  if (next === undefined || next === before || next === HEALTHY) return health
  return { ...health, models: bounded({ ...health.models, [model]: next }) }
}

/** At most so many models, the ones that failed last. @returns the very same object where there are no more */
export function bounded(models: Readonly<Record<string, Health>>): Readonly<Record<string, Health>> {
  const all = Object.entries(models)
  if (all.length <= MOST_MODELS) return models
  const latestFirst = all.sort(([, a], [, b]) => (b.lastFailureAt ?? 0) - (a.lastFailureAt ?? 0))
  return Object.fromEntries(latestFirst.slice(0, MOST_MODELS))
}

const EVERYTHING = Symbol('everything')
type Subject = string | undefined | typeof EVERYTHING

/** Whose state the event is there for: a model's, the profile's own (undefined), or both with all other models. */
function subjectOf(event: HealthEvent): Subject {
  if (event.kind === 'reset') return EVERYTHING
  if (event.kind === 'failed' && event.failure.scope !== 'model') return undefined
  return event.model
}

/**
 * A success or a reset makes everything before it irrelevant, so the list stays short whatever the traffic: a reset all of it, a success what
 * concerns the profile itself and the model that served. Two things stay: what is dated later (the clock was set back), and the last early
 * try, which counts where the success turns out to be older than a failure.
 */
export function joined(events: readonly HealthEvent[], more: readonly HealthEvent[]): readonly HealthEvent[] {
  if (events.length === 0 || isOneAfterAnother(events, more)) return more
  const kept: HealthEvent[] = []
  const cleared = new Map<Subject, number>()
  const probed = new Set<Subject>()
  let resetAt = Number.NEGATIVE_INFINITY
  const all = [...events, ...more]
  for (let at = all.length - 1; at >= 0; at--) {
    const event = all[at]
    if (event === undefined) continue
    const subject = subjectOf(event)
    const isLastProbe = event.kind === 'probed' && !probed.has(subject)
    if (isLastProbe) probed.add(subject)
    if (event.at > Math.max(resetAt, cleared.get(subject) ?? Number.NEGATIVE_INFINITY) || isLastProbe) kept.push(event)
    if (event.kind === 'reset') resetAt = Math.max(resetAt, event.at)
    if (event.kind !== 'used') continue
    for (const what of [undefined, event.model]) cleared.set(what, Math.max(event.at, cleared.get(what) ?? event.at))
  }
  return newest(kept.reverse())
}

/** The healthy path: the same model of the same profile serves again and again. */
function isOneAfterAnother(
  [one, ...others]: readonly HealthEvent[],
  [next, ...later]: readonly HealthEvent[],
): boolean {
  return (
    others.length === 0 &&
    later.length === 0 &&
    one?.kind === 'used' &&
    next?.kind === 'used' &&
    one.model === next.model &&
    one.at <= next.at
  )
}

/** Successes of more models than are remembered need not wait to be written. */
function newest(events: readonly HealthEvent[]): readonly HealthEvent[] {
  const tooMany = events.filter(({ kind }) => kind === 'used').length - MOST_MODELS
  if (tooMany <= 0) return events
  let left = tooMany
  return events.filter(({ kind }) => kind !== 'used' || left-- <= 0)
}
