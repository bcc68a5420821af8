// The Messages dialect, played: what it insists on, its JSON, its stream of events.
import type { IncomingHttpHeaders } from 'node:http'
import {
  type Ask,
  slices,
  THOUGHT,
  type Tool,
  type ToolCall,
  type ToolChoice,
  type Turn,
  tokenCount,
  type Usage,
} from './answer.ts'
import { asCount, asList, asObject, asText, contentText, isObject, type JsonObject } from './json.ts'
import { checkRequest } from './messages-check.ts'
import { ANTHROPIC_MODELS } from './models.ts'
import { containerOf, isOwn, sealFor, tagOf } from './own.ts'
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
  const seal = sealFor(headers)
  const wrong = checkRequest(body)
  if (wrong !== undefined) return malformed(wrong)
  const tag = tagOf(headers)
  const strange = foreignIn(body, tag)
  if (strange !== undefined) return { status: 404, type: 'not_found_error', message: strange }
  const container = containerOf(body, tag, '1')
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
    ...(['enabled', 'adaptive'].includes(asText(asObject(body.thinking).type) ?? '') ? { thinks: true, seal } : {}),
    ...(marks.length === 0 ? {} : { marks }),
    ...(container === undefined ? {} : { container }),
  }
}

/** What lies at the vendor for somebody else. */
function foreignIn({ container, messages: list }: JsonObject, tag: string): string | undefined {
  if (asText(container) !== undefined && !isOwn(container, tag)) return `Container not found: ${String(container)}`
  const files = asList(list)
    .flatMap((message) => asList(asObject(message).content))
    .map((block) => asObject(asObject(block).source).file_id)
  const foreign = files.find((id) => id !== undefined && !isOwn(id, tag))
  return foreign === undefined ? undefined : `File not found: ${String(foreign)}`
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

const toolUseId = (turn: Turn, at: number): string => `toolu_sandbox_${turn.number}${at === 0 ? '' : `_${at}`}`
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
    ...(turn.container === undefined ? {} : { container: { id: turn.container, expires_at: '2099-01-01T00:00:00Z' } }),
  }
}

const event = (type: string, data: JsonObject): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`

const toolUse = (turn: Turn, { name }: ToolCall, at: number): object => ({
  type: 'tool_use',
  id: toolUseId(turn, at),
  name,
  input: {},
})

type Block = { block: object; deltas: readonly object[] }

function blocksOf(turn: Turn): Block[] {
  const thought: Block = {
    block: { type: 'thinking', thinking: '', signature: '' },
    deltas: [
      ...THOUGHT.map((thinking) => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature: turn.seal ?? '' },
    ],
  }
  const said: Block[] = turn.calls.map((call, at) => ({
    block: toolUse(turn, call, at),
    deltas: slices(call.arguments).map((piece) => ({ type: 'input_json_delta', partial_json: piece })),
  }))
  if (said.length === 0) {
    said.push({
      block: { type: 'text', text: '' },
      deltas: turn.pieces.map((text) => ({ type: 'text_delta', text })),
    })
  }
  return turn.thinks === true ? [thought, ...said] : said
}

export const messages: Dialect = {
  read,
  json(turn) {
    const thought = { type: 'thinking', thinking: THOUGHT.join(''), signature: turn.seal ?? '' }
    const said =
      turn.calls.length === 0
        ? [{ type: 'text', text: turn.pieces.join('') }]
        : turn.calls.map((call, at) => ({ ...toolUse(turn, call, at), input: asObject(JSON.parse(call.arguments)) }))
    const content = turn.thinks === true ? [thought, ...said] : said
    return JSON.stringify(message(turn, content, stopReason(turn), usageOf(turn.usage)))
  },
  events(turn) {
    return [
      event('message_start', { message: message(turn, [], null, usageOf(turn.usage, 1)) }),
      ...blocksOf(turn).flatMap(({ block, deltas }, index) => [
        event('content_block_start', { index, content_block: block }),
        ...(index === 0 ? [event('ping', {})] : []),
        ...deltas.map((delta) => event('content_block_delta', { index, delta })),
        event('content_block_stop', { index }),
      ]),
      event('message_delta', {
        delta: { stop_reason: stopReason(turn), stop_sequence: null },
        usage: usageOf(turn.usage),
      }),
      event('message_stop', {}),
    ]
  },
  errorEvent: (data) => `event: error\ndata: ${JSON.stringify(data)}\n\n`,
}
