// The models that may be asked for, in the shapes of OpenAI, Anthropic and Google.
import type { View } from '../../auth/auth.ts'
import { modelRefIn } from '../../core/config.ts'
import { factsOf, type ModelRow, modelChoices } from '../../core/model-choices.ts'
import { formatRef } from '../../core/model-ref.ts'
import type { Handler } from '../house.ts'
import { refuse, replyJson } from '../reply.ts'
import type { Dialect } from '../routes.ts'
import { asRefusal } from './relay.ts'

/** When a model appeared is nothing we know; clients only need a date. */
const UNKNOWN_DATE = '1970-01-01T00:00:00Z'
const ONE_OF_GOOGLE = '/v1beta/models/'

function inOpenai(rows: readonly ModelRow[]): object {
  return {
    object: 'list',
    data: rows.map(({ id, provider, contextWindow, maxOutput }) => ({
      ...{ id, object: 'model', created: 0, owned_by: provider },
      ...(contextWindow === undefined ? {} : { context_length: contextWindow }),
      ...(maxOutput === undefined ? {} : { max_completion_tokens: maxOutput }),
    })),
  }
}

function inAnthropic(rows: readonly ModelRow[]): object {
  return {
    data: rows.map(({ id, name, contextWindow, maxOutput }) => ({
      ...{ type: 'model', id, display_name: name, created_at: UNKNOWN_DATE },
      ...(contextWindow === undefined ? {} : { max_input_tokens: contextWindow }),
      ...(maxOutput === undefined ? {} : { max_tokens: maxOutput }),
    })),
    has_more: false,
    first_id: rows[0]?.id ?? null,
    last_id: rows.at(-1)?.id ?? null,
  }
}

/** @param counts whether its vendor counts tokens in this dialect */
function inGoogle({ id, name, contextWindow, maxOutput }: ModelRow, counts: boolean): object {
  return {
    ...{ name: `models/${id}`, version: '', displayName: name },
    ...(contextWindow === undefined ? {} : { inputTokenLimit: contextWindow }),
    ...(maxOutput === undefined ? {} : { outputTokenLimit: maxOutput }),
    supportedGenerationMethods: ['generateContent', ...(counts ? ['countTokens'] : [])],
  }
}

export const models: Handler = (visit) => {
  const { house, response, head, route } = visit
  const dialect: Dialect =
    route.dialect === 'openai' && head.anthropicVersion !== undefined ? 'anthropic' : route.dialect
  const id = (): string => house.system.uuid()

  const answer = (view: View): void => {
    const rows = modelChoices(view.facts(), house.system.now(), 'all')
    if (dialect === 'anthropic') replyJson(response, 200, inAnthropic(rows))
    else if (dialect !== 'google') replyJson(response, 200, inOpenai(rows))
    else if (head.path.startsWith(ONE_OF_GOOGLE)) one(view, rows, head.path.slice(ONE_OF_GOOGLE.length))
    else replyJson(response, 200, { models: rows.map((row) => inGoogle(row, doesCount(view, row))) })
  }
  const one = (view: View, rows: readonly ModelRow[], name: string): void => {
    const { config, modelLists } = view.facts()
    const ref = modelRefIn(config, view.agentId, name)
    const wanted = formatRef(ref)
    const { isKnown, ...facts } = factsOf(modelLists?.(), ref)
    const row =
      rows.find((other) => other.id === wanted) ??
      (isKnown ? { ...facts, id: wanted, provider: ref.provider, isDefault: false } : undefined)
    if (row !== undefined) replyJson(response, 200, inGoogle(row, doesCount(view, row)))
    else {
      const message = `Nothing is known of ${wanted}; it may be asked all the same.`
      refuse(response, dialect, { status: 404, code: 'unknown_model', message }, { id: id() })
    }
  }
  Promise.resolve()
    .then(() => house.auth.view(house.auth.home.pickAgent(head.agentId)))
    .then(answer)
    .catch((error: unknown) => refuse(response, dialect, asRefusal(house, error), { id: id() }))
}

function doesCount(view: View, { provider }: ModelRow): boolean {
  const settings = view.facts().config.providers.get(provider)
  return view.registry.find(provider, settings)?.endpoints.count_content !== undefined
}
