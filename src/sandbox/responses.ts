// The Responses dialect, played: what it insists on, its JSON, its stream of typed events.
import type { IncomingHttpHeaders } from 'node:http'
import { type Ask, slices, THOUGHT, type ToolCall, type Turn } from './answer.ts'
import { checkModel, complain, readChoice, readTool } from './completions.ts'
import { asCount, asList, asObject, asText, contentText, type JsonObject } from './json.ts'
import { sealFor, tagOf, UNKEPT } from './own.ts'
import { checkRequest, foreignIn, THOUGHT_OF } from './responses-check.ts'
import type { Dialect, Refusal } from './vendor.ts'

function read(body: JsonObject, headers: IncomingHttpHeaders): Ask | Refusal {
  const refusal = checkModel(body)
  if (refusal !== undefined) return refusal
  const seal = sealFor(headers)
  const wrong = checkRequest(body, seal)
  if (wrong !== undefined) return complain(wrong.param, wrong.message, wrong.code)
  const tag = tagOf(headers)
  const strange = foreignIn(body, tag)
  if (strange !== undefined) return strange
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
    tag: body.store === false ? `${tag}${UNKEPT}` : tag,
    ...(asObject(body.reasoning).summary === undefined ? {} : { thinks: true }),
    ...(asList(body.include).includes('reasoning.encrypted_content') ? { seal } : {}),
    ...(limit === undefined ? {} : { limit }),
    ...(instructions === undefined ? {} : { instructions }),
  }
}

const idOf = (kind: string, { tag = 'sandbox', number }: Turn): string => `${kind}_${tag}_${number}`
/** Of an item that follows from a thought, and is not taken back by its name without that. */
const followingId = (kind: string, turn: Turn): string => `${idOf(kind, turn)}${turn.thinks === true ? THOUGHT_OF : ''}`

type Status = 'in_progress' | 'completed' | 'incomplete'

const endOf = (turn: Turn): Status => (turn.cutShort ? 'incomplete' : 'completed')
const textPart = (text: string): object => ({ type: 'output_text', annotations: [], logprobs: [], text })

/** What is told of one item while it comes, without its number. */
type Item = { begun: object; done: object; events(at: object): [string, object][] }

/** A thought where one is wanted, then calls or words. */
function itemsOf(turn: Turn): Item[] {
  const said = turn.calls.length === 0 ? [messageOf(turn)] : turn.calls.map((call, at) => callOf(turn, call, at))
  return turn.thinks === true ? [thoughtOf(turn), ...said] : said
}

function messageOf(turn: Turn): Item {
  const id = followingId('msg', turn)
  const text = turn.pieces.join('')
  const item = { id, type: 'message', role: 'assistant' }
  return {
    begun: { ...item, status: 'in_progress', content: [] },
    done: { ...item, status: endOf(turn), content: [textPart(text)] },
    events(at) {
      const part = { item_id: id, ...at, content_index: 0 }
      return [
        ['response.content_part.added', { ...part, part: textPart('') }],
        ...turn.pieces.map((delta): [string, object] => [
          'response.output_text.delta',
          { ...part, delta, logprobs: [] },
        ]),
        ['response.output_text.done', { ...part, text, logprobs: [] }],
        ['response.content_part.done', { ...part, part: textPart(text) }],
      ]
    },
  }
}

function callOf(turn: Turn, call: ToolCall, index: number): Item {
  const end = index === 0 ? '' : `_${index}`
  const id = `${followingId('fc', turn)}${end}`
  const item = { id, type: 'function_call', call_id: `call_sandbox_${turn.number}${end}`, name: call.name }
  const type = 'response.function_call_arguments'
  return {
    begun: { ...item, status: 'in_progress', arguments: '' },
    done: { ...item, status: 'completed', arguments: call.arguments },
    events: (at) => [
      ...slices(call.arguments).map((delta): [string, object] => [`${type}.delta`, { item_id: id, ...at, delta }]),
      [`${type}.done`, { item_id: id, ...at, name: call.name, arguments: call.arguments }],
    ],
  }
}

function thoughtOf(turn: Turn): Item {
  const id = idOf('rs', turn)
  const part = { type: 'summary_text', text: THOUGHT.join('') }
  const sealed = turn.seal === undefined ? {} : { encrypted_content: turn.seal }
  const type = 'response.reasoning_summary'
  return {
    begun: { id, type: 'reasoning', summary: [] },
    done: { id, type: 'reasoning', summary: [part], ...sealed },
    events(at) {
      const where = { item_id: id, ...at, summary_index: 0 }
      return [
        [`${type}_part.added`, { ...where, part: { ...part, text: '' } }],
        ...THOUGHT.map((delta): [string, object] => [`${type}_text.delta`, { ...where, delta }]),
        [`${type}_text.done`, { ...where, text: part.text }],
        [`${type}_part.done`, { ...where, part }],
      ]
    },
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
    id: idOf('resp', turn),
    object: 'response',
    created_at: Math.floor(turn.createdAt / 1000),
    status,
    error: null,
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    instructions: turn.instructions ?? null,
    max_output_tokens: turn.limit ?? null,
    model: turn.model,
    output: done ? itemsOf(turn).map((item) => item.done) : [],
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
      ...itemsOf(turn).flatMap((item, output_index): [string, object][] => [
        ['response.output_item.added', { output_index, item: item.begun }],
        ...item.events({ output_index }),
        ['response.output_item.done', { output_index, item: item.done }],
      ]),
      [`response.${end}`, { response: response(turn, end) }],
    ]
    return list.map(([type, data], sequence) => event(type, data, sequence))
  },
  errorEvent(data, sequence) {
    const { message, code, param } = asObject(data.error)
    return event('error', { code: code ?? 'server_error', message, param: param ?? null }, sequence)
  },
}
