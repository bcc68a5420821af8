// What a client is about to show: pieces become one thing, and what no message came for makes room.
import { expect, test } from 'vitest'
import { Enclosing } from '../../src/gateway/enclosing.ts'

const MB = 1024 * 1024
const piece = (bytes: number): string => Buffer.alloc(bytes, 7).toString('base64')

test('pieces become one thing, which is taken once', async () => {
  const waiting = new Enclosing()
  expect(waiting.add({ id: 'a', mediaType: 'image/png', name: 'a.png' }, piece(3))).toBe(3)
  expect(waiting.add({ id: 'a', mediaType: 'image/png', name: 'a.png' }, piece(4))).toBe(7)
  const [offer] = waiting.take(['a'])
  expect(offer).toMatchObject({ kind: 'image', mediaType: 'image/png', name: 'a.png' })
  expect(await offer?.load()).toHaveLength(7)
  expect(() => waiting.take(['a'])).toThrow('was not sent')
})

test('what is too large is refused and leaves nothing behind, and what waits for no message goes first', () => {
  const waiting = new Enclosing()
  waiting.add({ id: 'old', mediaType: 'image/png' }, piece(15 * MB))
  waiting.add({ id: 'new', mediaType: 'image/png' }, piece(15 * MB))
  expect(() => waiting.take(['old'])).toThrow('was not sent')
  expect(() => waiting.add({ id: 'new', mediaType: 'image/png' }, piece(6 * MB))).toThrow('20 MB at most')
  expect(() => waiting.take(['new'])).toThrow('was not sent')
  for (let at = 0; at <= 20; at++) waiting.add({ id: `${at}`, mediaType: 'text/plain' }, piece(1))
  expect(() => waiting.take(['0'])).toThrow('was not sent')
  expect(waiting.take(['1', '20'])).toHaveLength(2)
})

test('what nobody could be shown is not taken', () => {
  const waiting = new Enclosing()
  expect(() => waiting.add({ id: 'a', mediaType: 'application/zip' }, piece(1))).toThrow('mediaType')
  expect(() => waiting.add({ id: 'a', mediaType: 'image/../x' }, piece(1))).toThrow('mediaType')
  expect(() => waiting.add({ id: 'a', mediaType: 'image/png' }, '###')).toThrow('base64')
})

test('two of one message that are too large together are refused as such, as are too many', () => {
  const waiting = new Enclosing()
  const add = (id: string, bytes: number) =>
    waiting.add({ id, message: 'm', mediaType: 'application/pdf' }, piece(bytes))
  waiting.add({ id: 'old', mediaType: 'image/png' }, piece(15 * MB))
  add('a', 11 * MB)
  expect(() => waiting.take(['old'])).toThrow('was not sent')
  expect(() => add('b', 11 * MB)).toThrow('20 MB at most')
  expect(() => waiting.take(['a'])).toThrow('was not sent')
  for (let at = 0; at < 20; at++) add(`${at}`, 1)
  expect(() => add('20', 1)).toThrow('At most 20')
  // Pieces of nothing cost something, too.
  for (let at = 0; at < 2000; at++) add('tiny', 0)
  expect(() => add('tiny', 0)).toThrow('pieces at most')
})

test('a text is a text, and a picture is one that vendors read', async () => {
  const waiting = new Enclosing()
  const text = (bytes: Uint8Array) => {
    waiting.add({ id: 't', mediaType: 'text/plain', name: 'a.docx' }, Buffer.from(bytes).toString('base64'))
    return waiting.take(['t'])
  }
  expect(() => text(Buffer.from([0x50, 0x4b, 3, 4, 0xff, 0xfe]))).toThrow('a.docx is no text')
  expect(() => text(Buffer.from('h\0i\0'))).toThrow('a.docx is no text')
  expect(await text(Buffer.from('안녕'))[0]?.load()).toHaveLength(6)
  for (const type of ['image/svg+xml', 'image/heic', 'image/bmp']) {
    expect(() => waiting.add({ id: 'p', mediaType: type }, piece(1))).toThrow('PNG, JPEG')
  }
})
