// What was said so far, in Google's dialect, read into turns. Calls there need no names: what came of them is matched by the tool, in order.
import { stringifyExact } from '../exact.ts'
import type { AssistantPart, DocumentPart, ImagePart, Seal, TextPart, Turn, UserPart } from '../neutral.ts'
import { each, fields, flag, into, must, type Read, refused, refusedBut, text } from '../reading.ts'
import { Unsayable } from '../unsayable.ts'
import { readResponse } from './response.ts'
import { camelled } from './schema.ts'

/** Stands for the mark of a call that another model has made; the vendor's own word for that. */
export const UNSIGNED = 'skip_thought_signature_validator'

/** What a mark seals; that there is none is of use to nobody else. */
export function sealBy(mark: string): Seal | undefined {
  return mark === '' || mark === UNSIGNED ? undefined : { by: 'generate_content', value: mark }
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

/** Files that the vendor keeps for one of its accounts. */
const IS_KEPT = /^https?:\/\/generativelanguage\.googleapis\.com\//

function shownOf(
  mimeType: string,
  source: ImagePart['source'],
  name: string | undefined,
  path: string,
): ImagePart | DocumentPart {
  if (mimeType.startsWith('image/')) return { kind: 'image', source }
  if (mimeType === 'application/pdf' || mimeType.startsWith('text/'))
    return { kind: 'document', source, ...(name === undefined ? {} : { name }) }
  throw new Unsayable(`${path}.mimeType`, `content of type ${mimeType.slice(0, 80)} cannot be translated`)
}

const inlineData = into(
  camelled({ mimeType: must(text), data: must(text), displayName: text }),
  ({ mimeType, data, displayName }, path) =>
    shownOf(mimeType, { by: 'bytes', mediaType: mimeType, base64: data }, displayName, path),
)
const fileData = into(
  camelled({ mimeType: text, fileUri: must(text), displayName: text }),
  ({ mimeType = 'application/pdf', fileUri: url, displayName }, path) => {
    if (!/^https?:/.test(url) || IS_KEPT.test(url))
      throw new Unsayable(`${path}.fileUri`, 'a file that was uploaded to Google cannot be shown to another vendor')
    return shownOf(mimeType, { by: 'url', url }, displayName, path)
  },
)

const STRANGE = 'this kind of content cannot be translated'
const PART = {
  partMetadata: 'a note of the client for itself',
  mediaResolution: 'how closely an image is looked at is a wish',
  text,
  thought: flag,
  thoughtSignature: text,
}
const SHOWN = { ...PART, inlineData, fileData }

type Shown = { text: string | undefined; thought: boolean | undefined } & Partial<
  Record<'inlineData' | 'fileData', ImagePart | DocumentPart | undefined>
>

/** What can be shown to a model; nothing for an empty text, and for what a model thought. */
function shownIn(part: Shown, path: string): (TextPart | ImagePart | DocumentPart)[] {
  const media = part.inlineData ?? part.fileData
  if (part.thought === true) return []
  if (media !== undefined) return [media]
  const said = text(part.text, `${path}.text`)
  return said === '' ? [] : [{ kind: 'text', text: said }]
}

const ONE_RESULT = 'other models wait for one result of a call'
const functionResponse = camelled({
  willContinue: refusedBut((value) => value !== true, ONE_RESULT),
  scheduling: refused(ONE_RESULT),
  id: text,
  name: must(text),
  response: fields,
  parts: into(each(into(camelled(SHOWN, STRANGE), shownIn)), (shown) => shown.flat()),
})
const ofUser = each(into(camelled({ ...SHOWN, functionResponse }, STRANGE), (part, path) => ({ part, path })))
const NOT_WHOLE = 'a call that was told in parts is told as a whole: put it together in args'
const CALL = {
  partialArgs: refused(NOT_WHOLE),
  willContinue: refusedBut((value) => value !== true, NOT_WHOLE),
  id: text,
  name: must(text),
  args: into(fields, stringifyExact),
}
const ofModel = each(camelled({ ...PART, functionCall: camelled(CALL) }, STRANGE))
type OfUser = ReturnType<typeof ofUser>[number]
type OfModel = ReturnType<typeof ofModel>[number]

/** @throws Unsayable */
export const systemInstruction: Read<TextPart[]> = into(
  camelled({
    role: 'whose words they are: instructions are of nobody who takes part',
    parts: each(
      into(
        camelled({ ...PART, text: must(text) }, 'instructions are texts'),
        (part): TextPart => ({ kind: 'text', text: part.text }),
      ),
    ),
  }),
  ({ parts = [] }) => parts,
)

const content = camelled({ role: text, parts: (value: unknown) => value })

/** @throws Unsayable */
export const contents: Read<Turn[]> = (value, path) => {
  let waiting = new Waiting()
  let turn = 0
  return each((one, place): Turn => {
    const { role, parts = [] } = content(one, place)
    const at = turn++
    if (role === 'model') {
      waiting = new Waiting()
      const read = ofModel(parts, `${place}.parts`).flatMap((part) => modelParts(part, waiting, at))
      return { role: 'assistant', parts: joinedThoughts(read) }
    }
    if (role !== undefined && role !== 'user' && role !== 'function')
      throw new Unsayable(`${place}.role`, 'user or model is expected')
    return { role: 'user', parts: ofUser(parts, `${place}.parts`).flatMap((part) => userParts(part, waiting)) }
  })(value, path)
}

function userParts({ part, path }: OfUser, waiting: Waiting): UserPart[] {
  const { functionResponse: told } = part
  if (told === undefined) return shownIn(part, path)
  const { text: said, isError } = readResponse(told.response ?? {})
  const shown = told.parts ?? []
  const callId = waiting.take(told.id, told.name)
  if (callId === undefined) {
    const why = `no call of "${told.name.slice(0, 80)}" in the turn before waits for it`
    throw new Unsayable(`${path}.functionResponse`, why)
  }
  const words: TextPart[] = said === '' && shown.length > 0 ? [] : [{ kind: 'text', text: said }]
  return [{ kind: 'result', callId, content: [...words, ...shown], ...(isError ? { isError: true } : {}) }]
}

function modelParts(part: OfModel, waiting: Waiting, turn: number): AssistantPart[] {
  const { text: said = '', thoughtSignature: mark = '', functionCall: made } = part
  const seal = sealBy(mark)
  if (made === undefined) {
    if (part.thought === true) return [{ kind: 'thinking', text: said, ...(seal && { seal }) }]
    return [...(said === '' ? [] : [{ kind: 'text', text: said } as const]), ...sealed(seal)]
  }
  const id = made.id || `call_${turn}_${waiting.count}`
  waiting.add(id, made.name)
  return [...sealed(seal), { kind: 'call', id, name: made.name, input: made.args ?? '{}' }]
}

/** The mark beside something else belongs to a thought, before a call and behind a text. */
function sealed(seal: Seal | undefined): AssistantPart[] {
  return seal === undefined ? [] : [{ kind: 'thinking', text: '', seal }]
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
