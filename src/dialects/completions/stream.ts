// The chunks of OpenAI Chat Completions, read and written. One object per stream, one parse per chunk.
import { count, list, objectIn, record, text } from '../frames.ts'
import type { Stamp, Stop, StreamReader, StreamWriter, Usage } from '../neutral.ts'
import { type Events, type Say, streamReader, toldFault } from '../read-stream.ts'
import { Unsayable } from '../unsayable.ts'
import { headOf, reasonOf, stopOf, usageOf, writeUsage } from './answer.ts'
import { readFault, writeFault } from './fault.ts'
import { type Shape, writeDetails } from './thoughts.ts'

/** Reads a stream. @param tell hears each event */
export function reader(tell: Say): StreamReader {
  return streamReader(tell, readFault, (say) => new Chunks(say))
}

/** Parts are not announced here: they open with their first piece, and close when another kind begins. */
class Chunks implements Events {
  readonly say: Say
  #hasBegun = false
  #opened = 0
  /** The text, thought or refusal that is being told. */
  #open: { kind: 'text' | 'thinking' | 'refusal'; at: number } | undefined
  /** Calls by the vendor's number, while they come. */
  readonly #calls = new Map<unknown, number>()
  #hasCalls = false
  #stop: Stop | undefined

  constructor(say: Say) {
    this.say = say
  }

  take(data: string, name: string): void {
    if (data === '[DONE]') {
      if (!this.close()) throw new Unsayable('', 'the vendor broke off the answer')
      this.say({ is: 'end' })
      return
    }
    const chunk = objectIn(data)
    if (chunk === undefined) return
    const value = Array.isArray(chunk) ? record(chunk[0]) : chunk
    if (name === 'error' || (value.error !== undefined && value.error !== null)) {
      this.say(toldFault(readFault(0, data), data))
      return
    }
    if (!this.#hasBegun) {
      this.#hasBegun = true
      this.say({ is: 'begin', id: text(value.id), model: text(value.model) })
    }
    const [first] = list(value.choices)
    if (first !== undefined) this.#choice(record(first))
    if (typeof value.usage === 'object' && value.usage !== null) this.say({ is: 'usage', usage: usageOf(value.usage) })
  }

