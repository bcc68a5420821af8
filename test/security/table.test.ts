// S2: the table beside this file holds every class once, and names tests that exist.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../support/installation.ts'

const CLASSES = 44

test('the table of classes holds each of them once, with a test that exists or what it waits for', async () => {
  const table = await readFile(join(ROOT, 'test/security/README.md'), 'utf8')
  const rows = [...table.matchAll(/^\| V(\d+) \| [^|]+ \| ([^|]+) \|$/gm)]
  expect(rows.map(([, number]) => Number(number))).toEqual(Array.from({ length: CLASSES }, (_, at) => at + 1))
  for (const [, number, where = ''] of rows) {
    const file = /`([^`]+)`/.exec(where)?.[1]
    if (file === undefined) {
      expect(where, `V${number}`).toMatch(/^due: /)
      continue
    }
    const text = await readFile(join(ROOT, file), 'utf8')
    if (file.startsWith('test/security/') && !where.startsWith('due'))
      expect(text, `V${number}`).toContain(`V${number}`)
  }
})
