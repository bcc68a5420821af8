// What requests for vendors are written with, whatever their dialect.
import { type Effort, nearestEffort, type Thinking, thinkingOf } from '../core/thinking.ts'
import type { Addressed, Asking, Media, SystemPart, ToolChoice, Turn } from './neutral.ts'
import { effortOf } from './reasoning.ts'
import { Unsayable } from './unsayable.ts'

/** Values that say no more than nothing does. */
const NOTHING: Readonly<Partial<Asking>> = {
  ...{ temperature: 1, topP: 1, frequencyPenalty: 0, presencePenalty: 0, verbosity: 'medium' },
}

/** Refuses what a dialect has no word for. @param whys by the field @throws Unsayable */
export function refuseUnsaid(asking: Asking, whys: Readonly<Partial<Record<keyof Asking, string>>>): void {
  for (const field of Object.keys(whys) as (keyof Asking)[]) {
    const value = asking[field]
    const isNothing = value === undefined || value === NOTHING[field] || (Array.isArray(value) && value.length === 0)
    if (!isNothing) throw new Unsayable(field, whys[field] ?? '')
  }
}

/** How much is left to chance, for a vendor whose own value is 1: many clients say so by habit, and some models refuse to hear it at all, or both of them. */
export function chanceOf({ temperature, topP }: Asking): {
  temperature: number | undefined
  top_p: number | undefined
} {
  return { temperature: temperature === 1 ? undefined : temperature, top_p: topP === 1 ? undefined : topP }
}

/** Why words that are put into the model's mouth are refused. */
export const NO_PREFILL =
  "the last words are the model's own, and only older models of Anthropic go on with such: end with the user"

/** The instructions at the beginning, and what follows. */
export function parted([first, ...later]: readonly Turn[]): {
  system: readonly SystemPart[] | undefined
  turns: readonly Turn[]
} {
  if (first === undefined) return { system: undefined, turns: [] }
  return first.role === 'system'
    ? { system: first.parts, turns: later }
    : { system: undefined, turns: [first, ...later] }
}

/** The client's limit, as far as the model can say so much, tokens. */
export function limitOf({ maxTokens }: Asking, { maxOutput }: Addressed): number | undefined {
  return maxTokens === undefined || maxOutput === undefined ? maxTokens : Math.min(maxTokens, maxOutput)
}

/** How the model thinks, and the word for how long it is to: none where nothing is wished, or it cannot be told. */
export function thinkingFor(
  { reasoning }: Asking,
  { provider, model }: Addressed,
): Thinking & { effort: Effort | undefined } {
  const thinking = thinkingOf(provider, model)
  const wish = reasoning === undefined ? undefined : effortOf(reasoning)
  return { ...thinking, effort: wish === undefined ? undefined : nearestEffort(wish, thinking) }
}

/** Bytes as an address. */
export function urlOf(source: Media): string {
  return source.by === 'url' ? source.url : `data:${source.mediaType};base64,${source.base64}`
}

/** Which tool is to be called, as OpenAI says it. @param one the form for one of them */
export function choiceOf(choice: ToolChoice | undefined, one: (name: string) => object): string | object | undefined {
  if (choice?.must === 'name') return { type: 'function', ...one(choice.name) }
  return choice?.must === 'any' ? 'required' : choice?.must
}

/** OpenAI takes no longer ones. */
const LONGEST_USER = 64

export function userOf({ userId }: Asking): string | undefined {
  return (userId ?? '').length <= LONGEST_USER ? userId : undefined
}
