// Whole answers and errors in Anthropic Messages.
import { finished, toldInput } from '../call-input.ts'
import { stringifyExact } from '../exact.ts'
import { count, list, record, text } from '../frames.ts'
import type { Answered, AssistantPart, Stop, Usage } from '../neutral.ts'
import { Unsayable } from '../unsayable.ts'

const STOPS: ReadonlyMap<unknown, Stop> = new Map<string, Stop>([
  ['end_turn', 'end'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['stop_sequence', 'stop'],
  ['tool_use', 'tools'],
  ['refusal', 'refusal'],
  ['pause_turn', 'pause'],
])
const REASONS: Readonly<Record<Stop, string>> = {
  end: 'end_turn',
  length: 'max_tokens',
  stop: 'stop_sequence',
  tools: 'tool_use',
  refusal: 'refusal',
  pause: 'pause_turn',
}

/** @throws Unsayable for an answer that ended for a reason that nobody knows */
export function stopOf(reason: unknown): Stop {
  const stop = STOPS.get(reason ?? 'end_turn')
  if (stop === undefined) throw new Unsayable('', `the vendor gave up: ${text(reason).slice(0, 60)}`)
  return stop
}

/** Counts as an answer has them, or the last event of a stream. @param before what was told so far: the last event repeats not all of it */
export function usageOf(value: unknown, before?: Usage): Usage {
  const counts = record(value)
  const at = (name: string, was: number | undefined): number =>
    typeof counts[name] === 'number' ? count(counts[name]) : (was ?? 0)
  const thought = record(counts.output_tokens_details).thinking_tokens
  const reasoning = typeof thought === 'number' ? count(thought) : before?.reasoning
  return {
    input: at('input_tokens', before?.input),
    output: at('output_tokens', before?.output),
    cacheRead: at('cache_read_input_tokens', before?.cacheRead),
    cacheWrite: at('cache_creation_input_tokens', before?.cacheWrite),
    ...(reasoning === undefined ? {} : { reasoning }),
  }
}

export function writeUsage({ input, output, cacheRead, cacheWrite, reasoning }: Usage): object {
  return {
    input_tokens: input,
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: cacheRead,
    output_tokens: output,
    ...(reasoning === undefined ? {} : { output_tokens_details: { thinking_tokens: reasoning } }),
  }
}

/** @throws Unsayable for what is no answer */
export function readAnswer(value: unknown): Answered {
  const { type, id, model, content, stop_reason, stop_sequence, usage } = record(value)
  if (type !== 'message' || !Array.isArray(content)) throw new Unsayable('', 'the vendor sent no message')
  const stopAt = text(stop_sequence)
  return {
    id: text(id),
    model: text(model),
    parts: list(content).map(partOf),
    stop: stopOf(stop_reason),
    ...(stopAt === '' ? {} : { stopAt }),
    usage: usageOf(usage),
  }
}

function partOf(value: unknown): AssistantPart {
  const block = record(value)
  switch (block.type) {
    case 'text':
      return { kind: 'text', text: text(block.text) }
    case 'thinking': {
      const signature = text(block.signature)
      const seal = signature === '' ? {} : { seal: { by: 'messages', value: signature } as const }
      return { kind: 'thinking', text: text(block.thinking), ...seal }
    }
    case 'redacted_thinking':
      return { kind: 'thinking', text: '', seal: { by: 'messages', value: text(block.data), isWhole: true } }
    case 'tool_use':
      return { kind: 'call', id: text(block.id), name: text(block.name), input: stringifyExact(record(block.input)) }
    default:
      throw new Unsayable(
        'content',
        `the vendor answered with "${text(block.type).slice(0, 60)}", which cannot be translated`,
      )
  }
}

export function writeAnswer({ id, model, parts, stop, stopAt, usage }: Answered): Record<string, unknown> {
  return {
    ...emptyMessage(id, model),
    content: finished(parts, stop)
      .filter((part) => part.kind === 'call' || part.kind === 'thinking' || part.text !== '')
      .map(blockOf),
    stop_reason: REASONS[stop],
    stop_sequence: stopAt ?? null,
    usage: writeUsage(usage),
  }
}

/** What a message begins with; its id says where it comes from. */
export function emptyMessage(id: string, model: string): Record<string, unknown> {
  return {
    id: id.startsWith('msg_') ? id : `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
  }
}

/** The end of a message, as its stream tells it. */
export function writeStop(stop: Stop, stopAt: string | undefined): object {
  return { stop_reason: REASONS[stop], stop_sequence: stopAt ?? null }
}

function blockOf(part: AssistantPart): object {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return { type: 'text', text: part.text }
    case 'call':
      return { type: 'tool_use', id: part.id, name: part.name, input: toldInput(part.input, part.name) }
    case 'thinking':
      return part.seal?.isWhole === true
        ? { type: 'redacted_thinking', data: part.seal.value }
        : { type: 'thinking', thinking: part.text, signature: part.seal?.value ?? '' }
  }
}
