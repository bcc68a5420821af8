// What many lines of the ledger come to, by account, model, agent, session or day.
import type { LedgerLine } from './ledger.ts'

export const GROUPINGS = ['profile', 'model', 'agent', 'session', 'day'] as const
export type Grouping = (typeof GROUPINGS)[number]

export type LedgerTotals = {
  /** Calls that had a part in it. */
  calls: number
  /** Accounts that were asked for them. */
  attempts: number
  served: number
  /** Tokens, as vendors told them: of prompts, neither read from a cache nor written to one; of answers; read; written. */
  input: number
  output: number
  cacheRead: number
  cacheWrite: number
  /** US dollars; null where no price is known. */
  cost: number | null
}

/** The totals of all that share a name: `provider:name`, `provider/model`, an agent, a session, or a day in UTC. */
export type LedgerRow = LedgerTotals & { name: string }

/** @param lines of any agents; those by which nobody was asked are counted nowhere */
export function totalsOfLines(lines: readonly LedgerLine[]): LedgerTotals {
  const totals: LedgerTotals = {
    calls: 0,
    attempts: 0,
    served: 0,
    input: 0,
    output: 0,
    cacheRead: 0,
    cacheWrite: 0,
    cost: null,
  }
  const calls = new Set<string>()
  for (const { call, profile, outcome, tokens, cost } of lines) {
    if (profile === undefined) continue
    calls.add(call)
    totals.attempts++
    if (outcome === 'served') totals.served++
    totals.input += tokens?.input ?? 0
    totals.output += tokens?.output ?? 0
    totals.cacheRead += tokens?.cacheRead ?? 0
    totals.cacheWrite += tokens?.cacheWrite ?? 0
    if (cost !== undefined) totals.cost = (totals.cost ?? 0) + cost
  }
  totals.calls = calls.size
  return totals
}

/** Days as they came; of anything else first what took most tokens. */
export function rowsBy(lines: readonly LedgerLine[], by: Grouping): LedgerRow[] {
  const groups = new Map<string, LedgerLine[]>()
  for (const line of lines) {
    if (line.profile === undefined) continue
    const name = nameIn(line, by)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [line])
    else group.push(line)
  }
  const rows = [...groups].map(([name, own]) => ({ name, ...totalsOfLines(own) }))
  const byName = (a: LedgerRow, b: LedgerRow): number => (a.name < b.name ? -1 : 1)
  return rows.sort(by === 'day' ? byName : (a, b) => tokensOf(b) - tokensOf(a) || byName(a, b))
}

function nameIn(line: LedgerLine, by: Grouping): string {
  switch (by) {
    case 'profile':
      return line.profile ?? ''
    case 'day':
      return new Date(line.at).toISOString().slice(0, 10)
    // Two agents may have sessions of clients with the same sign.
    case 'session':
      return line.session === ''
        ? `${line.agent} -`
        : line.face === 'api'
          ? `${line.agent} ${line.session}`
          : line.session
    default:
      return line[by]
  }
}

function tokensOf({ input, output, cacheRead, cacheWrite }: LedgerTotals): number {
  return input + output + cacheRead + cacheWrite
}
