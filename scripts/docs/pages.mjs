// The pages for users as the program ships them: docs/ read, judged, and made into text, HTML, data and one index, all below dist/docs.
import * as fs from 'node:fs/promises'
import * as path from 'node:path'
import { contentsData, pageData } from './data.mjs'
import { htmlPage } from './html.mjs'
import { parsePage, plain } from './markdown.mjs'
import { textPage } from './text.mjs'

/** Languages of pages, by the folder below docs that holds them; other names that people write for them. */
export const LANGUAGES = [
  { id: 'en', folder: '', name: 'English', home: 'Documentation', also: ['en-us', 'en-gb'] },
  { id: 'ko', folder: 'ko', name: '한국어', home: '문서', also: ['ko-kr'] },
  { id: 'zh-Hant', folder: 'zh-Hant', name: '繁體中文', home: '文件', also: ['zh-tw', 'zh-hk', 'zh-mo'] },
  { id: 'fil', folder: 'fil', name: 'Filipino', home: 'Dokumentasyon', also: ['fil-ph', 'tl', 'tl-ph'] },
]
const INDEX = 'README.md'
const ADDRESSES = 'addresses.json'

/**
 * Every page for users: those that the index of their language (its README.md) lists, in its order, behind the index itself.
 * @param {string} root the project's folder
 * @returns {Promise<{ lang: string, topic: string, file: string, title: string, about: string, blocks: import('./markdown.mjs').Block[] }[]>}
 *   `topic` is empty for an index, `file` is relative to docs
 * @throws when a page is not written as our pages are
 */
export async function readPages(root) {
  const pages = []
  for (const { id, folder } of LANGUAGES) {
    const read = async (name) => {
      const file = path.posix.join(folder, name)
      const text = await fs.readFile(path.join(root, 'docs', file), 'utf8').catch((error) => {
        throw new Error(`docs/${file}: ${error.message}`)
      })
      return { lang: id, file, blocks: parsePage(text, `docs/${file}`) }
    }
    const index = await read(INDEX)
    pages.push({ ...index, topic: '', title: plain(index.blocks[0].text), about: '' })
    for (const item of index.blocks.flatMap((block) => (block.type === 'list' ? block.items : []))) {
      const [link, rest] = item
      const topic = /^([a-z-]+)\.md$/.exec(link?.href ?? '')?.[1]
      if (topic === undefined || !/^: \S/.test(rest?.text ?? '')) {
        throw new Error(`docs/${index.file}: an item is "[Title](topic.md): what it is", not "${plain(item)}"`)
      }
      const page = await read(`${topic}.md`)
      const title = plain(page.blocks[0].text)
      if (title !== plain(link.inner)) throw new Error(`docs/${index.file}: ${topic}.md is called "${title}"`)
      pages.push({ ...page, topic, title, about: plain(item.slice(1)).slice(2) })
    }
  }
  return pages
}

/**
 * What is shipped, by path below dist. A project without pages ships none.
 * @param {string} root
 * @returns {Promise<Map<string, Buffer>>}
 */
export async function docsFiles(root) {
  const files = new Map()
  const isThere = await fs.stat(path.join(root, 'docs', INDEX)).catch(() => undefined)
  if (isThere === undefined) return files
  const pages = await readPages(root)
  const addresses = JSON.parse(await fs.readFile(path.join(root, 'docs', ADDRESSES), 'utf8'))
  const topics = new Set(pages.map(({ topic }) => topic))
  for (const [address, topic] of Object.entries(addresses)) {
    if (!topics.has(topic)) throw new Error(`docs/${ADDRESSES}: ${address} leads to ${topic}, which is no page`)
  }
  const put = (name, text) => files.set(`docs/${name}`, Buffer.from(text))
  for (const page of pages) {
    const { lang, topic, blocks } = page
    const name = `${lang}/${topic === '' ? 'index' : topic}`
    put(`${name}.html`, htmlPage(blocks, frameOf(page, pages)))
    const data = topic === '' ? contentsData(lang, pages) : pageData(page, (href) => placeOf(page, href))
    put(`${name}.json`, JSON.stringify(data))
    put(
      `${name}.txt`,
      textPage(blocks, (href) => mentionOf(page, href)),
    )
  }
  put('index.json', `${JSON.stringify(indexOf(pages, addresses), null, 1)}\n`)
  put('style.css', await fs.readFile(path.join(root, 'src/web/docs/style.css'), 'utf8'))
  return files
}

const addressOf = (lang, topic) => ['/docs', lang === 'en' ? '' : lang, topic].filter((part) => part !== '').join('/')

/** Language and topic of the page that a link between pages leads to. */
export function targetOf(page, href) {
  const [file = '', anchor] = href.split('#')
  const target = file === '' ? page.file : path.posix.join(path.posix.dirname(page.file), file)
  const { dir, name } = path.posix.parse(target)
  const lang = LANGUAGES.find(({ folder }) => folder === dir)?.id
  return { file: target, lang, topic: target.endsWith(INDEX) ? '' : name, anchor }
}

function placeOf(page, href) {
  const { topic, anchor } = targetOf(page, href)
  return { topic, ...(anchor === undefined ? {} : { anchor }) }
}

function frameOf(page, pages) {
  const others = pages.filter(({ lang, topic }) => topic === page.topic && lang !== page.lang)
  return {
    lang: page.lang,
    title: page.title,
    home: { href: addressOf(page.lang, ''), text: LANGUAGES.find(({ id }) => id === page.lang).home },
    others: others.map(({ lang, topic }) => ({
      lang,
      name: LANGUAGES.find(({ id }) => id === lang).name,
      href: addressOf(lang, topic),
    })),
    address: (href) => {
      const { lang, topic, anchor } = targetOf(page, href)
      return `${href.startsWith('#') ? '' : addressOf(lang, topic)}${anchor === undefined ? '' : `#${anchor}`}`
    },
  }
}

function mentionOf(page, href) {
  if (href.startsWith('https:')) return href
  const { lang, topic } = targetOf(page, href)
  if (topic === page.topic && lang === page.lang) return ''
  return ['openclaw docs', topic, lang === 'en' ? '' : `--lang ${lang}`].filter((part) => part !== '').join(' ')
}

/** What the program knows of the pages: see src/core/documentation.ts. */
function indexOf(pages, addresses) {
  return {
    languages: LANGUAGES.map(({ id, name, also }) => ({ id, name, also })),
    pages: pages
      .filter(({ topic }) => topic !== '')
      .map(({ lang, topic, title, about }) => ({ lang, topic, title, about })),
    addresses,
  }
}
