// Headers as they travel: ours, the client's and the signature.
import { expect, test } from 'vitest'
import { hasHeaderFrom, headerOf, pairsOf, signed } from '../../src/providers/headers.ts'

const pairs = (headers: readonly string[]): string[] =>
  headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1]}`] : []))

test('the signature goes last, our own name is ours', () => {
  expect(pairs(signed(['anthropic-version', '2023-06-01'], ['x-api-key', 'k']))).toEqual([
    'anthropic-version: 2023-06-01',
    expect.stringMatching(/^user-agent: keyclaw\//),
    'accept-encoding: identity',
    'x-api-key: k',
  ])
})

test("the client's betas and the one that the token needs travel in one header, each once", () => {
  const beta = (headers: readonly string[]): string[] =>
    pairs(headers).filter((pair) => pair.startsWith('anthropic-beta'))
  expect(beta(signed(['anthropic-beta', 'files-1'], ['anthropic-beta', 'oauth-2']))).toEqual([
    'anthropic-beta: files-1,oauth-2',
  ])
  expect(beta(signed(['anthropic-beta', 'files-1, oauth-2'], ['anthropic-beta', 'oauth-2']))).toEqual([
    'anthropic-beta: files-1, oauth-2',
  ])
  expect(beta(signed([], ['anthropic-beta', 'oauth-2']))).toEqual(['anthropic-beta: oauth-2'])
})

test('whether an answer has headers that begin so is told by the whole beginning', () => {
  const has = (name: string): boolean => hasHeaderFrom(['x-other', '1', name, '2'], 'x-limit-')
  expect(['x-limit-requests', 'x-limit-'].map(has)).toEqual([true, true])
  expect(['x-limit', 'x-limits-a', 'y-limit-a', 'x-limid-a', 'ax-limit-', ''].map(has)).toEqual(Array(6).fill(false))
  expect(hasHeaderFrom(['x-limit-odd'], 'x-limit-')).toBe(false)
  expect([...pairsOf(['x-a', 'One', 'b', '', 'odd'])]).toEqual([
    ['x-a', 'One'],
    ['b', ''],
  ])
})

test('a header of an answer is found by its whole name, the first of several', () => {
  const raw = ['x-other', '1', 'retry-after', '7', 'retry-after', '9', 'retry-after-ms', '5', 'odd']
  expect(headerOf(raw, 'retry-after')).toBe('7')
  expect(headerOf(raw, 'retry-after-ms')).toBe('5')
  expect(headerOf(raw, 'retry')).toBeUndefined()
  expect(headerOf(raw, 'odd')).toBeUndefined()
})
