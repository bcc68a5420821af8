// Header lists as they travel: flat, name and value alternating, so that nothing is built per header on the request path.
import type { RawHeaders } from '../system/send.ts'
import { VERSION } from '../system/version.ts'
import { MERGED_HEADERS } from './provider.ts'

/** Our own name on every request (D13); answers come uncompressed, so that usage can be read as they pass. */
export const OWN_HEADERS = ['user-agent', `keyclaw/${VERSION}`, 'accept-encoding', 'identity'] as const

/**
 * The client's headers, our name, and the signature; comma lists such as anthropic-beta are joined, not replaced.
 * @param headers lower-case names, flat
 */
export function signed(headers: readonly string[], signature: readonly string[]): string[] {
  const all = [...headers, ...OWN_HEADERS]
  for (let at = 0; at + 1 < signature.length; at += 2) {
    const name = signature[at] ?? ''
    const value = signature[at + 1] ?? ''
    const own = MERGED_HEADERS.has(name) ? indexOfName(all, name) : -1
    if (own < 0) all.push(name, value)
    else if (!(all[own + 1] ?? '').split(',').some((part) => part.trim() === value))
      all[own + 1] = `${all[own + 1]},${value}`
  }
  return all
}

function indexOfName(headers: readonly string[], name: string): number {
  for (let at = 0; at < headers.length; at += 2) if (headers[at] === name) return at
  return -1
}

/** Whether an answer has a header whose name begins so. @param prefix lower case, ending in a dash */
export function hasHeaderFrom(headers: RawHeaders, prefix: string): boolean {
  for (let at = 0; at + 1 < headers.length; at += 2) if (headers[at]?.startsWith(prefix)) return true
  return false
}

/** Name and value of each header of an answer. */
export function* pairsOf(headers: RawHeaders): Generator<readonly [string, string]> {
  for (let at = 0; at + 1 < headers.length; at += 2) {
    yield [headers[at] ?? '', headers[at + 1] ?? '']
  }
}

/** A header of an answer; the first one counts. @param name lower case */
export function headerOf(headers: RawHeaders, name: string): string | undefined {
  for (let at = 0; at + 1 < headers.length; at += 2) {
    if (headers[at] === name) return headers[at + 1]
  }
  return undefined
}
