// `agents`: which there are, and a new one.
import type { Command } from 'commander'
import { type AddedAgent, addAgent } from '../../auth/add-agent.ts'
import { type AgentSummary, listAgents } from '../../auth/list-agents.ts'
import { agentIdFrom } from '../../core/agent-id.ts'
import { modelsOf } from '../../core/config.ts'
import { AuthError } from '../../core/errors.ts'
import { printable } from '../../core/profile.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'
import { defineChanging, repeated } from './agents-change.ts'

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
  defineChanging(command, invocation)
  command.addHelpText(
    'after',
    examples([
      ['openclaw agents list', 'which there are'],
      ['openclaw agents add work', 'one with credentials of its own'],
      ['openclaw models auth paste-api-key --provider anthropic --agent work', 'its key'],
    ]),
  )
}

type ListFlags = CommonFlags & { bindings?: boolean }

async function list(invocation: Invocation, flags: ListFlags): Promise<void> {
  const { home } = await invocation.auth()
  const agents = listAgents(home, { bindings: flags.bindings === true })
  if (flags.json === true) return invocation.terminal.json(agents)
  invocation.terminal.out(
    ['Agents:', ...agents.flatMap(summaryLines).map((line) => printable(line, LONGEST_LINE))].join('\n'),
  )
}

const LONGEST_LINE = 1000

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

function tell(invocation: Invocation, added: AddedAgent, json: boolean): void {
  const { terminal } = invocation
  const { agentId, name, bindings, next, where, hasProfiles, sessionsDir: _, ...rest } = added
  // Made all the same, but not with all that was asked for: as `agents bind` ends.
  if (bindings.conflicts.length > 0) invocation.exitWith(1)
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
      `Or be asked for one: openclaw onboard --agent ${agentId}`,
    ].join('\n'),
  )
}
