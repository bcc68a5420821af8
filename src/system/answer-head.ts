// The head of an answer of HTTP/1.1 (RFC 9112, 2 to 6): its status, its fields, and what they say of the body and the connection. What may be read in
// two ways is refused.

/** The bytes are no answer, or not one that can be told from the next. */
export class MalformedAnswer extends Error {}

const MOST_LENGTH_DIGITS = 15
/** A connection waits so long, where the server does not say, ms. */
const KEEP_MS = 30_000
const LONGEST_KEEP_MS = 600_000
/** A server lets go when its time is over; a question must not be on its way then, ms. */
const KEEP_MARGIN_MS = 1000
const PROTOCOL = 'HTTP/1.'
const SPACE = 0x20
const TAB = 0x09
const ZERO = 0x30
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
/** In a head whose lines have been told apart. */
const CONTROL = /[^\t\n\r\x20-\x7e\x80-\xff]/
const DIGITS = /^[0-9]+$/
const SECONDS = /(?:^|[,; ])timeout=([0-9]{1,9})/

/** What a head says of its body and its connection. */
export class Framing {
  status = 0
  readonly headers: string[] = []
  length: number | undefined
  isChunked = false
  /** The connection outlives the answer: said by its version, or in a field. */
  isPersistent = false
  keepMs = KEEP_MS
}

/** @returns where the body begins; -1: the head has no end yet */
export function readHead(text: string, framing: Framing): number {
  let from = 0
  for (;;) {
    const end = text.indexOf('\n', from)
    if (end < 0) return -1
    // A carriage return stands before each line's end, and nowhere else.
    if (text.indexOf('\r', from) !== end - 1) throw new MalformedAnswer('line end')
    if (from === 0) readStatus(text, end - 1, framing)
    else if (end - 1 === from) {
      if (CONTROL.test(text.slice(0, from))) throw new MalformedAnswer('control character')
      return end + 1
    } else readField(text, from, end - 1, framing)
    from = end + 1
  }
}

/** RFC 9112, 4. */
function readStatus(text: string, end: number, framing: Framing): void {
  const version = text.charCodeAt(PROTOCOL.length) - ZERO
  const hundreds = text.charCodeAt(9) - ZERO
  const tens = text.charCodeAt(10) - ZERO
  const ones = text.charCodeAt(11) - ZERO
  const isOne = (version === 0 || version === 1) && text.startsWith(PROTOCOL) && text.charCodeAt(8) === SPACE
  const isNumber = hundreds > 0 && hundreds <= 9 && tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9
  if (!isOne || !isNumber || !(end === 12 || (end > 12 && text.charCodeAt(12) === SPACE)))
    throw new MalformedAnswer('status line')
  framing.status = hundreds * 100 + tens * 10 + ones
  framing.isPersistent = version === 1
}

/** RFC 9112, 5. */
function readField(text: string, from: number, to: number, framing: Framing): void {
  const colon = text.indexOf(':', from)
  if (colon < 0 || colon >= to) throw new MalformedAnswer('field')
  const { name, heed } = nameOf(text.slice(from, colon))
  const value = trimmed(text, colon + 1, to)
  framing.headers.push(name, value)
  heed?.(framing, value)
}

/** A name in lower case, and what its field says of the answer's bytes. */
type Name = { name: string; heed: ((framing: Framing, value: string) => void) | undefined }

/** As vendors write them: they use a few dozen. A hostile one shall not fill the memory with more. */
const NAMES = new Map<string, Name>()
const MOST_NAMES = 256

function nameOf(written: string): Name {
  const known = NAMES.get(written)
  if (known !== undefined) return known
  // So is a line that begins with a space, which continued the one before, long ago (RFC 9112, 5.2).
  if (!NAME.test(written)) throw new MalformedAnswer('field')
  const name = written.toLowerCase()
  const made = { name, heed: HEEDED.get(name) }
  if (NAMES.size < MOST_NAMES && written.length < 64) NAMES.set(written, made)
  return made
}

const HEEDED = new Map<string, Name['heed']>([
  [
    'content-length',
    (framing, value) => {
      const isNumber = DIGITS.test(value) && value.length <= MOST_LENGTH_DIGITS
      if (!isNumber || (framing.length !== undefined && framing.length !== Number(value)))
        throw new MalformedAnswer('content-length')
      framing.length = Number(value)
    },
  ],
  [
    'transfer-encoding',
    (framing, value) => {
      // Anything else would have to be undone, or ends nobody knows where (RFC 9112, 6.3).
      if (value.toLowerCase() !== 'chunked' || framing.isChunked) throw new MalformedAnswer('transfer-encoding')
      framing.isChunked = true
    },
  ],
  [
    'connection',
    (framing, value) => {
      const options = value.toLowerCase().split(',')
      if (options.some((option) => option.trim() === 'close')) framing.keepMs = 0
      else if (options.some((option) => option.trim() === 'keep-alive')) framing.isPersistent = true
    },
  ],
  [
    'keep-alive',
    (framing, value) => {
      const seconds = SECONDS.exec(value)?.[1]
      if (seconds === undefined || framing.keepMs === 0) return
      framing.keepMs = Math.max(0, Math.min(Number(seconds) * 1000 - KEEP_MARGIN_MS, LONGEST_KEEP_MS))
    },
  ],
])

/** Without the blanks around it, which are spaces and tabs and nothing else (RFC 9110, 5.6.3). */
function trimmed(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

/** A name of a field (RFC 9110, 5.6.2). */
export const isFieldName = (text: string): boolean => NAME.test(text)

/** What may stand behind it: nothing that could end the line (RFC 9110, 5.5). */
export const isFieldValue = (text: string): boolean => VALUE.test(text)

const isBlank = (code: number): boolean => code === SPACE || code === TAB
