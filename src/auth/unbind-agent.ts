// Takes chats away from an agent: its own entries of `bindings`, and nobody else's.
import { type Binding, bindingIn, describeMatch, isSameMatch, type Match } from '../core/binding.ts'
import type { Auth } from './auth.ts'

/** Each in one line; a conflict names the agent that has it. */
export type Unbound = { removed: string[]; missing: string[]; conflicts: string[] }

/**
 * @param input.matches those, or `all` that the agent has
 * @throws AuthError unknown_agent
 */
export async function unbindAgent(
  auth: Auth,
  input: { agentId: string; matches: readonly Match[] | 'all' },
): Promise<Unbound> {
  const { home } = auth
  const { agentId } = input
  const matches = input.matches === 'all' ? undefined : input.matches
  home.agent(agentId)
  let unbound: Unbound = { removed: [], missing: [], conflicts: [] }
  await home.configStore.change((draft) => {
    unbound = { removed: [], missing: [], conflicts: [] }
    if (!Array.isArray(draft.bindings)) {
      unbound.missing.push(...(matches ?? []).map(describeMatch))
      return
    }
    const list: unknown[] = draft.bindings
    const there = list.map(bindingIn).filter((binding): binding is Binding => binding !== undefined)
    for (const match of matches ?? []) {
      const same = there.filter((binding) => isSameMatch(binding.match, match))
      const other = same.find((binding) => binding.agentId !== agentId)
      if (same.length === 0) unbound.missing.push(describeMatch(match))
      else if (other !== undefined) unbound.conflicts.push(`${describeMatch(match)} (agent=${other.agentId})`)
    }
    draft.bindings = list.filter((entry) => {
      const binding = bindingIn(entry)
      if (binding === undefined || binding.agentId !== agentId) return true
      if (matches !== undefined && !matches.some((match) => isSameMatch(binding.match, match))) return true
      unbound.removed.push(describeMatch(binding.match))
      return false
    })
  })
  await home.reload()
  return unbound
}
