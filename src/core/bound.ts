// What only the account can open that made it, found in the bytes of a request or an answer: nothing is parsed, and texts are told apart by digests.
// Which of a vendor's things are bound is in docs/dialects.md.
import { AT_TOP, INSIDE } from './bound-kinds.ts'
import {
  around,
  closeBehind,
  NEAR,
  next,
  openBefore,
  textsBeginning,
  textsListed,
  textsUnder,
  type Word,
  word,
} from './json-bytes.ts'
import { asBuffer, joinedPieces, piecesHold } from './pieces.ts'
import { membersOf, plainly } from './plain-json.ts'
import { isPlaceName, type Place, type Places } from './scan-keys.ts'
import { keyOf, unescaped } from './text-key.ts'

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
const OPEN = 0x7b
const CLOSE = 0x7d

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
/** The conversation that the vendor keeps goes by its last message. */
const OWN_MESSAGE = word('"msg_')
const CREDIT = word('"fallback_credit_token"', '_credit_')
const AUDIO = word('"audio_')
const AUDIO_ID = /"audio"\s*:\s*$/
/** It stands for the whole conversation before it. */
const COMPACTED = Buffer.from('"compaction')

/**
 * What stands under a name of an answer, or begins so, by its endpoint; those that are not named here hand out nothing that is bound. `only`: pieces
 * without it hold none of them.
 */
const HANDED_OUT: Readonly<Record<string, { under: readonly Word[]; only?: Word; begins: readonly Word[] }>> = {
  // Every event of a stream that tells of more than a piece of text has an id in it.
  responses: { under: [ID, SEALED, CONTAINER, FILE], only: ID, begins: [] },
  messages: { under: [SIGNATURE, CREDIT], begins: [OWN_CONTAINER, OWN_MESSAGE] },
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
  const { under = [], begins = [], only } = HANDED_OUT[endpoint] ?? {}
  // Most pieces of a stream say nothing but text: one search settles them.
  if (only === undefined || bytes.indexOf(only.part) >= 0) {
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

/** A request as it came. */
export type Searched = {
  places: Places
  pieces: readonly Uint8Array[]
  /** Names may stand in it in disguise, or twice: it is read member by member, and each of them counts. */
  isOdd?: boolean
}

/** Everything bound in a request, in the order in which it stands there, thoughts last. */
export function boundInRequest(endpoint: string, searched: Searched, wanted: BoundWanted): BoundThing[] {
  const found: BoundThing[] = []
  const add = (field: string, bytes: Buffer, from: number, to: number, isThought = false): void => {
    if (to - from >= SHORTEST && found.length < MOST_THINGS)
      found.push({ key: keyOf(bytes, from, to), field, isThought })
  }
  const pieces = searched.isOdd === true ? [plainly(joinedPieces(searched.pieces))] : searched.pieces
  const values = searched.isOdd === true ? membersAt(pieces) : placesAt(searched)
  for (const { place, member, field } of AT_TOP[endpoint] ?? []) {
    for (const bytes of values(place)) {
      if (bytes[0] === QUOTE) add(field, bytes, 1, bytes.length - 1)
      else if (member !== undefined)
        membersOf(plainly(bytes), (name, from, to) => {
          if (name === member && bytes[from] === QUOTE) add(field, bytes, from + 1, to - 1)
        })
    }
  }
  for (const { place, name, field, isList, begins } of INSIDE[endpoint] ?? []) {
    for (const bytes of values(place)) {
      const texts = isList === true ? textsListed : textsUnder
      texts(bytes, name, (from, to) => {
        if (begins === undefined || bytes.subarray(from, from + begins.length).equals(begins))
          add(field, bytes, from, to)
      })
    }
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
  if (endpoint === 'chat_completions') audioIn(looked(AUDIO), add)
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

/** What the model said aloud, which lies at the vendor for a while. */
function audioIn(bytes: Buffer | undefined, add: Add): void {
  if (bytes === undefined) return
  textsBeginning(bytes, AUDIO, (from, to) => {
    if (AUDIO_ID.test(around(bytes, from, to).before)) add('audio.id', bytes, from, to, false)
  })
}

/** Thoughts of a Claude. Newer models drop those of another account themselves; what stands between others must not be taken out. */
function thoughtsUnder(name: Word, bytes: Buffer | undefined, add: Add): void {
  if (bytes !== undefined) textsUnder(bytes, name, (from, to) => add('signature', bytes, from, to, true))
}

type Add = (field: string, bytes: Buffer, from: number, to: number, isThought: boolean) => void

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
    GOOGLE_FILE.test(Buffer.from(unescaped(bytes.subarray(from, to))).toString('latin1')) &&
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

/** The values under a key of the top. */
type Values = (name: string) => readonly Buffer[]

function placesAt({ places, pieces }: Searched): Values {
  const known: Readonly<Record<string, Place>> = places
  return (name) => {
    const place = known[name]
    return place === undefined ? [] : [valueAt(pieces, place)]
  }
}

function membersAt(pieces: readonly Uint8Array[]): Values {
  const values = new Map<string, Buffer[]>()
  const whole = joinedPieces(pieces)
  membersOf(whole, (name, from, to) => {
    if (!isPlaceName(name)) return
    const known = values.get(name)
    if (known === undefined) values.set(name, [whole.subarray(from, to)])
    else known.push(whole.subarray(from, to))
  })
  return (name) => values.get(name) ?? []
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
