// A client's request in OpenAI Chat Completions, read into the neutral form.
import type { Asking, AssistantPart, CallPart, Format, Reasoning, ThinkingPart, Turn } from '../neutral.ts'
import { isEffort } from '../reasoning.ts'
import { turnsOf } from '../turns.ts'
import {
  type Fields,
  fieldsOf,
  type Hints,
  known,
  listOf,
  maybeFlag,
  maybeNumber,
  maybeText,
  named,
  nothingElse,
  textOf,
  Unsayable,
} from '../unsayable.ts'
import { PART_HINTS, readContent, readTexts } from './read-content.ts'
import { readChoice, readTool } from './read-tools.ts'

/** Left out of a translation; nobody misses them. */
const HINTS: Hints = {
  model: 'the gateway names the model',
  metadata: 'labels for what OpenAI keeps',
  service_tier: 'how soon OpenAI serves its own',
  prompt_cache_retention: 'other vendors cache by themselves',
  prompt_cache_options: 'other vendors cache by themselves',
  prediction: 'makes an answer quicker, not different',
}
const MESSAGE_HINTS: Hints = { annotations: 'where a text was found, not what it says' }
/** @param value the parsed body @throws Unsayable */
export function readRequest(value: unknown): Asking {
  const {
    messages,
    tools,
    tool_choice,
    parallel_tool_calls,
    max_completion_tokens,
    max_tokens,
    temperature,
    top_p,
    frequency_penalty,
    presence_penalty,
    seed,
    stop,
    stream,
    stream_options,
    reasoning_effort,
    response_format,
    verbosity,
    user,
    safety_identifier,
    prompt_cache_key,
    ...rest
  } = fieldsOf(value, '')
  refuseUnsaid(rest)
  return known({
    turns: turnsOf(listOf(messages, 'messages').map((message, at) => readMessage(message, `messages[${at}]`))),
    tools: listOf(tools, 'tools').map((tool, at) => readTool(tool, `tools[${at}]`)),
    toolChoice: readChoice(tool_choice, 'tool_choice'),
    isParallel: maybeFlag(parallel_tool_calls, 'parallel_tool_calls'),
    maxTokens: maybeNumber(max_completion_tokens, 'max_completion_tokens') ?? maybeNumber(max_tokens, 'max_tokens'),
    temperature: maybeNumber(temperature, 'temperature'),
    topP: maybeNumber(top_p, 'top_p'),
    frequencyPenalty: maybeNumber(frequency_penalty, 'frequency_penalty'),
    presencePenalty: maybeNumber(presence_penalty, 'presence_penalty'),
    seed: maybeNumber(seed, 'seed'),
    stops: typeof stop === 'string' ? [stop] : listOf(stop, 'stop').map((one, at) => textOf(one, `stop[${at}]`)),
    reasoning: readReasoning(reasoning_effort),
    format: readFormat(response_format, 'response_format'),
    verbosity: readVerbosity(verbosity),
    isStreaming: maybeFlag(stream, 'stream') === true,
    wantsUsage: readOptions(stream_options),
    userId: maybeText(user, 'user') ?? maybeText(safety_identifier, 'safety_identifier'),
    cacheKey: maybeText(prompt_cache_key, 'prompt_cache_key'),
  })
}

/** What is refused unless it has the value that means nothing. */
function refuseUnsaid(fields: Fields): void {
  const { n, logprobs, top_logprobs, logit_bias, store, modalities, functions, function_call, ...rest } = fields
  nothingElse(rest, '', HINTS)
  if (n !== undefined && n !== null && n !== 1) throw new Unsayable('n', 'other vendors give one answer at a time')
  if (logprobs === true || (typeof top_logprobs === 'number' && top_logprobs > 0))
    throw new Unsayable('logprobs', 'other vendors do not tell how likely each word was')
  if (typeof logit_bias === 'object' && logit_bias !== null && Object.keys(logit_bias).length > 0)
    throw new Unsayable('logit_bias', 'other vendors number their tokens otherwise')
  if (store === true) throw new Unsayable('store', 'no other vendor keeps answers for OpenAI')
  if (listOf(modalities, 'modalities').some((kind) => kind !== 'text'))
    throw new Unsayable('modalities', 'text only is translated')
  if (functions !== undefined && functions !== null)
    throw new Unsayable('functions', 'this older form is not translated: use tools')
  if (function_call !== undefined && function_call !== null)
    throw new Unsayable('function_call', 'this older form is not translated: use tool_choice')
}

function readOptions(value: unknown): boolean {
  if (value === undefined || value === null) return false
  const { include_usage, include_obfuscation: _, ...rest } = fieldsOf(value, 'stream_options')
  nothingElse(rest, 'stream_options')
  return include_usage === true
}

