// A page for users as text for a terminal of 80 columns. Headings keep their #, code is indented, tables become columns or lists.
import { plain } from './markdown.mjs'

const COLUMNS = 80
/** The last column of a table is broken into lines when so much is left for it. */
const LEAST_LAST = 34
/** Stands for a space at which no line is broken. */
const FIXED = '\u0001'

/**
 * @param {import('./markdown.mjs').Block[]} blocks
 * @param {(href: string) => string} mention what stands in parentheses behind the words of a link; '' for nothing
 * @returns {string} ends with a newline
 */
export function textPage(blocks, mention) {
  return `${blocks.map((block) => blockText(block, mention).join('\n')).join('\n\n')}\n`.replaceAll(FIXED, ' ')
}

function blockText(block, mention) {
  const inline = (pieces) => inlineText(pieces, mention)
  switch (block.type) {
    case 'heading':
      return [`${'#'.repeat(block.level)} ${plain(block.text)}`]
    case 'code':
      return block.text.split('\n').map((line) => (line === '' ? '' : `    ${line}`))
    case 'paragraph':
      return wrap(inline(block.text), COLUMNS)
    case 'quote':
      return wrap(inline(block.text), COLUMNS - 2).map((line) => `> ${line}`)
    case 'list':
      return block.items.flatMap((item, at) => {
        const mark = block.ordered ? `${at + 1}. ` : '- '
        return wrap(inline(item), COLUMNS - mark.length).map(
          (line, row) => (row === 0 ? mark : ' '.repeat(mark.length)) + line,
        )
      })
    case 'table':
      return table(
        block.head.map(inline),
        block.rows.map((row) => row.map(inline)),
      )
  }
  throw new Error(`no text for ${block.type}`)
}

function inlineText(pieces, mention) {
  return pieces
    .map((piece) => {
      if (piece.type === 'code') return `\`${piece.text}\``.replaceAll(' ', FIXED)
      if (!('inner' in piece)) return piece.text
      const words = inlineText(piece.inner, mention)
      const where = piece.type === 'link' ? mention(piece.href) : ''
      return where === '' ? words : `${words} (${where.replaceAll(' ', FIXED)})`
    })
    .join('')
}

const WIDE = /[\u1100-\u115f\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u

/** Columns that a text takes. */
export function widthOf(text) {
  let width = 0
  for (const character of text) width += /\p{M}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1
  return width
}

/** What may not be torn apart: words, and single Han characters with the marks that belong to them. */
const UNIT = /\s+|[「『（《]*[\u3040-\u30ff\u3400-\u9fff][」』），。、；：！？》]*|[^\s\u3040-\u30ff\u3400-\u9fff]+/gu

/** Lines of at most so many columns, where the words allow it. */
export function wrap(text, columns) {
  const lines = []
  let line = ''
  for (const [unit] of text.matchAll(UNIT)) {
    if (line !== '' && widthOf(line) + widthOf(unit.trimEnd()) > columns) {
      lines.push(line.trimEnd())
      line = ''
    }
    if (line !== '' || unit.trim() !== '') line += unit
  }
  return line.trim() === '' ? lines : [...lines, line.trimEnd()]
}

function table(head, rows) {
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => widthOf(row[at]))))
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0)
  const last = Math.min(widths.at(-1), COLUMNS - before)
  if (last < widths.at(-1) && last < LEAST_LAST) return stacked(head, rows)
  return [head, ...rows].flatMap((row) => {
    const start = row
      .slice(0, -1)
      .map((cell, at) => cell + ' '.repeat(widths[at] - widthOf(cell) + 2))
      .join('')
    const [first = '', ...more] = wrap(row.at(-1), last)
    return [`${start}${first}`.trimEnd(), ...more.map((line) => ' '.repeat(before) + line)]
  })
}

/** One paragraph for each row: its first cell, then the others; of several, each stands behind what its column is called. */
function stacked(head, rows) {
  const more = ([, ...cells]) =>
    cells.flatMap((cell, at) => {
      if (cell === '') return []
      const lines = wrap(cells.length === 1 ? cell : `${head[at + 1]}: ${cell}`, COLUMNS - 4)
      return lines.map((line, part) => (part === 0 ? '  ' : '    ') + line)
    })
  return rows.flatMap((row, index) => [...(index === 0 ? [] : ['']), ...wrap(row[0], COLUMNS), ...more(row)])
}
