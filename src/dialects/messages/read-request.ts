// A client's request in Anthropic Messages, read into the neutral form.
import { stringifyExact } from '../exact.ts'
import type {
  Asking,
  AssistantPart,
  DocumentPart,
  Format,
  ImagePart,
  Media,
  Reasoning,
  TextPart,
  Tool,
  ToolChoice,
  Turn,
  UserPart,
} from '../neutral.ts'
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

/** Left out of a translation; nobody misses them. */
const HINTS: Hints = {
  model: 'the gateway names the model',
  cache_control: 'other vendors cache by themselves',
  service_tier: 'how soon Anthropic serves its own',
  speed: 'how fast Anthropic serves its own',
  diagnostics: 'asks Anthropic why its cache was missed',
  user_profile_id: 'an account of Anthropic',
  context_management: 'drops what is old to save tokens; the answer is the same',
}
const BLOCK_HINTS: Hints = {
  cache_control: 'other vendors cache by themselves',
  citations: 'where a text was found, not what it says',
  caller: 'who ran the tool; here it is always the client',
  toolset_name: 'the tool has a name of its own',
}
const TOOL_HINTS: Hints = {
  cache_control: 'other vendors cache by themselves',
  eager_input_streaming: 'how finely the input is cut',
  input_examples: 'the schema says what is allowed',
  allowed_callers: 'the model calls, there is nobody else',
}
const ELSEWHERE = 'a file that was uploaded to Anthropic cannot be shown to another vendor'

/** @param value the parsed body @throws Unsayable */
export function readRequest(value: unknown): Asking {
  const {
    messages,
    system,
    max_tokens,
    stream,
    temperature,
    top_p,
    top_k,
    stop_sequences,
    tools,
    tool_choice,
    thinking,
    output_config,
    output_format,
    metadata,
    ...rest
  } = fieldsOf(value, '')
  nothingElse(rest, '', HINTS)
  const said = listOf(messages, 'messages').map((message, at) => readMessage(message, `messages[${at}]`))
  const first = readSystem(system, 'system')
  const config = output_config === undefined || output_config === null ? {} : fieldsOf(output_config, 'output_config')
  const { effort, format, ...others } = config
  nothingElse(others, 'output_config')
  const list = listOf(tools, 'tools')
  return known({
    turns: turnsOf([{ role: 'system', parts: first }, ...said]),
    tools: list.map((tool, at) => readTool(tool, `tools[${at}]`)),
    ...readChoice(tool_choice, 'tool_choice'),
    maxTokens: maybeNumber(max_tokens, 'max_tokens'),
    temperature: maybeNumber(temperature, 'temperature'),
    topP: maybeNumber(top_p, 'top_p'),
    topK: maybeNumber(top_k, 'top_k'),
    stops: listOf(stop_sequences, 'stop_sequences').map((stop, at) => textOf(stop, `stop_sequences[${at}]`)),
    reasoning: readReasoning(thinking, effort),
    format: readFormat(format, 'output_config.format') ?? readFormat(output_format, 'output_format'),
    isStreaming: maybeFlag(stream, 'stream') === true,
    wantsUsage: true,
    userId: metadata === undefined || metadata === null ? undefined : userOf(fieldsOf(metadata, 'metadata')),
  })
}

function userOf({ user_id }: Fields): string | undefined {
  return maybeText(user_id, 'metadata.user_id')
}

function readSystem(value: unknown, path: string): TextPart[] {
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return value === '' ? [] : [{ kind: 'text', text: value }]
  return listOf(value, path).map((block, at) => {
    const { type, text, ...rest } = fieldsOf(block, `${path}[${at}]`)
    if (type !== 'text') throw new Unsayable(`${path}[${at}].type`, 'instructions are texts')
    nothingElse(rest, `${path}[${at}]`, BLOCK_HINTS)
    return { kind: 'text', text: textOf(text, `${path}[${at}].text`) }
  })
}

