// The chunks of Google's streamGenerateContent, read and written. One object per stream, one parse per chunk.
import { isWhole } from '../call-input.ts'
import { stringifyExact } from '../exact.ts'
import { Frames, list, objectIn, record, text } from '../frames.ts'
import type { Fault, Opened, Seal, Stamp, Stop, StreamReader, StreamWriter, Telling, Usage } from '../neutral.ts'
import { Unsayable } from '../unsayable.ts'
import { partOf, reasonOf, stopOf, tailOf, usageOf, writePart, writeUsage } from './answer.ts'
import { readFault, writeFault } from './fault.ts'

const failed = (message: string): { is: 'fault'; fault: Fault } => ({ is: 'fault', fault: { status: 502, message } })

/** Reads a stream. @param tell hears each event */
export function reader(tell: (telling: Telling) => void): StreamReader {
  const stream = new Chunks(tell)
  const frames = new Frames((data) => stream.take(data))
  return {
    push: (chunk) => {
      frames.push(chunk)
      if (frames.isTooLong) stream.say(failed('An event of the vendor was too long.'))
    },
    close: () => stream.close(),
  }
}

/** Parts are not announced here: they open with their first piece, and close when another kind begins. Calls come whole. */
class Chunks {
  readonly #tell: (telling: Telling) => void
  #isOver = false
  #id: string | undefined
  #opened = 0
  #open: { kind: 'text' | 'thinking'; at: number } | undefined
  #calls = 0
  #stop: Stop | undefined

  constructor(tell: (telling: Telling) => void) {
    this.#tell = tell
  }

  say(telling: Telling): void {
    if (this.#isOver) return
    if (telling.is === 'end' || telling.is === 'fault') this.#isOver = true
    this.#tell(telling)
  }

  take(data: string): void {
    const chunk = objectIn(data)
    if (chunk === undefined) return
    const value = Array.isArray(chunk) ? record(chunk[0]) : chunk
    if (value.error !== undefined) {
      this.say({ is: 'fault', fault: readFault(0, data) })
      return
    }
    try {
      this.#chunk(value)
    } catch (error) {
      if (!(error instanceof Unsayable)) throw error
      this.say(failed(`${error.why}.`))
    }
  }

  #chunk({ candidates, promptFeedback, usageMetadata, modelVersion, responseId }: Record<string, unknown>): void {
    if (this.#id === undefined) {
      this.#id = text(responseId)
      this.say({ is: 'begin', id: this.#id, model: text(modelVersion) })
    }
    const [first] = list(candidates)
    const { content, finishReason } = record(first)
    for (const part of list(record(content).parts)) this.#part(part, this.#id)
    if (usageMetadata !== undefined) this.say({ is: 'usage', usage: usageOf(usageMetadata) })
    if (first === undefined && text(record(promptFeedback).blockReason) !== '') this.#stopped('refusal')
    if (typeof finishReason === 'string') this.#stopped(stopOf(finishReason, this.#calls > 0))
  }

  #part(value: unknown, id: string): void {
    const { sealed, part } = partOf(value, id, this.#calls)
    if (part?.kind === 'text' || part?.kind === 'thinking') {
      if (part.text !== '') this.#more(part.kind, part.text)
      if (part.seal !== undefined) this.#seal(part.seal)
    }
    if (sealed !== undefined) this.#seal(sealed)
    if (part?.kind !== 'call') return
    this.#close()
    this.#calls++
    const at = this.#opened++
    this.say({ is: 'open', at, part: { kind: 'call', id: part.id, name: part.name } })
    this.say({ is: 'piece', at, text: part.input })
    this.say({ is: 'close', at })
  }

  #more(kind: 'text' | 'thinking', piece: string): void {
    this.say({ is: 'piece', at: this.#openFor(kind), text: piece })
  }

  #openFor(kind: 'text' | 'thinking'): number {
    if (this.#open?.kind === kind) return this.#open.at
    this.#close()
    this.#open = { kind, at: this.#opened++ }
    this.say({ is: 'open', at: this.#open.at, part: { kind } })
    return this.#open.at
  }

  #seal(seal: Seal): void {
    this.say({ is: 'seal', at: this.#openFor('thinking'), seal })
    this.#close()
  }

  #close(): void {
    if (this.#open !== undefined) this.say({ is: 'close', at: this.#open.at })
    this.#open = undefined
  }

  #stopped(stop: Stop): void {
    if (this.#stop !== undefined) return
    this.#stop = stop
    this.#close()
    this.say({ is: 'stop', stop })
  }

  /** The end of the connection is the end of the answer. */
  close(): void {
    this.say(this.#stop === undefined ? failed('The vendor broke off the answer.') : { is: 'end' })
  }
}

/** Writes a stream. */
export function writer(_stamp: Stamp): StreamWriter {
  let tail = ''
  let usage: Usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }
  let stop: Stop = 'end'
  const parts: (Opened & { said: string })[] = []
  const chunk = (part: string): string =>
    `data: {"candidates":[{"content":{"parts":[${part}],"role":"model"},"index":0}]${tail}}\n\n`

  return (telling) => {
    switch (telling.is) {
      case 'begin':
        tail = `,${JSON.stringify(tailOf(telling.id, telling.model)).slice(1, -1)}`
        usage = telling.usage ?? usage
        return ''
      case 'open':
        parts[telling.at] = { ...telling.part, said: '' }
        return ''
      case 'piece': {
        const part = parts[telling.at]
        if (part?.kind === 'call') {
          // Calls are told whole here.
          part.said += telling.text
          return ''
        }
        const said = JSON.stringify(telling.text)
        return chunk(part?.kind === 'thinking' ? `{"text":${said},"thought":true}` : `{"text":${said}}`)
      }
      case 'seal':
        // Behind the words that it seals: `readRequest` joins them again.
        return parts[telling.at]?.kind === 'thinking'
          ? chunk(JSON.stringify({ text: '', thought: true, thoughtSignature: telling.seal.value }))
          : ''
      case 'close': {
        const part = parts[telling.at]
        // What stops before its calls are whole is told so when it stops.
        if (part?.kind !== 'call' || !isWhole(part.said)) return ''
        return writePart({ kind: 'call', id: part.id, name: part.name, input: part.said })
          .map((one) => chunk(stringifyExact(one)))
          .join('')
      }
      case 'usage':
        usage = telling.usage
        return ''
      case 'stop':
        stop = telling.stop
        return ''
      case 'end': {
        const last = { content: { parts: [{ text: '' }], role: 'model' }, finishReason: reasonOf(stop), index: 0 }
        const written = JSON.stringify({ candidates: [last], usageMetadata: writeUsage(usage) })
        return `data: ${written.slice(0, -1)}${tail}}\n\n`
      }
      case 'fault':
        // The vendor's own SDK throws for JSON that is no event, and takes an error in an event for an answer without words.
        return JSON.stringify(writeFault(telling.fault))
      case 'ping':
        return ': ping\n\n'
    }
  }
}
