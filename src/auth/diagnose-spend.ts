// What doctor sees of money: a cap, and models whose price nobody knows, so that every call to them would be refused.
import { billingOf } from '../core/billing.ts'
import { DEFAULT_PROVIDER, modelsOf } from '../core/config.ts'
import type { Finding } from '../core/finding.ts'
import { formatRef, parseModelRef } from '../core/model-ref.ts'
import { placeOf } from '../core/order.ts'
import type { View } from './auth.ts'
import { priceless, priceOf } from './metered.ts'

/** Of the models that the agent asks for by itself. */
export function aboutSpend(view: View, now: number): Finding[] {
  const { config, configPath, providers } = view.facts()
  if (config.spend.capUsdPerDay === undefined) return []
  const { primary, fallbacks } = modelsOf(config, view.agentId)
  const options = { aliases: config.aliases, defaultProvider: DEFAULT_PROVIDER }
  const refs = new Map(
    [primary, ...fallbacks].map((text) => parseModelRef(text, options)).map((ref) => [formatRef(ref), ref]),
  )
  return [...refs.values()].flatMap(({ provider, model }): Finding[] => {
    const facts = providers.get(provider)
    const isBilled = facts?.candidates.some(
      (candidate) => billingOf(facts, candidate) === 'metered' && placeOf(facts, candidate, now) >= 0,
    )
    if (isBilled !== true || priceOf(view, provider, model) !== undefined) return []
    const { message, remedy } = priceless(view, provider, model)
    return [
      {
        code: 'no_price',
        severity: 'warning',
        agent: view.agentId,
        file: configPath,
        message: `A call of agent ${view.agentId} to ${provider}/${model} would be refused: ${message}.`,
        ...(remedy === undefined ? {} : { remedy }),
      },
    ]
  })
}
