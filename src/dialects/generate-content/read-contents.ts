// What was said so far, in Google's dialect, read into turns. Calls there need no names: what came of them is matched by the tool, in order.
import { stringifyExact } from '../exact.ts'
import type { AssistantPart, DocumentPart, ImagePart, Seal, TextPart, Turn, UserPart } from '../neutral.ts'
import { type Fields, fieldsOf, type Hints, listOf, maybeText, nothingElse, textOf, Unsayable } from '../unsayable.ts'
import { readResponse } from './response.ts'
import { camelFields } from './schema.ts'

const PART_HINTS: Hints = {
  partMetadata: 'a note of the client for itself',
  mediaResolution: 'how closely an image is looked at is a wish',
}

/** The calls of the last turn of the model, and which of them nothing came of yet: each is found in one step, however many there are. */
class Waiting {
  readonly #byId = new Map<string, Queue>()
  readonly #byName = new Map<string, Queue>()
  count = 0

  add(id: string, name: string): void {
    const call: Call = { id, isAnswered: false }
    this.count++
    queueOf(this.#byId, id).calls.push(call)
    queueOf(this.#byName, name).calls.push(call)
  }

  /** The call of that id, or the first of that tool. */
  take(id: string | undefined, name: string): string | undefined {
    const call = (id === undefined ? undefined : firstOf(this.#byId.get(id))) ?? firstOf(this.#byName.get(name))
    if (call !== undefined) call.isAnswered = true
    return call?.id
  }
}

type Call = { id: string; isAnswered: boolean }
/** In the order in which they were made. */
type Queue = { readonly calls: Call[]; at: number }

function queueOf(queues: Map<string, Queue>, key: string): Queue {
  const known = queues.get(key)
  if (known !== undefined) return known
  const made: Queue = { calls: [], at: 0 }
  queues.set(key, made)
  return made
}

/** Those that were answered by another name are stepped over for good. */
function firstOf(queue: Queue | undefined): Call | undefined {
  if (queue === undefined) return undefined
  while (queue.calls[queue.at]?.isAnswered === true) queue.at++
  return queue.calls[queue.at]
}

/** @throws Unsayable */
export function readSystem(value: unknown, path: string): TextPart[] {
  if (value === undefined || value === null) return []
  const { parts, role: _, ...rest } = camelFields(value, path)
  nothingElse(rest, path)
  return listOf(parts, `${path}.parts`).map((part, at) => {
    const { text, ...others } = camelFields(part, `${path}.parts[${at}]`)
    nothingElse(others, `${path}.parts[${at}]`, PART_HINTS)
    return { kind: 'text', text: textOf(text, `${path}.parts[${at}].text`) }
  })
}

/** @throws Unsayable */
export function readContents(value: unknown, path: string): Turn[] {
  let waiting = new Waiting()
  return listOf(value, path).map((content, at): Turn => {
    const place = `${path}[${at}]`
    const { role, parts, ...rest } = camelFields(content, place)
    nothingElse(rest, place)
    const list = listOf(parts, `${place}.parts`)
    if (role === 'model') {
      waiting = new Waiting()
      const read = list.flatMap((part, index) => readModel(part, `${place}.parts[${index}]`, waiting, at))
      return { role: 'assistant', parts: joinedThoughts(read) }
    }
    if (role !== undefined && role !== 'user' && role !== 'function')
      throw new Unsayable(`${place}.role`, 'user or model is expected')
    return {
      role: 'user',
      parts: list.flatMap((part, index): UserPart[] => {
        const read = readUser(part, `${place}.parts[${index}]`, waiting)
        return read === undefined ? [] : [read]
      }),
    }
  })
}

function readUser(value: unknown, path: string, waiting: Waiting): UserPart | undefined {
  const { functionResponse, ...fields } = camelFields(value, path)
  if (functionResponse === undefined) return readShown(fields, path)
  nothingElse(fields, path, PART_HINTS)
  const { id, name, response, parts, ...rest } = camelFields(functionResponse, `${path}.functionResponse`)
  nothingElse(rest, `${path}.functionResponse`)
  const { text, isError } = readResponse(
    response === undefined ? {} : fieldsOf(response, `${path}.functionResponse.response`),
  )
  const shown = listOf(parts, `${path}.functionResponse.parts`).flatMap((part, at) => {
    const place = `${path}.functionResponse.parts[${at}]`
    const read = readShown(camelFields(part, place), place)
    return read === undefined ? [] : [read]
  })
  const said: TextPart[] = text === '' && shown.length > 0 ? [] : [{ kind: 'text', text }]
  return {
    kind: 'result',
    callId: takeCall(
      waiting,
      maybeText(id, `${path}.functionResponse.id`),
      textOf(name, `${path}.functionResponse.name`),
      path,
    ),
    content: [...said, ...shown],
    ...(isError ? { isError: true } : {}),
  }
}

/** Whose result it is. */
function takeCall(waiting: Waiting, id: string | undefined, name: string, path: string): string {
  const call = waiting.take(id, name)
  if (call === undefined)
    throw new Unsayable(`${path}.functionResponse`, `no call of "${name.slice(0, 80)}" in the turn before waits for it`)
  return call
}

/** What can be shown to a model; nothing for an empty text. */
function readShown(fields: Fields, path: string): TextPart | ImagePart | DocumentPart | undefined {
  // A mark on something that a person said says nothing to others.
  const { text, inlineData, fileData, thought, thoughtSignature: _, ...rest } = fields
  const [strange] = Object.keys(rest).filter((name) => !Object.hasOwn(PART_HINTS, name))
  if (strange !== undefined) throw new Unsayable(`${path}.${strange}`, 'this kind of content cannot be translated')
  if (thought === true) return undefined
  if (inlineData !== undefined) {
    const { mimeType, data, displayName, ...others } = camelFields(inlineData, `${path}.inlineData`)
    nothingElse(others, `${path}.inlineData`)
    const mediaType = textOf(mimeType, `${path}.inlineData.mimeType`)
    const source = { by: 'bytes', mediaType, base64: textOf(data, `${path}.inlineData.data`) } as const
    return shownOf(mediaType, source, maybeText(displayName, `${path}.inlineData.displayName`), `${path}.inlineData`)
  }
  if (fileData !== undefined) {
    const { mimeType = 'application/pdf', fileUri, displayName, ...others } = camelFields(fileData, `${path}.fileData`)
    nothingElse(others, `${path}.fileData`)
    const url = textOf(fileUri, `${path}.fileData.fileUri`)
    if (!/^https?:/.test(url) || IS_KEPT.test(url))
      throw new Unsayable(
        `${path}.fileData.fileUri`,
        'a file that was uploaded to Google cannot be shown to another vendor',
      )
    const mediaType = textOf(mimeType, `${path}.fileData.mimeType`)
    return shownOf(
      mediaType,
      { by: 'url', url },
      maybeText(displayName, `${path}.fileData.displayName`),
      `${path}.fileData`,
    )
  }
  const said = textOf(text, `${path}.text`)
  return said === '' ? undefined : { kind: 'text', text: said }
}

/** Files that the vendor keeps for one of its accounts. */
const IS_KEPT = /^https?:\/\/generativelanguage\.googleapis\.com\//

function shownOf(
  type: string,
  source: ImagePart['source'],
  name: string | undefined,
  path: string,
): ImagePart | DocumentPart {
  if (type.startsWith('image/')) return { kind: 'image', source }
  if (type === 'application/pdf' || type.startsWith('text/'))
    return { kind: 'document', source, ...(name === undefined ? {} : { name }) }
  throw new Unsayable(`${path}.mimeType`, `content of type ${type.slice(0, 80)} cannot be translated`)
}

function readModel(value: unknown, path: string, waiting: Waiting, turn: number): AssistantPart[] {
  const { text, thought, thoughtSignature, functionCall, ...rest } = camelFields(value, path)
  const [strange] = Object.keys(rest).filter((name) => !Object.hasOwn(PART_HINTS, name))
  if (strange !== undefined) throw new Unsayable(`${path}.${strange}`, 'this kind of content cannot be translated')
  const mark = maybeText(thoughtSignature, `${path}.thoughtSignature`) ?? ''
  const seal: { seal?: Seal } = mark === '' ? {} : { seal: { by: 'generate_content', value: mark } }
  if (functionCall === undefined) {
    const said = maybeText(text, `${path}.text`) ?? ''
    if (thought === true) return [{ kind: 'thinking', text: said, ...seal }]
    return [...(said === '' ? [] : [{ kind: 'text', text: said } as const]), ...sealed(seal)]
  }
  const { id, name, args, ...others } = camelFields(functionCall, `${path}.functionCall`)
  nothingElse(others, `${path}.functionCall`)
  const call = {
    id: maybeText(id, `${path}.functionCall.id`) ?? `call_${turn}_${waiting.count}`,
    name: textOf(name, `${path}.functionCall.name`),
  }
  waiting.add(call.id, call.name)
  const input = stringifyExact(args === undefined || args === null ? {} : fieldsOf(args, `${path}.functionCall.args`))
  return [...sealed(seal), { kind: 'call', ...call, input }]
}

/** The mark beside something else belongs to a thought, before a call and behind a text. */
function sealed(seal: { seal?: Seal }): AssistantPart[] {
  return seal.seal === undefined ? [] : [{ kind: 'thinking', text: '', ...seal }]
}

/** A thought comes in pieces, and its mark with the last of them or behind. */
function joinedThoughts(parts: readonly AssistantPart[]): AssistantPart[] {
  const out: AssistantPart[] = []
  for (const part of parts) {
    const last = out.at(-1)
    if (part.kind === 'thinking' && last?.kind === 'thinking' && last.seal === undefined) {
      out[out.length - 1] = { ...last, ...part, text: last.text + part.text }
    } else if (part.kind === 'text' && last?.kind === 'text')
      out[out.length - 1] = { ...last, text: last.text + part.text }
    else out.push(part)
  }
  return out
}
