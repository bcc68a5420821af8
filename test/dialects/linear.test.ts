// What a client or a vendor can send costs in step with its length, however it is cut.
import { expect, test } from 'vitest'
import { dialectOf } from '../../src/dialects/dialects.ts'
import { Frames } from '../../src/dialects/frames.ts'

const MORE_MS = 60

/** The least that some work took, ms: what else the machine does only adds to it. */
function least(work: () => void): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 3; round++) {
    const from = performance.now()
    work()
    best = Math.min(best, performance.now() - from)
  }
  return best
}

/** @param work of a given size: eight times as much may cost twenty times, never sixty-four */
function expectLinear(work: (size: number) => void, size: number): void {
  work(size)
  expect(least(() => work(8 * size))).toBeLessThan(20 * least(() => work(size)) + MORE_MS)
}

test('an event in small pieces', () => {
  const piece = new TextEncoder().encode('x'.repeat(256))
  const head = new TextEncoder().encode('data: ')
  expectLinear((pieces) => {
    let said = 0
    const frames = new Frames((data) => {
      said = data.length
    })
    frames.push(head)
    for (let at = 0; at < pieces; at++) frames.push(piece)
    frames.push(new TextEncoder().encode('\n\n'))
    expect(said).toBe(256 * pieces)
  }, 1000)
})

test('results matched to their calls', () => {
  expectLinear((calls) => {
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
  }, 1500)
})
