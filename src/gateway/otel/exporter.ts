// Calls for an OpenTelemetry collector: gathered, sent behind, bounded. A collector that is away costs what it would have been told, and no call.
import { OTEL_REMEDY, type OtelSettings } from '../../core/otel-settings.ts'
import { OWN_HEADERS } from '../../providers/headers.ts'
import type { HearLine } from '../../store/ledger.ts'
import { ask } from '../../system/ask.ts'
import type { Transport } from '../../system/send.ts'
import type { System } from '../../system/system.ts'
import { VERSION } from '../../system/version.ts'
import { CallSeries, type Named, parentOf, spanOf } from './gen-ai.ts'
import { type Attributes, metricsBody, type Span, tracesBody } from './otlp.ts'

/** Spans wait for others so long, ms. */
const GATHER_MS = 5000
/** In one request. */
const MOST_SENT = 512
/** What waits for a collector; more is dropped, and counted. */
const MOST_WAITING = 4096
const TIMEOUT_MS = 10_000
/** At the end nobody waits longer for all of it than that. */
const LAST_TIMEOUT_MS = 2000
/** A collector that is away is asked again after so long, doubled up to the last, ms. */
const PAUSES_MS = [5000, 10_000, 20_000, 40_000, 60_000] as const
/** The log says so often at most that it is away, ms. */
const SAY_EVERY_MS = 5 * 60_000
/** The collector is busy, and may take the same later (OTLP, Failures). */
const LATER: ReadonlySet<number> = new Set([429, 502, 503, 504])

export type Exporter = {
  hear: HearLine
  /** Sends what is left, as far as the collector takes it in time. */
  close(): Promise<void>
}

export type ExporterParts = {
  system: System
  transport: Transport
  settings: OtelSettings
  /** What a line may be called before others. */
  nameOf(line: Parameters<HearLine>[0]): Named
  /** Spans of which something has become. */
  count(result: 'sent' | 'dropped', spans: number): void
  /** How long `close` waits for the collector in all, ms; absent: two seconds. */
  lastTimeoutMs?: number
}

/** Begins; nothing is sent before there is something. */
export function startExporter(parts: ExporterParts): Exporter {
  const { system, transport, settings, nameOf, count, lastTimeoutMs = LAST_TIMEOUT_MS } = parts
  const seed = Buffer.from(system.randomBytes(16)).toString('hex')
  const since = system.now()
  const resource: Attributes = {
    'service.name': settings.serviceName,
    'service.version': VERSION,
    'service.instance.id': system.uuid(),
  }
  const series = new CallSeries()
  let waiting: Span[] = []
  let pauses = 0
  let saidAt = Number.NEGATIVE_INFINITY
  let isClosed = false
  /** Ends what is under way when nobody waits for it any more. */
  const stop = new AbortController()
  let sending = Promise.resolve()
  let timer = settings.traces === undefined ? undefined : system.timer(GATHER_MS, tick)
  let clock = settings.metrics === undefined ? undefined : system.timer(settings.metricsEveryMs, tell)

  const drop = (spans: number): void => {
    if (spans > 0) count('dropped', spans)
  }
  const sayAway = (why: string): void => {
    const now = system.monotonic()
    if (now - saidAt < SAY_EVERY_MS) return
    saidAt = now
    system.log.warn('the OpenTelemetry collector does not take what it is told', { why, remedy: OTEL_REMEDY })
  }

  /** @returns whether it is settled, be it that the collector will never take it */
  const post = async (
    url: string,
    body: string,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<'taken' | 'refused' | 'later'> => {
    if (timeoutMs <= 0 || signal?.aborted === true) return 'later'
    const { origin, pathname, search } = new URL(url)
    const bytes = Buffer.from(body)
    const headers = [...OWN_HEADERS, 'content-type', 'application/json']
    const answer = await ask(
      transport,
      system.timer,
      {
        ...{ origin, reach: 'named', path: pathname + search, method: 'POST', body: [bytes] },
        headers: [...headers, ...settings.headers],
        ...{ firstByteMs: timeoutMs, idleMs: timeoutMs },
      },
      { timeoutMs, ...(signal === undefined ? {} : { signal }) },
    )
    if ('failure' in answer) {
      if (answer.failure.kind !== 'cancelled') sayAway(answer.failure.kind)
      return 'later'
    }
    if (answer.status >= 200 && answer.status < 300) return 'taken'
    sayAway(`status ${answer.status}`)
    return LATER.has(answer.status) ? 'later' : 'refused'
  }

  const sendSpans = async (timeLeft: () => number, signal?: AbortSignal): Promise<void> => {
    const url = settings.traces
    while (url !== undefined && waiting.length > 0) {
      const spans = waiting.slice(0, MOST_SENT)
      waiting = waiting.slice(MOST_SENT)
      const end = await post(url, tracesBody(resource, spans), timeLeft(), signal)
      if (end === 'later') {
        // The oldest go first when there is no room.
        waiting = [...spans, ...waiting]
        const over = Math.max(0, waiting.length - MOST_WAITING)
        waiting = waiting.slice(over)
        drop(over)
        pauses++
        return
      }
      pauses = 0
      if (end === 'taken') count('sent', spans.length)
      else drop(spans.length)
    }
  }
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    sending = sending.then(work).catch((error: unknown) => sayAway(error instanceof Error ? error.name : 'unknown'))
    return sending
  }
  function tick(): void {
    void inTurn(() => sendSpans(() => TIMEOUT_MS, stop.signal)).then(() => {
      if (isClosed) return
      const pauseMs = pauses === 0 ? GATHER_MS : (PAUSES_MS[Math.min(pauses, PAUSES_MS.length) - 1] ?? GATHER_MS)
      timer = system.timer(pauseMs, tick)
    })
  }
  const sendMetrics = async (timeoutMs: number, signal?: AbortSignal): Promise<void> => {
    const metrics = series.metrics()
    if (settings.metrics === undefined || metrics.length === 0) return
    await post(settings.metrics, metricsBody(resource, metrics, since, system.now()), timeoutMs, signal)
  }
  function tell(): void {
    void inTurn(() => sendMetrics(TIMEOUT_MS, stop.signal)).then(() => {
      if (!isClosed) clock = system.timer(settings.metricsEveryMs, tell)
    })
  }

  return {
    hear: (line, around) => {
      if (isClosed) return
      const named = nameOf(line)
      if (settings.metrics !== undefined) series.hear(line, around, named.model)
      if (settings.traces === undefined) return
      const parent = parentOf(around)
      if (parent === undefined ? !isDrawn(line.call, settings.sampleRate) : !parent.isSampled) return
      if (waiting.length >= MOST_WAITING) {
        drop(1)
        return
      }
      waiting.push(spanOf(line, around, named, seed))
    },
    close: async () => {
      isClosed = true
      timer?.cancel()
      clock?.cancel()
      // What is under way is sent anew, within the time of the end.
      stop.abort()
      const end = system.monotonic() + lastTimeoutMs
      const timeLeft = (): number => end - system.monotonic()
      await inTurn(() => sendSpans(timeLeft))
      await inTurn(() => sendMetrics(timeLeft()))
      drop(waiting.length)
      waiting = []
    },
  }
}

/** All attempts of a call are told, or none. */
function isDrawn(call: string, rate: number): boolean {
  return rate >= 1 || Number.parseInt(call.slice(-6), 16) / 0x1000000 < rate
}
