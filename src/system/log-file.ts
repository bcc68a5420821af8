// A log on the disk, beside the one on stderr: lines are gathered and written together, and the file has an end.
import { dirname } from 'node:path'
import type { FileStat } from './files.ts'
import type { System } from './system.ts'

export type LogFile = {
  /** Takes a line, newline included; waits for nothing and opens nothing. */
  write(line: string): void
  /** Writes what is left. */
  close(): Promise<void>
}

export const LOG_FILE_BYTES = 5 * 1024 * 1024
const GATHER_MS = 250
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
 * @param mostGathered what waits for a slow disk at most, characters; lines beyond it are lost, and the log says how many
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

  const dropOld = async (): Promise<void> => {
    if (maxAgeMs === Number.POSITIVE_INFINITY || Math.abs(now() - lookedAt) < DAY_MS) return
    lookedAt = now()
    const before = await files.stat(`${path}.1`)
    if (now() - (before?.writtenAt ?? now()) > 2 * maxAgeMs) await files.remove(`${path}.1`)
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
    if (lost > 0) log.warn('lines came faster than the disk takes them, and some are lost', { file: path, lines: lost })
    lost = 0
    try {
      const stats = await files.stat(path)
      if (stats === undefined) await files.makeDir(dirname(path))
      const isTurned = stats !== undefined && isOver(stats, text.length)
      if (isTurned) await turnOver(text.length)
      await files.append(path, text)
      if (!isTurned && isBelieved(stats?.writtenAt)) await dropOld()
    } catch {
      // A full disk must not stop a gateway; stderr has the line.
    }
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
      if (isDue) return
      isDue = true
      timer(GATHER_MS, () => void flush())
    },
    close: flush,
  }
}
