// What was said so far, as the items of OpenAI Responses, read into turns.
import { mediaOf } from '../completions/read-content.ts'
import type { AssistantPart, DocumentPart, ImagePart, TextPart, ThinkingPart, Turn, UserPart } from '../neutral.ts'
import {
  type Fields,
  fieldsOf,
  type Hints,
  listOf,
  maybeText,
  named,
  nothingElse,
  textOf,
  Unsayable,
} from '../unsayable.ts'

/** Names that OpenAI gives to items, and how far it was with them. */
const ITEM_HINTS: Hints = {
  id: 'the name of an item at OpenAI',
  status: 'how far it was; here it is over',
  phase: 'whether the model went on after that',
  internal_chat_message_metadata_passthrough: 'notes of the client for OpenAI',
}
const PART_HINTS: Hints = {
  annotations: 'where a text was found, not what it says',
  logprobs: 'how likely each word was',
  prompt_cache_breakpoint: 'other vendors cache by themselves',
}

/** @throws Unsayable */
export function readItems(value: unknown, path: string): Turn[] {
  if (typeof value === 'string') return value === '' ? [] : [{ role: 'user', parts: [{ kind: 'text', text: value }] }]
  return listOf(value, path).map((item, at) => readItem(fieldsOf(item, `${path}[${at}]`), `${path}[${at}]`))
}

function readItem(item: Fields, path: string): Turn {
  switch (item.type) {
    case undefined:
    case 'message':
      return readMessage(item, path)
    case 'function_call': {
      const { type: _, call_id, name, arguments: input, ...rest } = item
      nothingElse(rest, path, ITEM_HINTS)
      const call = {
        kind: 'call',
        id: textOf(call_id, `${path}.call_id`),
        name: textOf(name, `${path}.name`),
        input: maybeText(input, `${path}.arguments`) || '{}',
      } as const
      return { role: 'assistant', parts: [call] }
    }
    case 'function_call_output': {
      const { type: _, call_id, output, ...rest } = item
      nothingElse(rest, path, ITEM_HINTS)
      const content =
        typeof output === 'string' ? [{ kind: 'text', text: output } as const] : readContent(output, `${path}.output`)
      return { role: 'user', parts: [{ kind: 'result', callId: textOf(call_id, `${path}.call_id`), content }] }
    }
    case 'reasoning':
      return { role: 'assistant', parts: readReasoning(item, path) }
    case 'item_reference':
      throw new Unsayable(`${path}.type`, 'that item lies at OpenAI: send it as it was')
    default:
      throw new Unsayable(`${path}.type`, `an item of type "${named(item.type)}" cannot be translated`)
  }
}

function readMessage({ type: _, role, content, ...rest }: Fields, path: string): Turn {
  nothingElse(rest, path, ITEM_HINTS)
  const place = `${path}.content`
  switch (role) {
    case 'system':
    case 'developer':
      return { role: 'system', parts: readContent(content, place).map((part) => textIn(part, place)) }
    case 'user':
      return { role, parts: readContent(content, place) satisfies UserPart[] }
    case 'assistant':
      return { role, parts: readSaid(content, place) }
    default:
      throw new Unsayable(`${path}.role`, 'system, developer, user or assistant is expected')
  }
}

function textIn(part: TextPart | ImagePart | DocumentPart, path: string): TextPart {
  if (part.kind !== 'text') throw new Unsayable(path, 'texts are expected')
  return part
}

/** Empty texts say nothing, and some vendors refuse them. */
function readContent(content: unknown, path: string): (TextPart | ImagePart | DocumentPart)[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  return listOf(content, path)
    .map((part, at) => readPart(fieldsOf(part, `${path}[${at}]`), `${path}[${at}]`))
    .filter((part) => part.kind !== 'text' || part.text !== '')
}

const ELSEWHERE = 'a file that was uploaded to OpenAI cannot be shown to another vendor'

function readPart({ type, ...fields }: Fields, path: string): TextPart | ImagePart | DocumentPart {
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text': {
      const { text, ...rest } = fields
      nothingElse(rest, path, PART_HINTS)
      return { kind: 'text', text: textOf(text, `${path}.text`) }
    }
    case 'input_image': {
      const { image_url, file_id, detail, ...rest } = fields
      nothingElse(rest, path, PART_HINTS)
      if (file_id !== undefined && file_id !== null) throw new Unsayable(`${path}.file_id`, ELSEWHERE)
      const source = mediaOf(textOf(image_url, `${path}.image_url`), `${path}.image_url`)
      // Anything else is no wish.
      const isWished = detail === 'low' || detail === 'high'
      return { kind: 'image', source, ...(isWished ? { detail } : {}) }
    }
    case 'input_file': {
      const { file_data, file_url, file_id, filename, ...rest } = fields
      nothingElse(rest, path, { ...PART_HINTS, detail: 'how closely a file is looked at is a wish' })
      if (file_id !== undefined && file_id !== null) throw new Unsayable(`${path}.file_id`, ELSEWHERE)
      const name = maybeText(filename, `${path}.filename`)
      const at = file_data === undefined || file_data === null ? 'file_url' : 'file_data'
      const source = mediaOf(textOf(file_data ?? file_url, `${path}.${at}`), `${path}.${at}`)
      return { kind: 'document', source, ...(name === undefined ? {} : { name }) }
    }
    default:
      throw new Unsayable(`${path}.type`, `content of type "${named(type)}" cannot be translated`)
  }
}

function readSaid(content: unknown, path: string): AssistantPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  return listOf(content, path).flatMap((value, at): AssistantPart[] => {
    const place = `${path}[${at}]`
    const { type, text, refusal, ...rest } = fieldsOf(value, place)
    nothingElse(rest, place, PART_HINTS)
    if (type === 'refusal') return [{ kind: 'refusal', text: textOf(refusal, `${place}.refusal`) }]
    if (type !== 'output_text' && type !== 'input_text' && type !== 'text')
      throw new Unsayable(`${place}.type`, `content of type "${named(type)}" cannot be translated`)
    return text === '' ? [] : [{ kind: 'text', text: textOf(text, `${place}.text`) }]
  })
}

function readReasoning(
  { type: _, id, summary, content, encrypted_content, ...rest }: Fields,
  path: string,
): ThinkingPart[] {
  nothingElse(rest, path, ITEM_HINTS)
  const texts = (value: unknown, place: string): string[] =>
    listOf(value, place).map((part, at) => textOf(fieldsOf(part, `${place}[${at}]`).text, `${place}[${at}].text`))
  const text = [...texts(summary, `${path}.summary`), ...texts(content, `${path}.content`)].join('\n\n')
  const sealed = maybeText(encrypted_content, `${path}.encrypted_content`) ?? ''
  const name = maybeText(id, `${path}.id`)
  // Without either, it is nothing but the name of something that lies at OpenAI.
  if (text === '' && sealed === '') return []
  const seal = { by: 'responses', value: sealed, ...(name === undefined ? {} : { id: name }) } as const
  return [{ kind: 'thinking', text, ...(sealed === '' ? {} : { seal }) }]
}
