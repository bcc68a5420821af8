// One JSON line per event on stderr, made safe: known secrets and everything shaped like one are replaced, control characters escaped.
import type { Secret } from '../core/secret.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

export type Log = {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** From now on this value is replaced wherever it would be written. */
  hide(secret: Secret): void
  /** From now on every line is handed to this one as well. @returns ends that */
  also(write: (line: string) => void): () => void
  /** The text with every known or secret-shaped value replaced. */
  scrub(text: string): string
}

const RANK: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 }
const MAX_FIELD = 512
const MAX_HIDDEN = 16_384

/** Shapes of keys and bearers; a value that merely looks like one is not worth printing either. */
const SHAPES =
  /\b(?:sk-[A-Za-z0-9_-]{12,}|gsk_[A-Za-z0-9]{12,}|xai-[A-Za-z0-9]{12,}|hf_[A-Za-z0-9]{12,}|AIza[A-Za-z0-9_-]{20,}|gh[opu]_[A-Za-z0-9]{16,}|kcg_[A-Za-z0-9_-]{12,}|eyJ[A-Za-z0-9_.-]{20,})/g
const BEARER = /\b(bearer|basic)\s+[^\s"',;]{8,}/gi

/**
 * @param options.write receives whole lines, newline included
 */
export function createLog(options: { now: () => number; level: LogLevel; write: (line: string) => void }): Log {
  const hidden = new Set<string>()
  const others = new Set<(line: string) => void>()
  const scrub = (text: string): string => {
    let clean = text
    for (const value of hidden) if (clean.includes(value)) clean = clean.replaceAll(value, '[secret]')
    return clean.replace(SHAPES, '[secret]').replace(BEARER, '$1 [secret]')
  }
  const field = (text: string): string => {
    const clean = scrub(text)
    return clean.length > MAX_FIELD ? `${clean.slice(0, MAX_FIELD)}…` : clean
  }
  const emit = (level: LogLevel, message: string, fields: LogFields = {}): void => {
    if (RANK[level] < RANK[options.level]) return
    const entry: Record<string, unknown> = { at: new Date(options.now()).toISOString(), level, message: field(message) }
    for (const [key, value] of Object.entries(fields)) entry[key] = typeof value === 'string' ? field(value) : value
    // JSON escapes C0 controls; bidirectional and C1 controls are left, so they go too.
    const line = `${JSON.stringify(entry).replace(/[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '?')}\n`
    options.write(line)
    for (const write of others) write(line)
  }
  return {
    debug: (message, fields) => emit('debug', message, fields),
    info: (message, fields) => emit('info', message, fields),
    warn: (message, fields) => emit('warn', message, fields),
    error: (message, fields) => emit('error', message, fields),
    hide: (secret) => {
      const value = secret.reveal()
      if (value.length < 8 || hidden.size >= MAX_HIDDEN) return
      hidden.add(value)
      // Some proxies say what they were sent in other letters. The last group of base64 depends on what follows, so it is left out.
      const bytes = Buffer.from(value)
      const base64 = bytes.subarray(0, bytes.length - (bytes.length % 3)).toString('base64')
      for (const spelling of [base64, base64.replaceAll('+', '-').replaceAll('/', '_'), bytes.toString('hex')]) {
        hidden.add(spelling)
      }
    },
    also: (write) => {
      others.add(write)
      return () => others.delete(write)
    },
    scrub,
  }
}
