// Adds an agent: directories of its own, then its entry in the config. No credential is copied to it.
import { agentIdFrom, MAIN_AGENT } from '../core/agent-id.ts'
import { agentIds, modelRefIn, modelsOf } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import { printable } from '../core/profile.ts'
import { quoted } from '../core/quoted.ts'
import { childObject, isObject, type JsonObject } from '../store/document.ts'
import type { Home } from '../store/home.ts'
import type { Auth } from './auth.ts'
import { addBindings, type Bound, readBinds } from './bind-agent.ts'
import { knownModel } from './choose.ts'

export type NewAgent = {
  /** What people call it; its id is made from this. */
  name: string
  workspace?: string
  agentDir?: string
  model?: string
  binds?: readonly string[]
}

export type AddedAgent = {
  agentId: string
  name: string
  workspace: string
  agentDir: string
  sessionsDir: string
  model?: string
  bindings: Bound
  /** Its directory held profiles already, of an agent that was there before. */
  hasProfiles: boolean
  /** The command that gives it a credential. */
  next: string
  where: string
}

/**
 * The directories are there before the agent is: whatever interrupts this, nothing half-made is listed, and the same line works again.
 * @throws AuthError usage (a bad, reserved or taken id), unknown_provider, unknown_model; then nothing has changed
 */
export async function addAgent(auth: Auth, input: NewAgent): Promise<AddedAgent> {
  const { home } = auth
  const { layout, system } = home
  const name = input.name.trim()
  const agentId = freeId(home, name)
  const matches = readBinds(input.binds ?? [])
  const model = input.model === undefined ? undefined : knownModel(auth, input.model).key
  const workspace = input.workspace === undefined ? layout.workspace(agentId) : layout.expand(input.workspace)
  const agentDir = input.agentDir === undefined ? layout.agentDir(agentId) : layout.expand(input.agentDir)
  refuseShared(home, agentDir)
  const sessionsDir = layout.sessionsDir(agentId)
  for (const dir of [workspace, agentDir, sessionsDir]) await makeDir(home, dir)
  const entry = {
    id: agentId,
    ...(name === agentId ? {} : { name }),
    // What stands where it stands by default moves along with the state directory.
    ...(workspace === layout.workspace(agentId) ? {} : { workspace }),
    ...(agentDir === layout.agentDir(agentId) ? {} : { agentDir }),
    ...(model === undefined ? {} : { model }),
  }
  let bindings: Bound = { added: [], skipped: [], conflicts: [] }
  await home.configStore.change((draft) => {
    enlist(draft, entry)
    bindings = addBindings(draft, agentId, matches)
  })
  await home.reload()
  const config = home.config()
  const { provider } = modelRefIn(config, agentId, modelsOf(config, agentId).primary)
  system.log.info('an agent was added', { agentId })
  return {
    agentId,
    name,
    workspace,
    agentDir,
    sessionsDir,
    ...(model === undefined ? {} : { model }),
    bindings,
    hasProfiles: (await system.files.stat(layout.profiles(agentId))) !== undefined,
    next: `openclaw models auth paste-api-key --provider ${provider} --agent ${agentId}`,
    where: home.configStore.where(),
  }
}

function freeId(home: Home, name: string): string {
  const agentId = agentIdFrom(name)
  if (agentId === undefined) {
    throw new AuthError('usage', `"${printable(name, 40)}" has no letter or digit to make an agent id of.`, {
      remedy: 'openclaw agents add work',
    })
  }
  if (agentId === MAIN_AGENT) {
    throw new AuthError('usage', `"${MAIN_AGENT}" is reserved. Choose another name.`, {
      remedy: 'openclaw agents add work',
    })
  }
  if (home.config().agents.some(({ id }) => id === agentId)) throw taken(agentId)
  return agentId
}

function taken(agentId: string): AuthError {
  return new AuthError('usage', `Agent "${agentId}" already exists. Nothing was changed.`, {
    remedy: 'openclaw agents list',
  })
}

/** Two agents in one directory would be two names for the same credentials. */
function refuseShared(home: Home, agentDir: string): void {
  for (const id of agentIds(home.config())) {
    if (home.layout.agentDir(id) !== agentDir) continue
    throw new AuthError(
      'usage',
      `${agentDir} belongs to agent ${id}; an agent keeps its credentials apart. To use those of ${id}, set agents.list[].auth.inherit to "${id}". Nothing was changed.`,
      { remedy: 'openclaw agents add --help' },
    )
  }
}

async function makeDir(home: Home, path: string): Promise<void> {
  try {
    await home.system.files.makeDir(path)
  } catch (error) {
    throw new AuthError('write_failed', `Cannot make the directory ${path}; no agent was added.`, {
      remedy: `mkdir -p ${quoted(path)}`,
      cause: error,
    })
  }
}

function enlist(draft: JsonObject, entry: JsonObject): void {
  const agents = childObject(draft, 'agents')
  const list: unknown[] = Array.isArray(agents.list) ? agents.list : []
  // The first one listed is the default: a new agent must not become that by being the only one.
  if (list.length === 0) list.push({ id: MAIN_AGENT })
  // As it stands under the lock: another process may have added it since.
  if (list.some((other) => isObject(other) && other.id === entry.id)) throw taken(String(entry.id))
  list.push(entry)
  agents.list = list
}
