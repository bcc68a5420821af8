// What is said to whom no subscription can serve while auth.spend keeps the call from what is billed by use.
import { AuthError } from '../core/errors.ts'
import type { CrossingRule } from '../core/fence.ts'
import { isPlain } from '../core/needs.ts'
import { formatUntil, type ProviderFacts } from '../core/order.ts'
import { type PickQuery, soonestRecovery, type TraceLine } from '../core/pick.ts'
import type { View } from './auth.ts'

/** Carries why the fence stands, so that the sum of what every profile met can say it, too. */
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
 * @returns undefined where the fence keeps the call from nobody
 */
export function spendRefusal(
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
  const others = trace
    .filter((line) => line.rule !== 'metered' && line.rule !== 'same_as' && line.rule !== 'shadowed')
    .map(({ id, reason }) => `${id}: ${reason}`)
  const soonest = soonestRecovery(facts, query)
  const back = soonest === undefined ? '' : ` The first is back ${formatUntil(soonest, query.now)}.`
  const why = others.length === 0 ? '' : ` ${others.join('; ')}.`
  const from = query.fromFlatRate
  const what =
    from === undefined
      ? `No subscription can serve ${facts.provider} now.`
      : `${facts.provider} may not stand in for the subscription of ${from}.`
  return new SpendRefusal(
    `${what}${why}${back} ${fence} (agent ${view.agentId}, ${view.store.profiles.where()})`,
    fence,
    {
      remedy: openingOf(rule),
      ...(soonest === undefined ? {} : { until: soonest }),
    },
  )
}
