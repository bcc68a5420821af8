// The agent's own order of profiles: read, set, cleared.

import { tidyOrder } from '../core/auth-settings.ts'
import { AuthError } from '../core/errors.ts'
import { guessProfile } from '../core/nearest.ts'
import { printable } from '../core/profile.ts'
import type { Auth } from './auth.ts'
import { importLegacy } from './import-legacy.ts'
import { ownStore } from './own-store.ts'
import { checkedProvider } from './paste.ts'

type Which = { agentId: string; provider: string }

/** The order this agent keeps for the provider, or null when it keeps none. */
export async function orderOf(auth: Auth, which: Which): Promise<string[] | null> {
  const book = await auth.home.agent(which.agentId).book()
  const ids = book.order.get(checkedProvider(which.provider))
  return ids === undefined ? null : [...ids]
}

/**
 * @param input.ids the new order; undefined clears it (clearing nothing is fine)
 * @param input.allowsMissing ids that no profile has, yet or any more, are taken as well
 * @returns `changeId` names the change for `undo`; absent: nothing has changed, or it was not kept
 * @throws AuthError unknown_profile (no such id) or usage (an id of another provider, no ids)
 */
export async function reorder(
  auth: Auth,
  input: Which & { ids: readonly string[] | undefined; allowsMissing?: boolean },
): Promise<{ where: string; ids: readonly string[] | null; changeId?: string }> {
  const provider = checkedProvider(input.provider)
  const verb = input.ids === undefined ? 'clear' : 'set'
  const { profiles, changes } = ownStore(
    auth.home,
    input.agentId,
    (flag) => `openclaw models auth order ${[verb, '--provider', provider, ...(input.ids ?? [])].join(' ')}${flag}`,
  )
  const recorder = changes.begin(`order ${verb}`)
  const kept = (): { changeId?: string } => (recorder.isKept() ? { changeId: recorder.id } : {})
  const where = profiles.where()
  const list = `openclaw models auth list --provider ${provider} --agent ${input.agentId}`
  if (input.ids === undefined) {
    await importLegacy(auth, input.agentId)
    if ((await profiles.read()).order.has(provider)) await profiles.setOrder(provider, () => undefined, recorder.store)
    await auth.peek(input.agentId)?.reload()
    return { where, ids: null, ...kept() }
  }
  const ids = tidyOrder(input.ids)
  if (ids.length === 0) {
    throw new AuthError('usage', 'An order names at least one profile; to have none, clear it.', {
      remedy: `openclaw models auth order clear --provider ${provider} --agent ${input.agentId}`,
    })
  }
  await importLegacy(auth, input.agentId)
  await profiles.setOrder(
    provider,
    (book) => {
      for (const id of ids) {
        const known =
          book.profiles.find((profile) => profile.id === id) ?? book.foreign.find((entry) => entry.id === id)
        if (known === undefined && input.allowsMissing === true) continue
        if (known === undefined) {
          const own = book.profiles.filter((one) => one.provider === provider).map((one) => one.id)
          throw new AuthError(
            'unknown_profile',
            `There is no profile "${printable(id)}" in ${where} (agent ${input.agentId})${guessProfile(id, own)}; the order was not changed.`,
            { remedy: list },
          )
        }
        if (known.provider !== provider) {
          throw new AuthError(
            'usage',
            `Profile "${printable(id)}" is for ${known.provider}, not ${provider}; the order was not changed.`,
            { remedy: list },
          )
        }
      }
      return ids
    },
    recorder.store,
  )
  await auth.peek(input.agentId)?.reload()
  return { where, ids, ...kept() }
}
