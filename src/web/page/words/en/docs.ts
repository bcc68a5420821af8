// The documentation within the page, in English.
import { many } from './many.ts'

export const enDocs = {
  filter: 'Filter pages and headings',
  pages: 'Pages',
  all: 'All pages',
  none: 'No page matches.',
  found: (count: number) => many(count, 'page matches', 'pages match'),
  english: 'This page is not translated yet.',
  plain: 'Open as plain pages',
  reading: 'Reading…',
  unread: 'The page could not be read.',
}
