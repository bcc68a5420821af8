// Keeps the cores from falling asleep while single calls are timed. A virtual processor that was idle needs longer to wake up than either
// proxy needs for a call, and how long is the host's affair; what is left are the programs themselves. The loops run at idle priority,
// so that they give way at once, and end with this process, however it ends; every subject has the same.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { installed } from './programs.mjs'

const CAN = installed('chrt') && installed('taskset')

/** For the head of a report. */
export const awakeness = CAN ? 'cores kept awake for P3, P5 and P8' : 'cores may sleep between calls'

const LOOP = 'while kill -0 "$PPID" 2>/dev/null; do i=0; while [ "$i" -lt 100000 ]; do i=$((i + 1)); done; done'

/** @returns stops */
export function keepAwake() {
  if (!CAN) return () => undefined
  const loops = Array.from({ length: availableParallelism() }, (_, core) =>
    spawn('chrt', ['-i', '0', 'taskset', '-c', String(core), 'sh', '-c', LOOP], { stdio: 'ignore' }),
  )
  const stop = () => {
    for (const loop of loops) loop.kill('SIGKILL')
  }
  process.once('exit', stop)
  return () => {
    process.off('exit', stop)
    stop()
  }
}
