// What keys mean at a hidden prompt, however the terminal cuts its bytes.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createKeystrokes } from '../../src/cli/keystrokes.ts'

const after = (...pieces: string[]): { text: string; did: string } => {
  const keys = createKeystrokes()
  let did = 'wait'
  for (const piece of pieces) did = keys.feed(piece)
  return { text: keys.text(), did }
}

it('takes a line when Enter was pressed', () => {
  expect(after('secret', '\r')).toEqual({ text: 'secret\n', did: 'settle' })
})

it('keeps the lines of a marked paste together and waits for Enter', () => {
  expect(after('\u001b[200~first\rsecond\u001b[201~')).toEqual({ text: 'first\nsecond', did: 'wait' })
})

it('goes on when more follows a line break, as from a terminal that does not mark pastes', () => {
  expect(after('first\r', 'second\r')).toEqual({ text: 'first\nsecond\n', did: 'settle' })
})

it('cancels on Ctrl-C anywhere outside a paste, and on Ctrl-D when nothing was typed', () => {
  expect(after('abc\u0003').did).toBe('cancel')
  expect(after('\u0004').did).toBe('cancel')
  expect(after('abc\u0004').did).toBe('settle')
  expect(after('\u001b[200~a\u0003b\u001b[201~').did).toBe('wait')
})

it('deletes backwards, clears the line, and ignores arrows', () => {
  expect(after('abx\u007fc').text).toBe('abc')
  expect(after('wrong\u0015right').text).toBe('right')
  expect(after('a\u001b[Db\u001b[1;5Cc\u001bOAd').text).toBe('abcd')
})

it('means the same however the bytes are cut', () => {
  const typed = 'pre\u001b[200~one\r\ntwo\u001b[201~x\u007f\u001b[Dend\r'
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: typed.length - 1 }), { maxLength: 6 }), (cuts) => {
      const points = [0, ...cuts.sort((a, b) => a - b), typed.length]
      const pieces = points.slice(1).map((end, at) => typed.slice(points[at], end))
      expect(after(...pieces)).toEqual(after(typed))
    }),
    { numRuns: 500 },
  )
})
