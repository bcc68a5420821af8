// Prompt-cache retention: what is asked for, what the credential of this very request may have (D4), and where the marks go. Only for requests
// of our own making, and those that we translate from dialects that know no marks; any other request of a client is the client's.
import type { CredentialKind } from './credential.ts'
import { formatRef, type ModelRef } from './model-ref.ts'

/** Nothing, five minutes, an hour. */
export type Retention = 'none' | 'short' | 'long'

/** As the config has it, in `params` of a model. */
export type CacheParams = { cacheRetention?: string | undefined; cacheControlTtl?: string | undefined }

export type CacheDecision = {
  /** What a request gets. */
  retention: Retention
  why: string
}

const RETENTIONS: ReadonlySet<string> = new Set(['none', 'short', 'long'])

/** The header that vendors asked for before the hour was everybody's; they still take it, and old proxies want it. */
export const HOUR_BETA = 'extended-cache-ttl-2025-04-11'

/** @returns what a person asked for; values that mean nothing are passed over, as the reference does */
export function askedRetention({ cacheRetention, cacheControlTtl }: CacheParams): Retention | undefined {
  if (cacheRetention !== undefined && isRetention(cacheRetention)) return cacheRetention
  return cacheControlTtl === '5m' ? 'short' : cacheControlTtl === '1h' ? 'long' : undefined
}

function isRetention(text: string): text is Retention {
  return RETENTIONS.has(text)
}

/** The provider whose keys are cached for without being asked. */
const CACHED_BY_DEFAULT = 'anthropic'
/** Vendors that cache by themselves, and find the cache sooner by a key of the conversation. Others refuse what they do not know. */
const KEYED: ReadonlySet<string> = new Set(['openai', 'openai-codex'])

/** Whether the provider speaks Anthropic's dialect, in which marks are written. */
export function takesMarks(provider: string, api: string | undefined): boolean {
  return provider === CACHED_BY_DEFAULT || api === 'anthropic-messages'
}

/**
 * What a turn of ours gets, whatever address the provider has.
 * @param by whose credential signs; `api` is what the config says of the provider's dialect
 */
export function retentionFor(
  asked: Retention | undefined,
  { provider, kind, api }: { provider: string; kind: CredentialKind | 'unknown'; api?: string | undefined },
): CacheDecision {
  if (!takesMarks(provider, api)) {
    const why = KEYED.has(provider) ? 'this vendor caches by itself' : 'this vendor takes no cache settings'
    return { retention: 'none', why }
  }
  if (kind !== 'api_key') return { retention: 'none', why: 'a subscription takes no cache settings' }
  if (asked !== undefined) return { retention: asked, why: 'as configured' }
  return provider === CACHED_BY_DEFAULT
    ? { retention: 'short', why: 'the default of API keys' }
    : { retention: 'none', why: 'nothing is configured' }
}

/** The same, read from the config, with what was asked for. */
export type CacheReport = CacheDecision & { model: string; asked: Retention | null }

/**
 * @param kind of the credential that would sign
 * @returns null where nothing is asked for and nothing could be given, and where nobody would sign
 */
export function cacheReport(
  { asked, api }: { asked: Retention | undefined; api: string | undefined },
  ref: ModelRef,
  kind: CredentialKind | 'unknown' | undefined,
): CacheReport | null {
  if (kind === undefined || (asked === undefined && !takesMarks(ref.provider, api))) return null
  return { model: formatRef(ref), asked: asked ?? null, ...retentionFor(asked, { provider: ref.provider, kind, api }) }
}

/** Whether a turn names its conversation to the vendor's own cache. */
export function takesCacheKey(provider: string, asked: Retention | undefined): boolean {
  return KEYED.has(provider) && asked !== 'none'
}

export type Mark = { type: 'ephemeral'; ttl?: '1h' }

/** The mark itself; all marks of a request are alike, so that no hour stands behind five minutes, which the vendor refuses. */
export function markFor(retention: Retention): Mark | undefined {
  if (retention === 'none') return undefined
  return retention === 'long' ? { type: 'ephemeral', ttl: '1h' } : { type: 'ephemeral' }
}

/** How a request is built: numbers of blocks. */
export type Shape = {
  tools: number
  /** Blocks of the system prompt that are the same in every turn; what changes stands behind them. */
  stableSystem: number
  /** Of each message. */
  messages: readonly number[]
  /** The first message that was not in the request before; without one before, 0. */
  firstNew: number
}

export type Place =
  | { in: 'tools'; block: number }
  | { in: 'system'; block: number }
  | { in: 'messages'; message: number; block: number }

const MOST_MARKS = 4
/** The vendor looks this far back for what it knows, less some to be sure. */
const REACH_BLOCKS = 15

/**
 * Where marks go, in the order of the prompt: the end of what never changes, the end of the newest message, and between them where the turn
 * has added more than the vendor looks back. At most four.
 */
export function markPlaces(shape: Shape): Place[] {
  const places: Place[] = []
  // Tools stand before the system prompt, and are covered by its mark.
  if (shape.stableSystem > 0) places.push({ in: 'system', block: shape.stableSystem - 1 })
  else if (shape.tools > 0) places.push({ in: 'tools', block: shape.tools - 1 })
  const added = shape.messages.flatMap((blocks, message): Place[] =>
    message < shape.firstNew ? [] : Array.from({ length: blocks }, (_, block) => ({ in: 'messages', message, block })),
  )
  const last = added.at(-1)
  if (last === undefined) return places
  const between: Place[] = []
  for (
    let at = REACH_BLOCKS - 1;
    at < added.length - 1 && places.length + between.length < MOST_MARKS - 1;
    at += REACH_BLOCKS
  ) {
    const place = added[at]
    if (place !== undefined) between.push(place)
  }
  return [...places, ...between, last]
}
