// What the page knows: the report, what happened lately, the connection, and what is open. It computes no state of an account; the gateway does.
import type { AccountRow, AccountsReport } from '../../core/accounts.ts'
import type { ActivityCall, ActivityChart, ActivityNote, ActivityReport } from '../../core/activity.ts'
import type { Words } from './words/en.ts'
import type { Language } from './words/words.ts'

export type View = 'accounts' | 'activity' | 'chat' | 'whatif' | 'docs' | 'settings'
/** Those with a tab and a number. */
export const VIEWS: readonly View[] = ['accounts', 'activity', 'chat', 'whatif']
/** With those that have a place of their own in the header. */
export const ALL_VIEWS: readonly View[] = [...VIEWS, 'docs', 'settings']

export type Link =
  | { kind: 'connecting' }
  /** `gateway`: which process it is; another one knows nothing of what was under way */
  | { kind: 'live'; gateway: string }
  /** ms epoch of this machine */
  | { kind: 'lost'; since: number; retryAt: number }
  | { kind: 'login'; why: string }
  | { kind: 'closing' }

/** `lang`: the one of the message, where it is not that of the page. */
export type Problem = { message: string; remedy?: string; lang?: 'en' }

export type Toast = {
  id: number
  text: string
  remedy?: string
  isBad: boolean
  /** Takes it back. */
  undo?: () => void
}

/** What a view is to show once it is there: an account with its row opened, or a conversation. */
export type Reveal = { kind: 'row' | 'session'; id: string }

/** The dialog in which accounts are added; with a row, another secret for that account. */
export type Adding = { row?: AccountRow }

export type State = {
  link: Link
  language: Language
  words: Words
  view: View
  /** What of the view is shown, as it stands in the address. */
  path: string
  reveal: Reveal | undefined
  scopes: ReadonlySet<string>
  agentId: string | undefined
  /** All that there are, as far as was told; also while another one's report is on its way. */
  agents: readonly string[]
  report: AccountsReport | undefined
  calls: readonly ActivityCall[]
  notes: readonly ActivityNote[]
  hour: ActivityChart | undefined
  /** What the gateway's clock is ahead of this machine's, ms. */
  skewMs: number
  /** By the gateway's clock, ms epoch; moves on while something counts down. */
  now: number
  toasts: readonly Toast[]
  adding: Adding | undefined
  /** Accounts that are being tested, and how others of them came out a moment ago. */
  testing: ReadonlySet<string>
  tested: ReadonlyMap<string, Probed>
  keysShown: boolean
  paletteShown: boolean
  /** Single letters do something; who dictates, or hits keys by accident, switches them off. */
  letters: boolean
  /** For who listens: what one's own actions did, and what became of accounts. */
  spoken: string
}

/** How the test of an account came out. */
export type Probed = {
  provider: string
  profileId?: string
  label: string
  status: string
  error?: string
  latencyMs?: number
}

/** What a result says of the rows: that of a source that is no profile is known by its label. */
export function withProbed(
  { report, testing, tested }: Pick<State, 'report' | 'testing' | 'tested'>,
  probed: Probed,
): Pick<State, 'testing' | 'tested'> {
  const { provider, profileId, label } = probed
  const row = rowsOf(report).find((one) =>
    profileId === undefined ? one.provider === provider && one.label === label : one.id === profileId,
  )
  if (row === undefined) return { testing, tested }
  return {
    testing: new Set([...testing].filter((id) => id !== row.id)),
    tested: new Map([...tested, [row.id, probed]]),
  }
}

/** Most calls that the page keeps: the list ends there. */
export const MOST_CALLS = 10_000

/** Newest first, those of one millisecond by their names: as the gateway lists them. */
function compareCalls(a: ActivityCall, b: ActivityCall): number {
  return b.at - a.at || (a.call < b.call ? 1 : -1)
}

/** A call that is new stands first; one that has gone on stays where it is. */
export function withCalls(before: readonly ActivityCall[], news: readonly ActivityCall[]): readonly ActivityCall[] {
  if (news.length === 0) return before
  const byName = new Map(news.map((call) => [call.call, call]))
  const kept = before.map((call) => {
    const next = byName.get(call.call)
    byName.delete(call.call)
    return next ?? call
  })
  const fresh = [...byName.values()]
  if (fresh.length === 0) return kept
  return [...fresh, ...kept].sort(compareCalls).slice(0, MOST_CALLS)
}

/** The newest calls, told anew: what was known of older ones stays, unless there may be some in between that were never told. */
export function withRecent(before: readonly ActivityCall[], recent: readonly ActivityCall[]): readonly ActivityCall[] {
  const isJoined = (recent.at(-1)?.at ?? 0) <= (before[0]?.at ?? 0)
  return isJoined ? withCalls(before, recent) : recent
}

/** What an event of the gateway changes. */
export function withActivity(
  state: Pick<State, 'calls' | 'notes'>,
  { calls, notes, hour }: Pick<ActivityReport, 'calls' | 'notes' | 'hour'>,
): Pick<State, 'calls' | 'notes' | 'hour'> {
  return { calls: withCalls(state.calls, calls), notes: [...notes, ...state.notes].slice(0, 500), hour }
}

/** Every account of the report, in its order. */
export function rowsOf(report: AccountsReport | undefined): readonly AccountRow[] {
  return report?.groups.flatMap(({ rows }) => rows) ?? []
}

/** When something that counts down ends next, ms epoch: the page's clock moves by seconds in the last minute before it. */
export function soonestEnd(report: AccountsReport | undefined, now: number): number {
  let soonest = Number.POSITIVE_INFINITY
  for (const { state } of rowsOf(report)) {
    const until = 'until' in state ? state.until : undefined
    if (until !== undefined && until > now && until < soonest) soonest = until
  }
  return soonest
}

/** The ids of a group with one of them moved. @returns undefined where nothing moves */
export function moved(ids: readonly string[], id: string, to: number): string[] | undefined {
  const from = ids.indexOf(id)
  const place = Math.max(0, Math.min(ids.length - 1, to))
  if (from < 0 || from === place) return undefined
  const next = ids.filter((other) => other !== id)
  next.splice(place, 0, id)
  return next
}

/** What became of accounts, for who listens. */
export function changes({ report, words }: Pick<State, 'report' | 'words'>, next: AccountsReport): string {
  const before = new Map(report?.groups.flatMap(({ rows }) => rows).map((row) => [row.id, row.state.kind]))
  const changed = next.groups
    .flatMap(({ rows }) => rows)
    .filter(({ id, state: { kind } }) => before.has(id) && before.get(id) !== kind)
    .map(({ id, state: { kind } }) => `${id}: ${words.activity.became[kind] ?? kind}`)
  const isOther = report !== undefined && report.next !== next.next
  return [...changed, ...(isOther ? [`${words.strip.next}: ${next.next ?? words.strip.nobody}`] : [])].join('. ')
}
