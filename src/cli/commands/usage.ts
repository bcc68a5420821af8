// `usage`: what calls took, by account, model, agent, session or day. Out of the ledgers alone.
import type { Command } from 'commander'
import { listAgents } from '../../auth/list-agents.ts'
import { AuthError } from '../../core/errors.ts'
import type { LedgerLine } from '../../core/ledger.ts'
import {
  GROUPINGS,
  type Grouping,
  type LedgerRow,
  type LedgerTotals,
  rowsBy,
  totalsOfLines,
} from '../../core/ledger-totals.ts'
import { printable } from '../../core/profile.ts'
import type { Home } from '../../store/home.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'
import { sinceOf } from '../since.ts'
import { momentText } from '../status-text.ts'
import { columns } from '../terminal.ts'
import { ledgerOf } from './models-last.ts'

type Flags = CommonFlags & { by?: string; since?: string; csv?: boolean }

const LONGEST_CELL = 200

/** Flags and help of `usage`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .option('--by <what>', 'profile, model, agent, session or day (default: profile)')
    .option(
      '--since <when>',
      'only what came later: 90m, 2h, 7d ago, a day in UTC (2031-05-06), or a moment (2031-05-06T08:00:00Z)',
    )
    .option('--json', 'rows and totals as JSON')
    .option('--csv', 'rows for a spreadsheet')
    .addHelpText(
      'after',
      examples([
        ['openclaw usage', 'of all agents, by account, over the 30 days that are kept'],
        ['openclaw usage --by day --since 7d', 'the last week, day by day'],
        ['openclaw usage --by model --agent work', 'of one agent'],
        ['openclaw usage --by session --csv', 'for a spreadsheet'],
      ]),
    )
    .action((_flags: unknown, self: Command) => usage(invocation(), self.optsWithGlobals<Flags>()))
}

async function usage(invocation: Invocation, flags: Flags): Promise<void> {
  const { terminal, system } = invocation
  if (flags.json === true && flags.csv === true) {
    throw new AuthError('usage', '--json and --csv cannot be combined.', { remedy: 'openclaw usage --json' })
  }
  const by = groupingOf(flags.by)
  const since = sinceOf(flags.since, system.now(), 'openclaw usage')
  const { agents, lines } = await linesOf(invocation, flags)
  const wanted = since === undefined ? lines : lines.filter(({ at }) => at >= since)
  const rows = rowsBy(wanted, by)
  const totals = totalsOfLines(wanted)
  if (flags.json === true) return terminal.json({ agents, by, since: since ?? null, rows, totals })
  if (flags.csv === true) return terminal.out(csv(by, rows))
  const head = [`Agents: ${agents.join(', ')}`]
  if (since !== undefined) head.push(`Since: ${momentText(since)}`)
  if (rows.length === 0) {
    head.push(
      lines.length === 0 ? 'No calls yet. They are noted as they end, and kept for 30 days.' : 'No calls since then.',
    )
    return terminal.out(head.join('\n'))
  }
  const hasCost = totals.cost !== null
  const title = [
    by === 'day' ? 'day (UTC)' : by,
    'calls',
    'asked',
    'served',
    'in',
    'out',
    'from cache',
    'to cache',
    ...(hasCost ? ['cost'] : []),
  ]
  const cells = (name: string, row: LedgerTotals): string[] => [
    printable(name, LONGEST_CELL),
    ...[row.calls, row.attempts, row.served, row.input, row.output, row.cacheRead, row.cacheWrite].map(String),
    ...(hasCost ? [row.cost === null ? '-' : `$${row.cost.toFixed(4)}`] : []),
  ]
  const table = columns([title, ...rows.map((row) => cells(row.name, row)), cells('in all', totals)])
  terminal.out([...head, ...table.map((line, at) => (at === 0 ? terminal.paint('bold', line) : line))].join('\n'))
}

/** @throws AuthError usage */
function groupingOf(text = 'profile'): Grouping {
  const found = GROUPINGS.find((one) => one === text)
  if (found !== undefined) return found
  throw new AuthError('usage', `--by "${printable(text, 40)}" is none of ${GROUPINGS.join(', ')}.`, {
    remedy: 'openclaw usage --by day',
  })
}

/** Of the agent that was named, else of all. */
async function linesOf(invocation: Invocation, flags: Flags): Promise<{ agents: string[]; lines: LedgerLine[] }> {
  const { home }: { home: Home } = await invocation.auth()
  const agents =
    flags.agent === undefined
      ? listAgents(home, { bindings: false }).map(({ id }) => id)
      : [(await invocation.agent(flags)).agentId]
  const ledgers = await Promise.all(agents.map((id) => ledgerOf(home.agent(id))))
  return { agents, lines: ledgers.flat() }
}

const FIELDS = ['calls', 'attempts', 'served', 'input', 'output', 'cacheRead', 'cacheWrite', 'cost'] as const

function csv(by: Grouping, rows: readonly LedgerRow[]): string {
  const lines = rows.map((row) => [quoted(row.name), ...FIELDS.map((field) => String(row[field] ?? ''))].join(','))
  return [[by, ...FIELDS].join(','), ...lines].join('\n')
}

/** A spreadsheet takes what begins so for a formula. */
const FORMULA = /^[=+\-@]/

function quoted(text: string): string {
  const shown = printable(text, LONGEST_CELL)
  return `"${(FORMULA.test(shown) ? `'${shown}` : shown).replaceAll('"', '""')}"`
}
