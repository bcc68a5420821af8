// What only the account can open that made it, found in the bytes of a request or an answer: nothing is parsed, and texts are told apart by digests.
// Which of a vendor's things are bound is in docs/dialects.md.
import { Mix } from './mix.ts'
import { asBuffer, joinedPieces, piecesHold } from './pieces.ts'
import type { Place, PlaceName, Places } from './scan-keys.ts'

/** One such thing in a request. */
export type BoundThing = {
  /** Of its text; 53 bits. */
  key: number
  /** What a client calls it: `previous_response_id`. */
  field: string
  /** Without it the request means nearly the same: a thought of the model. Else it is the request's very subject. */
  isThought: boolean
}

/** What is known of things like these already, so that nobody looks for the rest. */
export type BoundWanted = {
  /** Items that lie at a vendor, thoughts among them, are known. */
  items: boolean
  containers: boolean
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const OPEN = 0x7b
const CLOSE = 0x7d

/** Of a longer text its beginning, end and length stand for it, bytes. */
const SAMPLE = 128
/** What vendors call their things is longer: names of types are not taken for one. */
const SHORTEST = 8
/** An item that only refers to another one is no longer than that, bytes. */
const MOST_FLAT = 1024

/** What stands before a thing. Looked for by its rarest letters, few of them: the library is ten times as quick with those as with the whole. */
type Word = { text: Buffer; part: Buffer; at: number }

function word(text: string, part: string = text): Word {
  return { text: Buffer.from(text), part: Buffer.from(part), at: text.indexOf(part) }
}

const ID = word('"id"')
const SEALED = word('"encrypted_content"', '_conte')
const FILE = word('"file_id"', '_id"')
const CONTAINER = word('"container_id"', '_id"')
const FILE_URIS = [word('"fileUri"', 'Uri"'), word('"file_uri"', '_uri"')]
const REFERENCE = word('"item_reference"', '_refer')
const STORED_THOUGHT = word('"rs_')
const SUMMARY = Buffer.from('mmary')
const TOOL_CONTAINER = word('"cntr_')
const SIGNATURE = word('"signature"', 'gnatu')
const OWN_CONTAINER = word('"container_')
/** It stands for the whole conversation before it. */
const COMPACTED = Buffer.from('"compaction')

/** What stands under a name of an answer, or begins so, by its endpoint; those that are not named here hand out nothing that is bound. */
const HANDED_OUT: Readonly<Record<string, { under: readonly Word[]; begins: readonly Word[] }>> = {
  // Every event of a stream that tells of more than a piece of text has an id in it.
  responses: { under: [ID, SEALED, CONTAINER, FILE], begins: [] },
  messages: { under: [SIGNATURE], begins: [OWN_CONTAINER] },
}

/** Whether answers of the endpoint may hold something that is bound. */
export function handsOut(endpoint: string): boolean {
  return HANDED_OUT[endpoint] !== undefined
}

/**
 * Everything bound in whole lines of a stream, or in a whole answer.
 * @param tell hears the digest of each, and whether it is that of an item which lies at the vendor, or of a container
 */
export function boundInAnswer(
  endpoint: string,
  bytes: Buffer,
  tell: (key: number, kind: keyof BoundWanted | 'other') => void,
): void {
  const { under = [], begins = [] } = HANDED_OUT[endpoint] ?? {}
  const [first] = under
  // Most pieces of a stream say nothing but text: one search settles them.
  if (first !== undefined && bytes.indexOf(first.part) >= 0) {
    for (const name of under) {
      const kind = name === ID ? 'items' : name === CONTAINER ? 'containers' : 'other'
      textsUnder(bytes, name, (from, to) => {
        if (to - from >= SHORTEST) tell(keyOf(bytes, from, to), kind)
      })
    }
  }
  for (const start of begins) {
    textsBeginning(bytes, start, (from, to) => {
      if (to - from > 2 * SHORTEST) tell(keyOf(bytes, from, to), 'containers')
    })
  }
}

/** Everything bound in a request, in the order in which it stands there, thoughts last. */
export function boundInRequest(
  endpoint: string,
  places: Places,
  pieces: readonly Uint8Array[],
  wanted: BoundWanted,
): BoundThing[] {
  const found: BoundThing[] = []
  const add = (field: string, bytes: Buffer, from: number, to: number, isThought = false): void => {
    if (to - from >= SHORTEST) found.push({ key: keyOf(bytes, from, to), field, isThought })
  }
  for (const name of AT_TOP[endpoint] ?? []) {
    const place = places[name]
    if (place === undefined) continue
    const bytes = valueAt(pieces, place)
    if (bytes[0] === QUOTE) add(name, bytes, 1, bytes.length - 1)
    else textsUnder(bytes, ID, (from, to) => add(name, bytes, from, to))
  }
  let whole: Buffer | undefined
  const looked = ({ part }: Word): Buffer | undefined => {
    if (whole === undefined && piecesHold(pieces, part)) whole = joinedPieces(pieces)
    return whole
  }
  const under = (name: Word, field: string): void => {
    const bytes = looked(name)
    if (bytes !== undefined) textsUnder(bytes, name, (from, to) => add(field, bytes, from, to))
  }
  if (endpoint === 'messages') thoughtsUnder(SIGNATURE, looked(SIGNATURE), add)
  if (endpoint === 'generate_content') for (const name of FILE_URIS) under(name, 'fileUri')
  else under(FILE, 'file_id')
  if (endpoint !== 'responses') return found
  if (wanted.containers) {
    const bytes = looked(TOOL_CONTAINER)
    if (bytes !== undefined) textsBeginning(bytes, TOOL_CONTAINER, (from, to) => add('container', bytes, from, to))
  }
  if (wanted.items) {
    const bytes = looked(REFERENCE)
    if (bytes !== undefined) referencesIn(bytes, (from, to) => add('item_reference', bytes, from, to))
  }
  const sealed = piecesHold(pieces, SEALED.part) ? looked(SEALED) : undefined
  // A client keeps thoughts or leaves them with the vendor, and each of them has a summary.
  const hasStored = sealed === undefined && wanted.items && piecesHold(pieces, SUMMARY)
  thoughtsIn(sealed, hasStored ? looked(STORED_THOUGHT) : undefined, add)
  return found
}

/** Thoughts of a Claude. Newer models drop those of another account themselves; what stands between others must not be taken out. */
function thoughtsUnder(name: Word, bytes: Buffer | undefined, add: Add): void {
  if (bytes !== undefined) textsUnder(bytes, name, (from, to) => add('signature', bytes, from, to, true))
}

type Add = (field: string, bytes: Buffer, from: number, to: number, isThought: boolean) => void

/** What stands at the top of a body, by its endpoint. */
const AT_TOP: Readonly<Record<string, readonly PlaceName[]>> = {
  responses: ['previous_response_id', 'conversation'],
  messages: ['container'],
  generate_content: ['cachedContent'],
}

function thoughtsIn(sealed: Buffer | undefined, stored: Buffer | undefined, add: Add): void {
  if (stored !== undefined) {
    textsBeginning(stored, STORED_THOUGHT, (from, to) => add('reasoning', stored, from, to, true))
  }
  if (sealed === undefined) return
  const mayBeCompacted = sealed.includes(COMPACTED)
  textsUnder(sealed, SEALED, (from, to) => {
    const isCompacted = mayBeCompacted && isWithin(sealed, from, to, COMPACTED)
    add(isCompacted ? 'compaction' : 'encrypted_content', sealed, from, to, !isCompacted)
  })
}

/** Whether the word stands beside a value, in its object; what is nested there is not looked into. */
function isWithin(bytes: Buffer, from: number, to: number, name: Buffer): boolean {
  const open = bytes.lastIndexOf(OPEN, from)
  const close = bytes.indexOf(CLOSE, to)
  return (
    bytes.subarray(Math.max(open, 0), from).includes(name) || bytes.subarray(to, close < 0 ? to : close).includes(name)
  )
}

/** The ids in items that are nothing but references. */
function referencesIn(bytes: Buffer, tell: (from: number, to: number) => void): void {
  for (let at = next(bytes, REFERENCE, 0); at >= 0; at = next(bytes, REFERENCE, at + 1)) {
    const open = Math.max(bytes.lastIndexOf(OPEN, at), 0)
    const close = bytes.indexOf(CLOSE, at)
    if (close < 0 || close - open > MOST_FLAT) continue
    const item = bytes.subarray(open, close)
    textsUnder(item, ID, (from, to) => tell(open + from, open + to))
  }
}

/** Texts that stand under a name. */
function textsUnder(bytes: Buffer, name: Word, tell: (from: number, to: number) => void): void {
  for (let at = next(bytes, name, 0); at >= 0; at = next(bytes, name, at)) {
    at += name.text.length
    const colon = afterSpace(bytes, at)
    if (bytes[colon] !== COLON) continue
    const from = afterSpace(bytes, colon + 1) + 1
    if (bytes[from - 1] !== QUOTE) continue
    const to = endOfText(bytes, from)
    if (to < 0) return
    tell(from, to)
    at = to
  }
}

/** Texts that begin so. @param start with the quote before it */
function textsBeginning(bytes: Buffer, start: Word, tell: (from: number, to: number) => void): void {
  for (let at = next(bytes, start, 0); at >= 0; at = next(bytes, start, at)) {
    const to = endOfText(bytes, at + start.text.length)
    if (to < 0) return
    tell(at + 1, to)
    at = to
  }
}

/** Where the word stands next, or -1. */
function next(bytes: Buffer, { text, part, at }: Word, from: number): number {
  for (let found = bytes.indexOf(part, from + at); found >= 0; found = bytes.indexOf(part, found + 1)) {
    const start = found - at
    if (start >= from && bytes.compare(text, 0, text.length, start, Math.min(start + text.length, bytes.length)) === 0)
      return start
  }
  return -1
}

/** The closing quote at or after `from`, or -1. */
function endOfText(bytes: Buffer, from: number): number {
  for (let quote = bytes.indexOf(QUOTE, from); quote >= 0; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let slashes = quote
    while (slashes > from && bytes[slashes - 1] === BACKSLASH) slashes--
    if (((quote - slashes) & 1) === 0) return quote
  }
  return -1
}

function afterSpace(bytes: Buffer, from: number): number {
  let at = from
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++
  return at
}

/** The same for the same text, however its characters are escaped. @param from behind the opening quote @param to the closing one */
function keyOf(bytes: Buffer, from: number, to: number): number {
  const raw = bytes.subarray(from, to)
  return textKey(raw.includes(BACKSLASH) ? unescaped(raw) : raw)
}

/** The digest of a text. */
export function textKey(text: Uint8Array): number {
  const mix = new Mix(0)
  mix.word(text.length)
  mix.bytes(text, 0, Math.min(text.length, SAMPLE))
  if (text.length > SAMPLE) mix.bytes(text, Math.max(SAMPLE, text.length - SAMPLE), text.length)
  return mix.value()
}

function unescaped(raw: Buffer): Uint8Array {
  try {
    return Buffer.from(String(JSON.parse(`"${raw.toString('utf8')}"`)))
  } catch {
    return raw
  }
}

/** The value at a place of the body. */
function valueAt(pieces: readonly Uint8Array[], { start, end }: Place): Buffer {
  let before = 0
  for (const piece of pieces) {
    const after = before + piece.byteLength
    if (start >= before && end <= after) return asBuffer(piece.subarray(start - before, end - before))
    before = after
  }
  return joinedPieces(pieces).subarray(start, end)
}
