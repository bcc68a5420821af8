// The word somebody probably meant.
import { printable } from './profile.ts'

/** Letters to change, add, drop or swap to get from one word to the other. */
function distance(from: string, to: string): number {
  let before: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let row = 1; row <= from.length; row++) {
    const next = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      )
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      if (row > 1 && column > 1 && swapped) cost = Math.min(cost, (before[column - 2] ?? 0) + 1)
      next.push(cost)
    }
    before = last
    last = next
  }
  return last[to.length] ?? 0
}

/** The closest of the words, when it is close enough to be meant. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(word.length * 0.4))
  let best: string | undefined
  let least = most + 1
  for (const candidate of words) {
    const cost = distance(word.toLowerCase(), candidate.toLowerCase())
    if (cost < least) {
      least = cost
      best = candidate
    }
  }
  return best
}

/** What people call vendors whose provider has another name here. */
const CALLED: Readonly<Record<string, string>> = {
  claude: 'anthropic',
  chatgpt: 'openai-codex',
  gpt: 'openai',
  gemini: 'google',
  grok: 'xai',
  kimi: 'moonshot',
}

/** The provider that somebody probably meant. */
export function nearestProvider(word: string, ids: readonly string[]): string | undefined {
  const called = CALLED[word.toLowerCase()]
  if (called !== undefined && ids.includes(called)) return called
  const longer = ids.filter((id) => id.split('-').includes(word.toLowerCase()))
  return nearest(word, ids) ?? (longer.length === 1 ? longer[0] : undefined)
}

/** As `guess`, of a provider. */
export function guessProvider(word: string, ids: readonly string[]): string {
  const meant = nearestProvider(word, ids)
  return meant === undefined ? '' : ` (Did you mean ${printable(meant, 80)}?)`
}

/** Behind the message that there is no such thing: ` (Did you mean anthropic?)`, or nothing where no word is close. */
export function guess(word: string, words: readonly string[]): string {
  const meant = nearest(word, words)
  return meant === undefined ? '' : ` (Did you mean ${printable(meant, 80)}?)`
}

/** As `guess`, of a profile: what stands before the colon is no likeness. */
export function guessProfile(id: string, ids: readonly string[]): string {
  const cut = id.indexOf(':') + 1
  const same = ids.filter((one) => cut > 0 && one.startsWith(id.slice(0, cut)))
  if (same.length === 0) return guess(id, ids)
  const names = same.map((one) => one.slice(cut))
  const meant = nearest(id.slice(cut), names)
  return meant === undefined ? '' : ` (Did you mean ${printable(`${id.slice(0, cut)}${meant}`, 80)}?)`
}
