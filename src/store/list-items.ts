// Items of the lists of openclaw.json taken out, moved, and put behind the others, and keys taken out, so that each comment stays with what it was written
// for. The editor of the file writes later items over earlier ones instead, and puts new ones between the last one and the comment behind it.
import { isObject, sorted } from './document.ts'
import { type Path, type Place, placesIn, type Token, tokensOf } from './places.ts'

/** What goes out of one list or object: places of items, or keys. */
type Cut = { path: Path; names: ReadonlySet<string> }
/** Which item of before stands at each place. */
type Move = { path: Path; order: readonly number[] }
type Growth = { list: Path; last: number; items: readonly unknown[] }

/**
 * The text without the items that the draft has not any more, as far as the lists are otherwise as they were.
 * @param before what the text says
 * @param draft what it is to say
 * @param withKeys also without the keys of objects that the draft has not any more
 */
export function cutItems(text: string, before: unknown, draft: unknown, withKeys = false): string {
  const cuts = cutsIn(before, draft, [], withKeys)
  if (cuts.length === 0) return text
  const tokens = tokensOf(text)
  const gone = new Set<number>()
  for (const cut of cuts) markGone(gone, tokens, cut)
  return textOf(tokens.filter((_, at) => !gone.has(at)))
}

function markGone(gone: Set<number>, tokens: readonly Token[], { path, names }: Cut): void {
  const places = placesIn(tokens, path)
  // Which of two of one name is meant, is for the editor to find out.
  if (new Set(places.map(({ name }) => name)).size < places.length) return
  for (const { name, from, lineEnd } of places) {
    if (names.has(name)) for (let at = from; at < lineEnd; at++) gone.add(at)
  }
  // The last one without a comma leaves none behind: not every reader of a plain file takes one.
  const kept = places.findLastIndex(({ name }) => !names.has(name))
  const next = places[kept + 1]
  if (kept >= 0 && next !== undefined && places.at(-1)?.hasComma === false) gone.add(next.opening)
}

/**
 * The text with the items of lists in the order of the draft, where nothing else became of them: each takes its comments along.
 * @param text with comments or other liberties of JSON5
 * @param before what the text says
 * @param draft what it is to say
 */
export function moveItems(text: string, before: unknown, draft: unknown): string {
  return movesIn(before, draft, []).reduce(move, text)
}

function move(text: string, { path, order }: Move): string {
  const tokens = tokensOf(text)
  const places = placesIn(tokens, path)
  const [first, last] = [places[0], places.at(-1)]
  const onLines = places.filter(({ isOnOwnLine, lineEnd }) => isOnOwnLine && tokens[lineEnd]?.type === 'newline')
  if (first === undefined || last === undefined || places.length !== order.length) return text
  // Some on lines of their own and some not: whose comment is whose cannot be told.
  if (onLines.length !== places.length && places.some(({ isOnOwnLine }) => isOnOwnLine)) return text
  const raws = (from: number, to: number): string => textOf(tokens.slice(from, to))
  const slots = places.map((place, at) => {
    // What stands above an item and belongs to nobody stays; so does the space before one within a line.
    const begin = isGap(tokens, place) ? place.from + 1 : place.from
    const end = place.isOnOwnLine ? place.lineEnd : place.comma
    const upTo = places[at - 1]
    const kept = raws(upTo === undefined ? begin : slotEnd(upTo), begin)
    return { kept, end, begin, hasComma: place.hasComma, place }
  })
  const parts = slots.map(({ kept, hasComma }, at) => {
    const { begin, end, place } = slots[order[at] ?? at] as (typeof slots)[number]
    const item = raws(begin, place.last + 1)
    if (!place.isOnOwnLine) return `${kept}${raws(begin, end)}${hasComma ? ',' : ''}`
    const between = place.hasComma ? raws(place.last + 1, place.comma) : ''
    const tail = raws(place.hasComma ? place.comma + 1 : place.last + 1, end)
    return `${kept}${item}${between}${hasComma ? ',' : ''}${tail}`
  })
  return raws(0, slots[0]?.begin ?? 0) + parts.join('') + raws(slotEnd(last), tokens.length)
}

function isGap(tokens: readonly Token[], { isOnOwnLine, from }: Place): boolean {
  return !isOnOwnLine && tokens[from]?.type === 'whitespace'
}

/** Where what a place holds is over. */
function slotEnd({ isOnOwnLine, lineEnd, comma, hasComma }: Place): number {
  return isOnOwnLine ? lineEnd : hasComma ? comma + 1 : comma
}

function movesIn(before: unknown, draft: unknown, path: Path): Move[] {
  if (Array.isArray(before) && Array.isArray(draft)) {
    const [old, wanted] = [before.map(plain), draft.map(plain)]
    const places = new Map(old.map((item, at) => [item, at]))
    const order = wanted.map((item) => places.get(item) ?? -1)
    const isMoved = order.some((from, at) => from !== at)
    const isWhole = places.size === old.length && new Set(order).size === old.length && !order.includes(-1)
    return isMoved && isWhole && old.length === wanted.length ? [{ path, order }] : []
  }
  return inCommon(before, draft).flatMap(([name, one, other]) => movesIn(one, other, [...path, name]))
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
  return inCommon(before, draft).flatMap(([name, one, other]) => growthsIn(one, other, [...path, name]))
}

function appendTo(text: string, { list, last: at, items }: Growth): string {
  const tokens = tokensOf(text)
  const place = placesIn(tokens, list)[at]
  const newline = tokens[place?.lineEnd ?? -1]
  if (place === undefined || !place.isOnOwnLine || newline?.type !== 'newline') return text
  const { first, last: end, lineEnd, hasComma } = place
  const line = tokens.findLastIndex(({ type }, index) => index < first && type === 'newline')
  const indent = tokens[line + 1]?.type === 'whitespace' ? (tokens[line + 1]?.raw ?? '') : ''
  const added = items.map((item) => `${newline.raw}${indent}${inOneLine(item)}`).join(',')
  return tokens
    .flatMap(({ raw }, index) => [
      ...(index === lineEnd ? [`${added}${hasComma ? ',' : ''}`] : []),
      raw,
      ...(index === end && !hasComma ? [','] : []),
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

function cutsIn(before: unknown, draft: unknown, path: Path, withKeys: boolean): Cut[] {
  if (Array.isArray(before) && Array.isArray(draft)) {
    if (before.length === draft.length) {
      return before.flatMap((item, at) => cutsIn(item, draft[at], [...path, String(at)], withKeys))
    }
    const missing = missingFrom(before, draft)
    return missing === undefined ? [] : [{ path, names: new Set(missing.map(String)) }]
  }
  if (!isObject(before) || !isObject(draft)) return []
  const names = withKeys ? Object.keys(before).filter((name) => !Object.hasOwn(draft, name)) : []
  const own = names.length === 0 ? [] : [{ path, names: new Set(names) }]
  const further = inCommon(before, draft).flatMap(([name, one, other]) => cutsIn(one, other, [...path, name], withKeys))
  return [...own, ...further]
}

/** What both objects have. */
function inCommon(before: unknown, draft: unknown): [name: string, before: unknown, draft: unknown][] {
  if (!isObject(before) || !isObject(draft)) return []
  return Object.entries(before).flatMap(([name, child]): [string, unknown, unknown][] =>
    Object.hasOwn(draft, name) ? [[name, child, draft[name]]] : [],
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

function textOf(tokens: readonly Token[]): string {
  return tokens.map(({ raw }) => raw).join('')
}
