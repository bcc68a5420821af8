// A request in OpenAI Chat Completions, written from the neutral form: OpenAI's own, and those of the many who speak it.
import type {
  Addressed,
  Asking,
  AssistantPart,
  DocumentPart,
  Format,
  ImagePart,
  ResultPart,
  TextPart,
  Tool,
  Turn,
  UserPart,
} from '../neutral.ts'
import { resultText } from '../turns.ts'
import { known, Unsayable } from '../unsayable.ts'
import { chanceOf, choiceOf, limitOf, NO_PREFILL, refuseUnsaid, thinkingFor, urlOf, userOf } from '../writing.ts'

/** OpenAI has a newer name for the limit, which the others do not know. */
const OPENAI = 'openai'
/** Vendors who want the thoughts of their model back. */
const WANTS_THOUGHTS: ReadonlySet<string> = new Set(['deepseek', 'moonshot', 'zai'])
/** @throws Unsayable */
export function writeRequest(asking: Asking, to: Addressed): Record<string, unknown> {
  refuseUnsaid(asking, { topK: 'Chat Completions has no such field', goesOn: NO_PREFILL })
  const isOpenai = to.provider === OPENAI
  const limit = limitOf(asking, to)
  const hasTools = asking.tools.length > 0
  return known({
    model: to.model,
    messages: asking.turns.flatMap((turn) => messagesOf(turn, to)),
    tools: hasTools ? asking.tools.map(toolOf) : undefined,
    tool_choice: hasTools ? choiceOf(asking.toolChoice, (name) => ({ function: { name } })) : undefined,
    parallel_tool_calls: hasTools ? asking.isParallel : undefined,
    ...(isOpenai ? { max_completion_tokens: limit } : { max_tokens: limit }),
    ...(isOpenai ? chanceOf(asking) : { temperature: asking.temperature, top_p: asking.topP }),
    frequency_penalty: asking.frequencyPenalty,
    presence_penalty: asking.presencePenalty,
    seed: asking.seed,
    stop: asking.stops.length === 0 ? undefined : asking.stops,
    reasoning_effort: thinkingFor(asking, to).effort,
    response_format: asking.format === undefined ? undefined : formatOf(asking.format),
    verbosity: asking.verbosity,
    user: isOpenai ? userOf(asking) : undefined,
    prompt_cache_key: isOpenai ? asking.cacheKey : undefined,
    ...(to.isStreaming ? { stream: true, stream_options: { include_usage: true } } : {}),
  })
}

function messagesOf(turn: Turn, to: Addressed): object[] {
  switch (turn.role) {
    case 'system':
      return [{ role: 'system', content: contentOf(turn.parts) }]
    case 'user':
      return userMessages(turn.parts)
    case 'assistant':
      return assistantMessage(turn.parts, to)
  }
}

/** Results are messages of their own, of text only: images and documents in them follow with what the user says. */
function userMessages(parts: readonly UserPart[]): object[] {
  const results = parts.filter((part) => part.kind === 'result')
  const shown = [...results.flatMap(shownOf), ...parts.filter((part) => part.kind !== 'result')]
  return [
    ...results.map(({ callId, content, isError }) => ({
      role: 'tool',
      tool_call_id: callId,
      content: resultText(content, isError === true),
    })),
    ...(shown.length === 0 ? [] : [{ role: 'user', content: contentOf(shown) }]),
  ]
}

function shownOf({ callId, content }: ResultPart): (TextPart | ImagePart | DocumentPart)[] {
  const shown = content.filter((part) => part.kind !== 'text')
  return shown.length === 0 ? [] : [{ kind: 'text', text: `Shown by the tool (call ${callId}):` }, ...shown]
}

/** One text is a string, which everybody takes. */
function contentOf(parts: readonly (TextPart | ImagePart | DocumentPart)[]): string | object[] {
  const [first] = parts
  if (parts.length === 1 && first?.kind === 'text') return first.text
  return parts.map(partOf)
}

function partOf(part: TextPart | ImagePart | DocumentPart): object {
  if (part.kind === 'text') return { type: 'text', text: part.text }
  if (part.kind === 'image')
    return { type: 'image_url', image_url: known({ url: urlOf(part.source), detail: part.detail }) }
  const { source, name } = part
  if (source.by === 'text')
    return { type: 'text', text: name === undefined ? source.text : `${name}\n\n${source.text}` }
  if (source.by === 'url')
    throw new Unsayable('turns', 'Chat Completions takes documents as bytes only, not by their address')
  return { type: 'file', file: { filename: name ?? 'document', file_data: urlOf(source) } }
}

function assistantMessage(parts: readonly AssistantPart[], to: Addressed): object[] {
  const textIn = (kind: 'text' | 'refusal' | 'thinking'): string | undefined =>
    parts.some((part) => part.kind === kind)
      ? parts.map((part) => (part.kind !== 'call' && part.kind === kind ? part.text : '')).join('')
      : undefined
  const calls = parts.flatMap((part) =>
    part.kind === 'call'
      ? [{ id: part.id, type: 'function', function: { name: part.name, arguments: part.input } }]
      : [],
  )
  const [content, refusal] = [textIn('text'), textIn('refusal')]
  // Thoughts alone are no message.
  if (content === undefined && refusal === undefined && calls.length === 0) return []
  return [
    known({
      role: 'assistant',
      content: content ?? null,
      refusal,
      reasoning_content: WANTS_THOUGHTS.has(to.provider) ? textIn('thinking') : undefined,
      tool_calls: calls.length === 0 ? undefined : calls,
    }),
  ]
}

function toolOf({ name, description, schema, isStrict }: Tool): object {
  return { type: 'function', function: known({ name, description, parameters: schema, strict: isStrict }) }
}

function formatOf(format: Format): object {
  if (format.kind === 'json') return { type: 'json_object' }
  const { name = 'answer', description, schema, isStrict } = format
  return { type: 'json_schema', json_schema: known({ name, description, schema, strict: isStrict }) }
}
