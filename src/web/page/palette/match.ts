// Which entries of the palette are meant by what was typed so far. Pure.
import { holdsAll, wordsIn } from '../docs/place.ts'
import type { Words } from '../words/en.ts'

export type Group = keyof Words['palette']['groups']
export type Item = {
  key: string
  group: Group
  text: string
  /** More that it is found by, and shown beside it. */
  more: string
  /** A name, which is not translated. */
  isName?: true
  act(): void
}

/** Of so many that match, the first are shown. */
const MOST = 60

/** What is meant by what was typed so far: whatever begins so first, in the sequence of the groups else. */
export function matchingItems(items: readonly Item[], typed: string, groups: Words['palette']['groups']): Item[] {
  const wanted = wordsIn(typed)
  const found = items.filter(({ text, more, group }) => holdsAll(`${text} ${more} ${groups[group]}`, wanted))
  const begin = wanted.join(' ')
  const rank = ({ text, more, group }: Item): number => {
    const plain = text.normalize('NFKC').toLowerCase()
    if (plain.startsWith(begin)) return 0
    if (holdsAll(plain, wanted)) return 1
    return holdsAll(`${text} ${more}`, wanted) ? 2 : groups[group] === '' ? 4 : 3
  }
  return wanted.length === 0 ? found.slice(0, MOST) : found.sort((a, b) => rank(a) - rank(b)).slice(0, MOST)
}
