// What the sandbox says: the same words for the same question, always named as the sandbox's, in pieces of one token.
import { asList, asObject, asText, type JsonObject } from './json.ts'
import type { Mark } from './prompt-cache.ts'

export type Tool = { name: string; schema: JsonObject }
export type ToolChoice = 'auto' | 'none' | 'required' | { name: string }

/** What a request asks for, whatever its dialect. */
export type Ask = {
  model: string
  stream: boolean
  /** The last thing said to the model; of a tool's result only its text. */
  input: string
  /** Whether a person said it. */
  fromUser: boolean
  tools: readonly Tool[]
  toolChoice: ToolChoice
  /** All that the model would read; its size is what input tokens are counted by. */
  prompt: readonly unknown[]
  /** Most tokens of the answer. */
  limit?: number
  /** Chat Completions only: a last chunk with the usage. */
  includeUsage?: boolean
  /** What the caller marked for the prompt cache. */
  marks?: readonly Mark[]
  instructions?: string
  /** Thoughts are wanted in the answer. */
  thinks?: boolean
  /** What the vendor marks thoughts with, for the account that asks. */
  seal?: string
  /** Of the account that asks, in the ids of what lies at the vendor for it. */
  tag?: string
  /** Where its tools run. */
  container?: string
}

export type Usage = { input: number; output: number; cacheRead: number; cacheWrite: number; oneHour: boolean }

export type ToolCall = { name: string; arguments: string }

/** An ask with its answer. */
export type Turn = Ask & {
  /** Counts up from one; ids are made of it. */
  number: number
  /** ms epoch */
  createdAt: number
  /** Tokens in order; of the text, or of the call's arguments. */
  pieces: readonly string[]
  call?: ToolCall
  /** All of its calls, of which `call` is the first. */
  calls: readonly ToolCall[]
  cutShort: boolean
  usage: Usage
}

export const STANDARD_TEXT = 'Sandbox answer: no model was asked, these words come from the sandbox on this machine.'
const FILLER = 'The sandbox goes on talking, word by word, as a model would.'.split(' ')
const ECHO_CHARACTERS = 80
const ARGUMENT_PIECE = 8
const CALL_WORDS = 'use the tool'
const ALL_WORDS = 'use all tools'

/**
 * Answers.
 * @param ask what was asked
 * @param context the turn's number, the time (ms epoch), the wished number of words, and what the cache knows
 */
export function answer(
  ask: Ask,
  context: {
    number: number
    now: number
    words?: number
    inputTokens: number
    cached?: Omit<Usage, 'input' | 'output'>
  },
): Turn {
  const calls = toolCalls(ask)
  const [call] = calls
  const all = call === undefined ? tokens(answerText(ask.input, context.words)) : slices(call.arguments)
  const limited = call === undefined && ask.limit !== undefined && ask.limit < all.length
  const pieces = limited ? all.slice(0, ask.limit) : all
  const cached = context.cached ?? { cacheRead: 0, cacheWrite: 0, oneHour: false }
  const usage = { input: context.inputTokens, output: Math.max(1, pieces.length), ...cached }
  const turn = { ...ask, number: context.number, createdAt: context.now, pieces, calls, cutShort: limited, usage }
  return call === undefined ? turn : { ...turn, call }
}

/** The text for an input: an echo of its beginning, then as many words as wished. */
function answerText(input: string, words?: number): string {
  const said = input.replaceAll(/\s+/g, ' ').trim()
  const echo = said.length > ECHO_CHARACTERS ? `${said.slice(0, ECHO_CHARACTERS)}…` : said
  const text = echo === '' ? STANDARD_TEXT : `${STANDARD_TEXT} You said: ${echo}`
  if (words === undefined) return text
  const list = text.split(' ').slice(0, Math.max(2, words))
  for (let index = 0; list.length < words; index++) list.push(FILLER[index % FILLER.length] ?? '')
  return list.join(' ')
}

/** One word and the space before it: about what vendors send at a time. */
function tokens(text: string): string[] {
  return text.split(' ').map((word, index) => (index === 0 ? word : ` ${word}`))
}

/** Pieces of a few characters. */
export function slices(text: string): string[] {
  const found: string[] = []
  for (let at = 0; at < text.length; at += ARGUMENT_PIECE) found.push(text.slice(at, at + ARGUMENT_PIECE))
  return found
}

/** How many tokens a value is when written as JSON; close enough for a counter. */
export function tokenCount(value: unknown): number {
  return Math.ceil(JSON.stringify(value).length / 4)
}

function toolCalls(ask: Ask): ToolCall[] {
  const { tools, toolChoice } = ask
  if (tools.length === 0 || toolChoice === 'none') return []
  if (ask.fromUser && ask.input.toLowerCase().includes(ALL_WORDS)) return tools.map(callOf)
  const named = typeof toolChoice === 'object' ? tools.find(({ name }) => name === toolChoice.name) : undefined
  const asked = ask.fromUser && ask.input.toLowerCase().includes(CALL_WORDS)
  const tool = named ?? (asked || toolChoice === 'required' ? tools[0] : undefined)
  return tool === undefined ? [] : [callOf(tool)]
}

function callOf({ name, schema }: Tool): ToolCall {
  return { name, arguments: JSON.stringify(example(schema, 0)) }
}

/** What it thinks, in pieces of one token. */
export const THOUGHT: readonly string[] = tokens('The sandbox thinks of nothing.')

const DEEPEST = 4

/** A value that fits a JSON schema in its plain parts. */
function example(schema: JsonObject, depth: number): unknown {
  const options = asList(schema.enum)
  if (options.length > 0) return options[0]
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'string':
      return 'sandbox'
    case 'number':
    case 'integer':
      return 1
    case 'boolean':
      return true
    case 'array':
      return []
    case 'null':
      return null
  }
  const properties = asObject(schema.properties)
  const required = asList(schema.required).map(asText)
  const names = Object.keys(properties).filter((name) => required.length === 0 || required.includes(name))
  if (depth >= DEEPEST) return {}
  return Object.fromEntries(names.map((name) => [name, example(asObject(properties[name]), depth + 1)]))
}
