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
import {
  anything,
  byKind,
  each,
  effort,
  fields,
  flag,
  into,
  must,
  number,
  object,
  type Read,
  refused,
  refusedBut,
  text,
} from '../reading.ts'
import { turnsOf } from '../turns.ts'
import { known } from '../unsayable.ts'

const BLOCK = {
  cache_control: 'other vendors cache by themselves',
  citations: 'where a text was found, not what it says',
  caller: 'who ran the tool; here it is always the client',
  toolset_name: 'the tool has a name of its own',
}
const unknown = (kind: string): string => `content of type "${kind}" cannot be translated`

const ofText = into(
  object({ ...BLOCK, text: must(text) }),
  ({ text: said }): TextPart => ({ kind: 'text', text: said }),
)
/** A text alone, or blocks. */
const orText =
  <T>(read: Read<T[]>): Read<(T | TextPart)[]> =>
  (value, path) =>
    typeof value !== 'string' ? read(value, path) : value === '' ? [] : [{ kind: 'text', text: value }]

const MEDIA = {
  base64: into(
    object({ media_type: must(text), data: must(text) }),
    ({ media_type, data }): Media => ({ by: 'bytes', mediaType: media_type, base64: data }),
  ),
  url: into(object({ url: must(text) }), ({ url }): Media => ({ by: 'url', url })),
  file: refused('a file that was uploaded to Anthropic cannot be shown to another vendor', 'file_id'),
}
const unknownSource = (kind: string): string => `a source of type "${kind}" cannot be translated`
const image = into(
  object({
    ...BLOCK,
    transformations: 'how an image is made ready to be looked at',
    source: must(byKind<Media>(MEDIA, unknownSource)),
  }),
  ({ source }): ImagePart => ({ kind: 'image', source }),
)

type Source = DocumentPart['source']
const documentSource = byKind<Source>(
  {
    ...MEDIA,
    text: into(object({ media_type: anything, data: must(text) }), ({ data }): Source => ({ by: 'text', text: data })),
    content: into(object({ content: must(text) }), ({ content }): Source => ({ by: 'text', text: content })),
  },
  unknownSource,
)
const isUncited = (value: unknown): boolean => fields(value, '').enabled !== true
const document = into(
  object({
    ...BLOCK,
    context: refused('only Anthropic is told what a document is about'),
    citations: refusedBut(isUncited, 'only Anthropic cites documents'),
    source: must(documentSource),
    title: text,
  }),
  ({ source, title }): DocumentPart => ({ kind: 'document', source, ...(title === undefined ? {} : { name: title }) }),
)

/** What can be shown to a model. */
const SHOWN = { text: ofText, image, document }
const result = into(
  object({
    ...BLOCK,
    tool_use_id: must(text),
    content: orText(each(byKind<TextPart | ImagePart | DocumentPart>(SHOWN, unknown))),
    is_error: flag,
  }),
  ({ tool_use_id, content = [], is_error }): UserPart => ({
    kind: 'result',
    callId: tool_use_id,
    content,
    ...(is_error === true ? { isError: true } : {}),
  }),
)

const ofUser = orText(each(byKind<UserPart>({ ...SHOWN, tool_result: result }, unknown)))
const ofAssistant = orText(
  each(
    byKind<AssistantPart>(
      {
        text: ofText,
        thinking: into(object({ ...BLOCK, thinking: must(text), signature: text }), ({ thinking, signature = '' }) => ({
          kind: 'thinking',
          text: thinking,
          ...(signature === '' ? {} : { seal: { by: 'messages', value: signature } }),
        })),
        redacted_thinking: into(object({ ...BLOCK, data: must(text) }), ({ data }) => ({
          kind: 'thinking',
          text: '',
          seal: { by: 'messages', value: data, isWhole: true },
        })),
        tool_use: into(
          object({ ...BLOCK, id: must(text), name: must(text), input: fields }),
          ({ id, name, input = {} }) => ({ kind: 'call', id, name, input: stringifyExact(input) }),
        ),
      },
      unknown,
    ),
  ),
)
const instructions = orText(each(byKind({ text: ofText }, () => 'instructions are texts')))

const ONLY_ANTHROPIC = {
  clear_at: refusedBut((value) => value === 'never', 'other vendors show instructions as long as they stand there'),
  output_config: refused('other vendors take one effort for the whole request'),
}
const message = byKind<Turn>(
  {
    system: into(object({ ...ONLY_ANTHROPIC, content: instructions }), ({ content = [] }) => ({
      role: 'system',
      parts: content,
    })),
    user: into(object({ content: ofUser }), ({ content = [] }) => ({ role: 'user', parts: content })),
    assistant: into(object({ content: ofAssistant }), ({ content = [] }) => ({ role: 'assistant', parts: content })),
  },
  () => 'user, assistant or system is expected',
  'role',
)

