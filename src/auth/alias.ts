// Short names of models, kept in agents.defaults.models: given and taken away. What the config says by a name that goes is spelt out.
import { AuthError } from '../core/errors.ts'
import { formatRef } from '../core/model-ref.ts'
import { type Note, note } from '../core/note.ts'
import { printable } from '../core/profile.ts'
import type { Before } from '../store/config.ts'
import { childObject, isObject, type JsonObject } from '../store/document.ts'
import type { Auth } from './auth.ts'
import { defaultsOf, knownModel, writtenKey } from './choose.ts'

export type AliasChange = { do: 'add'; alias: string; text: string } | { do: 'remove'; alias: string }

export type Aliased = {
  alias: string
  /** `provider/model`. */
  key: string
  where: string
  notes: Note[]
}

/** What `/model` understands by itself. */
const CHAT_WORDS: ReadonlySet<string> = new Set(['list', 'status', 'default'])

const ALIAS = /^[A-Za-z0-9_.:-]{1,64}$/

/**
 * Names compare without regard to case.
 * @throws AuthError usage (not a name, or another model's), unknown_model, unknown_provider, and what the config throws
 */
export async function alias(auth: Auth, change: AliasChange): Promise<Aliased> {
  const { home } = auth
  const done = change.do === 'add' ? await add(auth, change) : await remove(auth, change.alias)
  await home.reload()
  return { ...done, where: home.configStore.where() }
}

type Done = Omit<Aliased, 'where'>

async function add(auth: Auth, { alias: name, text }: { alias: string; text: string }): Promise<Done> {
  if (!ALIAS.test(name)) {
    throw new AuthError(
      'usage',
      `"${printable(name, 60)}" is no alias: letters, digits and . _ : -, at most 64. Nothing was changed.`,
      { remedy: 'openclaw models aliases add --help' },
    )
  }
  if (/^\d+$/.test(name) || CHAT_WORDS.has(name.toLowerCase())) {
    const means = /^\d/.test(name) ? 'chooses by its place in the list' : 'means something else'
    throw new AuthError('usage', `"${name}" is no alias: in a chat, /model ${name} ${means}. Nothing was changed.`, {
      remedy: 'openclaw models aliases add --help',
    })
  }
  const { key, notes } = knownModel(auth, text)
  await auth.home.configStore.change((draft, before) => {
    const owner = before.config.aliases.get(name.toLowerCase())
    if (owner !== undefined && formatRef(owner) !== key) {
      throw new AuthError('usage', `The alias ${name} belongs to ${formatRef(owner)}; nothing was changed.`, {
        remedy: `openclaw models aliases remove ${name}`,
      })
    }
    const models = childObject(defaultsOf(draft), 'models')
    const allowedAll = Object.keys(models).length === 0
    const written = writtenKey(models, key)
    const entry = models[written ?? key]
    const old = aliasOf(entry, before)
    // One that is written through a variable stays written so.
    if (old !== name) models[written ?? key] = { ...(isObject(entry) ? entry : {}), alias: name }
    if (old !== '' && old.toLowerCase() !== name.toLowerCase()) {
      notes.push(note('alias_replaced', name, old), ...spellOut(draft, old, key, before))
    }
    if (allowedAll) {
      notes.push(note('list_begins', key))
    } else if (written === undefined) {
      notes.push(note('allowed_too', key))
    }
  })
  return { alias: name, key, notes }
}

async function remove(auth: Auth, name: string): Promise<Done> {
  const { home } = auth
  const wanted = name.trim().toLowerCase()
  const notes: Note[] = []
  let done: { alias: string; key: string } | undefined
  await home.configStore.change((draft, before) => {
    const owner = before.config.aliases.get(wanted)
    if (owner === undefined) throw unknownAlias(name, [...before.config.aliasNames.keys()])
    const key = formatRef(owner)
    const models = childObject(defaultsOf(draft), 'models')
    for (const entry of Object.values(models)) {
      const alias = aliasOf(entry, before)
      if (!isObject(entry) || alias.toLowerCase() !== wanted) continue
      done = { alias, key }
      delete entry.alias
    }
    notes.push(...spellOut(draft, wanted, key, before))
    const left = Object.keys(models)
    if (left.length === 1 && left[0] !== undefined && isEmpty(models[left[0]])) {
      notes.push(note('list_goes_on', left[0], home.configStore.where()))
    }
  })
  if (done === undefined) throw new Error('a config without issues has every alias in agents.defaults.models')
  return { ...done, notes }
}

/** The alias of an entry of agents.defaults.models; empty when it has none. */
function aliasOf(entry: unknown, { standsFor }: Before): string {
  return isObject(entry) && typeof entry.alias === 'string' ? (standsFor(entry.alias)?.trim() ?? '') : ''
}

function isEmpty(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0
}

function unknownAlias(name: string, known: readonly string[]): AuthError {
  const list = known.length === 0 ? 'There are none.' : `There are: ${known.join(', ')}.`
  return new AuthError('unknown_model', `There is no alias "${printable(name, 60)}"; nothing was changed. ${list}`, {
    remedy: 'openclaw models aliases list',
  })
}

/**
 * A choice made by the alias would mean another model without it: the model takes its place.
 * @throws AuthError usage, where the choice is made through a variable, whose text is not ours to change
 */
function spellOut(draft: JsonObject, name: string, key: string, { standsFor }: Before): Note[] {
  const notes: Note[] = []
  const spelt = (value: unknown, path: string): unknown => {
    if (typeof value === 'string') {
      if (standsFor(value)?.trim().toLowerCase() !== name.toLowerCase()) return value
      if (value.trim().toLowerCase() !== name.toLowerCase()) {
        throw new AuthError('usage', `${path} says ${name} through a variable; nothing was changed.`, {
          remedy: `openclaw config set ${path} ${key}`,
        })
      }
      notes.push(note('spelt_out', path, value.trim(), key))
      return key
    }
    if (Array.isArray(value)) return value.map((item, at) => spelt(item, `${path}.${at}`))
    if (!isObject(value)) return value
    for (const part of ['primary', 'fallbacks']) {
      if (part in value) value[part] = spelt(value[part], `${path}.${part}`)
    }
    return value
  }
  const agents = childObject(draft, 'agents')
  const defaults = defaultsOf(draft)
  for (const chain of ['model', 'imageModel']) {
    if (chain in defaults) defaults[chain] = spelt(defaults[chain], `agents.defaults.${chain}`)
  }
  const list = Array.isArray(agents.list) ? agents.list : []
  for (const [at, agent] of list.entries()) {
    if (isObject(agent) && 'model' in agent) agent.model = spelt(agent.model, `agents.list.${at}.model`)
  }
  return notes
}
