// How late the event loop runs: the sign that this process has more to do than it can.
import type { IntervalHistogram } from 'node:perf_hooks'

export type LoadMeter = {
  /**
   * The delay that 99 of 100 turns of the loop stayed below since the last look, ms; 0 when this process was not what kept the processor
   * busy. Others on the machine make it late as well, but refusing work would not help against them.
   */
  lagMs(): number
  close(): void
}

const RESOLUTION_MS = 50
/** Part of one processor: a process that is late by its own work uses nearly all of it. */
const OWN_SHARE = 0.7

/** Measures from the first look on, which costs a timer that does not keep the process alive: a start has no time for it. */
export function createLoadMeter(): LoadMeter {
  let histogram: IntervalHistogram | undefined
  let usage = process.cpuUsage()
  let lookedAt = process.uptime()
  return {
    lagMs: () => {
      if (histogram === undefined) {
        histogram = process.getBuiltinModule('node:perf_hooks').monitorEventLoopDelay({ resolution: RESOLUTION_MS })
        histogram.enable()
        usage = process.cpuUsage()
        lookedAt = process.uptime()
        return 0
      }
      const spent = process.cpuUsage(usage)
      const now = process.uptime()
      const share = (spent.user + spent.system) / 1e6 / Math.max(0.001, now - lookedAt)
      usage = process.cpuUsage()
      lookedAt = now
      // The samples hold the interval itself.
      const lag = histogram.percentile(99) / 1e6 - RESOLUTION_MS
      histogram.reset()
      return share < OWN_SHARE ? 0 : Math.max(0, lag)
    },
    close: () => {
      histogram?.disable()
    },
  }
}

export type ProcessFigures = { uptimeSeconds: number; residentBytes: number; heapBytes: number; cpuSeconds: number }

/** What the process has used so far. */
export function processFigures(): ProcessFigures {
  const memory = process.memoryUsage()
  const cpu = process.cpuUsage()
  return {
    uptimeSeconds: process.uptime(),
    residentBytes: memory.rss,
    heapBytes: memory.heapUsed,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
  }
}
