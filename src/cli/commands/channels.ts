// `channels`: chat accounts the config names, and the credentials of an agent, in the shape that scripts of the reference read.
import type { Command } from 'commander'
import type { View } from '../../auth/auth.ts'
import { describeMatch } from '../../core/binding.ts'
import { unusable } from '../../core/health.ts'
import { type Candidate, defectOf, formatUntil } from '../../core/order.ts'
import { printable } from '../../core/profile.ts'
import { usageOf } from '../../core/status.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'
import { usageLines } from '../status-text.ts'

type ListFlags = CommonFlags & { usage?: boolean }

/** `list` and `status`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .command('list')
    .description('chat accounts, and the stored credentials of an agent; asks no network')
    .option('--no-usage', 'without what the vendors said last of usage')
    .option('--json', 'the same as JSON')
    .addHelpText('after', examples([['openclaw channels list --json --agent work', 'for scripts']]))
    .action((_flags: unknown, self: Command) => list(invocation(), self.optsWithGlobals<ListFlags>()))
  command
    .command('status')
    .description('chat accounts, and which agent answers in them')
    .option('--json', 'the same as JSON')
    .addHelpText('after', examples([['openclaw channels status', 'what the config says of chats']]))
    .action((_flags: unknown, self: Command) => status(invocation(), self.optsWithGlobals<CommonFlags>()))
  command.addHelpText('after', examples([['openclaw channels list', 'accounts and credentials']]))
}

/** Profiles that lie in the store, by id. */
function stored(view: View): Candidate[] {
  return [...view.facts().providers.values()]
    .flatMap(({ candidates }) => candidates)
    .filter(({ source }) => source.kind === 'profile')
    .sort((a, b) => (a.id < b.id ? -1 : 1))
}

async function list(invocation: Invocation, flags: ListFlags): Promise<void> {
  const { terminal, system } = invocation
  const { view } = await invocation.view(flags)
  const now = system.now()
  const kept = stored(view)
  const { channels } = view.facts().config
  const usage = flags.usage === false ? undefined : usageOf(view.facts(), now)
  if (flags.json === true) {
    terminal.json({
      chat: Object.fromEntries(channels),
      auth: kept.map(({ id, provider, kind }) => ({ id, provider, type: kind, isExternal: false })),
      ...(usage === undefined ? {} : { usage }),
    })
    return
  }
  const accounts = [...channels].flatMap(([name, ids]) => ids.map((id) => `- ${name} ${id}`))
  terminal.out(
    [
      'Chat channels:',
      ...(accounts.length === 0 ? ['- none'] : accounts),
      '',
      'Auth providers (OAuth + API keys):',
      ...(kept.length === 0
        ? ['- none']
        : kept.map((candidate) => `- ${candidate.id} (${candidate.kind})${troubleOf(candidate, now)}`)),
      ...(usage === undefined ? [] : ['', ...usageBlock(usageLines(usage, terminal.paint, now))]),
    ]
      .map((line) => printable(line, LONGEST_LINE))
      .join('\n'),
  )
}

const LONGEST_LINE = 1000

/** The words of the reference where nothing is known. */
function usageBlock(lines: readonly string[]): string[] {
  return lines.length === 0 ? ['Usage: no provider usage available.'] : ['Usage:', ...lines]
}

function troubleOf(candidate: Candidate, now: number): string {
  const defect = defectOf(candidate, now)
  if (defect !== undefined) return `: ${defect.rule}`
  const rest = unusable(candidate.health, now)
  return rest === undefined ? '' : `: ${rest.kind} (${rest.reason}) ends ${formatUntil(rest.until, now)}`
}

async function status(invocation: Invocation, flags: CommonFlags): Promise<void> {
  const { terminal } = invocation
  const { home } = await invocation.auth()
  const { channels, bindings } = home.config()
  const fallback = home.pickAgent(undefined)
  if (flags.json === true) {
    const rows = bindings.map(({ agentId, match }) => ({ agentId, match }))
    terminal.json({ running: false, chat: Object.fromEntries(channels), bindings: rows, defaultAgent: fallback })
    return
  }
  terminal.out(
    [
      'This program runs no chat channels itself; it answers programs through the gateway.',
      'Accounts in the config:',
      ...(channels.size === 0 ? ['- none'] : [...channels].map(([name, ids]) => `- ${name}: ${ids.join(', ')}`)),
      'Who answers:',
      ...bindings.map(({ agentId, match }) => `- ${describeMatch(match)} -> ${agentId}`),
      `- anything else -> ${fallback}`,
    ]
      .map((line) => printable(line, LONGEST_LINE))
      .join('\n'),
  )
}
