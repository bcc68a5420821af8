// The agents there are, each with where its things lie and which chats it answers.
import { describeMatch } from '../core/binding.ts'
import { agentIds, defaultAgent, modelsOf } from '../core/config.ts'
import { ownerOf } from '../core/inherit.ts'
import type { Home } from '../store/home.ts'

/** Field names are the reference's. */
export type AgentSummary = {
  id: string
  name?: string
  identityName?: string
  identityEmoji?: string
  workspace: string
  agentDir: string
  /** Whose credentials it uses, when they are another agent's. */
  owner?: string
  model: string
  /** How many. */
  bindings: number
  isDefault: boolean
  routes?: string[]
  bindingDetails?: string[]
}

/** Main first where the config does not list it, then in the config's order. Reads nothing but what is loaded. */
export function listAgents(home: Home, options: { bindings: boolean }): AgentSummary[] {
  const config = home.config()
  return agentIds(config).map((id) => {
    const entry = config.agents.find((agent) => agent.id === id)
    const own = config.bindings.filter(({ agentId }) => agentId === id).map(({ match }) => describeMatch(match))
    const isDefault = id === defaultAgent(config)
    const owner = ownerOf(config, id)
    const { name, emoji } = entry?.identity ?? {}
    const routes = isDefault && own.length === 0 ? ['default (no explicit rules)'] : own
    return {
      id,
      ...(entry?.name === undefined ? {} : { name: entry.name }),
      ...(name === undefined ? {} : { identityName: name }),
      ...(emoji === undefined ? {} : { identityEmoji: emoji }),
      workspace: home.layout.workspace(id),
      agentDir: home.layout.agentDir(id),
      ...(owner === id ? {} : { owner }),
      model: modelsOf(config, id).primary,
      bindings: own.length,
      isDefault,
      ...(routes.length === 0 ? {} : { routes }),
      ...(options.bindings ? { bindingDetails: own } : {}),
    }
  })
}
