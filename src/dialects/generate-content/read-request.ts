// A client's request in Google's generateContent, read into the neutral form.
import type { Asking, Format, Reasoning, Tool, ToolChoice } from '../neutral.ts'
import { isEffort } from '../reasoning.ts'
import { turnsOf } from '../turns.ts'
import {
  type Fields,
  type Hints,
  known,
  listOf,
  maybeFlag,
  maybeNumber,
  maybeText,
  nothingElse,
  textOf,
  Unsayable,
} from '../unsayable.ts'
import { readContents, readSystem } from './read-contents.ts'
import { camelFields, jsonSchemaOf } from './schema.ts'

/** Left out of a translation; nobody misses them. */
const HINTS: Hints = {
  model: 'the gateway names the model',
  safetySettings: 'how strict the filters of Google are; others have their own',
  labels: 'labels for a bill of Google',
  serviceTier: 'how soon Google serves its own',
}
const CONFIG_HINTS: Hints = { mediaResolution: 'how closely an image is looked at is a wish' }
const TOOL_HINTS: Hints = {
  response: 'what a tool gives is seen when it gives it',
  responseJsonSchema: 'what a tool gives is seen when it gives it',
}

/** @param value the parsed body @throws Unsayable */
export function readRequest(value: unknown): Asking {
  const { contents, systemInstruction, tools, toolConfig, generationConfig, cachedContent, ...rest } = camelFields(
    value,
    '',
  )
  nothingElse(rest, '', HINTS)
  if (cachedContent !== undefined && cachedContent !== null)
    throw new Unsayable('cachedContent', 'what Google keeps for one of its accounts cannot be shown to another vendor')
  const list = listOf(tools, 'tools').flatMap((tool, at) => readTools(tool, `tools[${at}]`))
  return known({
    turns: turnsOf([
      { role: 'system', parts: readSystem(systemInstruction, 'systemInstruction') },
      ...readContents(contents, 'contents'),
    ]),
    ...readChoice(list, toolConfig),
    ...readConfig(generationConfig, 'generationConfig'),
    // Where it is asked for, the path says so.
    isStreaming: false,
    wantsUsage: true,
  })
}

function readTools(value: unknown, path: string): Tool[] {
  const { functionDeclarations, ...rest } = camelFields(value, path)
  const [strange] = Object.keys(rest)
  if (strange !== undefined) throw new Unsayable(`${path}.${strange}`, 'this tool runs at Google only')
  return listOf(functionDeclarations, `${path}.functionDeclarations`).map((one, at) => {
    const place = `${path}.functionDeclarations[${at}]`
    const { name, description, parameters, parametersJsonSchema, behavior, ...others } = camelFields(one, place)
    nothingElse(others, place, TOOL_HINTS)
    if (behavior === 'NON_BLOCKING') throw new Unsayable(`${place}.behavior`, 'other models wait for what they call')
    const schema =
      parametersJsonSchema === undefined
        ? jsonSchemaOf(parameters ?? { type: 'object', properties: {} }, `${place}.parameters`)
        : (parametersJsonSchema as Fields)
    return known({
      name: textOf(name, `${place}.name`),
      description: maybeText(description, `${place}.description`),
      schema,
    })
  })
}

function readChoice(tools: readonly Tool[], value: unknown): { tools: readonly Tool[]; toolChoice?: ToolChoice } {
  if (value === undefined || value === null) return { tools }
  const { functionCallingConfig, ...rest } = camelFields(value, 'toolConfig')
  nothingElse(rest, 'toolConfig')
  if (functionCallingConfig === undefined) return { tools }
  const path = 'toolConfig.functionCallingConfig'
  const { mode, allowedFunctionNames, ...others } = camelFields(functionCallingConfig, path)
  nothingElse(others, path)
  const names = listOf(allowedFunctionNames, `${path}.allowedFunctionNames`)
  switch (mode) {
    case undefined:
    case 'MODE_UNSPECIFIED':
    case 'AUTO':
      return { tools, toolChoice: { must: 'auto' } }
    case 'VALIDATED':
      return { tools: tools.map((tool) => ({ ...tool, isStrict: true })), toolChoice: { must: 'auto' } }
    case 'NONE':
      return { tools, toolChoice: { must: 'none' } }
    case 'ANY': {
      const [name] = names
      if (names.length === 0 || tools.every((tool) => names.includes(tool.name)))
        return { tools, toolChoice: { must: 'any' } }
      if (names.length === 1 && typeof name === 'string') return { tools, toolChoice: { must: 'name', name } }
      throw new Unsayable(`${path}.allowedFunctionNames`, 'other vendors can be told to call one tool, or any of all')
    }
    default:
      throw new Unsayable(`${path}.mode`, 'AUTO, ANY, NONE or VALIDATED is expected')
  }
}

