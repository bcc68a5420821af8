// A client's request in OpenAI Responses, read into the neutral form. What was said so far has to stand in it: nobody else keeps what OpenAI keeps.
import type { Asking, Format, Reasoning, Tool, ToolChoice } from '../neutral.ts'
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
import { readItems } from './read-items.ts'

/** Left out of a translation; nobody misses them. */
const HINTS: Hints = {
  model: 'the gateway names the model',
  metadata: 'labels for what OpenAI keeps',
  service_tier: 'how soon OpenAI serves its own',
  prompt_cache_retention: 'other vendors cache by themselves',
  prompt_cache_options: 'other vendors cache by themselves',
  max_tool_calls: 'limits the tools that run at OpenAI, of which there are none',
  truncation: 'who drops nothing refuses what is too long',
  client_metadata: 'notes of the client for OpenAI',
}
/** What may be wished for beside the answer. */
const INCLUDED: ReadonlySet<unknown> = new Set([
  'reasoning.encrypted_content',
  'web_search_call.action.sources',
  'web_search_call.results',
  'file_search_call.results',
  'code_interpreter_call.outputs',
  'computer_call_output.output.image_url',
  'message.input_image.image_url',
])

/** @param value the parsed body @throws Unsayable */
export function readRequest(value: unknown): Asking {
  const {
    input,
    instructions,
    tools,
    tool_choice,
    parallel_tool_calls,
    max_output_tokens,
    temperature,
    top_p,
    reasoning,
    text,
    include,
    stream,
    stream_options,
    user,
    safety_identifier,
    prompt_cache_key,
    ...rest
  } = fieldsOf(value, '')
  refuseKept(rest)
  listOf(include, 'include').forEach((one, at) => {
    if (!INCLUDED.has(one)) throw new Unsayable(`include[${at}]`, 'other vendors do not tell that')
  })
  if (stream_options !== undefined && stream_options !== null) {
    const { include_obfuscation: _, ...others } = fieldsOf(stream_options, 'stream_options')
    nothingElse(others, 'stream_options')
  }
  const first = maybeText(instructions, 'instructions') ?? ''
  const { format, verbosity } = readText(text)
  return known({
    turns: turnsOf([
      { role: 'system', parts: first === '' ? [] : [{ kind: 'text', text: first }] },
      ...readItems(input, 'input'),
    ]),
    tools: listOf(tools, 'tools').map((tool, at) => readTool(tool, `tools[${at}]`)),
    toolChoice: readChoice(tool_choice, 'tool_choice'),
    isParallel: maybeFlag(parallel_tool_calls, 'parallel_tool_calls'),
    maxTokens: maybeNumber(max_output_tokens, 'max_output_tokens'),
    temperature: maybeNumber(temperature, 'temperature'),
    topP: maybeNumber(top_p, 'top_p'),
    stops: [],
    reasoning: readReasoning(reasoning, 'reasoning'),
    format,
    verbosity,
    isStreaming: maybeFlag(stream, 'stream') === true,
    wantsUsage: true,
    userId: maybeText(safety_identifier, 'safety_identifier') ?? maybeText(user, 'user'),
    cacheKey: maybeText(prompt_cache_key, 'prompt_cache_key'),
  })
}

/** What lies at OpenAI, or would have to. */
function refuseKept(fields: Fields): void {
  const { previous_response_id, conversation, prompt, store, background, top_logprobs, ...rest } = fields
  nothingElse(rest, '', HINTS)
  const isThere = (one: unknown): boolean => one !== undefined && one !== null
  if (isThere(previous_response_id))
    throw new Unsayable('previous_response_id', 'that answer lies at OpenAI: send what was said so far as input')
  if (isThere(conversation))
    throw new Unsayable('conversation', 'that conversation lies at OpenAI: send what was said so far as input')
  if (isThere(prompt)) throw new Unsayable('prompt', 'that prompt lies at OpenAI: send its text as instructions')
  if (store === true) throw new Unsayable('store', 'no other vendor keeps answers for OpenAI')
  if (background === true) throw new Unsayable('background', 'no other vendor answers later')
  if (typeof top_logprobs === 'number' && top_logprobs > 0)
    throw new Unsayable('top_logprobs', 'other vendors do not tell how likely each word was')
}

function readTool(value: unknown, path: string): Tool {
  const { type, name, description, parameters, strict, defer_loading, ...rest } = fieldsOf(value, path)
  if (type !== 'function')
    throw new Unsayable(`${path}.type`, `"${named(type)}" runs at OpenAI, and no other vendor has it`)
  if (defer_loading === true) throw new Unsayable(`${path}.defer_loading`, 'only OpenAI searches for tools')
  nothingElse(rest, path)
  return known({
    name: textOf(name, `${path}.name`),
    description: maybeText(description, `${path}.description`),
    schema:
      parameters === undefined || parameters === null
        ? { type: 'object', properties: {} }
        : fieldsOf(parameters, `${path}.parameters`),
    isStrict: maybeFlag(strict, `${path}.strict`),
  })
}

function readChoice(value: unknown, path: string): ToolChoice | undefined {
  if (value === undefined || value === null) return undefined
  if (value === 'auto' || value === 'none') return { must: value }
  if (value === 'required') return { must: 'any' }
  const { type, name, ...rest } = fieldsOf(value, path)
  if (type !== 'function') throw new Unsayable(`${path}.type`, `a choice of type "${named(type)}" cannot be translated`)
  nothingElse(rest, path)
  return { must: 'name', name: textOf(name, `${path}.name`) }
}

function readReasoning(value: unknown, path: string): Reasoning | undefined {
  if (value === undefined || value === null) return undefined
  const { effort, summary, generate_summary, ...rest } = fieldsOf(value, path)
  nothingElse(rest, path)
  const word = maybeText(effort, `${path}.effort`)
  if (word !== undefined && !isEffort(word)) throw new Unsayable(`${path}.effort`, 'no such effort is known')
  const isShown =
    (maybeText(summary, `${path}.summary`) ?? maybeText(generate_summary, `${path}.generate_summary`)) !== undefined
  return word === undefined && !isShown ? undefined : known({ effort: word, isShown })
}

function readText(value: unknown): { format?: Format | undefined; verbosity?: Asking['verbosity'] } {
  if (value === undefined || value === null) return {}
  const { format, verbosity, ...rest } = fieldsOf(value, 'text')
  nothingElse(rest, 'text')
  if (
    verbosity !== undefined &&
    verbosity !== null &&
    verbosity !== 'low' &&
    verbosity !== 'medium' &&
    verbosity !== 'high'
  )
    throw new Unsayable('text.verbosity', 'low, medium or high is expected')
  return { format: readFormat(format, 'text.format'), verbosity: verbosity ?? undefined }
}

function readFormat(value: unknown, path: string): Format | undefined {
  if (value === undefined || value === null) return undefined
  const { type, name, description, schema, strict, ...rest } = fieldsOf(value, path)
  nothingElse(rest, path)
  if (type === 'text') return undefined
  if (type === 'json_object') return { kind: 'json' }
  if (type !== 'json_schema')
    throw new Unsayable(`${path}.type`, `a format of type "${named(type)}" cannot be translated`)
  return known({
    kind: 'schema',
    schema: fieldsOf(schema, `${path}.schema`),
    name: maybeText(name, `${path}.name`),
    description: maybeText(description, `${path}.description`),
    isStrict: maybeFlag(strict, `${path}.strict`),
  })
}
