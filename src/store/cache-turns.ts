// prompt-cache.log: what the prompt cache gave each turn of an agent, one line each, for `models cache`. Written behind, a second's turns
// together; a file that cannot be written costs figures, never a call.
import { type CacheTurn, type LastTurn, readCacheTurn } from '../core/cache-turn.ts'
import { Recent } from '../core/recent.ts'
import { openLogFile } from '../system/log-file.ts'
import type { System } from '../system/system.ts'
import { parseLine } from './document.ts'

export type CacheTurns = {
  where(): string
  /** The turn before, of the conversation, as far as this process remembers. */
  last(conversation: string): LastTurn | undefined
  remember(conversation: string, turn: LastTurn): void
  record(turn: CacheTurn): void
  /** What is kept, oldest first; lines that are no turns are passed over. @throws what the disk throws */
  read(): Promise<CacheTurn[]>
  flush(): Promise<void>
}

/** Where the file becomes `<path>.1`. */
export const CACHE_TURNS_BYTES = 1024 * 1024
const BEHIND_MS = 1000
/** More of them in a second are not worth their memory. */
const MOST_PENDING = 4096
const MOST_CONVERSATIONS = 4096
/** No vendor keeps anything longer. */
const IDLE_MS = 24 * 60 * 60_000

export function openCacheTurns(system: System, path: string): CacheTurns {
  const file = openLogFile(system, path, CACHE_TURNS_BYTES)
  const known = new Recent<LastTurn>(MOST_CONVERSATIONS, IDLE_MS)
  let pending: CacheTurn[] = []

  const flush = async (): Promise<void> => {
    const turns = pending
    pending = []
    for (const turn of turns) file.write(`${JSON.stringify(turn)}\n`)
    await file.close()
  }

  const readOne = async (name: string): Promise<CacheTurn[]> => {
    const text = await system.files.readEnd(name, CACHE_TURNS_BYTES)
    return (text ?? '').split('\n').flatMap(readLine)
  }

  return {
    where: () => path,
    last: (conversation) => known.get(conversation, system.monotonic()),
    remember: (conversation, turn) => known.put(conversation, turn, system.monotonic()),
    record: (turn) => {
      if (pending.length >= MOST_PENDING) return
      if (pending.push(turn) === 1) system.timer(BEHIND_MS, () => void flush())
    },
    read: async () => {
      const [older, newer] = await Promise.all([readOne(`${path}.1`), readOne(path)])
      return [...older, ...newer, ...pending]
    },
    flush,
  }
}

function readLine(line: string): CacheTurn[] {
  const turn = readCacheTurn(parseLine(line))
  return turn === undefined ? [] : [turn]
}