function readConfig(value: unknown, path: string): Omit<Asking, 'turns' | 'tools' | 'isStreaming' | 'wantsUsage'> {
  const {
    temperature,
    topP,
    topK,
    maxOutputTokens,
    stopSequences,
    seed,
    presencePenalty,
    frequencyPenalty,
    responseMimeType,
    responseSchema,
    responseJsonSchema,
    thinkingConfig,
    ...rest
  } = value === undefined || value === null ? ({} as Fields) : camelFields(value, path)
  refuseUnsaid(rest, path)
  const at = (name: string): string => `${path}.${name}`
  return known({
    temperature: maybeNumber(temperature, at('temperature')),
    topP: maybeNumber(topP, at('topP')),
    topK: maybeNumber(topK, at('topK')),
    maxTokens: maybeNumber(maxOutputTokens, at('maxOutputTokens')),
    stops: listOf(stopSequences, at('stopSequences')).map((stop, index) =>
      textOf(stop, `${at('stopSequences')}[${index}]`),
    ),
    seed: maybeNumber(seed, at('seed')),
    presencePenalty: maybeNumber(presencePenalty, at('presencePenalty')),
    frequencyPenalty: maybeNumber(frequencyPenalty, at('frequencyPenalty')),
    format: readFormat(responseMimeType, { responseSchema, responseJsonSchema }, path),
    reasoning: readReasoning(thinkingConfig, at('thinkingConfig')),
  })
}

/** What is refused unless it has the value that means nothing. */
function refuseUnsaid(fields: Fields, path: string): void {
  const { candidateCount, responseLogprobs, logprobs, responseModalities, ...rest } = fields
  nothingElse(rest, path, CONFIG_HINTS)
  if (candidateCount !== undefined && candidateCount !== 1)
    throw new Unsayable(`${path}.candidateCount`, 'other vendors give one answer at a time')
  if (responseLogprobs === true || (typeof logprobs === 'number' && logprobs > 0))
    throw new Unsayable(`${path}.responseLogprobs`, 'other vendors do not tell how likely each word was')
  if (listOf(responseModalities, `${path}.responseModalities`).some((kind) => kind !== 'TEXT'))
    throw new Unsayable(`${path}.responseModalities`, 'text only is translated')
}

function readFormat(type: unknown, { responseSchema, responseJsonSchema }: Fields, path: string): Format | undefined {
  const schema =
    responseJsonSchema ??
    (responseSchema === undefined ? undefined : jsonSchemaOf(responseSchema, `${path}.responseSchema`))
  if (schema !== undefined && schema !== null) return { kind: 'schema', schema: schema as Fields }
  if (type === undefined || type === null || type === 'text/plain') return undefined
  if (type === 'application/json') return { kind: 'json' }
  throw new Unsayable(`${path}.responseMimeType`, 'text/plain and application/json are translated')
}

function readReasoning(value: unknown, path: string): Reasoning | undefined {
  if (value === undefined || value === null) return undefined
  const { includeThoughts, thinkingBudget, thinkingLevel, ...rest } = camelFields(value, path)
  nothingElse(rest, path)
  const budget = maybeNumber(thinkingBudget, `${path}.thinkingBudget`)
  const level = maybeText(thinkingLevel, `${path}.thinkingLevel`)
  const effort = level === undefined || level === 'THINKING_LEVEL_UNSPECIFIED' ? undefined : level.toLowerCase()
  if (effort !== undefined && !isEffort(effort))
    throw new Unsayable(`${path}.thinkingLevel`, 'MINIMAL, LOW, MEDIUM or HIGH is expected')
  return known({
    isShown: maybeFlag(includeThoughts, `${path}.includeThoughts`),
    // Below zero, the model decides.
    budget: budget === undefined || budget < 0 ? undefined : budget,
    effort,
  })
}
