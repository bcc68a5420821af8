// Who is passed over because of the cap of a day (`auth.spend.capUsdPerDay`): where what calls have cost leaves too little for any call, or where
// nobody knows what the model costs. Also who is asked for by name: a person may choose what a call costs, but not that it costs more than the cap.
import { billingOf } from './billing.ts'
import { type Candidate, formatUntil, type ProviderFacts } from './order.ts'
import type { PickQuery } from './pick.ts'
import { mostCost, type Price } from './price.ts'
import { printable } from './profile.ts'
import { endOfDay, formatUsd } from './spend-book.ts'

/** A cap that is set. Absent where there is none: nobody looks at it then. */
export type Cap = {
  /** Micro-dollars a day. */
  amount: number
  /** What calls have cost on the day in which a moment lies (ms epoch), as far as this process knows, micro-dollars. It only grows. */
  spent(now: number): number
  /** What a model of the provider costs; undefined: nobody knows. */
  priceOf(model: string): Price | undefined
}

/** By which rule the cap keeps calls from a candidate. */
export type CapRule = 'cap_reached' | 'no_price'

type Asked = Pick<PickQuery, 'now' | 'model' | 'isFree'>

/** By which rule the cap keeps the call from the candidate; undefined: it does not. What calls under way may still cost has no part in it. */
export function cappedBy(facts: ProviderFacts, candidate: Candidate, asked: Asked): CapRule | undefined {
  const { cap } = facts
  if (cap === undefined || asked.isFree === true || billingOf(facts, candidate) !== 'metered') return undefined
  const { model = '', now } = asked
  const price = model === '' ? undefined : cap.priceOf(model)
  if (model !== '' && price === undefined) return 'no_price'
  return cap.amount - cap.spent(now) < leastOf(price) ? 'cap_reached' : undefined
}

/** What a call costs at least, micro-dollars; of whatever model where none is named. */
function leastOf(price: Price | undefined): number {
  return price === undefined ? 1 : mostCost(price, 1, { limit: 1 })
}

/** From when the cap keeps the call from nobody, ms epoch; 0: from now on. Where time alone changes nothing it keeps calls from it then, too. */
export function cappedUntil(facts: ProviderFacts, candidate: Candidate, asked: Asked): number {
  return cappedBy(facts, candidate, asked) === 'cap_reached' ? endOfDay(asked.now) : 0
}

/** Why a candidate is passed over that the cap keeps calls from. @param until when it could be taken, ms epoch; undefined: time alone changes nothing */
export function cappedReason(facts: ProviderFacts, rule: CapRule, asked: Asked, until: number | undefined): string {
  if (rule === 'no_price') {
    const name = printable(`${facts.provider}/${asked.model ?? ''}`, 120)
    return `billed by use; auth.spend.capUsdPerDay is set, and nobody knows what ${name} costs`
  }
  const ends = until === undefined ? '' : `, ends ${formatUntil(until, asked.now)}`
  return `billed by use; ${spentText(facts, asked.now)}${ends}`
}

/** `calls have cost $2.00 today, and auth.spend.capUsdPerDay is $2.00` */
export function spentText({ cap }: ProviderFacts, now: number): string {
  return `calls have cost ${formatUsd(cap?.spent(now) ?? 0)} today (UTC), and auth.spend.capUsdPerDay is ${formatUsd(cap?.amount ?? 0)}`
}

/** The cap as it stands now, for who asks later: the rest of the day costs nothing more in it. */
export function stillCap(cap: Cap, now: number): Cap {
  const [spent, end] = [cap.spent(now), endOfDay(now)]
  return { ...cap, spent: (at) => (at < end ? spent : cap.spent(at)) }
}
