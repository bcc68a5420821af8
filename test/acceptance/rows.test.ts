// What the five documents promise, row by row (R1 to R145), and where the reference is weak (F1 to F13): each has a test that exists and
// runs, a block of the documents that is run, or a page, or waits for an issue. What waits is pinned, so that it can only become less.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../support/installation.ts'
import { BLOCKS } from './seeds/blocks.ts'

/** `says` in a few words of ours. A proof is `file > name of a test`, `block > line of a document`, or `page#heading`. */
type Row = { row: string; says: string; proof?: string[]; waits?: string }

const { rows, faults }: { rows: Row[]; faults: Row[] } = JSON.parse(
  readFileSync(new URL('./rows.json', import.meta.url), 'utf8'),
)

/** Whoever builds one of these takes it out here and in rows.json; nothing is added. */
const WAITING: readonly string[] = []

const sources = new Map<string, string | undefined>()

function sourceOf(path: string): string | undefined {
  if (!sources.has(path)) {
    const file = join(ROOT, path)
    sources.set(path, existsSync(file) ? readFileSync(file, 'utf8') : undefined)
  }
  return sources.get(path)
}

/** What stands before the name of a test or a group that runs: `test(`, `it.each(table)(`, `describe.skipIf(none)(`. */
const OPENS = /(?:\b(?:test|it|describe)(?:\.(?:each|concurrent|runIf\(.*\)|skipIf\(.*\)))*|\))\($/

function complaintAboutTest(path: string, name: string): string | undefined {
  const source = sourceOf(path)
  if (source === undefined) return 'there is no such file'
  const forms = [`'${name}'`, `"${name}"`, `\`${name}\``, `'${name.replaceAll("'", "\\'")}'`]
  const places = forms.flatMap((form) => [...source.matchAll(literal(form))].map(({ index }) => index))
  const before = places.map((at) => source.slice(source.lastIndexOf('\n', at) + 1, at).trim())
  const openings = before.filter((text) => OPENS.test(text))
  if (/\bdescribe\.(?:skip|todo)\b/.test(source)) return 'groups of this file do not run'
  if (openings.length === 0) return 'there is no test of this name'
  return openings.some((text) => /\.(?:skip|todo|fails|only)\b/.test(text)) ? 'it does not run' : undefined
}

function literal(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'g')
}

/** As links to headings are written. */
function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

function complaintAbout(proof: string): string | undefined {
  const [where = '', name = ''] = proof.split(/ > (.*)/s)
  if (where === 'block') {
    const found = BLOCKS.some(({ lines }) => lines.includes(name))
    return found ? undefined : 'no document has such a line'
  }
  if (where.endsWith('.test.ts')) return complaintAboutTest(where, name)
  const [path = '', anchor = ''] = where.split('#')
  const page = sourceOf(path)
  if (page === undefined || !path.endsWith('.md')) return 'there is no such page'
  return anchorsOf(page).includes(anchor) ? undefined : 'the page has no such heading'
}

test('every row is there once, in its place, in a few words', () => {
  expect(rows.map(({ row }) => row)).toEqual(Array.from({ length: 145 }, (_, at) => `R${at + 1}`))
  expect(faults.map(({ row }) => row)).toEqual(Array.from({ length: 13 }, (_, at) => `F${at + 1}`))
  for (const { row, says } of [...rows, ...faults]) expect(says, row).toMatch(/^.{8,120}$/)
})

test('every proof exists and runs', () => {
  const complaints = [...rows, ...faults].flatMap(({ row, proof = [] }) =>
    proof.flatMap((one) => {
      const complaint = complaintAbout(one)
      return complaint === undefined ? [] : [`${row}: ${one}: ${complaint}`]
    }),
  )
  expect(complaints).toEqual([])
})

test('no row is without proof, but for those that wait', () => {
  const waiting = [...rows, ...faults].filter(({ waits }) => waits !== undefined)
  process.stdout.write(`rows that wait (${waiting.length}), by issue:\n`)
  for (const { row, says, waits } of waiting) process.stdout.write(`  ${row} ${says}: ${waits}\n`)
  for (const { row, proof = [], waits } of [...rows, ...faults]) {
    if (waits === undefined) expect(proof, row).not.toEqual([])
    else expect(waits, row).toMatch(/^\d+: ./)
  }
  expect(waiting.map(({ row }) => row)).toEqual(WAITING)
})

test('a proof that is none is seen', () => {
  for (const none of [
    'test/acceptance/rows.test.ts > every proof',
    'test/acceptance/nothing.test.ts > every proof exists and runs',
    'block > openclaw fly',
    'docs/authentication.md#nowhere',
    'docs/nowhere.md#nowhere',
    'src/main.ts#nowhere',
  ]) {
    expect(complaintAbout(none), none).toBeDefined()
  }
  expect(complaintAbout('test/acceptance/rows.test.ts > every proof exists and runs')).toBeUndefined()
})
