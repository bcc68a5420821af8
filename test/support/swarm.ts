// Many processes of one worker at once, killed at random moments and started again until each has done its work.
import { type ChildProcess, spawn } from 'node:child_process'

export type SwarmOptions = {
  bundle: string
  processes: number
  /** Arguments of the worker; `done` is how many acknowledgements its predecessors of the same slot have given. */
  args: (slot: number, done: number) => string[]
  /** How many acknowledgements each slot owes. */
  goal: number
  /** A worker is killed after so many acknowledgements of all together, which no load of the machine changes; none when absent. */
  killEvery?: number
  /** 0 to 1. */
  random: () => number
  /** Every acknowledged line. */
  onLine: (slot: number, line: string) => void
}

export type SwarmReport = { kills: number; starts: number }

/** @throws Error when a worker ends by itself before its work is done */
export async function swarm(options: SwarmOptions): Promise<SwarmReport> {
  const running = new Map<number, ChildProcess>()
  const report: SwarmReport = { kills: 0, starts: 0 }
  let acknowledged = 0
  const acknowledge = (): void => {
    acknowledged++
    if (options.killEvery === undefined || acknowledged % options.killEvery !== 0) return
    // A moment later, so that it falls anywhere in what they do.
    setTimeout(() => {
      const victims = [...running.values()]
      const victim = victims[Math.floor(options.random() * victims.length)]
      if (victim?.kill('SIGKILL') === true) report.kills++
    }, options.random() * 20)
  }
  const slot = async (index: number): Promise<void> => {
    let done = 0
    while (done < options.goal) {
      report.starts++
      const { errors, signal, code } = await new Promise<{
        errors: string
        signal: string | null
        code: number | null
      }>((resolve) => {
        const child = spawn(process.execPath, [options.bundle, ...options.args(index, done)], {
          stdio: ['ignore', 'pipe', 'pipe'],
        })
        running.set(index, child)
        let rest = ''
        let said = ''
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          const lines = (rest + text).split('\n')
          rest = lines.pop() ?? ''
          for (const line of lines) {
            done++
            options.onLine(index, line)
            acknowledge()
          }
        })
        child.stderr.setEncoding('utf8').on('data', (text: string) => {
          said += text
        })
        child.on('close', (exit, by) => {
          running.delete(index)
          resolve({ errors: said, signal: by, code: exit })
        })
      })
      if (signal === null && done < options.goal)
        throw new Error(`worker ${index} ended with ${code} after ${done}: ${errors}`)
    }
  }
  try {
    await Promise.all(Array.from({ length: options.processes }, (_, index) => slot(index)))
  } finally {
    for (const child of running.values()) child.kill('SIGKILL')
  }
  return report
}

/** A small generator of numbers from 0 to 1 that can be had again from its seed (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
