// The answer of `models explain`: who would serve the next call and why nobody else, and with something supposed to go wrong what would follow.
import type { AccountState } from './accounts.ts'
import type { CacheReport } from './cache.ts'
import type { FailureClass } from './failure.ts'
import type { Moment, MoreMoments } from './forecast.ts'
import type { PinWish, TraceLine } from './pick.ts'
import type { Asker } from './reserve.ts'

/** One candidate: how the choice judged it, and what it is in. */
export type ExplainedLine = TraceLine & { state: AccountState }

/** A later model of the chain. */
export type Later = {
  model: string
  from: 'fallback' | 'primary'
  /** What it would take now; null when it would find nothing, or is never asked. */
  next: string | null
  /** Why it would find nothing, or is never asked. */
  reason?: string
}

/** What the next call finds. */
export type Decision = {
  /** What the next call takes; null when nothing can be taken. */
  next: string | null
  /** It rests, and would be tried early. */
  early: boolean
  /** When the first resting one is back, if nothing can be taken. */
  soonestAt?: number
  /** Nothing can be taken before another call ends: who is well serves as many as it may. */
  untilCallEnds?: true
  /** A call would be held until then, instead of being refused (`auth.wait.maxMs`). */
  waits?: true
  /** One line per candidate, in the order in which they are considered. */
  trace: ExplainedLine[]
  /** What a turn gets of the vendor's prompt cache, by the credential it takes; null where that is the vendor's own affair. */
  promptCache: CacheReport | null
  /** The models asked after this one, when nobody can serve it, in this order; empty when only a provider was named. */
  chain: Later[]
}

/**
 * `anthropic:work=429`: a profile, or a provider with all that it has, or `all`, and what happens to it. `opus@anthropic:work=429` happens to
 * that model of it alone.
 */
export type Supposed = {
  id: string
  /** The only one that is concerned, as the vendor is asked for it. */
  model?: string
  /** A status, a class of failure, or `expired`. */
  what: string
  /** The class of it; `expired` for a credential whose end has come. */
  class: FailureClass | 'expired'
  /** Until when it then rests, ms epoch; absent: it does not rest. */
  until?: number
  /** How long it rests, and how long again each time that it is refused anew, ms; the last one stays. With `until` only. */
  restsMs?: readonly number[]
  /** Each call asks it and is failed by it, as long as that lasts: nobody serves in its place who would prove that it is its own trouble. */
  fails?: true
}

/** The answer of `models.explain`. */
export type Explanation = Decision & {
  agentId: string
  sessionKey?: string
  /** `provider/model`, or the provider alone when only that was asked. */
  model: string
  provider: string
  pin?: PinWish
  /** Who would ask, when it is no person who talks. */
  for?: Asker
  /** The gateway's clock, ms epoch. */
  at: number
  /** What was supposed to go wrong, where something was; then these follow, too. */
  if?: readonly Supposed[]
  /** How it is, with nothing supposed. */
  before?: Decision
  /** Candidates of the trace that stand otherwise than before. */
  changed?: readonly string[]
  /** Who would serve from when on, if nothing else happened; the first one is now. */
  timeline?: readonly Moment[]
  /** What follows behind those, where there are too many to be told. */
  more?: MoreMoments
}
