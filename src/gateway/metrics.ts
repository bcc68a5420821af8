// Counters in the Prometheus text format. Labels come from our own tables only, so that no caller can make series (cardinality).
import type { ChatUsage } from '../core/protocol.ts'
import type { ProcessFigures } from '../system/load.ts'
import type { System } from '../system/system.ts'

type Kind = 'counter' | 'gauge'

const ABOUT: Readonly<Record<string, [Kind, string]>> = {
  keyclaw_requests_total: ['counter', 'Requests by route and class of status.'],
  keyclaw_calls_total: ['counter', 'Calls to vendors by provider and how they ended.'],
  keyclaw_attempts_total: [
    'counter',
    'Profiles asked, by provider; more than calls means that some were stepped over.',
  ],
  keyclaw_tokens_total: ['counter', 'Tokens by provider and direction, as vendors report them.'],
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

/** The next call of the same caller may be there already; reading what vendors wrote of the last ones lets it pass, ms. */
const BEHIND_MS = 20
/** What is not read keeps the bytes that it would be read from. */
const MOST_UNREAD = 64

type Counter = { value: number }
type End = 'served' | 'refused' | 'broken' | 'cancelled'

export class Metrics {
  readonly #series = new Map<string, Map<string, Counter>>()
  /** Counters of the busiest families by what names them, so that no label is written anew on every call. */
  readonly #requests = new Map<string, Counter[]>()
  readonly #calls = new Map<string, Partial<Record<End, Counter>>>()
  readonly #tokens = new Map<string, Record<keyof ChatUsage | 'attempts', Counter>>()
  /** Answers that are over, and what they cost is not read yet. */
  #unread: { provider: string; usage: () => ChatUsage }[] = []
  #count = 0
  readonly #timer: System['timer']

  constructor(timer: System['timer']) {
    this.#timer = timer
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
  call(provider: string, end: End, attempts: number): void {
    let ends = this.#calls.get(provider)
    if (ends === undefined) {
      ends = {}
      this.#calls.set(provider, ends)
    }
    ends[end] ??= this.#counter('keyclaw_calls_total', `provider="${provider}",end="${end}"`)
    ends[end].value++
    this.#of(provider).attempts.value += attempts
  }

  /** @param usage asked a moment later, or when the page is */
  tokens(provider: string, usage: () => ChatUsage): void {
    const count = this.#unread.push({ provider, usage })
    if (count === 1) this.#timer(BEHIND_MS, () => this.read())
    else if (count >= MOST_UNREAD) this.read()
  }

  /** Reads what the last answers cost. */
  read(): void {
    const unread = this.#unread
    this.#unread = []
    for (const { provider, usage } of unread) {
      const counters = this.#of(provider)
      const { input, output, cacheRead, cacheWrite } = usage()
      counters.input.value += input
      counters.output.value += output
      counters.cacheRead.value += cacheRead
      counters.cacheWrite.value += cacheWrite
    }
  }

  #of(provider: string): Record<keyof ChatUsage | 'attempts', Counter> {
    const known = this.#tokens.get(provider)
    if (known !== undefined) return known
    const kind = (name: string): Counter =>
      this.#counter('keyclaw_tokens_total', `provider="${provider}",kind="${name}"`)
    const made = {
      attempts: this.#counter('keyclaw_attempts_total', `provider="${provider}"`),
      input: kind('input'),
      output: kind('output'),
      cacheRead: kind('cache_read'),
      cacheWrite: kind('cache_write'),
    }
    this.#tokens.set(provider, made)
    return made
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

  /** The page at /metrics. */
  render(now: {
    calls: number
    waits: { open: number; total: number }
    webSockets: number
    lagMs: number
    process: ProcessFigures
  }): string {
    this.read()
    const lines: string[] = []
    const head = (name: string): void => {
      const [kind, about] = ABOUT[name] ?? ['counter', '']
      lines.push(`# HELP ${name} ${about}`, `# TYPE ${name} ${kind}`)
    }
    for (const [name, family] of this.#series) {
      head(name)
      for (const [labels, { value }] of family) lines.push(`${name}{${labels}} ${value}`)
    }
    const single: [string, number][] = [
      ['keyclaw_calls_open', now.calls],
      ['keyclaw_calls_waiting', now.waits.open],
      ['keyclaw_waits_total', now.waits.total],
      ['keyclaw_websockets_open', now.webSockets],
      ['keyclaw_event_loop_lag_seconds', now.lagMs / 1000],
      ['process_resident_memory_bytes', now.process.residentBytes],
      ['process_heap_bytes', now.process.heapBytes],
      ['process_cpu_seconds_total', now.process.cpuSeconds],
      ['process_uptime_seconds', now.process.uptimeSeconds],
    ]
    for (const [name, value] of single) {
      head(name)
      lines.push(`${name} ${value}`)
    }
    return `${lines.join('\n')}\n`
  }
}
