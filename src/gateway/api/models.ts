// The models that may be asked for, and the agents that may be asked as models, in the shapes of OpenAI, Anthropic and Google.
import type { View } from '../../auth/auth.ts'
import { agentIds, type Config, defaultAgent, modelRefIn, modelsOf } from '../../core/config.ts'
import { factsOf, type ModelRow, modelChoices } from '../../core/model-choices.ts'
import { formatRef, type ModelRef } from '../../core/model-ref.ts'
import type { Handler } from '../house.ts'
import { refuse, replyJson } from '../reply.ts'
import type { Dialect } from '../routes.ts'
import { agentNamed } from './agent-name.ts'
import { asRefusal } from './relay.ts'

/** When a model appeared is nothing we know; clients only need a date. */
const UNKNOWN_DATE = '1970-01-01T00:00:00Z'
const ONE_OF_GOOGLE = '/v1beta/models/'
/** Who answers where an agent is asked; `openclaw` alone is the agent that is meant when none is named. */
const OWN = 'openclaw'

/** `provider`: of the model that is asked; `owner`: who is said to have it. */
type Row = Omit<ModelRow, 'isDefault'> & { owner: string }

function inOpenai(rows: readonly Row[]): object {
  return {
    object: 'list',
    data: rows.map(({ id, owner, contextWindow, maxOutput }) => ({
      ...{ id, object: 'model', created: 0, owned_by: owner },
      ...(contextWindow === undefined ? {} : { context_length: contextWindow }),
      ...(maxOutput === undefined ? {} : { max_completion_tokens: maxOutput }),
    })),
  }
}

function inAnthropic(rows: readonly Row[]): object {
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
function inGoogle({ id, name, contextWindow, maxOutput }: Row, counts: boolean): object {
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
    const choices = modelChoices(view.facts(), house.system.now(), 'all')
    const rows: Row[] = [...choices.map((row) => ({ ...row, owner: row.provider })), ...agentRows(view, head.agentId)]
    if (dialect === 'anthropic') replyJson(response, 200, inAnthropic(rows))
    else if (dialect !== 'google') replyJson(response, 200, inOpenai(rows))
    else if (head.path.startsWith(ONE_OF_GOOGLE)) one(view, rows, head.path.slice(ONE_OF_GOOGLE.length))
    else replyJson(response, 200, { models: rows.map((row) => inGoogle(row, doesCount(view, row))) })
  }
  const one = (view: View, rows: readonly Row[], name: string): void => {
    const agent = agentNamed(name)
    if (agent !== undefined) {
      found(view, agentIn(rows, agent.agentId), name)
      return
    }
    const { config, modelLists } = view.facts()
    const ref = modelRefIn(config, view.agentId, name)
    const wanted = formatRef(ref)
    const { isKnown, ...facts } = factsOf(modelLists?.(), ref)
    const { provider } = ref
    const row = isKnown ? { ...facts, id: wanted, provider, owner: provider } : undefined
    found(view, rows.find((other) => other.id === wanted) ?? row, wanted)
  }
  const found = (view: View, row: Row | undefined, wanted: string): void => {
    if (row !== undefined) {
      replyJson(response, 200, inGoogle(row, doesCount(view, row)))
      return
    }
    const message =
      agentNamed(wanted) === undefined
        ? `Nothing is known of ${wanted}; it may be asked all the same.`
        : `There is no agent for ${wanted}. GET /v1beta/models lists those there are.`
    refuse(response, dialect, { status: 404, code: 'unknown_model', message }, { id: id() })
  }
  Promise.resolve()
    .then(() => house.auth.view(house.auth.home.pickAgent(head.agentId)))
    .then(answer)
    .catch((error: unknown) => refuse(response, dialect, asRefusal(house, error), { id: id() }))
}

/**
 * Whoever may call at all may call every agent (scope `call`); where the request names one, no other is reached.
 * @param named by the request's header
 */
function agentRows(view: View, named: string | undefined): Row[] {
  const { config, modelLists } = view.facts()
  const ids = named === undefined ? agentIds(config) : [view.agentId]
  const asked = named === undefined ? defaultAgent(config) : view.agentId
  return [undefined, ...ids].flatMap((id) => {
    const agentId = id ?? asked
    const ref = primaryOf(config, agentId)
    if (ref === undefined) return []
    const { contextWindow, maxOutput } = factsOf(modelLists?.(), ref)
    return [
      {
        ...{
          id: id === undefined ? OWN : `${OWN}:${id}`,
          name: `Agent ${agentId}`,
          provider: ref.provider,
          owner: OWN,
        },
        ...(contextWindow === undefined ? {} : { contextWindow }),
        ...(maxOutput === undefined ? {} : { maxOutput }),
      },
    ]
  })
}

/** @returns undefined where the config names what is no model: nobody can ask that agent */
function primaryOf(config: Config, agentId: string): ModelRef | undefined {
  try {
    return modelRefIn(config, agentId, modelsOf(config, agentId).primary)
  } catch {
    return undefined // `models status` complains about it
  }
}

function agentIn(rows: readonly Row[], agentId: string | undefined): Row | undefined {
  const wanted = agentId === undefined ? OWN : `${OWN}:${agentId}`
  return rows.find(({ id }) => id === wanted)
}

function doesCount(view: View, { provider }: Row): boolean {
  const settings = view.facts().config.providers.get(provider)
  return view.registry.find(provider, settings)?.endpoints.count_content !== undefined
}
