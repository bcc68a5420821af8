// A model's name replaced in a body, wherever the pieces of the body were cut.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BodyScan } from '../../src/core/scan.ts'
import { readAsked } from '../../src/gateway/api/splice.ts'

function replaced(text: string, cuts: readonly number[], name: string): string {
  const bytes = Buffer.from(text)
  const scan = new BodyScan()
  const pieces: Buffer[] = []
  let from = 0
  for (const to of [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)) {
    pieces.push(bytes.subarray(from, to))
    scan.push(bytes.subarray(from, to))
    from = to
  }
  const asked = readAsked(scan, pieces, bytes.length)
  if (typeof asked === 'string') throw new Error(asked)
  const body = asked.withModel(name)
  const joined = Buffer.concat(body.pieces)
  expect(body.bytes).toBe(joined.length)
  return joined.toString('utf8')
}

const NAMES = fc.constantFrom('claude-opus-4-6', 'x', 'a/b', 'a-name-much-longer-than-the-one-it-replaces')

test('nothing but the name changes', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), NAMES, fc.array(fc.nat(), { maxLength: 8 }), (before, after, name, cuts) => {
      const [head, tail] = [JSON.stringify(before), JSON.stringify(after)]
      const text = `{"a":${head}, "model" :\t"anthropic/model" ,"b":[${tail}]}`
      expect(replaced(text, cuts, name)).toBe(text.replace('"anthropic/model"', () => JSON.stringify(name)))
    }),
  )
})

test('large bodies travel in the pieces they came in', () => {
  const text = `{"model":"anthropic/model","a":"${'x'.repeat(200_000)}"}`
  for (const cuts of [[9], [10, 12, 20], [25], [26], [27], [100_000], [0, 5, 12, 70_000]]) {
    expect(replaced(text, cuts, 'other')).toBe(text.replace('anthropic/model', 'other'))
  }
})
