// Who would serve when, if nothing happened but that time passed: rests end, tokens run out, pauses are over. Pure; the same pick as a call's.
import { cappedUntil } from './cap.ts'
import { nextEnd } from './choice.ts'
import { LADDER, restsUntil } from './health.ts'
import { after, type HealthEvent } from './health-event.ts'
import { type Candidate, type ProviderFacts, ranksOf } from './order.ts'
import { explain, type Pick as Picked, type PickQuery, pick, type TraceLine } from './pick.ts'
import { keptFor } from './slots.ts'

/** One model of a chain, as it would be asked for. */
export type Link = { model: string; facts: ProviderFacts; query: PickQuery }

/** From this moment on it is so, until the next one. */
export type Moment = {
  /** ms epoch */
  at: number
  /** The model that is served: the one asked for, else the first of the chain for which there is somebody. */
  model: string
  /** Who serves it; null: nobody. */
  next: string | null
  /** It rests, and is tried before its time. */
  early?: true
  /** Those who serve in turns with it, itself among them; absent where it serves alone. */
  turns?: readonly string[]
  /** Who can be asked again from now on. */
  back: readonly string[]
  /** Who cannot be asked any more from now on. */
  gone: readonly string[]
}

/** What comes after those that are told. `isLeast`: there may be more still, further away than was looked. */
export type MoreMoments = { count: number; until: number; isLeast?: true }

export type Forecast = { moments: Moment[]; more?: MoreMoments }

/** So many are told. */
const MOST_MOMENTS = 24
/** So many ends are looked at to find and to count them. */
const MOST_ENDS = 96
const MOST_RESTS = 16

/**
 * @param links the model asked for and those of its chain, in their order, each with its facts as they are now
 * @param now ms epoch
 * @returns the moments at which something changes for who asks, the first of them `now`; at most 24, and how many follow
 */
export function forecast(links: readonly Link[], now: number): Forecast {
  const moments: Moment[] = []
  let before: ReadonlySet<string> | undefined
  let at = now
  for (let ends = 0; ends < MOST_ENDS && at < Number.POSITIVE_INFINITY; ends++) {
    const stands = links.map((link) => standingOf(link, at))
    const usable = new Set(stands.flatMap((one) => one.usable))
    const last = moments.at(-1)
    const moment: Moment = {
      at,
      ...servedOf(links, stands),
      back: before === undefined ? [] : without(usable, before),
      gone: before === undefined ? [] : without(before, usable),
    }
    if (last === undefined || !isSame(last, moment)) moments.push(moment)
    before = usable
    at = Math.min(...stands.map(({ changesAt }) => changesAt))
  }
  const further = moments.slice(MOST_MOMENTS)
  const until = further.at(-1)?.at
  if (until === undefined) return { moments }
  const more = { count: further.length, until, ...(at < Number.POSITIVE_INFINITY ? { isLeast: true as const } : {}) }
  return { moments: moments.slice(0, MOST_MOMENTS), more }
}

type Standing = { chosen: Picked; usable: readonly string[]; turns: readonly string[]; changesAt: number }

function standingOf({ facts, query }: Link, at: number): Standing {
  const asked = { ...query, now: at }
  const chosen = pick(facts, asked)
  const trace = explain(facts, asked, chosen)
  const usable = trace.filter(isUsable).map(({ id }) => id)
  return { chosen, usable, turns: turnsOf(facts, asked, chosen, usable), changesAt: changeAfter(facts, asked, trace) }
}

const isUsable = ({ verdict, rule }: TraceLine): boolean => verdict !== 'passed_over' && rule !== 'probe'

function servedOf(
  links: readonly Link[],
  stands: readonly Standing[],
): Pick<Moment, 'model' | 'next' | 'early' | 'turns'> {
  const at = Math.max(
    0,
    stands.findIndex(({ chosen }) => chosen.candidate !== undefined),
  )
  const { chosen, turns } = stands[at] ?? { chosen: { early: false }, turns: [] }
  return {
    model: links[at]?.model ?? '',
    next: chosen.candidate?.id ?? null,
    ...(chosen.early ? { early: true } : {}),
    ...(turns.length > 1 ? { turns } : {}),
  }
}

/** Of those alike nobody goes first for long: each call goes to whoever waited longest. */
function turnsOf(
  facts: ProviderFacts,
  { pin }: PickQuery,
  { candidate, early }: Picked,
  usable: readonly string[],
): string[] {
  if (candidate === undefined || early || candidate.id === pin?.id || facts.headroomOf !== undefined) return []
  const group = ranksOf(facts).find((one) => one.includes(candidate)) ?? []
  return usable.filter((id) => group.some((one) => one.id === id))
}

/** The first moment ahead at which another answer is possible; infinite where none is. */
function changeAfter(facts: ProviderFacts, query: PickQuery, trace: readonly TraceLine[]): number {
  const { now } = query
  let next = nextEnd(facts, query)
  const look = (at: number | undefined): void => {
    if (at !== undefined && at > now && at < next) next = at
  }
  for (const { until } of trace) look(until)
  // A line names one rule of those that hold.
  for (const candidate of facts.candidates) {
    look(keptFor(facts, candidate, query))
    if (facts.cap !== undefined) look(cappedUntil(facts, candidate, query))
  }
  // With nobody well, one that rests is tried early, an interval after it was asked last.
  if (!trace.some(isUsable))
    for (const candidate of facts.candidates) for (const at of triesOf(candidate, query)) look(at)
  return next
}

/** When tries before the time begin to be allowed; marks of a clock that has jumped back count once they are reached. */
function triesOf({ health }: Candidate, { model, ladder = LADDER }: PickQuery): number[] {
  const part = model === undefined ? undefined : health.models?.[model]
  return [health, ...(part === undefined ? [] : [part])].flatMap(({ lastFailureAt, lastProbeAt }) =>
    [lastFailureAt, lastProbeAt].flatMap((at) => (at === undefined ? [] : [at, at + ladder.probeEveryMs])),
  )
}

const without = (all: ReadonlySet<string>, those: ReadonlySet<string>): string[] =>
  [...all].filter((id) => !those.has(id))

function isSame(a: Moment, b: Moment): boolean {
  const isAlike = a.model === b.model && a.next === b.next && a.early === b.early
  return isAlike && a.turns?.join() === b.turns?.join() && b.back.length + b.gone.length === 0
}

/**
 * How long a credential rests that fails now, and how long again if each try after its rest fails in the same way, ms; the last one stays.
 * @param event the failure, as it is now
 * @returns empty where it does not rest
 */
export function restsAhead(health: Candidate['health'], event: Extract<HealthEvent, { kind: 'failed' }>): number[] {
  const rests: number[] = []
  let [now, standing] = [event.at, health]
  while (rests.length < MOST_RESTS) {
    standing = after(standing, { ...event, at: now })
    const restMs = restsUntil(standing, now, event.model) - now
    if (restMs <= 0 || restMs === rests.at(-1)) break
    rests.push(restMs)
    now += restMs
  }
  return rests
}

/** The candidates that stand otherwise in the second trace than in the first. */
export function changedIn(before: readonly TraceLine[], then: readonly TraceLine[]): string[] {
  const known = new Map(before.map((line) => [line.id, line]))
  return then
    .filter(({ id, verdict, rule, until }) => {
      const line = known.get(id)
      return line?.verdict !== verdict || line.rule !== rule || line.until !== until
    })
    .map(({ id }) => id)
}
