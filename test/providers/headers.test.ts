// Headers as they travel: ours, the client's and the signature.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hasHeaderFrom, headerOf, pairsOf, signed } from '../../src/providers/headers.ts'
import { holds } from '../support/seeds.ts'

const pairs = (headers: readonly string[]): string[] =>
  headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1]}`] : []))

test('the signature goes last, our own name is ours, and the length is that of the body', () => {
  expect(pairs(signed(['anthropic-version', '2023-06-01'], ['x-api-key', 'k'], 12))).toEqual([
    'anthropic-version: 2023-06-01',
    expect.stringMatching(/^user-agent: keyclaw\//),
    'accept-encoding: identity',
    'content-length: 12',
    'x-api-key: k',
  ])
  expect(signed([], [], 0)).not.toContain('content-length')
})

test("the client's betas and the one that the token needs travel in one header, each once", () => {
  const beta = (headers: readonly string[]): string[] =>
    pairs(headers).filter((pair) => pair.startsWith('anthropic-beta'))
  expect(beta(signed(['anthropic-beta', 'files-1'], ['anthropic-beta', 'oauth-2'], 0))).toEqual([
    'anthropic-beta: files-1,oauth-2',
  ])
  expect(beta(signed(['anthropic-beta', 'files-1, oauth-2'], ['anthropic-beta', 'oauth-2'], 0))).toEqual([
    'anthropic-beta: files-1, oauth-2',
  ])
  expect(beta(signed([], ['anthropic-beta', 'oauth-2'], 0))).toEqual(['anthropic-beta: oauth-2'])
})

test('whether an answer has headers that begin so is seen in any case, and by the whole beginning', () => {
  const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')
  const has = (name: string): boolean => hasHeaderFrom(['X-Other', '1', name, '2'].map(bytes), 'x-limit-')
  expect(['x-limit-requests', 'X-Limit-Requests', 'X-LIMIT-'].map(has)).toEqual([true, true, true])
  expect(['x-limit', 'x-limits-a', 'y-limit-a', 'x-limid-a', 'ax-limit-', ''].map(has)).toEqual(Array(6).fill(false))
  expect(hasHeaderFrom([bytes('x-limit-odd')], 'x-limit-')).toBe(false)
  expect([...pairsOf(['X-A', 'One', 'b', '', 'odd'].map(bytes))]).toEqual([
    ['x-a', 'One'],
    ['b', ''],
  ])
})

test('a header of an answer is found in any case, the first of several, and only by its whole name', async () => {
  const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')
  const raw = ['X-Other', '1', 'Retry-After', '7', 'retry-after', '9', 'Retry-After-Ms', '5', 'odd'].map(bytes)
  expect(headerOf(raw, 'retry-after')).toBe('7')
  expect(headerOf(raw, 'retry-after-ms')).toBe('5')
  expect(headerOf(raw, 'retry')).toBeUndefined()
  expect(headerOf(raw, 'odd')).toBeUndefined()
  await holds(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), (headers) => {
      expect(
        typeof (
          headerOf(
            headers.map((bytes) => Buffer.from(bytes)),
            'retry-after',
          ) ?? ''
        ),
      ).toBe('string')
    }),
    5000,
  )
})
