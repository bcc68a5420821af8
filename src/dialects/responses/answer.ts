// Whole answers in OpenAI Responses: a list of items, of which a thought, a message and a call are each one.
import { count, list, record, text } from '../frames.ts'
import type { Answered, AssistantPart, Stamp, Stop, Usage } from '../neutral.ts'
import { known, named, Unsayable } from '../unsayable.ts'

const CUT: ReadonlyMap<unknown, Stop> = new Map<unknown, Stop>([
  [undefined, 'length'],
  ['max_output_tokens', 'length'],
  ['content_filter', 'refusal'],
])

/**
 * @param response as a whole, or as the last event has it
 * @throws Unsayable for one that is incomplete for a reason that nobody knows
 */
export function stopOf({ status, incomplete_details }: Record<string, unknown>, hasCalls: boolean): Stop {
  if (status !== 'incomplete') return hasCalls ? 'tools' : 'end'
  const { reason } = record(incomplete_details)
  const stop = CUT.get(reason ?? undefined)
  if (stop === undefined) throw new Unsayable('', `the vendor gave up: ${named(reason)}`)
  return stop
}

/** What was cached is part of the input there. */
export function usageOf(value: unknown): Usage {
  const { input_tokens, output_tokens, input_tokens_details, output_tokens_details } = record(value)
  const details = record(input_tokens_details)
  const cacheRead = count(details.cached_tokens)
  const cacheWrite = count(details.cache_write_tokens)
  const thought = record(output_tokens_details).reasoning_tokens
  return {
    input: Math.max(0, count(input_tokens) - cacheRead - cacheWrite),
    output: count(output_tokens),
    cacheRead,
    cacheWrite,
    ...(typeof thought === 'number' ? { reasoning: count(thought) } : {}),
  }
}

export function writeUsage({ input, output, cacheRead, cacheWrite, reasoning = 0 }: Usage): object {
  const all = input + cacheRead + cacheWrite
  return {
    input_tokens: all,
    input_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: cacheWrite },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: all + output,
  }
}

/** @throws Unsayable for what is no answer */
export function readAnswer(value: unknown): Answered {
  const response = record(value)
  const { id, model, output, usage, error } = response
  if (!Array.isArray(output)) throw new Unsayable('', 'the vendor sent no answer')
  if (response.status === 'failed') throw new Unsayable('', text(record(error).message) || 'the vendor failed')
  const parts = output.flatMap((item) => partsOf(record(item)))
  const hasCalls = parts.some(({ kind }) => kind === 'call')
  return { id: text(id), model: text(model), parts, stop: stopOf(response, hasCalls), usage: usageOf(usage) }
}

function partsOf(item: Record<string, unknown>): AssistantPart[] {
  switch (item.type) {
    case 'message':
      return list(item.content).flatMap((value): AssistantPart[] => {
        const part = record(value)
        if (part.type === 'refusal') return [{ kind: 'refusal', text: text(part.refusal) }]
        return text(part.text) === '' ? [] : [{ kind: 'text', text: text(part.text) }]
      })
    case 'function_call':
      return [{ kind: 'call', id: text(item.call_id), name: text(item.name), input: text(item.arguments) || '{}' }]
    case 'reasoning':
      return thoughtOf(item)
    default:
      throw strange(item)
  }
}

export function strange({ type }: Record<string, unknown>): Unsayable {
  return new Unsayable('output', `the vendor answered with "${named(type)}", which cannot be translated`)
}

function thoughtOf({ id, summary, content, encrypted_content }: Record<string, unknown>): AssistantPart[] {
  const said = [...list(summary), ...list(content)].map((part) => text(record(part).text)).join('\n\n')
  const value = text(encrypted_content)
  if (said === '' && value === '') return []
  const seal = value === '' ? {} : { seal: { by: 'responses', value, id: text(id) } as const }
  return [{ kind: 'thinking', text: said, ...seal }]
}

export function writeAnswer({ id, model, parts, stop, usage }: Answered, stamp: Stamp): Record<string, unknown> {
  const output = parts.map((part, at) => writeItem(part, id, at))
  return { ...responseOf(id, model, stamp, { output, stop }), usage: writeUsage(usage) }
}

/** An answer as far as it has come. @param so.stop once it is over */
export function responseOf(
  id: string,
  model: string,
  { at }: Stamp,
  { output, stop }: { output: readonly object[]; stop?: Stop },
): Record<string, unknown> {
  const reason = stop === undefined ? undefined : REASONS[stop]
  return {
    id: id.startsWith('resp_') ? id : `resp_${id}`,
    object: 'response',
    created_at: at,
    status: stop === undefined ? 'in_progress' : reason === undefined ? 'completed' : 'incomplete',
    error: null,
    incomplete_details: reason === undefined ? null : { reason },
    instructions: null,
    metadata: {},
    model,
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    store: false,
    temperature: null,
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    max_output_tokens: null,
    usage: null,
  }
}

/** Why an answer is not whole. */
const REASONS: Readonly<Partial<Record<Stop, string>>> = {
  length: 'max_output_tokens',
  pause: 'max_output_tokens',
  refusal: 'content_filter',
}

const PREFIXES = { text: 'msg', refusal: 'msg', call: 'fc', thinking: 'rs' } as const

/** The name of an item; within an answer each has another. */
export function itemId(kind: AssistantPart['kind'], id: string, at: number): string {
  return `${PREFIXES[kind]}_${id}_${at}`
}

/** A part as an item of its own. */
export function writeItem(part: AssistantPart, id: string, at: number): object {
  const name = itemId(part.kind, id, at)
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return {
        id: name,
        type: 'message',
        status: 'completed',
        role: 'assistant',
        content: [contentOf(part.kind, part.text)],
      }
    case 'call':
      return {
        id: name,
        type: 'function_call',
        status: 'completed',
        call_id: part.id,
        name: part.name,
        arguments: part.input,
      }
    case 'thinking': {
      const summary = part.text === '' ? [] : [{ type: 'summary_text', text: part.text }]
      return known({ id: part.seal?.id || name, type: 'reasoning', summary, encrypted_content: part.seal?.value })
    }
  }
}

/** What stands in a message. */
export function contentOf(kind: 'text' | 'refusal', said: string): object {
  return kind === 'refusal'
    ? { type: 'refusal', refusal: said }
    : { type: 'output_text', text: said, annotations: [], logprobs: [] }
}
