// What a client or a vendor can send costs in step with its length, however it is cut.
import { expect, test } from 'vitest'
import { dialectOf } from '../../src/dialects/dialects.ts'
import { Frames } from '../../src/dialects/frames.ts'

/** More than ten times what it takes; what grew with the square of its length took minutes, ms. */
const MOST_MS = 10_000

test('an event in small pieces', () => {
  const piece = new TextEncoder().encode('x'.repeat(256))
  const head = new TextEncoder().encode('data: ')
  const pieces = 16_000
  const from = performance.now()
  let said = 0
  const frames = new Frames((data) => {
    said = data.length
  })
  frames.push(head)
  for (let at = 0; at < pieces; at++) frames.push(piece)
  frames.push(new TextEncoder().encode('\n\n'))
  expect(said).toBe(256 * pieces)
  expect(performance.now() - from).toBeLessThan(MOST_MS)
})

test('results matched to their calls', () => {
  const calls = 20_000
  const from = performance.now()
  const names = Array.from({ length: calls }, (_, at) => `f${at}`)
  const parts = names.map((name, at) => ({ functionCall: { id: `c${at}`, name, args: {} } }))
  const results = names.map((name, at) => ({ functionResponse: { id: `c${at}`, name, response: {} } })).reverse()
  const asking = dialectOf('generate_content')?.readRequest({
    contents: [
      { role: 'user', parts: [{ text: 'hi' }] },
      { role: 'model', parts },
      { role: 'user', parts: results },
    ],
  })
  expect(asking?.turns.at(-1)?.parts).toHaveLength(calls)
  expect(performance.now() - from).toBeLessThan(MOST_MS)
})
