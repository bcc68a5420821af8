// What a model thought, beside a message of Chat Completions: the dialect has one place for the words of a turn and one for its calls, and none for what
// was thought between them. Each thought is kept with its text and its seal in a list that clients bring back as it came, and the first one says where
// everything stood: a vendor that seals its thoughts takes them back in their order only.
import type { AssistantPart, CallPart, RefusalPart, TextPart, ThinkingPart } from '../neutral.ts'

/** Between the seal and what is ours; no base64 holds it. */
const MARK = '.'
const TYPE = 'reasoning.encrypted'

/** What stands behind the seal. @see order is of the first thought, where what was said does not simply follow what was thought */
type Note = { text: string; order?: string }

/** A part of a turn, as far as its place goes: a thought is `h`, a call `c`; a text `t` and a refusal `r`, with how long they are. */
export type Shape = { kind: AssistantPart['kind']; length: number }
const LETTERS: Readonly<Record<AssistantPart['kind'], string>> = { thinking: 'h', text: 't', refusal: 'r', call: 'c' }
/** What every client makes of a turn by itself. */
const PLAIN = /^h*(?:t\d+)?(?:r\d+)?c*$/
const TOKEN = /([htrc])(\d*)/g

function orderOf(shapes: readonly Shape[]): string {
  return shapes
    .map(({ kind, length }) => `${LETTERS[kind]}${kind === 'text' || kind === 'refusal' ? length : ''}`)
    .join('')
}

/**
 * The list for a message.
 * @param thoughts in their order
 * @param shapes of all parts of the turn, the thoughts among them
 */
export function writeDetails(
  thoughts: readonly { text: string; seal: string }[],
  shapes: readonly Shape[],
): readonly object[] {
  const order = orderOf(shapes)
  return thoughts.map(({ text, seal }, index) => {
    const note: Note = index === 0 && !PLAIN.test(order) ? { text, order } : { text }
    return { type: TYPE, data: `${seal}${MARK}${Buffer.from(JSON.stringify(note)).toString('base64url')}`, index }
  })
}

/** A thought as a client brings it back. Of one that others have written nothing but the seal is known. */
type Kept = { seal: string; note?: Note }

/** @returns undefined for what is sealed for nobody */
export function readDetail({ type, data }: Readonly<Record<string, unknown>>): Kept | undefined {
  if (type !== TYPE || typeof data !== 'string') return undefined
  const at = data.lastIndexOf(MARK)
  const note = at < 0 ? undefined : noteIn(data.slice(at + 1))
  return note === undefined ? { seal: data } : { seal: data.slice(0, at), note }
}

function noteIn(written: string): Note | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(written, 'base64url').toString('utf8'))
    if (typeof value !== 'object' || value === null || !('text' in value) || typeof value.text !== 'string')
      return undefined
    return { text: value.text, ...('order' in value && typeof value.order === 'string' ? { order: value.order } : {}) }
  } catch {
    // A client can bring back anything.
    return undefined
  }
}

/** The parts of a turn by kind, as a message has them. */
export type Message = {
  /** What a client keeps of the thoughts that has no list. */
  thought: string
  kept: readonly Kept[]
  said: readonly (TextPart | RefusalPart)[]
  calls: readonly CallPart[]
}

/** The parts in the order in which the model made them, as far as the client has kept it. */
export function turnParts({ thought, kept, said, calls }: Message): AssistantPart[] {
  const thoughts = thoughtsOf(thought, kept)
  const order = kept[0]?.note?.order
  const rest: AssistantPart[] = [...said, ...calls]
  return order === undefined ? [...thoughts, ...rest] : inOrder(order, thoughts, said, calls)
}

function thoughtsOf(thought: string, kept: readonly Kept[]): ThinkingPart[] {
  if (kept.length === 0) return thought === '' ? [] : [{ kind: 'thinking', text: thought }]
  const isNoted = kept.some(({ note }) => note !== undefined)
  return kept.map(({ seal, note }, at) => ({
    kind: 'thinking',
    text: note?.text ?? (at === 0 && !isNoted ? thought : ''),
    seal: { by: 'chat_completions', value: seal },
  }))
}

function inOrder(
  order: string,
  thoughts: readonly ThinkingPart[],
  said: readonly (TextPart | RefusalPart)[],
  calls: readonly CallPart[],
): AssistantPart[] {
  const out: AssistantPart[] = []
  const left = { h: [...thoughts], c: [...calls] }
  const words = { t: wordsOf(said, 'text'), r: wordsOf(said, 'refusal') }
  for (const [, letter, length = ''] of order.matchAll(TOKEN)) {
    if (letter === 'h' || letter === 'c') {
      const part = left[letter].shift()
      if (part !== undefined) out.push(part)
    } else if (letter === 't' || letter === 'r') {
      const text = words[letter].slice(0, Number(length))
      words[letter] = words[letter].slice(text.length)
      if (text !== '') out.push({ kind: letter === 't' ? 'text' : 'refusal', text })
    }
  }
  // What the client has added to it.
  if (words.t !== '') out.push({ kind: 'text', text: words.t })
  if (words.r !== '') out.push({ kind: 'refusal', text: words.r })
  return [...out, ...left.h, ...left.c]
}

function wordsOf(said: readonly (TextPart | RefusalPart)[], kind: 'text' | 'refusal'): string {
  return said.flatMap((part) => (part.kind === kind ? [part.text] : [])).join('')
}
