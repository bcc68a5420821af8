// The events of Anthropic Messages, read and written. One object per stream, one parse per event.
import { stringifyExact } from '../exact.ts'
import { Frames, objectIn, record, text } from '../frames.ts'
import type { Opened, Seal, Stop, StreamReader, StreamWriter, Telling, Usage } from '../neutral.ts'
import { emptyMessage, stopOf, usageOf, writeStop, writeUsage } from './answer.ts'
import { readFault, writeFault } from './fault.ts'

/** Reads a stream. @param tell hears each event */
export function reader(tell: (telling: Telling) => void): StreamReader {
  let isOver = false
  let usage: Usage | undefined
  let opened = 0
  /** Where the vendor's block stands among the parts. */
  const places = new Map<unknown, number>()
  const say = (telling: Telling): void => {
    if (isOver) return
    if (telling.is === 'end' || telling.is === 'fault') isOver = true
    tell(telling)
  }

  const begun = (index: unknown, block: Record<string, unknown>): void => {
    const part = openedOf(block)
    if (part === undefined) {
      say({
        is: 'fault',
        fault: {
          status: 502,
          message: `The vendor answered with "${text(block.type).slice(0, 60)}", which cannot be translated.`,
        },
      })
      return
    }
    const at = opened++
    places.set(index, at)
    say({ is: 'open', at, part })
    const said =
      part.kind === 'text' ? text(block.text) : part.kind === 'thinking' ? text(block.thinking) : inputOf(block)
    if (said !== '') say({ is: 'piece', at, text: said })
    if (block.type === 'redacted_thinking') {
      say({ is: 'seal', at, seal: { by: 'messages', value: text(block.data), isWhole: true } })
    }
  }

  const more = (at: number, delta: Record<string, unknown>): void => {
    switch (delta.type) {
      case 'text_delta':
        say({ is: 'piece', at, text: text(delta.text) })
        return
      case 'thinking_delta':
        say({ is: 'piece', at, text: text(delta.thinking) })
        return
      case 'input_json_delta':
        if (delta.partial_json !== '') say({ is: 'piece', at, text: text(delta.partial_json) })
        return
      case 'signature_delta':
        say({ is: 'seal', at, seal: { by: 'messages', value: text(delta.signature) } })
    }
  }

  const frames = new Frames((data) => {
    const event = objectIn(data)
    if (event === undefined) return
    switch (event.type) {
      case 'message_start': {
        const message = record(event.message)
        usage = usageOf(message.usage)
        return say({ is: 'begin', id: text(message.id), model: text(message.model), usage })
      }
      case 'content_block_start':
        return begun(event.index, record(event.content_block))
      case 'content_block_delta':
        return more(places.get(event.index) ?? 0, record(event.delta))
      case 'content_block_stop':
        return say({ is: 'close', at: places.get(event.index) ?? 0 })
      case 'message_delta': {
        const delta = record(event.delta)
        usage = usageOf(event.usage, usage)
        say({ is: 'usage', usage })
        const stopAt = text(delta.stop_sequence)
        if (typeof delta.stop_reason === 'string')
          say({ is: 'stop', stop: stopOf(delta.stop_reason), ...(stopAt === '' ? {} : { stopAt }) })
        return
      }
      case 'message_stop':
        return say({ is: 'end' })
      case 'error':
        return say({ is: 'fault', fault: readFault(0, data) })
      case 'ping':
        return say({ is: 'ping' })
    }
  })
  return {
    push: (chunk) => {
      frames.push(chunk)
      if (frames.isTooLong)
        say({ is: 'fault', fault: { status: 502, message: 'An event of the vendor was too long.' } })
    },
    close: () => say({ is: 'fault', fault: { status: 502, message: 'The vendor broke off the answer.' } }),
  }
}

function openedOf(block: Record<string, unknown>): Opened | undefined {
  switch (block.type) {
    case 'text':
      return { kind: 'text' }
    case 'thinking':
    case 'redacted_thinking':
      return { kind: 'thinking' }
    case 'tool_use':
      return { kind: 'call', id: text(block.id), name: text(block.name) }
    default:
      return undefined
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

/** Writes a stream. */
export function writer(): StreamWriter {
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
