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
import { callsIn, type LedgerLine, type PastCall } from '../core/ledger.ts'
import type { House } from './house.ts'

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
/** A reading of the ledger serves whoever asks for a call so long after it, ms: reading and parsing it can be felt. */
const PAST_MS = 1000
/** While nobody looks, news are not kept for ever. */
const MOST_FRESH = 500

export type Activities = {
  of(agentId: string): Promise<AgentActivity>
  /** A call with all its lines, as the ledger has it by now; those who ask at once share one reading. @throws what the disk throws */
  past(agentId: string, call: string): Promise<PastCall | undefined>
}

/** On the monotonic clock, ms. */
type Reading = { calls: Promise<ReadonlyMap<string, PastCall>>; began: number; until: number }

/** Those of this gateway, opened for the first who looks. */
export function activitiesOf(house: House): Activities {
  house.activities ??= openActivities(house.auth)
  return house.activities
}

/** Opens what is kept; the ledger is read once, when an agent is first looked at. */
function openActivities({ home }: Auth): Activities {
  const { system } = home
  const readings = new Map<string, Reading>()
  const read = (agentId: string): Reading => {
    const known = readings.get(agentId)
    if (known !== undefined && system.monotonic() < known.until) return known
    const calls = home
      .agent(agentId)
      .ledger.recent()
      .then((lines) => new Map(callsIn(lines).map((call) => [call.call, call])))
    const reading: Reading = { calls, began: system.monotonic(), until: Number.POSITIVE_INFINITY }
    readings.set(agentId, reading)
    const drop = (): void => {
      if (readings.get(agentId) === reading) readings.delete(agentId)
    }
    calls.then(() => {
      reading.until = system.monotonic() + PAST_MS
      system.timer(PAST_MS, drop)
    }, drop)
    return reading
  }
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
    past: async (agentId, call) => {
      const asked = system.monotonic()
      for (;;) {
        const reading = read(agentId)
        const found = (await reading.calls).get(call)
        if (found !== undefined || reading.began >= asked) return found
        // It was read before the question: what is newer is in the next one.
        await system.sleep(Math.max(0, reading.until - system.monotonic()))
      }
    },
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
