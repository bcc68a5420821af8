// Prints the pages for users: the list of them, or one as text.
import { type DocsIndex, type DocsPage, findLanguage, findPage, noPages, pageFile } from '../core/documentation.ts'
import { AuthError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { printable } from '../core/profile.ts'
import { readShippedDocs } from '../system/shipped.ts'
import type { Invocation } from './invocation.ts'
import { columns } from './terminal.ts'

/**
 * The page that the name means, or the list when it is empty.
 * @throws AuthError usage, for a page or a language that does not exist
 */
export async function showDocs(
  { terminal, system }: Invocation,
  name: string,
  flags: { lang?: string; json?: boolean },
): Promise<void> {
  const text = await readShippedDocs(system, 'index.json')
  if (text === undefined) throw noPages()
  const index = JSON.parse(text) as DocsIndex
  const lang = flags.lang === undefined ? undefined : languageOf(index, flags.lang)
  const found = findPage(index, name, lang)
  if (found === undefined) throw unknownPage(index, name)
  const { topic } = found
  if (topic === '') {
    const pages = index.pages.filter((page) => page.lang === found.lang)
    if (flags.json === true) {
      const topics = pages.map(({ lang: _, ...page }) => ({ ...page, languages: languagesOf(index, page.topic) }))
      terminal.json({ lang: found.lang, topics })
      return
    }
    showList(terminal, pages)
    return
  }
  const page = await readShippedDocs(system, pageFile(found, 'txt'))
  if (page === undefined) throw noPages()
  if (found.wanted !== undefined) {
    terminal.note(`There is no page on ${topic} in ${found.wanted}; this is the one in ${found.lang}.`)
  }
  if (flags.json === true) {
    terminal.json({ topic, lang: found.lang, languages: languagesOf(index, topic), text: page })
    return
  }
  terminal.out(
    page
      .trimEnd()
      .split('\n')
      .map((line) => (/^#{1,4} /.test(line) ? terminal.paint('bold', line) : line))
      .join('\n'),
  )
}

function showList(terminal: Invocation['terminal'], pages: readonly DocsPage[]): void {
  terminal.out(columns(pages.map(({ topic, about }) => [topic, about])).join('\n'))
}

function languagesOf({ pages }: DocsIndex, topic: string): string[] {
  return pages.filter((page) => page.topic === topic).map(({ lang }) => lang)
}

function languageOf(index: DocsIndex, name: string): string {
  const lang = findLanguage(index, name)
  if (lang !== undefined) return lang
  const known = index.languages.map(({ id }) => id)
  throw new AuthError('usage', `There are no pages in "${printable(name, 40)}". There are: ${known.join(', ')}.`, {
    remedy: 'openclaw docs --help',
  })
}

function unknownPage(index: DocsIndex, name: string): AuthError {
  const topics = [...new Set(index.pages.map(({ topic }) => topic))]
  const last = name.split('/').at(-1) ?? name
  const meant = nearest(last, topics)
  const guess = meant === undefined ? '' : ` (Did you mean ${meant}?)`
  return new AuthError(
    'usage',
    `There is no page "${printable(name, 60)}"${guess === '' ? '.' : guess} There are: ${topics.join(', ')}.`,
    { remedy: meant === undefined ? 'openclaw docs' : `openclaw docs ${meant}` },
  )
}