  #choice({ delta, finish_reason }: Record<string, unknown>): void {
    const { content, refusal, tool_calls, reasoning_content, reasoning } = record(delta)
    const thought = reasoning_content ?? reasoning
    if (typeof thought === 'string' && thought !== '') this.#more('thinking', thought)
    if (typeof content === 'string') {
      if (content !== '') this.#more('text', content)
    } else for (const part of list(content)) this.#more('text', text(record(part).text))
    if (typeof refusal === 'string' && refusal !== '') this.#more('refusal', refusal)
    if (tool_calls !== undefined) for (const call of list(tool_calls)) this.#call(record(call))
    if (typeof finish_reason !== 'string' || this.#stop !== undefined) return
    this.#closeAll()
    this.#stop = stopOf(finish_reason, this.#hasCalls)
    this.say({ is: 'stop', stop: this.#stop })
  }

  #more(kind: 'text' | 'thinking' | 'refusal', piece: string): void {
    if (this.#open?.kind !== kind) {
      this.#closeText()
      this.#open = { kind, at: this.#opened++ }
      this.say({ is: 'open', at: this.#open.at, part: { kind } })
    }
    this.say({ is: 'piece', at: this.#open.at, text: piece })
  }

  #call(call: Record<string, unknown>): void {
    const { name, arguments: input } = record(call.function)
    // Some leave the number out: then each id is a call of its own.
    const key = call.index ?? (text(call.id) === '' ? this.#calls.size - 1 : this.#calls.size)
    let at = this.#calls.get(key)
    if (at === undefined) {
      this.#closeText()
      at = this.#opened++
      this.#calls.set(key, at)
      this.#hasCalls = true
      this.say({ is: 'open', at, part: { kind: 'call', id: text(call.id), name: text(name) } })
    }
    if (typeof input === 'string' && input !== '') this.say({ is: 'piece', at, text: input })
  }

  #closeText(): void {
    if (this.#open === undefined) return
    this.say({ is: 'close', at: this.#open.at })
    this.#open = undefined
  }

  #closeAll(): void {
    this.#closeText()
    for (const at of this.#calls.values()) this.say({ is: 'close', at })
    this.#calls.clear()
  }

  /** Not everybody says `[DONE]`. */
  close(): boolean {
    return this.#stop !== undefined
  }
}

const data = (json: string): string => `data: ${json}\n\n`

/** Writes a stream. */
export function writer(stamp: Stamp): StreamWriter {
  let start = headOf('', '', stamp, 'chat.completion.chunk')
  /** A chunk before its delta, and behind it. */
  let head = ''
  const tail = `,"logprobs":null,"finish_reason":null}]${stamp.wantsUsage ? ',"usage":null' : ''}}\n\n`
  let usage: Usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }
  /** How much was told of each part. */
  const shapes: Shape[] = []
  /** Thoughts as they are kept. */
  const thoughts: { text: string; seal?: string }[] = []
  /** The client's number of each call. */
  const numbers: number[] = []
  let calls = 0
  const chunk = (delta: string): string => head + delta + tail
  const argument = (at: number, piece: string): string =>
    chunk(`{"tool_calls":[{"index":${count(numbers[at])},"function":{"arguments":${JSON.stringify(piece)}}}]}`)

  return (telling) => {
    switch (telling.is) {
      case 'begin':
        start = headOf(telling.id, telling.model, stamp, 'chat.completion.chunk')
        head = `data: ${JSON.stringify(start).slice(0, -1)},"choices":[{"index":0,"delta":`
        usage = telling.usage ?? usage
        return chunk('{"role":"assistant","content":"","refusal":null}')
      case 'open': {
        const { at, part } = telling
        shapes[at] = { kind: part.kind, length: 0 }
        if (part.kind === 'thinking') thoughts[at] = { text: '' }
        if (part.kind !== 'call') return ''
        numbers[at] = calls++
        const call = { index: numbers[at], id: part.id, type: 'function', function: { name: part.name, arguments: '' } }
        return chunk(JSON.stringify({ tool_calls: [call] }))
      }
      case 'piece': {
        const { at, text: piece } = telling
        const shape = shapes[at]
        if (shape === undefined) return ''
        shape.length += piece.length
        switch (shape.kind) {
          case 'text':
            return chunk(`{"content":${JSON.stringify(piece)}}`)
          case 'thinking':
            if (thoughts[at] !== undefined) thoughts[at].text += piece
            return chunk(`{"reasoning_content":${JSON.stringify(piece)}}`)
          case 'refusal':
            return chunk(`{"refusal":${JSON.stringify(piece)}}`)
          default:
            return argument(at, piece)
        }
      }
      case 'seal':
        if (thoughts[telling.at] !== undefined)
          thoughts[telling.at] = { text: '', ...thoughts[telling.at], seal: telling.seal.value }
        return ''
      case 'close': {
        const { kind, length } = shapes[telling.at] ?? { kind: 'text', length: 0 }
        // A call without arguments is a call with none, in JSON.
        return kind === 'call' && length === 0 ? argument(telling.at, '{}') : ''
      }
      case 'usage':
        usage = telling.usage
        return ''
      case 'stop': {
        // All at once, as some clients add to a list and others keep the last one.
        const details = detailsOf(thoughts, shapes)
        const kept = details.length === 0 ? '' : chunk(JSON.stringify({ reasoning_details: details }))
        const end = data(
          JSON.stringify({
            ...start,
            choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: reasonOf(telling.stop) }],
            ...(stamp.wantsUsage ? { usage: null } : {}),
          }),
        )
        return kept + end
      }
      case 'end':
        return (
          (stamp.wantsUsage ? data(JSON.stringify({ ...start, choices: [], usage: writeUsage(usage) })) : '') +
          data('[DONE]')
        )
      case 'fault':
        return data(JSON.stringify(writeFault(telling.fault)))
      case 'ping':
        return ': ping\n\n'
    }
  }
}

/** @param thoughts by their place among the parts */
function detailsOf(thoughts: readonly { text: string; seal?: string }[], shapes: readonly Shape[]): readonly object[] {
  const isKept = (at: number): boolean => shapes[at]?.kind !== 'thinking' || thoughts[at]?.seal !== undefined
  return writeDetails(
    thoughts.flatMap(({ text, seal }) => (seal === undefined ? [] : [{ text, seal }])),
    shapes.filter((_shape, at) => isKept(at)),
  )
}
