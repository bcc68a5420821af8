// The pages for users as data, for whoever shows them in a frame of its own: the blocks of a page, and what there is to read in a language.
// Types: src/core/documentation.ts.
import { plain } from './markdown.mjs'

/** Headings further down say little without what stands above them. */
const DEEPEST_LISTED = 3

/**
 * One page. Links between pages become topic and heading, so that no reader needs to know how addresses are made.
 * @param {{ lang: string, topic: string, title: string, blocks: import('./markdown.mjs').Block[] }} page
 * @param {(href: string) => { topic: string, anchor?: string }} target of a link between pages
 * @returns {import('../../src/core/documentation.ts').DocsText}
 */
export function pageData({ lang, topic, title, blocks }, target) {
  const inline = (pieces) => pieces.map((piece) => inlineData(piece, inline, target))
  return { lang, topic, title, blocks: blocks.map((block) => blockData(block, inline)) }
}

function blockData(block, inline) {
  switch (block.type) {
    case 'list':
      return { ...block, items: block.items.map(inline) }
    case 'table':
      return { ...block, head: block.head.map(inline), rows: block.rows.map((row) => row.map(inline)) }
    case 'code':
      return block
    default:
      return { ...block, text: inline(block.text) }
  }
}

function inlineData(piece, inline, target) {
  if (piece.type === 'strong') return { type: 'strong', inner: inline(piece.inner) }
  if (piece.type !== 'link') return piece
  const inner = inline(piece.inner)
  return piece.href.startsWith('https:')
    ? { type: 'link', href: piece.href, inner }
    : { type: 'link', ...target(piece.href), inner }
}

/**
 * What there is to read in a language: every page in the order of the list, in English where it is not translated.
 * @param {string} lang
 * @param {{ lang: string, topic: string, title: string, about: string, blocks: import('./markdown.mjs').Block[] }[]} pages
 * @returns {import('../../src/core/documentation.ts').DocsContents}
 */
export function contentsData(lang, pages) {
  const listed = pages.filter((page) => page.lang === 'en' && page.topic !== '')
  return {
    lang,
    pages: listed
      .map(({ topic }) => pages.find((page) => page.topic === topic && page.lang === lang) ?? pageIn(listed, topic))
      .map((page) => ({
        lang: page.lang,
        topic: page.topic,
        title: page.title,
        about: page.about,
        headings: page.blocks
          .filter(({ type, level }) => type === 'heading' && level > 1 && level <= DEEPEST_LISTED)
          .map(({ id, text }) => ({ id, text: plain(text) })),
      })),
  }
}

const pageIn = (pages, topic) => pages.find((page) => page.topic === topic)
