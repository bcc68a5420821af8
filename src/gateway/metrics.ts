// Counters in the Prometheus text format. Labels come from our own tables only, so that no caller can make series (cardinality).
import type { ProcessFigures } from '../system/load.ts'
import type { System } from '../system/system.ts'
import { CallMetrics } from './call-metrics.ts'
import { newPage } from './metrics-page.ts'

type Kind = 'counter' | 'gauge' | 'histogram'

const ABOUT: Readonly<Record<string, readonly [Kind, string]>> = {
  keyclaw_requests_total: ['counter', 'Requests by route and class of status.'],
  keyclaw_calls_total: ['counter', 'Calls of clients by provider and how they ended.'],
  keyclaw_attempts_total: [
    'counter',
    'Accounts asked, of clients and chats alike, by how it went; profile="none": nobody was left to ask.',
  ],
  keyclaw_failures_total: ['counter', 'Attempts that failed, by what was wrong.'],
  keyclaw_tokens_total: [
    'counter',
    'Tokens, as vendors report them; those read from and written to a prompt cache are not among the input.',
  ],
  keyclaw_cost_usd_total: ['counter', 'What was billed by use, in US dollars, where the price is known.'],
  keyclaw_first_byte_seconds: ['histogram', 'From sending to the head of the answer.'],
  keyclaw_attempt_seconds: ['histogram', 'From sending to the end of the answer.'],
  keyclaw_profile_rest_seconds: [
    'gauge',
    'How long a profile rests from now on, by agent and kind of rest; absent: it does not.',
  ],
  keyclaw_spend_today_usd: [
    'gauge',
    'What calls have cost today, UTC, of all processes of this state directory; only where there is a cap.',
  ],
  keyclaw_spend_cap_usd: ['gauge', 'The cap of a day (auth.spend.capUsdPerDay).'],
  keyclaw_otel_spans_total: ['counter', 'Spans that the OpenTelemetry collector took, or was not there for.'],
  keyclaw_refused_total: ['counter', 'Requests refused before a route was reached, by reason.'],
  keyclaw_calls_open: ['gauge', 'Calls under way.'],
  keyclaw_calls_waiting: ['gauge', 'Calls held until an account is back.'],
  keyclaw_waits_total: ['counter', 'Times that a call was held until an account was back.'],
  keyclaw_websockets_open: ['gauge', 'WebSocket clients.'],
  keyclaw_event_loop_lag_seconds: ['gauge', 'Delay of the event loop, 99th percentile since the last look.'],
  process_resident_memory_bytes: ['gauge', 'Resident memory.'],
  process_heap_bytes: ['gauge', 'Heap in use.'],
  process_cpu_seconds_total: ['counter', 'CPU time.'],
  process_uptime_seconds: ['gauge', 'Time since start.'],
}

/** More series than our tables can make would be a mistake of ours; it must not cost memory. */
const MAX_SERIES = 2000

/** The next call of the same caller may be there already; what is done behind the last ones lets it pass, ms. */
const BEHIND_MS = 20
/** What is not done keeps the bytes that it is done with. */
const MOST_UNDONE = 64

type Counter = { value: number }
type End = 'served' | 'refused' | 'broken' | 'cancelled'

/** A series of a gauge that is asked when the page is: its labels, as `labelText` writes them, and its value. */
export type Gauge = readonly [name: string, labels: string, value: number]

export class Metrics {
  readonly #series = new Map<string, Map<string, Counter>>()
  /** Counters of the busiest families by what names them, so that no label is written anew on every call. */
  readonly #requests = new Map<string, Counter[]>()
  readonly #calls = new Map<string, Partial<Record<End, Counter>>>()
  /** What the ledger comes to. */
  readonly calls: CallMetrics
  /** What is to be done of answers that are over. */
  #undone: (() => void)[] = []
  #count = 0
  readonly #timer: System['timer']

  /** @param isListed whether a `provider/model` is one of the config or of the catalogue */
  constructor(system: Pick<System, 'timer' | 'fingerprint'>, isListed: (model: string) => boolean = () => false) {
    this.#timer = system.timer
    this.calls = new CallMetrics(system, isListed)
  }

  /** One request of a listed route was answered. */
  request(route: string, status: number): void {
    const kind = Math.floor(status / 100)
    let counters = this.#requests.get(route)
    if (counters === undefined) {
      counters = []
      this.#requests.set(route, counters)
    }
    counters[kind] ??= this.#counter('keyclaw_requests_total', `route="${route}",status="${kind}xx"`)
    counters[kind].value++
  }

  refused(reason: string): void {
    this.#counter('keyclaw_refused_total', `reason="${reason}"`).value++
  }

  /** @param provider an id from the registry, or `other` */
  call(provider: string, end: End): void {
    let ends = this.#calls.get(provider)
    if (ends === undefined) {
      ends = {}
      this.#calls.set(provider, ends)
    }
    ends[end] ??= this.#counter('keyclaw_calls_total', `provider="${provider}",end="${end}"`)
    ends[end].value++
  }

  /** What became of spans for the OpenTelemetry collector. */
  told(result: 'sent' | 'dropped', spans: number): void {
    this.#counter('keyclaw_otel_spans_total', `result="${result}"`).value += spans
  }

  /** @param work done a moment later, or when the page is asked for: nobody waits for it */
  behind(work: () => void): void {
    const count = this.#undone.push(work)
    if (count === 1) this.#timer(BEHIND_MS, () => this.settle())
    else if (count >= MOST_UNDONE) this.settle()
  }

  /** Does what is left to do of the last answers. */
  settle(): void {
    const undone = this.#undone
    this.#undone = []
    for (const work of undone) work()
  }

  #counter(name: string, labels: string): Counter {
    let family = this.#series.get(name)
    if (family === undefined) {
      family = new Map()
      this.#series.set(name, family)
    }
    const known = family.get(labels)
    if (known !== undefined) return known
    const made = { value: 0 }
    if (this.#count++ < MAX_SERIES) family.set(labels, made)
    return made
  }

  /** The page at /metrics. @param now.gauges series of one name one behind the other */
  render(now: {
    calls: number
    waits: { open: number; total: number }
    webSockets: number
    lagMs: number
    process: ProcessFigures
    gauges?: readonly Gauge[]
  }): string {
    this.settle()
    const page = newPage(ABOUT)
    for (const [name, family] of this.#series) {
      const own = page.family(name)
      for (const [labels, { value }] of family) own.value(labels, value)
    }
    this.calls.render(page)
    const gauges: Gauge[] = [
      ...(now.gauges ?? []),
      ['keyclaw_calls_open', '', now.calls],
      ['keyclaw_calls_waiting', '', now.waits.open],
      ['keyclaw_waits_total', '', now.waits.total],
      ['keyclaw_websockets_open', '', now.webSockets],
      ['keyclaw_event_loop_lag_seconds', '', now.lagMs / 1000],
      ['process_resident_memory_bytes', '', now.process.residentBytes],
      ['process_heap_bytes', '', now.process.heapBytes],
      ['process_cpu_seconds_total', '', now.process.cpuSeconds],
      ['process_uptime_seconds', '', now.process.uptimeSeconds],
    ]
    for (const name of new Set(gauges.map(([one]) => one))) {
      const own = page.family(name)
      for (const [other, labels, value] of gauges) if (other === name) own.value(labels, value)
    }
    return page.text()
  }
}
