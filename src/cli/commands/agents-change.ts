// What is changed in an agent that is there: `agents delete`, `set-identity`, `set-default`, `set-workspace`, `bind` and `unbind`.
import type { Command } from 'commander'
import { bindAgent, readBinds } from '../../auth/bind-agent.ts'
import { checkDeletable, deleteAgent, planDeletion } from '../../auth/delete-agent.ts'
import { listAgents } from '../../auth/list-agents.ts'
import { setDefaultAgent } from '../../auth/set-default-agent.ts'
import { type IdentityParts, setIdentity } from '../../auth/set-identity.ts'
import { setWorkspace } from '../../auth/set-workspace.ts'
import { unbindAgent } from '../../auth/unbind-agent.ts'
import { defaultAgent } from '../../core/config.ts'
import { AuthError } from '../../core/errors.ts'
import { noteTexts } from '../../core/note.ts'
import { printable } from '../../core/profile.ts'
import type { Home } from '../../store/home.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'

/** `delete`, `set-identity`, `set-default`, `set-workspace`, `bind` and `unbind`. */
export function defineChanging(command: Command, invocation: () => Invocation): void {
  command
    .command('delete')
    .description('move an agent to the trash of the state directory, with its workspace, sessions and credentials')
    .argument('<id>', 'as `agents list` shows it')
    .option('--force', 'do not ask; a workspace outside the state directory stays then')
    .option('--json', 'what was done, as JSON')
    .addHelpText('after', examples([['openclaw agents delete work --force', 'in a script']]))
    .action((id: string, _flags: unknown, self: Command) =>
      remove(invocation(), id, self.optsWithGlobals<RemoveFlags>()),
    )
  command
    .command('set-identity')
    .description('how an agent presents itself')
    .option('--workspace <dir>', 'the agent that works there, when none is named')
    .option('--identity-file <path>', 'read what is not given from this file')
    .option('--from-identity', 'read it from IDENTITY.md in the workspace')
    .option('--name <name>', 'what it is called')
    .option('--theme <text>', 'its manner')
    .option('--emoji <emoji>', 'its sign')
    .option('--avatar <path>', 'its picture: a path in the workspace, or a URL')
    .option('--json', 'what was done, as JSON')
    .addHelpText('after', examples([['openclaw agents set-identity --agent work --name Ada --emoji 🦉', 'in chats']]))
    .action((_flags: unknown, self: Command) => identify(invocation(), self.optsWithGlobals<IdentityFlags>()))
  command
    .command('set-default')
    .description('make an agent the one that is meant when none is named')
    .argument('<id>', 'as `agents list` shows it')
    .option('--json', 'what was done, as JSON')
    .addHelpText('after', examples([['openclaw agents set-default work', 'commands without --agent mean it']]))
    .action((id: string, _flags: unknown, self: Command) =>
      makeDefault(invocation(), id, self.optsWithGlobals<CommonFlags>()),
    )
  command
    .command('set-workspace')
    .description('where an agent works; what lies in the folder before stays there')
    .argument('[dir]', 'made when it is missing')
    .option('--reset', 'the usual folder again')
    .option('--json', 'what was done, as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw agents set-workspace --agent work ~/work', 'a folder of your own'],
        ['openclaw agents set-workspace --agent work --reset', 'the usual one'],
      ]),
    )
    .action((dir: string | undefined, _flags: unknown, self: Command) =>
      place(invocation(), dir, self.optsWithGlobals<PlaceFlags>()),
    )
  command
    .command('bind')
    .description('let an agent answer a chat')
    .option('--bind <channel[:account]>', 'which; may be repeated', repeated)
    .option('--peer <kind:id>', 'only one chat there: direct:ID, group:ID or channel:ID')
    .option('--json', 'what was done, as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw agents bind --agent work --bind telegram:work', 'one account of a channel; * is any'],
        ['openclaw agents bind --agent work --bind telegram --peer group:-100123', 'one group'],
      ]),
    )
    .action((_flags: unknown, self: Command) => bind(invocation(), self.optsWithGlobals<BindFlags>()))
  command
    .command('unbind')
    .description('let an agent answer a chat no longer')
    .option('--bind <channel[:account]>', 'which; may be repeated', repeated)
    .option('--peer <kind:id>', 'only one chat there, as it was bound')
    .option('--all', 'every chat it answers')
    .option('--json', 'what was done, as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw agents unbind --agent work --bind telegram:work', 'one account of a channel'],
        ['openclaw agents unbind --agent work --all', 'all of them'],
      ]),
    )
    .action((_flags: unknown, self: Command) => unbind(invocation(), self.optsWithGlobals<BindFlags>()))
}

/** A flag that may stand more than once. */
export function repeated(text: string, before: string[] = []): string[] {
  return [...before, text]
}

type BindFlags = CommonFlags & { bind?: string[]; peer?: string; all?: boolean }

