// Binds chats to an agent: entries of `bindings`, never one chat to two agents.
import { type Binding, bindingIn, describeMatch, isSameMatch, type Match, readBind, readPeer } from '../core/binding.ts'
import { AuthError } from '../core/errors.ts'
import { printable } from '../core/profile.ts'
import type { JsonObject } from '../store/document.ts'
import type { Auth } from './auth.ts'

/** Each in one line; a conflict names the agent that has it. */
export type Bound = { added: string[]; skipped: string[]; conflicts: string[] }

/**
 * Adds what is not there yet; what another agent has stays with it.
 * @throws AuthError usage, unknown_agent
 */
export async function bindAgent(auth: Auth, input: { agentId: string; matches: readonly Match[] }): Promise<Bound> {
  const { home } = auth
  const { matches } = input
  home.agent(input.agentId)
  let bound: Bound | undefined
  await home.configStore.change((draft) => {
    bound = addBindings(draft, input.agentId, matches)
  })
  await home.reload()
  if (bound === undefined) throw new Error('a change must call edit')
  return bound
}

/**
 * Matches as a person writes them.
 * @param texts each `channel` or `channel:account`
 * @param peerText one chat of each, `kind:id`; absent: all of its chats
 * @throws AuthError usage
 */
export function readBinds(texts: readonly string[], peerText?: string): Match[] {
  const peer = peerText === undefined ? undefined : readPeer(peerText)
  if (peerText !== undefined && peer === undefined) {
    throw new AuthError(
      'usage',
      `--peer takes direct:ID, group:ID or channel:ID, not "${printable(peerText, 60)}". Nothing was changed.`,
      { remedy: 'openclaw agents bind --help' },
    )
  }
  return texts.map((text) => {
    const match = readBind(text)
    if (match !== undefined) return { ...match, ...(peer === undefined ? {} : { peer }) }
    throw new AuthError('usage', `--bind takes channel or channel:account, not "${printable(text, 60)}".`, {
      remedy: 'openclaw agents bind --help',
    })
  })
}

/** Writes the bindings into the draft of a config. */
export function addBindings(draft: JsonObject, agentId: string, matches: readonly Match[]): Bound {
  const bound: Bound = { added: [], skipped: [], conflicts: [] }
  if (matches.length === 0) return bound
  const list: unknown[] = Array.isArray(draft.bindings) ? draft.bindings : []
  for (const match of matches) {
    const there = list
      .map(bindingIn)
      .find((other): other is Binding => other !== undefined && isSameMatch(other.match, match))
    const line = describeMatch(match)
    if (there === undefined) {
      list.push({ agentId, match })
      bound.added.push(line)
    } else if (there.agentId === agentId) bound.skipped.push(line)
    else bound.conflicts.push(`${line} (agent=${there.agentId})`)
  }
  draft.bindings = list
  return bound
}
