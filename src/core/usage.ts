// How much of an account's limits is used, as the headers of its answers tell. Vendors name their headers each in their own way, which is
// data; values that cannot be are dropped, and nothing here throws.
import { DAY_MS, HOUR_MS, MINUTE_MS } from './expiry.ts'
import type { Failure } from './failure.ts'
import { printable } from './profile.ts'
import { FURTHEST_MS, readNumber, readReset } from './window-end.ts'

/** One limit of an account: so much of it is used, until it begins anew. */
export type UsageWindow = {
  /** What it limits, or how long it is: `5h`, `7d`, `input tokens`. */
  name: string
  /** 0 to 1. */
  used: number
  limit?: number
  remaining?: number
  /** When it begins anew, ms epoch. */
  resetAt?: number
}

/** What a vendor said last of an account. */
export type Usage = {
  /** When it said so, ms epoch. */
  at: number
  /** Empty where nothing is known any more. */
  windows: readonly UsageWindow[]
}

/**
 * How much is left of what an account may use, 0 to 1: of the window of which the least is left. A window that has begun anew since is whole,
 * and so is an account of which nothing is known: to ask it is the way to know.
 * @param now ms epoch
 */
export function headroomIn(usage: Usage | undefined, now: number): number {
  let left = 1
  for (const { used, resetAt } of usage?.windows ?? []) {
    if (resetAt === undefined || resetAt > now) left = Math.min(left, 1 - used)
  }
  return Math.max(left, 0)
}

/** What a header of a window holds. `reset` is a length or a moment, in any form that vendors use. */
export type UsageField = 'fraction' | 'percent' | 'limit' | 'remaining' | 'reset' | 'minutes'

/** How a vendor names the headers of its windows: `<prefix><window>-<field>`. */
export type UsageForm = {
  /** Behind the prefix of all forms. */
  prefix?: string
  /** The field stands before the window: `<prefix><field>-<window>`. */
  isFieldFirst?: true
  fields: Readonly<Record<string, UsageField>>
  /** What a window is called here, by the last word of its name there. Only such a name gives way to the length of its window. */
  names?: Readonly<Record<string, string>>
}

/** The headers by which a vendor tells of usage, as data. */
export type UsageHeaders = {
  /** How every one of them begins, lower case. */
  prefix: string
  /** The first whose prefix fits takes the header. */
  forms: readonly UsageForm[]
  /** The vendor's codes for "the window is used up": their hint is its end. */
  exhausted?: readonly string[]
}

const MOST_WINDOWS = 12
const LONGEST_NAME = 40
/** A window that a refusal told of, and no header. */
export const LIMIT = 'limit'

/**
 * The windows that an answer tells of.
 * @param headers name in lower case, and value; others than those with the prefix are passed over
 * @param now ms epoch
 */
export function readWindows(
  { prefix, forms }: UsageHeaders,
  headers: Iterable<readonly [string, string]>,
  now: number,
): UsageWindow[] {
  const found = new Map<string, { form: UsageForm; raw: string; values: Partial<Record<UsageField, string>> }>()
  for (const [name, value] of headers) {
    if (!name.startsWith(prefix)) continue
    const rest = name.slice(prefix.length)
    const at = forms.findIndex((form) => rest.startsWith(form.prefix ?? ''))
    const form = forms[at]
    const parts = form === undefined ? undefined : partsOf(form, rest.slice(form.prefix?.length ?? 0))
    if (form === undefined || parts === undefined) continue
    const key = `${at} ${parts.raw}`
    const window = found.get(key) ?? { form, raw: parts.raw, values: {} }
    if (!found.has(key)) {
      if (found.size >= MOST_WINDOWS) continue
      found.set(key, window)
    }
    const known = window.values[parts.field]
    // Some vendors tell the same end twice: the first that can be read counts.
    if (known === undefined || (parts.field === 'reset' && readReset(known, now) === undefined))
      window.values[parts.field] = value
  }
  return [...found.values()].flatMap(({ form, raw, values }) => windowOf(form, raw, values, now) ?? [])
}

function partsOf({ fields, isFieldFirst }: UsageForm, rest: string): { raw: string; field: UsageField } | undefined {
  for (const [name, field] of Object.entries(fields)) {
    if (rest === name) return { raw: '', field }
    if (isFieldFirst === true && rest.startsWith(`${name}-`)) return { raw: rest.slice(name.length + 1), field }
    if (isFieldFirst !== true && rest.endsWith(`-${name}`)) return { raw: rest.slice(0, -name.length - 1), field }
  }
  return undefined
}