async function bind(invocation: Invocation, flags: BindFlags): Promise<void> {
  const { terminal } = invocation
  if (flags.bind === undefined) {
    throw new AuthError('usage', 'Which chat? --bind channel or --bind channel:account. Nothing was changed.', {
      remedy: 'openclaw agents bind --help',
    })
  }
  const { auth, agentId } = await invocation.agent(flags)
  const bound = await bindAgent(auth, { agentId, matches: readBinds(flags.bind, flags.peer) })
  if (bound.conflicts.length > 0) invocation.exitWith(1)
  if (flags.json === true) return terminal.json({ agentId, ...bound })
  const lines = [
    ...bound.added.map((line) => `Bound: ${line}`),
    ...bound.skipped.map((line) => `Bound already: ${line}`),
  ]
  for (const line of bound.conflicts) terminal.note(`Not bound, as another agent has it: ${line}`)
  terminal.out([`Agent: ${agentId}`, ...lines].join('\n'))
}

async function unbind(invocation: Invocation, flags: BindFlags): Promise<void> {
  const { terminal } = invocation
  const isPeerAlone = flags.bind === undefined && flags.peer !== undefined
  if ((flags.bind === undefined) === (flags.all !== true) || isPeerAlone) {
    throw new AuthError('usage', 'Which chat? --bind channel, --bind channel:account, or --all. Nothing was changed.', {
      remedy: 'openclaw agents unbind --help',
    })
  }
  const { auth, agentId } = await invocation.agent(flags)
  const matches = flags.bind === undefined ? ('all' as const) : readBinds(flags.bind, flags.peer)
  const unbound = await unbindAgent(auth, { agentId, matches })
  if (unbound.conflicts.length > 0) invocation.exitWith(1)
  if (flags.json === true) return terminal.json({ agentId, ...unbound })
  for (const line of unbound.conflicts) terminal.note(`Left bound, as another agent has it: ${line}`)
  const lines = [
    ...unbound.removed.map((line) => `Unbound: ${line}`),
    ...unbound.missing.map((line) => `Not bound: ${line}`),
  ]
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
    const { parts, left } = planDeletion(home, agentId, { isShown: true })
    for (const { from } of parts) terminal.note(`  ${from}`)
    for (const { path, why } of left) terminal.note(`  stays: ${path} (${why})`)
    if (!(await terminal.confirm(`Move agent ${agentId} to ${home.layout.trash}?`))) {
      throw new AuthError('interrupted', 'Nothing was changed.')
    }
  }
  const done = await deleteAgent(auth, agentId, { isShown: flags.force !== true })
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

type IdentityFlags = CommonFlags & IdentityParts & { workspace?: string; identityFile?: string; fromIdentity?: boolean }

async function identify(invocation: Invocation, flags: IdentityFlags): Promise<void> {
  const { terminal } = invocation
  const auth = await invocation.auth()
  const agentId = flags.agent ?? agentAt(auth.home, flags.workspace)
  const parts = Object.fromEntries(
    (['name', 'theme', 'emoji', 'avatar'] as const).flatMap((field) => {
      const value = flags[field]?.trim()
      return value === undefined || value === '' ? [] : [[field, value]]
    }),
  )
  const file = flags.identityFile ?? (flags.fromIdentity === true ? (true as const) : undefined)
  const done = await setIdentity(auth, { agentId, parts, ...(file === undefined ? {} : { file }) })
  if (flags.json === true) return terminal.json({ agentId, identity: done.identity })
  const lines = Object.entries(done.identity).map(([field, value]) => `${field}: ${printable(value ?? '', 1000)}`)
  terminal.out([`Updated ${done.where}`, `Agent: ${agentId}`, ...lines].join('\n'))
}

async function makeDefault(invocation: Invocation, agentId: string, flags: CommonFlags): Promise<void> {
  const { terminal } = invocation
  const { where, notes } = await setDefaultAgent(await invocation.auth(), { agentId })
  for (const { text } of notes) terminal.note(text)
  if (flags.json === true) return terminal.json({ defaultAgent: agentId, notes: noteTexts(notes) })
  terminal.out(`Updated ${where}\nDefault agent: ${agentId}`)
}

type PlaceFlags = CommonFlags & { reset?: boolean }

async function place(invocation: Invocation, dir: string | undefined, flags: PlaceFlags): Promise<void> {
  const { terminal } = invocation
  if ((dir === undefined) === (flags.reset !== true)) {
    throw new AuthError('usage', 'Which folder? A path, or --reset for the usual one. Nothing was changed.', {
      remedy: 'openclaw agents set-workspace --help',
    })
  }
  const { auth, agentId } = await invocation.agent(flags)
  // What begins with ~ is written so; anything else is meant from here.
  const path = dir === undefined || dir.startsWith('~') ? dir : auth.home.layout.expand(dir)
  const { where, workspace, notes } = await setWorkspace(auth, { agentId, ...(path === undefined ? {} : { path }) })
  for (const { text } of notes) terminal.note(text)
  if (flags.json === true) return terminal.json({ agentId, workspace, notes: noteTexts(notes) })
  terminal.out(`Updated ${where}\nAgent: ${agentId}\nWorkspace: ${workspace}`)
}

/** The one agent that works in the folder; without a folder, the default one. */
function agentAt(home: Home, workspace: string | undefined): string {
  if (workspace === undefined) return home.pickAgent(undefined)
  const path = home.layout.expand(workspace)
  const [found, another] = listAgents(home, { bindings: false }).filter((agent) => agent.workspace === path)
  if (found !== undefined && another === undefined) return found.id
  const why = found === undefined ? 'No agent works' : 'More than one agent works'
  throw new AuthError('usage', `${why} in ${path}; --agent names one. Nothing was changed.`, {
    remedy: 'openclaw agents list',
  })
}
