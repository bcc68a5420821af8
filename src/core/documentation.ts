// Which page somebody means: by its topic, by the address it has elsewhere, in which language. Pages are made by the build.
import { AuthError } from './errors.ts'

export type DocsPage = {
  lang: string
  topic: string
  title: string
  /** What it is about, in one line. */
  about: string
}

/** docs/index.json beside the program, as the build writes it. */
export type DocsIndex = {
  /** The first one has every page. `also`: what else people write for it, lower case. */
  languages: { id: string; name: string; also: string[] }[]
  /** In the order in which they are listed. */
  pages: DocsPage[]
  /** Topics by other addresses, such as `concepts/oauth`. */
  addresses: Record<string, string>
}

/** `en/oauth.json` and its like: a page as data. */
export type DocsText = { lang: string; topic: string; title: string; blocks: readonly DocsBlock[] }

export type DocsBlock =
  | { type: 'heading'; level: number; id: string; text: readonly DocsInline[] }
  | { type: 'code'; language: string; text: string }
  | { type: 'paragraph' | 'quote'; text: readonly DocsInline[] }
  | { type: 'list'; ordered: boolean; items: readonly (readonly DocsInline[])[] }
  | { type: 'table'; head: readonly (readonly DocsInline[])[]; rows: readonly (readonly (readonly DocsInline[])[])[] }

export type DocsInline =
  | { type: 'text'; text: string }
  | { type: 'code'; text: string }
  | { type: 'strong'; inner: readonly DocsInline[] }
  /** To another host, or to a page of ours: an empty topic is the list. */
  | { type: 'link'; href: string; inner: readonly DocsInline[] }
  | { type: 'link'; topic: string; anchor?: string; inner: readonly DocsInline[] }

/** `en/index.json` and its like: what there is to read, in the order in which it is listed; what is not translated stands in English. */
export type DocsContents = { lang: string; pages: readonly DocsListed[] }

export type DocsListed = DocsPage & { headings: readonly { id: string; text: string }[] }

/** A page, or with an empty topic the list of a language. `wanted`: the language asked for, where the page is not there in it. */
export type FoundPage = { lang: string; topic: string; wanted?: string }

/** The language that a name stands for. */
export function findLanguage({ languages }: DocsIndex, name: string): string | undefined {
  const small = name.toLowerCase()
  return languages.find(({ id, also }) => id.toLowerCase() === small || also.includes(small))?.id
}

/**
 * The page that a name means: `oauth`, `concepts/oauth`, `/ko-KR/help/faq`, `zh-Hant`. An empty name means the list.
 * @param lang the language wanted, when the name itself says none
 * @returns undefined when there is no such page in any language
 */
export function findPage(index: DocsIndex, name: string, lang?: string): FoundPage | undefined {
  const [address = ''] = name.split('#')
  const parts = address.split('/').filter((part) => part !== '')
  if (parts[0] === 'docs') parts.shift()
  const said = findLanguage(index, parts[0] ?? '')
  if (said !== undefined) parts.shift()
  const first = index.languages[0]?.id ?? ''
  const wanted = said ?? lang ?? first
  const rest = parts.join('/').toLowerCase().replace(/\.md$/, '')
  if (rest === '') return { lang: wanted, topic: '' }
  const topic = Object.hasOwn(index.addresses, rest) ? index.addresses[rest] : rest
  const pages = index.pages.filter((page) => page.topic === topic)
  const page = pages.find((one) => one.lang === wanted) ?? pages.find((one) => one.lang === first)
  if (page === undefined) return undefined
  return { lang: page.lang, topic: page.topic, ...(page.lang === wanted ? {} : { wanted }) }
}

/** The file of a page, relative to the folder of pages. */
export function pageFile({ lang, topic }: FoundPage, ending: 'txt' | 'html' | 'json'): string {
  return `${lang}/${topic === '' ? 'index' : topic}.${ending}`
}

/** This build came without pages. */
export function noPages(): AuthError {
  return new AuthError('usage', 'This build has no pages; they are in the folder docs of the project.')
}
