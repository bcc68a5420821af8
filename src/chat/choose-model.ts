// A conversation is given another model, another account, or both: one way for slash commands and for sessions.patch.
import type { View } from '../auth/auth.ts'
import { agentFlag } from '../auth/own-store.ts'
import { modelRefIn, modelsOf } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import { isAllowed, modelChoices } from '../core/model-choices.ts'
import { formatRef, type ModelRef } from '../core/model-ref.ts'
import type { PinWish } from '../core/pick.ts'
import { printable } from '../core/profile.ts'
import { begin, type Session } from '../core/session.ts'
import type { AgentFacts } from '../core/status.ts'

/** Absent: stays; null: back to the agent's default, or to no pin. */
export type Choice = { model?: ModelRef | null; pin?: PinWish | null }

const MOST_NAMED = 20

/**
 * A pin belongs to the model's provider; another model starts without one (D2).
 * @param key the full key; the session is begun when there is none
 * @throws AuthError unknown_model, unknown_provider, unknown_profile, and what the store throws; then nothing has changed
 */
export async function chooseModel(view: View, key: string, choice: Choice): Promise<Session> {
  const { system } = view.home
  const facts = view.facts()
  const { model, pin: wish } = choice
  if (model !== undefined && model !== null) checkModel(view, model)
  const now = system.now()
  const usual = defaultRef(facts)
  return view.store.sessions.put(key, (before) => {
    const { model: oldModel, pin: oldPin, ...rest } = before ?? begin(key, system.uuid(), now)
    const next = model === undefined ? oldModel : (model ?? undefined)
    if (wish) checkProfile(view, wish.id, (next ?? usual).provider)
    const pin = wish ?? (wish === undefined && model === undefined ? oldPin : undefined)
    return {
      ...rest,
      updatedAt: now,
      ...(next === undefined ? {} : { model: next }),
      ...(pin === undefined ? {} : { pin }),
    }
  })
}

/** What `chooseModel` would refuse. @throws AuthError unknown_model, unknown_provider, unknown_profile */
export function checkChoice(view: View, model: ModelRef, pin: PinWish | undefined): void {
  checkModel(view, model)
  if (pin !== undefined) checkProfile(view, pin.id, model.provider)
}

/** The model of the agent's new conversations. */
export function defaultRef({ config, agentId }: AgentFacts): ModelRef {
  return modelRefIn(config, agentId, modelsOf(config, agentId).primary)
}

/** @throws AuthError unknown_model, when the config allows others only; unknown_provider */
function checkModel(view: View, ref: ModelRef): void {
  const facts = view.facts()
  const key = formatRef(ref)
  const list = (): string => named(modelChoices(facts, view.home.system.now()).map(({ id }) => id))
  if (!isAllowed(facts.config, view.agentId, key)) {
    throw new AuthError('unknown_model', `Model "${printable(key, 80)}" is not allowed. There are: ${list()}.`, {
      remedy: `openclaw models list${agentFlag(view, view.agentId)}`,
    })
  }
  if (view.registry.find(ref.provider, facts.config.providers.get(ref.provider)) === undefined) {
    throw new AuthError(
      'unknown_provider',
      `There is no provider "${printable(ref.provider, 60)}". There are models: ${list()}.`,
      { remedy: 'openclaw models list --all' },
    )
  }
}

/** @throws AuthError unknown_profile, when it does not exist or belongs to another provider */
function checkProfile(view: View, id: string, provider: string): void {
  const all = [...view.facts().providers.values()].flatMap(({ candidates }) => candidates)
  const found = all.find((candidate) => candidate.id === id)
  if (found?.provider === provider) return
  const own = all.filter((candidate) => candidate.provider === provider).map((candidate) => candidate.id)
  const exist = own.length === 0 ? `There is none of ${provider}.` : `Of ${provider} there are: ${named(own)}.`
  const what =
    found === undefined
      ? `Auth profile "${printable(id, 80)}" not found.`
      : `Auth profile "${found.id}" is for ${found.provider}, not ${provider}.`
  throw new AuthError('unknown_profile', `${what} ${exist} (agent ${view.agentId})`, {
    remedy: `openclaw models auth list${agentFlag(view, view.agentId)}`,
  })
}

/** Names in a sentence, as many as a person reads. */
export function named(names: readonly string[]): string {
  const more = names.length - MOST_NAMED
  const shown = names.slice(0, MOST_NAMED).map((name) => printable(name))
  return shown.join(', ') + (more > 0 ? `, and ${more} more` : '')
}
