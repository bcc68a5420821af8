// An agent pointed at another one's credentials (D1): read through, nothing is copied, and one health for both.
import { MAIN_AGENT } from './agent-id.ts'

type Heir = { id: string; inherit?: string }

/** The agent in whose store the agent's profiles lie; itself when it is pointed at nobody. */
export function ownerOf(config: { agents: readonly Heir[] }, agentId: string): string {
  let owner = agentId
  // As often as there are agents: a chain that is longer is a circle, which a config that was read does not hold.
  for (const _ of config.agents) owner = config.agents.find(({ id }) => id === owner)?.inherit ?? owner
  return owner
}

type Listed = { id: string; auth?: { inherit?: string | undefined } | undefined }

/** Agents pointed at one that does not exist, or in a circle, each with its path. */
export function inheritIssues(list: readonly Listed[]): { path: string; message: string }[] {
  const next = new Map(list.map(({ id, auth }) => [id, auth?.inherit]))
  return list.flatMap(({ id, auth }, at) => {
    const path = `agents.list.${at}.auth.inherit`
    const inherit = auth?.inherit
    if (inherit === undefined) return []
    if (inherit !== MAIN_AGENT && !next.has(inherit)) return [{ path, message: 'there is no agent of this id' }]
    let owner: string | undefined = inherit
    for (const _ of list) {
      if (owner === id) return [{ path, message: 'this leads back to the agent itself' }]
      owner = owner === undefined ? undefined : next.get(owner)
    }
    return []
  })
}
