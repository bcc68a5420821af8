// Moments, lengths, sums and names as people read them, in the language of the page. Pure: no clock, no document.
import type { Words } from './words/en.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const formats = new Map<string, Intl.DateTimeFormat>()

function format(lang: string, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${lang} ${name}`
  const known = formats.get(key) ?? new Intl.DateTimeFormat(lang, options)
  formats.set(key, known)
  return known
}

/** `14:32` @param at ms epoch */
export function hourText(at: number, lang: string): string {
  return format(lang, 'hour', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at)
}

/** `14:32:07` @param at ms epoch */
export function secondText(at: number, lang: string): string {
  return format(lang, 'second', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(at)
}

const dayOf = (at: number): number => Math.floor((at - new Date(at).getTimezoneOffset() * MINUTE) / DAY)

/** `14:32` today, `Thu 09:00` within a week, `9 Jun` beyond. @param at, now ms epoch */
export function momentText(at: number, now: number, lang: string): string {
  const days = Math.abs(dayOf(at) - dayOf(now))
  if (days === 0) return hourText(at, lang)
  if (days < 7) return `${weekday(lang).format(at)} ${hourText(at, lang)}`
  return day(at, now, lang)
}

/** `14:32` today, `Thu` within a week, `9 Jun` beyond: to the day is enough where something begins anew. @param at, now ms epoch */
export function resetText(at: number, now: number, lang: string): string {
  const days = Math.abs(dayOf(at) - dayOf(now))
  return days === 0 || days >= 7 ? momentText(at, now, lang) : weekday(lang).format(at)
}

const day = (at: number, now: number, lang: string): string => {
  const isFar = Math.abs(at - now) > 180 * DAY
  const year = isFar ? { year: 'numeric' as const } : {}
  return format(lang, isFar ? 'year' : 'date', { day: 'numeric', month: 'short', ...year }).format(at)
}

const weekday = (lang: string): Intl.DateTimeFormat => format(lang, 'weekday', { weekday: 'short' })

/** `9 Jun`, `9 Jun 2027` beyond some months; within a week as `momentText`. @param at, now ms epoch */
export function dateText(at: number, now: number, lang: string): string {
  return Math.abs(at - now) < 7 * DAY ? momentText(at, now, lang) : day(at, now, lang)
}

/** Two units at most: `12 min`, `3 h 5 min`, `2 days 4 h`. @param ms of a length, not negative */
export function lengthText(ms: number, words: Words): string {
  const { units } = words
  if (ms < MINUTE) return units.s(Math.max(1, Math.ceil(ms / SECOND)))
  const minutes = Math.ceil(ms / MINUTE)
  if (minutes < 60) return units.min(minutes)
  const hours = Math.floor(minutes / 60)
  if (hours < 24)
    return minutes % 60 === 0 || hours >= 10 ? units.h(hours) : `${units.h(hours)} ${units.min(minutes % 60)}`
  const days = Math.floor(hours / 24)
  return hours % 24 === 0 || days >= 3 ? units.d(days) : `${units.d(days)} ${units.h(hours % 24)}`
}

/** How long ago, one unit: `3 min`. @param ms of a length */
export function ageText(ms: number, { units }: Words): string {
  if (ms < MINUTE) return units.s(Math.max(0, Math.floor(ms / SECOND)))
  if (ms < HOUR) return units.min(Math.floor(ms / MINUTE))
  return ms < DAY ? units.h(Math.floor(ms / HOUR)) : units.d(Math.floor(ms / DAY))
}

/** `1.8 s`, `640 ms` @param ms of a call */
export function tookText(ms: number, { units }: Words): string {
  return ms < 1000 ? units.ms(Math.round(ms)) : units.s(ms < 9950 ? (ms / 1000).toFixed(1) : Math.round(ms / 1000))
}

/** `$0.42`, `$0.0031` @param dollars US dollars */
export function moneyText(dollars: number, lang: string): string {
  const digits = dollars !== 0 && dollars < 0.1 ? (dollars < 0.01 ? 4 : 3) : 2
  return new Intl.NumberFormat(lang, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(dollars)
}

/** `12.4K` in the way of the language. */
export function countText(count: number, lang: string): string {
  return new Intl.NumberFormat(lang, { notation: 'compact', maximumFractionDigits: 1 }).format(count)
}

/** What is left of a window is not rounded away: 99 until it is all. */
export function percentText(percent: number, lang: string): string {
  const whole = percent < 100 ? Math.min(99, Math.round(percent)) : 100
  return new Intl.NumberFormat(lang, { style: 'percent' }).format(whole / 100)
}

/** The part of a name that tells accounts of one provider apart. */
export function shortName(id: string): string {
  const at = id.indexOf(':')
  return at < 0 ? id : id.slice(at + 1)
}

/** A very long name, cut in the middle. */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text
  const head = Math.ceil((most - 1) / 2)
  return `${text.slice(0, head)}…${text.slice(text.length - (most - 1 - head))}`
}

/** How much of a window has passed, 0 to 1; undefined where its length is not in its name. @param label such as `5h` or `7d` */
export function passedOf(label: string, resetAt: number | undefined, now: number): number | undefined {
  const found = /^(\d{1,3})([hdm])$/.exec(label)
  if (found === null || resetAt === undefined || resetAt <= now) return undefined
  const unit = found[2] === 'd' ? DAY : found[2] === 'h' ? HOUR : MINUTE
  const passed = 1 - (resetAt - now) / (Number(found[1]) * unit)
  return passed >= 0 && passed <= 1 ? passed : undefined
}

/** `12 kB`, `1.3 MB` */
export function bytesText(bytes: number, lang: string): string {
  const [unit, size] = bytes < 1e6 ? ['kilobyte', 1e3] : ['megabyte', 1e6]
  const options = { style: 'unit', unit, maximumFractionDigits: bytes < 1e6 ? 0 : 1 } as const
  return new Intl.NumberFormat(lang, options).format(Math.max(bytes / size, bytes < 1e6 ? 1 : 0))
}
