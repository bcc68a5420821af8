// The file of what prompt caches gave: gathered, bounded, private, and never in the way.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { CacheTurn } from '../../src/core/cache-turn.ts'
import { CACHE_TURNS_BYTES, openCacheTurns } from '../../src/store/cache-turns.ts'
import { createSystem } from '../../src/system/system.ts'

const turn = (at: number): CacheTurn => ({
  at,
  session: 'agent:main:main',
  isRelayed: false,
  model: 'anthropic/claude-opus-4-6',
  profile: 'anthropic:a',
  input: 10,
  cacheRead: 60,
  cacheWrite: 30,
})

async function fresh() {
  const folder = await mkdtemp(join(tmpdir(), 'keyclaw-turns-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'sessions', 'prompt-cache.log')
  const system = createSystem({ logLevel: 'silent' })
  return { path, open: () => openCacheTurns(system, path) }
}

test('turns are read back in order, also those that are not written yet', async () => {
  const { path, open } = await fresh()
  const turns = open()
  expect(await turns.read()).toEqual([])
  turns.record(turn(1))
  turns.record(turn(2))
  expect((await turns.read()).map(({ at }) => at)).toEqual([1, 2])
  await turns.flush()
  expect(await open().read()).toEqual([turn(1), turn(2)])
  expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600')
  await turns.flush()
  expect(await turns.read()).toHaveLength(2)
})

test('the file has an end: what is older lies beside it, what is older than that is gone', async () => {
  const { path, open } = await fresh()
  const turns = open()
  const each = JSON.stringify(turn(0)).length + 1
  const many = Math.ceil((CACHE_TURNS_BYTES * 2.5) / each)
  for (let at = 0; at < many; at++) {
    turns.record(turn(at))
    if (at % 1000 === 999) await turns.flush()
  }
  await turns.flush()
  for (const name of [path, `${path}.1`]) expect((await stat(name)).size).toBeLessThanOrEqual(CACHE_TURNS_BYTES)
  const kept = (await open().read()).map(({ at }) => at)
  expect(kept.at(-1)).toBe(many - 1)
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => many - kept.length + index))
  expect(kept.length).toBeLessThan(many)
})

test('lines that are no turns, and one that was cut off, are passed over', async () => {
  const { path, open } = await fresh()
  const turns = open()
  turns.record(turn(1))
  await turns.flush()
  await writeFile(path, `${await readFile(path, 'utf8')}nonsense\n{"at":3}\n{"at":4,"ses`)
  turns.record(turn(5))
  await turns.flush()
  expect((await open().read()).map(({ at }) => at)).toEqual([1, 5])
})

test('a flood is cut, not kept', async () => {
  const { open } = await fresh()
  const turns = open()
  for (let at = 0; at < 10_000; at++) turns.record(turn(at))
  expect((await turns.read()).length).toBe(4096)
})

test('a file that cannot be written stops nobody', async () => {
  const { path, open } = await fresh()
  await writeFile(join(path, '..', '..', 'sessions'), 'a file where the folder should be')
  const turns = open()
  turns.record(turn(1))
  await expect(turns.flush()).resolves.toBeUndefined()
})
