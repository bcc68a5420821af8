// Which function stands behind each key of the route table; the types make sure that none is missing and none is left over.
import { countTokens, messages } from './api/anthropic.ts'
import { generateContent } from './api/google.ts'
import { models } from './api/models.ts'
import { chatCompletions, responses } from './api/openai.ts'
import { docs } from './docs.ts'
import { health, metrics, ready } from './health.ts'
import type { Handler } from './house.ts'
import { login, logout, page } from './page.ts'
import type { HandlerKey } from './routes.ts'
import { shown } from './shown.ts'

export const HANDLERS: Readonly<Record<HandlerKey, Handler>> = {
  health,
  ready,
  metrics,
  login,
  logout,
  page,
  docs,
  shown,
  messages,
  count_tokens: countTokens,
  chat_completions: chatCompletions,
  responses,
  generate_content: generateContent,
  models,
}