function windowOf(
  form: UsageForm,
  raw: string,
  values: Partial<Record<UsageField, string>>,
  now: number,
): UsageWindow | undefined {
  const limit = readCount(values.limit)
  const remaining = readCount(values.remaining)
  const isCounted = limit !== undefined && remaining !== undefined && limit > 0
  const told = readShare(values.fraction, 1) ?? readShare(values.percent, 100)
  const used = told ?? (isCounted ? Math.max(0, 1 - remaining / limit) : undefined)
  if (used === undefined) return undefined
  const resetAt = readReset(values.reset, now)
  return {
    name: nameOf(form, raw, readCount(values.minutes)),
    used,
    ...(isCounted ? { limit, remaining } : {}),
    ...(resetAt === undefined ? {} : { resetAt }),
  }
}

function nameOf({ names = {} }: UsageForm, raw: string, minutes: number | undefined): string {
  const end = raw.lastIndexOf('-') + 1
  const last = raw.slice(end)
  const known = Object.hasOwn(names, last) ? names[last] : undefined
  const length = minutes === undefined ? undefined : lengthOf(minutes)
  const name = known === undefined ? raw : raw.slice(0, end) + (length ?? known)
  return printable(name.replaceAll(/[-_]/g, ' '), LONGEST_NAME) || LIMIT
}

/** `5h`, `7d`, `90m`. */
function lengthOf(minutes: number): string | undefined {
  if (!Number.isInteger(minutes) || minutes < 1 || minutes * MINUTE_MS > FURTHEST_MS) return undefined
  if (minutes % (DAY_MS / MINUTE_MS) === 0) return `${minutes / (DAY_MS / MINUTE_MS)}d`
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`
}

const LARGEST_COUNT = 1e15
/** Somewhat more than all is what a vendor says of an account that may go beyond; ten times as much is another unit. */
const MOST_SHARE = 10

function readCount(text: string | undefined): number | undefined {
  const value = readNumber(text)
  return value !== undefined && value <= LARGEST_COUNT ? value : undefined
}

function readShare(text: string | undefined, whole: number): number | undefined {
  const value = readNumber(text)
  return value !== undefined && value <= MOST_SHARE * whole ? Math.min(1, value / whole) : undefined
}

/** Two tellings of one end may differ by so much. */
const SAME_END_MS = 2 * MINUTE_MS

/**
 * What is known of an account after a refusal: a vendor that says that a window is used up tells its end in the body alone.
 * @param usage as the headers of the refusal tell, else what was known before
 */
export function afterRefusal(
  { exhausted = [] }: UsageHeaders,
  usage: Usage | undefined,
  { code = '', retryAt }: Pick<Failure, 'code' | 'retryAt'>,
  now: number,
): Usage | undefined {
  if (retryAt === undefined || !exhausted.includes(code)) return usage
  if (!(retryAt > now && retryAt <= now + FURTHEST_MS)) return usage
  const windows = (usage?.windows ?? []).filter(({ name }) => name !== LIMIT)
  const ends = ({ resetAt }: UsageWindow): boolean =>
    resetAt !== undefined && Math.abs(resetAt - retryAt) <= SAME_END_MS
  const isTold = windows.some(ends)
  return {
    at: now,
    windows: isTold
      ? windows.map((window) => (ends(window) ? { ...window, used: 1, resetAt: retryAt } : window))
      : [...windows, { name: LIMIT, used: 1, resetAt: retryAt }],
  }
}

const LATEST_INSTANT = 8.64e15

/** Usage as it was written down. @returns undefined for what is no such thing */
export function readUsage(value: unknown): Usage | undefined {
  const { at, windows } = recordOf(value)
  if (!isInstant(at) || !Array.isArray(windows)) return undefined
  const read = windows.slice(0, MOST_WINDOWS).flatMap((window: unknown): UsageWindow[] => {
    const { name, used, limit, remaining, resetAt } = recordOf(window)
    if (typeof name !== 'string' || typeof used !== 'number' || !(used >= 0 && used <= 1)) return []
    return [
      {
        name: printable(name, LONGEST_NAME),
        used,
        ...(isCount(limit) && isCount(remaining) ? { limit, remaining } : {}),
        ...(isInstant(resetAt) ? { resetAt } : {}),
      },
    ]
  })
  return { at, windows: read }
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

const isCount = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= LARGEST_COUNT
const isInstant = (value: unknown): value is number => typeof value === 'number' && value > 0 && value <= LATEST_INSTANT

/** Reports of other processes arrive late, but not later than this; one further ahead is that of a clock that has jumped back since. */
const AHEAD_MS = HOUR_MS

/** Whether what another process wrote down was said after what is known here. */
export function isLaterUsage(other: Usage, known: Usage): boolean {
  return other.at > known.at && other.at - known.at <= AHEAD_MS
}
