// Why a candidate is taken, or rests, in words for people.

import type { Rest } from './health.ts'
import type { BoundTo } from './issued.ts'
import { type Candidate, formatUntil, type ProviderFacts } from './order.ts'
import { printable } from './profile.ts'

/** `cooldown (rate_limit) of claude-opus-4-6 ends in 4m (12:04:00Z)`; the model only where the profile serves others. */
export function restText({ kind, reason, until, model }: Rest, now: number): string {
  const text = reason === kind ? kind : `${kind} (${reason})`
  const whose = model === undefined ? '' : ` of ${printable(model, 80)}`
  return `${text}${whose} ends ${formatUntil(until, now)}`
}

/** Why the candidate goes before all others. */
export function whyFirst(facts: ProviderFacts, candidate: Candidate, now: number): string {
  if (facts.headroomOf !== undefined) {
    return `usable, the most left of its limits (${Math.round(facts.headroomOf(candidate, now) * 100)} %; auth.routing)`
  }
  if (facts.order !== undefined && candidate.source.kind === 'profile') {
    return `first usable one of ${facts.order.from === 'config' ? 'auth.order in the config' : 'the order of this agent'}`
  }
  if (candidate.source.kind !== 'profile') return 'no stored profile is usable'
  if (candidate.health.lastUsedAt === undefined) return 'usable, never used before'
  return 'usable, least recently used of its kind'
}

/** Why the candidate that a session or a call wishes for is taken. @param holds it made what the request brings back */
export function whyPinned(by: 'user' | 'soft' | 'auto', holds: true | undefined): string {
  if (holds === true) return 'it made what the request brings back, such as thoughts of the model'
  return WHY_PINNED[by]
}

const WHY_PINNED = {
  user: 'this session is pinned to it',
  soft: 'this session prefers it (pinned, may step aside)',
  auto: 'this session used it last (warm prompt cache)',
} as const

/** Why nobody else may serve a request. */
export function whyBound({ profile, field, isGuess }: BoundTo): string {
  if (isGuess === true) return `${profile} is asked whether it has the ${field} of this request`
  return `only ${profile} can open the ${field} of this request`
}
