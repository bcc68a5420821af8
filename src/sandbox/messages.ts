// The Messages dialect, played: what it insists on, its JSON, its stream of events.
import type { IncomingHttpHeaders } from 'node:http'
import { type Ask, type Tool, type ToolChoice, type Turn, tokenCount, type Usage } from './answer.ts'
import { asCount, asList, asObject, asText, contentText, isObject, type JsonObject } from './json.ts'
import { ANTHROPIC_MODELS } from './models.ts'
import { type Mark, readMarks } from './prompt-cache.ts'
import type { Dialect, Refusal } from './vendor.ts'

/** From this version on sampling is not the caller's business any more. */
const NO_SAMPLING = '2026-10-21'
const SAMPLING = ['temperature', 'top_p', 'top_k'] as const

const malformed = (message: string): Refusal => ({ status: 400, type: 'invalid_request_error', message })

/** What every request about messages must hold: a model we have, and messages. */
function checkConversation(body: JsonObject): Refusal | undefined {
  if (typeof body.model !== 'string' || body.model === '') return malformed('model: Field required')
  const list = body.messages
  if (!Array.isArray(list)) return malformed('messages: Field required')
  if (list.length === 0) return malformed('messages: at least one message is required')
  const wrong = list.findIndex((message) => !['user', 'assistant'].includes(asText(asObject(message).role) ?? ''))
  if (wrong >= 0) return malformed(`messages.${wrong}.role: Input should be 'user' or 'assistant'`)
  if (ANTHROPIC_MODELS.includes(body.model)) return undefined
  return { status: 404, type: 'not_found_error', message: `model: ${body.model}` }
}

function read(body: JsonObject, headers: IncomingHttpHeaders): Ask | Refusal {
  if (body.model !== undefined && body.max_tokens === undefined) return malformed('max_tokens: Field required')
  const refusal = checkConversation(body)
  if (refusal !== undefined) return refusal
  const limit = asCount(body.max_tokens)
  if (limit === undefined) return malformed('max_tokens: Input should be a whole number greater than 0')
  const sampling = headers['anthropic-version'] === NO_SAMPLING && SAMPLING.find((name) => body[name] !== undefined)
  if (sampling) return malformed(`${sampling}: this parameter is not supported in version ${NO_SAMPLING}`)
  const last = asObject(asList(body.messages).at(-1))
  const marks = hasMarks(body) ? readMarks(body) : NO_MARKS
  if ('status' in marks) return marks
  return {
    model: String(body.model),
    stream: body.stream === true,
    input: contentText(last.content),
    // A tool's result comes in a user's message, but no person said it.
    fromUser: last.role === 'user' && !asList(last.content).some((block) => asObject(block).type === 'tool_result'),
    tools: asList(body.tools).flatMap(readTool),
    toolChoice: readChoice(asObject(body.tool_choice)),
    prompt: promptOf(body),
    limit,
    ...(marks.length === 0 ? {} : { marks }),
  }
}

const NO_MARKS: readonly Mark[] = []

/** Most requests have none, and are not taken apart. */
function hasMarks(body: JsonObject): boolean {
  return body.cache_control !== undefined || JSON.stringify(promptOf(body)).includes('"cache_control":{')
}

function readTool(value: unknown): Tool[] {
  const tool = asObject(value)
  const name = asText(tool.name)
  // Tools that run on the vendor's side have no schema; the sandbox runs none.
  return name === undefined || !isObject(tool.input_schema) ? [] : [{ name, schema: tool.input_schema }]
}

function readChoice(choice: JsonObject): ToolChoice {
  const name = asText(choice.name)
  if (choice.type === 'tool' && name !== undefined) return { name }
  return choice.type === 'any' ? 'required' : choice.type === 'none' ? 'none' : 'auto'
}

/**
 * Counts the tokens of a conversation, free of charge.
 * @returns JSON text, or the vendor's complaint
 */
export function countTokens(body: JsonObject | undefined): string | Refusal {
  if (body === undefined) return malformed('The request body is not valid JSON')
  return checkConversation(body) ?? JSON.stringify({ input_tokens: tokenCount(promptOf(body)) })
}

function promptOf({ tools, system, messages: list }: JsonObject): readonly unknown[] {
  return [tools, system, list]
}

function usageOf({ input, output, cacheRead, cacheWrite, oneHour }: Usage, outputTokens = output): object {
  return {
    input_tokens: input,
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: cacheRead,
    cache_creation: {
      ephemeral_5m_input_tokens: oneHour ? 0 : cacheWrite,
      ephemeral_1h_input_tokens: oneHour ? cacheWrite : 0,
    },
    output_tokens: outputTokens,
    service_tier: 'standard',
  }
}

const toolUseId = (turn: Turn): string => `toolu_sandbox_${turn.number}`
const stopReason = (turn: Turn): string => (turn.call ? 'tool_use' : turn.cutShort ? 'max_tokens' : 'end_turn')

function message(turn: Turn, content: readonly object[], stop: string | null, usage: object): object {
  return {
    id: `msg_sandbox_${turn.number}`,
    type: 'message',
    role: 'assistant',
    model: turn.model,
    content,
    stop_reason: stop,
    stop_sequence: null,
    usage,
  }
}

const event = (type: string, data: JsonObject): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`

export const messages: Dialect = {
  read,
  json(turn) {
    const block = turn.call
      ? {
          type: 'tool_use',
          id: toolUseId(turn),
          name: turn.call.name,
          input: asObject(JSON.parse(turn.call.arguments)),
        }
      : { type: 'text', text: turn.pieces.join('') }
    return JSON.stringify(message(turn, [block], stopReason(turn), usageOf(turn.usage)))
  },
  events(turn) {
    const block = turn.call
      ? { type: 'tool_use', id: toolUseId(turn), name: turn.call.name, input: {} }
      : { type: 'text', text: '' }
    return [
      event('message_start', { message: message(turn, [], null, usageOf(turn.usage, 1)) }),
      event('content_block_start', { index: 0, content_block: block }),
      event('ping', {}),
      ...turn.pieces.map((piece) =>
        event('content_block_delta', {
          index: 0,
          delta: turn.call ? { type: 'input_json_delta', partial_json: piece } : { type: 'text_delta', text: piece },
        }),
      ),
      event('content_block_stop', { index: 0 }),
      event('message_delta', {
        delta: { stop_reason: stopReason(turn), stop_sequence: null },
        usage: usageOf(turn.usage),
      }),
      event('message_stop', {}),
    ]
  },
  errorEvent: (data) => `event: error\ndata: ${JSON.stringify(data)}\n\n`,
}
