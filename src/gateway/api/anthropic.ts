// Anthropic's dialect: Messages and token counting.
import type { Handler } from '../house.ts'
import { type DialectRules, relay } from './relay.ts'

const DEFAULT_VERSION = '2023-06-01'

const RULES: DialectRules = {
  complete: (forward) => {
    for (let at = 0; at < forward.length; at += 2) if (forward[at] === 'anthropic-version') return forward
    return [...forward, 'anthropic-version', DEFAULT_VERSION]
  },
}

export const messages: Handler = (visit) => relay(visit, 'messages', RULES)

export const countTokens: Handler = (visit) => relay(visit, 'count_tokens', RULES)
