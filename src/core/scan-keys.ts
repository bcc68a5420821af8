// The keys of a body's top level that mean something to us, told from its bytes.

/** Where a value stands, quotes and brackets included, in bytes from the start of the body. */
export type Place = {
  start: number
  end: number
  /** Of a list: where its first items end. */
  items: readonly number[]
}

const PLACES = [
  'user',
  'input',
  'tools',
  'prompt',
  'thread',
  'system',
  'contents',
  'messages',
  'metadata',
  'container',
  'conversation',
  'cachedContent',
  'cached_content',
  'fallback_credit_token',
  'instructions',
  'systemInstruction',
  'prompt_cache_key',
  'previous_response_id',
] as const

export type PlaceName = (typeof PLACES)[number]
export type Places = { [name in PlaceName]?: Place }

const NAMES: ReadonlySet<string> = new Set(PLACES)

/** Whether the value under the key may tell one conversation from another. */
export function isPlaceName(key: string): key is PlaceName {
  return key !== '' && NAMES.has(key)
}

/** What is said, in each dialect: of these lists the first items are told apart. */
const LISTS: ReadonlySet<string> = new Set(['messages', 'input', 'contents'])

/** Whether the list under the key is a conversation. */
export function isListName(key: string): boolean {
  return LISTS.has(key)
}

export type KnownKey = 'model' | 'stream' | PlaceName

const KNOWN = wordTable<KnownKey>(['model', 'stream', ...PLACES])

const BACKSLASH = 0x5c
/** Shorter than that, nothing of ours can stand in disguise: an escape takes six bytes. */
const SHORTEST_ESCAPED = 6

/** The key that stands whole here: one of ours, or '' for another; undefined when it might be ours in disguise. */
export function keyAt(piece: Uint8Array, from: number, to: number): '' | KnownKey | undefined {
  const known = KNOWN(piece, from, to)
  if (known !== '' || to - from < SHORTEST_ESCAPED) return known
  for (let i = from; i < to; i++) if (piece[i] === BACKSLASH) return undefined
  return ''
}

/** Reads which of a few words stands in bytes, without making a text of them: most others are told by their length alone. */
export function wordTable<Word extends string>(
  words: readonly Word[],
): (bytes: Uint8Array, from: number, to: number) => Word | '' {
  const byLength: { word: Word; codes: readonly number[] }[][] = []
  for (const word of words) {
    while (byLength.length <= word.length) byLength.push([])
    byLength[word.length]?.push({ word, codes: Array.from(word, (letter) => letter.charCodeAt(0)) })
  }
  return (bytes, from, to) => {
    const candidates = byLength[to - from]
    if (candidates === undefined) return ''
    for (const { word, codes } of candidates) if (isText(bytes, from, codes)) return word
    return ''
  }
}

function isText(piece: Uint8Array, from: number, text: readonly number[]): boolean {
  for (let i = 0; i < text.length; i++) if (piece[from + i] !== text[i]) return false
  return true
}

/** Whether the byte is white space of JSON. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** Whether a number or a word ends before the byte. */
export function isScalarEnd(byte: number): boolean {
  return byte === 0x2c || byte === 0x7d || isSpace(byte)
}

/** One call for all characters: adding them one by one makes a string that is slow to read. */
export function ascii(piece: Uint8Array, from: number, to: number): string {
  return Buffer.prototype.latin1Slice.call(piece, from, to)
}

/** The meaning of the inside of a JSON string of ASCII characters; undefined for anything else. */
export function unescaped(raw: string): string | undefined {
  if (!/^[\x20-\x7e]*$/.test(raw)) return undefined
  if (!raw.includes('\\')) return raw
  try {
    const value: unknown = JSON.parse(`"${raw}"`)
    return typeof value === 'string' ? value : undefined
  } catch {
    // A broken escape: a parser will say what is wrong.
    return undefined
  }
}
