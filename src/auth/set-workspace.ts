// The folder in which an agent works: named in its entry of the config, made when it is missing. What lies in the one before stays there.
import { agentIds } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import { type Note, note } from '../core/note.ts'
import { printable } from '../core/profile.ts'
import { isWithin } from '../system/files.ts'
import type { Auth } from './auth.ts'
import { entryOf } from './choose.ts'

const LONGEST = 1000
/** How a path begins that means the same wherever one stands. */
const WHOLE = /^(?:\/|[A-Za-z]:[\\/]|~(?:$|[\\/]))/

/**
 * @param input.path absolute, or below `~`, and written down as it is; absent: the folder is the usual one again
 * @throws AuthError usage (no such path, or one where the credentials of an agent lie), unknown_agent, write_failed, and what the config throws;
 *   then the config has not changed
 */
export async function setWorkspace(
  { home }: Auth,
  input: { agentId: string; path?: string },
): Promise<{ agentId: string; workspace: string; where: string; notes: Note[] }> {
  const { agentId } = input
  const path = input.path?.trim()
  home.agent(agentId)
  const before = home.layout.workspace(agentId)
  if (path !== undefined) {
    const folder = checked(home, path)
    try {
      await home.system.files.makeDir(folder)
    } catch (error) {
      throw new AuthError('write_failed', `Cannot make the directory ${printable(folder, 400)}. Nothing was changed.`, {
        remedy: `mkdir -p '${folder}'`,
        cause: error,
      })
    }
  }
  await home.configStore.change((draft) => {
    const entry = entryOf(draft, agentId)
    if (path === undefined) delete entry.workspace
    else entry.workspace = path
  })
  await home.reload()
  const workspace = home.layout.workspace(agentId)
  return {
    agentId,
    workspace,
    where: home.configStore.where(),
    notes: workspace === before ? [] : [note('works_elsewhere', agentId, before, workspace)],
  }
}

/** @returns the whole path @throws AuthError usage */
function checked({ layout, config }: Auth['home'], path: string): string {
  const refuse = (why: string): AuthError =>
    new AuthError('usage', `${printable(path, 400)} cannot be a workspace: ${why}. Nothing was changed.`, {
      remedy: 'openclaw agents set-workspace --help',
    })
  if (!WHOLE.test(path)) throw refuse('it must be an absolute path, or begin with ~/')
  if (printable(path, LONGEST) !== path || path.includes('${')) throw refuse('it holds what a path should not')
  const folder = layout.expand(path)
  const held = agentIds(config()).find((id) => {
    const own = layout.agentDir(id)
    return isWithin(own, folder) || isWithin(folder, own)
  })
  if (held !== undefined) throw refuse(`the credentials of agent ${held} lie there`)
  return folder
}
