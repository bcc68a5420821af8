// One JSON document: what we do not understand stays, what cannot be understood is left alone.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Document, openDocument } from '../../src/store/document.ts'
import { createFilesBackend } from '../../src/store/files-backend.ts'
import { freshDir, machine } from '../support/machine.ts'
import { holds } from '../support/seeds.ts'

const backend = createFilesBackend(machine({}).system, '/nowhere')

function fresh(text?: string): { document: Document; path: string } {
  const path = join(freshDir(), 'x.json')
  if (text !== undefined) writeFileSync(path, text)
  return { document: openDocument(backend, path), path }
}

describe('what is no JSON object is refused by reading and by changing, and stays byte for byte', () => {
  test.each<[string, string]>([
    ['an empty file', ''],
    ['white space', ' \n'],
    ['a cut file', '{"version":1,"profiles":{"a":{"ty'],
    ['text', 'hello'],
    ['a list', '[]'],
    ['a number', '7'],
    ['null', 'null'],
    ['two values', '{}{}'],
    ['a trailing comma', '{"a":1,}'],
    ['NUL bytes', '\0\0\0\0'],
  ])('%s', async (_what, text) => {
    const { document, path } = fresh(text)
    const refusal = {
      code: 'unreadable_store',
      message: expect.stringContaining(path),
      remedy: expect.stringContaining('mv -i'),
    }
    await expect(document.read()).rejects.toMatchObject(refusal)
    await expect(document.change(() => 'x')).rejects.toMatchObject(refusal)
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  test('a directory', async () => {
    const { document, path } = fresh()
    mkdirSync(path)
    await expect(document.change(() => 'x')).rejects.toMatchObject({ code: 'unreadable_store' })
  })
})

test('a byte order mark is read over', async () => {
  const { document } = fresh('\uFEFF{"a":1}')
  expect(await document.read()).toEqual({ a: 1 })
})

test('a document that does not exist is empty, and is written only when something is in it or was asked for', async () => {
  const { document, path } = fresh()
  expect(await document.read()).toEqual({})
  expect(await document.change((draft) => Object.keys(draft).length)).toBe(0)
  rmSync(path, { force: true })
  await document.change((draft) => {
    draft.a = 1
  })
  expect(readFileSync(path, 'utf8')).toBe('{\n  "a": 1\n}\n')
})

test('a change that changes nothing leaves the bytes as they are', async () => {
  const { document, path } = fresh('{"b":1,   "a":[ ]}')
  expect(await document.change((draft) => draft.b)).toBe(1)
  expect(readFileSync(path, 'utf8')).toBe('{"b":1,   "a":[ ]}')
})

test('whatever else stands in the document survives a change of one field', async () => {
  const { document, path } = fresh()
  await holds(
    fc.asyncProperty(
      fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), fc.jsonValue()),
      fc.jsonValue(),
      async (value, mine) => {
        const text = JSON.stringify(value)
        writeFileSync(path, text)
        await document.change((draft) => {
          draft.mine = mine
        })
        const after = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
        const before = JSON.parse(text) as Record<string, unknown>
        for (const key of Object.keys(before)) {
          if (key !== 'mine')
            expect(Object.getOwnPropertyDescriptor(after, key)?.value).toEqual(
              Object.getOwnPropertyDescriptor(before, key)?.value,
            )
        }
        expect(after.mine).toEqual(JSON.parse(JSON.stringify(mine)))
      },
    ),
    150,
  )
})
