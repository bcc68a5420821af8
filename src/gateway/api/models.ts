// The models that may be asked for, in the shapes of OpenAI and Anthropic.
import type { View } from '../../auth/auth.ts'
import { modelChoices } from '../../core/model-choices.ts'
import type { Handler } from '../house.ts'
import { refuse, replyJson } from '../reply.ts'
import { asRefusal } from './relay.ts'

/** When a model appeared is nothing we know; clients only need a date. */
const UNKNOWN_DATE = '1970-01-01T00:00:00Z'

export const models: Handler = (visit) => {
  const { house, response, head, route } = visit
  const answer = (view: View): void => {
    const rows = modelChoices(view.facts(), house.system.now(), 'all')
    if (head.anthropicVersion === undefined) {
      replyJson(response, 200, {
        object: 'list',
        data: rows.map(({ id, provider, contextWindow, maxOutput }) => ({
          ...{ id, object: 'model', created: 0, owned_by: provider },
          ...(contextWindow === undefined ? {} : { context_length: contextWindow }),
          ...(maxOutput === undefined ? {} : { max_completion_tokens: maxOutput }),
        })),
      })
      return
    }
    replyJson(response, 200, {
      data: rows.map(({ id, name, contextWindow, maxOutput }) => ({
        ...{ type: 'model', id, display_name: name, created_at: UNKNOWN_DATE },
        ...(contextWindow === undefined ? {} : { max_input_tokens: contextWindow }),
        ...(maxOutput === undefined ? {} : { max_tokens: maxOutput }),
      })),
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
