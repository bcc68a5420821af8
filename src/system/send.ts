// Outgoing HTTP: one pool per origin, bytes in and bytes out, redirects never followed (D17), errors reduced to a kind so that no
// foreign text and no secret travels in them.
import type { LookupFunction } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import type { Dispatcher } from 'undici'
import Pool from 'undici/lib/dispatcher/pool.js'
import { Deadlines, type Wait } from './deadlines.ts'
import { checkHost, ForbiddenDestination, lookupWithin, type Reach } from './destination.ts'
import { codeOf } from './files.ts'

export type OutgoingRequest = {
  /** Scheme, host and port. */
  origin: string
  reach: Reach
  path: string
  method: 'GET' | 'POST'
  /** Flat list: name, value, name, value. */
  headers: readonly string[]
  body?: readonly Uint8Array[]
  bodyBytes?: number
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

/** Flat header list of the answer, as bytes came: name, value, name, value. */
export type RawHeaders = readonly Buffer[]

/** What is done with an answer; it hears nothing before `send` has returned. `data` returns false to have the vendor paused until `resume()`. */
export type Answer = {
  head(status: number, headers: RawHeaders, resume: () => void): void
  data(chunk: Uint8Array): boolean
  end(): void
  fail(failure: TransportFailure): void
}

export type Exchange = { abort(): void }

export type Transport = {
  send(request: OutgoingRequest, answer: Answer): Exchange
  /** Lets running exchanges end, then closes the pools. */
  close(): Promise<void>
}

/**
 * The work after which the engine compiles a part of the parser of answers (WebAssembly) a second time: its heart after some 150 answers instead of
 * one. That takes 200 ms of a core and keeps 10 MB of memory for good, which a gateway that answers now and then would never earn back. A
 * larger budget would keep the small parts slow for tens of thousands of answers, which a busy one feels.
 */
const PARSER_BUDGET = 400_000_000
/** Engines that know the flag; one that does not would complain on stderr. */
const NEWEST_WITH_BUDGET = 26

const CONNECT_MS = 10_000
const KEEP_ALIVE_MS = 30_000

class Cancelled extends Error {}
class TooLate extends Error {}

/**
 * The real network.
 * @param options.lookup how names become addresses; the system's way unless a test has its own
 */
export function createTransport(options: { lookup?: LookupFunction } = {}): Transport {
  // Read when the parser is first loaded, with the first connection; nothing else of this program is WebAssembly.
  if (Number.parseInt(process.versions.node, 10) <= NEWEST_WITH_BUDGET)
    setFlagsFromString(`--wasm-tiering-budget=${PARSER_BUDGET}`)
  // As many as base URLs have been configured while this process ran.
  const pools: Record<Reach, Map<string, Pool>> = { public: new Map(), named: new Map() }
  const poolOf = ({ origin, reach }: OutgoingRequest): Pool => {
    const known = pools[reach].get(origin)
    if (known !== undefined) return known
    checkHost(new URL(origin).hostname)
    const made = new Pool(origin, {
      connect: { timeout: CONNECT_MS, noDelay: true, lookup: lookupWithin(reach, options.lookup) },
      keepAliveTimeout: KEEP_ALIVE_MS,
      pipelining: 1,
    })
    pools[reach].set(origin, made)
    return made
  }
  return {
    send: (request, answer) => {
      let pool: Pool
      try {
        pool = poolOf(request)
      } catch (error) {
        const kind = kindOf(error as Error)
        queueMicrotask(() => answer.fail({ kind, answered: false }))
        return { abort: () => undefined }
      }
      return start(pool, request, answer)
    },
    close: async () => {
      await Promise.all([...pools.public.values(), ...pools.named.values()].map((pool) => pool.close()))
    },
  }
}

/**
 * The pool whose answer is just over. Who asks it again at once, as another account does after a refusal, would find its connection taken and
 * open another one; a moment later the same one serves, and over TLS that is worth two round trips.
 */
let ending: Pool | undefined

/** Of first bytes. */
const deadlines = new Deadlines()

function start(pool: Pool, request: OutgoingRequest, answer: Answer): Exchange {
  let abort: ((error: Error) => void) | undefined
  let cancelled = false
  let answered = false
  let over = false
  let isStarting = true
  // The pool's own timers are good to a second, which a caller would wait longer for every vendor that hangs.
  let patience: Wait | undefined
  const body = request.body
  // The pool would keep it to itself, and whoever waits for the answer would wait for ever.
  const mistaken = (mistake: unknown): void => {
    over = true
    answer.fail({ kind: 'malformed', answered, mistake })
    abort?.(new Cancelled())
  }
  const handler: Dispatcher.DispatchHandler = {
    onConnect: (stop) => {
      abort = stop as (error: Error) => void
      patience?.end()
      if (cancelled) abort(new Cancelled())
      else patience = deadlines.wait(request.firstByteMs, () => abort?.(new TooLate()))
    },
    // Silence begins when the vendor has heard the question; a long one may take its time on the way.
    onBodySent: () => {
      if (!answered && !over) patience?.restart(request.firstByteMs)
    },
    onHeaders: (status, headers, resume) => {
      // 1xx answers announce, they are not the answer.
      if (status < 200) return true
      answered = true
      patience?.end()
      try {
        answer.head(status, headers as Buffer[], resume)
      } catch (error) {
        mistaken(error)
      }
      return true
    },
    onData: (chunk) => {
      try {
        return answer.data(chunk)
      } catch (error) {
        mistaken(error)
        return true
      }
    },
    onComplete: () => {
      over = true
      ending = pool
      try {
        answer.end()
      } catch (error) {
        mistaken(error)
      } finally {
        ending = undefined
      }
    },
    onError: (error) => {
      patience?.end()
      if (over) return
      over = true
      const failure = { kind: kindOf(error), answered }
      if (isStarting) queueMicrotask(() => answer.fail(failure))
      else answer.fail(failure)
    },
  }
  const dispatch = (): void => {
    pool.dispatch(
      {
        origin: request.origin,
        path: request.path,
        method: request.method,
        headers: request.headers as string[],
        body: (body === undefined ? null : body.length === 1 ? body[0] : body) as Dispatcher.DispatchOptions['body'],
        headersTimeout: 0,
        bodyTimeout: request.idleMs,
      } as Dispatcher.DispatchOptions,
      handler,
    )
  }
  // The pool lets a connection go with an immediate of its own, which it asks for when this has returned.
  if (ending === pool && pool.stats.free === 0) queueMicrotask(() => setImmediate(dispatch))
  else dispatch()
  isStarting = false
  return {
    abort: () => {
      if (over || cancelled) return
      cancelled = true
      abort?.(new Cancelled())
    },
  }
}

const KINDS: Readonly<Record<string, TransportFailure['kind']>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENETDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_INVALID_ARG: 'malformed',
  UND_ERR_HEADERS_OVERFLOW: 'malformed',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'malformed',
}

function kindOf(error: Error): TransportFailure['kind'] {
  if (error instanceof Cancelled) return 'cancelled'
  if (error instanceof TooLate) return 'timeout'
  if (error instanceof ForbiddenDestination) return 'forbidden'
  const code = codeOf(error)
  const known = KINDS[code]
  if (known !== undefined) return known
  if (code.startsWith('HPE_') || error.name === 'HTTPParserError') return 'malformed'
  if (code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL') || code.includes('CERT')) return 'tls'
  return 'reset'
}
