// A request in OpenAI Responses, written from the neutral form: for OpenAI itself, for logins of ChatGPT, and for the others who speak it.
import type {
  Addressed,
  Asking,
  AssistantPart,
  DocumentPart,
  Format,
  ImagePart,
  ResultPart,
  TextPart,
  Tool,
  Turn,
  UserPart,
} from '../neutral.ts'
import { ERROR_MARK, joinedText } from '../turns.ts'
import { known, Unsayable } from '../unsayable.ts'
import {
  chanceOf,
  choiceOf,
  limitOf,
  NO_PREFILL,
  parted,
  refuseUnsaid,
  thinkingFor,
  urlOf,
  userOf,
} from '../writing.ts'

/** The subscription: it insists on instructions, and takes neither a limit nor settings of chance. */
const CHATGPT = 'openai-codex'
const NO_INSTRUCTIONS = 'You are a helpful assistant.'

/** @throws Unsayable */
export function writeRequest(asking: Asking, to: Addressed): Record<string, unknown> {
  refuseUnsaid(asking, UNSAID)
  const isChatgpt = to.provider === CHATGPT
  const { system, turns } = parted(asking.turns)
  const instructions = system === undefined ? undefined : joinedText(system)
  const thinking = thinkingFor(asking, to)
  const hasTools = asking.tools.length > 0
  const text = known({
    format: asking.format === undefined ? undefined : formatOf(asking.format),
    verbosity: asking.verbosity,
  })
  const isOpenai = isChatgpt || to.provider === 'openai'
  return known({
    model: to.model,
    instructions: instructions ?? (isChatgpt ? NO_INSTRUCTIONS : undefined),
    input: turns.flatMap(itemsOf),
    tools: hasTools ? asking.tools.map(toolOf) : undefined,
    tool_choice: hasTools ? choiceOf(asking.toolChoice, (name) => ({ name })) : undefined,
    parallel_tool_calls: hasTools ? asking.isParallel : undefined,
    ...(isChatgpt ? chanceless(asking) : limitsOf(asking, to)),
    reasoning: thinking.efforts.length === 0 ? undefined : reasoningOf(asking, thinking.effort),
    text: Object.keys(text).length === 0 ? undefined : text,
    // What the model thought comes back to us sealed, and nothing stays there. Models that do not think refuse the word.
    include: thinking.efforts.length === 0 ? undefined : ['reasoning.encrypted_content'],
    store: false,
    prompt_cache_key: isOpenai ? asking.cacheKey : undefined,
    safety_identifier: to.provider === 'openai' ? userOf(asking) : undefined,
    stream: to.isStreaming ? true : undefined,
  })
}

const UNSAID = {
  stops: 'Responses knows no texts to stop at',
  topK: 'Responses has no such field',
  frequencyPenalty: 'Responses knows no such penalty',
  presencePenalty: 'Responses knows no such penalty',
  seed: 'Responses takes no seed',
  goesOn: NO_PREFILL,
}

/** The limit of an answer cannot be told there. Anthropic's clients have to name one, so that it is left out, and refused to nobody. */
function chanceless({ temperature = 1, topP = 1 }: Asking): object {
  if (temperature !== 1) throw new Unsayable('temperature', 'a ChatGPT login takes no other than 1')
  if (topP !== 1) throw new Unsayable('topP', 'a ChatGPT login takes no other than 1')
  return {}
}

/** OpenAI takes no less than that. */
const LEAST_TOKENS = 16

function limitsOf(asking: Asking, to: Addressed): object {
  const limit = limitOf(asking, to)
  return {
    max_output_tokens: limit === undefined ? undefined : Math.max(LEAST_TOKENS, limit),
    ...(to.provider === 'openai' ? chanceOf(asking) : { temperature: asking.temperature, top_p: asking.topP }),
  }
}

function reasoningOf({ reasoning }: Asking, effort: string | undefined): object | undefined {
  if (reasoning === undefined) return undefined
  return known({ effort, summary: reasoning.isShown === true ? 'auto' : undefined })
}

function itemsOf(turn: Turn): object[] {
  switch (turn.role) {
    case 'system':
      return [
        { type: 'message', role: 'developer', content: turn.parts.map(({ text }) => ({ type: 'input_text', text })) },
      ]
    case 'user':
      return userItems(turn.parts)
    case 'assistant':
      return assistantItems(turn.parts)
  }
}

function userItems(parts: readonly UserPart[]): object[] {
  const shown = parts.flatMap((part) => (part.kind === 'result' ? [] : [shownPart(part)]))
  return [
    ...parts.flatMap((part) => (part.kind === 'result' ? [resultOf(part)] : [])),
    ...(shown.length === 0 ? [] : [{ type: 'message', role: 'user', content: shown }]),
  ]
}

function resultOf({ callId, content, isError }: ResultPart): object {
  const texts = content.flatMap((part) => (part.kind === 'text' ? [part.text] : []))
  const mark = isError === true ? ERROR_MARK : ''
  const output =
    texts.length === content.length
      ? mark + texts.join('\n')
      : [...(mark === '' ? [] : [{ type: 'input_text', text: mark.trim() }]), ...content.map(shownPart)]
  return { type: 'function_call_output', call_id: callId, output }
}

function shownPart(part: TextPart | ImagePart | DocumentPart): object {
  if (part.kind === 'text') return { type: 'input_text', text: part.text }
  // The vendor insists on being told how closely to look.
  if (part.kind === 'image')
    return { type: 'input_image', image_url: urlOf(part.source), detail: part.detail ?? 'auto' }
  const { source, name } = part
  if (source.by === 'text')
    return { type: 'input_text', text: name === undefined ? source.text : `${name}\n\n${source.text}` }
  if (source.by === 'url') return { type: 'input_file', file_url: source.url }
  return { type: 'input_file', filename: name ?? 'document', file_data: urlOf(source) }
}

/** Texts that follow each other are one message. */
function assistantItems(parts: readonly AssistantPart[]): object[] {
  const out: object[] = []
  let content: object[] = []
  const close = (): void => {
    if (content.length > 0) out.push({ type: 'message', role: 'assistant', content })
    content = []
  }
  for (const part of parts) {
    switch (part.kind) {
      case 'text':
        if (part.text !== '') content.push({ type: 'output_text', text: part.text })
        break
      case 'refusal':
        content.push({ type: 'refusal', refusal: part.text })
        break
      case 'call':
        close()
        out.push({ type: 'function_call', call_id: part.id, name: part.name, arguments: part.input })
        break
      case 'thinking': {
        // Thoughts of others are not shown: who made them can open them, and nobody else.
        if (part.seal?.by !== 'responses') break
        close()
        const summary = part.text === '' ? [] : [{ type: 'summary_text', text: part.text }]
        out.push(known({ type: 'reasoning', id: part.seal.id, summary, encrypted_content: part.seal.value }))
      }
    }
  }
  close()
  return out
}

/** Where nothing is said, the vendor takes a schema for a strict one. */
function toolOf({ name, description, schema, isStrict = false }: Tool): object {
  return known({ type: 'function', name, description, parameters: schema, strict: isStrict })
}

function formatOf(format: Format): object {
  if (format.kind === 'json') return { type: 'json_object' }
  const { name = 'answer', description, schema, isStrict = false } = format
  return known({ type: 'json_schema', name, description, schema, strict: isStrict })
}
