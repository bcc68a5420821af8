// Counters in the Prometheus text format. Labels come from our own tables only, so that no caller can make series (cardinality).
import type { ChatUsage } from '../core/protocol.ts'
import type { ProcessFigures } from '../system/load.ts'

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
  keyclaw_websockets_open: ['gauge', 'WebSocket clients.'],
  keyclaw_event_loop_lag_seconds: ['gauge', 'Delay of the event loop, 99th percentile since the last look.'],
  process_resident_memory_bytes: ['gauge', 'Resident memory.'],
  process_heap_bytes: ['gauge', 'Heap in use.'],
  process_cpu_seconds_total: ['counter', 'CPU time.'],
  process_uptime_seconds: ['gauge', 'Time since start.'],
}

/** More series than our tables can make would be a mistake of ours; it must not cost memory. */
const MAX_SERIES = 2000

export class Metrics {
  readonly #series = new Map<string, Map<string, number>>()
  #count = 0

  /** One request of a listed route was answered. */
  request(route: string, status: number): void {
    this.#add('keyclaw_requests_total', `route="${route}",status="${Math.floor(status / 100)}xx"`, 1)
  }

  refused(reason: string): void {
    this.#add('keyclaw_refused_total', `reason="${reason}"`, 1)
  }

  /** @param provider an id from the registry, or `other` */
  call(provider: string, end: 'served' | 'refused' | 'broken' | 'cancelled', attempts: number): void {
    this.#add('keyclaw_calls_total', `provider="${provider}",end="${end}"`, 1)
    this.#add('keyclaw_attempts_total', `provider="${provider}"`, attempts)
  }

  tokens(provider: string, usage: ChatUsage): void {
    const add = (kind: string, count: number): void => {
      if (count > 0) this.#add('keyclaw_tokens_total', `provider="${provider}",kind="${kind}"`, count)
    }
    add('input', usage.input)
    add('output', usage.output)
    add('cache_read', usage.cacheRead)
    add('cache_write', usage.cacheWrite)
  }

  #add(name: string, labels: string, by: number): void {
    let family = this.#series.get(name)
    if (family === undefined) {
      family = new Map()
      this.#series.set(name, family)
    }
    const before = family.get(labels)
    if (before === undefined && this.#count++ >= MAX_SERIES) return
    family.set(labels, (before ?? 0) + by)
  }

  /** The page at /metrics. */
  render(now: { calls: number; webSockets: number; lagMs: number; process: ProcessFigures }): string {
    const lines: string[] = []
    const head = (name: string): void => {
      const [kind, about] = ABOUT[name] ?? ['counter', '']
      lines.push(`# HELP ${name} ${about}`, `# TYPE ${name} ${kind}`)
    }
    for (const [name, family] of this.#series) {
      head(name)
      for (const [labels, value] of family) lines.push(`${name}{${labels}} ${value}`)
    }
    const single: [string, number][] = [
      ['keyclaw_calls_open', now.calls],
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
