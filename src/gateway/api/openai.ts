// OpenAI's dialect: Chat Completions and Responses, for every vendor that speaks it.
import type { Handler } from '../house.ts'
import { type DialectRules, relay } from './relay.ts'

const RULES: DialectRules = {
  complete: (forward) => forward,
}

export const chatCompletions: Handler = (visit) => relay(visit, 'chat_completions', RULES)

export const responses: Handler = (visit) => relay(visit, 'responses', RULES)
