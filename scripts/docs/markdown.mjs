// Reads the little Markdown that our pages for users are written in, and complains about everything else: what a page says must look
// the same in the repository, in a terminal and in a browser.

const LANGUAGES = new Set(['sh', 'json5', 'json', 'text'])
/** Two of these meet without a space where a line was broken. */
const WIDE = /[\u2e80-\u303f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]/

/**
 * The blocks of a page.
 * @param {string} text @param {string} name of the file, for complaints
 * @returns {Block[]}
 * @typedef {{ type: 'heading', level: number, text: Inline[], id: string } | { type: 'code', language: string, text: string }
 *   | { type: 'paragraph' | 'quote', text: Inline[] } | { type: 'list', ordered: boolean, items: Inline[][] }
 *   | { type: 'table', head: Inline[][], rows: Inline[][][] }} Block
 * @typedef {{ type: 'text' | 'code', text: string } | { type: 'strong', inner: Inline[] }
 *   | { type: 'link', href: string, inner: Inline[] }} Inline
 * @throws on anything that is not part of it, with file and line
 */
export function parsePage(text, name) {
  const lines = text.split('\n')
  const blocks = []
  const ids = new Map()
  let at = 0
  const fail = (what, line = at) => {
    throw new Error(`${name}:${line + 1}: ${what}`)
  }
  const inline = (source, line) => parseInline(source, (what) => fail(what, line))
  const takeWhile = (holds) => {
    const from = at
    while (at < lines.length && holds(lines[at])) at++
    return lines.slice(from, at)
  }
  while (at < lines.length) {
    const line = lines[at]
    const start = at
    if (line === '') at++
    else if (line.startsWith('#')) {
      const found = /^(#{1,4}) (\S.*)$/.exec(line) ?? fail('a heading is one to four # and a text')
      if ((found[1].length === 1) !== (blocks.length === 0)) fail('a page begins with its one title')
      const content = inline(found[2], at)
      blocks.push({ type: 'heading', level: found[1].length, text: content, id: freshId(plain(content), ids) })
      at++
    } else if (line.startsWith('```')) {
      const language = line.slice(3)
      if (language !== '' && !LANGUAGES.has(language)) fail(`a block of code is one of ${[...LANGUAGES].join(', ')}`)
      at++
      const code = takeWhile((next) => !next.startsWith('```'))
      if (lines[at] !== '```') fail('a block of code has no end', start)
      at++
      blocks.push({ type: 'code', language, text: code.join('\n') })
    } else if (line.startsWith('|'))
      blocks.push(
        parseTable(
          takeWhile((next) => next.startsWith('|')),
          start,
          inline,
          fail,
        ),
      )
    else if (line.startsWith('> ')) {
      const quoted = takeWhile((next) => next.startsWith('> ')).map((next) => next.slice(2))
      blocks.push({ type: 'quote', text: inline(join(quoted), start) })
    } else if (/^(?:-|\d+\.) /.test(line)) {
      const taken = takeWhile((next) => /^(?:- |\d+\. | +\S)/.test(next))
      blocks.push(parseList(taken, start, inline, fail))
    } else {
      if (/^(?:\s|[*+<=>_~[]|---|\d+\))/.test(line) && !/^\[[^\]]+\]\(|^\*\*/.test(line))
        fail('no paragraph begins like this')
      const taken = takeWhile((next) => next !== '' && !/^(?:#|```|\||> |- |\d+\. )/.test(next))
      const odd = taken.findIndex((next) => /^\s|\s$/.test(next))
      if (odd >= 0) fail('a space at the edge of a line', start + odd)
      blocks.push({ type: 'paragraph', text: inline(join(taken), start) })
    }
    if (at > start && line !== '' && !line.startsWith('#') && (lines[at] ?? '') !== '') fail('an empty line is missing')
  }
  if (blocks[0]?.type !== 'heading') throw new Error(`${name}:1: a page begins with its title`)
  return blocks
}

function parseTable(lines, start, inline, fail) {
  const cellsOf = (line, at) => {
    if (!/^\|.*\|$/.test(line)) fail('a row of a table ends with |', at)
    const inner = line.slice(1, -1).replaceAll('\\|', '\u0000')
    return inner.split('|').map((cell) => cell.trim().replaceAll('\u0000', '|'))
  }
  const [head = '', rule = '', ...rows] = lines
  const heads = cellsOf(head, start)
  if (!/^\|(?:---\|)+$/.test(rule) || cellsOf(rule, start + 1).length !== heads.length)
    fail('a table has |---| below its head', start + 1)
  return {
    type: 'table',
    head: heads.map((cell) => inline(cell, start)),
    rows: rows.map((line, row) => {
      const cells = cellsOf(line, start + 2 + row)
      if (cells.length !== heads.length)
        fail(`a row of ${cells.length} cells in a table of ${heads.length}`, start + 2 + row)
      return cells.map((cell) => inline(cell, start + 2 + row))
    }),
  }
}

function parseList(lines, start, inline, fail) {
  const ordered = !lines[0].startsWith('- ')
  const items = []
  for (const [index, line] of lines.entries()) {
    const [, mark, text] = /^(- |\d+\. | +)(.*)$/.exec(line)
    if (mark.trim() === '') {
      if (/^(?:[-*+]|\d+\.) /.test(text)) fail('no list in a list', start + index)
      items.at(-1).lines.push(text)
    } else {
      if (ordered ? mark !== `${items.length + 1}. ` : mark !== '- ')
        fail('the items of a list do not belong together', start + index)
      items.push({ at: start + index, lines: [text] })
    }
  }
  return { type: 'list', ordered, items: items.map((item) => inline(join(item.lines), item.at)) }
}

/** Lines as one; a line broken between two wide characters had no space there. */
function join(lines) {
  return lines.reduce((text, line) =>
    WIDE.test(text.at(-1) ?? '') && WIDE.test(line[0] ?? '') ? text + line : `${text} ${line}`,
  )
}

const PIECE = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^()\s]+)\)/g
/** What other readers of Markdown would take for something. */
const STRANGE = /[`*~\\]|!\[|\]\(|<[a-z/!]|&[a-z#]\w*;|(?:^|\s)_\S|https?:/i

function parseInline(source, fail) {
  const pieces = []
  const addText = (text) => {
    const strange = STRANGE.exec(text)
    if (strange !== null) fail(`"${strange[0]}" means nothing here`)
    if (text !== '') pieces.push({ type: 'text', text })
  }
  let from = 0
  for (const found of source.matchAll(PIECE)) {
    const [whole, code, strong, label, href] = found
    addText(source.slice(from, found.index))
    from = found.index + whole.length
    if (code !== undefined) pieces.push({ type: 'code', text: code })
    else if (strong !== undefined) pieces.push({ type: 'strong', inner: parseInline(strong, fail) })
    else {
      if (!/^(?:https:\/\/[^\s"]+|(?:\.\.\/|[a-zA-Z]+\/|zh-Hant\/)?[\w-]+\.md(?:#\S+)?|#\S+)$/.test(href))
        fail(`no link goes to ${href}`)
      pieces.push({ type: 'link', href, inner: parseInline(label, fail) })
    }
  }
  addText(source.slice(from))
  return pieces
}

/** @param {Inline[]} pieces @returns {string} the words alone */
export function plain(pieces) {
  return pieces.map((piece) => ('inner' in piece ? plain(piece.inner) : piece.text)).join('')
}

/** The anchor of a heading, as the forge that shows the repository makes it. */
function freshId(text, ids) {
  const id = text
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
  const count = ids.get(id) ?? 0
  ids.set(id, count + 1)
  return count === 0 ? id : `${id}-${count}`
}
