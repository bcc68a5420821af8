// A request in Anthropic Messages, written from the neutral form.
import { markFor } from '../../core/cache.ts'
import { inputOf } from '../call-input.ts'
import type {
  Addressed,
  Asking,
  AssistantPart,
  DocumentPart,
  ImagePart,
  Media,
  TextPart,
  Tool,
  Turn,
  UserPart,
} from '../neutral.ts'
import { budgetOf } from '../reasoning.ts'
import { known, Unsayable } from '../unsayable.ts'
import { chanceOf, limitOf, parted, refuseUnsaid, thinkingFor } from '../writing.ts'
import { withMarks } from './cache-marks.ts'

/** Anthropic insists on a limit. This one stands where neither the client nor our tables know one; every model of these years takes it, tokens. */
const MAX_TOKENS = 32_000
const BAD_IN_ID = /[^a-zA-Z0-9_-]/g

/** @throws Unsayable */
export function writeRequest(asking: Asking, to: Addressed): Record<string, unknown> {
  refuseUnsaid(asking, UNSAID)
  const { drawsAlone = false, choosesTools = false } = thinkingFor(asking, to)
  if (drawsAlone) refuseUnsaid(asking, drawnBy(to.model))
  if (choosesTools && ['any', 'name'].includes(asking.toolChoice?.must ?? ''))
    throw new Unsayable('toolChoice', `${to.model} calls a tool when it wants to: ask it in words, and let it choose`)
  if ((asking.temperature ?? 0) > 1) throw new Unsayable('temperature', 'Anthropic takes 0 to 1')
  const { system, turns } = parted(asking.turns)
  const maxTokens = limitOf(asking, to) ?? to.maxOutput ?? MAX_TOKENS
  const { thinking, effort } = thoughtsFor(asking, to, maxTokens)
  const output = known({ effort, format: formatOf(asking) })
  const idOf = newIds()
  const body = known({
    model: to.model,
    max_tokens: maxTokens,
    system: blocksOf(system),
    messages: turns.flatMap((turn) => messageOf(turn, idOf)),
    tools: asking.tools.length === 0 ? undefined : asking.tools.map(toolOf),
    tool_choice: choiceOf(asking),
    ...(drawsAlone ? {} : { ...chanceOf(asking), top_k: asking.topK }),
    stop_sequences: asking.stops.length === 0 ? undefined : asking.stops,
    thinking,
    output_config: Object.keys(output).length === 0 ? undefined : output,
    metadata: asking.userId === undefined ? undefined : { user_id: asking.userId },
    stream: to.isStreaming ? true : undefined,
  })
  const mark = markFor(to.retention ?? 'none')
  return mark === undefined ? body : withMarks(body, mark)
}

const UNSAID = {
  frequencyPenalty: 'Anthropic knows no such penalty',
  presencePenalty: 'Anthropic knows no such penalty',
  seed: 'Anthropic draws by chance and takes no seed',
  verbosity: 'Anthropic knows no such setting',
}

/** Why newer models refuse what others take. */
function drawnBy(model: string): Readonly<Record<'temperature' | 'topP' | 'topK', string>> {
  const why = `${model} leaves as much to chance as it does by itself, and takes no other value than 1: leave it out`
  return { temperature: why, topP: why, topK: `${model} takes no such limit: leave it out` }
}

/** Anthropic refuses texts without a word in them. */
function textBlocks(text: string): Block[] {
  return text.trim() === '' ? [] : [{ type: 'text', text }]
}

function blocksOf(parts: readonly TextPart[] | undefined): Block[] | undefined {
  const blocks = parts?.flatMap(({ text }) => textBlocks(text)) ?? []
  return blocks.length === 0 ? undefined : blocks
}

type Block = Record<string, unknown>

/** What a call is called there. */
type Naming = (id: string) => string

function messageOf(turn: Turn, idOf: Naming): { role: string; content: Block[] }[] {
  const content =
    turn.role === 'assistant'
      ? turn.parts.flatMap((part) => assistantBlock(part, idOf))
      : turn.role === 'user'
        ? turn.parts.flatMap((part) => userBlock(part, idOf))
        : (blocksOf(turn.parts) ?? [])
  if (content.length > 0) return [{ role: turn.role, content }]
  // Without it, the model would go on with its own words.
  if (turn.role === 'user') throw new Unsayable('turns', 'Anthropic takes no message of a user without a word in it')
  return []
}

function userBlock(part: UserPart, idOf: Naming): Block[] {
  if (part.kind !== 'result') return shownBlock(part)
  const content = part.content.flatMap(shownBlock)
  return [known({ type: 'tool_result', tool_use_id: idOf(part.callId), content, is_error: part.isError })]
}

function shownBlock(part: TextPart | ImagePart | DocumentPart): Block[] {
  if (part.kind === 'text') return textBlocks(part.text)
  if (part.kind === 'image') return [{ type: 'image', source: mediaOf(part.source) }]
  return [known({ type: 'document', source: documentOf(part.source), title: part.name })]
}

