// A request in Google's generateContent, written from the neutral form. Model and streaming stand in the path there, not in the body.
import { inputOf } from '../call-input.ts'
import type {
  Addressed,
  Asking,
  AssistantPart,
  DocumentPart,
  ImagePart,
  Media,
  ResultPart,
  TextPart,
  Tool,
  Turn,
  UserPart,
} from '../neutral.ts'
import { budgetOf } from '../reasoning.ts'
import { resultText } from '../turns.ts'
import { known, Unsayable } from '../unsayable.ts'
import { limitOf, NO_PREFILL, parted, refuseUnsaid, thinkingFor } from '../writing.ts'
import { UNSIGNED } from './read-contents.ts'
import { writeResponse } from './response.ts'

const MOST_STOPS = 5
const NAME = /^[A-Za-z_][\w.:-]{0,127}$/
/** Earlier models do not ask for the marks of their thoughts. */
const EARLIER = /^gemini-[12](?:\.|-)/

/** @throws Unsayable */
export function writeRequest(asking: Asking, to: Addressed): Record<string, unknown> {
  refuseUnsaid(asking, { verbosity: 'Google knows no such setting', goesOn: NO_PREFILL })
  if (asking.isParallel === false && asking.tools.length > 0)
    throw new Unsayable('isParallel', 'Google cannot be told to call one tool at a time')
  if (asking.stops.length > MOST_STOPS) throw new Unsayable('stops', `Google takes ${MOST_STOPS} at the most`)
  const { system, turns } = parted(asking.turns)
  const hasTools = asking.tools.length > 0
  const names = namesOf(turns)
  const config = configOf(asking, to)
  return known({
    contents: turns.flatMap((turn) => contentOf(turn, to, names)),
    systemInstruction: system === undefined ? undefined : { parts: system.map(({ text }) => ({ text })) },
    tools: hasTools ? [{ functionDeclarations: asking.tools.map(declarationOf) }] : undefined,
    toolConfig: hasTools ? choiceOf(asking) : undefined,
    generationConfig: Object.keys(config).length === 0 ? undefined : config,
  })
}

/** Names of tools by the calls: a result is told by name there. */
function namesOf(turns: readonly Turn[]): ReadonlyMap<string, string> {
  const calls = turns.flatMap(({ role, parts }) => (role === 'assistant' ? parts : []))
  return new Map(calls.flatMap((part) => (part.kind === 'call' ? [[part.id, part.name] as const] : [])))
}

function contentOf(turn: Turn, to: Addressed, names: ReadonlyMap<string, string>): object[] {
  switch (turn.role) {
    case 'system':
      throw new Unsayable('turns', 'Google takes instructions at the beginning of a conversation only')
    case 'user':
      return [{ role: 'user', parts: userParts(turn.parts, names) }]
    case 'assistant': {
      const parts = modelParts(turn.parts, to)
      return parts.length === 0 ? [] : [{ role: 'model', parts }]
    }
  }
}

function userParts(parts: readonly UserPart[], names: ReadonlyMap<string, string>): object[] {
  const results = parts.filter((part) => part.kind === 'result')
  return [
    ...results.map((part) => resultOf(part, names)),
    ...results.flatMap(shownOf),
    ...parts.flatMap((part) => (part.kind === 'result' ? [] : [shownPart(part)])),
  ]
}

function resultOf({ callId, content, isError }: ResultPart, names: ReadonlyMap<string, string>): object {
  const name = names.get(callId)
  if (name === undefined)
    throw new Unsayable('turns', `a result belongs to no call of this conversation (${callId.slice(0, 80)})`)
  return {
    functionResponse: { id: callId, name, response: writeResponse(resultText(content, false), isError === true) },
  }
}

/** Images and documents in a result follow behind the results. */
function shownOf({ callId, content }: ResultPart): object[] {
  const shown = content.filter((part) => part.kind !== 'text')
  return shown.length === 0 ? [] : [{ text: `Shown by the tool (call ${callId}):` }, ...shown.map(shownPart)]
}

function shownPart(part: TextPart | ImagePart | DocumentPart): object {
  if (part.kind === 'text') return { text: part.text }
  const { source } = part
  if (source.by === 'text') {
    const name = part.kind === 'document' ? part.name : undefined
    return { text: name === undefined ? source.text : `${name}\n\n${source.text}` }
  }
  return mediaOf(source, part.kind)
}

const TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  pdf: 'application/pdf',
  txt: 'text/plain',
}

/** What stands at an address is fetched by the vendor, who wants to know what it is. */
function mediaOf(source: Media, kind: 'image' | 'document'): object {
  if (source.by === 'bytes') return { inlineData: { mimeType: source.mediaType, data: source.base64 } }
  const [, end = ''] = /\.([a-z]{3,4})(?:[?#]|$)/i.exec(source.url) ?? []
  const mimeType = TYPES[end.toLowerCase()] ?? (kind === 'image' ? 'image/jpeg' : 'application/pdf')
  return { fileData: { mimeType, fileUri: source.url } }
}

/** The mark of a thought stands beside the call behind it, or the text before it, or the text behind it, whichever is there. */
function modelParts(parts: readonly AssistantPart[], to: Addressed): object[] {
  const out: object[] = []
  let mark: string | undefined
  let isSigned = false
  const marked = (part: object): void => {
    out.push(mark === undefined ? part : { ...part, thoughtSignature: mark })
    mark = undefined
  }
  parts.forEach((part, at) => {
    switch (part.kind) {
      case 'thinking': {
        // Thoughts of others are not shown; of its own the model wants the mark alone.
        if (part.seal?.by !== 'generate_content') return
        const { value } = part.seal
        const before = parts[at - 1]?.kind === 'text' ? out.at(-1) : undefined
        if (parts[at + 1]?.kind === 'call' || part.text !== '' || before === undefined) mark = value
        else out[out.length - 1] = { ...before, thoughtSignature: value }
        return
      }
      case 'call':
        // Of several calls at once the first one is marked.
        if (!isSigned && mark === undefined && !EARLIER.test(to.model)) mark = UNSIGNED
        isSigned = true
        marked({ functionCall: { id: part.id, name: part.name, args: inputOf(part.input, part.name) } })
        return
      default:
        if (part.text !== '') marked({ text: part.text })
    }
  })
  if (mark !== undefined) marked({ text: '' })
  return out
}

function declarationOf({ name, description, schema }: Tool): object {
  if (!NAME.test(name))
    throw new Unsayable('tools', `Google takes no tool called "${name.slice(0, 80)}": a letter or _ has to come first`)
  return known({ name, description, parametersJsonSchema: schema })
}

function choiceOf({ tools, toolChoice }: Asking): object | undefined {
  const isStrict = tools.some((tool) => tool.isStrict === true)
  const config = (mode: string, name?: string): object => ({
    functionCallingConfig: { mode, ...(name === undefined ? {} : { allowedFunctionNames: [name] }) },
  })
  switch (toolChoice?.must) {
    case 'none':
      return config('NONE')
    case 'any':
      return config('ANY')
    case 'name':
      return config('ANY', toolChoice.name)
    default:
      // Calls fit their schemas, as wished; else only where one must be made.
      return isStrict ? config('VALIDATED') : toolChoice === undefined ? undefined : config('AUTO')
  }
}

function configOf(asking: Asking, to: Addressed): object {
  const { format } = asking
  return known({
    temperature: asking.temperature,
    topP: asking.topP,
    topK: asking.topK,
    maxOutputTokens: limitOf(asking, to),
    stopSequences: asking.stops.length === 0 ? undefined : asking.stops,
    presencePenalty: asking.presencePenalty,
    frequencyPenalty: asking.frequencyPenalty,
    seed: asking.seed,
    responseMimeType: format === undefined ? undefined : 'application/json',
    responseJsonSchema: format?.kind === 'schema' ? format.schema : undefined,
    thinkingConfig: thoughtsFor(asking, to),
  })
}

function thoughtsFor(asking: Asking, to: Addressed): object | undefined {
  const { reasoning } = asking
  const { budget, efforts, effort } = thinkingFor(asking, to)
  if (reasoning === undefined || efforts.length === 0) return undefined
  const { isShown: includeThoughts = reasoning.effort !== 'none' } = reasoning
  if (budget === undefined) return known({ includeThoughts, thinkingLevel: effort })
  const wished = budgetOf(reasoning)
  if (wished === undefined) return { includeThoughts }
  return { includeThoughts, thinkingBudget: Math.max(budget.least, Math.min(wished, budget.most)) }
}
