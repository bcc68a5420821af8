// OpenTelemetry: the section `diagnostics` of openclaw.json and the variables that its specification names, and what both come to.
import * as v from 'valibot'
import { byName, key, must, section } from './schema-parts.ts'

const Fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1))
const EveryMs = v.pipe(v.number(), v.integer(), v.minValue(1000), v.maxValue(86_400_000))

export const DiagnosticsSchema = section({
  enabled: key(v.boolean(), 'false: nothing is handed out, whatever stands below', { default: true }),
  otel: key(
    section({
      enabled: key(
        v.boolean(),
        'whether calls are told to an OpenTelemetry collector; without it only where `OTEL_EXPORTER_OTLP_ENDPOINT` is set',
      ),
      endpoint: key(v.string(), 'the collector, `http://…:4318`; goes before `OTEL_EXPORTER_OTLP_ENDPOINT`'),
      tracesEndpoint: key(v.string(), 'another address for traces, taken as it is'),
      metricsEndpoint: key(v.string(), 'another address for metrics, taken as it is'),
      protocol: key(
        v.string(),
        '`http/json` is what is spoken; `http/protobuf` collectors take it at the same address',
      ),
      headers: key(
        byName(must(v.string(), 'its value', { secret: true })),
        'headers for the collector, best as a `${VARIABLE}`',
        {
          each: 'name',
        },
      ),
      serviceName: key(v.string(), 'by which name the collector knows us', { default: 'openclaw-gateway' }),
      traces: key(v.boolean(), 'a span for each attempt of a call', { default: true }),
      metrics: key(v.boolean(), 'tokens and times of calls', { default: true }),
      sampleRate: key(
        Fraction,
        'which part of the traces is told, 0 to 1; those that a client began go by its own choice',
        {
          default: 1,
        },
      ),
      flushIntervalMs: key(EveryMs, 'how often metrics are told, in ms', { default: 60_000 }),
    }),
    'calls for an OpenTelemetry collector, by the GenAI conventions; neither content nor secrets',
  ),
})

export type Otel = v.InferOutput<typeof DiagnosticsSchema>

/** Where to, and what. */
export type OtelSettings = {
  traces: string | undefined
  metrics: string | undefined
  /** Name and value, flat; values may be secrets. */
  headers: readonly string[]
  serviceName: string
  sampleRate: number
  metricsEveryMs: number
}

/** Shows what is configured. */
export const OTEL_REMEDY = 'openclaw config get diagnostics.otel'

type Environment = Readonly<Record<string, string | undefined>>

const SPOKEN: ReadonlySet<string> = new Set(['http/json', 'http/protobuf'])
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]{1,128}$/
const HEADER_VALUE = /^[\t\x20-\x7e]{0,4096}$/

/**
 * What is to be told, and where.
 * @param hasMissing whether a variable that the section names is not set: then nothing is told
 * @returns undefined: nothing; a text: what is wrong, without any value
 */
export function otelSettings(
  { enabled, otel = {} }: Otel,
  env: Environment,
  hasMissing: boolean,
): OtelSettings | string | undefined {
  const named = filled(otel.endpoint) ?? filled(env.OTEL_EXPORTER_OTLP_ENDPOINT)
  const own = (mine: string | undefined, variable: string): string | undefined => filled(mine) ?? filled(env[variable])
  const traces = own(otel.tracesEndpoint, 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? below(named, '/v1/traces')
  const metrics = own(otel.metricsEndpoint, 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT') ?? below(named, '/v1/metrics')
  const isWanted =
    otel.enabled ??
    (filled(env.OTEL_EXPORTER_OTLP_ENDPOINT) ?? filled(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)) !== undefined
  if (!isWanted || enabled === false || env.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true') return undefined
  if (hasMissing) return 'a variable that diagnostics.otel names is not set'
  if (traces === undefined && metrics === undefined) return 'diagnostics.otel.endpoint is missing'
  for (const url of [traces, metrics])
    if (url !== undefined && !isAddress(url)) return 'the endpoint is no address that begins with https:// or http://'
  const headers = headersOf(otel.headers, env.OTEL_EXPORTER_OTLP_HEADERS)
  if (headers === undefined) return 'a header for the collector holds what no header may hold'
  const protocol = filled(otel.protocol) ?? filled(env.OTEL_EXPORTER_OTLP_PROTOCOL)
  if (protocol !== undefined && !SPOKEN.has(protocol))
    return 'its protocol is neither http/json nor http/protobuf (gRPC is not spoken): the collector is asked at its address for HTTP, usually port 4318'
  if (otelSecrets(headers).length > 0 && [traces, metrics].some((url) => url !== undefined && !isPrivate(url)))
    return 'a header holds a secret, which goes over https, or http on loopback, and the endpoint is neither'
  return {
    traces: otel.traces === false ? undefined : traces,
    metrics: otel.metrics === false ? undefined : metrics,
    headers,
    serviceName: filled(otel.serviceName) ?? filled(env.OTEL_SERVICE_NAME) ?? 'openclaw-gateway',
    sampleRate: otel.sampleRate ?? 1,
    metricsEveryMs: otel.flushIntervalMs ?? 60_000,
  }
}

/** Headers that are there to prove something. */
const SECRET_NAME = /auth|key|token|secret|passw|credential|cookie|dsn|honeycomb-team/
/** As long as a key, and without what joins words. */
const SECRET_SHAPE = /^(?=\D*\d)[\w+/=]{20,}$/

/**
 * What of the headers for a collector is to be written nowhere. A name that others may hear (of a tenant, a dataset, a service) is none: hidden, it
 * would be cut out of every text that happens to hold it.
 * @param headers name and value, flat
 */
export function otelSecrets(headers: readonly string[]): string[] {
  const secrets = new Set<string>()
  for (let at = 1; at < headers.length; at += 2) {
    const [name = '', value = ''] = [headers[at - 1], headers[at]]
    const words = value.split(' ')
    if (SECRET_NAME.test(name)) {
      secrets.add(value)
      // `Bearer …`: the first word is no secret.
      for (const word of words.slice(1)) secrets.add(word)
    } else for (const word of words) if (SECRET_SHAPE.test(word)) secrets.add(word)
  }
  return [...secrets]
}

/** Those of the config go before those of the variable, which are `name=value,name=value` with values in percent-encoding. */
function headersOf(own: Readonly<Record<string, string>> | undefined, text = ''): string[] | undefined {
  const headers = new Map<string, string>()
  for (const pair of text.split(',')) {
    const cut = pair.indexOf('=')
    if (cut > 0) headers.set(pair.slice(0, cut).trim().toLowerCase(), decoded(pair.slice(cut + 1).trim()))
  }
  for (const [name, value] of Object.entries(own ?? {})) headers.set(name.toLowerCase(), value)
  for (const [name, value] of headers) if (!HEADER_NAME.test(name) || !HEADER_VALUE.test(value)) return undefined
  return [...headers].flat()
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function below(base: string | undefined, path: string): string | undefined {
  return base === undefined ? undefined : `${base.replace(/\/$/, '')}${path}`
}

function isAddress(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
}

/** Nobody on the way hears what is sent there. @param url an address */
function isPrivate(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname)
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value.trim()
}
