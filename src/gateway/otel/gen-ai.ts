// A line of the ledger by OpenTelemetry's conventions for generative AI: a span for each attempt, and counts of tokens and times. Who spoke and what
// was said is in neither.
import { CALL_SECONDS, CALL_TOKENS, type Histogram, newHistogram, observe } from '../../core/histogram.ts'
import type { LedgerLine } from '../../core/ledger.ts'
import type { Around } from '../../store/ledger.ts'
import type { Attributes, Metric, Series, Span } from './otlp.ts'

/** What the conventions call vendors, where it is not as we do. */
const PROVIDERS: Readonly<Record<string, string>> = {
  'openai-codex': 'openai',
  google: 'gcp.gemini',
  xai: 'x_ai',
  mistral: 'mistral_ai',
  moonshot: 'moonshot_ai',
}
const OPERATIONS: Readonly<Record<string, string>> = {
  generate_content: 'generate_content',
  count_tokens: 'count_tokens',
  count_content: 'count_tokens',
  models: 'list_models',
}

/** Labels of a line: as monitors may see them. */
export type Named = { profile: string; model: string }

/** `<version>-<trace>-<span>-<flags>`, W3C Trace Context. */
const PARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/

/** Whose child the attempt is, if its client said so, and whether the client wants it told. */
export function parentOf({ traceParent }: Around): { traceId: string; spanId: string; isSampled: boolean } | undefined {
  const [, traceId, spanId, flags = '00'] = PARENT.exec(traceParent?.trim().toLowerCase() ?? '') ?? []
  if (traceId === undefined || spanId === undefined) return undefined
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

const DIGITS = /^c([0-9a-f]{9})$/

/**
 * The span of an attempt. The ids are made of the call's own, so that all attempts of a call are in one trace, and a person finds it by `x-openclaw-trace`.
 * @param seed 32 hexadecimal digits of this process
 */
export function spanOf(line: LedgerLine, around: Around, named: Named, seed: string): Span {
  const { call, attempt, at, ms, tokens, profile, status, cost } = line
  const digits = DIGITS.exec(call)?.[1] ?? '000000000'
  const parent = parentOf(around)
  const operation = OPERATIONS[line.endpoint] ?? 'chat'
  const failed = errorOf(line)
  return {
    traceId: parent?.traceId ?? `${seed.slice(0, 23)}${digits}`,
    spanId: `${seed.slice(23, 28)}${digits}${(attempt % 256).toString(16).padStart(2, '0')}`,
    ...(parent === undefined ? {} : { parentSpanId: parent.spanId }),
    name: `${operation} ${named.model}`,
    kind: profile === undefined ? 1 : 3,
    startedAt: at,
    endedAt: at + ms,
    attributes: {
      ...common(line, around, named.model),
      'http.response.status_code': profile === undefined ? undefined : status,
      'gen_ai.usage.input_tokens':
        tokens === undefined ? undefined : tokens.input + tokens.cacheRead + tokens.cacheWrite,
      'gen_ai.usage.output_tokens': tokens?.output,
      'gen_ai.usage.cache_read.input_tokens': tokens?.cacheRead,
      'gen_ai.usage.cache_creation.input_tokens': tokens?.cacheWrite,
      'keyclaw.call': call,
      'keyclaw.attempt': attempt,
      'keyclaw.outcome': line.outcome,
      'keyclaw.face': line.face,
      'keyclaw.agent': line.agent,
      'keyclaw.profile': profile === undefined ? undefined : named.profile,
      'keyclaw.first_byte_ms': line.firstByteMs,
      'keyclaw.cost_usd': cost,
    },
    ...(failed === undefined ? {} : { error: failed }),
  }
}

function errorOf({ outcome, class: failure, profile }: LedgerLine): string | undefined {
  if (outcome === 'served') return undefined
  if (outcome === 'aborted') return failure ?? 'cancelled'
  return failure ?? (profile === undefined ? 'no_account' : '_OTHER')
}

function common(line: LedgerLine, { origin }: Around, model: string): Attributes {
  const { model: ref, endpoint } = line
  const provider = ref.includes('/') ? ref.slice(0, ref.indexOf('/')) : ref
  const server = origin !== undefined && URL.canParse(origin) ? new URL(origin) : undefined
  const port = server === undefined ? undefined : Number(server.port || (server.protocol === 'https:' ? 443 : 80))
  return {
    'gen_ai.operation.name': OPERATIONS[endpoint] ?? 'chat',
    'gen_ai.provider.name': PROVIDERS[provider] ?? provider,
    'gen_ai.request.model': model,
    'server.address': server?.hostname,
    'server.port': port,
    'error.type': errorOf(line),
  }
}

/** Series beyond that are not begun: the labels are bounded already. */
const MOST_SERIES = 1000

/** Tokens and times since the start. */
export class CallSeries {
  readonly #tokens = new Map<string, Series>()
  readonly #seconds = new Map<string, Series>()

  /** @param model as a monitor may see it: no caller makes series */
  hear(line: LedgerLine, around: Around, model: string): void {
    if (line.profile === undefined) return
    const attributes = common(line, around, model)
    const seconds = seriesIn(this.#seconds, attributes, CALL_SECONDS)
    if (seconds !== undefined) observe(seconds, CALL_SECONDS, line.ms / 1000)
    const { tokens } = line
    if (tokens === undefined) return
    const { 'error.type': _, ...plain } = attributes
    const counts = { input: tokens.input + tokens.cacheRead + tokens.cacheWrite, output: tokens.output }
    for (const [kind, count] of Object.entries(counts)) {
      const series = seriesIn(this.#tokens, { ...plain, 'gen_ai.token.type': kind }, CALL_TOKENS)
      if (series !== undefined) observe(series, CALL_TOKENS, count)
    }
  }

  metrics(): Metric[] {
    return [
      {
        ...{ name: 'gen_ai.client.operation.duration', description: 'GenAI operation duration.', unit: 's' },
        ...{ bounds: CALL_SECONDS, series: [...this.#seconds.values()] },
      },
      {
        ...{
          name: 'gen_ai.client.token.usage',
          description: 'Number of input and output tokens used.',
          unit: '{token}',
        },
        ...{ bounds: CALL_TOKENS, series: [...this.#tokens.values()] },
      },
    ].filter(({ series }) => series.length > 0)
  }
}

function seriesIn(all: Map<string, Series>, attributes: Attributes, bounds: readonly number[]): Histogram | undefined {
  const name = JSON.stringify(attributes)
  const known = all.get(name)
  if (known !== undefined) return known.histogram
  if (all.size >= MOST_SERIES) return undefined
  const made = { attributes, histogram: newHistogram(bounds) }
  all.set(name, made)
  return made.histogram
}
