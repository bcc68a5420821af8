// The little Markdown that answers are written in, read into pieces. Text stays text: no markup of an answer becomes markup of the page. Pure.

export type Inline =
  | { kind: 'text' | 'code' | 'strong' | 'em'; text: string }
  | { kind: 'link'; text: string; href: string }

export type Block =
  | { kind: 'paragraph'; inlines: readonly Inline[] }
  | { kind: 'heading'; level: number; inlines: readonly Inline[] }
  | { kind: 'code'; text: string; language: string }
  | { kind: 'list'; isOrdered: boolean; start: number; items: readonly (readonly Inline[])[] }
  | { kind: 'quote'; inlines: readonly Inline[] }
  | { kind: 'rule' }

const FENCE = /^\s{0,3}(`{3,}|~{3,})\s*([\w+#.-]{0,30})/
const HEADING = /^(#{1,6})\s+(\S.*)$/
const BULLET = /^\s{0,8}[-*+]\s+(\S.*)$/
const NUMBER = /^\s{0,8}(\d{1,6})[.)]\s+(\S.*)$/
const QUOTE = /^>\s?(.*)$/
const RULE = /^(?:-{3,}|\*{3,}|_{3,})\s*$/

/** Blocks of a text that may not have ended yet: an open fence is code to its end. */
export function blocksOf(text: string): Block[] {
  const lines = text.split('\n')
  const blocks: Block[] = []
  let paragraph: string[] = []
  const flush = (): void => {
    if (paragraph.length > 0) blocks.push({ kind: 'paragraph', inlines: inlinesOf(paragraph.join('\n')) })
    paragraph = []
  }
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const fence = FENCE.exec(line)
    if (fence !== null) {
      flush()
      const mark = fence[1] ?? '```'
      const code: string[] = []
      for (at++; at < lines.length && !(lines[at] ?? '').trim().startsWith(mark); at++) code.push(lines[at] ?? '')
      blocks.push({ kind: 'code', text: code.join('\n'), language: fence[2] ?? '' })
      continue
    }
    const one = blockOf(line)
    if (one === undefined) {
      if (line.trim() === '') flush()
      else paragraph.push(line)
      continue
    }
    flush()
    const last = blocks.at(-1)
    if (
      one.kind === 'list' &&
      last?.kind === 'list' &&
      last.isOrdered === one.isOrdered &&
      lines[at - 1]?.trim() !== ''
    ) {
      blocks[blocks.length - 1] = { ...last, items: [...last.items, ...one.items] }
    } else blocks.push(one)
  }
  flush()
  return blocks
}

function blockOf(line: string): Block | undefined {
  if (RULE.test(line)) return { kind: 'rule' }
  const heading = HEADING.exec(line)
  if (heading !== null) return { kind: 'heading', level: heading[1]?.length ?? 1, inlines: inlinesOf(heading[2] ?? '') }
  const bullet = BULLET.exec(line)
  if (bullet !== null) return { kind: 'list', isOrdered: false, start: 1, items: [inlinesOf(bullet[1] ?? '')] }
  const number = NUMBER.exec(line)
  if (number !== null) {
    return { kind: 'list', isOrdered: true, start: Number(number[1]), items: [inlinesOf(number[2] ?? '')] }
  }
  const quote = QUOTE.exec(line)
  return quote === null ? undefined : { kind: 'quote', inlines: inlinesOf(quote[1] ?? '') }
}

/** Only these are opened from an answer. */
const ADDRESS = /^https?:\/\/[^\s)]{1,2000}$/

/** Code before all else; what is never closed stays as it was written. */
export function inlinesOf(text: string): Inline[] {
  const found: Inline[] = []
  let plain = ''
  const push = (inline: Inline): void => {
    if (plain !== '') found.push({ kind: 'text', text: plain })
    plain = ''
    found.push(inline)
  }
  let at = 0
  while (at < text.length) {
    const next = inlineAt(text, at)
    if (next === undefined) {
      plain += text[at]
      at++
      continue
    }
    push(next.inline)
    at = next.end
  }
  if (plain !== '') found.push({ kind: 'text', text: plain })
  return found
}

const MARKS = [
  ['`', 'code'],
  ['**', 'strong'],
  ['__', 'strong'],
  ['*', 'em'],
] as const

function inlineAt(text: string, at: number): { inline: Inline; end: number } | undefined {
  if (text[at] === '[') return linkAt(text, at)
  for (const [mark, kind] of MARKS) {
    if (!text.startsWith(mark, at)) continue
    const end = text.indexOf(mark, at + mark.length)
    const inner = end < 0 ? '' : text.slice(at + mark.length, end)
    if (inner.trim() === '' || (kind !== 'code' && /^\s|\s$/.test(inner))) return undefined
    return { inline: { kind, text: inner }, end: end + mark.length }
  }
  return undefined
}

function linkAt(text: string, at: number): { inline: Inline; end: number } | undefined {
  const middle = text.indexOf('](', at)
  const end = middle < 0 ? -1 : text.indexOf(')', middle)
  if (end < 0) return undefined
  const href = text.slice(middle + 2, end)
  const name = text.slice(at + 1, middle)
  if (!ADDRESS.test(href) || name === '' || name.includes('\n')) return undefined
  return { inline: { kind: 'link', text: name, href }, end: end + 1 }
}
