// What is shown in a session lies beside its transcript: once, for its owner's eyes, bounded, and gone with it.
import { readdir, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openEnclosures } from '../../src/store/enclosures.ts'
import { messageLine, readTranscript } from '../../src/store/transcript.ts'
import { freshDir, machine } from '../support/machine.ts'

const shown = (text: string, mediaType = 'image/png') => ({
  kind: 'image' as const,
  mediaType,
  bytes: Buffer.from(text),
})

function opened(mostBytes?: number) {
  const dir = join(freshDir(), 'sessions')
  const store = openEnclosures(machine({}).system.files, (id) => join(dir, `${id}.jsonl`), mostBytes)
  return { dir, store, names: async () => (await readdir(dir)).sort() }
}

test('what is shown twice lies there once, is read back to the byte, and goes with its session alone', async () => {
  const { dir, store, names } = opened()
  const [first] = await store.keep('one', [shown('a'), shown('a')])
  await store.keep('one', [shown('a')])
  await store.keep('one-2', [shown('b', 'application/x-odd')])
  if (first === undefined) throw new Error('it was kept')
  expect(first).toEqual({ kind: 'image', mediaType: 'image/png', sha256: expect.stringMatching(/^ca978112/), bytes: 1 })
  expect(await names()).toHaveLength(2)
  expect((await stat(join(dir, `one.${first.sha256}.png`))).mode & 0o777).toBe(0o600)
  expect((await store.load('one', first))?.toString()).toBe('a')
  expect(await store.load('two', first)).toBeUndefined()
  await writeFile(join(dir, 'one.jsonl'), '')
  await store.remove('one')
  expect(await names()).toEqual([expect.stringMatching(/^one-2\.[0-9a-f]{64}$/), 'one.jsonl'])
})

test('a file that somebody else has changed is shown to nobody', async () => {
  const { dir, store } = opened()
  const [first] = await store.keep('one', [shown('a')])
  if (first === undefined) throw new Error('it was kept')
  await writeFile(join(dir, `one.${first.sha256}.png`), 'b')
  expect(await store.load('one', first)).toBeUndefined()
})

test('of too much the oldest goes, and never what has just been shown', async () => {
  const { dir, store, names } = opened(10)
  const [old] = await store.keep('one', [shown('1234')])
  const [newer] = await store.keep('one', [shown('5678')])
  if (old === undefined || newer === undefined) throw new Error('they were kept')
  await utimes(join(dir, `one.${old.sha256}.png`), 1, 1)
  await store.keep('one', [shown('12345678901')])
  expect(await store.load('one', old)).toBeUndefined()
  expect(await names()).toHaveLength(1)
})

test('a transcript says what was shown, and what is no such thing is passed over', () => {
  const sha256 = 'ab'.repeat(32)
  const enclosure = { kind: 'document' as const, mediaType: 'application/pdf', sha256, bytes: 3, name: 'a.pdf' }
  const message = { role: 'user' as const, content: [], enclosures: [enclosure], timestamp: 1 }
  expect(readTranscript(messageLine(message))).toEqual([message])
  for (const bad of [
    { ...enclosure, sha256: '../../etc/passwd' },
    { ...enclosure, mediaType: 'a/../b' },
    { ...enclosure, kind: 'film' },
    null,
  ]) {
    const line = JSON.stringify({ ...message, enclosures: [bad] })
    expect(readTranscript(line)).toEqual([{ role: 'user', content: [], timestamp: 1 }])
  }
})
