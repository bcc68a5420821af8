// Which conversation a relayed request belongs to: what its client says of it, else how its prompt begins. Only hashes leave this file: what
// clients write there may name a person.
import { Mix } from './mix.ts'
import { type Place, type PlaceName, type Places, wordTable } from './scan-keys.ts'

export type Conversation = {
  /** Of the conversation; 53 bits, good as long as this process lives. */
  key: number
  /** Of the beginning of its prompt, which the vendor's cache goes by; undefined where there is none. */
  prefix: number | undefined
}

/** What of a request says whose turn it is. */
export type Spoken = {
  endpoint: string
  /** The header `x-openclaw-session-key`. */
  header?: string | undefined
  places: Places
  /** The body. */
  pieces: readonly Uint8Array[]
}

/** What is said to the system is looked at so far, bytes: what changes from turn to turn is put behind what does not. */
const SYSTEM_BYTES = 1024
/** What a person said first is walked through so far, bytes. */
const MESSAGE_BYTES = 8192
/** Names of people and conversations beyond this are cut, bytes. */
const NAME_BYTES = 1024
/** Of a text longer than twice this, beginning, end and length stand for it, bytes. */
const SAMPLE_BYTES = 128

const NEAR = 24
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const OPEN = 0x7b
const CLOSE = 0x7d

/** Marks of the cache move from turn to turn, so that only what stands under these counts. */
const SAID = wordTable(['role', 'text', 'content', 'data', 'url', 'image_url', 'file_id', 'fileUri'])
/** These stand before the first message of a person, and are as stable as a system prompt. */
const INSTRUCTING = wordTable(['system', 'developer'])
const USER_ID = wordTable(['user_id'])

/**
 * The plainest sign counts: the header, then what the dialect has for it, then the prompt's beginning.
 * @param seed of this process; without it nobody can try names against what is kept
 * @returns undefined where nothing tells this conversation from others
 */
export function conversationOf({ endpoint, header, places, pieces }: Spoken, seed: number): Conversation | undefined {
  // Counting is no turn of anything.
  if (endpoint === 'count_tokens' || endpoint === 'count_content') return undefined
  const prefix = prefixOf(places, pieces, seed)
  const key =
    headerKey(header, seed) ??
    (endpoint === 'messages'
      ? userIdKey(places.metadata, pieces, seed)
      : (textKey('prompt_cache_key', places, pieces, seed) ?? textKey('user', places, pieces, seed))) ??
    prefix
  return key === undefined ? undefined : { key, prefix }
}

function headerKey(header: string | undefined, seed: number): number | undefined {
  if (header === undefined || header === '') return undefined
  const mix = new Mix(seed)
  mix.word(1)
  for (let at = 0; at < header.length && at < NAME_BYTES; at++) mix.word(header.charCodeAt(at))
  return mix.value()
}

function textKey(name: PlaceName, places: Places, pieces: readonly Uint8Array[], seed: number): number | undefined {
  const place = places[name]
  if (place === undefined) return undefined
  const bytes = bytesAt(pieces, place.start, place.end, NAME_BYTES)
  if (bytes[0] !== QUOTE || bytes.length <= 2) return undefined
  return nameKey(bytes, name === 'user' ? 2 : 3, seed)
}

/** Anthropic's `metadata` has one name in it that is of use; nothing else stands there. */
function userIdKey(place: Place | undefined, pieces: readonly Uint8Array[], seed: number): number | undefined {
  if (place === undefined) return undefined
  const bytes = bytesAt(pieces, place.start, place.end, NAME_BYTES)
  let isNext = false
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== QUOTE) continue
    const close = endOfText(bytes, at + 1)
    const end = close < 0 ? bytes.length : close
    if (isNext) return end === at + 1 ? undefined : nameKey(bytes.subarray(at + 1, end), 4, seed)
    // `null` has no quotes: what comes next would be another key.
    isNext = USER_ID(bytes, at + 1, end) !== '' && startsText(bytes, end + 1)
    at = end
  }
  return undefined
}

function nameKey(bytes: Uint8Array, kind: number, seed: number): number {
  const mix = new Mix(seed)
  mix.word(kind)
  mix.bytes(bytes, 0, bytes.length)
  return mix.value()
}

