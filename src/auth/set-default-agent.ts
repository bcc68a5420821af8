// Makes one agent the one that is meant when none is named.
import { agentIds } from '../core/config.ts'
import { type Note, note } from '../core/note.ts'
import { isObject } from '../store/document.ts'
import type { Auth } from './auth.ts'
import { entryOf } from './choose.ts'

/**
 * Its entry says so, and no other one does.
 * @returns where it is written, and which agents work in another folder now: `agents.defaults.workspace` is that of the default agent
 * @throws AuthError unknown_agent, and what the config throws; then nothing has changed
 */
export async function setDefaultAgent(
  { home }: Auth,
  { agentId }: { agentId: string },
): Promise<{ agentId: string; where: string; notes: Note[] }> {
  home.agent(agentId)
  const foldersNow = (): Map<string, string> =>
    new Map(agentIds(home.config()).map((id) => [id, home.layout.workspace(id)]))
  const before = foldersNow()
  await home.configStore.change((draft) => {
    const own = entryOf(draft, agentId)
    own.default = true
    const { list } = isObject(draft.agents) ? draft.agents : {}
    for (const entry of Array.isArray(list) ? list : []) {
      if (isObject(entry) && entry !== own) delete entry.default
    }
  })
  await home.reload()
  const notes = [...foldersNow()].flatMap(([id, now]) => {
    const old = before.get(id)
    return old === undefined || old === now ? [] : [note('works_elsewhere', id, old, now)]
  })
  return { agentId, where: home.configStore.where(), notes }
}
