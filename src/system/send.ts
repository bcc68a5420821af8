// Outgoing HTTP/1.1: kept connections, bytes in and bytes out, redirects never followed (D17), errors reduced to a kind so that no foreign text
// and no secret travels in them.
import type { LookupFunction } from 'node:net'
import { isFieldName, isFieldValue } from './answer-head.ts'
import type { Question } from './connection.ts'
import { ForbiddenDestination, type Reach } from './destination.ts'
import { Origin } from './origin.ts'

export type OutgoingRequest = {
  /** Scheme, host and port. */
  origin: string
  reach: Reach
  path: string
  method: 'GET' | 'POST'
  /** Flat list: name in lower case, value. Lengths and what is about a connection are not for the caller to say. */
  headers: readonly string[]
  body?: readonly Uint8Array[]
  /** Until there is a connection, ms; absent: 10 s. */
  connectMs?: number
  /** To the first byte of the answer, ms. */
  firstByteMs: number
  /** Between two pieces of the answer, ms. */
  idleMs: number
}

export type TransportFailure = {
  kind: 'refused' | 'unreachable' | 'forbidden' | 'timeout' | 'reset' | 'tls' | 'cancelled' | 'malformed'
  /** Bytes of an answer had come before. */
  answered: boolean
  /** What our own code threw over the answer; nobody else hears of it. */
  mistake?: unknown
}

/** Flat list of an answer's headers: name in lower case, value; one character for each byte (latin1), none of them a control but the tab. */
export type RawHeaders = readonly string[]

/**
 * What is done with an answer; it hears nothing before `send` has returned. `data` returns false to have the vendor paused until `resume()`; what
 * has been read by then still comes.
 */
export type Answer = {
  head(status: number, headers: RawHeaders, resume: () => void): void
  data(chunk: Uint8Array): boolean
  end(): void
  fail(failure: TransportFailure): void
}

export type Exchange = { abort(): void }

export type Transport = {
  send(request: OutgoingRequest, answer: Answer): Exchange
  /** Lets running exchanges end, and their connections with them; to be asked no more. */
  close(): Promise<void>
}

/**
 * The real network.
 * @param options.lookup how names become addresses; the system's way unless a test has its own
 */
export function createTransport(options: { lookup?: LookupFunction } = {}): Transport {
  // As many as base URLs have been configured while this process ran.
  const origins: Record<Reach, Map<string, Origin>> = { public: new Map(), named: new Map() }
  const originOf = ({ origin, reach }: OutgoingRequest): Origin => {
    const known = origins[reach].get(origin)
    if (known !== undefined) return known
    const made = new Origin(origin, reach, options.lookup)
    origins[reach].set(origin, made)
    return made
  }
  return {
    send: (request, answer) => {
      try {
        const origin = originOf(request)
        const question = questionOf(request, origin)
        origin.take().ask(question, answer)
        return { abort: () => question.on?.abort(question) }
      } catch (error) {
        const kind = error instanceof ForbiddenDestination ? 'forbidden' : 'malformed'
        queueMicrotask(() => answer.fail({ kind, answered: false }))
        return { abort: () => undefined }
      }
    },
    close: async () => {
      const all = [...origins.public.values(), ...origins.named.values()]
      await Promise.all(all.map((origin) => origin.close()))
    },
  }
}

const CONNECT_MS = 10_000

/** Said by us, of what is sent. */
const OURS = new Set(['host', 'content-length'])
/** Would change where a question ends, or what a connection is (RFC 9112, 6 and 9). */
const NEVER = new Set(['connection', 'keep-alive', 'transfer-encoding', 'trailer', 'te', 'upgrade', 'expect'])
const PATH = /^\/[\x21-\x7e\x80-\xff]*$/

/** @throws TypeError for what would not be one question in the bytes of HTTP */
function questionOf(request: OutgoingRequest, { lines }: Origin): Question {
  const { method, path, headers, body = [], connectMs = CONNECT_MS, firstByteMs, idleMs } = request
  if (!PATH.test(path)) throw new TypeError('path')
  let head = `${method} ${path} HTTP/1.1\r\n${lines}`
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] as string
    const value = headers[at + 1] as string
    if (!isSent(name)) continue
    if (!isFieldValue(value)) throw new TypeError('value')
    head += `${name}: ${value}\r\n`
  }
  let bodyBytes = 0
  for (const piece of body) bodyBytes += piece.byteLength
  if (bodyBytes > 0 || method === 'POST') head += `content-length: ${bodyBytes}\r\n`
  return { head: `${head}\r\n`, body, bodyBytes, connectMs, firstByteMs, idleMs }
}

/** Names that have been looked at, and whether they are sent: callers use a few dozen. */
const NAMES = new Map<string, boolean>()
const MOST_NAMES = 256

function isSent(name: string): boolean {
  const known = NAMES.get(name)
  if (known !== undefined) return known
  if (!isFieldName(name) || NEVER.has(name)) throw new TypeError('name')
  const sent = !OURS.has(name)
  if (NAMES.size < MOST_NAMES) NAMES.set(name, sent)
  return sent
}
