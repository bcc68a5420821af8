// Items taken out of the lists of openclaw.json together with the comments that stand before and behind them: the editor would write the later items
// over the earlier ones, and leave every comment beside another item than it was written for.
import jju from 'jju'
import { isObject, sorted } from './document.ts'

type Token = ReturnType<typeof jju.tokenize>[number]
type Path = readonly string[]
type Cut = { list: Path; at: number }

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

function cutOne(text: string, { list, at }: Cut): string {
  const tokens = jju.tokenize(text, OPTIONS)
  const isIn = ({ stack }: Token, path: readonly (string | number)[]): boolean =>
    path.every((step, index) => String(stack[index]) === String(step))
  const item = [...list, at]
  const first = tokens.findIndex((token) => token.stack.length >= item.length && isIn(token, item))
  if (first < 0) return text
  let last = first
  while (tokens[last + 1] !== undefined && isIn(tokens[last + 1] as Token, item)) last++
  const isMark = (token: Token | undefined, ...raws: string[]): boolean =>
    token !== undefined && token.type === 'separator' && token.stack.length === list.length && raws.includes(token.raw)
  // To the left: what stands on the lines above, but for the end of the line of whatever comes before.
  let opening = first - 1
  while (opening >= 0 && !isMark(tokens[opening], ',', '[')) opening--
  if (opening < 0) return text
  const lineEnd = tokens.findIndex((token, index) => index > opening && index < first && token.type === 'newline')
  const from = lineEnd < 0 ? opening + 1 : lineEnd
  // To the right: the comma, and a comment on the same line.
  let comma = last + 1
  while (tokens[comma] !== undefined && !isMark(tokens[comma], ',', ']')) comma++
  const hasComma = isMark(tokens[comma], ',')
  let to = hasComma ? comma + 1 : last + 1
  if (lineEnd >= 0) {
    while (tokens[to] !== undefined && ['whitespace', 'comment'].includes(tokens[to]?.type ?? '')) to++
    // Another item on that line keeps its place.
    if (tokens[to]?.type !== 'newline' && !isMark(tokens[to], ']')) to = hasComma ? comma + 1 : last + 1
  }
  const isLast = !hasComma
  return tokens
    .filter((_, index) => !(index >= from && index < to) && !(isLast && index === opening && isMark(tokens[opening], ',')))
    .map(({ raw }) => raw)
    .join('')
}
