// `/model`: the numbered picker, a choice from it, by name or with an account, and the full view.
import { type Config, modelRefIn } from '../../core/config.ts'
import { AuthError } from '../../core/errors.ts'
import { aliasOf, editionMeant, modelChoices } from '../../core/model-choices.ts'
import { formatRef, type ModelRef } from '../../core/model-ref.ts'
import { formatUntil } from '../../core/order.ts'
import type { PinWish } from '../../core/pick.ts'
import { printable } from '../../core/profile.ts'
import { begin } from '../../core/session.ts'
import type { AgentFacts } from '../../core/status.ts'
import { checkChoice, chooseModel, defaultRef, named } from '../choose-model.ts'
import { explainTurn } from '../explain.ts'
import { readSpokenModel } from '../grammar.ts'
import type { Occasion } from './command.ts'
import { showModelStatus } from './model-status.ts'

const MODEL_HELP = 'openclaw models list'
/** More than a person reads in a chat; `/models` has pages. */
const MOST_LISTED = 30

/** `/model` with whatever stands behind it. */
export async function changeModel(args: string, occasion: Occasion): Promise<string> {
  const [word = '', profile] = args.toLowerCase().split('@', 2)
  if (args === '' || (word === 'list' && profile === undefined)) return showPicker(occasion)
  if (word === 'status' && profile === undefined) return showModelStatus(occasion)
  return switchTo(await readWish(args, occasion), occasion)
}

/** A model, and the account it is to be asked with. */
export type Wish = { ref: ModelRef; pin?: PinWish }

/**
 * Reads `<model>[@<account>[?]]` as a person writes it.
 * @throws AuthError unknown_model, unknown_provider, unknown_profile, usage
 */
export async function readWish(text: string, occasion: Occasion): Promise<Wish> {
  const spoken = readSpokenModel(text)
  if (spoken === undefined) {
    throw new AuthError('unknown_model', `"${printable(text, 60)}" is no model: an alias, a name or provider/model.`, {
      remedy: MODEL_HELP,
    })
  }
  const { model, pin } = spoken
  if (model === '' || pin?.id === '' || (pin !== undefined && VIEWS.has(model.toLowerCase()))) {
    throw new AuthError('usage', 'An account is chosen together with a model: /model <model>@<account>.')
  }
  const ref = await meantBy(model, occasion)
  checkChoice(occasion.view, ref, pin)
  return { ref, ...(pin === undefined ? {} : { pin }) }
}

const VIEWS: ReadonlySet<string> = new Set(['status', 'list'])

/** Gives the conversation the model, and says what that means. */
export async function switchTo({ ref, pin }: Wish, occasion: Occasion): Promise<string> {
  const { auth, view, key, beyondLoopback } = occasion
  const facts = view.facts()
  const id = formatRef(ref)
  const isDefault = id === formatRef(defaultRef(facts))
  const before = await view.store.sessions.get(key)
  await chooseModel(view, key, { model: isDefault ? null : ref, pin: pin ?? null })
  const name = titleOf(facts.config, id)
  const said = [isDefault ? `Model reset to default (${name}).` : `Model set to ${name}.`]
  if (pin !== undefined) said.push(`Auth profile set to ${pin.id}${pin.by === 'soft' ? '; it may step aside' : ''}.`)
  else if (before?.pin !== undefined && before.pin.by !== 'auto') said.push(`The pin to ${before.pin.id} has ended.`)
  if (!modelChoices(facts, auth.home.system.now()).some((row) => row.id === id)) {
    said.push(`It is not a model known here; ${ref.provider} will say whether it exists.`)
  }
  const { next, soonestAt, at } = await explainTurn(auth, { agentId: view.agentId, sessionKey: key, beyondLoopback })
  if (next === null) {
    said.push(
      soonestAt === undefined
        ? 'Nothing can be taken for it until a person acts: /model status says why.'
        : `Nothing can be taken for it now; the first account is back ${formatUntil(soonestAt, at)}.`,
    )
  }
  return said.join(' ')
}

/** `Opus (anthropic/claude-opus-4-6)`, or the id alone. */
export function titleOf(config: Config, id: string): string {
  const alias = aliasOf(config, id)
  return alias === undefined ? id : `${alias} (${id})`
}

/**
 * The model a person means: a number of the list shown last, `default`, an alias, a name, or part of one name, or of one in several editions.
 * @throws AuthError unknown_model, usage
 */
