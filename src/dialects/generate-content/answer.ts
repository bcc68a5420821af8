// Whole answers in Google's generateContent. What the model's thoughts are sealed with stands there beside a call or a text; here it belongs to a
// thought, before the call or behind the text, which is empty where none was told: that is where clients of other dialects keep such things.
import { finished, toldInput } from '../call-input.ts'
import { stringifyExact } from '../exact.ts'
import { count, list, record, text } from '../frames.ts'
import type { Answered, AssistantPart, CallPart, Seal, Stop, Usage } from '../neutral.ts'
import { known, Unsayable } from '../unsayable.ts'
import { sealBy, UNSIGNED } from './read-contents.ts'

const STOPS: ReadonlyMap<string, Stop> = new Map<string, Stop>([
  ['STOP', 'end'],
  ['FINISH_REASON_UNSPECIFIED', 'end'],
  ['MAX_TOKENS', 'length'],
  ['SAFETY', 'refusal'],
  ['RECITATION', 'refusal'],
  ['LANGUAGE', 'refusal'],
  ['BLOCKLIST', 'refusal'],
  ['PROHIBITED_CONTENT', 'refusal'],
  ['SPII', 'refusal'],
])
const REASONS: Readonly<Record<Stop, string>> = {
  end: 'STOP',
  length: 'MAX_TOKENS',
  stop: 'STOP',
  tools: 'STOP',
  refusal: 'PROHIBITED_CONTENT',
  pause: 'MAX_TOKENS',
}

/** @throws Unsayable for an answer that failed: a call that nobody can read, say */
export function stopOf(reason: string, hasCalls: boolean): Stop {
  const stop = STOPS.get(reason)
  if (stop === undefined) throw new Unsayable('finishReason', `the vendor gave up: ${reason.slice(0, 60)}`)
  return stop === 'end' && hasCalls ? 'tools' : stop
}

export function reasonOf(stop: Stop): string {
  return REASONS[stop]
}

/** What was cached is part of the prompt there; what was thought is told beside what was said. */
export function usageOf(value: unknown): Usage {
  const counts = record(value)
  const cacheRead = count(counts.cachedContentTokenCount)
  const thought = counts.thoughtsTokenCount
  return {
    input: Math.max(0, count(counts.promptTokenCount) + count(counts.toolUsePromptTokenCount) - cacheRead),
    output: count(counts.candidatesTokenCount) + count(thought),
    cacheRead,
    cacheWrite: 0,
    ...(typeof thought === 'number' ? { reasoning: count(thought) } : {}),
  }
}

export function writeUsage({ input, output, cacheRead, cacheWrite, reasoning = 0 }: Usage): object {
  const prompt = input + cacheRead + cacheWrite
  return known({
    promptTokenCount: prompt,
    cachedContentTokenCount: cacheRead === 0 ? undefined : cacheRead,
    candidatesTokenCount: Math.max(0, output - reasoning),
    thoughtsTokenCount: reasoning === 0 ? undefined : reasoning,
    totalTokenCount: prompt + output,
  })
}

/** One part of the vendor's answer, and the seal that stood beside it: of a thought that comes before a call, and behind a text. */
export type Told = { sealed: Seal | undefined; part: AssistantPart | undefined }

/** @throws Unsayable for what is neither text, thought nor call */
export function partOf(value: unknown): Told {
  const { text: said, thought, thoughtSignature, functionCall, ...rest } = record(value)
  const sealed = sealBy(text(thoughtSignature))
  if (functionCall !== undefined && functionCall !== null) {
    const { id, name, args } = record(functionCall)
    return { sealed, part: { kind: 'call', id: text(id), name: text(name), input: stringifyExact(record(args)) } }
  }
  const [strange] = Object.keys(known(rest)).filter((name) => name !== 'partMetadata' && rest[name] !== null)
  if (strange !== undefined)
    throw new Unsayable('parts', `the vendor answered with "${strange.slice(0, 60)}", which cannot be translated`)
  if (thought === true)
    return { sealed: undefined, part: { kind: 'thinking', text: text(said), ...(sealed && { seal: sealed }) } }
  return { sealed, part: text(said) === '' ? undefined : { kind: 'text', text: text(said) } }
}

/** @throws Unsayable for what is no answer */
export function readAnswer(value: unknown): Answered {
  const { candidates, promptFeedback, usageMetadata, modelVersion, responseId } = record(value)
  const [first] = list(candidates)
  const head = { id: text(responseId), model: text(modelVersion), usage: usageOf(usageMetadata) }
  if (first === undefined) {
    if (text(record(promptFeedback).blockReason) === '') throw new Unsayable('', 'the vendor sent no answer')
    return { ...head, parts: [], stop: 'refusal' }
  }
  const { content, finishReason } = record(first)
  const parts: AssistantPart[] = []
  for (const one of list(record(content).parts)) {
    const { sealed, part } = partOf(one)
    if (part !== undefined && part.kind !== 'call') join(parts, part)
    if (sealed !== undefined) seal(parts, sealed)
    if (part?.kind === 'call') parts.push(part)
  }
  const hasCalls = parts.some(({ kind }) => kind === 'call')
  return { ...head, parts, stop: stopOf(text(finishReason) || 'STOP', hasCalls) }
}

/** The thought that has just been told is sealed, or one without words. */
function seal(parts: AssistantPart[], sealed: Seal): void {
  const last = parts.at(-1)
  if (last?.kind === 'thinking' && last.seal === undefined) last.seal = sealed
  else parts.push({ kind: 'thinking', text: '', seal: sealed })
}

/** What belongs together comes in several parts. */
function join(parts: AssistantPart[], part: AssistantPart): void {
  const last = parts.at(-1)
  if (part.kind === 'text' && last?.kind === 'text') last.text += part.text
  else if (part.kind === 'thinking' && last?.kind === 'thinking' && last.seal === undefined) {
    last.text += part.text
    if (part.seal !== undefined) last.seal = part.seal
  } else parts.push(part)
}

export function writeAnswer({ id, model, parts, stop, usage }: Answered): Record<string, unknown> {
  const told = finished(parts, stop)
  const first = told.find(({ kind }) => kind === 'call')
  const written = told.flatMap((part) => writePart(part, part === first))
  return {
    candidates: [{ content: { parts: written, role: 'model' }, finishReason: REASONS[stop], index: 0 }],
    usageMetadata: writeUsage(usage),
    ...tailOf(id, model),
  }
}

/** What every answer, and every chunk of a stream, ends with. */
export function tailOf(id: string, model: string): object {
  return { modelVersion: model, responseId: id }
}

function writePart(part: AssistantPart, isFirstCall: boolean): object[] {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return part.text === '' ? [] : [{ text: part.text }]
    case 'thinking':
      return [{ text: part.text, thought: true, ...(part.seal && { thoughtSignature: part.seal.value }) }]
    case 'call':
      return [callPart(part, isFirstCall)]
  }
}

/**
 * A call as clients of the dialect get it. Models of Google want a mark at the first call of each turn, and refuse a conversation without it:
 * a client that goes on with one of them brings back the vendor's own word for calls that another model has made.
 */
export function callPart({ id, name, input }: CallPart, isFirst: boolean): object {
  const functionCall = { id, name, args: toldInput(input, name) }
  return isFirst ? { functionCall, thoughtSignature: UNSIGNED } : { functionCall }
}
