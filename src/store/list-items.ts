// Items of the lists of openclaw.json taken out, and put behind the others, so that each comment stays with the item it was written for. The editor of
// the file writes later items over earlier ones instead, and puts new ones between the last one and the comment behind it.
import jju from 'jju'
import { isObject, sorted } from './document.ts'

type Token = ReturnType<typeof jju.tokenize>[number]
type Path = readonly string[]
type Cut = { list: Path; at: number }
type Growth = { list: Path; last: number; items: readonly unknown[] }

const OPTIONS = { mode: 'json5', reserved_keys: 'replace' } as const

/**
 * The text without the items that the draft has not any more, as far as the lists are otherwise as they were.
 * @param before what the text says
 * @param draft what it is to say
 */
export function cutItems(text: string, before: unknown, draft: unknown): string {
  // From the last to the first: a cut moves only what stands behind it.
  const cuts = cutsIn(before, draft, []).reverse()
  return cuts.reduce(cutOne, text)
}

/**
 * The text with the items that stand behind all others in the draft, where a list of objects goes over several lines.
 * @param text with comments or other liberties of JSON5
 * @param before what the text says
 * @param draft what it is to say
 */
export function appendItems(text: string, before: unknown, draft: unknown): string {
  return growthsIn(before, draft, []).reverse().reduce(appendTo, text)
}

function growthsIn(before: unknown, draft: unknown, path: Path): Growth[] {
  if (Array.isArray(before) && Array.isArray(draft)) {
    const isLonger = before.length > 0 && draft.length > before.length
    const isSame = before.every((item, at) => plain(item) === plain(draft[at]))
    return isLonger && isSame ? [{ list: path, last: before.length - 1, items: draft.slice(before.length) }] : []
  }
  if (!isObject(before) || !isObject(draft)) return []
  return Object.entries(before).flatMap(([name, child]) =>
    Object.hasOwn(draft, name) ? growthsIn(child, draft[name], [...path, name]) : [],
  )
}

function appendTo(text: string, { list, last, items }: Growth): string {
  const tokens = jju.tokenize(text, OPTIONS)
  const place = placeOf(tokens, { list, at: last })
  if (place === undefined || !place.isOnOwnLine || tokens[place.lineEnd]?.type !== 'newline') return text
  const { first, last: end, lineEnd, hasComma } = place
  const line = tokens.findLastIndex(({ type }, index) => index < first && type === 'newline')
  const indent = tokens[line + 1]?.type === 'whitespace' ? (tokens[line + 1]?.raw ?? '') : ''
  const added = items.map((item) => `\n${indent}${inOneLine(item)}`).join(',')
  return tokens
    .flatMap(({ raw }, at) => [
      ...(at === lineEnd ? [`${added}${hasComma ? ',' : ''}`] : []),
      raw,
      ...(at === end && !hasComma ? [','] : []),
    ])
    .join('')
}

/** As people write such items by hand. */
function inOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inOneLine).join(', ')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const parts = Object.entries(value).map(
    ([name, child]) => `${/^[a-z_]\w*$/i.test(name) ? name : JSON.stringify(name)}: ${inOneLine(child)}`,
  )
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`
}

/** In the order in which they stand in the text. */
function cutsIn(before: unknown, draft: unknown, path: Path): Cut[] {
  if (Array.isArray(before) && Array.isArray(draft)) {
    const missing = missingFrom(before, draft)
    return (missing ?? []).map((at) => ({ list: path, at }))
  }
  if (!isObject(before) || !isObject(draft)) return []
  return Object.entries(before).flatMap(([name, child]) =>
    Object.hasOwn(draft, name) ? cutsIn(child, draft[name], [...path, name]) : [],
  )
}

/** Places of the items that were left out; undefined when something else has changed as well. */
function missingFrom(before: readonly unknown[], draft: readonly unknown[]): number[] | undefined {
  const wanted = draft.map(plain)
  const missing: number[] = []
  let next = 0
  for (const [at, item] of before.entries()) {
    if (next < wanted.length && plain(item) === wanted[next]) next++
    else missing.push(at)
  }
  return next === wanted.length && missing.length > 0 ? missing : undefined
}

const plain = (value: unknown): string => JSON.stringify(sorted(value))

/** Where an item and its surroundings stand among the tokens. */
type Place = {
  first: number
  last: number
  /** The bracket or comma before it. */
  opening: number
  hasComma: boolean
  /** Nothing else begins on its line before it. */
  isOnOwnLine: boolean
  /** Where the line above it ends; its own place, when it shares the line. */
  from: number
  /** Behind it, its comma and the comment on the same line. */
  lineEnd: number
}

function placeOf(tokens: readonly Token[], { list, at }: Cut): Place | undefined {
  const item = [...list, String(at)]
  const isIn = (token: Token | undefined): boolean =>
    token !== undefined && item.every((step, index) => String(token.stack[index]) === step)
  const isMark = (index: number, ...raws: string[]): boolean => {
    const token = tokens[index]
    return token?.type === 'separator' && token.stack.length === list.length && raws.includes(token.raw)
  }
  const first = tokens.findIndex((token) => isIn(token))
  if (first < 0) return undefined
  let last = first
  while (isIn(tokens[last + 1])) last++
  let opening = first - 1
  while (opening >= 0 && !isMark(opening, ',', '[')) opening--
  if (opening < 0) return undefined
  const above = tokens.findIndex((token, index) => index > opening && index < first && token.type === 'newline')
  let comma = last + 1
  while (tokens[comma] !== undefined && !isMark(comma, ',', ']')) comma++
  const hasComma = isMark(comma, ',')
  const behind = hasComma ? comma + 1 : last + 1
  let lineEnd = behind
  while (/^(?:whitespace|comment)$/.test(tokens[lineEnd]?.type ?? '')) lineEnd++
  // Another item on that line keeps what stands before it.
  if (tokens[lineEnd]?.type !== 'newline' && !isMark(lineEnd, ']')) lineEnd = behind
  const isOnOwnLine = above >= 0
  const from = isOnOwnLine ? above : opening + 1
  return { first, last, opening, hasComma, isOnOwnLine, from, lineEnd: isOnOwnLine ? lineEnd : behind }
}

function cutOne(text: string, cut: Cut): string {
  const tokens = jju.tokenize(text, OPTIONS)
  const place = placeOf(tokens, cut)
  if (place === undefined) return text
  const { from, lineEnd, hasComma, opening } = place
  // The last one without a comma leaves none behind: not every reader of a plain file takes one.
  const isOrphan = (index: number): boolean => !hasComma && index === opening && tokens[opening]?.raw === ','
  return tokens
    .filter((_, index) => !(index >= from && index < lineEnd) && !isOrphan(index))
    .map(({ raw }) => raw)
    .join('')
}
