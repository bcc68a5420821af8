// JSON as bytes, written plainly: for whoever looks for names in it. A name may be written with escapes, and stand twice; both mean what they mean.

const BACKSLASH = 0x5c
const QUOTE = 0x22
const COMMA = 0x2c
const OPEN = 0x7b
const OPEN_LIST = 0x5b
const CLOSE = 0x7d
const CLOSE_LIST = 0x5d
const LETTER_U = 0x75
const ZERO = 0x30
const FOUR = 0x34
const SEVEN = 0x37

/**
 * Whether the escape at a place may hide a letter or a `_`, of which all names are made. What else is escaped, line ends and letters of other languages,
 * hides none.
 * @param at of the backslash; an escape that is cut off there may
 */
export function mayHide(bytes: Uint8Array, at: number): boolean {
  const kind = bytes[at + 1]
  if (kind !== LETTER_U) return kind === undefined
  const third = bytes[at + 4]
  if (third === undefined) return true
  return bytes[at + 2] === ZERO && bytes[at + 3] === ZERO && third >= FOUR && third <= SEVEN
}

/** The same JSON with everything written plainly that need not be escaped and is ASCII. */
export function plainly(bytes: Buffer): Buffer {
  let at = bytes.indexOf(BACKSLASH)
  if (at < 0) return bytes
  const out = Buffer.allocUnsafe(bytes.length)
  let size = 0
  let from = 0
  while (at >= 0) {
    size += bytes.copy(out, size, from, at)
    const code = bytes[at + 1] === LETTER_U ? Number.parseInt(bytes.toString('latin1', at + 2, at + 6), 16) : 0
    const isPlain = code >= 0x20 && code < 0x7f && code !== QUOTE && code !== BACKSLASH
    from = at + (isPlain ? 6 : 2)
    if (isPlain) out[size++] = code
    else size += bytes.copy(out, size, at, from)
    at = bytes.indexOf(BACKSLASH, from)
  }
  size += bytes.copy(out, size, from)
  return out.subarray(0, size)
}

/**
 * The members of the object that the bytes are, each as often as it stands there. Of what is no object, and from where it breaks, nothing is told.
 * @param bytes written plainly
 * @param tell hears a name, and where its value stands, quotes and brackets included
 */
export function membersOf(bytes: Buffer, tell: (name: string, start: number, end: number) => void): void {
  let at = spaces(bytes, 0)
  if (bytes[at++] !== OPEN) return
  for (;;) {
    at = spaces(bytes, at)
    if (bytes[at] !== QUOTE) return
    const name = endOfValue(bytes, at)
    const start = spaces(bytes, spaces(bytes, name) + 1)
    const end = endOfValue(bytes, start)
    if (end > bytes.length || end === start) return
    tell(bytes.toString('utf8', at + 1, name - 1), start, end)
    at = spaces(bytes, end)
    if (bytes[at++] !== COMMA) return
  }
}

/** Behind the value that begins here; beyond the bytes when it does not end. */
function endOfValue(bytes: Buffer, start: number): number {
  let depth = 0
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      at++
      while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
      if (depth === 0) return at + 1
    } else if (byte === OPEN || byte === OPEN_LIST) depth++
    else if (byte === CLOSE || byte === CLOSE_LIST) {
      // The end of the object that holds it ends a number, too.
      if (depth === 0) return at
      if (--depth === 0) return at + 1
    } else if (depth === 0 && (byte === COMMA || isSpace(byte))) return at
  }
  return bytes.length + 1
}

function spaces(bytes: Buffer, from: number): number {
  let at = from
  while (isSpace(bytes[at])) at++
  return at
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
