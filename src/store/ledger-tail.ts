// The ledger as it grows, whichever process writes it: what came since it was looked at last.
import type { LedgerLine } from '../core/ledger.ts'
import type { System } from '../system/system.ts'

export type LedgerTail = {
  /** The lines that came since the last time, in the order of the file. @throws what the disk throws */
  next(): Promise<LedgerLine[]>
}

/** Of what came between two looks, this much at the end is read: some thousand lines a second. */
const MOST_BYTES = 4 * 1024 * 1024

/**
 * @param path of the file; `<path>.1` is the one before
 * @param startBytes the first look gives so much of its end
 * @param read takes a line as it is written down; none for what is none
 */
export function openLedgerTail(
  { files }: System,
  path: string,
  startBytes: number,
  read: (line: string) => readonly LedgerLine[],
): LedgerTail {
  let offset: number | undefined
  /** Of the file that was looked at; another one stands in its place once it is full. */
  let madeAt: number | undefined

  const linesFrom = async (name: string, from: number): Promise<{ lines: LedgerLine[]; end: number } | undefined> => {
    const found = await files.readFrom(name, from, offset === undefined ? startBytes : MOST_BYTES)
    if (found === undefined) return undefined
    // Behind the last newline is what is not written whole yet.
    return { lines: found.text.split('\n').slice(0, -1).flatMap(read), end: found.linesEnd }
  }

  return {
    next: async () => {
      const there = await files.stat(path)
      const isOther = there === undefined || there.size < (offset ?? 0) || there.madeAt !== madeAt
      const before = offset !== undefined && offset > 0 && isOther ? await linesFrom(`${path}.1`, offset) : undefined
      if (offset !== undefined && isOther) offset = 0
      madeAt = there?.madeAt
      const now = there === undefined || there.size === offset ? undefined : await linesFrom(path, offset ?? 0)
      offset = now?.end ?? offset ?? 0
      return [...(before?.lines ?? []), ...(now?.lines ?? [])]
    },
  }
}
