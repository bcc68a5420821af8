// What a terminal sends while a person types a message, cut into texts and keys. A paste is one text: its line breaks are shown as signs, so that it
// stays one message, and nothing in it is a key. Pure.
import { escapeAt } from './keystrokes.ts'

/** A text to be put into the line, or one key, as its sequence. */
export type Stroke = { text: string } | { key: string }

export type Strokes = {
  /** @param input as the terminal sent it, cut anywhere */
  feed(input: string): Stroke[]
}

const PASTE_BEGINS = '\u001b[200~'
const PASTE_ENDS = '\u001b[201~'
/** Beginnings of a mark; the shortest two may be keys, where keys are typed. */
const CUT_MARKS = ['\u001b[201', '\u001b[200', '\u001b[20', '\u001b[2']
const CUT_ENDS = [...CUT_MARKS, '\u001b[', '\u001b']
const ESCAPE = '\u001b'
const BREAK = '\u2424'
const TAB = '\u2409'
/** Control characters, and those that change the direction of text. */
const UNSEEN = /\p{Cc}|[\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

/** A fresh keyboard. */
export function createStrokes(): Strokes {
  let isPasting = false
  /** The beginning of a mark, or of a line break that is pasted, whose rest has not arrived. */
  let cut = ''
  return {
    feed: (input) => {
      let rest = cut + input
      cut = ''
      const strokes: Stroke[] = []
      while (rest !== '') {
        const mark = isPasting ? PASTE_ENDS : PASTE_BEGINS
        const at = rest.indexOf(mark)
        if (at < 0) {
          cut = cutOf(rest, isPasting)
          rest = rest.slice(0, rest.length - cut.length)
        }
        const piece = at < 0 ? rest : rest.slice(0, at)
        if (isPasting) strokes.push({ text: lineOfMessage(piece) })
        else strokes.push(...typedIn(piece))
        if (at < 0) break
        isPasting = !isPasting
        rest = rest.slice(at + mark.length)
      }
      return strokes.filter((stroke) => !('text' in stroke) || stroke.text !== '')
    },
  }
}

/** What at the end of a piece waits for the next one. */
function cutOf(piece: string, isPasting: boolean): string {
  const mark = (isPasting ? CUT_ENDS : CUT_MARKS).find((one) => piece.endsWith(one)) ?? ''
  const isHalf = isPasting && piece.slice(0, piece.length - mark.length).endsWith('\r')
  return isHalf ? `\r${mark}` : mark
}

function typedIn(piece: string): Stroke[] {
  // A terminal that marks nothing sends a paste at once: a line break with something behind it is no Enter.
  if (/[\r\n][^\r\n\p{Cc}]/u.test(piece)) {
    const pasted = piece.trimEnd()
    const text = { text: lineOfMessage(pasted) }
    return pasted === piece ? [text] : [text, { key: '\r' }]
  }
  const strokes: Stroke[] = []
  for (let at = 0; at < piece.length; ) {
    const text = /^\P{Cc}+/u.exec(piece.slice(at))?.[0]
    const key = piece[at] === ESCAPE ? (escapeAt(piece, at) ?? piece.slice(at)) : piece.slice(at, at + 1)
    strokes.push(text === undefined ? { key } : { text })
    at += (text ?? key).length
  }
  return strokes
}

/** The message that a line stands for. */
export function messageOfLine(line: string): string {
  return line.replaceAll(BREAK, '\n').replaceAll(TAB, '\t').trimEnd()
}

/** The line that a message is shown as. */
export function lineOfMessage(message: string): string {
  return message
    .replace(/\r\n|\r|\n/g, BREAK)
    .replaceAll('\t', TAB)
    .replace(UNSEEN, '')
}
