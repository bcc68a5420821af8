// What happened lately, made from lines of the ledger as they come: calls with their attempts, and sums by minute. Pure; time comes with the lines.
import { DAY_MS, MINUTE_MS } from './expiry.ts'
import type { AttemptOutcome, LedgerLine } from './ledger.ts'
import type { ChatUsage } from './protocol.ts'

/** One account, or nobody, that was asked for a call. */
export type ActivityAttempt = {
  attempt: number
  profile?: string
  model: string
  outcome: AttemptOutcome
  /** A class of failure. */
  why?: string
  status?: number
  firstByteMs?: number
  ms: number
}

/** One call, whole so far; named by its `call`. Moments in ms epoch. */
export type ActivityCall = {
  call: string
  at: number
  face: string
  session: string
  /** The one that was asked for. */
  model: string
  outcome: AttemptOutcome
  ms: number
  attempts: readonly ActivityAttempt[]
  tokens?: ChatUsage
  /** US dollars; absent: no price is known, or nothing was billed. */
  cost?: number
}

/** Where a call stands in the list: of one millisecond there may be several. */
export type CallPlace = Pick<ActivityCall, 'at' | 'call'>

/** Newest first; each call has a place of its own. */
export function compareCalls(a: CallPlace, b: CallPlace): number {
  return b.at - a.at || (a.call < b.call ? 1 : a.call > b.call ? -1 : 0)
}

/** An account changed its state while somebody looked. */
export type ActivityNote = { at: number; id: string; kind: string; why?: string; until?: number }

/** A renewal of a login. */
export type ActivityRenewal = { at: number; id: string; outcome: string }

export type ActivitySums = {
  calls: number
  /** Calls that were not served to their end, but for those whose client went away. */
  failed: number
  /** Attempts after which another account or model was asked. */
  steppedOver: number
  /** Tokens of prompts that no cache gave, of answers, and of prompts out of a cache. */
  input: number
  output: number
  cached: number
  /** US dollars; null where nothing has a known price. */
  cost: number | null
  /** Attempts with tokens that the cost leaves out: paid by subscription, or no price is known. */
  uncosted: number
}

/** What an account did in a span: nothing, served, or was refused at least once. */
export type ActivityCell = 'idle' | 'served' | 'refused'

export type ActivityChart = {
  /** When the first span begins, and how long each is. */
  from: number
  stepMs: number
  /** Before this moment nothing is known here. */
  since: number
  bars: readonly ActivitySums[]
  total: ActivitySums
  accounts: readonly { id: string; cells: readonly ActivityCell[] }[]
}

/** The answer of `activity.follow`; the event `activity` brings calls and notes that are new or have gone on, and the hour anew. */
export type ActivityReport = {
  agentId: string
  at: number
  /** Newest first. */
  calls: readonly ActivityCall[]
  notes: readonly ActivityNote[]
  hour: ActivityChart
}

type Minute = ActivitySums & { by: Map<string, ActivityCell> }

/** What is kept in memory of an agent's calls: the newest of them whole, and a day of minutes. */
export type Activity = {
  since: number
  calls: Map<string, ActivityCall>
  minutes: Map<number, Minute>
}

const MOST_CALLS = 1000
const KEPT_MINUTES = DAY_MS / MINUTE_MS

const none = (): ActivitySums => ({
  calls: 0,
  failed: 0,
  steppedOver: 0,
  input: 0,
  output: 0,
  cached: 0,
  cost: null,
  uncosted: 0,
})

/** @param since from when on all lines are added, ms epoch */
export function emptyActivity(since: number): Activity {
  return { since, calls: new Map(), minutes: new Map() }
}

/** Counts a line of an older call, which is not kept itself. */
export function addOldLine(activity: Activity, line: LedgerLine): void {
  count(activity, line)
}

/** Takes in a line. @returns its call, as it stands now */
export function addLine(activity: Activity, line: LedgerLine): ActivityCall {
  const call = withLine(activity.calls.get(line.call), line)
  activity.calls.delete(line.call)
  activity.calls.set(line.call, call)
  for (const oldest of activity.calls.keys()) {
    if (activity.calls.size <= MOST_CALLS) break
    activity.calls.delete(oldest)
  }
  count(activity, line)
  return call
}

