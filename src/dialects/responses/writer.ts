// The events of a stream of OpenAI Responses, written: each with its number, and everything that was told in pieces told again as a whole.
import type { AssistantPart, Opened, Seal, Stamp, Stop, StreamWriter, Usage } from '../neutral.ts'
import { contentOf, itemId, responseOf, writeItem, writeUsage } from './answer.ts'
import { writeFault } from './fault.ts'

type Growing = {
  part: Opened
  id: string
  said: string[]
  seal?: Seal
  /** The beginning of each piece's event. */
  head: string
  tail: string
}

const TYPES = {
  text: 'response.output_text',
  refusal: 'response.refusal',
  thinking: 'response.reasoning_summary_text',
  call: 'response.function_call_arguments',
} as const

/** Writes a stream. */
export function writer(stamp: Stamp): StreamWriter {
  let sequence = 0
  let id = ''
  let model = ''
  let usage: Usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }
  let stop: Stop = 'end'
  const growing: Growing[] = []
  const output: object[] = []
  const event = (type: string, fields: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...fields, sequence_number: sequence++ })}\n\n`

  const opened = (at: number, part: Opened): string => {
    const name = itemId(part.kind, id, at)
    const where = { item_id: name, output_index: at, ...placeOf(part.kind) }
    const type = `${TYPES[part.kind]}.delta`
    const head = `event: ${type}\ndata: ${JSON.stringify({ type, ...where }).slice(0, -1)},"delta":`
    const tail = part.kind === 'text' ? ',"logprobs":[],"sequence_number":' : ',"sequence_number":'
    growing[at] = { part, id: name, said: [], head, tail }
    const added = event('response.output_item.added', { output_index: at, item: begunItem(part, name) })
    if (part.kind !== 'text' && part.kind !== 'refusal') return added
    return added + event('response.content_part.added', { ...where, part: contentOf(part.kind, '') })
  }

  const closed = (at: number, one: Growing): string => {
    const { part, said: pieces, seal, id: name } = one
    const said = pieces.join('')
    const where = { item_id: name, output_index: at, ...placeOf(part.kind) }
    const whole: AssistantPart =
      part.kind === 'call' ? { ...part, input: said || '{}' } : { kind: part.kind, text: said, ...(seal && { seal }) }
    const item = { ...writeItem(whole, id, at), id: name }
    output[at] = item
    return doneEvents(whole, where, event) + event('response.output_item.done', { output_index: at, item })
  }

  return (telling) => {
    switch (telling.is) {
      case 'begin': {
        ;({ id, model } = telling)
        usage = telling.usage ?? usage
        const response = responseOf(id, model, stamp, { output: [] })
        return event('response.created', { response }) + event('response.in_progress', { response })
      }
      case 'open':
        return opened(telling.at, telling.part)
      case 'piece': {
        const one = growing[telling.at]
        if (one === undefined) return ''
        const { part, said, head, tail, id: name } = one
        // A thought that is told is a part of its item; of others only the seal is there.
        const before =
          part.kind === 'thinking' && said.length === 0
            ? event('response.reasoning_summary_part.added', {
                item_id: name,
                output_index: telling.at,
                summary_index: 0,
                part: { type: 'summary_text', text: '' },
              })
            : ''
        said.push(telling.text)
        return `${before}${head}${JSON.stringify(telling.text)}${tail}${sequence++}}\n\n`
      }
      case 'seal': {
        const one = growing[telling.at]
        if (one !== undefined) one.seal = telling.seal
        return ''
      }
      case 'close': {
        const one = growing[telling.at]
        return one === undefined ? '' : closed(telling.at, one)
      }
      case 'usage':
        usage = telling.usage
        return ''
      case 'stop':
        stop = telling.stop
        return ''
      case 'end': {
        const response = responseOf(id, model, stamp, { output, stop })
        return event(`response.${String(response.status)}`, { response: { ...response, usage: writeUsage(usage) } })
      }
      case 'fault': {
        const { error } = writeFault(telling.fault)
        const { message, code = null, param = null } = telling.fault
        // OpenAI's own SDK throws where it finds an error in the event, and nowhere else.
        return event('error', { code, message, param, error })
      }
      case 'ping':
        return ': ping\n\n'
    }
  }
}

/** Where a piece stands within its item. */
function placeOf(kind: Opened['kind']): object {
  return kind === 'thinking' ? { summary_index: 0 } : kind === 'call' ? {} : { content_index: 0 }
}

function begunItem(part: Opened, id: string): object {
  if (part.kind === 'thinking') return { id, type: 'reasoning', summary: [] }
  if (part.kind === 'call') {
    return { id, type: 'function_call', status: 'in_progress', call_id: part.id, name: part.name, arguments: '' }
  }
  return { id, type: 'message', status: 'in_progress', role: 'assistant', content: [] }
}

/** That what was told in pieces is whole. */
function doneEvents(part: AssistantPart, where: object, event: (type: string, fields: object) => string): string {
  switch (part.kind) {
    case 'text':
    case 'refusal': {
      const whole = part.kind === 'text' ? { text: part.text, logprobs: [] } : { refusal: part.text }
      return (
        event(`${TYPES[part.kind]}.done`, { ...where, ...whole }) +
        event('response.content_part.done', { ...where, part: contentOf(part.kind, part.text) })
      )
    }
    case 'call':
      return event(`${TYPES.call}.done`, { ...where, name: part.name, arguments: part.input })
    case 'thinking':
      if (part.text === '') return ''
      return (
        event(`${TYPES.thinking}.done`, { ...where, text: part.text }) +
        event('response.reasoning_summary_part.done', { ...where, part: { type: 'summary_text', text: part.text } })
      )
  }
}
