// What a vendor's prompt cache gave one turn, why it gave nothing, and what many turns come to.
import { HOUR_MS, LAST_INSTANT, MINUTE_MS } from './expiry.ts'
import type { ChatUsage } from './protocol.ts'

export type MissCause = 'first' | 'switched' | 'expired' | 'changed' | 'off' | 'unknown'
export type Miss = { cause: MissCause; why: string }

/** One turn of an agent's session, or one relayed call. Neither content nor secrets. */
export type CacheTurn = {
  /** When it was over, ms epoch. */
  at: number
  /** The key of the agent's session; of a relayed conversation a sign that means nothing beyond this process, or empty. */
  session: string
  isRelayed: boolean
  /** `provider/model` that answered. */
  model: string
  profile: string
  /** Tokens of the prompt: neither read nor written, read from the cache, written to it. */
  input: number
  cacheRead: number
  cacheWrite: number
  miss?: Miss
}

/** What is remembered of a conversation's last turn. */
export type LastTurn = { at: number; profile: string; model: string; prefix: number | undefined }

/** What most vendors keep at least, where the catalogue does not say, tokens. */
const LEAST_CACHED = 1024

/** Whether the cache had, or could have had, a part in the turn. @param least what the vendor of the model keeps at least, tokens */
export function concernsCache({ input, cacheRead, cacheWrite }: ChatUsage, least = LEAST_CACHED): boolean {
  return cacheRead > 0 || cacheWrite > 0 || input >= least
}

export type MissFacts = {
  turn: LastTurn
  usage: ChatUsage
  /** The turn before this one, as far as anybody remembers it. */
  before: LastTurn | undefined
  /** Why nothing could be cached, where nothing could. */
  off: string | undefined
  /** How long the vendor keeps what it was told to. */
  keptMs: number
  /** Why the profile of the turn before was left; asked only when it was. */
  whyLeft(profile: string): string
}

/** @returns undefined for a turn that was read from the cache */
export function missOf({ turn, usage, before, off, keptMs, whyLeft }: MissFacts): Miss | undefined {
  if (usage.cacheRead > 0) return undefined
  if (off !== undefined) return { cause: 'off', why: off }
  if (before === undefined) return { cause: 'first', why: 'the first turn of the conversation' }
  if (before.profile !== turn.profile)
    return { cause: 'switched', why: `${before.profile} served before: ${whyLeft(before.profile)}` }
  if (before.model !== turn.model) return { cause: 'changed', why: `${before.model} was asked before` }
  const silentMs = turn.at - before.at
  if (silentMs > keptMs) return { cause: 'expired', why: `${lengthText(silentMs)} after the turn before` }
  if (before.prefix !== turn.prefix) return { cause: 'changed', why: 'the prompt begins otherwise than before' }
  return { cause: 'unknown', why: 'the same account, model and beginning, and in time' }
}

function lengthText(ms: number): string {
  return ms < HOUR_MS ? `${Math.floor(ms / MINUTE_MS)}m` : `${Math.floor(ms / HOUR_MS)}h`
}

export type CacheTotals = {
  turns: number
  /** Turns that were read from the cache, in part at least. */
  hits: number
  input: number
  cacheRead: number
  cacheWrite: number
  /** Part of all tokens of prompts that was read from the cache, 0 to 1; null without any. */
  hitRatio: number | null
  misses: Record<MissCause, number>
}

export function totalsOf(turns: readonly CacheTurn[]): CacheTotals {
  const misses = { first: 0, switched: 0, expired: 0, changed: 0, off: 0, unknown: 0 }
  let [hits, input, cacheRead, cacheWrite] = [0, 0, 0, 0]
  for (const turn of turns) {
    input += turn.input
    cacheRead += turn.cacheRead
    cacheWrite += turn.cacheWrite
    if (turn.miss === undefined) hits++
    else misses[turn.miss.cause]++
  }
  const all = input + cacheRead + cacheWrite
  const hitRatio = all === 0 ? null : cacheRead / all
  return { turns: turns.length, hits, input, cacheRead, cacheWrite, hitRatio, misses }
}

const CAUSES: ReadonlySet<string> = new Set(['first', 'switched', 'expired', 'changed', 'off', 'unknown'])

/** A turn as it was written down. @returns undefined for what is none */
export function readCacheTurn(value: unknown): CacheTurn | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { at, session, isRelayed, model, profile, input, cacheRead, cacheWrite, miss } = value as Record<
    string,
    unknown
  >
  if (typeof at !== 'number' || typeof session !== 'string' || typeof model !== 'string') return undefined
  if (typeof profile !== 'string' || !isCount(input) || !isCount(cacheRead) || !isCount(cacheWrite)) return undefined
  if (!(Math.abs(at) <= LAST_INSTANT)) return undefined
  const turn = { at, session, isRelayed: isRelayed === true, model, profile, input, cacheRead, cacheWrite }
  const missed = readMiss(miss)
  return missed === undefined ? turn : { ...turn, miss: missed }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function readMiss(value: unknown): Miss | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { cause, why } = value as Record<string, unknown>
  // A cause that a later version knows is one that we do not.
  const known = typeof cause === 'string' && CAUSES.has(cause) ? (cause as MissCause) : 'unknown'
  return { cause: known, why: typeof why === 'string' ? why : '' }
}
