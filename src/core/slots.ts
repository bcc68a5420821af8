// Why an account that is well may be passed over for a call all the same: it serves as many calls as it may (`auth.concurrency`), or what is
// left of it is kept for chat (`auth.reserve`).
import { type Candidate, formatUntil, type ProviderFacts } from './order.ts'
import type { Asker } from './reserve.ts'

/** What is under way with one account in this process, over all its agents: one value for every candidate that means the account. */
export type Load = { open: number }

/** The room that an account has for calls. A candidate without it takes as many as come. */
export type Slots = {
  load: Load
  /** So many at once. */
  most: number
  /** So many of them are for chat only. */
  kept: number
}

/** Why an account is held back from a call. */
export type HeldBack = {
  rule: 'busy' | 'reserved'
  reason: string
  /** When it is not any more, ms epoch; absent: as soon as another call ends, or never (isShut). */
  until?: number
}

type Call = { now: number; for?: Asker }

/** Whether the account is held back from this call. Asked for each candidate of each call: two looks at what nobody has configured. */
export function isHeldBack(facts: ProviderFacts, candidate: Candidate, call: Call): boolean {
  const { slots } = candidate
  if (slots !== undefined && slots.load.open >= slots.most - (call.for === 'program' ? slots.kept : 0)) return true
  return keptFor(facts, candidate, call) > 0
}

/** Whether every place of the account is kept from this call, and no end of another one changes that. */
export function isShut({ slots }: Candidate, call: Call): boolean {
  return slots !== undefined && call.for === 'program' && slots.kept >= slots.most
}

/** Until when all that is left of the account's limits is kept from this call, ms epoch; 0: it is not. */
export function keptFor({ reserve }: ProviderFacts, candidate: Candidate, call: Call): number {
  return reserve === undefined || call.for !== 'program' ? 0 : reserve.until(candidate, call.now)
}

/** The same, with the reason for people. */
export function heldBack(facts: ProviderFacts, candidate: Candidate, call: Call): HeldBack | undefined {
  if (!isHeldBack(facts, candidate, call)) return undefined
  const { slots } = candidate
  if (slots !== undefined && isShut(candidate, call))
    return {
      rule: 'reserved',
      reason: `all of its ${callsOf(slots.most)} at once are kept for chat (auth.reserve.slots)`,
    }
  const until = keptFor(facts, candidate, call)
  if (until > 0) {
    const reason = `the last ${facts.reserve?.percent ?? 0} % of its limits are kept for chat (auth.reserve); more is there ${formatUntil(until, call.now)}`
    return { rule: 'reserved', reason, until }
  }
  if (slots === undefined) return undefined
  const { load, most, kept } = slots
  if (load.open >= most)
    return { rule: 'busy', reason: `serves ${callsOf(most)} at once already, its most (auth.concurrency)` }
  return { rule: 'reserved', reason: `the last ${kept} of ${callsOf(most)} at once are kept for chat (auth.reserve)` }
}

function callsOf(count: number): string {
  return count === 1 ? 'a call' : `${count} calls`
}
