// The pages for users: every link leads somewhere, every page begins with what the reader gets, and all languages show the same commands.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Block, type Inline, parsePage } from '../../scripts/docs/markdown.mjs'
import { docsFiles, LANGUAGES, readPages, targetOf } from '../../scripts/docs/pages.mjs'
import { type DocsContents, type DocsIndex, type DocsText, findPage } from '../../src/core/documentation.ts'
import { ROOT } from '../support/installation.ts'

const pages = await readPages(ROOT)
const named = (lang: string, topic: string) => pages.find((page) => page.lang === lang && page.topic === topic)

function textsOf(block: Block): Inline[][] {
  switch (block.type) {
    case 'code':
      return []
    case 'list':
      return block.items
    case 'table':
      return [block.head, ...block.rows].flat()
    default:
      return [block.text]
  }
}

function linksOf(pieces: readonly Inline[]): string[] {
  return pieces.flatMap((piece) => {
    if (!('inner' in piece)) return []
    return [...(piece.type === 'link' ? [piece.href] : []), ...linksOf(piece.inner)]
  })
}

const anchorsOf = (blocks: readonly Block[]): string[] =>
  blocks.flatMap((block) => (block.type === 'heading' ? [block.id] : []))

test('every link of a page leads to a page, and to a heading that is there', () => {
  const broken: string[] = []
  let count = 0
  for (const page of pages) {
    for (const href of page.blocks.flatMap(textsOf).flatMap(linksOf)) {
      if (href.startsWith('https:')) continue
      count++
      const { lang, topic, anchor } = targetOf(page, href)
      const target = pages.find((one) => one.lang === lang && one.topic === topic)
      const isThere = target !== undefined && (anchor === undefined || anchorsOf(target.blocks).includes(anchor))
      if (!isThere) broken.push(`docs/${page.file}: ${href}`)
    }
  }
  expect(broken).toEqual([])
  expect(count).toBeGreaterThan(30)
})

test('every file that the other documents link to exists', () => {
  const broken = ['README.md', 'AGENTS.md'].flatMap((name) =>
    [...readFileSync(join(ROOT, name), 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)]
      .map(([, href = '']) => href)
      .filter((href) => !existsSync(join(ROOT, href)))
      .map((href) => `${name}: ${href}`),
  )
  expect(broken).toEqual([])
})

test('every page says first, in a sentence, what the reader gets', () => {
  for (const { file, blocks } of pages) expect(blocks[1]?.type, file).toBe('paragraph')
})

test('every page has one line in the list, and no line is longer than a screen', () => {
  for (const { lang, topic, about } of pages.filter(({ topic }) => topic !== '')) {
    expect(about.length, `${lang} ${topic}`).toBeGreaterThan(5)
    expect(about.length + topic.length, `${lang} ${topic}`).toBeLessThan(95)
  }
})

test('a page in another language is a page in English as well, with the same commands and code', () => {
  const codeOf = (blocks: readonly Block[]) => blocks.filter(({ type }) => type === 'code')
  const others = pages.filter(({ lang, topic }) => lang !== 'en' && topic !== '')
  for (const { lang, topic, blocks } of others) {
    const english = named('en', topic)
    expect(english, `${lang} ${topic}`).toBeDefined()
    expect(codeOf(blocks), `${lang} ${topic}`).toEqual(codeOf(english?.blocks ?? []))
  }
  for (const { id } of LANGUAGES.filter(({ id }) => id !== 'en')) {
    const topics = others.filter(({ lang }) => lang === id).map(({ topic }) => topic)
    expect(topics).toEqual(['authentication', 'anthropic', 'oauth'])
  }
})