function readMessage(value: unknown, path: string): Turn {
  const { role, content, ...rest } = fieldsOf(value, path)
  nothingElse(rest, path)
  if (role === 'system') return { role, parts: readSystem(content, `${path}.content`) }
  if (role !== 'user' && role !== 'assistant')
    throw new Unsayable(`${path}.role`, 'user, assistant or system is expected')
  if (typeof content === 'string') return { role, parts: content === '' ? [] : [{ kind: 'text', text: content }] }
  const blocks = listOf(content, `${path}.content`)
  return role === 'user'
    ? { role, parts: blocks.map((block, at) => readUser(block, `${path}.content[${at}]`)) }
    : { role, parts: blocks.map((block, at) => readAssistant(block, `${path}.content[${at}]`)) }
}

function readUser(value: unknown, path: string): UserPart {
  const block = fieldsOf(value, path)
  if (block.type !== 'tool_result') return readShown(block, path)
  const { type: _, tool_use_id, content, is_error, ...rest } = block
  nothingElse(rest, path, BLOCK_HINTS)
  const shown: (TextPart | ImagePart | DocumentPart)[] =
    typeof content === 'string'
      ? [{ kind: 'text', text: content }]
      : listOf(content, `${path}.content`).map((part, at) =>
          readShown(fieldsOf(part, `${path}.content[${at}]`), `${path}.content[${at}]`),
        )
  return {
    kind: 'result',
    callId: textOf(tool_use_id, `${path}.tool_use_id`),
    content: shown,
    ...(maybeFlag(is_error, `${path}.is_error`) === true ? { isError: true } : {}),
  }
}

/** What can be shown to a model. */
function readShown(block: Fields, path: string): TextPart | ImagePart | DocumentPart {
  const { type, text, source, title, citations, ...rest } = block
  switch (type) {
    case 'text':
      nothingElse({ ...rest, source, title }, path, BLOCK_HINTS)
      return { kind: 'text', text: textOf(text, `${path}.text`) }
    case 'image':
      nothingElse({ ...rest, text, title }, path, BLOCK_HINTS)
      return { kind: 'image', source: readMedia(fieldsOf(source, `${path}.source`), `${path}.source`) }
    case 'document': {
      nothingElse({ ...rest, text }, path, BLOCK_HINTS)
      const isCited = citations !== undefined && citations !== null && fieldsOf(citations, `${path}.citations`).enabled
      if (isCited === true) throw new Unsayable(`${path}.citations`, 'only Anthropic cites documents')
      const name = maybeText(title, `${path}.title`)
      return {
        kind: 'document',
        source: readDocument(fieldsOf(source, `${path}.source`), `${path}.source`),
        ...(name === undefined ? {} : { name }),
      }
    }
    default:
      throw new Unsayable(`${path}.type`, `content of type "${named(type)}" cannot be translated`)
  }
}

function readDocument(source: Fields, path: string): DocumentPart['source'] {
  if (source.type === 'text') return { by: 'text', text: textOf(source.data, `${path}.data`) }
  if (source.type === 'content' && typeof source.content === 'string') return { by: 'text', text: source.content }
  return readMedia(source, path)
}

function readMedia(source: Fields, path: string): Media {
  switch (source.type) {
    case 'base64':
      return {
        by: 'bytes',
        mediaType: textOf(source.media_type, `${path}.media_type`),
        base64: textOf(source.data, `${path}.data`),
      }
    case 'url':
      return { by: 'url', url: textOf(source.url, `${path}.url`) }
    case 'file':
      throw new Unsayable(`${path}.file_id`, ELSEWHERE)
    default:
      throw new Unsayable(`${path}.type`, `a source of type "${named(source.type)}" cannot be translated`)
  }
}

