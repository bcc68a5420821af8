// calls.log: the ledger of an agent, one line for each attempt of a call. The trace of the choice stands in the line itself, for it is of one
// attempt and of no use without it; a trace that an earlier line has word for word is named by that line, so that healthy calls stay short.
// A second file would have to be turned over in step with this one. Written behind; a file that cannot be written costs lines, never a call.
import { DAY_MS, MINUTE_MS } from '../core/expiry.ts'
import { type KeptTraceLine, type LedgerLine, readLedgerLine, refOf } from '../core/ledger.ts'
import { openLogFile } from '../system/log-file.ts'
import type { System } from '../system/system.ts'
import { parseLine } from './document.ts'
import { type LedgerTail, openLedgerTail } from './ledger-tail.ts'

export type Ledger = {
  where(): string
  /**
   * Takes a line, and waits for nothing.
   * @param line asked a moment later, behind the answer; what it throws is logged
   * @param around for those who hear of lines, and not written down
   */
  record(line: () => LedgerLine, around?: Around): void
  /** What is kept of the last 30 days, oldest first; lines that are none are passed over. @throws what the disk throws */
  read(): Promise<LedgerLine[]>
  /**
   * Those among them that mention a text as it stands in JSON, their traces left where they are; others are not looked at.
   * @throws what the disk throws
   */
  readAbout(text: string): Promise<LedgerLine[]>
  /** The newest of it, as much as is read at once without being felt, oldest first. @throws what the disk throws */
  recent(): Promise<LedgerLine[]>
  /** The newest `most` of those that began before a moment, ms epoch, oldest first, their traces left where they are. @throws what the disk throws */
  readBefore(before: number, most: number): Promise<LedgerLine[]>
  /** All of it, oldest first, until `visit` says that it has seen enough. @throws what the disk throws */
  each(visit: (line: LedgerLine) => boolean): Promise<void>
  /** As it grows, whichever process writes it; the first look gives what `recent` gives. */
  tail(): LedgerTail
  flush(): Promise<void>
}

/** What is known of an attempt beside its line, while it is fresh. */
export type Around = {
  /** The W3C trace context that its client sent, as it came. */
  traceParent?: string
  /** Of the vendor that was asked. */
  origin?: string
}

/** Hears of each line when it has been handed to the disk, behind the answer. Secrets are out of it, as in the file. */
export type HearLine = (line: LedgerLine, around: Around) => void

/** Where the file becomes `<path>.1`. */
export const LEDGER_BYTES = 16 * 1024 * 1024
export const LEDGER_KEPT_MS = 30 * DAY_MS
/** With the time in which lines are gathered for the disk, well below the second that a kill may cost. */
const BEHIND_MS = 50
/** What waits for a slow disk: half a minute of two thousand calls a second, characters. */
const MOST_GATHERED = 32 * 1024 * 1024
/** Some thousand lines. */
const RECENT_BYTES = 2 * 1024 * 1024
/** What is not asked yet keeps what its answer is made from. */
const MOST_UNASKED = 1024
/** A trace is written out anew after so many lines and so long, so that the one it is named by is still there. */
const SAME_LINES = 200
const SAME_MS = 10 * MINUTE_MS
/** Read at a time, characters: some milliseconds. */
const SLICE_CHARS = 256 * 1024
const NOTHING_AROUND: Around = {}

