// A page for users as HTML: the blocks of its Markdown inside one frame. No script, no style of its own, nothing from elsewhere.

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text) => text.replace(/[&<>"]/g, (found) => ENTITIES[found])

/**
 * A whole document.
 * @param {import('./markdown.mjs').Block[]} blocks
 * @param {{ lang: string, title: string, home: { href: string, text: string }, others: { lang: string, name: string, href: string }[],
 *   address: (href: string) => string }} frame `others`: the same page in other languages; `address` makes an address of a link
 * @returns {string}
 */
export function htmlPage(blocks, { lang, title, home, others, address }) {
  const links = others.map(
    (other) =>
      `<a href="${escaped(other.href)}" lang="${other.lang}" hreflang="${other.lang}">${escaped(other.name)}</a>`,
  )
  return `<!doctype html>
<html lang="${lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)} - keyclaw</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<header><nav><a href="/">keyclaw</a> <a href="${home.href}">${escaped(home.text)}</a> ${links.join(' ')}</nav></header>
<main>
${blocks.map((block) => blockHtml(block, address)).join('\n')}
</main>
</body>
</html>
`
}

function blockHtml(block, address) {
  const inline = (pieces) => inlineHtml(pieces, address)
  switch (block.type) {
    case 'heading':
      return `<h${block.level} id="${escaped(block.id)}">${inline(block.text)}</h${block.level}>`
    case 'code':
      // Can be scrolled, so a keyboard must reach it.
      return `<pre tabindex="0"><code>${escaped(block.text)}\n</code></pre>`
    case 'paragraph':
      return `<p>${inline(block.text)}</p>`
    case 'quote':
      return `<blockquote><p>${inline(block.text)}</p></blockquote>`
    case 'list': {
      const tag = block.ordered ? 'ol' : 'ul'
      return `<${tag}>\n${block.items.map((item) => `<li>${inline(item)}</li>`).join('\n')}\n</${tag}>`
    }
    case 'table': {
      const row = (cells, tag) => `<tr>${cells.map((cell) => `<${tag}>${inline(cell)}</${tag}>`).join('')}</tr>`
      const body = block.rows.map((cells) => row(cells, 'td')).join('\n')
      return `<div class="wide" tabindex="0"><table>\n<thead>${row(block.head, 'th')}</thead>\n<tbody>\n${body}\n</tbody>\n</table></div>`
    }
  }
  throw new Error(`no HTML for ${block.type}`)
}

function inlineHtml(pieces, address) {
  return pieces
    .map((piece) => {
      switch (piece.type) {
        case 'code':
          return `<code translate="no">${escaped(piece.text)}</code>`
        case 'strong':
          return `<strong>${inlineHtml(piece.inner, address)}</strong>`
        case 'link': {
          const isOutside = piece.href.startsWith('https:')
          const rel = isOutside ? ' rel="noreferrer noopener"' : ''
          return `<a href="${escaped(isOutside ? piece.href : address(piece.href))}"${rel}>${inlineHtml(piece.inner, address)}</a>`
        }
        default:
          return escaped(piece.text)
      }
    })
    .join('')
}
