// The end of a window of usage, in every form in which vendors write it. What is absurd is none, and nothing here throws.
import { DAY_MS, HOUR_MS, MINUTE_MS } from './expiry.ts'

const NUMBER = /^\d{1,16}(?:\.\d{0,20})?$/

/** A plain number of an answer's header: no sign, no exponent. */
export function readNumber(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? ''
  return NUMBER.test(trimmed) ? Number(trimmed) : undefined
}

/** No window is longer; one that ended longer ago is none of ours. */
export const FURTHEST_MS = 366 * DAY_MS
const LONGEST_RESET = 40
/** Below it a number is seconds ahead; from it on seconds of the epoch, and from the next one on milliseconds. */
const FIRST_EPOCH_SECOND = 1e9
const FIRST_EPOCH_MS = 1e11
const PART = /(\d{1,9}(?:\.\d{1,9})?)(ms|[smhd])/y
const PART_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS }

/**
 * The end of a window: seconds ahead, a moment in seconds or milliseconds of the epoch or as RFC 3339, or a length such as `6m0s`.
 * @param now ms epoch
 * @returns ms epoch, or undefined for what is absent, cannot be read, or is absurd
 */
export function readReset(text: string | undefined, now: number): number | undefined {
  const trimmed = text?.trim() ?? ''
  if (trimmed === '' || trimmed.length > LONGEST_RESET) return undefined
  const value = readNumber(trimmed)
  const at =
    value === undefined
      ? (readLength(trimmed, now) ?? (/^\d{4}-\d\d-\d\dT/.test(trimmed) ? Date.parse(trimmed) : Number.NaN))
      : value < FIRST_EPOCH_SECOND
        ? now + value * 1000
        : value < FIRST_EPOCH_MS
          ? value * 1000
          : value
  return at > now - DAY_MS && at <= now + FURTHEST_MS ? Math.round(at) : undefined
}

function readLength(text: string, now: number): number | undefined {
  let ms = 0
  for (let at = 0; at < text.length; at = PART.lastIndex) {
    PART.lastIndex = at
    const [, count, unit = ''] = PART.exec(text) ?? []
    if (count === undefined) return undefined
    ms += Number(count) * (PART_MS[unit] ?? Number.NaN)
  }
  return now + ms
}
