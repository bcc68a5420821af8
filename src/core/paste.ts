// What people paste is rarely the bare secret: wrapped lines, quotes, `export X=…`, a header. The secret is dug out, or refused with a reason.

/** The secret, or a sentence saying why none could be read. */
export type Unwrapped = { secret: string } | { complaint: string }

const MIN_LENGTH = 8
const MAX_LENGTH = 8192
const ASSIGNMENT = /^(?:export\s+|set\s+|\$env:)?[A-Za-z_][A-Za-z0-9_]{1,100}\s*=\s*/
const HEADER = /^(?:authorization\s*:\s*)?(?:bearer|basic)\s+|^x-(?:api|goog-api)-key\s*:\s*/i
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
  rest = rest.replace(ASSIGNMENT, '').replace(/;$/, '').trim()
  for (const [open, close] of QUOTES) {
    if (rest.length > 1 && rest.startsWith(open) && rest.endsWith(close)) rest = rest.slice(1, -1).trim()
  }
  rest = rest.replace(HEADER, '')
  // A secret broken by a terminal comes as pieces on lines of their own, perhaps indented; words side by side are prose.
  const pieces = rest.split(/[\r\n]+/).map((piece) => piece.trim())
  if (pieces.some((piece) => /\s/.test(piece))) return { complaint: 'it has spaces inside, so it is not one secret' }
  const secret = pieces.join('')
  if (!/^[\x21-\x7e]+$/.test(secret)) return { complaint: 'it holds characters that no key has' }
  if (looksMasked(secret)) return { complaint: 'it is a masked value, not the secret itself' }
  if (secret.length < MIN_LENGTH)
    return { complaint: `it has ${secret.length} characters; no vendor's secret is that short` }
  if (secret.length > MAX_LENGTH)
    return { complaint: `it has ${secret.length} characters; at most ${MAX_LENGTH} can be a secret` }
  return { secret }
}

/** Whether the text is a mask that somebody copied from a screen or a redacted document. */
export function looksMasked(text: string): boolean {
  return /…|\*{4}|•{3}|\.{3}|REDACTED|\[secret\]/i.test(text)
}