function withLine(before: ActivityCall | undefined, line: LedgerLine): ActivityCall {
  const attempt: ActivityAttempt = {
    attempt: line.attempt,
    ...(line.profile === undefined ? {} : { profile: line.profile }),
    model: line.model,
    outcome: line.outcome,
    ...(line.class === undefined ? {} : { why: line.class }),
    ...(line.status === undefined ? {} : { status: line.status }),
    ...(line.firstByteMs === undefined ? {} : { firstByteMs: line.firstByteMs }),
    ms: line.ms,
  }
  const others = (before?.attempts ?? []).filter((one) => one.attempt !== line.attempt)
  const attempts = [...others, attempt].sort((a, b) => a.attempt - b.attempt)
  const at = Math.min(before?.at ?? line.at, line.at)
  const tokens = line.tokens ?? before?.tokens
  const cost = line.cost === undefined ? before?.cost : line.cost + (before?.cost ?? 0)
  return {
    call: line.call,
    at,
    face: line.face,
    session: line.session,
    model: line.insteadOf ?? before?.model ?? line.model,
    outcome: attempts.at(-1)?.outcome ?? line.outcome,
    ms: Math.max(before === undefined ? 0 : before.at + before.ms, line.at + line.ms) - at,
    attempts,
    ...(tokens === undefined ? {} : { tokens }),
    ...(cost === undefined ? {} : { cost }),
  }
}

function count({ minutes }: Activity, line: LedgerLine): void {
  const key = Math.floor(line.at / MINUTE_MS)
  const minute = minutes.get(key) ?? { ...none(), by: new Map() }
  minutes.set(key, minute)
  if (line.attempt === 1) minute.calls++
  if (line.outcome === 'refused' || line.outcome === 'broken') minute.failed++
  if (line.outcome === 'stepped_over') minute.steppedOver++
  minute.input += (line.tokens?.input ?? 0) + (line.tokens?.cacheWrite ?? 0)
  minute.output += line.tokens?.output ?? 0
  minute.cached += line.tokens?.cacheRead ?? 0
  if (line.cost !== undefined) minute.cost = (minute.cost ?? 0) + line.cost
  else if (line.tokens !== undefined) minute.uncosted++
  if (line.profile !== undefined) {
    const cell = worse(minute.by.get(line.profile) ?? 'idle', line.class === undefined ? 'served' : 'refused')
    minute.by.set(line.profile, cell)
  }
  if (minutes.size <= KEPT_MINUTES + 60) return
  for (const old of [...minutes.keys()].filter((other) => other <= key - KEPT_MINUTES)) minutes.delete(old)
}

const BAD: readonly ActivityCell[] = ['idle', 'served', 'refused']
const worse = (a: ActivityCell, b: ActivityCell): ActivityCell => (BAD.indexOf(b) > BAD.indexOf(a) ? b : a)

/**
 * Sums by spans of whole minutes, the last of which holds this moment.
 * @param now ms epoch
 * @param stepMs of each, a multiple of a minute
 * @param bars how many
 */
export function chartOf(
  activity: Activity,
  now: number,
  { stepMs, bars }: { stepMs: number; bars: number },
): ActivityChart {
  const from = (Math.floor(now / stepMs) - bars + 1) * stepMs
  const spans = Array.from({ length: bars }, none)
  const total = none()
  const accounts = new Map<string, ActivityCell[]>()
  for (const [key, minute] of activity.minutes) {
    const at = Math.floor((key * MINUTE_MS - from) / stepMs)
    const span = spans[at]
    if (span === undefined) continue
    for (const sums of [span, total]) add(sums, minute)
    for (const [id, cell] of minute.by) {
      const cells = accounts.get(id) ?? Array.from({ length: bars }, (): ActivityCell => 'idle')
      cells[at] = worse(cells[at] ?? 'idle', cell)
      accounts.set(id, cells)
    }
  }
  return {
    from,
    stepMs,
    since: activity.since,
    bars: spans,
    total,
    accounts: [...accounts].map(([id, cells]) => ({ id, cells })).sort((a, b) => (a.id < b.id ? -1 : 1)),
  }
}

function add(sums: ActivitySums, other: ActivitySums): void {
  sums.calls += other.calls
  sums.failed += other.failed
  sums.steppedOver += other.steppedOver
  sums.input += other.input
  sums.output += other.output
  sums.cached += other.cached
  sums.uncosted += other.uncosted
  if (other.cost !== null) sums.cost = (sums.cost ?? 0) + other.cost
}
