// JSON with numbers of any length, read and written.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseExact, stringifyExact } from '../../src/dialects/exact.ts'

/** JSON with long numbers in it, written as everybody writes it. */
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }).map(String),
    fc.string().map((text) => JSON.stringify(text)),
    fc.stringMatching(/^[\\"1-9]{0,40}$/).map((text) => JSON.stringify(text)),
    fc.array(tie('value'), { maxLength: 3 }).map((all) => `[${all.join(',')}]`),
    fc.array(tie('value'), { maxLength: 3 }).map((all) => `{${all.map((one, at) => `"k${at}":${one}`).join(',')}}`),
  ),
})).value as fc.Arbitrary<string>

test('what was read is written as it was', () => {
  fc.assert(
    fc.property(json, (text) => {
      expect(stringifyExact(parseExact(text))).toBe(text)
    }),
    { numRuns: 300 },
  )
})

test('a text is never taken for a number, and fractions stay what they are', () => {
  const forged = JSON.stringify({ a: '\uFDD01234567890123456789', b: 1 })
  expect(JSON.parse(stringifyExact(parseExact(forged)))).toEqual({ a: '\uFFFD1234567890123456789', b: 1 })
  const escaped = '{"a":"\\ufdd01234567890123456789"}'
  expect(JSON.parse(stringifyExact(parseExact(escaped)))).toEqual({ a: '\uFFFD1234567890123456789' })
  expect(parseExact('[0.12345678901234567,1e30]')).toEqual(JSON.parse('[0.12345678901234567,1e30]'))
  expect(() => parseExact('{"a":12345678901234567890')).toThrow(SyntaxError)
})
