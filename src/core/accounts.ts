// The report behind the page's list of accounts: every credential of an agent in the order of its use, what it is in, and why. Pure; the same facts
// and the same decision as a call, a status and an explanation.
import { type Billing, billingOf } from './billing.ts'
import { defectReason } from './defect-reason.ts'
import { unusable } from './health.ts'
import type { Candidate } from './order.ts'
import { expiryOfCandidate, flawOf, type ProviderFacts, placeOf, type Source, sourceLabel } from './order.ts'
import { isPaused } from './pause.ts'
import { explain, type PickQuery, pick, type TraceLine } from './pick.ts'
import { type AgentFacts, restingModels } from './status.ts'
import { accountUsage, type WindowReport } from './usage-report.ts'

/**
 * What an account is in. `why` is a code that every face has words for: a class of failure, the rule of a trace, or a defect; `detail` is the
 * sentence of the trace. Moments in ms epoch.
 */
export type AccountState =
  | { kind: 'ready'; endsAt?: number }
  | { kind: 'resting'; why: string; until: number; since?: number; model?: string; trying?: true }
  /** Well, and yet not taken at this moment, such as one with no place left. */
  | { kind: 'held'; why: string; detail: string; until?: number }
  | { kind: 'needs_you'; why: string; detail: string; until?: number; since?: number }
  | { kind: 'off'; why: string; detail: string; until?: number; of?: string }

export type AccountRow = {
  id: string
  provider: string
  kind: Candidate['kind']
  /** The secret masked, with its kind and owner. */
  label: string
  source: Source['kind']
  /** Where it comes from, for people: `env: ANTHROPIC_API_KEY`. */
  from: string
  billing: Billing
  state: AccountState
  /** The next call of this agent takes it. */
  isNext: boolean
  /** The first usable one of its provider. */
  isFirst: boolean
  expiresAt?: number
  renewable?: true
  lastUsedAt?: number
  lastFailureAt?: number
  /** How the choice judged it. */
  trace: Pick<TraceLine, 'verdict' | 'rule' | 'reason' | 'until'>
  /** Models that rest within it, while it serves others. */
  resting: readonly { model: string; why: string; until: number }[]
  windows: readonly WindowReport[]
  /** When the vendor said so, ms epoch. */
  saidAt?: number
}

export type AccountGroup = {
  provider: string
  /** An order that somebody wrote down; null: turns, kinds and sources decide. */
  order: { from: 'agent' | 'config'; ids: readonly string[] } | null
  /** Whoever has most left of its limits goes first. */
  byHeadroom: boolean
  rows: readonly AccountRow[]
}

/** How many there are in each state; those held back count as ready. */
export type AccountCounts = { ready: number; resting: number; needsYou: number; off: number }

/** The answer of `accounts.report`, and the event `accounts` when it has changed. */
export type AccountsReport = {
  agentId: string
  agents: readonly string[]
  /** The one that commands mean without a name. */
  defaultAgent: string
  /** Whose credentials these are, when they are another agent's. */
  owner?: string
  /** The gateway's clock, ms epoch. */
  at: number
  /** `provider/model` the next call is for. */
  model: string
  /** What it takes; null when nothing can be taken. */
  next: string | null
  nextSource?: string
  /** The model asked in its place, when nobody can serve it. */
  insteadBy?: { model: string; next: string }
  early: boolean
  /** A call would be held until somebody is back, instead of being refused. */
  waits: boolean
  /** When the first one is back that rests or waits for its time, ms epoch; of all providers. */
  soonest?: { id: string; at: number }
  storePath: string
  counts: AccountCounts
  groups: readonly AccountGroup[]
  /** Providers that configured models need, and for which there is nothing. */
  missing: readonly string[]
}

/**
 * The groups and what they come to.
 * @param facts of the agent, as of now
 * @param asked.next what the next call takes
 * @param now ms epoch
 */
export function accountGroups(
  facts: AgentFacts,
  asked: { provider: string; model: string; next: string | null },
  now: number,
): Pick<AccountsReport, 'groups' | 'counts' | 'soonest'> {
  const groups = [...facts.providers.values()]
    .filter(({ candidates }) => candidates.length > 0)
    .sort((a, b) => rank(a, asked.provider) - rank(b, asked.provider) || (a.provider < b.provider ? -1 : 1))
    .map((provider) => groupOf(facts, provider, asked, now))
  const rows = groups.flatMap((group) => group.rows)
  const counts: AccountCounts = { ready: 0, resting: 0, needsYou: 0, off: 0 }
  for (const { state } of rows) counts[COUNTED[state.kind]]++
  const soonest = rows
    .flatMap(({ id, state }) => (state.kind === 'resting' ? [{ id, at: state.until }] : []))
    .sort((a, b) => a.at - b.at)[0]
  return { groups, counts, ...(soonest === undefined ? {} : { soonest }) }
}

const COUNTED: Readonly<Record<AccountState['kind'], keyof AccountCounts>> = {
  ready: 'ready',
  held: 'ready',
  resting: 'resting',
  needs_you: 'needsYou',
  off: 'off',
}

/** The provider that the next call goes to stands first. */
function rank({ provider }: ProviderFacts, first: string): number {
  return provider === first ? 0 : 1
}

