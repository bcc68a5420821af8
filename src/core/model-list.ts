// What a provider's own models endpoint said: which models an account there can ask for, and as much of each as it tells. Kept until it is asked again.
import type { Modality } from './catalogue.ts'
import { LAST_INSTANT } from './expiry.ts'
import type { Price } from './price.ts'
import { printable } from './profile.ts'

export type ListedModel = {
  id: string
  name?: string
  /** Tokens. */
  contextWindow?: number
  /** The most that it says in one answer, tokens. */
  maxOutput?: number
  input?: readonly Modality[]
  /** USD for a million tokens, where the provider tells its own prices. */
  price?: Price
}

export type ModelList = {
  /** When it was asked, ms epoch. */
  at: number
  /** The profile, or other source, that asked. */
  by: string
  models: readonly ListedModel[]
}

/** By provider. */
export type ModelLists = ReadonlyMap<string, ModelList>

/** More than any provider has. */
export const MOST_LISTED = 3000
const LONGEST = 200
const ID = /^[\x21-\x7e]+$/
const MODALITIES: readonly Modality[] = ['text', 'image', 'document', 'audio']
const OTHER_NAMES: Readonly<Record<string, Modality>> = { file: 'document', pdf: 'document' }

type Fields = Readonly<Record<string, unknown>>

/**
 * The answer of a models endpoint, in whichever of the usual forms: `data` as OpenAI and Anthropic have it, `models` as Google has it, or a bare list.
 * @returns undefined for what is no such answer
 */
export function readModelAnswer(value: unknown): ListedModel[] | undefined {
  const { data, models } = fieldsOf(value)
  const rows = [value, data, models].find((one) => Array.isArray(one)) as unknown[] | undefined
  if (rows === undefined) return undefined
  const listed = new Map<string, ListedModel>()
  for (const row of rows.slice(0, MOST_LISTED)) {
    const model = listedModel(fieldsOf(row))
    if (model !== undefined && !listed.has(model.id)) listed.set(model.id, model)
  }
  return [...listed.values()]
}

/**
 * Where a list goes on that came in part, as the query of the next page says it; undefined: it is whole.
 * @param after the name under which the query is told the last model of the page before
 */
export function nextPageIn(value: unknown, after: string): string | undefined {
  const { nextPageToken, has_more: hasMore, last_id: last } = fieldsOf(value)
  const isText = (one: unknown): one is string => typeof one === 'string' && one !== '' && one.length <= LONGEST_CURSOR
  if (isText(nextPageToken)) return `pageToken=${encodeURIComponent(nextPageToken)}`
  return hasMore === true && isText(last) ? `${after}=${encodeURIComponent(last)}` : undefined
}

const LONGEST_CURSOR = 2048

/** Each provider has its own words for the same few things. */
function listedModel(row: Fields): ListedModel | undefined {
  const id = textOf(row.id) ?? textOf(row.name)?.replace(/^models\//, '')
  if (id === undefined || id.length > LONGEST || !ID.test(id)) return undefined
  const top = fieldsOf(row.top_provider)
  return parts({
    id,
    name: textOf(row.display_name) ?? textOf(row.displayName) ?? (row.id === undefined ? undefined : textOf(row.name)),
    contextWindow: countOf(row.max_input_tokens, row.context_length, row.context_window, row.inputTokenLimit),
    maxOutput: countOf(row.max_tokens, row.max_completion_tokens, top.max_completion_tokens, row.outputTokenLimit),
    input: modalitiesOf(fieldsOf(row.architecture).input_modalities),
    price: priceOfTokens(fieldsOf(row.pricing)),
  })
}

/** Prices of one token as texts, USD, as OpenRouter has them. What is paid by the call has none of these; a negative one means that it depends. */
function priceOfTokens(pricing: Fields): Price | undefined {
  const perMillion = (value: unknown): number | undefined => {
    const price = typeof value === 'string' && value.trim() !== '' ? Number(value) * 1_000_000 : Number.NaN
    return Number.isFinite(price) && price >= 0 ? Number(price.toFixed(6)) : undefined
  }
  const [input, output] = [perMillion(pricing.prompt), perMillion(pricing.completion)]
  if (input === undefined || output === undefined) return undefined
  const [cacheRead, cacheWrite] = [perMillion(pricing.input_cache_read), perMillion(pricing.input_cache_write)]
  return {
    ...{ input, output },
    ...(cacheRead === undefined ? {} : { cacheRead }),
    ...(cacheWrite === undefined ? {} : { cacheWrite }),
  }
}

/** The lists as they are kept. What cannot be understood is left out. */
export function readModelLists(value: unknown): ModelLists {
  const lists = new Map<string, ModelList>()
  for (const [provider, kept] of Object.entries(fieldsOf(fieldsOf(value).providers))) {
    const { at, by, models } = fieldsOf(kept)
    if (typeof at !== 'number' || Math.abs(at) > LAST_INSTANT || typeof by !== 'string' || !Array.isArray(models))
      continue
    lists.set(provider, { at, by: printable(by, LONGEST), models: models.slice(0, MOST_LISTED).flatMap(keptModel) })
  }
  return lists
}

function keptModel(value: unknown): ListedModel[] {
  const { id, name, contextWindow, maxOutput, input, price } = fieldsOf(value)
  if (typeof id !== 'string' || id.length > LONGEST || !ID.test(id)) return []
  const { input: asked, output, cacheRead, cacheWrite } = fieldsOf(price)
  const known = isPrice(asked) && isPrice(output)
  return [
    parts({
      id,
      name: textOf(name),
      contextWindow: countOf(contextWindow),
      maxOutput: countOf(maxOutput),
      input: modalitiesOf(input),
      price: known
        ? {
            ...{ input: asked, output },
            ...(isPrice(cacheRead) ? { cacheRead } : {}),
            ...(isPrice(cacheWrite) ? { cacheWrite } : {}),
          }
        : undefined,
    }),
  ]
}

/** The most recent word on a model, from whoever has one. */
export function listedIn(lists: ModelLists | undefined, provider: string, model: string): ListedModel | undefined {
  return lists?.get(provider)?.models.find(({ id }) => id === model)
}

function parts({
  id,
  ...more
}: { id: string } & { [part in keyof Omit<ListedModel, 'id'>]: ListedModel[part] | undefined }): ListedModel {
  return { id, ...Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined)) }
}

function modalitiesOf(value: unknown): readonly Modality[] | undefined {
  if (!Array.isArray(value)) return undefined
  const known = value.map((one) => OTHER_NAMES[String(one)] ?? one)
  const found = MODALITIES.filter((one) => known.includes(one))
  return found.length === 0 ? undefined : found
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? printable(value, LONGEST) : undefined
}

function countOf(...values: readonly unknown[]): number | undefined {
  return values.find((value): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value > 0)
}

function isPrice(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
