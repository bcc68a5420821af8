// Google's dialect, played: what generateContent insists on, its JSON, its stream of chunks that count anew each time.
import type { IncomingHttpHeaders } from 'node:http'
import { type Ask, type Tool, type ToolChoice, type Turn, tokenCount } from './answer.ts'
import { unknownIn, wrongDeclaration } from './generate-schema.ts'
import { asCount, asList, asObject, asText, contentText, isObject, type JsonObject } from './json.ts'
import { GOOGLE_MODELS } from './models.ts'
import { sealFor } from './own.ts'
import type { Dialect, Refusal } from './vendor.ts'

export const malformed = (message: string): Refusal => ({ status: 400, type: 'INVALID_ARGUMENT', message })

const TOP = [
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
  'safetySettings',
  'cachedContent',
]
/** What the sandbox puts beside a body: both stand in the path there. */
const OURS = ['model', 'stream']
const CONFIG = [
  ...['temperature', 'topP', 'topK', 'maxOutputTokens', 'stopSequences', 'candidateCount', 'seed'],
  ...['presencePenalty', 'frequencyPenalty', 'responseMimeType', 'responseSchema', 'responseJsonSchema'],
  ...['thinkingConfig', 'responseLogprobs', 'logprobs', 'responseModalities', 'mediaResolution'],
]
const MOST_STOPS = 5
const PARTS = ['text', 'inlineData', 'fileData', 'functionCall', 'functionResponse']
const BESIDE = ['thought', 'thoughtSignature']
/** For a history that another vendor's model has written. */
const UNSIGNED = 'skip_thought_signature_validator'
/** Models that will not go on from a call of theirs without its signature. */
const INSISTS = /^gemini-3/

type Content = { role: string; parts: readonly JsonObject[] }

function readContents(value: unknown): readonly Content[] | Refusal {
  const list = asList(value)
  if (list.length === 0) return malformed('* GenerateContentRequest.contents: contents is not specified')
  const contents: Content[] = []
  for (const [at, entry] of list.entries()) {
    const where = `contents[${at}]`
    const content = asObject(entry)
    const unknown = unknownIn(content, ['role', 'parts'], where)
    if (unknown !== undefined) return malformed(unknown)
    const role = asText(content.role) ?? 'user'
    if (role !== 'user' && role !== 'model') return malformed('Please use a valid role: user, model.')
    if (contents.at(-1)?.role === role) return malformed(`Sandbox: ${where} does not alternate between user and model`)
    const parts = asList(content.parts).map(asObject)
    if (parts.length === 0)
      return malformed(`* GenerateContentRequest.${where}.parts: contents.parts must not be empty.`)
    const wrong = parts.map((part, index) => wrongPart(part, role, `${where}.parts[${index}]`)).find(isText)
    if (wrong !== undefined) return malformed(wrong)
    contents.push({ role, parts })
  }
  return contents
}

const isText = (value: unknown): value is string => typeof value === 'string'

function wrongPart(part: JsonObject, role: string, where: string): string | undefined {
  const kinds = PARTS.filter((kind) => part[kind] !== undefined)
  if (kinds.length !== 1)
    return `* GenerateContentRequest.${where}.data: required oneof field 'data' must have one initialized field`
  const unknown = unknownIn(part, [...PARTS, ...BESIDE], where)
  if (unknown !== undefined) return unknown
  const [kind = ''] = kinds
  const speaker = kind === 'functionCall' ? 'model' : kind === 'text' ? role : 'user'
  if (role !== speaker) return `Sandbox: ${where} may not hold ${kind} in the role ${role}`
  const data = asObject(part[kind])
  switch (kind) {
    case 'inlineData': {
      const isFine = /^[\w.+-]+\/[\w.+-]+$/.test(asText(data.mimeType) ?? '') && isBase64(data.data)
      return isFine ? undefined : `Sandbox: ${where}.inlineData needs a mimeType and data in base64`
    }
    case 'fileData':
      return asText(data.fileUri) === undefined ? `Sandbox: ${where}.fileData needs a fileUri` : undefined
    case 'functionCall':
    case 'functionResponse': {
      const body = kind === 'functionCall' ? data.args : data.response
      if (asText(data.name) === undefined)
        return `* GenerateContentRequest.${where}.${kind}.name: Name cannot be empty.`
      return body === undefined ? undefined : isObject(body) ? undefined : `Sandbox: ${where}.${kind} needs an object`
    }
    default:
      return undefined
  }
}

