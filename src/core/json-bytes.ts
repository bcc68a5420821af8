// Texts in the bytes of JSON, found by the words that stand before them, and what stands near them: nothing is parsed, and time grows with the bytes alone.

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c
const OPEN_LIST = 0x5b
const OPEN = 0x7b
const CLOSE = 0x7d

/** What belongs to a value is looked for no farther from it than that, bytes. */
export const NEAR = 256

/** What stands before a thing. Looked for by its rarest letters, few of them: the library is ten times as quick with those as with the whole. */
export type Word = { text: Buffer; part: Buffer; at: number }

/** @param part its rarest letters */
export function word(text: string, part: string = text): Word {
  return { text: Buffer.from(text), part: Buffer.from(part), at: text.indexOf(part) }
}

/** Texts that stand under a name. */
export function textsUnder(bytes: Buffer, name: Word, tell: (from: number, to: number) => void): void {
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

/** Texts in lists of texts that stand under a name. */
export function textsListed(bytes: Buffer, name: Word, tell: (from: number, to: number) => void): void {
  for (let at = next(bytes, name, 0); at >= 0; at = next(bytes, name, at)) {
    at += name.text.length
    const colon = afterSpace(bytes, at)
    if (bytes[colon] !== COLON) continue
    const list = afterSpace(bytes, colon + 1)
    if (bytes[list] !== OPEN_LIST) continue
    at = list
    do {
      const from = afterSpace(bytes, at + 1) + 1
      if (bytes[from - 1] !== QUOTE) break
      const to = endOfText(bytes, from)
      if (to < 0) return
      tell(from, to)
      at = afterSpace(bytes, to + 1)
    } while (bytes[at] === COMMA)
  }
}

/** Texts that begin so. @param start with the quote before it */
export function textsBeginning(bytes: Buffer, start: Word, tell: (from: number, to: number) => void): void {
  for (let at = next(bytes, start, 0); at >= 0; at = next(bytes, start, at)) {
    const to = endOfText(bytes, at + start.text.length)
    if (to < 0) return
    tell(at + 1, to)
    at = to
  }
}

/** Where the word stands next, or -1. */
export function next(bytes: Buffer, { text, part, at }: Word, from: number): number {
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

/** What stands near a value: before its object, and in it before and behind the value. */
export function around(bytes: Buffer, from: number, to: number): { before: string; head: string; tail: string } {
  const open = openBefore(bytes, from)
  const text = (start: number, end: number): string => bytes.toString('latin1', Math.max(start, 0), end)
  return { before: text(open - NEAR / 8, open), head: text(open, from), tail: text(to, closeBehind(bytes, to)) }
}

/** Where the object of what stands here opens, or how far that was looked for. Braces in texts are taken for true ones. */
export function openBefore(bytes: Buffer, from: number): number {
  const least = Math.max(0, from - NEAR)
  let depth = 0
  for (let at = from - 1; at >= least; at--) {
    if (bytes[at] === CLOSE) depth++
    else if (bytes[at] === OPEN && depth-- === 0) return at
  }
  return least
}

/** Where it closes, or how far that was looked for. */
export function closeBehind(bytes: Buffer, to: number): number {
  const most = Math.min(bytes.length, to + NEAR)
  let depth = 0
  for (let at = to; at < most; at++) {
    if (bytes[at] === OPEN) depth++
    else if (bytes[at] === CLOSE && depth-- === 0) return at
  }
  return most
}
