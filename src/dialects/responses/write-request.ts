// A request in OpenAI Responses, written from the neutral form: for OpenAI itself, for logins of ChatGPT, and for the others who speak it.
import type {
  Addressed,
  Asking,
  AssistantPart,
  DocumentPart,
  Effort,
  Format,
  ImagePart,
  Media,
  ResultPart,
  TextPart,
  Tool,
  Turn,
  UserPart,
} from '../neutral.ts'
import { effortOf } from '../reasoning.ts'
import { ERROR_MARK, joinedText } from '../turns.ts'
import { known, Unsayable } from '../unsayable.ts'

/** The subscription: it insists on instructions, and takes neither a limit nor settings of chance. */
const CHATGPT = 'openai-codex'
const NO_INSTRUCTIONS = 'You are a helpful assistant.'
const LONGEST_USER = 64

/** @throws Unsayable */
export function writeRequest(asking: Asking, to: Addressed): Record<string, unknown> {
  refuseForeign(asking)
  const isChatgpt = to.provider === CHATGPT
  const [first, ...later] = asking.turns
  const instructions = first?.role === 'system' ? joinedText(first.parts) : undefined
  const turns = instructions === undefined ? asking.turns : later
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
    tool_choice: hasTools ? choiceOf(asking) : undefined,
    parallel_tool_calls: hasTools ? asking.isParallel : undefined,
    ...(isChatgpt ? chanceless(asking) : limitsOf(asking, to)),
    reasoning: reasoningOf(asking),
    text: Object.keys(text).length === 0 ? undefined : text,
    // What the model thought comes back to us sealed, and nothing stays there.
    include: ['reasoning.encrypted_content'],
    store: false,
    prompt_cache_key: isOpenai ? asking.cacheKey : undefined,
    safety_identifier:
      to.provider === 'openai' && (asking.userId ?? '').length <= LONGEST_USER ? asking.userId : undefined,
    stream: to.isStreaming ? true : undefined,
  })
}

/** What the dialect has no word for. */
function refuseForeign({ topK, stops, frequencyPenalty = 0, presencePenalty = 0, seed }: Asking): void {
  if (stops.length > 0) throw new Unsayable('stops', 'Responses knows no texts to stop at')
  if (topK !== undefined) throw new Unsayable('topK', 'Responses has no such field')
  if (frequencyPenalty !== 0) throw new Unsayable('frequencyPenalty', 'Responses knows no such penalty')
  if (presencePenalty !== 0) throw new Unsayable('presencePenalty', 'Responses knows no such penalty')
  if (seed !== undefined) throw new Unsayable('seed', 'Responses takes no seed')
}

/** The limit of an answer cannot be told there. Anthropic's clients have to name one, so that it is left out, and refused to nobody. */
function chanceless({ temperature = 1, topP = 1 }: Asking): object {
  if (temperature !== 1) throw new Unsayable('temperature', 'a ChatGPT login takes no other than 1')
  if (topP !== 1) throw new Unsayable('topP', 'a ChatGPT login takes no other than 1')
  return {}
}

/** OpenAI takes no less than that. */
const LEAST_TOKENS = 16

function limitsOf({ maxTokens, temperature, topP }: Asking, { maxOutput }: Addressed): object {
  const limit =
    maxTokens === undefined ? undefined : Math.max(LEAST_TOKENS, Math.min(maxTokens, maxOutput ?? maxTokens))
  return { max_output_tokens: limit, temperature, top_p: topP }
}

function reasoningOf({ reasoning }: Asking): object | undefined {
  if (reasoning === undefined) return undefined
  const effort: Effort | undefined = effortOf(reasoning)
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

function urlOf(source: Media): string {
  return source.by === 'url' ? source.url : `data:${source.mediaType};base64,${source.base64}`
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

function choiceOf({ toolChoice }: Asking): string | object | undefined {
  if (toolChoice === undefined) return undefined
  if (toolChoice.must === 'name') return { type: 'function', name: toolChoice.name }
  return toolChoice.must === 'any' ? 'required' : toolChoice.must
}

function formatOf(format: Format): object {
  if (format.kind === 'json') return { type: 'json_object' }
  const { name = 'answer', description, schema, isStrict = false } = format
  return known({ type: 'json_schema', name, description, schema, strict: isStrict })
}
