// Writes which model the configuration chooses, for text or for images. A list of what is allowed grows with what is chosen.

import { catalogueRow } from '../core/catalogue.ts'
import { type Config, DEFAULT_PROVIDER, modelRefIn, modelsOf } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import { formatRef, parseModelRef } from '../core/model-ref.ts'
import { guessProvider } from '../core/nearest.ts'
import { type Note, note } from '../core/note.ts'
import { printable } from '../core/profile.ts'
import { childObject, isObject, type JsonObject } from '../store/document.ts'
import type { Auth } from './auth.ts'

/** The key below `agents.defaults`: the model with its fallbacks, or the one for images with its own. */
export type Chain = 'model' | 'imageModel'

export type Chosen = {
  /** `provider/model`. */
  key: string
  where: string
  notes: Note[]
}

/**
 * Makes the model the first choice; its fallbacks stay.
 * @param wish.agentId whose own choice it is, for text; absent: of all agents that have none
 * @throws AuthError unknown_model, unknown_provider, and what the config throws; then nothing has changed
 */
export async function choose(auth: Auth, wish: { chain: Chain; text: string; agentId?: string }): Promise<Chosen> {
  const { home } = auth
  const { chain, agentId } = wish
  const { key, notes } = knownModel(auth, wish.text)
  if (agentId !== undefined) home.agent(agentId)
  let allowed: Note[] = []
  await home.configStore.change((draft) => {
    const defaults = defaultsOf(draft)
    const holder = agentId === undefined ? defaults : entryOf(draft, agentId)
    // An agent's model is mostly written as a bare name, and stays so.
    const isBare = agentId !== undefined && !isObject(holder[chain])
    holder[chain] = isBare ? key : { ...chainIn(holder, chain), primary: key }
    allowed = allow(defaults, key)
  })
  await home.reload()
  notes.push(...allowed)
  if (agentId !== undefined) return { key, where: home.configStore.where(), notes }
  if (wish.chain === 'imageModel') notes.push(...blindness(key))
  else notes.push(...independent(home.config(), 'primary'))
  return { key, where: home.configStore.where(), notes }
}

/**
 * A model as a person writes it, when its provider exists.
 * @throws AuthError unknown_model, unknown_provider
 */
export function knownModel({ home, registry }: Auth, text: string): { key: string; notes: Note[] } {
  const config = home.config()
  const ref = modelRefIn(config, home.pickAgent(undefined), text)
  const key = formatRef(ref)
  if (registry.find(ref.provider, config.providers.get(ref.provider)) === undefined) {
    const name = printable(ref.provider)
    const meant = guessProvider(
      name,
      registry.all().map(({ id }) => id),
    )
    throw new AuthError(
      'unknown_provider',
      `There is no provider "${name}"${meant}; nothing was changed. A vendor of your own needs models.providers.${name}.baseUrl in ${home.configStore.where()}.`,
      { remedy: 'openclaw models list --all' },
    )
  }
  if (catalogueRow(ref.provider, ref.model) !== undefined || config.configured.includes(key)) return { key, notes: [] }
  return { key, notes: [note('unknown_model', key, ref.provider)] }
}

/** `agents.defaults`, made when it is missing. */
export function defaultsOf(draft: JsonObject): JsonObject {
  return childObject(childObject(draft, 'agents'), 'defaults')
}

/** The agent's entry in the list, made when it is missing: main exists without one, and stays what it was when it gets one. */
export function entryOf(draft: JsonObject, agentId: string): JsonObject {
  const agents = childObject(draft, 'agents')
  const list: unknown[] = Array.isArray(agents.list) ? agents.list : []
  const known = list.find((entry): entry is JsonObject => isObject(entry) && entry.id === agentId)
  if (known !== undefined) return known
  const entry: JsonObject = { id: agentId }
  list.push(entry)
  agents.list = list
  return entry
}

/** The choice as an object; one that is written as a bare name is the first choice of it. */
export function chainIn(defaults: JsonObject, chain: Chain): JsonObject {
  const value = defaults[chain]
  if (isObject(value)) return { ...value }
  return typeof value === 'string' ? { primary: value } : {}
}

/** `provider/model` of a name in the config. */
export function keyIn(config: Config, text: string): string {
  return formatRef(parseModelRef(text, { aliases: config.aliases, defaultProvider: DEFAULT_PROVIDER }))
}

/** The key under which agents.defaults.models has the model: it may be written in another case, or without its provider. */
export function writtenKey(models: JsonObject, key: string): string | undefined {
  const plain = { aliases: new Map(), defaultProvider: DEFAULT_PROVIDER }
  return Object.keys(models).find((written) => formatRef(parseModelRef(written, plain)) === key)
}

/** Adds the model to what is allowed. Where nothing is listed everything is allowed, and that stays so. */
export function allow(defaults: JsonObject, key: string): Note[] {
  const { models } = defaults
  if (!isObject(models) || Object.keys(models).length === 0 || writtenKey(models, key) !== undefined) return []
  models[key] = {}
  return [note('allowed_too', key)]
}

/** Agents that do not follow the defaults. */
export function independent(config: Config, part: 'primary' | 'fallbacks'): Note[] {
  return config.agents
    .filter(({ id }) => modelsOf(config, id).fromAgent[part])
    .map(({ id }) => note(part === 'primary' ? 'own_model' : 'own_fallbacks', id))
}

/** What is to be said of a model for images that takes none. */
export function blindness(key: string): Note[] {
  const slash = key.indexOf('/')
  const row = catalogueRow(key.slice(0, slash), key.slice(slash + 1))
  return row === undefined || row.input.includes('image') ? [] : [note('takes_no_images', key)]
}
