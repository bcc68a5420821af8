// What happened lately with the accounts of each agent, kept in memory from the moment on at which somebody first looks.
import type { Auth } from '../auth/auth.ts'
import {
  type Activity,
  type ActivityCall,
  type ActivityChart,
  type ActivityNote,
  addLine,
  chartOf,
  emptyActivity,
} from '../core/activity.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../core/expiry.ts'
import type { LedgerLine } from '../core/ledger.ts'

export type Span = 'hour' | 'day'
export const SPANS: readonly Span[] = ['hour', 'day']

const BARS: Readonly<Record<Span, { stepMs: number; bars: number }>> = {
  hour: { stepMs: MINUTE_MS, bars: HOUR_MS / MINUTE_MS },
  day: { stepMs: 15 * MINUTE_MS, bars: DAY_MS / (15 * MINUTE_MS) },
}

export type AgentActivity = {
  /** Newest first. @param before only calls that began before this moment, ms epoch */
  calls(most: number, before?: number): ActivityCall[]
  /** Newest first. */
  notes(): readonly ActivityNote[]
  note(note: ActivityNote): void
  chart(span: Span): ActivityChart
  /** What is new since this was asked last by the one who tells it to everybody. */
  news(): { calls: ActivityCall[]; notes: ActivityNote[] }
}

const MOST_NOTES = 200
/** While nobody looks, news are not kept for ever. */
const MOST_FRESH = 500

/** Opens what is kept; the ledger is read once, when an agent is first looked at. */
export function openActivities({ home }: Auth): { of(agentId: string): Promise<AgentActivity> } {
  const opened = new Map<string, Promise<AgentActivity>>()
  const open = async (agentId: string): Promise<AgentActivity> => {
    const { ledger } = home.agent(agentId)
    const early: LedgerLine[] = []
    let take = (line: LedgerLine): void => void early.push(line)
    const stop = ledger.follow((line) => take(line))
    const lines = await ledger.recent().catch((error: unknown) => {
      stop()
      throw error
    })
    const known = new Set(lines.map(nameOf))
    const oldest = home.system.now() - DAY_MS
    const activity = emptyActivity(Math.max(oldest, lines[0]?.at ?? oldest))
    const all = [...lines.filter(({ at }) => at >= oldest), ...early.filter((line) => !known.has(nameOf(line)))]
    for (const line of all) addLine(activity, line)
    const fresh = new Map<string, ActivityCall>()
    let notes: readonly ActivityNote[] = []
    let freshNotes: ActivityNote[] = []
    take = (line) => {
      const call = addLine(activity, line)
      fresh.delete(call.call)
      fresh.set(call.call, call)
      const [oldest] = fresh.size > MOST_FRESH ? fresh.keys() : []
      if (oldest !== undefined) fresh.delete(oldest)
    }
    return agentActivity(activity, {
      now: () => home.system.now(),
      notes: () => notes,
      note: (note) => {
        notes = [note, ...notes].slice(0, MOST_NOTES)
        freshNotes = [...freshNotes, note].slice(-MOST_NOTES)
      },
      news: () => {
        const news = { calls: [...fresh.values()], notes: freshNotes }
        fresh.clear()
        freshNotes = []
        return news
      },
    })
  }
  return {
    of: (agentId) => {
      const known = opened.get(agentId)
      if (known !== undefined) return known
      const opening = open(agentId)
      opened.set(agentId, opening)
      // A disk that refused is asked again with the next look.
      opening.catch(() => opened.delete(agentId))
      return opening
    },
  }
}

const nameOf = ({ call, attempt }: LedgerLine): string => `${call}.${attempt}`

function agentActivity(
  activity: Activity,
  own: Pick<AgentActivity, 'notes' | 'note' | 'news'> & { now: () => number },
): AgentActivity {
  return {
    notes: own.notes,
    note: own.note,
    news: own.news,
    calls: (most, before) =>
      [...activity.calls.values()]
        .filter(({ at }) => before === undefined || at < before)
        .sort((a, b) => b.at - a.at)
        .slice(0, most),
    chart: (span) => chartOf(activity, own.now(), BARS[span]),
  }
}
