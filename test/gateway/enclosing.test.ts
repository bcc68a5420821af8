// What a client is about to show: pieces become one thing, and what no message came for makes room.
import { expect, test } from 'vitest'
import { Enclosing } from '../../src/gateway/enclosing.ts'

const MB = 1024 * 1024
const piece = (bytes: number): string => Buffer.alloc(bytes, 7).toString('base64')

test('pieces become one thing, which is taken once', async () => {
  const waiting = new Enclosing()
  expect(waiting.add('a', 'image/png', 'a.png', piece(3))).toBe(3)
  expect(waiting.add('a', 'image/png', 'a.png', piece(4))).toBe(7)
  const [offer] = waiting.take(['a'])
  expect(offer).toMatchObject({ kind: 'image', mediaType: 'image/png', name: 'a.png' })
  expect(await offer?.load()).toHaveLength(7)
  expect(() => waiting.take(['a'])).toThrow('was not sent')
})

test('what is too large is refused and leaves nothing behind, and what waits for no message goes first', () => {
  const waiting = new Enclosing()
  waiting.add('old', 'image/png', undefined, piece(15 * MB))
  waiting.add('new', 'image/png', undefined, piece(15 * MB))
  expect(() => waiting.take(['old'])).toThrow('was not sent')
  expect(() => waiting.add('new', 'image/png', undefined, piece(6 * MB))).toThrow('20 MB at most')
  expect(() => waiting.take(['new'])).toThrow('was not sent')
  for (let at = 0; at <= 20; at++) waiting.add(`${at}`, 'text/plain', undefined, piece(1))
  expect(() => waiting.take(['0'])).toThrow('was not sent')
  expect(waiting.take(['1', '20'])).toHaveLength(2)
})

test('what nobody could be shown is not taken', () => {
  const waiting = new Enclosing()
  expect(() => waiting.add('a', 'application/zip', undefined, piece(1))).toThrow('mediaType')
  expect(() => waiting.add('a', 'image/../x', undefined, piece(1))).toThrow('mediaType')
  expect(() => waiting.add('a', 'image/png', undefined, '###')).toThrow('base64')
})
