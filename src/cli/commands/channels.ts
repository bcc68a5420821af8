// `channels`: the chat accounts there are, whether they are heard, and the credentials of an agent, in the shape that scripts of the reference read.
import { type Command, InvalidArgumentError } from 'commander'
import type { View } from '../../auth/auth.ts'
import { describeMatch } from '../../core/binding.ts'
import { EXIT } from '../../core/errors.ts'
import { formatRemaining } from '../../core/expiry.ts'
import { unusable } from '../../core/health.ts'
import { type Candidate, defectOf, formatUntil } from '../../core/order.ts'
import { printable } from '../../core/profile.ts'
import { usageOf } from '../../core/status.ts'
import type { ShownAccount } from '../channel-report.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'
import { usageLines } from '../status-text.ts'
import { defineChanging } from './channels-change.ts'

type ListFlags = CommonFlags & { usage?: boolean }
type StatusFlags = CommonFlags & { probe?: boolean; timeout?: number }

/** `list`, `status`, and what changes them. */
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
    .description('chat accounts, whether each is heard, and which agent answers there; exit 1 when one has trouble')
    .option('--probe', 'also ask the vendor of each account whether it knows the token')
    .option('--timeout <ms>', 'how long a vendor may take, with --probe', milliseconds)
    .option('--json', 'the same as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw channels status', 'what the running gateway says'],
        ['openclaw channels status --probe', 'what Telegram says'],
      ]),
    )
    .action((_flags: unknown, self: Command) => status(invocation(), self.optsWithGlobals<StatusFlags>()))
  defineChanging(command, invocation)
  command.addHelpText('after', examples([['openclaw channels list', 'accounts and credentials']]))
}

function milliseconds(text: string): number {
  const ms = Number(text)
  if (Number.isInteger(ms) && ms >= 1 && ms <= 120_000) return ms
  throw new InvalidArgumentError('A time is a whole number of milliseconds, 1 to 120000.')
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

async function status(invocation: Invocation, flags: StatusFlags): Promise<void> {
  const { terminal, system } = invocation
  const auth = await invocation.auth()
  const { home } = auth
  const { channels, bindings } = home.config()
  const fallback = home.pickAgent(undefined)
  const { channelReport } = await import('../channel-report.ts')
  const options = { probes: flags.probe === true, timeoutMs: flags.timeout ?? PROBE_MS }
  const { isRunning, accounts } = await channelReport(invocation, auth, options)
  if (accounts.some(({ trouble }) => trouble !== undefined)) invocation.exitWith(EXIT.failed)
  if (flags.json === true) {
    const rows = bindings.map(({ agentId, match }) => ({ agentId, match }))
    terminal.json({
      running: isRunning,
      chat: Object.fromEntries(channels),
      accounts: accounts.map((account) => scrubbed(account, system.log.scrub)),
      bindings: rows,
      defaultAgent: fallback,
    })
    return
  }
  const others = [...channels].filter(([name]) => name !== 'telegram')
  terminal.out(
    [
      `Gateway: ${isRunning ? 'running' : 'not running, so nobody is answered'}`,
      'Accounts:',
      ...accounts.flatMap((account) => accountLines(account, system.now())),
      ...others.map(
        ([name, ids]) => `- ${name}: ${ids.join(', ')} (only named in the config; this program does not run it)`,
      ),
      ...(channels.size === 0 ? ['- none; openclaw channels add telegram adds one'] : []),
      'Who answers:',
      ...bindings.map(({ agentId, match }) => `- ${describeMatch(match)} -> ${agentId}`),
      `- anything else -> ${fallback}`,
    ]
      .map((line) => printable(system.log.scrub(line), LONGEST_LINE))
      .join('\n'),
  )
}

const PROBE_MS = 10_000

function scrubbed(account: ShownAccount, scrub: (text: string) => string): ShownAccount {
  const { trouble } = account
  return trouble === undefined ? account : { ...account, trouble: { ...trouble, message: scrub(trouble.message) } }
}

const STATES: Readonly<Record<ShownAccount['state'], string>> = {
  starting: 'starting',
  running: 'listening',
  degraded: 'not listening',
  stopped: 'stopping',
  off: 'switched off in the config',
  idle: 'waits for the gateway',
}

function accountLines(account: ShownAccount, now: number): string[] {
  const { channel, accountId, state, bot, trouble, probe, asking, letIn, lastMessageAt, webhook, waiting = 0 } = account
  const { moved = [] } = account
  const last =
    lastMessageAt === undefined ? '' : `, last message ${formatRemaining(Math.max(1, now - lastMessageAt))} ago`
  const queue = waiting === 0 ? '' : `, ${waiting} waiting`
  const probed = probe?.state === 'known' ? `, Telegram answered in ${probe.ms} ms` : ''
  return [
    `- ${channel} ${accountId}${bot === undefined ? '' : ` (${bot})`}: ${STATES[state]}${queue}${last}${probed}`,
    `    private: ${account.dmPolicy}, ${letIn} let in by code, ${asking} asking; groups: ${account.groupPolicy}`,
    `    token: ${account.token}`,
    ...(webhook === undefined
      ? []
      : [
          `    a webhook to ${webhook.host} was set for this bot; it was taken away ${formatRemaining(Math.max(1, now - webhook.at))} ago, and what listens there hears nothing more`,
        ]),
    ...moved.flatMap(({ from, to, commands }) => [
      `    the group ${from} became a supergroup and is ${to} from then on; openclaw.json still has the old id`,
      ...commands.map((command) => `    Run: ${command}`),
    ]),
    ...(trouble === undefined ? [] : [`    ${trouble.message}`, `    Run: ${trouble.remedy}`]),
  ]
}