function readAssistant(value: unknown, path: string): AssistantPart {
  const { type, text, thinking, signature, data, id, name, input, ...rest } = fieldsOf(value, path)
  nothingElse(rest, path, BLOCK_HINTS)
  switch (type) {
    case 'text':
      return { kind: 'text', text: textOf(text, `${path}.text`) }
    case 'thinking': {
      const seal = maybeText(signature, `${path}.signature`) ?? ''
      return {
        kind: 'thinking',
        text: textOf(thinking, `${path}.thinking`),
        ...(seal === '' ? {} : { seal: { by: 'messages', value: seal } }),
      }
    }
    case 'redacted_thinking':
      return {
        kind: 'thinking',
        text: '',
        seal: { by: 'messages', value: textOf(data, `${path}.data`), isWhole: true },
      }
    case 'tool_use':
      return {
        kind: 'call',
        id: textOf(id, `${path}.id`),
        name: textOf(name, `${path}.name`),
        input: stringifyExact(fieldsOf(input ?? {}, `${path}.input`)),
      }
    default:
      throw new Unsayable(`${path}.type`, `content of type "${named(type)}" cannot be translated`)
  }
}

function readTool(value: unknown, path: string): Tool {
  const { type, name, description, input_schema, strict, defer_loading, ...rest } = fieldsOf(value, path)
  if (type !== undefined && type !== null && type !== 'custom')
    throw new Unsayable(`${path}.type`, `"${named(type)}" runs at Anthropic, and no other vendor has it`)
  if (defer_loading === true) throw new Unsayable(`${path}.defer_loading`, 'only Anthropic searches for tools')
  nothingElse(rest, path, TOOL_HINTS)
  return known({
    name: textOf(name, `${path}.name`),
    description: maybeText(description, `${path}.description`),
    schema: fieldsOf(input_schema, `${path}.input_schema`),
    isStrict: maybeFlag(strict, `${path}.strict`),
  })
}

function readChoice(value: unknown, path: string): { toolChoice?: ToolChoice; isParallel?: boolean } {
  if (value === undefined || value === null) return {}
  const { type, name, disable_parallel_tool_use, ...rest } = fieldsOf(value, path)
  nothingElse(rest, path)
  const parallel = maybeFlag(disable_parallel_tool_use, `${path}.disable_parallel_tool_use`)
  const isParallel = parallel === undefined ? {} : { isParallel: !parallel }
  switch (type) {
    case 'auto':
    case 'none':
    case 'any':
      return { toolChoice: { must: type }, ...isParallel }
    case 'tool':
      return { toolChoice: { must: 'name', name: textOf(name, `${path}.name`) }, ...isParallel }
    default:
      throw new Unsayable(`${path}.type`, 'auto, any, none or tool is expected')
  }
}

function readReasoning(thinking: unknown, effort: unknown): Reasoning | undefined {
  const word = maybeText(effort, 'output_config.effort')
  if (word !== undefined && !isEffort(word)) throw new Unsayable('output_config.effort', 'no such effort is known')
  const wished = word === undefined ? {} : { effort: word }
  if (thinking === undefined || thinking === null) return word === undefined ? undefined : wished
  const { type, budget_tokens, display, ...rest } = fieldsOf(thinking, 'thinking')
  nothingElse(rest, 'thinking')
  const isShown = display !== 'omitted'
  switch (type) {
    case 'disabled':
      return { effort: 'none' }
    case 'adaptive':
      return { ...wished, isShown }
    case 'enabled':
      return known({ ...wished, budget: maybeNumber(budget_tokens, 'thinking.budget_tokens'), isShown })
    default:
      throw new Unsayable('thinking.type', `"${named(type)}" cannot be translated`)
  }
}

function readFormat(value: unknown, path: string): Format | undefined {
  if (value === undefined || value === null) return undefined
  const { type, schema, ...rest } = fieldsOf(value, path)
  nothingElse(rest, path)
  if (type !== 'json_schema') throw new Unsayable(`${path}.type`, 'json_schema is expected')
  // What Anthropic promises to fit fits.
  return { kind: 'schema', schema: fieldsOf(schema, `${path}.schema`), isStrict: true }
}
