// How late the event loop runs: the sign that this process has more to do than it can.
import { monitorEventLoopDelay } from 'node:perf_hooks'

export type LoadMeter = {
  /** The delay that 99 of 100 turns of the loop stayed below since the last look, ms. */
  lagMs(): number
  close(): void
}

const RESOLUTION_MS = 50

/** Starts measuring; costs a timer that does not keep the process alive. */
export function createLoadMeter(): LoadMeter {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  return {
    lagMs: () => {
      // The samples hold the interval itself.
      const lag = histogram.percentile(99) / 1e6 - RESOLUTION_MS
      histogram.reset()
      return Math.max(0, lag)
    },
    close: () => {
      histogram.disable()
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
