// Headers of a vendor's answer on their way to the client: everything that is about the answer, nothing that is about a connection.
import type { RawHeaders } from '../../system/send.ts'

const DROPPED = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'set-cookie',
  'set-cookie2',
  'server',
  'alt-svc',
  'strict-transport-security',
  'clear-site-data',
  'x-openclaw-served-by',
  'x-openclaw-attempts',
  'x-openclaw-model',
  'x-openclaw-notice',
  'x-openclaw-trace',
  'x-openclaw-dialect',
])

const VISIBLE = /^[\x21-\x7e]+$/

/** What is said of an answer beside what the vendor said. */
export type Told = {
  /** Id of the profile, or of the other source. */
  servedBy: string
  attempts: number
  /** The model that answered, where it is another one than was asked for. */
  instead: string | undefined
  /** What the client is told of money, where there is something. */
  notice: string | undefined
  /** By which the ledger knows the call. */
  traceId: string | undefined
}

/** @returns a flat list for `writeHead` */
export function answerHeaders(
  status: number,
  raw: RawHeaders,
  { servedBy, attempts, instead, notice, traceId }: Told,
): string[] {
  const out: string[] = []
  let listed: readonly string[] = NONE
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? ''
    const value = raw[at + 1] ?? ''
    if (name === 'connection')
      listed = [
        ...listed,
        ...value
          .toLowerCase()
          .split(',')
          .map((part) => part.trim()),
      ]
    if (DROPPED.has(name) || name.startsWith('access-control-')) continue
    // A refusal may have been shortened on the way.
    if (name === 'content-length' && status >= 300) continue
    out.push(name, value)
  }
  const kept = listed === NONE ? out : without(out, listed)
  kept.push('x-openclaw-served-by', visible(servedBy))
  kept.push('x-openclaw-attempts', String(attempts))
  if (instead !== undefined) kept.push('x-openclaw-model', visible(instead))
  if (notice !== undefined) kept.push('x-openclaw-notice', readable(notice))
  if (traceId !== undefined) kept.push('x-openclaw-trace', traceId)
  return kept
}

const OF_BODY = new Set(['content-type', 'content-length', 'content-encoding'])

/**
 * The headers of an answer that is told in other words.
 * @param headers flat, of `answerHeaders`
 * @param dialect of the vendor
 * @param bytes of a whole answer; absent: of a stream
 */
export function translatedHeaders(headers: readonly string[], dialect: string | undefined, bytes?: number): string[] {
  const out: string[] = []
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? ''
    if (!OF_BODY.has(name)) out.push(name, headers[at + 1] ?? '')
  }
  if (bytes === undefined) out.push('content-type', 'text/event-stream')
  else out.push('content-type', 'application/json', 'content-length', String(bytes))
  if (dialect !== undefined) out.push('x-openclaw-dialect', dialect)
  return out
}

/** A sentence as a header takes it. */
export function readable(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, '?')
}

/** An id as a header takes it. */
export function visible(name: string): string {
  return VISIBLE.test(name) ? name : encodeURIComponent(name)
}

const NONE: readonly string[] = []

function without(headers: readonly string[], names: readonly string[]): string[] {
  const kept: string[] = []
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? ''
    // An answer without its length or type would be another answer.
    if (names.includes(name) && name !== 'content-length' && name !== 'content-type') continue
    kept.push(name, headers[at + 1] ?? '')
  }
  return kept
}