/** @param hear of each line that is made by this process */
export function openLedger(system: System, path: string, hear?: HearLine): Ledger {
  const file = openLogFile(system, path, LEDGER_BYTES, LEDGER_KEPT_MS / 2, MOST_GATHERED)
  let unasked: { line: () => LedgerLine; around: Around | undefined }[] = []
  const followers = new Set<HearLine>(hear === undefined ? [] : [hear])
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

  const guarded = (work: () => void): void => {
    try {
      work()
    } catch (error) {
      system.log.error('a line of the ledger could not be made', {
        why: error instanceof Error ? error.message : 'unknown',
      })
    }
  }
  const ask = (): void => {
    const asked = unasked
    unasked = []
    let text = ''
    const fresh: { made: LedgerLine; around: Around }[] = []
    for (const { line, around } of asked) {
      guarded(() => {
        const made = line()
        text += `${JSON.stringify(short(made))}\n`
        if (followers.size > 0) fresh.push({ made, around: around ?? NOTHING_AROUND })
      })
    }
    if (text === '') return
    const clean = system.log.scrub(text)
    // What was clean as a whole is clean line by line: only where a client wrote a secret does each line cost a look of its own.
    const isClean = clean === text
    for (const { made, around } of fresh) {
      guarded(() => {
        const told = isClean ? made : scrubbed(system, made)
        for (const hears of followers) hears(told, around)
      })
    }
    file.write(clean)
  }
  const flush = (): Promise<void> => {
    ask()
    return file.close()
  }
  /** In slices, so that a process with other things to do gets to them. @param take says whether there shall be more */
  const slices = async (name: string, bytes: number, take: (slice: string) => boolean): Promise<boolean> => {
    const text = (await system.files.readEnd(name, bytes)) ?? ''
    for (let from = 0; from < text.length; ) {
      const end = text.indexOf('\n', from + SLICE_CHARS)
      const slice = text.slice(from, end < 0 ? text.length : end)
      if (!take(slice)) return false
      from += slice.length + 1
      if (from < text.length) await system.sleep(0)
    }
    return true
  }
  const readOne = async (name: string, about?: string, bytes = LEDGER_BYTES): Promise<LedgerLine[]> => {
    const lines: LedgerLine[] = []
    await slices(name, bytes, (slice) => {
      if (about !== undefined && !slice.includes(about)) return true
      for (const line of slice.split('\n'))
        if (about === undefined || line.includes(about)) lines.push(...readLine(line))
      return true
    })
    return lines
  }
  const each = async (visit: (line: LedgerLine) => boolean): Promise<void> => {
    await flush()
    const oldest = system.now() - LEDGER_KEPT_MS
    const take = (slice: string): boolean =>
      slice.split('\n').every((text) => readLine(text).every((line) => line.at < oldest || visit(line)))
    if (await slices(`${path}.1`, LEDGER_BYTES, take)) await slices(path, LEDGER_BYTES, take)
  }
  const readBoth = async (about?: string): Promise<LedgerLine[]> => {
    await flush()
    const [older, newer] = await Promise.all([readOne(`${path}.1`, about), readOne(path, about)])
    const oldest = system.now() - LEDGER_KEPT_MS
    return [...older, ...newer].filter(({ at }) => at >= oldest)
  }
  return {
    where: () => path,
    record: (line, around) => {
      const count = unasked.push({ line, around })
      if (count === 1) system.timer(BEHIND_MS, ask)
      else if (count >= MOST_UNASKED) ask()
    },
    read: () => readBoth(),
    readAbout: (text) => readBoth(JSON.stringify(text)),
    recent: async () => {
      await flush()
      return readOne(path, undefined, RECENT_BYTES)
    },
    readBefore: async (before, most) => {
      let kept: LedgerLine[] = []
      await each((line) => {
        if (line.at < before) kept.push(line)
        if (kept.length >= 2 * most) kept = kept.slice(-most)
        return true
      })
      return kept.slice(-most)
    },
    each,
    tail: () => {
      const tail = openLedgerTail(system, path, RECENT_BYTES, readLine)
      return {
        next: async () => {
          await flush()
          return tail.next()
        },
      }
    },
    flush,
  }
}

/** The line as the file has it: what a client puts where the model belongs may be a stored key. */
function scrubbed({ log }: System, line: LedgerLine): LedgerLine {
  const text = JSON.stringify(line)
  const clean = log.scrub(text)
  if (clean === text) return line
  const { insteadOf: _, trace: __, ...rest } = line
  return readLine(clean)[0] ?? { ...rest, model: '', session: '' }
}

function readLine(line: string): LedgerLine[] {
  const read = readLedgerLine(parseLine(line))
  return read === undefined ? [] : [read]
}
