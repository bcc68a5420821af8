// The accounts of an agent as the page shows them: the report of the status and the decision of the next call, as one value.
import type { Auth } from '../auth/auth.ts'
import { inspect } from '../auth/inspect.ts'
import { type AccountsReport, accountGroups } from '../core/accounts.ts'
import { agentIds, defaultAgent } from '../core/config.ts'
import { sourceLabel } from '../core/order.ts'
import { explainTurn } from './explain.ts'

/**
 * @param question.model a model or an alias; absent: the agent's default
 * @throws AuthError unknown_agent, unknown_model, unknown_provider
 */
export async function accountsReport(
  auth: Auth,
  question: { agentId: string; model?: string; beyondLoopback?: boolean },
): Promise<AccountsReport> {
  const view = await auth.view(question.agentId)
  const explanation = await explainTurn(auth, question)
  const facts = view.facts()
  const status = inspect(view, { named: false })
  const { at, model, provider, next, early, waits, trace, chain } = explanation
  const source = trace.find(({ id }) => id === next)?.source
  const instead = next === null ? chain.find((later) => later.next !== null) : undefined
  return {
    agentId: view.agentId,
    agents: agentIds(auth.home.config()),
    defaultAgent: defaultAgent(auth.home.config()),
    ...(facts.owner === undefined ? {} : { owner: facts.owner }),
    at,
    model,
    next,
    ...(source === undefined || source.kind === 'profile' ? {} : { nextSource: sourceLabel(source) }),
    ...(instead?.next ? { insteadBy: { model: instead.model, next: instead.next } } : {}),
    early,
    waits: waits === true,
    storePath: facts.storePath,
    missing: status.auth.missingProvidersInUse,
    ...accountGroups(facts, { provider, model: model.slice(provider.length + 1), next }, at),
  }
}
