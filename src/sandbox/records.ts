// What was received, for tests to look at: the newest requests with their headers, keys masked, and the hash of each body.
import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { maskKey } from './accounts.ts'
import type { VendorName } from './vendor.ts'

export type RequestRecord = {
  /** Counts up from one since the start or the last reset. */
  id: number
  /** ms epoch */
  receivedAt: number
  vendor: VendorName
  method: string
  /** With its query. */
  path: string
  /** Whose key was presented; absent for nobody's. */
  account?: string
  model?: string
  /** Of the answer; absent until there is one. */
  status?: number
  /** As received; of keys and cookies only the last four characters. */
  headers: Record<string, string>
  bodyBytes: number
  bodySha256: string
  /** Whether a fault rule met it. */
  faulted: boolean
  /** Whether the client went away before the end of the answer. */
  aborted: boolean
}

export type Records = {
  add(record: RequestRecord): void
  /** Oldest first. */
  list(): RequestRecord[]
  clear(): void
}

export const MOST_RECORDS = 10_000

/**
 * Keeps the newest records.
 * @param most how many
 */
export function createRecords(most = MOST_RECORDS): Records {
  let ring: RequestRecord[] = []
  let next = 0
  return {
    add(record) {
      ring[next] = record
      next = (next + 1) % most
    },
    list: () => (ring.length < most ? [...ring] : [...ring.slice(next), ...ring.slice(0, next)]),
    clear() {
      ring = []
      next = 0
    },
  }
}

const SECRET_HEADERS = /^(?:authorization|proxy-authorization|cookie|x-api-key|api-key|x-goog-api-key)$/

/** Headers fit for keeping: one text each, secrets masked. */
export function maskHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const text = Array.isArray(value) ? value.join(', ') : (value ?? '')
    found[name] = SECRET_HEADERS.test(name) ? maskKey(text) : text
  }
  return found
}

/** SHA-256 in hexadecimal. */
export function sha256(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex')
}
