// What a terminal sends at the line of a chat: keys, and pastes that are one message however they are cut.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createStrokes, lineOfMessage, messageOfLine, type Stroke } from '../../src/cli/strokes.ts'

const MARKED = (text: string): string => `\u001b[200~${text}\u001b[201~`

function fed(...pieces: readonly string[]): Stroke[] {
  const strokes = createStrokes()
  return pieces.flatMap((piece) => strokes.feed(piece))
}

const joined = (strokes: readonly Stroke[]): string =>
  strokes.map((stroke) => ('text' in stroke ? stroke.text : `<${stroke.key.replaceAll('\u001b', 'ESC')}>`)).join('')

describe('strokes', () => {
  it('are texts and single keys, in the order in which they came', () => {
    expect(fed('ab\u001b[D\u001b[D\u007fX 한\r')).toEqual([
      { text: 'ab' },
      { key: '\u001b[D' },
      { key: '\u001b[D' },
      { key: '\u007f' },
      { text: 'X 한' },
      { key: '\r' },
    ])
    expect(joined(fed('\u0003', '\u0004', '\u001bOA', '\u001b[2~', '\u001b[1;5C', '\u001b', 'b'))).toBe(
      '<\u0003><\u0004><ESCOA><ESC[2~><ESC[1;5C><ESC>b',
    )
  })

  it('of a paste are one text without anything that steers, wherever it is cut', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', ' ', '한', '😀', '\r\n', '\n', '\t', '\u0003', '\u001b', '~', '[') }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (text, marks) => {
          const whole = `before ${MARKED(text)} after\r`
          // Escape alone is a key, so the mark that begins a paste comes as a whole.
          const begin = 'before '.length + 6
          const inside = marks.map((mark) => begin + (mark % (whole.length - begin)))
          const at = [0, ...inside.sort((a, b) => a - b), whole.length]
          const strokes = fed(...at.slice(1).map((end, index) => whole.slice(at[index], end)))
          expect(joined(strokes)).toBe(`before ${lineOfMessage(text)} after<\r>`)
          expect(lineOfMessage(text)).not.toMatch(/\p{Cc}/u)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('of a terminal that marks no paste are still one message, when it comes at once', () => {
    expect(fed('one\rtwo\r\r')).toEqual([{ text: lineOfMessage('one\ntwo') }, { key: '\r' }])
    expect(fed('one\ntwo')).toEqual([{ text: lineOfMessage('one\ntwo') }])
    expect(fed('one\r')).toEqual([{ text: 'one' }, { key: '\r' }])
  })

  it('become the message that was pasted', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z\t 한]{1,9}$/), { minLength: 1 }), (lines) => {
        const message = lines.join('\n').trimEnd()
        expect(messageOfLine(lineOfMessage(message))).toBe(message)
        expect(messageOfLine(joined(fed(MARKED(`${message.replaceAll('\n', '\r')}\r`))))).toBe(message)
      }),
    )
  })
})
