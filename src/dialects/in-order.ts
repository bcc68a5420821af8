// The parts of an answer one after the other, for clients that know one open part at a time: calls in parallel may come all at once, and mixed.
import type { StreamWriter, Telling } from './neutral.ts'

type OfPart = Extract<Telling, { at: number }>

/** @param write is told of a part once the part before it is closed; what is told of it meanwhile waits */
export function inOrder(write: StreamWriter): StreamWriter {
  let open: number | undefined
  /** Parts that wait, in the order in which they were opened. */
  const waiting = new Map<number, OfPart[]>()

  const now = (telling: OfPart): string => {
    open = telling.is === 'close' ? undefined : telling.at
    return write(telling)
  }
  const next = (): string => {
    let text = ''
    for (const [at, held] of waiting) {
      if (open !== undefined) break
      waiting.delete(at)
      text += joined(held).map(now).join('')
    }
    return text
  }
  return (telling) => {
    if (!('at' in telling)) return write(telling)
    if (open === undefined || open === telling.at) return now(telling) + next()
    const held = waiting.get(telling.at)
    if (held === undefined) waiting.set(telling.at, [telling])
    else held.push(telling)
    return ''
  }
}

/** What has waited together is said together. */
function joined(held: readonly OfPart[]): OfPart[] {
  const out: OfPart[] = []
  let pieces: string[] = []
  const said = (at: number): void => {
    if (pieces.length > 0) out.push({ is: 'piece', at, text: pieces.join('') })
    pieces = []
  }
  for (const telling of held) {
    if (telling.is === 'piece') pieces.push(telling.text)
    else {
      said(telling.at)
      out.push(telling)
    }
  }
  said(held[0]?.at ?? 0)
  return out
}
