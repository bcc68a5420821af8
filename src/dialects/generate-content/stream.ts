// The chunks of Google's streamGenerateContent, read and written. One object per stream, one parse per chunk.
import { isWhole } from '../call-input.ts'
import { stringifyExact } from '../exact.ts'
import { list, objectIn, record, text } from '../frames.ts'
import type { Opened, Seal, Stamp, Stop, StreamReader, StreamWriter, Usage } from '../neutral.ts'
import { type Events, type Say, streamReader, toldFault } from '../read-stream.ts'
import { callPart, partOf, reasonOf, stopOf, tailOf, usageOf, writeUsage } from './answer.ts'
import { readFault, writeFault } from './fault.ts'

/** Reads a stream. @param tell hears each event */
export function reader(tell: Say): StreamReader {
  return streamReader(tell, readFault, (say) => new Chunks(say))
}

/** Parts are not announced here: they open with their first piece, and close when another kind begins. Calls come whole. */
class Chunks implements Events {
  readonly say: Say
  #hasBegun = false
  #opened = 0
  #open: { kind: 'text' | 'thinking'; at: number } | undefined
  #calls = 0
  #stop: Stop | undefined

  constructor(say: Say) {
    this.say = say
  }

  take(data: string): void {
    const chunk = objectIn(data)
    if (chunk === undefined) return
    const value = Array.isArray(chunk) ? record(chunk[0]) : chunk
    if (value.error === undefined || value.error === null) this.#chunk(value)
    else this.say(toldFault(readFault(0, data), data))
  }

  #chunk({ candidates, promptFeedback, usageMetadata, modelVersion, responseId }: Record<string, unknown>): void {
    if (!this.#hasBegun) {
      this.#hasBegun = true
      this.say({ is: 'begin', id: text(responseId), model: text(modelVersion) })
    }
    const [first] = list(candidates)
    const { content, finishReason } = record(first)
    for (const part of list(record(content).parts)) this.#part(part)
    if (usageMetadata !== undefined) this.say({ is: 'usage', usage: usageOf(usageMetadata) })
    if (first === undefined && text(record(promptFeedback).blockReason) !== '') this.#stopped('refusal')
    if (typeof finishReason === 'string') this.#stopped(stopOf(finishReason, this.#calls > 0))
  }

  #part(value: unknown): void {
    const { sealed, part } = partOf(value)
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
  close(): boolean {
    return this.#stop !== undefined
  }
}

/** Writes a stream. */
export function writer(_stamp: Stamp): StreamWriter {
  let tail = ''
  let usage: Usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }
  let stop: Stop = 'end'
  const parts: (Opened & { said: string })[] = []
  let hasCalls = false
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
        const called = callPart({ kind: 'call', id: part.id, name: part.name, input: part.said }, !hasCalls)
        hasCalls = true
        return chunk(stringifyExact(called))
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
