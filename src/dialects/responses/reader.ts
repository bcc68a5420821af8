// The events of a stream of OpenAI Responses, read. One object per stream, one parse per event.
import { objectIn, record, text } from '../frames.ts'
import type { Opened, StreamReader } from '../neutral.ts'
import { type Events, type Say, streamReader, toldFault } from '../read-stream.ts'
import { stopOf, strange, usageOf } from './answer.ts'
import { readFault } from './fault.ts'

/** Reads a stream. @param tell hears each event */
export function reader(tell: Say): StreamReader {
  return streamReader(tell, readFault, (say) => new Items(say))
}

/** What is being told of one item. */
type Growing = { at: number; kind: Opened['kind']; hasSaid: boolean }

class Items implements Events {
  readonly say: Say
  #opened = 0
  #hasCalls = false
  /** By the vendor's numbers of item and content. A thought is opened when there is something to say of it. */
  readonly #open = new Map<string, Growing>()

  constructor(say: Say) {
    this.say = say
  }

  take(data: string): void {
    const event = objectIn(data)
    if (event === undefined) return
    switch (event.type) {
      case 'response.output_text.delta':
        this.#more(keyOf(event, event.content_index), 'text', text(event.delta))
        return
      case 'response.refusal.delta':
        this.#more(keyOf(event, event.content_index), 'refusal', text(event.delta))
        return
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        this.#more(keyOf(event), 'thinking', text(event.delta))
        return
      case 'response.function_call_arguments.delta':
        this.#argument(keyOf(event), text(event.delta))
        return
      case 'response.reasoning_summary_part.added':
        // One behind the other, with a blank line between them.
        if (this.#open.get(keyOf(event))?.hasSaid === true) this.#more(keyOf(event), 'thinking', '\n\n')
        return
      case 'response.output_item.added':
        this.#added(keyOf(event), record(event.item))
        return
      case 'response.content_part.done':
        this.#contentDone(event)
        return
      case 'response.output_item.done':
        this.#done(event, record(event.item))
        return
      case 'response.created':
        this.say({ is: 'begin', id: text(record(event.response).id), model: text(record(event.response).model) })
        return
      case 'response.completed':
        this.#over(record(event.response))
        return
      case 'response.incomplete':
        this.#over({ ...record(event.response), status: 'incomplete' })
        return
      case 'response.failed':
        this.say(toldFault(readFault(0, data), JSON.stringify({ error: record(event.response).error ?? null })))
        return
      case 'error':
        this.say(toldFault(readFault(0, data), data))
    }
  }

  #start(key: string, part: Opened): Growing {
    const known = this.#open.get(key)
    if (known !== undefined) return known
    const growing = { at: this.#opened++, kind: part.kind, hasSaid: false }
    this.#open.set(key, growing)
    this.say({ is: 'open', at: growing.at, part })
    return growing
  }

  #more(key: string, kind: 'text' | 'thinking' | 'refusal', piece: string): void {
    if (piece === '') return
    const growing = this.#start(key, { kind })
    growing.hasSaid = true
    this.say({ is: 'piece', at: growing.at, text: piece })
  }

  #argument(key: string, piece: string): void {
    const growing = this.#open.get(key)
    if (growing === undefined || piece === '') return
    growing.hasSaid = true
    this.say({ is: 'piece', at: growing.at, text: piece })
  }

  #added(key: string, item: Record<string, unknown>): void {
    switch (item.type) {
      case 'function_call':
        this.#call(key, item)
        return
      case 'message':
      case 'reasoning':
        return
      default:
        throw strange(item)
    }
  }

  #call(key: string, item: Record<string, unknown>): Growing {
    this.#hasCalls = true
    return this.#start(key, { kind: 'call', id: text(item.call_id), name: text(item.name) })
  }

  /** Some tell a text at its end only. */
  #contentDone(event: Record<string, unknown>): void {
    const part = record(event.part)
    const key = keyOf(event, event.content_index)
    if (!this.#open.has(key)) {
      const isRefusal = part.type === 'refusal'
      this.#more(key, isRefusal ? 'refusal' : 'text', text(isRefusal ? part.refusal : part.text))
    }
    this.#close(key)
  }

  #done(event: Record<string, unknown>, item: Record<string, unknown>): void {
    const key = keyOf(event)
    if (item.type === 'function_call') {
      const growing = this.#call(key, item)
      if (!growing.hasSaid) this.#argument(key, text(item.arguments))
    } else if (item.type === 'reasoning' && text(item.encrypted_content) !== '') {
      const { at } = this.#start(key, { kind: 'thinking' })
      const seal = { by: 'responses', value: text(item.encrypted_content), id: text(item.id) } as const
      this.say({ is: 'seal', at, seal })
    } else if (item.type === 'message') {
      for (const other of this.#open.keys()) if (other.startsWith(`${key}:`)) this.#close(other)
      return
    }
    this.#close(key)
  }

  #close(key: string): void {
    const growing = this.#open.get(key)
    if (growing === undefined) return
    this.#open.delete(key)
    this.say({ is: 'close', at: growing.at })
  }

  #over(response: Record<string, unknown>): void {
    for (const key of this.#open.keys()) this.#close(key)
    this.say({ is: 'usage', usage: usageOf(response.usage) })
    this.say({ is: 'stop', stop: stopOf(response, this.#hasCalls) })
    this.say({ is: 'end' })
  }
}

/** Which item an event tells of, and which content of it. */
function keyOf({ output_index: item, item_id: id }: Record<string, unknown>, content?: unknown): string {
  const key = typeof item === 'number' ? String(item) : text(id)
  return content === undefined ? key : `${key}:${String(content)}`
}
