// How long a model thinks: some are told a word, some a number of tokens.
import type { Effort, Reasoning } from './neutral.ts'

/** Tokens, as vendors who translate between the two do it. */
const BUDGETS: Readonly<Record<Exclude<Effort, 'none'>, number>> = {
  minimal: 1024,
  low: 4096,
  medium: 10_240,
  high: 24_576,
  xhigh: 32_768,
  max: 65_536,
}

/** The word for what is wished; undefined where nothing is. A number becomes one that every model knows. */
export function effortOf({ effort, budget }: Reasoning): Effort | undefined {
  if (effort !== undefined || budget === undefined) return effort
  if (budget <= 0) return 'none'
  return budget <= BUDGETS.low ? 'low' : budget <= BUDGETS.medium ? 'medium' : 'high'
}

/** The tokens for what is wished; 0 for not at all, undefined where nothing is. */
export function budgetOf({ effort, budget }: Reasoning): number | undefined {
  if (budget !== undefined || effort === undefined) return budget
  return effort === 'none' ? 0 : BUDGETS[effort]
}
