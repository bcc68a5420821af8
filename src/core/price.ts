// What calls that are billed by use cost: by the prices of the catalogue, which are those that vendors publish, and of any other as the config says. In US dollars for
// a million tokens, which is micro-dollars for one.
import { editionRow } from './catalogue.ts'
import { listedIn, type ModelLists } from './model-list.ts'
import type { ChatUsage } from './protocol.ts'

/** USD for a million tokens. Where a vendor has several prices for one thing, the dearest. */
export type Price = {
  input: number
  output: number
  /** Absent: as `input`. */
  cacheRead?: number
  cacheWrite?: number
  /** The most that the model says in one answer, tokens. */
  maxOutput?: number
  /** What all of a call costs whose input, with what was kept of it, is longer than so many tokens. */
  long?: { above: number; input: number; output: number; cacheRead: number; cacheWrite: number }
}

/** The published price, where we know it, with the most that the model says. */
export function publishedPrice(provider: string, model: string): Price | undefined {
  const { price, maxOutput } = editionRow(provider, model) ?? {}
  if (price === undefined) return undefined
  return maxOutput === undefined ? price : { ...price, maxOutput }
}

/**
 * What stands for the model in the config, else what its provider told of it, else what the catalogue says.
 * @param own those of the config, by the model's name
 */
export function priceFrom(
  own: ReadonlyMap<string, Price> | undefined,
  lists: ModelLists | undefined,
  provider: string,
  model: string,
): Price | undefined {
  const said = own?.get(model)
  if (said !== undefined) return said
  const { price, maxOutput } = listedIn(lists, provider, model) ?? {}
  const published = publishedPrice(provider, model)
  if (price === undefined) return published
  const whole = published === undefined ? price : completed(price, published)
  return maxOutput === undefined ? whole : { ...whole, maxOutput }
}

/** A provider may tell less than it bills: what it leaves out is as published, and never cheaper beside dearer tokens than there. */
export function completed(told: Price, { input, long, cacheRead, cacheWrite, maxOutput }: Price): Price {
  const dearer = input > 0 ? Math.max(1, told.input / input) : 1
  const price: Price = {
    ...(maxOutput === undefined ? {} : { maxOutput }),
    ...(cacheRead === undefined ? {} : { cacheRead: cacheRead * dearer }),
    ...(cacheWrite === undefined ? {} : { cacheWrite: cacheWrite * dearer }),
    ...told,
  }
  if (told.long !== undefined || long === undefined) return price
  const tier = {
    above: long.above,
    input: long.input * dearer,
    output: Math.max(long.output, told.output),
    cacheRead: Math.max(long.cacheRead, price.cacheRead ?? 0),
    cacheWrite: Math.max(long.cacheWrite, price.cacheWrite ?? 0),
  }
  return { ...price, long: tier }
}

/** A model in the config, as far as it is about money. */
type Written = {
  id?: string | undefined
  maxTokens?: number | undefined
  cost?: { [part in 'input' | 'output' | 'cacheRead' | 'cacheWrite']?: number | undefined } | undefined
}

/** What the config says of prices, by the model's name at its vendor. */
export function pricesIn(models: readonly Written[]): ReadonlyMap<string, Price> {
  const prices = new Map<string, Price>()
  for (const { id, maxTokens, cost: { input, output, cacheRead, cacheWrite } = {} } of models) {
    if (id === undefined || input === undefined || output === undefined) continue
    prices.set(id, {
      input,
      output,
      ...(cacheRead === undefined ? {} : { cacheRead }),
      ...(cacheWrite === undefined ? {} : { cacheWrite }),
      ...(maxTokens === undefined ? {} : { maxOutput: maxTokens }),
    })
  }
  return prices
}

/** More than any model says that we do not know. */
const MAX_OUTPUT = 128_000
/** A token is rarely shorter than that, bytes of JSON. */
const BYTES_PER_TOKEN = 3

/** The price of a call with so long an input, tokens. */
function tierOf(price: Price, input: number): Price {
  return price.long !== undefined && input > price.long.above ? price.long : price
}

/** What the input has at most, tokens. */
function tokensIn(bodyBytes: number): number {
  return Math.ceil(bodyBytes / BYTES_PER_TOKEN)
}

/** What the input costs at most, micro-dollars. */
export function inputCost(price: Price, bodyBytes: number): number {
  const tokens = tokensIn(bodyBytes)
  const { input, cacheWrite = 0, cacheRead = 0 } = tierOf(price, tokens)
  return Math.ceil(tokens * Math.max(input, cacheWrite, cacheRead))
}

/**
 * What a call costs at most, micro-dollars.
 * @param asked.limit how much it lets the model say, tokens
 * @param asked.answers how often
 */
export function mostCost(
  price: Price,
  bodyBytes: number,
  { limit = price.maxOutput ?? MAX_OUTPUT, answers = 1 }: { limit?: number | undefined; answers?: number } = {},
): number {
  return inputCost(price, bodyBytes) + Math.ceil(limit * answers * tierOf(price, tokensIn(bodyBytes)).output)
}

/** A token of an answer is rarely shorter than that, bytes of its stream with all that is around it. */
const BYTES_PER_TOKEN_OF_ANSWER = 16

/** What an answer has cost that broke off before it said so, micro-dollars. @param bytes of it that came */
export function brokenCost(price: Price, bytes: number): number {
  return Math.ceil(Math.ceil(bytes / BYTES_PER_TOKEN_OF_ANSWER) * price.output)
}

/** What a call has cost, micro-dollars. */
export function costOf(price: Price, { input, output, cacheRead, cacheWrite }: ChatUsage): number {
  const tier = tierOf(price, input + cacheRead + cacheWrite)
  const { cacheRead: read = tier.input, cacheWrite: write = tier.input } = tier
  return Math.ceil(input * tier.input + output * tier.output + cacheRead * read + cacheWrite * write)
}

const LIMITS = keysOf('max_tokens', 'max_completion_tokens', 'max_output_tokens', 'maxOutputTokens')
const ANSWERS = keysOf('n', 'candidateCount')
const COLON = 0x3a
const SPACES: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0a, 0x0d])

/**
 * How much a request lets the model say, tokens: the largest limit that stands anywhere in it. Within a text the quotes would be escaped, so that
 * what is found is a key; a body that hides the key in escapes is taken to have none.
 */
export function limitIn(body: Uint8Array): number | undefined {
  return largestOf(LIMITS, body)
}

/** How many answers a request of Chat Completions or generateContent may ask for at once, each as long as its limit. */
export function answersIn(body: Uint8Array): number {
  return Math.max(1, largestOf(ANSWERS, body) ?? 1)
}

function keysOf(...names: readonly string[]): readonly Buffer[] {
  return names.map((name) => Buffer.from(`"${name}"`))
}

function largestOf(keys: readonly Buffer[], body: Uint8Array): number | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  let largest: number | undefined
  for (const name of keys) {
    for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + name.length)) {
      const value = numberBehind(bytes, at + name.length)
      if (value !== undefined && (largest === undefined || value > largest)) largest = value
    }
  }
  return largest
}

const LONGEST_NUMBER = 20

function numberBehind(bytes: Buffer, from: number): number | undefined {
  let at = from
  while (SPACES.has(bytes[at])) at++
  if (bytes[at] !== COLON) return undefined
  const [digits] =
    /^\s{0,20}\d{1,15}(?=[\s,}])/.exec(bytes.toString('latin1', at + 1, at + 1 + 2 * LONGEST_NUMBER)) ?? []
  return digits === undefined ? undefined : Number(digits)
}