describe('what is shipped', async () => {
  const files = await docsFiles(ROOT)

  test('is HTML without scripts, styles or handlers of its own, that loads nothing from elsewhere', () => {
    const html = [...files].filter(([name]) => name.endsWith('.html'))
    expect(html).toHaveLength(pages.length)
    for (const [name, contents] of html) {
      const text = contents.toString('utf8')
      expect(text, name).not.toMatch(/<script|<style|\sstyle=|\son\w+=|<img|<iframe|<form|\ssrc=/i)
      for (const [, target] of text.matchAll(/<link[^>]*href="([^"]*)"/g))
        expect(target).toMatch(/^(?:data:,|\/docs\/)/)
      for (const [, href = ''] of text.matchAll(/<a href="([^"]*)"/g)) expect(href, name).toMatch(/^(?:\/|#|https:)/)
    }
  })

  test('is data with the same blocks, in which every link names a page and a heading of it', () => {
    const read = (name: string): unknown => JSON.parse(files.get(`docs/${name}.json`)?.toString('utf8') ?? 'null')
    let links = 0
    for (const { lang, topic, blocks } of pages.filter((page) => page.topic !== '')) {
      const text = read(`${lang}/${topic}`) as DocsText
      expect([text.lang, text.topic], topic).toEqual([lang, topic])
      expect(text.blocks.map(({ type }) => type)).toEqual(blocks.map(({ type }) => type))
      JSON.stringify(text, (_, value: { type?: string; href?: string; topic: string; anchor?: string }) => {
        if (value?.type !== 'link') return value
        links++
        if (value.href !== undefined) expect(value.href, topic).toMatch(/^https:/)
        else if (value.topic !== '') {
          const target = named(lang, value.topic) ?? named('en', value.topic)
          expect(target, value.topic).toBeDefined()
        }
        return value
      })
    }
    expect(links).toBeGreaterThan(30)
    const [english, korean] = [read('en/index') as DocsContents, read('ko/index') as DocsContents]
    expect(english.pages.map(({ topic }) => topic)).toEqual(
      pages.flatMap(({ lang, topic }) => (lang === 'en' && topic !== '' ? [topic] : [])),
    )
    expect(korean.pages.map(({ topic }) => topic)).toEqual(english.pages.map(({ topic }) => topic))
    expect(korean.pages.filter(({ lang }) => lang === 'ko').map(({ topic }) => topic)).toHaveLength(3)
    for (const { lang, topic, headings } of korean.pages) {
      const anchors = anchorsOf(named(lang, topic)?.blocks ?? [])
      for (const { id } of headings) expect(anchors, topic).toContain(id)
    }
  })

  test('is text that fits a terminal, but for code', () => {
    for (const [name, contents] of [...files].filter(([name]) => name.endsWith('.txt'))) {
      const long = contents
        .toString('utf8')
        .split('\n')
        .filter((line) => line.length > 80 && !line.startsWith('    ') && !line.includes('`'))
      expect(long, name).toEqual([])
    }
  })
})

describe('addresses that documents of the reference link to', async () => {
  const index = JSON.parse((await docsFiles(ROOT)).get('docs/index.json')?.toString('utf8') ?? '') as DocsIndex

  test.each([
    ['/concepts/oauth', 'en', 'oauth'],
    ['/concepts/model-failover', 'en', 'model-failover'],
    ['/tools/slash-commands', 'en', 'slash-commands'],
    ['/automation/auth-monitoring', 'en', 'auth-monitoring'],
    ['/gateway/authentication', 'en', 'authentication'],
    ['/gateway/configuration#auth-storage-oauth--api-keys', 'en', 'configuration'],
    ['/help', 'en', 'environment'],
    ['/ko-KR/gateway/oauth', 'ko', 'oauth'],
    ['/ko-KR/providers/anthropic', 'ko', 'anthropic'],
    ['/ko-KR/gateway/gateway-troubleshooting', 'en', 'troubleshooting'],
    ['/ko-KR/help/faq', 'en', 'faq'],
  ])('%s is a page', (address, lang, topic) => {
    expect(findPage(index, address)).toMatchObject({ lang, topic })
    const anchor = address.split('#')[1]
    if (anchor !== undefined) expect(anchorsOf(named(lang, topic)?.blocks ?? [])).toContain(anchor)
  })
})

describe('what no page may hold', () => {
  const title = '# Title\n\n'
  test.each([
    ['no title', 'Words.\n', 'title'],
    ['a second title', `${title}# Another\n`, 'one title'],
    ['HTML', `${title}Words <b>bold</b>.\n`, '"<b" means nothing'],
    ['a script as a paragraph', `${title}<script>x</script>\n`, 'begins like this'],
    ['an image', `${title}See ![it](x.png).\n`, 'no link goes to'],
    ['a link that runs something', `${title}[x](javascript:alert)\n`, 'no link goes to'],
    ['a link without encryption', `${title}[x](http://example.org)\n`, 'no link goes to'],
    ['a bare address', `${title}See https://example.org.\n`, 'means nothing'],
    ['emphasis of another kind', `${title}Very *much* so.\n`, 'means nothing'],
    ['code that does not end', `${title}\`\`\`sh\nls\n`, 'has no end'],
    ['a language nobody knows', `${title}\`\`\`cobol\nx\n\`\`\`\n`, 'is one of'],
    ['a row of another length', `${title}| A | B |\n|---|---|\n| 1 |\n`, 'a row of 1 cells'],
    ['a list in a list', `${title}- a\n  - b\n`, 'no list in a list'],
    ['a list that counts wrong', `${title}1. a\n3. b\n`, 'do not belong together'],
    ['no empty line', `${title}Words\n## Next\n`, 'an empty line is missing'],
  ])('%s', (_what, text, complaint) => {
    expect(() => parsePage(text, 'page.md')).toThrow(complaint)
  })

  test('the complaint says where', () => {
    expect(() => parsePage(`${title}Words.\n\nA <br> more.\n`, 'page.md')).toThrow('page.md:5: ')
  })
})

test('headings get the anchors that the repository shows them under', () => {
  const text = '# A\n\n## Auth storage (OAuth + API keys)\n\n## 문제 해결\n\n## A\n\n## `x` and "y"\n'
  expect(anchorsOf(parsePage(text, 'page.md'))).toEqual([
    'a',
    'auth-storage-oauth--api-keys',
    '문제-해결',
    'a-1',
    'x-and-y',
  ])
})
