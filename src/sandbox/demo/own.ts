// Whether the person has credentials of their own: then the demonstration runs on their state and the real vendor.
import { createAuth, type View } from '../../auth/auth.ts'
import { CATALOGUE } from '../../core/catalogue.ts'
import { modelRefIn, modelsOf } from '../../core/config.ts'
import { AuthError } from '../../core/errors.ts'
import { formatRef, type ModelRef } from '../../core/model-ref.ts'
import { defectOf } from '../../core/order.ts'
import type { System } from '../../system/system.ts'
import type { DemoModel, Stage } from './stage.ts'

/**
 * Looks, changing nothing.
 * @returns the person's own stage, or a sentence saying why the sandbox is used
 */
export async function findOwn(system: System): Promise<{ stage: Stage } | { note: string }> {
  try {
    const auth = await createAuth(system)
    const agentId = auth.home.pickAgent(undefined)
    const view = await auth.view(agentId)
    const served = [...view.facts().providers.values()].filter(({ candidates }) =>
      candidates.some(({ source, defect }) => source.kind !== 'none' && defect === undefined),
    )
    if (served.length === 0)
      return { note: 'No credential of yours was found, so the vendors are played on this machine.' }
    const now = system.now()
    const usable = served.filter(({ candidates }) =>
      candidates.some((candidate) => candidate.source.kind !== 'none' && defectOf(candidate, now) === undefined),
    )
    const model = modelFor(view, new Set(usable.map(({ provider }) => provider)))
    if (model === undefined) {
      const names = served.map(({ provider }) => provider).join(', ')
      return {
        note: `There are credentials of yours for ${names}, but none that can serve a model known here (openclaw models set <provider/model>), so the vendors are played on this machine.`,
      }
    }
    return { stage: { isSandbox: false, system, auth, agentId, model, strike: () => auth.flush() } }
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return { note: `Your own state could not be read (${error.message}), so the vendors are played on this machine.` }
  }
}

/** The default model when its provider has a credential, else the first one we know of a provider that has. */
function modelFor(view: View, usable: ReadonlySet<string>): DemoModel | undefined {
  const { config, agentId } = view.facts()
  const chosen = modelRefIn(config, agentId, modelsOf(config, agentId).primary)
  const known = CATALOGUE.map(({ provider, id }): ModelRef => ({ provider, model: id }))
  for (const ref of [chosen, ...known]) {
    if (!usable.has(ref.provider)) continue
    const endpoints = view.registry.find(ref.provider, config.providers.get(ref.provider))?.endpoints
    const door =
      endpoints?.messages !== undefined
        ? 'messages'
        : endpoints?.chat_completions !== undefined
          ? 'chat_completions'
          : undefined
    if (door !== undefined) return { provider: ref.provider, ref: formatRef(ref), door }
  }
  return undefined
}
