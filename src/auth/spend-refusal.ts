// What is said to whom nobody can serve while auth.spend keeps the call from what is billed by use: a fence, a reached cap, an unknown price.
import { cappedBy, spentText } from '../core/cap.ts'
import { AuthError } from '../core/errors.ts'
import type { CrossingRule } from '../core/fence.ts'
import { isPlain } from '../core/needs.ts'
import { formatUntil, type ProviderFacts } from '../core/order.ts'
import { type PickQuery, type Rule, soonestRecovery, type TraceLine } from '../core/pick.ts'
import type { View } from './auth.ts'
import { priceless } from './metered.ts'

/** Carries why money keeps the call, so that the sum of what every profile met can say it, too. */
export class SpendRefusal extends AuthError {
  /** One sentence with its full stop. */
  readonly fence: string

  constructor(message: string, fence: string, options: { remedy: string; until?: number }) {
    // Where nobody comes back by himself, it is not a matter of time but of money.
    super(options.until === undefined ? 'spend_not_allowed' : 'no_available_profile', message, options)
    this.fence = fence
  }
}

/** The command that lets calls cross. */
export function openingOf(rule: CrossingRule): string {
  return rule === 'ask'
    ? 'openclaw models auth spend allow'
    : 'openclaw config set auth.spend.fromFlatRateToMetered allow'
}

/**
 * @param trace of the query
 * @returns undefined where neither the fence nor the cap keeps the call from anybody
 */
export function spendRefusal(
  view: View,
  facts: ProviderFacts,
  query: PickQuery,
  trace: readonly TraceLine[],
): SpendRefusal | undefined {
  return fenceRefusal(view, facts, query, trace) ?? capRefusal(view, facts, query, trace)
}

/** Why the others cannot serve, and when the first of them is back. */
function othersText(trace: readonly TraceLine[], soonest: number | undefined, now: number): string {
  const others = trace.filter(({ rule }) => !IS_OF_MONEY.has(rule) && rule !== 'same_as' && rule !== 'shadowed')
  const why = others.length === 0 ? '' : ` ${others.map(({ id, reason }) => `${id}: ${reason}`).join('; ')}.`
  return why + (soonest === undefined ? '' : ` The first is back ${formatUntil(soonest, now)}.`)
}

const IS_OF_MONEY: ReadonlySet<Rule> = new Set<Rule>(['metered', 'cap_reached', 'no_price'])

/** Nothing that is billed by use can be paid for. That a new day begins is said, but nobody is told to wait for it: it is a matter of money. */
function capRefusal(
  view: View,
  facts: ProviderFacts,
  query: PickQuery,
  trace: readonly TraceLine[],
): SpendRefusal | undefined {
  const capped = trace.filter(({ rule }) => rule === 'cap_reached' || rule === 'no_price')
  const [first] = capped
  if (first === undefined) return undefined
  const { provider } = facts
  const { until } = first
  const ids = capped.map(({ id }) => id).join(', ')
  const unpriced = first.rule === 'no_price' ? priceless(view, provider, query.model ?? '') : undefined
  const { configPath } = view.facts()
  const again = until === undefined ? '' : ` It can serve again ${formatUntil(until, query.now)}.`
  const cap =
    unpriced === undefined
      ? `${ids} would be billed by use, ${spentText(facts, query.now)} (${configPath}); what was spent is in ${view.home.spend.book.where()}.${again}`
      : `${ids}: ${unpriced.message}.`
  const soonest = soonestRecovery(facts, query, (candidate) => cappedBy(facts, candidate, query) === undefined)
  const what =
    unpriced === undefined
      ? `The cap of the day is reached for ${provider}.`
      : `No profile of ${provider} may serve this call.`
  return new SpendRefusal(
    `${what}${othersText(trace, soonest, query.now)} ${cap} (agent ${view.agentId}, ${view.store.profiles.where()})`,
    cap,
    {
      remedy: unpriced?.remedy ?? 'openclaw models auth spend',
      ...(soonest === undefined ? {} : { until: soonest }),
    },
  )
}

function fenceRefusal(
  view: View,
  facts: ProviderFacts,
  query: PickQuery,
  trace: readonly TraceLine[],
): SpendRefusal | undefined {
  const fenced = trace.filter(({ rule }) => rule === 'metered')
  const [first] = fenced
  if (first === undefined || facts.fence === undefined) return undefined
  const { rule } = facts.fence
  const ids = fenced.map(({ id }) => id).join(', ')
  const profile = isPlain(first.id) ? first.id : '<profile>'
  const model = query.model === undefined || !isPlain(query.model.replaceAll('/', '')) ? '<model>' : query.model
  const how =
    rule === 'ask'
      ? ` To allow it: /model ${facts.provider}/${model}@${profile} in a conversation, the header x-openclaw-profile: ${profile} for one call.`
      : ''
  const fence = `${ids} would be billed by use, and auth.spend.fromFlatRateToMetered is "${rule}" (${view.facts().configPath}).${how}`
  const soonest = soonestRecovery(facts, query)
  const from = query.fromFlatRate
  const what =
    from === undefined
      ? `No subscription can serve ${facts.provider} now.`
      : `${facts.provider} may not stand in for the subscription of ${from}.`
  return new SpendRefusal(
    `${what}${othersText(trace, soonest, query.now)} ${fence} (agent ${view.agentId}, ${view.store.profiles.where()})`,
    fence,
    {
      remedy: openingOf(rule),
      ...(soonest === undefined ? {} : { until: soonest }),
    },
  )
}
