// Where one is in the documentation, as it stands in the address; and which pages a filter leaves. Pure.
import type { DocsContents, DocsListed } from '../../../core/documentation.ts'
import { addressOf, readPart } from '../where.ts'

/** A page and perhaps a heading of it; an empty topic is the list. */
export type DocsPlace = { topic: string; anchor: string }

export function readPlace(path: string): DocsPlace {
  const [topic = '', anchor = ''] = path.split('/')
  return { topic: readPart(topic), anchor: readPart(anchor) }
}

/** The path that `readPlace` reads. */
export function docsPath(topic: string, anchor = ''): string {
  return [topic, ...(anchor === '' ? [] : [anchor])].map(encodeURIComponent).join('/')
}

/** The address, for a link. */
export function docsAddress(topic: string, anchor = ''): string {
  return addressOf('docs', docsPath(topic, anchor))
}

export type Match = { page: DocsListed; headings: DocsListed['headings'] }

/** The pages of which a title, a line about them, or a heading holds every word; with the headings that hold one. */
export function matching({ pages }: DocsContents, filter: string): Match[] {
  const wanted = wordsIn(filter)
  if (wanted.length === 0) return pages.map((page) => ({ page, headings: [] }))
  return pages.flatMap((page): Match[] => {
    const headings = page.headings.filter(({ text }) => holdsAll(text, wanted))
    return headings.length > 0 || holdsAll(`${page.title} ${page.topic} ${page.about}`, wanted)
      ? [{ page, headings }]
      : []
  })
}

export const wordsIn = (text: string): string[] =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .split(/\s/)
    .filter((word) => word !== '')

export function holdsAll(text: string, wanted: readonly string[]): boolean {
  const plain = text.normalize('NFKC').toLowerCase()
  return wanted.every((word) => plain.includes(word))
}
