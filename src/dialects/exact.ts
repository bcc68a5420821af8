// JSON that keeps whole numbers as they were written: ids of many services are larger than what a number of the language holds, and a tool that is
// told another id than was meant does its work on somebody else.

/** Before the digits of such a number, which is a text as long as it is ours: a character that no text may hold. */
const MARK = '\uFDD0'
const ESCAPED_MARK = /\\ufdd0/gi
const HAS_ESCAPED = /\\ufdd0/i
const LONG = /\d{16}/
const NUMBER = /[-+.\deE]+/g
const WHOLE = /^-?\d{16,}$/
const MARKED = /"\uFDD0(-?\d+)"/g

/** Reads JSON. @throws SyntaxError */
export function parseExact(text: string): unknown {
  const own = text.includes(MARK) || HAS_ESCAPED.test(text) ? withoutMarks(text) : text
  return JSON.parse(LONG.test(own) ? marked(own) : own)
}

/** Writes what `parseExact` has read. */
export function stringifyExact(value: unknown): string {
  const text = JSON.stringify(value)
  return text.includes(MARK) ? text.replace(MARKED, '$1') : text
}

function withoutMarks(text: string): string {
  return text.replaceAll(MARK, '\uFFFD').replace(ESCAPED_MARK, '\\ufffd')
}

/** The numbers between the strings, one walk. */
function marked(text: string): string {
  const out: string[] = []
  let from = 0
  while (from < text.length) {
    const open = text.indexOf('"', from)
    const end = open < 0 ? text.length : open
    out.push(text.slice(from, end).replace(NUMBER, (digits) => (isExact(digits) ? digits : `"${MARK}${digits}"`)))
    if (open < 0) break
    from = endOfString(text, open)
    out.push(text.slice(open, from))
  }
  return out.join('')
}

function isExact(digits: string): boolean {
  return !WHOLE.test(digits) || Number.isSafeInteger(Number(digits))
}

/** @returns the place behind the string that begins there */
function endOfString(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text[at - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return at + 1
  }
  return text.length
}
