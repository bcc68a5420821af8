// The store of an agent for a change to its credentials, an agent pointed at another one's having none to change; and the flag by which a
// printed command reaches an agent.
import { AuthError } from '../core/errors.ts'
import type { AgentStore, Home } from '../store/home.ts'

/**
 * @param command the same change, with ` --agent <owner>` where the flag belongs
 * @throws AuthError usage, naming the owner
 */
export function ownStore(home: Home, agentId: string, command: (flag: string) => string): AgentStore {
  const store = home.agent(agentId)
  if (store.owner === agentId) return store
  throw new AuthError(
    'usage',
    `Agent ${agentId} uses the credentials of ${store.owner} (agents.list[].auth.inherit in ${home.configStore.where()}), and they are changed there. Nothing was changed.`,
    { remedy: command(` --agent ${store.owner}`) },
  )
}

/** ` --agent work` when the agent is not the one used by default: a printed command must reach the same store. */
export function agentFlag({ home }: { home: Home }, agentId: string): string {
  return agentId === home.pickAgent(undefined) ? '' : ` --agent ${agentId}`
}
