// calls.log: the ledger of an agent, one line for each attempt of a call. The trace of the choice stands in the line itself, for it is of one
// attempt and of no use without it; a trace that an earlier line has word for word is named by that line, so that healthy calls stay short.
// A second file would have to be turned over in step with this one. Written behind; a file that cannot be written costs lines, never a call.
import { DAY_MS, MINUTE_MS } from '../core/expiry.ts'
import { type KeptTraceLine, type LedgerLine, readLedgerLine, refOf } from '../core/ledger.ts'
import { openLogFile } from '../system/log-file.ts'
import type { System } from '../system/system.ts'
import { parseLine } from './document.ts'

export type Ledger = {
  where(): string
  /**
   * Takes a line, and waits for nothing.
   * @param line asked a moment later, behind the answer; what it throws is logged
   */
  record(line: () => LedgerLine): void
  /** What is kept of the last 30 days, oldest first; lines that are none are passed over. @throws what the disk throws */
  read(): Promise<LedgerLine[]>
  /** The newest of it, as much as is read at once without being felt, oldest first. @throws what the disk throws */
  recent(): Promise<LedgerLine[]>
  /** Hears of each line that this process takes, once it is made, behind the answer. @returns stops */
  follow(hear: (line: LedgerLine) => void): () => void
  flush(): Promise<void>
}

/** Where the file becomes `<path>.1`. */
export const LEDGER_BYTES = 16 * 1024 * 1024
export const LEDGER_KEPT_MS = 30 * DAY_MS
/** With the time in which lines are gathered for the disk, well below the second that a kill may cost. */
const BEHIND_MS = 50
/** Some thousand lines. */
const RECENT_BYTES = 2 * 1024 * 1024
/** What is not asked yet keeps what its answer is made from. */
const MOST_UNASKED = 4096
/** A trace is written out anew after so many lines and so long, so that the one it is named by is still there. */
const SAME_LINES = 200
const SAME_MS = 10 * MINUTE_MS

export function openLedger(system: System, path: string): Ledger {
  const file = openLogFile(system, path, LEDGER_BYTES, LEDGER_KEPT_MS / 2)
  let unasked: (() => LedgerLine)[] = []
  const followers = new Set<(line: LedgerLine) => void>()
  /** Lines by the traces that they hold. */
  const traces = new Map<string, string>()
  /** Calls that choose alike hand in the same value. */
  const texts = new WeakMap<readonly KeptTraceLine[], string>()
  let lines = 0
  let since = Number.NEGATIVE_INFINITY

  const short = (line: LedgerLine): object => {
    const { trace } = line
    if (trace === undefined) return line
    const now = system.monotonic()
    if (lines++ % SAME_LINES === 0 || now - since > SAME_MS) {
      traces.clear()
      since = now
    }
    const text = texts.get(trace) ?? JSON.stringify(trace)
    texts.set(trace, text)
    const same = traces.get(text)
    if (same !== undefined) return { ...line, trace: undefined, traceOf: same }
    traces.set(text, refOf(line))
    return line
  }

  const ask = (): void => {
    const asked = unasked
    unasked = []
    for (const line of asked) {
      try {
        const made = line()
        file.write(`${system.log.scrub(JSON.stringify(short(made)))}\n`)
        for (const hear of followers) hear(made)
      } catch (error) {
        system.log.error('a line of the ledger could not be made', {
          why: error instanceof Error ? error.message : 'unknown',
        })
      }
    }
  }
  const flush = (): Promise<void> => {
    ask()
    return file.close()
  }
  const readOne = async (name: string, bytes = LEDGER_BYTES): Promise<LedgerLine[]> => {
    const text = await system.files.readEnd(name, bytes)
    return (text ?? '').split('\n').flatMap(readLine)
  }
  return {
    where: () => path,
    record: (line) => {
      const count = unasked.push(line)
      if (count === 1) system.timer(BEHIND_MS, ask)
      else if (count >= MOST_UNASKED) ask()
    },
    read: async () => {
      await flush()
      const [older, newer] = await Promise.all([readOne(`${path}.1`), readOne(path)])
      const oldest = system.now() - LEDGER_KEPT_MS
      return [...older, ...newer].filter(({ at }) => at >= oldest)
    },
    recent: async () => {
      await flush()
      return readOne(path, RECENT_BYTES)
    },
    follow: (hear) => {
      followers.add(hear)
      return () => followers.delete(hear)
    },
    flush,
  }
}

function readLine(line: string): LedgerLine[] {
  const read = readLedgerLine(parseLine(line))
  return read === undefined ? [] : [read]
}
