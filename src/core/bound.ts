// What only the account can open that made it, found in the bytes of a request or an answer: nothing is parsed, and texts are told apart by digests.
// Which of a vendor's things are bound is in docs/dialects.md.
import {
  around,
  closeBehind,
  NEAR,
  next,
  openBefore,
  textsBeginning,
  textsUnder,
  type Word,
  word,
} from './json-bytes.ts'
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
const OPEN = 0x7b
const CLOSE = 0x7d

/** Of a longer text its beginning, end and length stand for it, bytes. */
const SAMPLE = 128
/** What vendors call their things is longer: names of types are not taken for one. */
const SHORTEST = 8
/** What a request holds beyond that passes as it came. */
const MOST_THINGS = 8192

const ID = word('"id"')
const SEALED = word('"encrypted_content"', '_conte')
const FILE = word('"file_id"', '_id"')
const CONTAINER = word('"container_id"', '_id"')
const FILE_URIS = [word('"fileUri"', 'Uri"'), word('"file_uri"', '_uri"')]
/** What Google keeps for a project; other addresses are open to everybody. */
const GOOGLE_FILE = /^(?:https?:\/\/[^/]+\/(?:[^?#]*\/)?v\d\w*\/)?files\/[\w-]+$/
/** What stands before the object that a file of Google's, and one of Anthropic's, is named in. The input of a tool is data, whatever its fields are called. */
const FILE_DATA = /"(?:fileData|file_data)"\s*:\s*$/
const SOURCE = /"source"\s*:\s*$/
const LISTED = /[[,]\s*$/
const OF_FILE = /"type"\s*:\s*"file"/
const OF_UPLOAD = /"type"\s*:\s*"container_upload"/
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
    if (to - from >= SHORTEST && found.length < MOST_THINGS)
      found.push({ key: keyOf(bytes, from, to), field, isThought })
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
  if (endpoint === 'messages') thoughtsUnder(SIGNATURE, looked(SIGNATURE), add)
  const isFile = FILE_HERE[endpoint]
  for (const name of endpoint === 'generate_content' ? FILE_URIS : [FILE]) {
    const bytes = looked(name)
    if (bytes === undefined) continue
    textsUnder(bytes, name, (from, to) => {
      if (isFile?.(bytes, from, to) !== false) add(name === FILE ? 'file_id' : 'fileUri', bytes, from, to)
    })
  }
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

/** Whether a text is a file of an account, where tools are told in JSON, too; of the other dialects every one is: there, what a tool is told is a text. */
const FILE_HERE: Readonly<Record<string, (bytes: Buffer, from: number, to: number) => boolean>> = {
  generate_content: (bytes, from, to) =>
    to - from <= 2 * NEAR &&
    GOOGLE_FILE.test(bytes.toString('latin1', from, to)) &&
    FILE_DATA.test(around(bytes, from, to).before),
  messages: (bytes, from, to) => {
    const { before, head, tail } = around(bytes, from, to)
    const beside = head + tail
    return (SOURCE.test(before) && OF_FILE.test(beside)) || (LISTED.test(before) && OF_UPLOAD.test(beside))
  },
}

/** Whether the word stands beside a value, in its object. */
function isWithin(bytes: Buffer, from: number, to: number, name: Buffer): boolean {
  return (
    bytes.subarray(openBefore(bytes, from), from).includes(name) ||
    bytes.subarray(to, closeBehind(bytes, to)).includes(name)
  )
}

/** The ids in items that are nothing but references. */
function referencesIn(bytes: Buffer, tell: (from: number, to: number) => void): void {
  for (let at = next(bytes, REFERENCE, 0); at >= 0; at = next(bytes, REFERENCE, at + 1)) {
    const open = openBefore(bytes, at)
    const close = closeBehind(bytes, at)
    if (bytes[open] !== OPEN || bytes[close] !== CLOSE) continue
    const item = bytes.subarray(open, close)
    textsUnder(item, ID, (from, to) => tell(open + from, open + to))
  }
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
