// How many calls may be under way with one account at once (`auth.concurrency`): whether there is room for one more, and why not.
import type { Candidate } from './order.ts'

/** What is under way with one account in this process, over all its agents: one value for every candidate that means the account. */
export type Account = { open: number }

/** The room that an account has for calls. A candidate without it takes as many as come. */
export type Slots = {
  account: Account
  /** So many at once. */
  most: number
}

/** Why an account that is well cannot be taken just now. */
export type HeldBack = { rule: 'busy'; reason: string }

/** Whether the account has no room for this call. Asked for each candidate of each call: one look at what nobody has configured. */
export function isHeldBack({ slots }: Candidate): boolean {
  return slots !== undefined && slots.account.open >= slots.most
}

/** The same, with the reason for people. */
export function heldBack(candidate: Candidate): HeldBack | undefined {
  const { slots } = candidate
  if (slots === undefined || !isHeldBack(candidate)) return undefined
  return { rule: 'busy', reason: `serves ${countOf(slots.most)} at once already, its most (auth.concurrency)` }
}

function countOf(calls: number): string {
  return calls === 1 ? 'a call' : `${calls} calls`
}
