// The short form of `npm run sim`: some schedules, the kept ones, and planted bugs at seeds that find them. More seeds by
// KEYCLAW_SIM_SEEDS.
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { BUGS, type Bug } from '../../sim/bugs.ts'
import { load, type Product } from '../../sim/load.ts'
import { partsOf, planOf, without } from '../../sim/plan.ts'
import { type Kept, play, shrunk } from '../../sim/shrink.ts'
import type { Played } from '../../sim/simulation.ts'

const SEEDS = Number(process.env.KEYCLAW_SIM_SEEDS ?? 6)
/** Looked through when none of those that are kept finds a bug any more: `npm run sim -- --bugs --write` finds new ones. */
const MORE_SEEDS = 150
const readSeeds = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../sim/seeds/${name}.json`, import.meta.url), 'utf8'))
const kept = readSeeds('kept') as Kept[]
const planted = readSeeds('planted') as Record<string, number[]>
const open = new Set(kept.filter(({ isOpen }) => isOpen === true).map(({ seed }) => seed))

let product: Product
beforeAll(async () => {
  product = await load()
})

const played = new Map<number, Promise<Played>>()
/** What comes of a seed without any bug; found out once. */
const soundly = (seed: number): Promise<Played> => {
  const known = played.get(seed) ?? play(product, { seed })
  played.set(seed, known)
  return known
}

const bugNamed = (id: string): Bug => {
  const bug = BUGS.find((one) => one.id === id)
  if (bug === undefined) throw new Error(`no bug is called ${id}`)
  return bug
}

test('every planted bug has its place in the code', () => {
  for (const { id, file, edits } of BUGS) {
    const text = readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8')
    for (const [from] of edits) expect(text.split(from).length - 1, `${id} in ${file}`).toBe(1)
  }
})

test('processes that crash, freeze and lose what they wrote keep every login, in schedule after schedule', {
  timeout: 5_400_000,
}, async () => {
  let schedules = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    if (open.has(seed)) continue
    expect([seed, (await soundly(seed)).violation]).toEqual([seed, undefined])
    schedules++
  }
  process.stdout.write(`sim ${schedules} schedules 0 violations\n`)
})

test('what was once found and mended stays mended', async () => {
  for (const one of kept.filter(({ isOpen }) => isOpen !== true)) {
    expect([one.about, (await play(product, one)).violation]).toEqual([one.about, undefined])
  }
})

test('a seed replays step for step', async () => {
  for (const seed of [3, 8]) expect(await play(product, { seed })).toEqual(await soundly(seed))
  expect((await soundly(3)).digest).not.toBe((await soundly(8)).digest)
})

/** Each is a build of the product of its own: a third of them each time, another third the next; all where figures are published. */
const PLANTED_HERE =
  process.env.KEYCLAW_WHOLE === '1' ? BUGS : BUGS.filter((_, at) => at % 3 === Math.floor(Date.now() / 1000) % 3)

test.each(PLANTED_HERE.map(({ id, says }) => [id, says]))('a planted bug is found: %s (%s)', async (id) => {
  const mistaken = await load(bugNamed(id))
  let found = false
  // Any of them: what a seed finds changes with every file that is read once more.
  const others = Array.from({ length: MORE_SEEDS }, (_, at) => at + 1)
  for (const seed of [...(planted[id] ?? []), ...others]) {
    if ((await play(mistaken, { seed })).violation === undefined) continue
    found = (await soundly(seed)).violation === undefined
    if (found) break
  }
  expect(found).toBe(true)
})

describe('the simulation itself', () => {
  test('a bug whose expression is gone is said so, and not taken for one that was not found', async () => {
    const stale: Bug = { id: 'stale', says: '', file: 'auth/refresh.ts', edits: [['what nobody ever wrote', '']] }
    await expect(load(stale)).rejects.toThrow(/"what nobody ever wrote" stands 0 times in src\/auth\/refresh.ts/)
    const elsewhere: Bug = { id: 'elsewhere', says: '', file: 'cli/run.ts', edits: [] }
    await expect(load(elsewhere)).rejects.toThrow(/is no part of what is simulated/)
  })

  test('code that goes around System is found', async () => {
    const ambient: Bug = {
      id: 'ambient',
      says: '',
      file: 'auth/refresh.ts',
      edits: [['at: system.now(),\n    ticks', 'at: Date.now(),\n    ticks']],
    }
    const found = await play(await load(ambient), { seed: 3 })
    expect(found.violation?.detail).toMatch(/Date\.now was used in a simulation/)
  })

  test('a failing case is made small and still breaks the same', async () => {
    const careless = await load(bugNamed('no-right'))
    const start = { seed: Math.max(...(planted['no-right'] ?? [])) }
    const small = await shrunk(careless, start)
    const left = partsOf(without(planOf(small.seed), small.without ?? []))
    expect(left.length).toBeLessThan(partsOf(planOf(start.seed)).length / 2)
    expect((await play(careless, small)).violation?.invariant).toBe((await play(careless, start)).violation?.invariant)
  })
})
