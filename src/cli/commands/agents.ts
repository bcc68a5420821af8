// `agents`: which there are, and a new one.
import type { Command } from 'commander'
import { type AddedAgent, addAgent } from '../../auth/add-agent.ts'
import { bindAgent } from '../../auth/bind-agent.ts'
import { checkDeletable, deleteAgent } from '../../auth/delete-agent.ts'
import { type AgentSummary, listAgents } from '../../auth/list-agents.ts'
import { agentIdFrom } from '../../core/agent-id.ts'
import { defaultAgent, modelsOf } from '../../core/config.ts'
import { AuthError } from '../../core/errors.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'

/** Subcommands of `agents`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .command('list')
    .description('the agents, with where their things lie')
    .option('--bindings', 'with the chats each answers')
    .option('--json', 'the agents as JSON')
    .addHelpText('after', examples([['openclaw agents list --json', 'for scripts']]))
    .action((_flags: unknown, self: Command) => list(invocation(), self.optsWithGlobals<ListFlags>()))
  command
    .command('add')
    .description('a new agent, with a workspace, sessions and credentials of its own')
    .argument('[name]', 'its id is made from this: letters, digits, - and _, at most 64')
    .option('--workspace <dir>', 'where it works (default: workspace-<id> in the state directory)')
    .option('--model <ref>', 'its model, when that is not the default one')
    .option('--agent-dir <dir>', 'where its credentials are kept')
    .option('--bind <channel[:account]>', 'a chat it answers; may be repeated', repeated)
    .option('--non-interactive', 'ask nothing')
    .option('--json', 'what was done, as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw agents add work', 'asks on a terminal; elsewhere takes the defaults'],
        ['openclaw agents add work --workspace ~/work --bind telegram:work', 'asks nothing'],
      ]),
    )
    .action((name: string | undefined, _flags: unknown, self: Command) =>
      add(invocation(), name, self.optsWithGlobals<AddFlags>()),
    )
  command
    .command('delete')
    .description('move an agent to the trash of the state directory, with its workspace, sessions and credentials')
    .argument('<id>', 'as `agents list` shows it')
    .option('--force', 'do not ask')
    .option('--json', 'what was done, as JSON')
    .addHelpText('after', examples([['openclaw agents delete work --force', 'in a script']]))
    .action((id: string, _flags: unknown, self: Command) =>
      remove(invocation(), id, self.optsWithGlobals<RemoveFlags>()),
    )
  command
    .command('bind')
    .description('let an agent answer a chat')
    .option('--bind <channel[:account]>', 'which; may be repeated', repeated)
    .option('--json', 'what was done, as JSON')
    .addHelpText(
      'after',
      examples([['openclaw agents bind --agent work --bind telegram:work', 'one account of a channel; * is any']]),
    )
    .action((_flags: unknown, self: Command) => bind(invocation(), self.optsWithGlobals<AddFlags>()))
  command.addHelpText(
    'after',
    examples([
      ['openclaw agents list', 'which there are'],
      ['openclaw agents add work', 'one with credentials of its own'],
      ['openclaw models auth paste-api-key --provider anthropic --agent work', 'its key'],
    ]),
  )
}

function repeated(text: string, before: string[] = []): string[] {
  return [...before, text]
}

type ListFlags = CommonFlags & { bindings?: boolean }

async function list(invocation: Invocation, flags: ListFlags): Promise<void> {
  const { home } = await invocation.auth()
  const agents = listAgents(home, { bindings: flags.bindings === true })
  if (flags.json === true) return invocation.terminal.json(agents)
  invocation.terminal.out(['Agents:', ...agents.flatMap(summaryLines)].join('\n'))
}

function summaryLines(agent: AgentSummary): string[] {
  const name = agent.identityName ?? agent.name
  const emoji = agent.identityEmoji === undefined ? '' : `${agent.identityEmoji} `
  return [
    `- ${agent.id}${agent.isDefault ? ' (default)' : ''}${name === undefined ? '' : ` (${emoji}${name})`}`,
    `  Workspace: ${agent.workspace}`,
    `  Agent dir: ${agent.agentDir}`,
    ...(agent.owner === undefined ? [] : [`  Credentials: those of ${agent.owner}`]),
    `  Model: ${agent.model}`,
    `  Routing rules: ${agent.bindings}`,
    ...(agent.bindings === 0 && agent.routes !== undefined ? [`  Routing: ${agent.routes.join(', ')}`] : []),
    ...(agent.bindingDetails ?? []).map((line) => `    - ${line}`),
  ]
}

type AddFlags = CommonFlags & {
  workspace?: string
  model?: string
  agentDir?: string
  bind?: string[]
  nonInteractive?: boolean
}

async function add(invocation: Invocation, named: string | undefined, flags: AddFlags): Promise<void> {
  const { terminal } = invocation
  const auth = await invocation.auth()
  const { home } = auth
  const isAsking =
    terminal.isInteractive() &&
    flags.nonInteractive !== true &&
    flags.json !== true &&
    [flags.workspace, flags.model, flags.agentDir, flags.bind].every((value) => value === undefined)
  const name = named ?? (isAsking ? await terminal.ask('Name of the agent', '') : '')
  if (name.trim() === '') {
    throw new AuthError('usage', 'A new agent needs a name. Nothing was changed.', {
      remedy: 'openclaw agents add work',
    })
  }
  let { workspace, model } = flags
  const agentId = agentIdFrom(name)
  const isFree = agentId !== undefined && !listAgents(home, { bindings: false }).some(({ id }) => id === agentId)
  if (isAsking && isFree) {
    workspace = await terminal.ask('Workspace', home.layout.workspace(agentId))
    const preset = modelsOf(home.config(), agentId).primary
    const answer = await terminal.ask('Model', preset)
    // The preset is the default of all agents, and stays that when it changes.
    if (answer !== preset) model = answer
  }
  const added = await addAgent(auth, {
    name,
    ...(workspace === undefined ? {} : { workspace }),
    ...(model === undefined ? {} : { model }),
    ...(flags.agentDir === undefined ? {} : { agentDir: flags.agentDir }),
    ...(flags.bind === undefined ? {} : { binds: flags.bind }),
  })
  tell(invocation, added, flags.json === true)
}

function tell({ terminal }: Invocation, added: AddedAgent, json: boolean): void {
  const { agentId, name, bindings, next, where, hasProfiles, sessionsDir: _, ...rest } = added
  if (name !== agentId) terminal.note(`Normalized agent id to "${agentId}".`)
  for (const line of bindings.conflicts) terminal.note(`Not bound, as another agent has it: ${line}`)
  if (json) {
    terminal.json({ agentId, name, ...rest, bindings, next })
    return
  }
  terminal.out(
    [
      `Updated ${where}`,
      `Workspace OK: ${added.workspace}`,
      `Sessions OK: ${added.sessionsDir}`,
      `Agent: ${agentId}`,
      `Workspace: ${added.workspace}`,
      `Agent dir: ${added.agentDir}`,
      ...(added.model === undefined ? [] : [`Model: ${added.model}`]),
      ...bindings.added.map((line) => `Bound: ${line}`),
      hasProfiles
        ? `Credentials: ${added.agentDir} held some already, and they are used; nothing was copied. Give it another:`
        : 'Credentials: none of its own yet; nothing was copied from other agents. Give it one:',
      `  ${next}`,
    ].join('\n'),
  )
}

async function bind(invocation: Invocation, flags: AddFlags): Promise<void> {
  const { terminal } = invocation
  if (flags.bind === undefined) {
    throw new AuthError('usage', 'Which chat? --bind channel or --bind channel:account. Nothing was changed.', {
      remedy: 'openclaw agents bind --help',
    })
  }
  const { auth, agentId } = await invocation.agent(flags)
  const bound = await bindAgent(auth, { agentId, binds: flags.bind })
  if (bound.conflicts.length > 0) invocation.exitWith(1)
  if (flags.json === true) return terminal.json({ agentId, ...bound })
  const lines = [
    ...bound.added.map((line) => `Bound: ${line}`),
    ...bound.skipped.map((line) => `Bound already: ${line}`),
  ]
  for (const line of bound.conflicts) terminal.note(`Not bound, as another agent has it: ${line}`)
  terminal.out([`Agent: ${agentId}`, ...lines].join('\n'))
}

type RemoveFlags = CommonFlags & { force?: boolean }

async function remove(invocation: Invocation, agentId: string, flags: RemoveFlags): Promise<void> {
  const { terminal } = invocation
  const auth = await invocation.auth()
  const { home } = auth
  checkDeletable(home, agentId)
  const hadDefault = defaultAgent(home.config())
  if (flags.force !== true) {
    if (!terminal.isInteractive()) {
      throw new AuthError(
        'usage',
        `Deleting agent ${agentId} needs --force where nobody can be asked; nothing was changed.`,
        { remedy: `openclaw agents delete ${agentId} --force` },
      )
    }
    if (!(await terminal.confirm(`Move agent ${agentId} to ${home.layout.trash}?`))) {
      throw new AuthError('interrupted', 'Nothing was changed.')
    }
  }
  const done = await deleteAgent(auth, agentId)
  const nowDefault = defaultAgent(home.config())
  terminal.note(
    `Its credentials lie in the trash and stay valid at their vendors: revoke them there if they must stop working.`,
  )
  if (hadDefault !== nowDefault) terminal.note(`The default agent is now ${nowDefault}.`)
  if (flags.json === true) return terminal.json(done)
  terminal.out(
    [
      `Updated ${home.configStore.where()}`,
      `Deleted agent: ${agentId}`,
      `Trash: ${done.trash}`,
      ...done.moved.map(({ from }) => `Moved: ${from}`),
      ...done.left.map(({ path, why }) => `Left: ${path} (${why})`),
      `Bindings removed: ${done.removedBindings}`,
    ].join('\n'),
  )
}