function isBase64(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && /^[A-Za-z0-9+/]*={0,2}$/.test(value)
}

const callsIn = ({ parts }: Content): readonly JsonObject[] => parts.filter((part) => part.functionCall !== undefined)

/** Calls are answered at once, each of them; and they keep the signature that they came with. */
function wrongCalls(contents: readonly Content[], model: string, seal: string): string | undefined {
  for (const [at, content] of contents.entries()) {
    const next = contents[at + 1]
    const calls = callsIn(content)
    const answers = next?.parts.filter((part) => part.functionResponse !== undefined).length ?? 0
    if (next !== undefined && calls.length !== answers) {
      return 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.'
    }
    const strange = content.parts.find(
      ({ thoughtSignature: mark }) => ![undefined, seal, UNSIGNED].includes(asText(mark)),
    )
    if (strange !== undefined) return 'Sandbox: a thought signature is not valid for this account'
    const [first] = calls
    if (first !== undefined && INSISTS.test(model) && first.thoughtSignature === undefined) {
      return `Function call is missing a thought_signature in functionCall parts (position ${at + 1}).`
    }
  }
  return undefined
}

function wrongConfig(config: JsonObject): string | undefined {
  const unknown = unknownIn(config, CONFIG, 'generation_config')
  if (unknown !== undefined) return unknown
  const { temperature, stopSequences, thinkingConfig } = config
  if (temperature !== undefined && !(Number(temperature) >= 0 && Number(temperature) <= 2)) {
    return '* GenerateContentRequest.generation_config.temperature: temperature must be in the range [0.0, 2.0].'
  }
  if (asList(stopSequences).length > MOST_STOPS) return `Sandbox: at most ${MOST_STOPS} stop sequences`
  if (
    (config.responseSchema ?? config.responseJsonSchema) !== undefined &&
    config.responseMimeType !== 'application/json'
  ) {
    return 'Sandbox: a schema of the answer needs responseMimeType application/json'
  }
  return unknownIn(asObject(thinkingConfig), ['includeThoughts', 'thinkingBudget', 'thinkingLevel'], 'thinking_config')
}

function readTools(value: unknown): readonly Tool[] | Refusal {
  const found: Tool[] = []
  for (const [at, entry] of asList(value).entries()) {
    const where = `tools[${at}]`
    const unknown = unknownIn(
      asObject(entry),
      ['functionDeclarations', 'googleSearch', 'codeExecution', 'urlContext'],
      where,
    )
    if (unknown !== undefined) return malformed(unknown)
    for (const [index, one] of asList(asObject(entry).functionDeclarations).entries()) {
      const declaration = asObject(one)
      const wrong = wrongDeclaration(declaration, `${where}.function_declarations[${index}]`)
      if (wrong !== undefined) return malformed(wrong)
      const schema = asObject(declaration.parametersJsonSchema ?? declaration.parameters)
      found.push({ name: String(declaration.name), schema })
    }
  }
  return found
}

function readChoice(config: JsonObject): ToolChoice {
  const { mode, allowedFunctionNames } = asObject(config.functionCallingConfig)
  if (mode === 'NONE') return 'none'
  const [name] = asList(allowedFunctionNames)
  return mode !== 'ANY' ? 'auto' : isText(name) ? { name } : 'required'
}