function readMessage(value: unknown, path: string): Turn {
  const { role, content, name, ...rest } = fieldsOf(value, path)
  if (name !== undefined && name !== null)
    throw new Unsayable(`${path}.name`, 'other vendors do not tell participants of one role apart')
  const place = `${path}.content`
  switch (role) {
    case 'system':
    case 'developer':
      nothingElse(rest, path)
      return { role: 'system', parts: readTexts(content, place) }
    case 'user':
      nothingElse(rest, path)
      return { role, parts: readContent(content, place) }
    case 'assistant':
      return { role, parts: readAssistant(content, rest, path) }
    case 'tool': {
      const { tool_call_id, ...others } = rest
      nothingElse(others, path)
      const callId = textOf(tool_call_id, `${path}.tool_call_id`)
      return { role: 'user', parts: [{ kind: 'result', callId, content: readContent(content, place) }] }
    }
    default:
      throw new Unsayable(`${path}.role`, 'system, developer, user, assistant or tool is expected')
  }
}

function readAssistant(content: unknown, fields: Fields, path: string): AssistantPart[] {
  const { refusal, tool_calls, reasoning_content, reasoning, reasoning_details, audio, function_call, ...rest } = fields
  nothingElse({ audio, function_call, ...rest }, path, MESSAGE_HINTS)
  const said = maybeText(refusal, `${path}.refusal`) ?? ''
  return [
    ...readThoughts(reasoning_content ?? reasoning, reasoning_details, path),
    ...readSaid(content, `${path}.content`),
    ...(said === '' ? [] : [{ kind: 'refusal', text: said } as const]),
    ...listOf(tool_calls, `${path}.tool_calls`).map((call, at) => readCall(call, `${path}.tool_calls[${at}]`)),
  ]
}

function readSaid(content: unknown, path: string): AssistantPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  return listOf(content, path).map((value, at) => {
    const { type, text, refusal, ...rest } = fieldsOf(value, `${path}[${at}]`)
    nothingElse(rest, `${path}[${at}]`, PART_HINTS)
    if (type === 'refusal') return { kind: 'refusal', text: textOf(refusal, `${path}[${at}].refusal`) }
    if (type !== 'text')
      throw new Unsayable(`${path}[${at}].type`, `content of type "${named(type)}" cannot be translated`)
    return { kind: 'text', text: textOf(text, `${path}[${at}].text`) }
  })
}

/** What we, and vendors who show their models' thoughts, put beside the answer: clients that keep it bring it back. */
function readThoughts(content: unknown, details: unknown, path: string): ThinkingPart[] {
  const seals = listOf(details, `${path}.reasoning_details`).flatMap((value, at) => {
    const { type, data } = fieldsOf(value, `${path}.reasoning_details[${at}]`)
    return type === 'reasoning.encrypted' && typeof data === 'string' ? [data] : []
  })
  const text = maybeText(content, `${path}.reasoning_content`) ?? ''
  const [first, ...others] = seals
  if (text === '' && first === undefined) return []
  const sealed = (value: string): Pick<ThinkingPart, 'seal'> => ({ seal: { by: 'chat_completions', value } })
  return [
    { kind: 'thinking', text, ...(first === undefined ? {} : sealed(first)) },
    ...others.map((value): ThinkingPart => ({ kind: 'thinking', text: '', ...sealed(value) })),
  ]
}

function readCall(value: unknown, path: string): CallPart {
  const { id, type, function: called, index: _, ...rest } = fieldsOf(value, path)
  if (type !== undefined && type !== 'function')
    throw new Unsayable(`${path}.type`, `a call of type "${named(type)}" cannot be translated`)
  nothingElse(rest, path)
  const { name, arguments: input, ...others } = fieldsOf(called, `${path}.function`)
  nothingElse(others, `${path}.function`)
  return {
    kind: 'call',
    id: textOf(id, `${path}.id`),
    name: textOf(name, `${path}.function.name`),
    input: maybeText(input, `${path}.function.arguments`) || '{}',
  }
}

function readReasoning(value: unknown): Reasoning | undefined {
  const effort = maybeText(value, 'reasoning_effort')
  if (effort === undefined) return undefined
  if (!isEffort(effort)) throw new Unsayable('reasoning_effort', 'no such effort is known')
  return { effort }
}

function readVerbosity(value: unknown): Asking['verbosity'] {
  if (value === undefined || value === null) return undefined
  if (value === 'low' || value === 'medium' || value === 'high') return value
  throw new Unsayable('verbosity', 'low, medium or high is expected')
}

function readFormat(value: unknown, path: string): Format | undefined {
  if (value === undefined || value === null) return undefined
  const { type, json_schema, ...rest } = fieldsOf(value, path)
  nothingElse(rest, path)
  if (type === 'text') return undefined
  if (type === 'json_object') return { kind: 'json' }
  if (type !== 'json_schema') throw new Unsayable(`${path}.type`, `"${named(type)}" cannot be translated`)
  const { name, description, schema, strict, ...others } = fieldsOf(json_schema, `${path}.json_schema`)
  nothingElse(others, `${path}.json_schema`)
  return known({
    kind: 'schema',
    schema: fieldsOf(schema ?? {}, `${path}.json_schema.schema`),
    name: maybeText(name, `${path}.json_schema.name`),
    description: maybeText(description, `${path}.json_schema.description`),
    isStrict: maybeFlag(strict, `${path}.json_schema.strict`),
  })
}
