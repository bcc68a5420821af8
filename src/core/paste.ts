// What people paste is rarely the bare secret: wrapped lines, quotes, `export X=…`, a header. The secret is dug out, or refused with a reason.

/** The secret, or a sentence saying why none could be read. */
export type Unwrapped = { secret: string } | { complaint: string }

const MIN_LENGTH = 8
const MAX_LENGTH = 8192
const ASSIGNMENT = /^(?:export\s+|set\s+|\$env:)?[A-Za-z_][A-Za-z0-9_]{1,100}\s*=\s*/
const HEADER = /^(?:authorization\s*:\s*)?(?:bearer|basic)\s+|^x-(?:api|goog-api)-key\s*:\s*/i
/** How keys of the large vendors begin, long enough not to stand in the middle of one. */
const BEGINS_KEY = /^(?:sk-(?:ant|proj|or)-|gsk_|xai-)/
const QUOTES: readonly (readonly [string, string])[] = [
  ['"', '"'],
  ["'", "'"],
  ['`', '`'],
  ['“', '”'],
  ['‘', '’'],
]

/**
 * Repairs a paste.
 * @param text exactly what came from the prompt or the pipe
 */
export function unwrapPaste(text: string): Unwrapped {
  if (text.length > 4 * MAX_LENGTH)
    return { complaint: `that is ${text.length} characters; a secret has at most ${MAX_LENGTH}` }
  let rest = text.replace(/[\uFEFF\u200B-\u200D\u2060]/g, '').trim()
  if (rest === '') return { complaint: 'nothing was pasted' }
  rest = unassigned(rest).replace(/;$/, '').trim()
  for (const [open, close] of QUOTES) {
    if (rest.length > 1 && rest.startsWith(open) && rest.endsWith(close)) rest = rest.slice(1, -1).trim()
  }
  rest = rest.replace(HEADER, '')
  if (rest === '') return { complaint: 'there is nothing behind the name' }
  // A secret broken by a terminal comes as pieces on lines of their own, perhaps indented; words side by side are prose.
  const pieces = rest.split(/[\r\n]+/).map((piece) => piece.trim())
  if (pieces.some((piece) => /\s/.test(piece))) return { complaint: 'it has spaces inside, so it is not one secret' }
  const [first = '', ...others] = pieces
  if (
    others.some((piece) => /^[A-Z_][A-Z0-9_]*=[^=]/.test(piece) || BEGINS_KEY.test(piece) || startsAlike(piece, first))
  )
    return { complaint: 'it holds more than one secret' }
  const secret = pieces.join('')
  if (!/^[\x21-\x7e]+$/.test(secret)) return { complaint: 'it holds characters that no key has' }
  if (/["'`{}()<>\\]|:\/\//.test(secret))
    return { complaint: 'it holds quotes, brackets or an address, so it is not the bare secret' }
  if (looksMasked(secret)) return { complaint: 'it is a masked value, not the secret itself' }
  if (secret.length < MIN_LENGTH)
    return { complaint: `it has ${secret.length} characters; no vendor's secret is that short` }
  if (secret.length > MAX_LENGTH)
    return { complaint: `it has ${secret.length} characters; at most ${MAX_LENGTH} can be a secret` }
  return { secret }
}

/** Without `NAME=` in front; the padding of Base64 at the end of a secret is no assignment. */
function unassigned(text: string): string {
  const value = text.replace(ASSIGNMENT, '')
  if (/^[A-Z0-9_]+=$/.test(text)) return ''
  return /^=?$/.test(value) ? text : value
}

/** A wrapped piece does not begin like the secret itself, the next secret of the same vendor does. */
function startsAlike(piece: string, first: string): boolean {
  return first.length >= 6 && piece.startsWith(first.slice(0, 6))
}

/** Whether the text is a mask that somebody copied from a screen or a redacted document. */
export function looksMasked(text: string): boolean {
  return /\u2026|\*{4}|\u2022{3}|\.{3}|REDACTED|\[secret\]/i.test(text)
}
