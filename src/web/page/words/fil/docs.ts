// The documentation within the page, in Filipino.
import type { Words } from '../en.ts'

export const filDocs: Words['docs'] = {
  filter: 'Salain ang mga pahina at pamagat',
  pages: 'Mga pahina',
  all: 'Lahat ng pahina',
  none: 'Walang tumugmang pahina.',
  found: (count) => `${count} pahina ang tumugma`,
  english: 'Hindi pa naisasalin ang pahinang ito.',
  plain: 'Buksan bilang payak na pahina',
  reading: 'Binabasa…',
  unread: 'Hindi mabasa ang pahina.',
}
