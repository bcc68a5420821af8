// Cuts TypeScript source into tokens, well enough for rules about words, imports and regex literals. It never evaluates anything.

/** @typedef {{ kind: 'word'|'number'|'string'|'template'|'regex'|'punct'|'comment', text: string, line: number }} Token */

const WORD_START = /[\p{ID_Start}$_#@]/u
const WORD_PART = /[\p{ID_Continue}$\u200c\u200d]/u
/** After these words a value begins, so a slash opens a regex; after any other word it divides. */
const BEFORE_VALUE = new Set(
  'return typeof case in of delete void throw new else do await yield instanceof default extends'.split(' '),
)

/**
 * All tokens of a source text, comments included, in order.
 * @param {string} source
 * @returns {Token[]}
 */
export function tokens(source) {
  const found = []
  /** Depth of braces inside each open `${`; empty outside templates. */
  const templates = []
  let at = 0
  let line = 1
  let last // the last token that is not a comment

  const push = (kind, end) => {
    const text = source.slice(at, end)
    const token = { kind, text, line }
    found.push(token)
    if (kind !== 'comment') last = token
    for (const character of text) if (character === '\n') line++
    at = end
  }

  if (source.startsWith('#!')) at = endOfLine(source, 0)
  while (at < source.length) {
    const character = source[at]
    const next = source[at + 1]
    if (character === '\n') {
      line++
      at++
    } else if (/\s/.test(character)) at++
    else if (character === '/' && next === '/') push('comment', endOfLine(source, at))
    else if (character === '/' && next === '*') push('comment', after(source, '*/', at + 2))
    else if (character === '/' && opensRegex(last, source, at)) push('regex', endOfRegex(source, at))
    else if (character === "'" || character === '"') push('string', endOfString(source, at))
    else if (character === '`') {
      const piece = endOfTemplatePiece(source, at + 1)
      push('template', piece.end)
      if (piece.opens) templates.push(0)
    } else if (character === '}' && templates.at(-1) === 0) {
      const piece = endOfTemplatePiece(source, at + 1)
      push('template', piece.end)
      if (!piece.opens) templates.pop()
    } else if (/[0-9]/.test(character)) push('number', /^[\w.]+/.exec(source.slice(at, at + 400))[0].length + at)
    else if (WORD_START.test(character)) push('word', endOfWord(source, at))
    else {
      if (templates.length > 0 && character === '{') templates[templates.length - 1]++
      if (templates.length > 0 && character === '}') templates[templates.length - 1]--
      push('punct', character === '?' && next === '.' ? at + 2 : character === '=' && next === '>' ? at + 2 : at + 1)
    }
  }
  return found
}

/** The same without comments. */
export const code = (source) => tokens(source).filter(({ kind }) => kind !== 'comment')

/** The text between the quotes of a string token, or of a template without substitutions; undefined for anything else. */
export function stringValue(token) {
  if (token?.kind === 'string') return token.text.slice(1, -1)
  if (token?.kind === 'template' && token.text.startsWith('`') && token.text.endsWith('`'))
    return token.text.slice(1, -1)
  return undefined
}

/**
 * The index of the bracket that closes the one at `open`; the last index when the text ends first.
 * @param {Token[]} list
 * @param {number} open
 */
export function closing(list, open) {
  let depth = 0
  for (let index = open; index < list.length; index++) {
    const { kind, text } = list[index]
    if (kind !== 'punct') continue
    if (text === '(' || text === '[' || text === '{') depth++
    if ((text === ')' || text === ']' || text === '}') && --depth === 0) return index
  }
  return list.length - 1
}

function opensRegex(last, source, at) {
  if (last === undefined) return true
  if (last.kind === 'word') return BEFORE_VALUE.has(last.text)
  if (last.kind === 'template') return last.text.endsWith('${')
  if (last.kind !== 'punct') return false
  if (last.text === '<') return false // a closing tag
  if (last.text === ']') return false
  // After `)` and `}` both are possible. The formatter puts spaces around a division and none inside a regex.
  if (source[at + 1] === '>' && last.text === '}') return false // an empty element
  if (last.text === ')' || last.text === '}') return /\s/.test(source[at - 1]) && !/[\s=]/.test(source[at + 1] ?? ' ')
  return true
}

const endOfLine = (source, from) => {
  const end = source.indexOf('\n', from)
  return end < 0 ? source.length : end
}

const after = (source, text, from) => {
  const found = source.indexOf(text, from)
  return found < 0 ? source.length : found + text.length
}

function endOfString(source, from) {
  for (let at = from + 1; at < source.length; at++) {
    if (source[at] === '\\') at++
    else if (source[at] === source[from]) return at + 1
    else if (source[at] === '\n') return at
  }
  return source.length
}

/** Up to and with the closing backtick or the next `${`. */
function endOfTemplatePiece(source, from) {
  for (let at = from; at < source.length; at++) {
    if (source[at] === '\\') at++
    else if (source[at] === '`') return { end: at + 1, opens: false }
    else if (source[at] === '$' && source[at + 1] === '{') return { end: at + 2, opens: true }
  }
  return { end: source.length, opens: false }
}

function endOfRegex(source, from) {
  let inClass = false
  let at = from + 1
  for (; at < source.length && source[at] !== '\n'; at++) {
    if (source[at] === '\\') at++
    else if (source[at] === '[') inClass = true
    else if (source[at] === ']') inClass = false
    else if (source[at] === '/' && !inClass) break
  }
  return endOfWord(source, at)
}

function endOfWord(source, from) {
  let at = from + 1
  while (at < source.length && WORD_PART.test(source[at])) at++
  return at
}
