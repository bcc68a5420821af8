// What happened lately with the accounts of each agent, kept in memory from the moment on at which somebody first looks.
import type { Auth } from '../auth/auth.ts'
import {
  type Activity,
  type ActivityCall,
  type ActivityChart,
  type ActivityNote,
  addLine,
  addOldLine,
  type CallPlace,
  chartOf,
  compareCalls,
  emptyActivity,
} from '../core/activity.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../core/expiry.ts'
import { callsIn, type LedgerLine, type PastCall } from '../core/ledger.ts'
import type { Ledger } from '../store/ledger.ts'
import type { House } from './house.ts'

export type Span = 'hour' | 'day'
export const SPANS: readonly Span[] = ['hour', 'day']

const BARS: Readonly<Record<Span, { stepMs: number; bars: number }>> = {
  hour: { stepMs: MINUTE_MS, bars: HOUR_MS / MINUTE_MS },
  day: { stepMs: 15 * MINUTE_MS, bars: DAY_MS / (15 * MINUTE_MS) },
}

export type AgentActivity = {
  /** Looks for what came since, from whichever process. */
  refresh(): Promise<void>
  /** Newest first. */
  calls(most: number): ActivityCall[]
  /** Those behind this place, newest first: from the disk where memory does not reach. @throws what the disk throws */
  before(place: CallPlace, most: number): Promise<ActivityCall[]>
  /** Newest first. */
  notes(): readonly ActivityNote[]
  note(note: ActivityNote): void
  chart(span: Span): ActivityChart
  /** What is new since this was asked last by the one who tells it to everybody. */
  news(): { calls: ActivityCall[]; notes: ActivityNote[] }
}

const MOST_NOTES = 200
/** A page of calls is looked for among so many lines for each: few are asked of more accounts than this. */
const LINES_OF_A_CALL = 5
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
    const tail = ledger.tail()
    const oldest = system.now() - DAY_MS
    const lines = await tail.next()
    const activity = emptyActivity(Math.max(oldest, lines[0]?.at ?? oldest))
    for (const line of lines) if (line.at >= oldest) addLine(activity, line)
    const fresh = new Map<string, ActivityCall>()
    let notes: readonly ActivityNote[] = []
    let freshNotes: ActivityNote[] = []
    const take = (line: LedgerLine): void => {
      const call = addLine(activity, line)
      fresh.delete(call.call)
      fresh.set(call.call, call)
      const [oldest] = fresh.size > MOST_FRESH ? fresh.keys() : []
      if (oldest !== undefined) fresh.delete(oldest)
    }
    // The day is made whole behind the first answer, and before anything new is looked for.
    let looking: Promise<void> = fillDay(ledger, activity, lines, oldest).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : 'unknown'
      system.log.error('the calls of the last day cannot all be read', { agent: agentId, why })
    })
    let isFilling = true
    looking.then(() => {
      isFilling = false
    })
    return {
      refresh: () => {
        if (isFilling) return Promise.resolve()
        // What the disk does not give now it gives with the next look; who looks at the accounts is told by them.
        looking = looking.then(async () => (await tail.next()).forEach(take)).catch(() => undefined)
        return looking
      },
      before: async (place, most) => {
        const known = newest(activity, place)
        if (known.length >= most) return known.slice(0, most)
        const older = emptyActivity(0)
        // Some of its own millisecond may stand behind it.
        for (const line of await ledger.readBefore(place.at + 1, most * LINES_OF_A_CALL)) addLine(older, line)
        return newest(older, place).slice(0, most)
      },
      calls: (most) => newest(activity).slice(0, most),
      chart: (span) => chartOf(activity, system.now(), BARS[span]),
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
    }
  }
  return {
    past: async (agentId, call) => {
      const asked = system.monotonic()
      for (;;) {
        const reading = read(agentId)
        const found = (await reading.calls).get(call)
        if (found !== undefined) return found
        if (reading.began >= asked) return olderCall(home.agent(agentId).ledger, call)
        // It was read before the question: what is newer is in the next one.
        await system.sleep(Math.max(0, reading.until - system.monotonic()))
      }
    },
    of: (agentId) => {
      const known = opened.get(agentId)
      if (known !== undefined) return known.then(async (own) => own.refresh().then(() => own))
      const opening = open(agentId)
      opened.set(agentId, opening)
      // A disk that refused is asked again with the next look.
      opening.catch(() => opened.delete(agentId))
      return opening
    },
  }
}

const nameOf = ({ call, attempt }: LedgerLine): string => `${call}.${attempt}`

/** What of the last day stands before the lines that are known, counted. @param known in the order of the file */
async function fillDay(
  ledger: Ledger,
  activity: Activity,
  known: readonly LedgerLine[],
  oldest: number,
): Promise<void> {
  const [first] = known
  if (first === undefined || first.at < oldest) return
  const end = nameOf(first)
  let since = first.at
  await ledger.each((line) => {
    if (nameOf(line) === end) return false
    since = Math.min(since, line.at)
    if (line.at >= oldest) addOldLine(activity, line)
    return true
  })
  activity.since = Math.max(oldest, since)
}

/** One that is no longer among the recent, with the traces that its lines name. */
async function olderCall(ledger: Ledger, call: string): Promise<PastCall | undefined> {
  const lines = (await ledger.readAbout(call)).filter((line) => line.call === call)
  const refs = new Set(lines.flatMap(({ traceOf }) => (traceOf === undefined ? [] : [traceOf.replace(/\.\d+$/, '')])))
  const named = await Promise.all([...refs].map((ref) => ledger.readAbout(ref)))
  return callsIn([...named.flat().filter((line) => line.call !== call), ...lines]).find((one) => one.call === call)
}

/** Calls in memory, newest first. @param place only those behind it */
function newest({ calls }: Activity, place?: CallPlace): ActivityCall[] {
  const all = [...calls.values()]
  return (place === undefined ? all : all.filter((call) => compareCalls(place, call) < 0)).sort(compareCalls)
}
