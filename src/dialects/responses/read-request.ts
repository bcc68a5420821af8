// A client's request in OpenAI Responses, read into the neutral form. What was said so far has to stand in it: nobody else keeps what OpenAI keeps.
import { choosing, formats, named, TOOL, toolOf } from '../completions/read-tools.ts'
import type { Asking, Reasoning } from '../neutral.ts'
import {
  anything,
  byKind,
  each,
  effort,
  flag,
  into,
  must,
  number,
  object,
  refused,
  refusedBut,
  text,
  verbosity,
} from '../reading.ts'
import { turnsOf } from '../turns.ts'
import { known } from '../unsayable.ts'
import { input } from './read-items.ts'

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

const tool = byKind(
  {
    function: into(
      object({
        ...TOOL,
        allowed_callers: 'the model calls, there is nobody else',
        output_schema: 'what a tool gives is seen when it gives it',
        defer_loading: refusedBut((value) => value !== true, 'only OpenAI searches for tools'),
      }),
      toolOf,
    ),
  },
  (kind) => `"${kind}" is a tool of OpenAI, and no other vendor has it`,
)

const reasoning = into(
  object({
    context: 'which thoughts are shown again: other vendors are shown none',
    mode: refusedBut((value) => value === 'standard', 'only OpenAI thinks in several ways'),
    effort,
    summary: text,
    generate_summary: text,
  }),
  ({ effort: wish, summary, generate_summary }): Reasoning | undefined => {
    const isShown = (summary ?? generate_summary) !== undefined
    return wish === undefined && !isShown ? undefined : known({ effort: wish, isShown })
  },
)

const body = object({
  model: 'the gateway names the model',
  metadata: 'labels for what OpenAI keeps',
  service_tier: 'how soon OpenAI serves its own',
  prompt_cache_retention: 'other vendors cache by themselves',
  prompt_cache_options: 'other vendors cache by themselves',
  max_tool_calls: 'limits the tools that run at OpenAI, of which there are none',
  truncation: 'who drops nothing refuses what is too long',
  context_management: 'drops what is old to save tokens; the answer is the same',
  client_metadata: 'notes of the client for OpenAI',
  previous_response_id: refused('that answer lies at OpenAI: send what was said so far as input'),
  conversation: refused('that conversation lies at OpenAI: send what was said so far as input'),
  prompt: refused('that prompt lies at OpenAI: send its text as instructions'),
  moderation: refused('no other vendor judges words as OpenAI does'),
  store: refusedBut((value) => value !== true, 'no other vendor keeps answers for OpenAI'),
  background: refusedBut((value) => value !== true, 'no other vendor answers later'),
  top_logprobs: refusedBut((value) => value === 0, 'other vendors do not tell how likely each word was'),
  include: each(refusedBut((value) => INCLUDED.has(value), 'other vendors do not tell that')),
  stream_options: object({ include_obfuscation: anything }),
  input,
  instructions: text,
  tools: each(tool),
  tool_choice: choosing(object({ name: must(text) })),
  parallel_tool_calls: flag,
  max_output_tokens: number,
  temperature: number,
  top_p: number,
  reasoning,
  text: object({ format: formats(named), verbosity }),
  stream: flag,
  user: text,
  safety_identifier: text,
  prompt_cache_key: text,
})

/** @param value the parsed body @throws Unsayable */
export function readRequest(value: unknown): Asking {
  const { instructions = '', input: turns = [], ...said } = body(value, '')
  return known({
    turns: turnsOf([
      { role: 'system', parts: instructions === '' ? [] : [{ kind: 'text', text: instructions }] },
      ...turns,
    ]),
    tools: said.tools ?? [],
    toolChoice: said.tool_choice,
    isParallel: said.parallel_tool_calls,
    maxTokens: said.max_output_tokens,
    temperature: said.temperature,
    topP: said.top_p,
    stops: [],
    reasoning: said.reasoning,
    format: said.text?.format,
    verbosity: said.text?.verbosity,
    isStreaming: said.stream === true,
    wantsUsage: true,
    userId: said.safety_identifier ?? said.user,
    cacheKey: said.prompt_cache_key,
  })
}