function read(body: JsonObject, headers: IncomingHttpHeaders): Ask | Refusal {
  if (headers['x-goog-api-key'] === undefined) {
    return { status: 403, type: 'PERMISSION_DENIED', message: "Method doesn't allow unregistered callers (sandbox)." }
  }
  const model = String(body.model)
  if (!GOOGLE_MODELS.includes(model)) {
    const message = `models/${model} is not found for API version v1beta, or is not supported for generateContent.`
    return { status: 404, type: 'NOT_FOUND', message }
  }
  const unknown = unknownIn(body, [...TOP, ...OURS], '')
  if (unknown !== undefined) return malformed(unknown)
  const contents = readContents(body.contents)
  if ('status' in contents) return contents
  const config = asObject(body.generationConfig)
  const seal = sealFor(headers)
  const wrong = wrongCalls(contents, model, seal) ?? wrongConfig(config)
  if (wrong !== undefined) return malformed(wrong)
  const tools = readTools(body.tools)
  if ('status' in tools) return tools
  const last = contents.at(-1)
  if (last?.role !== 'user') return malformed('Please ensure that single turn requests end with a user role (sandbox).')
  const answers = last.parts.map(({ functionResponse }) => functionResponse).filter(isObject)
  const limit = asCount(config.maxOutputTokens)
  const instructions = contentText(asObject(body.systemInstruction).parts)
  return {
    model,
    stream: body.stream === true,
    input: answers.length > 0 ? JSON.stringify(answers.map(({ response }) => response)) : contentText(last.parts),
    fromUser: answers.length === 0,
    tools,
    toolChoice: readChoice(asObject(body.toolConfig)),
    prompt: [body.tools, body.systemInstruction, body.contents],
    seal,
    ...(asObject(config.thinkingConfig).includeThoughts === true ? { thinks: true } : {}),
    ...(limit === undefined ? {} : { limit }),
    ...(instructions === '' ? {} : { instructions }),
  }
}

/** How long a prompt is, as the vendor counts it. */
export function countTokens(body: JsonObject | undefined): string | Refusal {
  const contents = readContents(body?.contents)
  if ('status' in contents) return contents
  return JSON.stringify({ totalTokens: tokenCount([body?.systemInstruction, body?.contents]), promptTokensDetails: [] })
}

const THOUGHT = 'Sandbox thought: there is nothing to think about.'
const THOUGHT_TOKENS = 9

function usageOf({ usage: { input, output }, thinks }: Turn, told: number): object {
  const thoughts = thinks === true ? THOUGHT_TOKENS : 0
  return {
    promptTokenCount: input,
    candidatesTokenCount: told,
    totalTokenCount: input + told + thoughts,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: input }],
    ...(thoughts === 0 ? {} : { thoughtsTokenCount: thoughts }),
    ...(told === output ? {} : { candidatesTokensDetails: [{ modality: 'TEXT', tokenCount: told }] }),
  }
}

const thoughtPart = { text: THOUGHT, thought: true }

/** Of several calls at once the first one is marked. */
function partsOf(turn: Turn): object[] {
  const { calls, thinks, seal } = turn
  const said =
    calls.length === 0
      ? [{ text: turn.pieces.join(''), ...(thinks === true ? { thoughtSignature: seal } : {}) }]
      : calls.map((call, at) => ({
          functionCall: { name: call.name, args: asObject(JSON.parse(call.arguments)) },
          ...(at === 0 ? { thoughtSignature: seal } : {}),
        }))
  return [...(thinks === true ? [thoughtPart] : []), ...said]
}

function answer(turn: Turn, parts: readonly object[], told: number, isLast: boolean): object {
  const finish = isLast ? { finishReason: turn.cutShort ? 'MAX_TOKENS' : 'STOP' } : {}
  return {
    candidates: [{ content: { parts, role: 'model' }, ...finish, index: 0 }],
    usageMetadata: usageOf(turn, told),
    modelVersion: turn.model,
    responseId: `sandbox-${turn.number}`,
  }
}

const event = (data: object): string => `data: ${JSON.stringify(data)}\r\n\r\n`

export const generateContent: Dialect = {
  read,
  json: (turn) => JSON.stringify(answer(turn, partsOf(turn), turn.usage.output, true)),
  events(turn) {
    const { pieces, call, thinks, seal, usage } = turn
    const opening = thinks === true ? [event(answer(turn, [thoughtPart], 0, false))] : []
    // Calls come in one piece.
    if (call !== undefined) {
      return [...opening, event(answer(turn, partsOf({ ...turn, thinks: false }), usage.output, true))]
    }
    return [
      ...opening,
      ...pieces.map((text, at) => {
        const isLast = at === pieces.length - 1
        const part = isLast && thinks === true ? { text, thoughtSignature: seal } : { text }
        return event(answer(turn, [part], at + 1, isLast))
      }),
    ]
  },
  errorEvent: (data) => event(data),
}