/** How the prompt begins: the same in every turn of a conversation, however many follow. */
function prefixOf(places: Places, pieces: readonly Uint8Array[], seed: number): number | undefined {
  // The beginning lies with the vendor, and this turn is only what follows.
  if (places.previous_response_id !== undefined) return undefined
  const said = places.messages ?? places.input ?? places.contents
  if (said === undefined) return undefined
  const mix = new Mix(seed)
  const system = places.system ?? places.instructions ?? places.systemInstruction
  if (system !== undefined) mixSaid(mix, bytesAt(pieces, system.start, system.end, SYSTEM_BYTES), SYSTEM_BYTES)
  const before = mix.words
  let from = said.start
  for (const end of said.items) {
    const isOver = mixSaid(mix, bytesAt(pieces, from, end, MESSAGE_BYTES), MESSAGE_BYTES)
    if (isOver) break
    from = end
  }
  // A text instead of a list.
  if (said.items.length === 0) {
    mixSaid(mix, bytesAt(pieces, said.start, said.end, MESSAGE_BYTES), MESSAGE_BYTES)
  }
  return mix.words === before ? undefined : mix.value()
}

/** Mixes in what is said in a text, a block or a message, up to so many bytes. @returns whether a person's first word stood there */
function mixSaid(mix: Mix, bytes: Uint8Array, mostBytes: number): boolean {
  let most = Math.min(mostBytes, bytes.length)
  let key: ReturnType<typeof SAID> = ''
  let depth = 0
  let isOver = true
  for (let at = 0; at < most; at++) {
    const byte = bytes[at]
    if (byte === OPEN) depth++
    else if (byte === CLOSE) depth--
    if (byte !== QUOTE) continue
    const close = endOfText(bytes, at + 1)
    const isWhole = close >= 0 && close <= most
    const end = isWhole ? close : most
    if (isWhole && isKey(bytes, end + 1)) key = SAID(bytes, at + 1, end)
    else if (key === 'role') {
      if (depth === 1 && INSTRUCTING(bytes, at + 1, end) !== '') {
        isOver = false
        most = Math.min(most, SYSTEM_BYTES)
      }
    } else if (depth === 0 || key !== '') mixText(mix, bytes, at + 1, end, isWhole)
    at = end
  }
  return isOver
}

function mixText(mix: Mix, bytes: Uint8Array, from: number, to: number, isWhole: boolean): void {
  const length = to - from
  if (isWhole) mix.word(length)
  if (isWhole && length <= 2 * SAMPLE_BYTES) {
    mix.bytes(bytes, from, to)
    return
  }
  mix.bytes(bytes, from, Math.min(to, from + SAMPLE_BYTES))
  if (isWhole) mix.bytes(bytes, to - SAMPLE_BYTES, to)
}

/** The body from `start` on, up to `end` and at most so many bytes; copied only where it lies across pieces. */
function bytesAt(pieces: readonly Uint8Array[], start: number, end: number, most: number): Uint8Array {
  const stop = Math.min(end, start + most)
  let before = 0
  let at = 0
  for (; at < pieces.length; at++) {
    const length = pieces[at]?.length ?? 0
    if (start < before + length) break
    before += length
  }
  const first = pieces[at]
  if (first === undefined) return EMPTY
  if (stop <= before + first.length) return first.subarray(start - before, stop - before)
  const out = new Uint8Array(stop - start)
  for (let filled = 0; filled < out.length && at < pieces.length; at++) {
    const piece = pieces[at] ?? EMPTY
    const part = piece.subarray(filled === 0 ? start - before : 0).subarray(0, out.length - filled)
    out.set(part, filled)
    filled += part.length
  }
  return out
}

const EMPTY = new Uint8Array(0)

/** The closing quote at or after `from`, or -1. */
function endOfText(bytes: Uint8Array, from: number): number {
  // Most strings end within a few bytes: asking the library costs more than looking.
  const near = Math.min(bytes.length, from + NEAR)
  for (let at = from; at < near; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) return at
    if (byte === BACKSLASH) break
  }
  for (let at = from; ; ) {
    const quote = bytes.indexOf(QUOTE, at)
    if (quote < 0) return -1
    let slashes = quote
    while (slashes > from && bytes[slashes - 1] === BACKSLASH) slashes--
    if (((quote - slashes) & 1) === 0) return quote
    at = quote + 1
  }
}

function isKey(bytes: Uint8Array, from: number): boolean {
  return bytes[afterSpace(bytes, from)] === COLON
}

function startsText(bytes: Uint8Array, from: number): boolean {
  const colon = afterSpace(bytes, from)
  return bytes[colon] === COLON && bytes[afterSpace(bytes, colon + 1)] === QUOTE
}

function afterSpace(bytes: Uint8Array, from: number): number {
  let at = from
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++
  return at
}
