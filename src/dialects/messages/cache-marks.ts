// Marks for Anthropic's prompt cache, in a request whose client speaks a dialect that has no word for them: the places are those of our own chat.
import { type Mark, markPlaces } from '../../core/cache.ts'

type Block = Readonly<Record<string, unknown>>
type Message = { role: string; content: readonly Block[] }
type Body = { system?: readonly Block[]; tools?: readonly Block[]; messages: readonly Message[] }

/** The vendor takes no mark on what the model thought. */
const canBear = ({ type }: Block): boolean => type !== 'thinking' && type !== 'redacted_thinking'

/** The body with its marks. What was said before the last answer was in the request before, as far as anybody knows. */
export function withMarks<T extends Body>(body: T, mark: Mark): T {
  const { system = [], tools = [], messages } = body
  const bearers = messages.map(({ content }) => content.filter(canBear))
  const places = markPlaces({
    tools: tools.length,
    stableSystem: system.length,
    messages: bearers.map(({ length }) => length),
    firstNew: Math.max(0, messages.length - 2),
  })
  const chosen = new Set(
    places.map((place) => {
      if (place.in === 'messages') return bearers[place.message]?.[place.block]
      return (place.in === 'system' ? system : tools)[place.block]
    }),
  )
  const marked = (blocks: readonly Block[]): readonly Block[] =>
    blocks.map((block) => (chosen.has(block) ? { ...block, cache_control: mark } : block))
  return {
    ...body,
    ...(body.system === undefined ? {} : { system: marked(system) }),
    ...(body.tools === undefined ? {} : { tools: marked(tools) }),
    messages: messages.map((message) => ({ ...message, content: marked(message.content) })),
  }
}
