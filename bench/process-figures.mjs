// What the kernel says of a process: processor time, memory, open descriptors. Linux only.
import { readdirSync, readFileSync } from 'node:fs'

/** Kernel ticks per second, the same on every Linux that Node supports. */
const TICKS = 100

/**
 * Processor time of all threads since the start, ms; resolution 10 ms.
 * @param {number} pid
 */
export function cpuMs(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS
}

/** Resident memory, MB. */
export function rssMb(pid) {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? Number.NaN) / 1024
}

/** How many descriptors are open. */
export const descriptors = (pid) => readdirSync(`/proc/${pid}/fd`).length
