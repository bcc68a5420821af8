// The Chat Completions dialect, played: what it insists on, its JSON, its stream of chunks.
import { type Ask, slices, type Tool, type ToolCall, type ToolChoice, type Turn } from './answer.ts'
import { checkRequest } from './completions-check.ts'
import { asCount, asList, asObject, asText, contentText, type JsonObject } from './json.ts'
import { OPENAI_MODELS } from './models.ts'
import type { Dialect, Refusal } from './vendor.ts'

/** A complaint about one parameter, in OpenAI's terms. */
export function complain(param: string, message: string, code: string): Refusal {
  return { status: 400, type: 'invalid_request_error', message, param, code }
}

/** The checks that both dialects of this vendor share. */
export function checkModel(body: JsonObject, models: readonly string[] = OPENAI_MODELS): Refusal | undefined {
  if (typeof body.model !== 'string' || body.model === '') {
    return { status: 400, type: 'invalid_request_error', message: 'you must provide a model parameter' }
  }
  if (models.includes(body.model)) return undefined
  const message = `The model '${body.model}' does not exist or you do not have access to it.`
  return { status: 404, type: 'invalid_request_error', message, param: 'model', code: 'model_not_found' }
}

/** `auto`, `none`, `required`, or an object that names a function. */
export function readChoice(value: unknown): ToolChoice {
  if (value === 'none' || value === 'required') return value
  const choice = asObject(value)
  const name = asText(choice.name) ?? asText(asObject(choice.function).name)
  return name === undefined ? 'auto' : { name }
}

/** A function with its schema, from a tool of either dialect. */
export function readTool(value: unknown): Tool[] {
  const tool = asObject(value)
  const described = tool.function === undefined ? tool : asObject(tool.function)
  const name = asText(described.name)
  return tool.type !== 'function' || name === undefined ? [] : [{ name, schema: asObject(described.parameters) }]
}

function read(body: JsonObject, models: readonly string[]): Ask | Refusal {
  const refusal = checkModel(body, models)
  if (refusal !== undefined) return refusal
  if (!Array.isArray(body.messages)) {
    return complain('messages', "Missing required parameter: 'messages'.", 'missing_required_parameter')
  }
  if (body.messages.length === 0) {
    return complain('messages', "Invalid 'messages': empty array. Expected at least one element.", 'empty_array')
  }
  const wrong = checkRequest(body)
  if (wrong !== undefined) return complain(wrong.param, wrong.message, wrong.code)
  const last = asObject(asList(body.messages).at(-1))
  const limit = asCount(body.max_completion_tokens ?? body.max_tokens)
  return {
    model: String(body.model),
    stream: body.stream === true,
    input: contentText(last.content),
    fromUser: last.role === 'user',
    tools: asList(body.tools).flatMap(readTool),
    toolChoice: readChoice(body.tool_choice),
    prompt: [body.tools, body.messages],
    includeUsage: asObject(body.stream_options).include_usage === true,
    ...(limit === undefined ? {} : { limit }),
  }
}

const seconds = (at: number): number => Math.floor(at / 1000)
const callId = (turn: Turn, at: number): string => `call_sandbox_${turn.number}${at === 0 ? '' : `_${at}`}`
const finishReason = (turn: Turn): string => (turn.call ? 'tool_calls' : turn.cutShort ? 'length' : 'stop')

function usageOf({ usage: { input, output } }: Turn): object {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

function head(turn: Turn, object: string): object {
  return {
    id: `chatcmpl-sandbox-${turn.number}`,
    object,
    created: seconds(turn.createdAt),
    model: turn.model,
    service_tier: 'default',
    system_fingerprint: 'fp_sandbox',
  }
}

function toolCall(turn: Turn, call: ToolCall, at: number): object {
  return { id: callId(turn, at), type: 'function', function: call }
}

function deltas(turn: Turn): object[] {
  if (turn.calls.length === 0) {
    return [{ role: 'assistant', content: '', refusal: null }, ...turn.pieces.map((content) => ({ content }))]
  }
  return turn.calls.flatMap((call, index) => [
    {
      ...(index === 0 ? { role: 'assistant', content: null, refusal: null } : {}),
      tool_calls: [{ index, ...toolCall(turn, { ...call, arguments: '' }, index) }],
    },
    ...slices(call.arguments).map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
  ])
}

const data = (value: object): string => `data: ${JSON.stringify(value)}\n\n`

/** The dialect as a vendor with these models speaks it. */
export const completionsOf = (models: readonly string[]): Dialect => ({
  ...completions,
  read: (body) => read(body, models),
})

export const completions: Dialect = {
  read: (body) => read(body, OPENAI_MODELS),
  json(turn) {
    const { call } = turn
    const message = call
      ? {
          role: 'assistant',
          content: null,
          tool_calls: turn.calls.map((each, at) => toolCall(turn, each, at)),
          refusal: null,
          annotations: [],
        }
      : { role: 'assistant', content: turn.pieces.join(''), refusal: null, annotations: [] }
    const choices = [{ index: 0, message, logprobs: null, finish_reason: finishReason(turn) }]
    return JSON.stringify({ ...head(turn, 'chat.completion'), choices, usage: usageOf(turn) })
  },
  events(turn) {
    const start = head(turn, 'chat.completion.chunk')
    // With usage wanted every chunk says that it is not the one.
    const end = turn.includeUsage ? { usage: null } : {}
    const chunk = (delta: object, reason: string | null): string =>
      data({ ...start, choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }], ...end })
    return [
      ...deltas(turn).map((delta) => chunk(delta, null)),
      chunk({}, finishReason(turn)),
      ...(turn.includeUsage ? [data({ ...start, choices: [], usage: usageOf(turn) })] : []),
      'data: [DONE]\n\n',
    ]
  },
  errorEvent: (error) => data(error),
}
