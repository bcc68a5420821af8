// Which models a client may ask for: those the config names and those we know of providers that have a credential.
import type { View } from '../../auth/auth.ts'
import { CATALOGUE } from '../../core/catalogue.ts'
import { modelRefIn, modelsOf } from '../../core/config.ts'
import { formatRef } from '../../core/model-ref.ts'
import { defectOf } from '../../core/order.ts'
import type { Handler } from '../house.ts'
import { refuse, replyJson } from '../reply.ts'
import { asRefusal } from './relay.ts'

export type ModelRow = { id: string; provider: string; name: string; contextWindow?: number; isDefault: boolean }

/** Models of the agent, the default one first. */
export function modelsFor(view: View): ModelRow[] {
  const { config, providers } = view.facts()
  const now = view.home.system.now()
  const choice = modelsOf(config, view.agentId)
  const refs = [choice.primary, ...choice.fallbacks, ...config.configured].flatMap((text) => {
    try {
      return [modelRefIn(config, view.agentId, text)]
    } catch {
      // A name in the config that is none; `models status` complains about it.
      return []
    }
  })
  const known = CATALOGUE.map(({ provider, id }) => ({ provider, model: id }))
  const served = (provider: string): boolean =>
    providers.get(provider)?.candidates.some((candidate) => defectOf(candidate, now) === undefined) === true
  const rows = new Map<string, ModelRow>()
  const first = refs[0] === undefined ? undefined : formatRef(refs[0])
  for (const ref of [...refs, ...known.filter(({ provider }) => config.configured.length === 0 && served(provider))]) {
    const id = formatRef(ref)
    if (rows.has(id)) continue
    const row = CATALOGUE.find((other) => other.provider === ref.provider && other.id === ref.model)
    rows.set(id, {
      id,
      provider: ref.provider,
      name: row?.name ?? ref.model,
      isDefault: id === first,
      ...(row === undefined ? {} : { contextWindow: row.contextWindow }),
    })
  }
  return [...rows.values()]
}

/** When a model appeared is nothing we know; clients only need a date. */
const UNKNOWN_DATE = '1970-01-01T00:00:00Z'

export const models: Handler = (visit) => {
  const { house, response, head, route } = visit
  const answer = (view: View): void => {
    const rows = modelsFor(view)
    if (head.anthropicVersion === undefined) {
      replyJson(response, 200, {
        object: 'list',
        data: rows.map(({ id, provider }) => ({ id, object: 'model', created: 0, owned_by: provider })),
      })
      return
    }
    replyJson(response, 200, {
      data: rows.map(({ id, name }) => ({ type: 'model', id, display_name: name, created_at: UNKNOWN_DATE })),
      has_more: false,
      first_id: rows[0]?.id ?? null,
      last_id: rows.at(-1)?.id ?? null,
    })
  }
  const dialect = head.anthropicVersion === undefined ? route.dialect : 'anthropic'
  Promise.resolve()
    .then(() => house.auth.view(house.auth.home.pickAgent(head.agentId)))
    .then(answer)
    .catch((error: unknown) => refuse(response, dialect, asRefusal(house, error), { id: house.system.uuid() }))
}