function groupOf(
  facts: AgentFacts,
  provider: ProviderFacts,
  asked: { provider: string; model: string; next: string | null },
  now: number,
): AccountGroup {
  const query: PickQuery = { now, ...(asked.provider === provider.provider ? { model: asked.model } : {}) }
  const chosen = pick(provider, query)
  const trace = explain(provider, query, chosen)
  const byId = new Map(provider.candidates.map((candidate) => [candidate.id, candidate]))
  const rows = trace.flatMap((line): AccountRow[] => {
    const candidate = byId.get(line.id)
    if (candidate === undefined) return []
    const isFirst = chosen.candidate === candidate
    const isNext = isFirst && asked.provider === provider.provider && asked.next === line.id
    return [rowOf(facts, provider, candidate, { line, isFirst, isNext, query })]
  })
  const { order } = provider
  return {
    provider: provider.provider,
    order: order === undefined ? null : { from: order.from, ids: order.ids },
    byHeadroom: provider.headroomOf !== undefined,
    rows: order === undefined ? rows : inOrder(rows, order.ids),
  }
}

/** As somebody wrote it down, whatever rests; what the order leaves out stands last, as the choice has it. */
function inOrder(rows: readonly AccountRow[], ids: readonly string[]): AccountRow[] {
  const placeOfRow = ({ id }: AccountRow): number => (ids.includes(id) ? ids.indexOf(id) : ids.length)
  return [...rows].sort((a, b) => placeOfRow(a) - placeOfRow(b))
}

type Standing = { line: TraceLine; isFirst: boolean; isNext: boolean; query: PickQuery }

function rowOf(facts: AgentFacts, provider: ProviderFacts, candidate: Candidate, standing: Standing): AccountRow {
  const { line, isFirst, isNext, query } = standing
  const { id, kind, label, source, health, expiresAt, renewable } = candidate
  const usage = accountUsage(candidate, facts.usageOf(candidate), query.now)
  const { verdict, rule, reason, until } = line
  return {
    id,
    provider: provider.provider,
    kind,
    label,
    source: source.kind,
    from: sourceLabel(source),
    billing: billingOf(provider, candidate),
    state: stateOf(provider, candidate, line, query),
    isNext,
    isFirst,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(renewable === true ? { renewable } : {}),
    ...(health.lastUsedAt === undefined ? {} : { lastUsedAt: health.lastUsedAt }),
    ...(health.lastFailureAt === undefined ? {} : { lastFailureAt: health.lastFailureAt }),
    trace: { verdict, rule, reason, ...(until === undefined ? {} : { until }) },
    resting: restingModels([candidate], query.now).map((rest) => ({
      model: rest.model,
      why: rest.reason,
      until: rest.until,
    })),
    windows: usage?.windows ?? [],
    ...(usage === undefined ? {} : { saidAt: usage.updatedAt }),
  }
}

/**
 * The worst that holds of it is said: what a person has to do before what a clock ends.
 * @param line of the candidate, as the choice for this query explains it
 */
export function stateOf(
  provider: ProviderFacts,
  candidate: Candidate,
  line: TraceLine,
  query: PickQuery,
): AccountState {
  const { now, model } = query
  const { health, paused, behind } = candidate
  const { reason: detail } = line
  if (isPaused(paused, now)) {
    return { kind: 'off', why: 'paused', detail, ...(paused.until === undefined ? {} : { until: paused.until }) }
  }
  const flaw = flawOf(candidate, now)
  if (flaw !== undefined) return { kind: 'needs_you', why: flaw.rule, detail: defectReason(flaw, now) }
  if (behind !== undefined) return { kind: 'off', why: behind.rule, detail, of: behind.of }
  if (placeOf(provider, candidate, now) < 0) return { kind: 'off', why: 'not_in_order', detail }
  const rest = unusable(health, now, model)
  if (rest !== undefined) {
    const part = rest.model === undefined ? health : (health.models?.[rest.model] ?? health)
    const since = part.lastFailureAt === undefined ? {} : { since: part.lastFailureAt }
    if (rest.kind === 'disabled') {
      return { kind: 'needs_you', why: rest.reason, detail: line.reason, until: rest.until, ...since }
    }
    return {
      kind: 'resting',
      why: rest.reason,
      until: rest.until,
      ...since,
      ...(rest.model === undefined ? {} : { model: rest.model }),
      ...(line.rule === 'probe' ? { trying: true as const } : {}),
    }
  }
  if (line.verdict === 'passed_over') {
    const until = line.until === undefined ? {} : { until: line.until }
    return SHUT.has(line.rule)
      ? { kind: 'off', why: line.rule, detail, ...until }
      : { kind: 'held', why: line.rule, detail, ...until }
  }
  const isEnding = candidate.renewable !== true && expiryOfCandidate(candidate, now) === 'expiring'
  return { kind: 'ready', ...(isEnding && candidate.expiresAt !== undefined ? { endsAt: candidate.expiresAt } : {}) }
}

/** Rules by which nobody serves until a person changes something, or a day ends. */
const SHUT: ReadonlySet<TraceLine['rule']> = new Set(['metered', 'cap_reached', 'no_price', 'owner_only'])
