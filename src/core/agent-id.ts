// Ids of agents: the one that is always there, and what a name becomes.
import { isAgentId } from './profile.ts'

/** Always exists, and cannot be made or deleted. */
export const MAIN_AGENT = 'main'

/** The id that a name becomes: `My Work!` -> `my-work`; undefined when nothing is left of it. */
export function agentIdFrom(name: string): string | undefined {
  const id = name
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '-')
    .replace(/-{2,}/g, '-')
    .replace(/^[-_]/, '')
    .slice(0, 64)
    .replace(/-$/, '')
  return isAgentId(id) ? id : undefined
}
