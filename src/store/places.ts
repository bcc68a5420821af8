// Where the items of a list, or the keys of an object, stand in the text of openclaw.json, each with the comments that were written for it: those directly
// above it, and the one behind it on its line. A heading above an empty line belongs to nobody.
import jju from 'jju'

export type Token = ReturnType<typeof jju.tokenize>[number]
export type Path = readonly string[]

/** One child of a list or an object among the tokens. */
type Span = { name: string; first: number; last: number }

export type Place = Span & {
  /** The bracket or comma before it. */
  opening: number
  hasComma: boolean
  /** Nothing else begins on its line before it. */
  isOnOwnLine: boolean
  /** Where the line above it and its comments ends; behind the opening, when it shares the line. */
  from: number
  /** Where its comma is, or what stands in the place of one. */
  comma: number
  /** Behind it, its comma and the comment on the same line. */
  lineEnd: number
}

/** @param text with comments or other liberties of JSON5 */
export function tokensOf(text: string): Token[] {
  return jju.tokenize(text, { mode: 'json5', reserved_keys: 'replace' })
}

/** The places of all children of what stands at the path, in one walk and in their order. */
export function placesIn(tokens: readonly Token[], path: Path): Place[] {
  return spansIn(tokens, path).map((span) => placeOf(tokens, path.length, span))
}

function spansIn(tokens: readonly Token[], path: Path): Span[] {
  const spans: Span[] = []
  let open: Span | undefined
  for (const [at, { type, stack, value }] of tokens.entries()) {
    if (stack.length < path.length || !path.every((step, index) => String(stack[index]) === step)) continue
    const isInside = stack.length > path.length
    if (!isInside && type !== 'key') continue
    const name = String(isInside ? stack[path.length] : value)
    // A second key of the same name is another child.
    if (open === undefined || open.name !== name || !isInside) {
      open = { name, first: at, last: at }
      spans.push(open)
    }
    open.last = at
  }
  return spans
}

function placeOf(tokens: readonly Token[], depth: number, span: Span): Place {
  const { first, last } = span
  const isMark = (index: number, raws: string): boolean => {
    const token = tokens[index]
    return token?.type === 'separator' && token.stack.length === depth && raws.includes(token.raw)
  }
  let opening = first - 1
  while (opening > 0 && !isMark(opening, ',[{')) opening--
  let comma = last + 1
  while (comma < tokens.length && !isMark(comma, ',]}')) comma++
  const hasComma = isMark(comma, ',')
  const behind = hasComma ? comma + 1 : last + 1
  let lineEnd = behind
  while (/^(?:whitespace|comment)$/.test(tokens[lineEnd]?.type ?? '')) lineEnd++
  // Another item on that line keeps what stands before it.
  if (tokens[lineEnd]?.type !== 'newline' && !isMark(lineEnd, ']}')) lineEnd = behind
  const above = lineAbove(tokens, opening, first)
  const isOnOwnLine = above !== undefined
  const from = above ?? opening + 1
  return { ...span, opening, hasComma, isOnOwnLine, from, comma, lineEnd: isOnOwnLine ? lineEnd : behind }
}

/** Where the line ends that stands above what belongs to the child. */
function lineAbove(tokens: readonly Token[], opening: number, first: number): number | undefined {
  let above: number | undefined
  let hasComment = false
  let isEmpty = false
  for (let at = opening + 1; at < first; at++) {
    const type = tokens[at]?.type
    if (type === 'newline') {
      if (above === undefined || (isEmpty && hasComment)) above = at
      isEmpty = true
    } else if (type === 'comment') {
      if (above !== undefined) hasComment = true
      isEmpty = false
    }
  }
  return above
}
