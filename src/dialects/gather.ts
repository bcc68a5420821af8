// An answer as a whole and as events: the one made of the other, for a client that wants the one of a vendor that gives the other.
import type { Answered, AssistantPart, Fault, Seal, Stop, Telling, Usage } from './neutral.ts'

type Growing = { kind: 'text' | 'thinking' | 'refusal' | 'call'; id: string; name: string; text: string[]; seal?: Seal }

/** Takes the events of one answer. */
export class Gathered {
  #id = ''
  #model = ''
  readonly #parts: Growing[] = []
  #usage: Usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }
  #stop: Stop = 'end'
  #stopAt: string | undefined
  #isWhole = false
  fault: Fault | undefined

  take(telling: Telling): void {
    switch (telling.is) {
      case 'begin':
        this.#id = telling.id
        this.#model = telling.model
        if (telling.usage !== undefined) this.#usage = telling.usage
        return
      case 'open': {
        const { part } = telling
        const named = part.kind === 'call' ? { id: part.id, name: part.name } : { id: '', name: '' }
        this.#parts[telling.at] = { kind: part.kind, ...named, text: [] }
        return
      }
      case 'piece':
        this.#parts[telling.at]?.text.push(telling.text)
        return
      case 'seal': {
        const part = this.#parts[telling.at]
        if (part !== undefined) part.seal = telling.seal
        return
      }
      case 'usage':
        this.#usage = telling.usage
        return
      case 'stop':
        this.#stop = telling.stop
        this.#stopAt = telling.stopAt
        return
      case 'end':
        this.#isWhole = true
        return
      case 'fault':
        this.fault ??= telling.fault
        return
      case 'close':
      case 'ping':
    }
  }

  /** @returns undefined as long as the answer is not whole, and for one that ended in a fault */
  answer(): Answered | undefined {
    if (!this.#isWhole || this.fault !== undefined) return undefined
    return {
      id: this.#id,
      model: this.#model,
      parts: this.#parts.map(partOf),
      stop: this.#stop,
      ...(this.#stopAt === undefined ? {} : { stopAt: this.#stopAt }),
      usage: this.#usage,
    }
  }
}

function partOf({ kind, id, name, text: pieces, seal }: Growing): AssistantPart {
  const text = pieces.join('')
  const sealed = seal === undefined ? {} : { seal }
  if (kind === 'call') return { kind, id, name, input: text === '' ? '{}' : text, ...sealed }
  return kind === 'refusal' ? { kind, text } : { kind, text, ...sealed }
}

/** Tells a whole answer as events. */
export function tellAll({ id, model, parts, stop, stopAt, usage }: Answered, tell: (telling: Telling) => void): void {
  tell({ is: 'begin', id, model, usage: { ...usage, output: 0 } })
  parts.forEach((part, at) => {
    tell({
      is: 'open',
      at,
      part: part.kind === 'call' ? { kind: 'call', id: part.id, name: part.name } : { kind: part.kind },
    })
    const text = part.kind === 'call' ? part.input : part.text
    if (text !== '') tell({ is: 'piece', at, text })
    if (part.kind !== 'refusal' && part.seal !== undefined) tell({ is: 'seal', at, seal: part.seal })
    tell({ is: 'close', at })
  })
  tell({ is: 'usage', usage })
  tell({ is: 'stop', stop, ...(stopAt === undefined ? {} : { stopAt }) })
  tell({ is: 'end' })
}
