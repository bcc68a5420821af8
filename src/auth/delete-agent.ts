// Deletes an agent: its things are moved to the trash below the state directory, never removed, and then the config forgets it.
import { dirname, join } from 'node:path'
import { MAIN_AGENT } from '../core/agent-id.ts'
import { agentIds } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import { printable } from '../core/profile.ts'
import { quoted } from '../core/quoted.ts'
import { isObject } from '../store/document.ts'
import type { Home } from '../store/home.ts'
import { codeOf, isWithin } from '../system/files.ts'
import type { Auth } from './auth.ts'
import { heldIn, type Kept, personal } from './held.ts'

export type DeletedAgent = {
  agentId: string
  /** The folder in the trash. */
  trash: string
  moved: { from: string; to: string }[]
  /** What stays where it is, and why. */
  left: { path: string; why: string }[]
  removedBindings: number
}

type Place = { from: string; to: string }

/**
 * First a note of what the config said, then the moves, the config last: whatever interrupts this, every file is in its old place or in the
 * trash, the agent is still listed, and the same command goes on.
 * @param options as for `planDeletion`
 * @throws AuthError usage (main, or others use its credentials), unknown_agent, write_failed
 */
export async function deleteAgent(auth: Auth, agentId: string, options: { isShown: boolean }): Promise<DeletedAgent> {
  const { home } = auth
  const { files } = home.system
  checkDeletable(home, agentId)
  const stamp = new Date(home.system.now()).toISOString().replace(/[-:.]/g, '')
  const trash = join(
    home.layout.trash,
    `${agentId}-${stamp}-${Buffer.from(home.system.randomBytes(2)).toString('hex')}`,
  )
  const { parts, left } = planDeletion(home, agentId, options)
  const places = parts.map(({ from, name }) => ({ from, to: join(trash, name) }))
  const config = home.config()
  const note = {
    agentId,
    entry: config.agents.find(({ id }) => id === agentId),
    bindings: config.bindings.filter((binding) => binding.agentId === agentId),
    places,
    left,
  }
  const moved: Place[] = []
  try {
    await files.makeDir(trash)
    await files.writeDurable(join(trash, 'agent.json'), `${JSON.stringify(note, null, 2)}\n`)
    for (const place of places) {
      if ((await files.stat(place.from)) === undefined) continue
      const why = await move(home, place)
      if (why === undefined) moved.push(place)
      else left.push({ path: place.from, why })
    }
  } catch (error) {
    throw new AuthError(
      'write_failed',
      `Agent ${agentId} could not be moved to ${trash} (${codeOf(error)}). It is still listed; what was moved lies there.`,
      { remedy: `openclaw agents delete ${agentId} --force`, cause: error },
    )
  }
  let removedBindings = 0
  await home.configStore.change((draft) => {
    const agents = isObject(draft.agents) ? draft.agents : {}
    if (Array.isArray(agents.list)) {
      agents.list = agents.list.filter((entry) => !isObject(entry) || entry.id !== agentId)
    }
    if (!Array.isArray(draft.bindings)) return
    const kept = draft.bindings.filter((binding) => !isObject(binding) || binding.agentId !== agentId)
    removedBindings = draft.bindings.length - kept.length
    if (kept.length > 0) draft.bindings = kept
    else delete draft.bindings
  })
  await home.reload()
  home.system.log.info('an agent was deleted', { agentId, trash })
  return { agentId, trash, moved, left, removedBindings }
}

/** @throws AuthError usage (main, or others use its credentials), unknown_agent */
export function checkDeletable(home: Home, agentId: string): void {
  if (agentId === MAIN_AGENT) {
    throw new AuthError('usage', `"${MAIN_AGENT}" cannot be deleted. Nothing was changed.`, {
      remedy: 'openclaw agents list',
    })
  }
  // Unknown ones are named here.
  home.pickAgent(agentId)
  const heirs = home.config().agents.filter(({ inherit }) => inherit === agentId)
  if (heirs.length === 0) return
  const names = heirs.map(({ id }) => id).join(', ')
  throw new AuthError(
    'usage',
    `The credentials of ${printable(agentId)} are used by ${names} (agents.list[].auth.inherit in ${home.configStore.where()}). Nothing was changed.`,
    { remedy: `\${EDITOR:-vi} ${quoted(home.configStore.where())}` },
  )
}

/**
 * What would be moved: what is the agent's alone. A folder that holds somebody else's things, too, stays.
 * @param options.isShown somebody was shown the paths; else a workspace elsewhere, where a person may keep documents, stays as well
 */
export function planDeletion(
  home: Home,
  agentId: string,
  options: { isShown: boolean },
): { parts: { from: string; name: string }[]; left: DeletedAgent['left'] } {
  const { layout, system } = home
  const own = dirname(layout.sessionsDir(agentId))
  const agentDir = layout.agentDir(agentId)
  const workspace = layout.workspace(agentId)
  const others = agentIds(home.config()).filter((id) => id !== agentId)
  const kept: Kept[] = [
    [layout.stateDir, 'the state directory'],
    [layout.trash, 'the trash'],
    [layout.config, 'the config'],
    [layout.dotenv, 'the .env of the state directory'],
    [layout.gatewayToken, 'the token of the gateway'],
    ...personal(system, layout),
    [system.workingDir, 'the present working directory'],
    ...others.flatMap((id): Kept[] => [
      [layout.workspace(id), `the workspace of agent ${id}`],
      [layout.agentDir(id), `the directory of agent ${id}`],
      [layout.sessionsDir(id), `the sessions of agent ${id}`],
    ]),
  ]
  const left: DeletedAgent['left'] = []
  const parts = [
    ...(isWithin(agentDir, own) ? [] : [{ from: agentDir, name: 'agent' }]),
    { from: own, name: 'state' },
    { from: workspace, name: 'workspace' },
  ].filter(({ from, name }) => {
    const isElsewhere = name === 'workspace' && !options.isShown && !isWithin(from, layout.stateDir)
    const why = heldIn(from, kept) ?? (isElsewhere ? 'it is not in the state directory' : undefined)
    if (why !== undefined) left.push({ path: from, why })
    return why === undefined
  })
  return { parts, left }
}

/** @returns why it cannot be moved, for what can stay where it is */
async function move(home: Home, { from, to }: Place): Promise<string | undefined> {
  try {
    await home.system.files.rename(from, to)
    return undefined
  } catch (error) {
    if (codeOf(error) === 'EXDEV') return 'it lies on another file system'
    throw error
  }
}
