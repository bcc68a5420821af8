// Which models of an agent may be asked for: those the config names, and those we know of providers that have a credential.
import { CATALOGUE, type CatalogueRow, catalogueRow, editionRow } from './catalogue.ts'
import { agentIds, type Config, modelRefIn, modelsOf } from './config.ts'
import { listedIn, type ModelLists } from './model-list.ts'
import { formatRef, type ModelRef } from './model-ref.ts'
import { flawOf } from './order.ts'
import { completed, type Price } from './price.ts'
import type { AgentFacts } from './status.ts'

export type ModelRow = {
  /** `provider/model` */
  id: string
  provider: string
  name: string
  /** Tokens. */
  contextWindow?: number
  /** Tokens of one answer. */
  maxOutput?: number
  isDefault: boolean
}

/** `catalogue`: a few well-known models of each provider, for somebody who chooses from a list. `all`: what the providers said they have, too. */
export type Extent = 'catalogue' | 'all'

/**
 * The default model first, then in the order of the config and the catalogue.
 * @param now ms epoch
 */
export function modelChoices(
  { agentId, config, providers, modelLists }: AgentFacts,
  now: number,
  extent: Extent = 'catalogue',
): ModelRow[] {
  const lists = modelLists?.()
  const refs = namesOf(config, agentId).flatMap((text) => {
    try {
      return [modelRefIn(config, agentId, text)]
    } catch {
      // A name in the config that is none; `models status` complains about it.
      return []
    }
  })
  const known = extent === 'all' ? knownRefs(lists) : CATALOGUE.map(({ provider, id }) => ({ provider, model: id }))
  const served = (provider: string): boolean =>
    providers.get(provider)?.candidates.some((candidate) => flawOf(candidate, now) === undefined) === true
  const rows = new Map<string, ModelRow>()
  const first = refs[0] === undefined ? undefined : formatRef(refs[0])
  for (const ref of [...refs, ...known.filter(({ provider }) => config.configured.length === 0 && served(provider))]) {
    const id = formatRef(ref)
    if (rows.has(id)) continue
    const { name, contextWindow, maxOutput } = factsOf(lists, ref)
    rows.set(id, {
      id,
      provider: ref.provider,
      name,
      isDefault: id === first,
      ...(contextWindow === undefined ? {} : { contextWindow }),
      ...(maxOutput === undefined ? {} : { maxOutput }),
    })
  }
  return [...rows.values()]
}

/** What is known of a model: as its provider said last, else as the catalogue says. `isKnown` when either has it. */
export function factsOf(
  lists: ModelLists | undefined,
  { provider, model }: ModelRef,
): Omit<CatalogueRow, 'provider' | 'id' | 'price'> & { isKnown: boolean; price?: Price } {
  const [listed, row] = [listedIn(lists, provider, model), editionRow(provider, model)]
  const exact = catalogueRow(provider, model)
  const [told, published] = [listed?.price, row?.price]
  const price = told === undefined || published === undefined ? (told ?? published) : completed(told, published)
  const parts = {
    contextWindow: listed?.contextWindow ?? row?.contextWindow,
    maxOutput: listed?.maxOutput ?? row?.maxOutput,
    cacheMinimum: row?.cacheMinimum,
  }
  return {
    name: exact?.name ?? listed?.name ?? model,
    input: listed?.input ?? row?.input ?? ['text'],
    isKnown: exact !== undefined || listed !== undefined,
    ...Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)),
    ...(price === undefined ? {} : { price }),
  }
}

/** Of each provider the models that it said it has; of one that was never asked those of the catalogue. */
export function knownRefs(lists: ModelLists | undefined): ModelRef[] {
  const providers = new Set([...CATALOGUE.map(({ provider }) => provider), ...(lists?.keys() ?? [])])
  return [...providers].flatMap((provider) => {
    const models = lists?.get(provider)?.models ?? CATALOGUE.filter((row) => row.provider === provider)
    return models.map(({ id }) => ({ provider, model: id }))
  })
}

function namesOf(config: Config, agentId: string): string[] {
  const { primary, fallbacks } = modelsOf(config, agentId)
  return [primary, ...fallbacks, ...config.configured]
}

/** agents.defaults.models, when it holds anything, is the list of what may be chosen; default model and fallbacks always may. */
export function isAllowed(config: Config, agentId: string, key: string): boolean {
  if (config.configured.length === 0 || config.configured.includes(key)) return true
  const { primary, fallbacks } = modelsOf(config, agentId)
  return [primary, ...fallbacks].some((name) => formatRef(modelRefIn(config, agentId, name)) === key)
}

/** Whether a `provider/model` is one that the catalogue or the owner of the config has named, of whatever agent. */
export function isListed(config: Config, key: string): boolean {
  const cut = key.indexOf('/')
  if (config.configured.includes(key) || catalogueRow(key.slice(0, cut), key.slice(cut + 1)) !== undefined) return true
  return agentIds(config).some((agentId) => chosenKeys(config, agentId).includes(key))
}

/**
 * Which of several models is meant by a word of their names, such as `opus`: where they are editions of one model, the one that the agent asks first, or
 * the only one that its config names.
 * @param ids `provider/model`
 * @returns undefined where nobody can tell
 */
export function editionMeant(config: Config, agentId: string, ids: readonly string[]): string | undefined {
  if (new Set(ids.map(withoutNumbers)).size !== 1) return undefined
  const chosen = chosenKeys(config, agentId)
  const named = ids.filter((id) => chosen.includes(id) || config.configured.includes(id))
  return named.find((id) => id === chosen[0]) ?? (named.length === 1 ? named[0] : undefined)
}

/** `claude-opus-4-6` and `claude-opus-5` are editions of `claude-opus`. */
function withoutNumbers(id: string): string {
  return id
    .split('-')
    .filter((part) => !/^\d/.test(part))
    .join('-')
}

/** What an agent asks first, and what is asked in its place. A name that is none is left out: `models status` complains about it. */
function chosenKeys(config: Config, agentId: string): string[] {
  const { primary, fallbacks } = modelsOf(config, agentId)
  return [primary, ...fallbacks].flatMap((name) => {
    try {
      return [formatRef(modelRefIn(config, agentId, name))]
    } catch {
      return []
    }
  })
}

/** Alias of a model as its owner wrote it, if it has one. */
export function aliasOf(config: Config, key: string): string | undefined {
  for (const [alias, ref] of config.aliasNames) if (ref === key) return alias
  return undefined
}