const custom = into(
  object({
    cache_control: 'other vendors cache by themselves',
    eager_input_streaming: 'how finely the input is cut',
    input_examples: 'the schema says what is allowed',
    allowed_callers: 'the model calls, there is nobody else',
    defer_loading: refusedBut((value) => value !== true, 'only Anthropic searches for tools'),
    name: must(text),
    description: text,
    input_schema: must(fields),
    strict: flag,
  }),
  ({ name, description, input_schema, strict }): Tool =>
    known({ name, description, schema: input_schema, isStrict: strict }),
)
const tool = byKind({ '': custom, custom }, (kind) => `"${kind}" runs at Anthropic, and no other vendor has it`)

type Choice = { toolChoice: ToolChoice; isParallel?: boolean }
const choosing = (must: 'auto' | 'any' | 'none'): Read<Choice> =>
  into(object({ disable_parallel_tool_use: flag }), ({ disable_parallel_tool_use: alone }) => ({
    toolChoice: { must },
    ...(alone === undefined ? {} : { isParallel: !alone }),
  }))
const choice = byKind<Choice>(
  {
    auto: choosing('auto'),
    any: choosing('any'),
    none: choosing('none'),
    tool: into(
      object({ disable_parallel_tool_use: flag, name: must(text) }),
      ({ name, disable_parallel_tool_use: alone }) => ({
        toolChoice: { must: 'name', name },
        ...(alone === undefined ? {} : { isParallel: !alone }),
      }),
    ),
  },
  () => 'auto, any, none or tool is expected',
)

const wish = object({
  block_binding: 'what becomes of thoughts that belong elsewhere: other vendors are shown none',
  budget_tokens: number,
  display: anything,
})
const isShown = (display: unknown): boolean => display !== 'omitted'
const thinking = byKind<Reasoning>(
  {
    disabled: into(wish, () => ({ effort: 'none' })),
    adaptive: into(wish, ({ display }) => ({ isShown: isShown(display) })),
    enabled: into(wish, ({ budget_tokens: budget, display }) => known({ budget, isShown: isShown(display) })),
  },
  (kind) => `"${kind}" cannot be translated`,
)

// What Anthropic promises to fit fits.
const format = byKind<Format>(
  {
    json_schema: into(object({ schema: must(fields) }), ({ schema }) => ({ kind: 'schema', schema, isStrict: true })),
  },
  () => 'json_schema is expected',
)

const paysItself = (value: unknown): boolean => (fields(value, '').bill_to ?? 'self') === 'self'

const body = object({
  model: 'the gateway names the model',
  fallback_credit_token: 'a discount of Anthropic for what one of its models has declined',
  billing_policy: refusedBut(paysItself, 'only Anthropic bills somebody else'),
  fallbacks: refused('only Anthropic asks another of its models where one declines'),
  compaction: refused('only Anthropic makes a summary that it signs: ask for one in words'),
  container: refused('what runs and lies in a container is at Anthropic'),
  thread: refused('that conversation lies at Anthropic: send what was said so far as messages'),
  mcp_servers: refused('Anthropic calls these servers itself, and no other vendor does'),
  inference_geo: refused('other vendors cannot be told where in the world they answer'),
  cache_control: 'other vendors cache by themselves',
  service_tier: 'how soon Anthropic serves its own',
  speed: 'how fast Anthropic serves its own',
  diagnostics: 'asks Anthropic why its cache was missed',
  user_profile_id: 'an account of Anthropic',
  context_management: 'drops what is old to save tokens; the answer is the same',
  messages: each(message),
  system: instructions,
  max_tokens: number,
  stream: flag,
  temperature: number,
  top_p: number,
  top_k: number,
  stop_sequences: each(text),
  tools: each(tool),
  tool_choice: choice,
  thinking,
  output_config: object({ task_budget: refused('only Anthropic counts along what a task may take'), effort, format }),
  output_format: format,
  metadata: into(fields, ({ user_id }, path) => (user_id ?? undefined) && text(user_id, `${path}.user_id`)),
})

/** @param value the parsed body @throws Unsayable */
export function readRequest(value: unknown): Asking {
  const { messages = [], system = [], output_config, ...said } = body(value, '')
  const effort = output_config?.effort
  const reasoning = effort === undefined ? said.thinking : { effort, ...said.thinking }
  return known({
    turns: turnsOf([{ role: 'system', parts: system }, ...messages]),
    tools: said.tools ?? [],
    ...said.tool_choice,
    maxTokens: said.max_tokens,
    temperature: said.temperature,
    topP: said.top_p,
    topK: said.top_k,
    stops: said.stop_sequences ?? [],
    reasoning,
    format: output_config?.format ?? said.output_format,
    isStreaming: said.stream === true,
    wantsUsage: true,
    userId: said.metadata,
    goesOn: messages.at(-1)?.role === 'assistant' ? true : undefined,
  })
}
