// A credential that somebody set aside for a while: kept and renewed, never chosen, until it is resumed or its time has come.
import { parseDuration } from './expiry.ts'

/** `until` is the moment from which it serves again by itself, ms epoch; absent: once somebody resumes it. */
export type Pause = { until?: number }

/** No pause that anybody meant ends before September 2001: such a number is of seconds, or a slip of the hand. */
const FIRST_END = 1e12
/** The end of what a date can say. */
const LAST_END = 8.64e15

/**
 * Reads what stands in a file: `true`, or the end in ms epoch. A file is also edited by hand: whoever wrote something else there wanted the credential set
 * aside, and one that rests too long is found out sooner than one that is used against somebody's will.
 */
export function readPause(value: unknown): Pause | undefined {
  if (value === undefined || value === null || value === false) return undefined
  const isEnd = typeof value === 'number' && value >= FIRST_END && value <= LAST_END
  return isEnd ? { until: value } : {}
}

/** As it stands in a file. */
export function writtenPause({ until }: Pause): true | number {
  return until ?? true
}

/** Whether it is still set aside. */
export function isPaused(pause: Pause | undefined, now: number): pause is Pause {
  return pause !== undefined && (pause.until === undefined || pause.until > now)
}

/** A moment of RFC 3339, seconds optional; which days a month has is seen by reading it back. */
const MOMENT =
  /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/**
 * The end that a person asks for: a length such as `90m`, `2h`, `3d`, or a moment of RFC 3339.
 * @param now ms epoch
 * @returns ms epoch; undefined for what is neither, or not ahead
 */
export function parseUntil(text: string, now: number): number | undefined {
  const read = readWhen(text)
  if (read?.at !== undefined) return read.at > now ? read.at : undefined
  return read === undefined ? undefined : now + read.lengthMs
}

const DAY = /^\d{4}-\d\d-\d\d$/

/**
 * The beginning that a person asks for, written alike: so long ago, or the moment; a day alone begins at midnight in UTC, as the days of the ledger do.
 * @returns ms epoch; undefined for what is neither, or ahead
 */
export function parseSince(text: string, now: number): number | undefined {
  const read = readWhen(DAY.test(text.trim()) ? `${text.trim()}T00:00:00Z` : text)
  if (read?.at !== undefined) return read.at <= now ? read.at : undefined
  return read === undefined ? undefined : now - read.lengthMs
}

function readWhen(text: string): { at: number } | { at?: never; lengthMs: number } | undefined {
  const trimmed = text.trim().toUpperCase()
  const day = MOMENT.exec(trimmed)?.[1]
  if (day !== undefined) {
    const midnight = Date.parse(`${day}T00:00:00Z`)
    const isDay = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day)
    return isDay ? { at: Date.parse(trimmed) } : undefined
  }
  // Without a unit a length would be of days, and who types 90 may well mean minutes.
  const lengthMs = /[A-Z]$/.test(trimmed) ? parseDuration(trimmed) : undefined
  return lengthMs === undefined ? undefined : { lengthMs }
}