async function meantBy(text: string, occasion: Occasion): Promise<ModelRef> {
  const { view, auth } = occasion
  const facts = view.facts()
  if (/^\d+$/.test(text)) return numbered(Number(text), occasion)
  if (facts.config.aliases.has(text.toLowerCase())) return modelRefIn(facts.config, view.agentId, text)
  if (text.toLowerCase() === 'default') return defaultRef(facts)
  if (text.includes('/')) return modelRefIn(facts.config, view.agentId, text)
  const rows = modelChoices(facts, auth.home.system.now())
  const current = (await refOf(occasion)).provider
  const wanted = text.toLowerCase()
  const exact = rows.filter(({ id }) => id.slice(id.indexOf('/') + 1).toLowerCase() === wanted)
  const partial = rows.filter(({ id }) => id.toLowerCase().includes(wanted))
  // Who says opus-4.6 means the model whose name is written with dashes.
  const part = squeezed(wanted)
  const alike = part === '' ? [] : rows.filter(({ id }) => squeezed(id).includes(part))
  for (const found of [exact, partial, alike]) {
    const own = found.filter(({ provider }) => provider === current)
    const [only, other] = own.length > 0 ? own : found
    if (only !== undefined && other === undefined) return plain(facts, only.id)
  }
  if (exact.length + partial.length + alike.length > 0) {
    const ids = [...new Set([...exact, ...partial, ...alike].map(({ id }) => id))]
    const own = ids.filter((id) => id.startsWith(`${current}/`))
    const edition = editionMeant(facts.config, facts.agentId, own.length > 0 ? own : ids)
    if (edition !== undefined) return plain(facts, edition)
    throw new AuthError('unknown_model', `"${text}" could be ${named(ids)}.`, { remedy: MODEL_HELP })
  }
  const id = formatRef(modelRefIn(facts.config, view.agentId, text))
  const isListed = facts.config.configured.length > 0
  const what = isListed ? `Model "${printable(id, 80)}" is not allowed.` : `There is no model "${printable(text, 60)}".`
  const all = named(rows.map((row) => row.id))
  const anyway = isListed ? '' : ` One that is new is written with its provider, such as ${printable(id, 80)}.`
  throw new AuthError('unknown_model', `${what} There are: ${all}.${anyway}`, { remedy: MODEL_HELP })
}

function squeezed(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

function plain(facts: AgentFacts, id: string): ModelRef {
  return modelRefIn({ ...facts.config, aliases: new Map() }, facts.agentId, id)
}

async function numbered(number: number, occasion: Occasion): Promise<ModelRef> {
  const { view, key } = occasion
  const listed = (await view.store.sessions.get(key))?.listed
  if (listed === undefined) {
    throw new AuthError('usage', `No list was shown in this conversation yet. ${await showPicker(occasion)}`)
  }
  const id = listed[number - 1]
  if (id !== undefined) return plain(view.facts(), id)
  throw new AuthError('usage', `There is no ${number}: the list shown last has 1 to ${listed.length}.`)
}

/** What the conversation talks to now. */
async function refOf({ auth, view, key }: Occasion): Promise<ModelRef> {
  const { model } = await explainTurn(auth, { agentId: view.agentId, sessionKey: key })
  return plain(view.facts(), model)
}

/** `/model`, `/model list`: what is shown here is what a number means from now on (D5). */
async function showPicker({ auth, view, key, beyondLoopback }: Occasion): Promise<string> {
  const { system } = auth.home
  const facts = view.facts()
  const now = await explainTurn(auth, { agentId: view.agentId, sessionKey: key, beyondLoopback })
  const all = modelChoices(facts, system.now())
  const rows = all.slice(0, MOST_LISTED)
  const ids = rows.map(({ id }) => id)
  const before = await view.store.sessions.get(key)
  if (before?.listed === undefined || before.listed.join('\n') !== ids.join('\n')) {
    await view.store.sessions.put(key, (session) => ({
      ...(session ?? begin(key, system.uuid(), system.now())),
      listed: ids,
    }))
  }
  const lines = rows.map(
    ({ id }, at) => `${at + 1}. ${titleOf(facts.config, id)}${id === now.model ? ' (current)' : ''}`,
  )
  const more = all.length > rows.length ? [`and ${all.length - rows.length} more: /models`] : []
  return [
    `Current: ${titleOf(facts.config, now.model)}, account ${now.next ?? 'none'}`,
    '',
    ...lines,
    ...more,
    '',
    'Choose: /model <number>, /model <name> or /model <name>@<account>',
    'Details: /model status',
  ].join('\n')
}