function documentOf(source: DocumentPart['source']): object {
  if (source.by === 'text') return { type: 'text', media_type: 'text/plain', data: source.text }
  if (source.by === 'bytes') {
    if (source.mediaType.startsWith('text/')) {
      return { type: 'text', media_type: 'text/plain', data: Buffer.from(source.base64, 'base64').toString('utf8') }
    }
    if (source.mediaType !== 'application/pdf')
      throw new Unsayable(
        'turns',
        `a document of type ${source.mediaType} cannot be shown: Anthropic reads PDF and plain text`,
      )
  }
  return mediaOf(source)
}

function mediaOf(source: Media): object {
  return source.by === 'url'
    ? { type: 'url', url: source.url }
    : { type: 'base64', media_type: source.mediaType, data: source.base64 }
}

function assistantBlock(part: AssistantPart, idOf: Naming): Block[] {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return textBlocks(part.text)
    case 'call':
      return [{ type: 'tool_use', id: idOf(part.id), name: part.name, input: inputOf(part.input, part.name) }]
    case 'thinking': {
      // Thoughts of others are not shown: Anthropic takes those only that it has signed.
      if (part.seal?.by !== 'messages') return []
      return part.seal.isWhole === true
        ? [{ type: 'redacted_thinking', data: part.seal.value }]
        : [{ type: 'thinking', thinking: part.text, signature: part.seal.value }]
    }
  }
}

/** Vendors name calls as they like; Anthropic takes letters, digits, `_` and `-`. Two that differ in other characters only stay two. */
function newIds(): Naming {
  const ids = new Map<string, string>()
  const taken = new Set<string>()
  /** Numbers behind a plain name that are given already, so that thousands alike take no longer than thousands apart. */
  const given = new Map<string, number>()
  return (id) => {
    const known = ids.get(id)
    if (known !== undefined) return known
    const plain = id.replace(BAD_IN_ID, '_')
    let own = plain
    let at = given.get(plain) ?? 1
    while (taken.has(own)) own = `${plain}_${++at}`
    given.set(plain, at)
    taken.add(own)
    ids.set(id, own)
    return own
  }
}

function toolOf({ name, description, schema, isStrict }: Tool): Block {
  const input_schema = schema.type === undefined ? { type: 'object', properties: {}, ...schema } : schema
  return known({ name, description, input_schema, strict: isStrict === true ? true : undefined })
}

function choiceOf({ tools, toolChoice, isParallel }: Asking): object | undefined {
  if (tools.length === 0 || (toolChoice === undefined && isParallel === undefined)) return undefined
  const choice = toolChoice ?? { must: 'auto' }
  // Who calls nothing calls nothing at once.
  const parallel = isParallel === undefined || choice.must === 'none' ? {} : { disable_parallel_tool_use: !isParallel }
  return choice.must === 'name' ? { type: 'tool', name: choice.name, ...parallel } : { type: choice.must, ...parallel }
}

function formatOf({ format }: Asking): object | undefined {
  if (format?.kind === 'json')
    throw new Unsayable(
      'format',
      'Anthropic promises JSON by a schema only: name one (json_schema), or ask for it in words',
    )
  return format?.kind === 'schema' ? { type: 'json_schema', schema: format.schema } : undefined
}

function thoughtsFor(asking: Asking, to: Addressed, maxTokens: number): { thinking?: object; effort?: string } {
  const { reasoning } = asking
  const { budget, efforts, effort, never, isSilent } = thinkingFor(asking, to)
  if (reasoning === undefined || efforts.length === 0) return {}
  if (effort === 'none') {
    if (never === undefined) return { thinking: { type: 'disabled' } }
    return never === 'least' ? { thinking: { type: 'adaptive' }, effort: 'low' } : { thinking: { type: never } }
  }
  if (budget === undefined) {
    const display = isSilent === true && reasoning.isShown === true ? 'summarized' : undefined
    return known({ thinking: known({ type: 'adaptive', display }), effort })
  }
  const wished = budgetOf(reasoning)
  if (wished === undefined || isThoughtless(asking.turns)) return {}
  const tokens = Math.max(budget.least, Math.min(wished, Math.floor(maxTokens / 2)))
  if (tokens >= maxTokens)
    throw new Unsayable(
      'maxTokens',
      `${maxTokens} tokens leave no room to think: Anthropic wants ${budget.least} for that alone`,
    )
  return { thinking: { type: 'enabled', budget_tokens: tokens } }
}

/**
 * Whether the model is in the middle of calling tools, and its thoughts from the beginning of that are lost: most clients of other dialects do not
 * keep them. These models go on then only without thinking.
 */
function isThoughtless(turns: readonly Turn[]): boolean {
  const last = turns.at(-1)
  if (last?.role !== 'user' || !last.parts.some(({ kind }) => kind === 'result')) return false
  const before = turns.findLast(({ role }) => role === 'assistant')
  if (before?.role !== 'assistant') return false
  return !before.parts.some((part) => part.kind === 'thinking' && part.seal?.by === 'messages')
}
