// What a played vendor is made of: endpoints that read a request and write an answer, its way of signing in, its error bodies.
import type { IncomingHttpHeaders } from 'node:http'
import type { Account, Quota } from './accounts.ts'
import type { Ask, Turn } from './answer.ts'
import type { Call } from './call.ts'
import type { Reply } from './delivery.ts'
import type { JsonObject } from './json.ts'
import type { Logins } from './logins.ts'

export const VENDOR_NAMES = ['anthropic', 'openai', 'chatgpt', 'openrouter', 'google'] as const
export type VendorName = (typeof VENDOR_NAMES)[number]

/** A no, before it is put into the vendor's shape. */
export type Refusal = {
  status: number
  type: string
  message: string
  /** OpenAI's `code`, Anthropic's `details.error_code`. */
  code?: string
  param?: string
  retryAfterMs?: number
  /** What else stands in the error object. */
  more?: JsonObject
}

/** One way of asking a model. */
export type Dialect = {
  /** Checks a body as the vendor does. */
  read(body: JsonObject, headers: IncomingHttpHeaders): Ask | Refusal
  /** The whole answer, as JSON text. */
  json(turn: Turn): string
  /** The answer as server-sent events, one string each, blank line included. */
  events(turn: Turn): string[]
  /** A failure that arrives inside a stream that began well. @param sequence events sent before it */
  errorEvent(data: JsonObject, sequence: number): string
}

export type Vendor = {
  name: VendorName
  /** Paths below the origin that belong to it. */
  prefix: string
  models: readonly string[]
  /** By path below the prefix. */
  dialects: ReadonlyMap<string, Dialect>
  /**
   * For paths that name a model: the path as `dialects` has it, and what it says of the request, to be read beside the body; undefined for any other.
   */
  place?(path: string, query: string): { path: string; said: JsonObject } | undefined
  /** Everything else it answers, by path below the prefix: JSON text, a refusal, or undefined for an unknown path. */
  other(ask: OtherAsk): string | Refusal | undefined
  /** For doors that take no key: answers instead of all below; undefined for any other path. */
  serve?(call: Call): Reply | undefined
  /** The key as presented, whether right or wrong. */
  presentedKey(headers: IncomingHttpHeaders): string | undefined
  /** What the account of a caller is kept under, where that is not the key as presented. */
  accountKey?(headers: IncomingHttpHeaders, logins: Logins): string | undefined
  /** Whether the vendor lets this caller in. */
  admit(headers: IncomingHttpHeaders, account: Account | undefined): Refusal | undefined
  /** Headers on every answer, as a flat list of names and values. */
  headers(requestId: string, quota: Quota, now: number, account: Account | undefined): string[]
  /** The error object in the vendor's shape. */
  errorObject(refusal: Refusal, requestId: string): JsonObject
  /** What it says when the window is used up, where that is not its usual 429. */
  usedUp?(resetAt: number, now: number): Refusal
  /** What it says for a status when nobody told it more. */
  refusalFor(status: number): Refusal
  /** What stands for a preset of the fault menu here, where that is not as at OpenAI. */
  presets?: Readonly<Partial<Record<string, Refusal>>>
  refusals: { malformedJson: Refusal; wrongMethod(method: string, path: string): Refusal; tooLarge: Refusal }
  /** Retry headers of a refusal, flat. */
  retryHeaders(retryAfterMs: number): string[]
}

export type OtherAsk = { method: string; path: string; query: string; body: JsonObject | undefined }

/** Tells a refusal from an ask or a text. */
export function isRefusal(value: Ask | Refusal | string): value is Refusal {
  return typeof value === 'object' && 'status' in value
}
