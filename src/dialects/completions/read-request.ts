// A client's request in OpenAI Chat Completions, read into the neutral form.
import type { Asking, CallPart, RefusalPart, TextPart, Turn } from '../neutral.ts'
import {
  anything,
  byKind,
  each,
  effort,
  fields,
  flag,
  into,
  isAll,
  must,
  number,
  object,
  type Read,
  refused,
  refusedBut,
  text,
  verbosity,
} from '../reading.ts'
import { turnsOf } from '../turns.ts'
import { known } from '../unsayable.ts'
import { content, orParts, PART, textPart, texts, unknownContent } from './read-content.ts'
import { choosing, formats, named, TOOL, toolOf } from './read-tools.ts'
import { readDetail, turnParts } from './thoughts.ts'

/** What we, and vendors who show their models' thoughts, put beside the answer: clients that keep it bring it back. */
const details = into(each(fields), (found) => found.flatMap((one) => readDetail(one) ?? []))

const calledBy = into(
  object({
    id: must(text),
    index: 'where it stands, which its place says',
    extra_content: 'what Google puts beside it for itself',
    function: must(object({ name: must(text), arguments: text })),
  }),
  ({ id, function: { name, arguments: input } }): CallPart => ({ kind: 'call', id, name, input: input || '{}' }),
)
const call = byKind({ '': calledBy, function: calledBy }, (kind) => `a call of type "${kind}" cannot be translated`)

const refusal = (said: string): RefusalPart => ({ kind: 'refusal', text: said })
const spoken = orParts(
  byKind<TextPart | RefusalPart>(
    { text: textPart, refusal: into(object({ ...PART, refusal: must(text) }), (part) => refusal(part.refusal)) },
    unknownContent,
  ),
)

const NAME = refused('other vendors do not tell participants of one role apart')
const instructions = into(
  object({ name: NAME, content: texts(content) }),
  ({ content: parts = [] }): Turn => ({ role: 'system', parts }),
)
const message = byKind<Turn>(
  {
    system: instructions,
    developer: instructions,
    user: into(object({ name: NAME, content }), ({ content: parts = [] }) => ({ role: 'user', parts })),
    assistant: into(
      object({
        name: NAME,
        annotations: 'where a text was found, not what it says',
        audio: refused('what was said aloud lies at OpenAI: send its words as content'),
        function_call: refused('this older form is not translated: use tool_calls'),
        content: spoken,
        refusal: text,
        tool_calls: each(call),
        reasoning_content: text,
        reasoning: text,
        reasoning_details: details,
      }),
      ({ reasoning, reasoning_content = reasoning ?? '', reasoning_details = [], refusal: said = '', ...more }) => ({
        role: 'assistant',
        parts: turnParts({
          thought: reasoning_content,
          kept: reasoning_details,
          said: [...(more.content ?? []), ...(said === '' ? [] : [refusal(said)])],
          calls: more.tool_calls ?? [],
        }),
      }),
    ),
    tool: into(object({ name: NAME, content, tool_call_id: must(text) }), ({ content: shown = [], tool_call_id }) => ({
      role: 'user',
      parts: [{ kind: 'result', callId: tool_call_id, content: shown }],
    })),
  },
  () => 'system, developer, user, assistant or tool is expected',
  'role',
)

const tool = byKind(
  { function: into(object({ function: must(object(TOOL)) }), (found) => toolOf(found.function)) },
  (kind) => `a tool of type "${kind}" cannot be translated`,
)
const one = into(object({ function: must(object({ name: must(text) })) }), (found) => found.function)

const stops: Read<string[]> = (value, path) => (typeof value === 'string' ? [value] : each(text)(value, path))
const isNothing = (value: unknown): boolean => Object.keys(fields(value, '')).length === 0

const body = object({
  model: 'the gateway names the model',
  metadata: 'labels for what OpenAI keeps',
  service_tier: 'how soon OpenAI serves its own',
  prompt_cache_retention: 'other vendors cache by themselves',
  prompt_cache_options: 'other vendors cache by themselves',
  prediction: 'makes an answer quicker, not different',
  n: refusedBut((value) => value === 1, 'other vendors give one answer at a time'),
  logprobs: refusedBut((value) => value !== true, 'other vendors do not tell how likely each word was'),
  top_logprobs: refusedBut((value) => value === 0, 'other vendors do not tell how likely each word was'),
  logit_bias: refusedBut(isNothing, 'other vendors number their tokens otherwise'),
  store: refusedBut((value) => value !== true, 'no other vendor keeps answers for OpenAI'),
  audio: refused('text only is translated'),
  moderation: refused('no other vendor judges words as OpenAI does'),
  web_search_options: refused('the search runs at OpenAI'),
  modalities: refusedBut(isAll('text'), 'text only is translated'),
  functions: refused('this older form is not translated: use tools'),
  function_call: refused('this older form is not translated: use tool_choice'),
  messages: each(message),
  tools: each(tool),
  tool_choice: choosing(one),
  parallel_tool_calls: flag,
  max_completion_tokens: number,
  max_tokens: number,
  temperature: number,
  top_p: number,
  frequency_penalty: number,
  presence_penalty: number,
  seed: number,
  stop: stops,
  stream: flag,
  stream_options: object({ include_usage: flag, include_obfuscation: anything }),
  reasoning_effort: effort,
  response_format: formats(into(object({ json_schema: must(named) }), ({ json_schema }) => json_schema)),
  verbosity,
  user: text,
  safety_identifier: text,
  prompt_cache_key: text,
})

/** @param value the parsed body @throws Unsayable */
export function readRequest(value: unknown): Asking {
  const { reasoning_effort, ...said } = body(value, '')
  return known({
    turns: turnsOf(said.messages ?? []),
    tools: said.tools ?? [],
    toolChoice: said.tool_choice,
    isParallel: said.parallel_tool_calls,
    maxTokens: said.max_completion_tokens ?? said.max_tokens,
    temperature: said.temperature,
    topP: said.top_p,
    frequencyPenalty: said.frequency_penalty,
    presencePenalty: said.presence_penalty,
    seed: said.seed,
    stops: said.stop ?? [],
    reasoning: reasoning_effort === undefined ? undefined : { effort: reasoning_effort },
    format: said.response_format,
    verbosity: said.verbosity,
    isStreaming: said.stream === true,
    wantsUsage: said.stream_options?.include_usage === true,
    userId: said.user ?? said.safety_identifier,
    cacheKey: said.prompt_cache_key,
  })
}
