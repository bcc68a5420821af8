// Pages that look at the accounts of an agent are told when something has changed: looked for once a second while somebody watches, at what a change
// would leave behind, and not at all while nobody does.
import { accountsReport } from '../chat/accounts.ts'
import type { AccountRow, AccountsReport } from '../core/accounts.ts'
import type { ActivityReport } from '../core/activity.ts'
import { AuthError } from '../core/errors.ts'
import type { AgentFacts } from '../core/status.ts'
import { type Activities, activitiesOf } from './activity.ts'
import type { House } from './house.ts'

/** Whom a client watches. */
export type Watched = { agentId: string; model?: string }

export type Watching = {
  /** The report as it stands; whoever asked hears of changes from now on. @throws AuthError unknown_agent, unknown_model */
  report(watched: Watched): Promise<AccountsReport>
  activity: Activities
  /** The answer of `activity.follow`. */
  recent(agentId: string): Promise<ActivityReport>
  close(): void
}

const EVERY_MS = 1000
/** What leaves no mark, such as what was spent below a cap, is told this late. */
const ANYWAY_MS = 60_000
const MOST_CALLS = 200

type Stand = { report: AccountsReport; text: string; marks: readonly unknown[]; at: number; until: number }

/** @param watchers what is watched at this moment, by whomever; @param tell hands an event to those who watch it */
export function createWatching(
  house: House,
  watchers: () => Iterable<Watched>,
  tell: (watched: Watched, event: string, payload: unknown) => void,
): Watching {
  const { auth, system } = house
  const activity = activitiesOf(house)
  const stands = new Map<string, Stand>()
  /** What could not be looked at last, and why. */
  const failed = new Map<string, string>()
  let isClosed = false
  let isLooking = false

  const look = async (watched: Watched): Promise<void> => {
    const before = stands.get(keyOf(watched))
    const view = await auth.view(watched.agentId)
    const now = system.now()
    const marks = marksOf(view.facts())
    const isSame =
      before !== undefined &&
      now < before.until &&
      now - before.at < ANYWAY_MS &&
      marks.length === before.marks.length &&
      marks.every((mark, at) => mark === before.marks[at])
    if (!isSame) {
      const report = await accountsReport(auth, watched)
      const stand = { report, text: textOf(report), marks, at: now, until: nextMoment(report) }
      stands.set(keyOf(watched), stand)
      if (before !== undefined && before.text !== stand.text) await remark(watched, before.report, report)
      if (failed.delete(keyOf(watched)) || (before !== undefined && before.text !== stand.text)) {
        tell(watched, 'accounts', report)
      }
    }
    const own = await activity.of(watched.agentId)
    const news = own.news()
    if (news.calls.length === 0 && news.notes.length === 0) return
    tell({ agentId: watched.agentId }, 'activity', {
      agentId: watched.agentId,
      at: now,
      calls: news.calls,
      notes: news.notes,
      hour: own.chart('hour'),
    })
  }

  /** What became of each account is a part of what happened. */
  const remark = async ({ agentId, model }: Watched, before: AccountsReport, after: AccountsReport): Promise<void> => {
    // Of several models that are watched, the agent's own tells.
    if (model !== undefined) return
    const own = await activity.of(agentId)
    const states = new Map(rowsOf(before).map((row) => [row.id, row]))
    for (const row of rowsOf(after)) {
      const old = states.get(row.id)
      if (old === undefined || old.state.kind === row.state.kind) continue
      const { kind } = row.state
      const why = 'why' in row.state ? { why: row.state.why } : {}
      const until = 'until' in row.state && row.state.until !== undefined ? { until: row.state.until } : {}
      own.note({ at: after.at, id: row.id, kind, ...why, ...until })
    }
  }

  const round = async (): Promise<void> => {
    const wanted = new Map([...watchers()].map((one) => [keyOf(one), one]))
    for (const known of [stands, failed]) {
      for (const key of [...known.keys()]) if (!wanted.has(key)) known.delete(key)
    }
    for (const watched of wanted.values()) {
      await look(watched).catch((error: unknown) => fail(watched, error))
    }
  }

  /** Said once, to the log and to those who watch: what they see is not so any more. */
  const fail = (watched: Watched, error: unknown): void => {
    const why = error instanceof Error ? error.message : 'unknown'
    const key = keyOf(watched)
    stands.delete(key)
    if (failed.get(key) === why) return
    failed.set(key, why)
    system.log.warn('the page could not be told of its accounts', { agent: watched.agentId, why })
    const internal = { code: 'internal', message: 'The gateway failed inside; its log says more.' }
    const told = error instanceof AuthError ? error.toJSON() : internal
    tell(watched, 'accounts.failed', { agentId: watched.agentId, error: told })
  }

  const begin = (): void => {
    if (isLooking || isClosed) return
    isLooking = true
    system.timer(EVERY_MS, () => {
      if (isClosed) return
      void round().then(() => {
        isLooking = false
        if (stands.size > 0 || failed.size > 0) begin()
      })
    })
  }

  return {
    activity,
    report: async (watched) => {
      const report = await accountsReport(auth, watched)
      const key = keyOf(watched)
      if (!stands.has(key)) {
        const marks = marksOf((await auth.view(watched.agentId)).facts())
        stands.set(key, { report, text: textOf(report), marks, at: report.at, until: nextMoment(report) })
      }
      begin()
      return report
    },
    recent: async (agentId) => {
      const own = await activity.of(agentId)
      return { agentId, at: system.now(), calls: own.calls(MOST_CALLS), notes: own.notes(), hour: own.chart('hour') }
    },
    close: () => {
      isClosed = true
    },
  }
}

function keyOf({ agentId, model }: Watched): string {
  return `${agentId}\n${model ?? ''}`
}

/** What is the same stays the same object: whatever is another one has changed. */
function marksOf(facts: AgentFacts): unknown[] {
  const marks: unknown[] = [facts.config]
  for (const { candidates } of facts.providers.values()) {
    for (const candidate of candidates) {
      const { health, paused, secret, slots, ramps } = candidate
      marks.push(candidate, health, paused, secret, ramps, slots?.load.open, facts.usageOf(candidate))
    }
  }
  return marks
}

/** The report but for its own moment. */
function textOf(report: AccountsReport): string {
  return JSON.stringify({ ...report, at: 0 })
}

/** When a clock alone changes something, ms epoch. */
function nextMoment(report: AccountsReport): number {
  let next = Number.POSITIVE_INFINITY
  for (const row of rowsOf(report)) {
    const ends = [
      'until' in row.state ? row.state.until : undefined,
      row.expiresAt,
      row.trace.until,
      ...row.resting.map(({ until }) => until),
      ...row.windows.map(({ resetAt }) => resetAt),
    ]
    for (const at of ends) if (at !== undefined && at > report.at && at < next) next = at
  }
  return next
}

function rowsOf(report: AccountsReport): AccountRow[] {
  return report.groups.flatMap(({ rows }) => rows)
}
