// Whole answers and errors in OpenAI Chat Completions.
import { count, list, record, text } from '../frames.ts'
import type { Answered, AssistantPart, Stamp, Stop, Usage } from '../neutral.ts'
import { Unsayable } from '../unsayable.ts'
import { type Shape, writeDetails } from './thoughts.ts'

const STOPS: ReadonlyMap<unknown, Stop> = new Map<string, Stop>([
  ['stop', 'end'],
  ['length', 'length'],
  ['tool_calls', 'tools'],
  ['function_call', 'tools'],
  ['content_filter', 'refusal'],
  // Words of those who speak the dialect with words of their own: Mistral, Z.AI, xAI.
  ['model_length', 'length'],
  ['sensitive', 'refusal'],
  ['end_turn', 'end'],
  // Of servers that run models themselves, which end a text by a token.
  ['eos', 'end'],
  ['eos_token', 'end'],
  ['stop_sequence', 'end'],
])
const REASONS: Readonly<Record<Stop, string>> = {
  end: 'stop',
  length: 'length',
  stop: 'stop',
  tools: 'tool_calls',
  refusal: 'content_filter',
  pause: 'length',
}

/**
 * @param hasCalls who was told which tool to call says that it finished as ever
 * @throws Unsayable for an answer that failed: some say so here
 */
export function stopOf(reason: unknown, hasCalls: boolean): Stop {
  const stop = STOPS.get(reason ?? 'stop')
  if (stop === undefined) throw new Unsayable('', `the vendor gave up: ${text(reason).slice(0, 60)}`)
  return stop === 'end' && hasCalls ? 'tools' : stop
}

export function reasonOf(stop: Stop): string {
  return REASONS[stop]
}

/** What was cached is part of the prompt there. */
export function usageOf(value: unknown): Usage {
  const { prompt_tokens, completion_tokens, prompt_tokens_details, completion_tokens_details, ...rest } = record(value)
  const details = record(prompt_tokens_details)
  const cacheRead = count(details.cached_tokens ?? rest.prompt_cache_hit_tokens)
  const cacheWrite = count(details.cache_write_tokens)
  const thought = record(completion_tokens_details).reasoning_tokens
  return {
    input: Math.max(0, count(prompt_tokens) - cacheRead - cacheWrite),
    output: count(completion_tokens),
    cacheRead,
    cacheWrite,
    ...(typeof thought === 'number' ? { reasoning: count(thought) } : {}),
  }
}

export function writeUsage({ input, output, cacheRead, cacheWrite, reasoning = 0 }: Usage): object {
  const prompt = input + cacheRead + cacheWrite
  return {
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    prompt_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: cacheWrite },
    completion_tokens_details: { reasoning_tokens: reasoning },
  }
}

/** @throws Unsayable for what is no answer */
export function readAnswer(value: unknown): Answered {
  const { id, model, choices, usage } = record(value)
  const [first] = list(choices)
  if (first === undefined) throw new Unsayable('', 'the vendor sent no answer')
  const { message, finish_reason } = record(first)
  const parts = partsOf(record(message))
  const hasCalls = parts.some(({ kind }) => kind === 'call')
  return { id: text(id), model: text(model), parts, stop: stopOf(finish_reason, hasCalls), usage: usageOf(usage) }
}

function partsOf({
  content,
  refusal,
  tool_calls,
  reasoning_content,
  reasoning,
}: Record<string, unknown>): AssistantPart[] {
  const thought = text(reasoning_content ?? reasoning)
  // Some send their content in parts.
  const said =
    typeof content === 'string'
      ? content
      : list(content)
          .map((part) => text(record(part).text))
          .join('')
  const parts: AssistantPart[] = []
  if (thought !== '') parts.push({ kind: 'thinking', text: thought })
  if (said !== '') parts.push({ kind: 'text', text: said })
  if (text(refusal) !== '') parts.push({ kind: 'refusal', text: text(refusal) })
  for (const value of list(tool_calls)) {
    const call = record(value)
    const { name, arguments: input } = record(call.function)
    parts.push({ kind: 'call', id: text(call.id), name: text(name), input: text(input) || '{}' })
  }
  return parts
}

export function writeAnswer({ id, model, parts, stop, usage }: Answered, stamp: Stamp): Record<string, unknown> {
  const said = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []))
  const refused = parts.flatMap((part) => (part.kind === 'refusal' ? [part.text] : []))
  const thought = parts.flatMap((part) => (part.kind === 'thinking' && part.text !== '' ? [part.text] : []))
  const details = writeDetails(
    parts.flatMap((part) =>
      part.kind === 'thinking' && part.seal !== undefined ? [{ text: part.text, seal: part.seal.value }] : [],
    ),
    parts.flatMap((part) => shapeOf(part)),
  )
  const calls = parts.flatMap((part) =>
    part.kind === 'call'
      ? [{ id: part.id, type: 'function', function: { name: part.name, arguments: part.input } }]
      : [],
  )
  const message = {
    role: 'assistant',
    content: said.length === 0 ? null : said.join(''),
    refusal: refused.length === 0 ? null : refused.join(''),
    ...(thought.length === 0 ? {} : { reasoning_content: thought.join('\n\n') }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
  return {
    ...headOf(id, model, stamp, 'chat.completion'),
    choices: [{ index: 0, message, logprobs: null, finish_reason: REASONS[stop] }],
    usage: writeUsage(usage),
  }
}

/** What an answer, and each chunk of a stream, begins with; the id says where it comes from. */
export function headOf(id: string, model: string, { at }: Stamp, object: string): Record<string, unknown> {
  return { id: id.startsWith('chatcmpl') ? id : `chatcmpl-${id}`, object, created: at, model }
}

/** A thought that nobody sealed is not kept, and has no place. */
function shapeOf(part: AssistantPart): Shape[] {
  if (part.kind === 'thinking' && part.seal === undefined) return []
  return [{ kind: part.kind, length: 'text' in part ? part.text.length : 0 }]
}
