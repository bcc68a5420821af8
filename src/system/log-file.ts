// A log on the disk, beside the one on stderr: lines are gathered and written together, and the file has an end.
import { dirname } from 'node:path'
import { quoted } from '../core/quoted.ts'
import { codeOf, type FileStat, writtenOf } from './files.ts'
import type { System } from './system.ts'

export type LogFile = {
  /** Takes a line, newline included; waits for nothing and opens nothing. */
  write(line: string): void
  /** Writes what is left, as far as the disk takes it. */
  close(): Promise<void>
}

export const LOG_FILE_BYTES = 5 * 1024 * 1024
const GATHER_MS = 250
/** A disk that refused is asked again after so long, ms. */
const REFUSED_MS = 2000
/** Among the kinds of trouble; no code of a disk is written so. */
const LOST = 'lost'
/** More than this in one gathering is a flood; it is cut, not kept in memory, characters. */
const MOST_GATHERED = 1024 * 1024

/** Waits so long for another process that turns the file over, ms. */
const TURN_WAIT_MS = 2000
const DAY_MS = 24 * 60 * 60_000

/**
 * @param path its folder is made with the first line; `<path>.1` is the one before
 * @param maxBytes where the file becomes `<path>.1`
 * @param maxAgeMs a file that was begun longer ago becomes `<path>.1`, too, which is removed at a write when nothing was written to it for twice as
 * long. Only a clock is believed that the write before agrees with to half as long: a false one must not cost what is kept
 * @param mostGathered what waits for a disk that is slow or refuses at most, characters; lines beyond it are lost, and the log says how many
 */
export function openLogFile(
  { files, locks, timer, now, log }: System,
  path: string,
  maxBytes = LOG_FILE_BYTES,
  maxAgeMs = Number.POSITIVE_INFINITY,
  mostGathered = MOST_GATHERED,
): LogFile {
  let lookedAt = Number.NEGATIVE_INFINITY
  let gathered: string[] = []
  let length = 0
  let writing = Promise.resolve()
  let isDue = false
  let lost = 0
  /** What was said since the disk refused for the first time: each kind of trouble once. */
  const said = new Set<string>()

  const dropOld = async (): Promise<void> => {
    if (maxAgeMs === Number.POSITIVE_INFINITY || Math.abs(now() - lookedAt) < DAY_MS) return
    lookedAt = now()
    try {
      const before = await files.stat(`${path}.1`)
      if (now() - (before?.writtenAt ?? now()) > 2 * maxAgeMs) await files.remove(`${path}.1`)
    } catch {
      // It stays for another day; what was written just now is written.
    }
  }

  const isOver = ({ size, madeAt, writtenAt }: FileStat, more: number): boolean => {
    if (size + more > maxBytes) return true
    return isBelieved(writtenAt) && now() - (madeAt ?? now()) > maxAgeMs
  }
  const isBelieved = (writtenAt = now()): boolean => now() - writtenAt < maxAgeMs / 2

  /** Several processes may find the file full at once: the second to turn it over would put a new file in the place of what is kept. */
  const turnOver = async (more: number): Promise<void> => {
    try {
      await locks.hold(`${path}.lock`, { waitMs: TURN_WAIT_MS }, async () => {
        const there = await files.stat(path)
        if (there !== undefined && isOver(there, more)) await files.rename(path, `${path}.1`)
      })
    } catch {
      // The lines are worth more than the bound: they go into the file as it is, and the next write tries again.
    }
  }

  const writeOut = async (): Promise<void> => {
    const text = gathered.join('')
    gathered = []
    length = 0
    isDue = false
    if (text === '') return
    let isOld = false
    try {
      const stats = await files.stat(path)
      if (stats === undefined) await files.makeDir(dirname(path))
      const isTurned = stats !== undefined && isOver(stats, text.length)
      if (isTurned) await turnOver(text.length)
      await files.append(path, text)
      sayWell()
      isOld = !isTurned && isBelieved(stats?.writtenAt)
    } catch (error) {
      // A full disk must not stop a gateway.
      sayRefused(codeOf(error) || 'unknown')
      keep(leftOf(text, writtenOf(error)))
    }
    if (isOld) await dropOld()
  }
  /** They go before what came meanwhile. */
  const keep = (text: string): void => {
    if (text === '') return
    gathered.unshift(text)
    length += text.length
    plan()
  }
  const plan = (): void => {
    if (isDue) return
    isDue = true
    timer(said.size === 0 ? GATHER_MS : REFUSED_MS, () => void flush())
  }
  const sayRefused = (why: string): void => {
    if (!said.has(why)) {
      said.add(why)
      log.warn('the disk does not take lines of a file; they wait in memory, and are lost with this process', {
        ...{ file: path, why },
        remedy: `ls -ld ${quoted(dirname(path))} && df -h ${quoted(dirname(path))}`,
      })
    }
    if (lost === 0 || said.has(LOST)) return
    said.add(LOST)
    log.warn('more lines wait for the disk than are kept in memory, and some are lost', { file: path, lines: lost })
  }
  const sayWell = (): void => {
    if (said.size > 0) log.info('the disk takes lines of a file again', { file: path })
    said.clear()
    if (lost > 0) log.warn('lines came faster than the disk takes them, and some are lost', { file: path, lines: lost })
    lost = 0
  }
  const flush = (): Promise<void> => {
    writing = writing.then(writeOut)
    return writing
  }
  return {
    write: (line) => {
      if (length + line.length > mostGathered) {
        lost++
        return
      }
      gathered.push(line)
      length += line.length
      plan()
    },
    close: flush,
  }
}

/** The lines of which not all is written. @param written bytes */
function leftOf(text: string, written: number): string {
  if (written === 0) return text
  const bytes = Buffer.from(text)
  return bytes.toString('utf8', bytes.lastIndexOf(0x0a, written - 1) + 1)
}
