// The dialects there are, and which of them is nearest to another.
import { completions } from './completions/dialect.ts'
import { generateContent } from './generate-content/dialect.ts'
import { messages } from './messages/dialect.ts'
import type { Dialect, DialectName } from './neutral.ts'
import { responses } from './responses/dialect.ts'

const DIALECTS: ReadonlyMap<string, Dialect> = new Map(
  [messages, completions, responses, generateContent].map((dialect): [string, Dialect] => [dialect.name, dialect]),
)

/** By the name of its endpoint; nothing for one that is not translated. */
export function dialectOf(name: string): Dialect | undefined {
  return DIALECTS.get(name)
}

/**
 * Which dialect a client's is translated into where a vendor speaks several: the one that loses least. Google's own goes before that of its other
 * door, and nobody else has it.
 */
const NEAREST: Readonly<Record<DialectName, readonly DialectName[]>> = {
  messages: ['generate_content', 'chat_completions', 'responses'],
  chat_completions: ['generate_content', 'responses', 'messages'],
  responses: ['generate_content', 'chat_completions', 'messages'],
  generate_content: ['chat_completions', 'responses', 'messages'],
}

/**
 * The dialect in which a vendor is asked that does not speak the client's.
 * @param name of the client's
 * @param speaks whether the vendor has an endpoint for it
 * @returns nothing where no dialect of the vendor is one that we know
 */
export function nearestDialect(name: string, speaks: (dialect: DialectName) => boolean): Dialect | undefined {
  const order = Object.hasOwn(NEAREST, name) ? NEAREST[name as DialectName] : []
  const found = order.find((other) => DIALECTS.has(other) && speaks(other))
  return found === undefined ? undefined : DIALECTS.get(found)
}
