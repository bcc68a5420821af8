// Cuts a long text into messages of a bounded length. While a text grows at its end, the messages before the last stay as they are.

/** What Telegram takes in one message, in UTF-16 units. */
export const MOST_CHARS = 4096

/** Where a cut is better, best first; each stays at the end of its message. */
const SEAMS = ['\n\n', '\n', ' '] as const

/** @returns pieces that put together are the text, each of `most` units at most; none for an empty text */
export function splitText(text: string, most: number = MOST_CHARS): string[] {
  const pieces: string[] = []
  let rest = text
  while (rest.length > most) {
    const cut = cutIn(rest.slice(0, most))
    pieces.push(rest.slice(0, cut))
    rest = rest.slice(cut)
  }
  return rest === '' ? pieces : [...pieces, rest]
}

/** A seam in the second half, so that no message is much shorter than it might be. */
function cutIn(window: string): number {
  for (const seam of SEAMS) {
    const at = window.lastIndexOf(seam)
    if (at + seam.length > window.length / 2) return at + seam.length
  }
  const last = window.charCodeAt(window.length - 1)
  // Half of a character is none.
  return last >= 0xd800 && last <= 0xdbff && window.length > 1 ? window.length - 1 : window.length
}
