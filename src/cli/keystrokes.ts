// What a person's keys mean at a hidden prompt. Pure: bytes in, state out; the terminal decides when enough time has passed.

export type Keystrokes = {
  /** @returns what the prompt does next: `wait` for more, `settle` (Enter, unless more follows at once), `cancel` */
  feed(input: string): 'wait' | 'settle' | 'cancel'
  /** Everything entered so far; a paste keeps its inner line breaks. */
  text(): string
}

const PASTE_BEGINS = '\u001b[200~'
const PASTE_ENDS = '\u001b[201~'
const MOST_CHARACTERS = 64 * 1024

/** A fresh line of input. */
export function createKeystrokes(): Keystrokes {
  let text = ''
  let isPasting = false
  /** The beginning of an escape sequence whose rest has not arrived. */
  let cut = ''

  const feed = (input: string): 'wait' | 'settle' | 'cancel' => {
    const all = cut + input
    cut = ''
    let hasEntered = false
    for (let at = 0; at < all.length; ) {
      const character = all[at] ?? ''
      if (character === '\u001b') {
        const sequence = escapeAt(all, at)
        if (sequence === undefined) {
          cut = all.slice(at)
          break
        }
        if (sequence === PASTE_BEGINS) isPasting = true
        else if (sequence === PASTE_ENDS) isPasting = false
        at += sequence.length
        continue
      }
      at++
      if (!isPasting) {
        if (character === '\u0003') return 'cancel'
        if (character === '\u0004') {
          if (text.trim() === '') return 'cancel'
          hasEntered = true
          continue
        }
      }
      if (character === '\r' || character === '\n') {
        // Inside a paste it is a line break; outside it is Enter, unless the rest of an unmarked paste follows.
        text += '\n'
        if (!isPasting) hasEntered = true
        continue
      }
      if (isPasting) {
        text += character
        continue
      }
      hasEntered = false
      if (character === '\u007f' || character === '\b') text = text.slice(0, -1)
      else if (character === '\u0015') text = ''
      else if (character >= ' ') text += character
    }
    if (text.length > MOST_CHARACTERS) text = text.slice(0, MOST_CHARACTERS + 1)
    return hasEntered && !isPasting ? 'settle' : 'wait'
  }
  return { feed, text: () => text }
}

/** The whole escape sequence at the position; undefined while its end is missing. */
export function escapeAt(input: string, at: number): string | undefined {
  const kind = input[at + 1]
  if (kind === undefined) return undefined
  if (kind === 'O') return input[at + 2] === undefined ? undefined : input.slice(at, at + 3)
  if (kind !== '[') return input.slice(at, at + 2)
  for (let end = at + 2; end < input.length; end++) {
    const code = input.charCodeAt(end)
    if (code >= 0x40 && code <= 0x7e) return input.slice(at, end + 1)
  }
  return undefined
}
