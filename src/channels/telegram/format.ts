// What a model writes in Markdown, as Telegram shows it: plain text with places in it that are bold, code and so on. Places need no signs that could
// be broken off in the midst of an answer, so that no text is refused. Pure.
import type { MessageEntity } from 'grammy/types'
import { splitText } from '../../core/split-text.ts'

/** One message. Offsets are in UTF-16 units. */
export type Formatted = { text: string; entities: MessageEntity[] }

/** Telegram leaves out what goes beyond. */
const MOST_ENTITIES = 100
const FENCE = /^ {0,3}(`{3,}|~{3,})([^`~\n]*)$/
const HEADING = /^#{1,6} +/
const LINK = /^\]\((https?:\/\/[^\s()]{1,1000})\)/
const WORD = /[\p{L}\p{N}]/u
/** Longer signs first. */
const MARKS = [
  ['**', 'bold'],
  ['__', 'bold'],
  ['~~', 'strikethrough'],
  ['*', 'italic'],
  ['_', 'italic'],
] as const

type Block = { fence: string; language: string } | undefined

/** Cut into messages that Telegram takes; a block of code that is cut goes on as one. While the text grows at its end, the messages before the last stay. */
export function formatAll(markdown: string): Formatted[] {
  let block: Block
  return splitText(markdown).map((piece) => {
    const made = formatPiece(piece, block)
    block = made.block
    return made.formatted
  })
}

/** The same text as it is. */
export function plainAll(text: string): Formatted[] {
  return splitText(text).map((piece) => ({ text: piece, entities: [] }))
}

function formatPiece(piece: string, before: Block): { formatted: Formatted; block: Block } {
  const into: Formatted = { text: '', entities: [] }
  let block = before
  /** Lines that are of one kind. */
  let held: string[] = []
  const flush = (): void => {
    if (held.length === 0) return
    const lines = held.join('\n')
    held = []
    if (into.text !== '') into.text += '\n'
    if (block === undefined) inline(lines, into)
    else
      enclose(into, { type: 'pre', ...(block.language === '' ? {} : { language: block.language }) }, () => {
        into.text += lines
      })
  }
  for (const line of piece.split('\n')) {
    const [, fence = '', info = ''] = FENCE.exec(line) ?? []
    const isEnd = block !== undefined && fence.startsWith(block.fence) && info.trim() === ''
    if (fence !== '' && (block === undefined || isEnd)) {
      flush()
      block = isEnd ? undefined : { fence, language: info.trim().split(' ', 1)[0] ?? '' }
    } else held.push(line)
  }
  flush()
  // What is inside was finished first, and stands behind what it is in.
  const entities = into.entities.filter(({ length }) => length > 0).reverse()
  entities.sort((a, b) => a.offset - b.offset || b.length - a.length)
  return { formatted: { text: into.text, entities: entities.slice(0, MOST_ENTITIES) }, block }
}

type Kind =
  | { type: 'bold' | 'italic' | 'strikethrough' | 'code' }
  | { type: 'pre'; language?: string }
  | { type: 'text_link'; url: string }

function enclose(into: Formatted, kind: Kind, write: () => void): void {
  const offset = into.text.length
  write()
  into.entities.push({ ...kind, offset, length: into.text.length - offset } as MessageEntity)
}

function inline(lines: string, into: Formatted): void {
  for (const [at, line] of lines.split('\n').entries()) {
    if (at > 0) into.text += '\n'
    const [mark] = HEADING.exec(line) ?? []
    if (mark === undefined) inLine(line, into)
    else enclose(into, { type: 'bold' }, () => inLine(line.slice(mark.length), into))
  }
}

function inLine(line: string, into: Formatted): void {
  /** Signs that are closed nowhere behind. */
  const open = new Set<string>()
  const endOf = (mark: string, from: number): number => {
    if (open.has(mark)) return -1
    const at = line.indexOf(mark, from)
    if (at < 0) open.add(mark)
    return at
  }
  for (let at = 0; at < line.length; ) {
    const next = stepAt(line, at, endOf, into)
    if (next > at) at = next
    else into.text += line[at++]
  }
}

/** @returns where it goes on; the same place where nothing begins */
function stepAt(line: string, at: number, endOf: (mark: string, from: number) => number, into: Formatted): number {
  const sign = line.charAt(at)
  if (sign === '\\' && /[!-/:-@[-`{-~]/.test(line.charAt(at + 1))) {
    into.text += line.charAt(at + 1)
    return at + 2
  }
  if (sign === '`') return codeAt(line, at, endOf, into)
  if (sign === '[') return linkAt(line, at, endOf, into)
  for (const [mark, type] of MARKS) {
    if (!line.startsWith(mark, at)) continue
    const from = at + mark.length
    const nearest = endOf(mark, from)
    // Of three stars the first one behind belongs to what is inside.
    const isInner = mark === '**' && line.charAt(from) === '*' && line.charAt(nearest + 2) === '*'
    const end = isInner ? nearest + 1 : nearest
    if (end <= from || !isEmphasis(line, { at, from, end, mark })) return at
    enclose(into, { type }, () => inLine(line.slice(from, end), into))
    return end + mark.length
  }
  return at
}

/** A star with a space behind it is a point of a list, a single one between letters a product, and a line there a part of a name. */
function isEmphasis(
  line: string,
  { at, from, end, mark }: { at: number; from: number; end: number; mark: string },
): boolean {
  if (/\s/.test(line.charAt(from)) || /\s/.test(line.charAt(end - 1))) return false
  // Of two stars the second closes nothing that the first began.
  if (mark.length === 1 && line.charAt(end + 1) === mark) return false
  return (
    mark === '**' || mark === '~~' || !(WORD.test(line.charAt(at - 1)) || WORD.test(line.charAt(end + mark.length)))
  )
}

function codeAt(line: string, at: number, endOf: (mark: string, from: number) => number, into: Formatted): number {
  let run = '`'
  while (line.startsWith(`${run}\``, at)) run += '`'
  const from = at + run.length
  const end = endOf(run, from)
  if (end < 0) {
    into.text += run
    return from
  }
  const code = line.slice(from, end)
  enclose(into, { type: 'code' }, () => {
    into.text += code.trim() === '' ? code : code.trim()
  })
  return end + run.length
}

function linkAt(line: string, at: number, endOf: (mark: string, from: number) => number, into: Formatted): number {
  const end = endOf('](', at + 1)
  const label = line.slice(at + 1, end)
  const [whole, url] = end < 0 || label.includes('[') ? [] : (LINK.exec(line.slice(end)) ?? [])
  if (whole === undefined || url === undefined || label.trim() === '') return at
  enclose(into, { type: 'text_link', url }, () => inLine(label, into))
  return end + whole.length
}
