// The events of Anthropic Messages, read and written. One object per stream, one parse per event.
import { stringifyExact } from '../exact.ts'
import { objectIn, record, text } from '../frames.ts'
import { inOrder } from '../in-order.ts'
import type { Opened, Seal, Stop, StreamReader, StreamWriter, Usage } from '../neutral.ts'
import { type Events, type Say, streamReader, toldFault } from '../read-stream.ts'
import { named, Unsayable } from '../unsayable.ts'
import { emptyMessage, stopOf, usageOf, writeStop, writeUsage } from './answer.ts'
import { readFault, writeFault } from './fault.ts'

/** Reads a stream. @param tell hears each event */
export function reader(tell: Say): StreamReader {
  return streamReader(tell, readFault, (say) => new Blocks(say))
}

class Blocks implements Events {
  readonly say: Say
  #usage: Usage | undefined
  #opened = 0
  /** Where the vendor's open blocks stand among the parts, by its own numbers. */
  readonly #places = new Map<unknown, number>()

  constructor(say: Say) {
    this.say = say
  }

  take(data: string): void {
    const event = objectIn(data)
    if (event === undefined) return
    switch (event.type) {
      case 'message_start': {
        const { id, model, usage } = record(event.message)
        this.#usage = usageOf(usage)
        this.say({ is: 'begin', id: text(id), model: text(model), usage: this.#usage })
        return
      }
      case 'content_block_start':
        this.#begun(event.index, record(event.content_block))
        return
      case 'content_block_delta':
        this.#more(event.index, record(event.delta))
        return
      case 'content_block_stop':
        this.#close(event.index)
        return
      case 'message_delta': {
        const { stop_reason, stop_sequence } = record(event.delta)
        this.#usage = usageOf(event.usage, this.#usage)
        this.say({ is: 'usage', usage: this.#usage })
        const stopAt = text(stop_sequence)
        if (typeof stop_reason !== 'string') return
        for (const index of this.#places.keys()) this.#close(index)
        this.say({ is: 'stop', stop: stopOf(stop_reason), ...(stopAt === '' ? {} : { stopAt }) })
        return
      }
      case 'message_stop':
        this.say({ is: 'end' })
        return
      case 'error':
        this.say(toldFault(readFault(0, data), data))
        return
      case 'ping':
        this.say({ is: 'ping' })
        return
    }
  }

  #close(index: unknown): void {
    const at = this.#places.get(index)
    if (at === undefined) return
    this.#places.delete(index)
    this.say({ is: 'close', at })
  }

  #begun(index: unknown, block: Record<string, unknown>): number {
    const part = openedOf(block)
    const at = this.#opened++
    this.#places.set(index, at)
    this.say({ is: 'open', at, part })
    const said =
      part.kind === 'text' ? text(block.text) : part.kind === 'thinking' ? text(block.thinking) : inputOf(block)
    if (said !== '') this.say({ is: 'piece', at, text: said })
    if (block.type === 'redacted_thinking')
      this.say({ is: 'seal', at, seal: { by: 'messages', value: text(block.data), isWhole: true } })
    return at
  }

  #more(index: unknown, delta: Record<string, unknown>): void {
    // A proxy may leave out that a text begins.
    const at =
      this.#places.get(index) ?? (delta.type === 'text_delta' ? this.#begun(index, { type: 'text' }) : undefined)
    if (at === undefined) return
    switch (delta.type) {
      case 'text_delta':
        this.say({ is: 'piece', at, text: text(delta.text) })
        return
      case 'thinking_delta':
        this.say({ is: 'piece', at, text: text(delta.thinking) })
        return
      case 'input_json_delta':
        if (delta.partial_json !== '') this.say({ is: 'piece', at, text: text(delta.partial_json) })
        return
      case 'signature_delta':
        this.say({ is: 'seal', at, seal: { by: 'messages', value: text(delta.signature) } })
        return
    }
  }
}

/** @throws Unsayable */
function openedOf(block: Record<string, unknown>): Opened {
  switch (block.type) {
    case 'text':
      return { kind: 'text' }
    case 'thinking':
    case 'redacted_thinking':
      return { kind: 'thinking' }
    case 'tool_use':
      return { kind: 'call', id: text(block.id), name: text(block.name) }
    default:
      throw new Unsayable('content', `the vendor answered with "${named(block.type)}", which cannot be translated`)
  }
}

/** Nearly always empty, and told in pieces; some send it at once. */
function inputOf({ input }: Record<string, unknown>): string {
  const value = record(input)
  return Object.keys(value).length === 0 ? '' : stringifyExact(value)
}

const event = (type: string, json: string): string => `event: ${type}\ndata: ${json}\n\n`
const written = (type: string, fields: object): string => event(type, JSON.stringify({ type, ...fields }))

const DELTAS = {
  text: 'text_delta","text":',
  refusal: 'text_delta","text":',
  thinking: 'thinking_delta","thinking":',
  call: 'input_json_delta","partial_json":',
} as const

/** Writes a stream: one block after the other, as clients of this dialect expect. */
export function writer(): StreamWriter {
  return inOrder(blockWriter())
}

function blockWriter(): StreamWriter {
  let usage: Usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }
  let stop: { stop: Stop; stopAt?: string } = { stop: 'end' }
  /** What each part is, and its block where it has one: a thought that is sealed as a whole has its block from its seal on. */
  const kinds: Opened['kind'][] = []
  /** The beginning of each piece's event. */
  const heads: string[] = []
  return (telling) => {
    switch (telling.is) {
      case 'begin':
        usage = telling.usage ?? usage
        return written('message_start', {
          message: { ...emptyMessage(telling.id, telling.model), usage: writeUsage(usage) },
        })
      case 'open': {
        const { at, part } = telling
        kinds[at] = part.kind
        heads[at] =
          `event: content_block_delta\ndata: {"type":"content_block_delta","index":${at},"delta":{"type":"${DELTAS[part.kind]}`
        return written('content_block_start', { index: at, content_block: blockOf(part) })
      }
      case 'piece':
        return `${heads[telling.at]}${JSON.stringify(telling.text)}}}\n\n`
      case 'seal':
        return kinds[telling.at] === 'thinking' ? sealOf(telling.at, telling.seal) : ''
      case 'close':
        return event('content_block_stop', `{"type":"content_block_stop","index":${telling.at}}`)
      case 'usage':
        usage = telling.usage
        return ''
      case 'stop':
        stop = telling
        return ''
      case 'end':
        return (
          written('message_delta', { delta: writeStop(stop.stop, stop.stopAt), usage: writeUsage(usage) }) +
          written('message_stop', {})
        )
      case 'fault':
        return event('error', JSON.stringify(writeFault(telling.fault, '')))
      case 'ping':
        return event('ping', '{"type": "ping"}')
    }
  }
}

function sealOf(at: number, { value }: Seal): string {
  return written('content_block_delta', { index: at, delta: { type: 'signature_delta', signature: value } })
}

function blockOf(part: Opened): object {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return { type: 'text', text: '' }
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' }
    case 'call':
      return { type: 'tool_use', id: part.id, name: part.name, input: {} }
  }
}
