// A client's request in Google's generateContent, read into the neutral form.
import type { Asking, Format, Reasoning, Tool, ToolChoice } from '../neutral.ts'
import {
  each,
  effort,
  type Fields,
  fields,
  flag,
  into,
  isAll,
  must,
  number,
  type Read,
  refused,
  refusedBut,
  text,
  word,
} from '../reading.ts'
import { turnsOf } from '../turns.ts'
import { known, Unsayable } from '../unsayable.ts'
import { contents, systemInstruction } from './read-contents.ts'
import { camelled, jsonSchemaOf } from './schema.ts'

const schema: Read<Fields> = (value, path) => jsonSchemaOf(value, path)

const declaration = camelled({
  response: 'what a tool gives is seen when it gives it',
  responseJsonSchema: 'what a tool gives is seen when it gives it',
  name: must(text),
  description: text,
  parameters: schema,
  parametersJsonSchema: fields,
  behavior: refusedBut((value) => value !== 'NON_BLOCKING', 'other models wait for what they call'),
})
const tools = into(
  each(camelled({ functionDeclarations: each(declaration) }, 'this tool runs at Google only')),
  (found): Tool[] =>
    found.flatMap(({ functionDeclarations = [] }) =>
      functionDeclarations.map(({ name, description, parametersJsonSchema, parameters }) => {
        const described = parametersJsonSchema ?? parameters ?? { type: 'object', properties: {} }
        return known({ name, description, schema: described })
      }),
    ),
)

const CALLING = 'toolConfig.functionCallingConfig'
const toolConfig = camelled({
  retrievalConfig: 'where somebody is who searches: for tools that run at Google',
  includeServerSideToolInvocations: 'tells of tools that run at Google, of which there are none',
  functionCallingConfig: camelled({
    streamFunctionCallArguments: 'how finely the input is cut',
    mode: word('AUTO', 'ANY', 'NONE', 'VALIDATED', 'MODE_UNSPECIFIED'),
    allowedFunctionNames: each(text),
  }),
})

function choiceOf(
  all: readonly Tool[],
  config: ReturnType<typeof toolConfig> | undefined,
): { tools: readonly Tool[]; toolChoice?: ToolChoice } {
  if (config?.functionCallingConfig === undefined) return { tools: all }
  const { mode, allowedFunctionNames: names = [] } = config.functionCallingConfig
  switch (mode) {
    case 'VALIDATED':
      return { tools: all.map((tool) => ({ ...tool, isStrict: true })), toolChoice: { must: 'auto' } }
    case 'NONE':
      return { tools: all, toolChoice: { must: 'none' } }
    case 'ANY': {
      const [name] = names
      if (name === undefined || all.every((tool) => names.includes(tool.name)))
        return { tools: all, toolChoice: { must: 'any' } }
      if (names.length === 1) return { tools: all, toolChoice: { must: 'name', name } }
      throw new Unsayable(
        `${CALLING}.allowedFunctionNames`,
        'other vendors can be told to call one tool, or any of all',
      )
    }
    default:
      return { tools: all, toolChoice: { must: 'auto' } }
  }
}

const level: Read<Reasoning['effort']> = (value, path) => {
  const said = text(value, path)
  return said === 'THINKING_LEVEL_UNSPECIFIED' ? undefined : effort(said.toLowerCase(), path)
}

const NOT_TOLD = 'other vendors do not tell how likely each word was'
const NO_VOICE = 'text only is translated'
const config = camelled({
  audioTimestamp: refusedBut((value) => value !== true, NO_VOICE),
  speechConfig: refused(NO_VOICE),
  imageConfig: refused(NO_VOICE),
  routingConfig: refused('the gateway names the model'),
  modelSelectionConfig: refused('the gateway names the model'),
  modelArmorConfig: refused('these filters are of Google only'),
  enableEnhancedCivicAnswers: refusedBut((value) => value !== true, 'only Google has such answers'),
  mediaResolution: 'how closely an image is looked at is a wish',
  candidateCount: refusedBut((value) => value === 1, 'other vendors give one answer at a time'),
  responseLogprobs: refusedBut((value) => value !== true, NOT_TOLD),
  logprobs: refusedBut((value) => value === 0, NOT_TOLD),
  responseModalities: refusedBut(isAll('TEXT'), NO_VOICE),
  temperature: number,
  topP: number,
  topK: number,
  maxOutputTokens: number,
  stopSequences: each(text),
  seed: number,
  presencePenalty: number,
  frequencyPenalty: number,
  responseMimeType: word('text/plain', 'application/json'),
  responseSchema: schema,
  responseJsonSchema: fields,
  // Below zero, the model decides.
  thinkingConfig: camelled({ includeThoughts: flag, thinkingBudget: number, thinkingLevel: level }),
})

const body = camelled({
  model: 'the gateway names the model',
  safetySettings: 'how strict the filters of Google are; others have their own',
  labels: 'labels for a bill of Google',
  serviceTier: 'how soon Google serves its own',
  cachedContent: refused('what Google keeps for one of its accounts cannot be shown to another vendor'),
  contents,
  systemInstruction,
  tools,
  toolConfig,
  generationConfig: config,
})

/** @param value the parsed body @throws Unsayable */
export function readRequest(value: unknown): Asking {
  const { contents: turns = [], systemInstruction: parts = [], ...said } = body(value, '')
  const { stopSequences: stops = [], ...wished } = said.generationConfig ?? NO_CONFIG
  return known({
    turns: turnsOf([{ role: 'system', parts }, ...turns]),
    ...choiceOf(said.tools ?? [], said.toolConfig),
    temperature: wished.temperature,
    topP: wished.topP,
    topK: wished.topK,
    maxTokens: wished.maxOutputTokens,
    stops,
    seed: wished.seed,
    presencePenalty: wished.presencePenalty,
    frequencyPenalty: wished.frequencyPenalty,
    format: formatOf(wished),
    reasoning: reasoningOf(wished.thinkingConfig),
    // Where it is asked for, the path says so.
    isStreaming: false,
    wantsUsage: true,
    goesOn: turns.at(-1)?.role === 'assistant' ? true : undefined,
  })
}

type Config = ReturnType<typeof config>
const NO_CONFIG = config({}, '')

function formatOf({ responseMimeType, responseSchema, responseJsonSchema }: Partial<Config>): Format | undefined {
  const fits = responseJsonSchema ?? responseSchema
  if (fits !== undefined) return { kind: 'schema', schema: fits }
  return responseMimeType === 'application/json' ? { kind: 'json' } : undefined
}

function reasoningOf(wish: Config['thinkingConfig']): Reasoning | undefined {
  if (wish === undefined) return undefined
  const { includeThoughts: isShown, thinkingBudget: budget = -1, thinkingLevel } = wish
  return known({ isShown, budget: budget < 0 ? undefined : budget, effort: thinkingLevel })
}
