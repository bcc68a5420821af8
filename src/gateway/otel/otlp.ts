// OTLP over HTTP in its JSON form (opentelemetry-proto 1.x): what a collector is sent. Numbers of 64 bits are texts, ids are hexadecimal.
import type { Histogram } from '../../core/histogram.ts'
import { VERSION } from '../../system/version.ts'

export type Attributes = Readonly<Record<string, string | number | undefined>>

export type Span = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  /** 1: within us, 3: a call of another server. */
  kind: 1 | 3
  /** ms epoch */
  startedAt: number
  endedAt: number
  attributes: Attributes
  /** Why it failed, if it did. */
  error?: string
}

export type Series = { attributes: Attributes; histogram: Histogram }
export type Metric = {
  name: string
  description: string
  unit: string
  bounds: readonly number[]
  series: readonly Series[]
}

const SCOPE = { name: 'keyclaw', version: VERSION }
const ERROR = 2
const CUMULATIVE = 2

function nanos(ms: number): string {
  return `${Math.round(ms)}000000`
}

function keyValues(attributes: Attributes): object[] {
  return Object.entries(attributes).flatMap(([key, value]): object[] => {
    if (value === undefined) return []
    if (typeof value === 'string') return [{ key, value: { stringValue: value } }]
    return [{ key, value: Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value } }]
  })
}

/** The body for `/v1/traces`. */
export function tracesBody(resource: Attributes, spans: readonly Span[]): string {
  const told = spans.map(({ traceId, spanId, parentSpanId, name, kind, startedAt, endedAt, attributes, error }) => ({
    ...{ traceId, spanId, name, kind },
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    startTimeUnixNano: nanos(startedAt),
    endTimeUnixNano: nanos(endedAt),
    attributes: keyValues(attributes),
    status: error === undefined ? {} : { code: ERROR, message: error },
  }))
  return JSON.stringify({
    resourceSpans: [{ resource: { attributes: keyValues(resource) }, scopeSpans: [{ scope: SCOPE, spans: told }] }],
  })
}

/** The body for `/v1/metrics`. @param since from when on they are counted, ms epoch @param at ms epoch */
export function metricsBody(resource: Attributes, metrics: readonly Metric[], since: number, at: number): string {
  const told = metrics.map(({ name, description, unit, bounds, series }) => ({
    ...{ name, description, unit },
    histogram: {
      aggregationTemporality: CUMULATIVE,
      dataPoints: series.map(({ attributes, histogram: { counts, sum, count } }) => ({
        attributes: keyValues(attributes),
        startTimeUnixNano: nanos(since),
        timeUnixNano: nanos(at),
        count: String(count),
        sum,
        bucketCounts: counts.map(String),
        explicitBounds: bounds,
      })),
    },
  }))
  return JSON.stringify({
    resourceMetrics: [
      { resource: { attributes: keyValues(resource) }, scopeMetrics: [{ scope: SCOPE, metrics: told }] },
    ],
  })
}
