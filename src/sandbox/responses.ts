// The Responses dialect, played: what it insists on, its JSON, its stream of typed events.
import type { Ask, Turn } from './answer.ts'
import { checkModel, complain, readChoice, readTool } from './completions.ts'
import { asCount, asList, asObject, asText, contentText, type JsonObject } from './json.ts'
import type { Dialect, Refusal } from './vendor.ts'

function read(body: JsonObject): Ask | Refusal {
  const refusal = checkModel(body)
  if (refusal !== undefined) return refusal
  if (typeof body.input !== 'string' && !Array.isArray(body.input)) {
    return complain('input', "Missing required parameter: 'input'.", 'missing_required_parameter')
  }
  const last = asObject(asList(body.input).at(-1))
  const limit = asCount(body.max_output_tokens)
  const instructions = asText(body.instructions)
  return {
    model: String(body.model),
    stream: body.stream === true,
    input: asText(body.input) ?? asText(last.output) ?? contentText(last.content),
    fromUser: typeof body.input === 'string' || last.role === 'user',
    tools: asList(body.tools).flatMap(readTool),
    toolChoice: readChoice(body.tool_choice),
    prompt: [body.tools, body.instructions, body.input],
    ...(limit === undefined ? {} : { limit }),
    ...(instructions === undefined ? {} : { instructions }),
  }
}

type Status = 'in_progress' | 'completed' | 'incomplete'

const endOf = (turn: Turn): Status => (turn.cutShort ? 'incomplete' : 'completed')
const itemId = (turn: Turn): string => `${turn.call ? 'fc' : 'msg'}_sandbox_${turn.number}`
const textPart = (text: string): object => ({ type: 'output_text', annotations: [], logprobs: [], text })

function item(turn: Turn, status: Status): object {
  const done = status !== 'in_progress'
  const { call } = turn
  if (call === undefined) {
    const content = done ? [textPart(turn.pieces.join(''))] : []
    return { id: itemId(turn), type: 'message', status, role: 'assistant', content }
  }
  return {
    id: itemId(turn),
    type: 'function_call',
    status,
    arguments: done ? call.arguments : '',
    call_id: `call_sandbox_${turn.number}`,
    name: call.name,
  }
}

function usageOf({ usage: { input, output } }: Turn): object {
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  }
}

function response(turn: Turn, status: Status): object {
  const done = status !== 'in_progress'
  return {
    id: `resp_sandbox_${turn.number}`,
    object: 'response',
    created_at: Math.floor(turn.createdAt / 1000),
    status,
    error: null,
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    instructions: turn.instructions ?? null,
    max_output_tokens: turn.limit ?? null,
    model: turn.model,
    output: done ? [item(turn, status)] : [],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    service_tier: 'default',
    store: false,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage: done ? usageOf(turn) : null,
    user: null,
    metadata: {},
  }
}

/** The events of one output item, without their sequence numbers. */
function itemEvents(turn: Turn): [string, object][] {
  const at = { item_id: itemId(turn), output_index: 0 }
  const { call } = turn
  if (call !== undefined) {
    const type = 'response.function_call_arguments'
    return [
      ...turn.pieces.map((delta): [string, object] => [`${type}.delta`, { ...at, delta }]),
      [`${type}.done`, { ...at, name: call.name, arguments: call.arguments }],
    ]
  }
  const part = { ...at, content_index: 0 }
  const text = turn.pieces.join('')
  return [
    ['response.content_part.added', { ...part, part: textPart('') }],
    ...turn.pieces.map((delta): [string, object] => ['response.output_text.delta', { ...part, delta, logprobs: [] }]),
    ['response.output_text.done', { ...part, text, logprobs: [] }],
    ['response.content_part.done', { ...part, part: textPart(text) }],
  ]
}

const event = (type: string, data: object, sequence: number): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...data, sequence_number: sequence })}\n\n`

export const responses: Dialect = {
  read,
  json: (turn) => JSON.stringify(response(turn, endOf(turn))),
  events(turn) {
    const end = endOf(turn)
    const list: [string, object][] = [
      ['response.created', { response: response(turn, 'in_progress') }],
      ['response.in_progress', { response: response(turn, 'in_progress') }],
      ['response.output_item.added', { output_index: 0, item: item(turn, 'in_progress') }],
      ...itemEvents(turn),
      ['response.output_item.done', { output_index: 0, item: item(turn, end) }],
      [`response.${end}`, { response: response(turn, end) }],
    ]
    return list.map(([type, data], sequence) => event(type, data, sequence))
  },
  errorEvent(data, sequence) {
    const { message, code, param } = asObject(data.error)
    return event('error', { code: code ?? 'server_error', message, param: param ?? null }, sequence)
  },
}
