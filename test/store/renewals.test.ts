// The section 'refresh' of auth.json: claims and their ends, beside everything else that stands in the file.
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Claim, PastRenewal } from '../../src/core/renewal.ts'
import { createFilesBackend } from '../../src/store/files-backend.ts'
import { openRenewals, type RenewalStore } from '../../src/store/renewals.ts'
import { freshDir, machine, NOON } from '../support/machine.ts'

const ID = 'openai-codex:me'
const backend = createFilesBackend(machine({}).system, '/nowhere')

function fresh(value?: unknown): { store: RenewalStore; path: string; raw: () => Record<string, unknown> } {
  const path = join(freshDir(), 'auth.json')
  if (value !== undefined) writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value))
  return { store: openRenewals(backend, path), path, raw: () => JSON.parse(readFileSync(path, 'utf8')) }
}

const claim: Claim = { generation: 'a1', state: 'sent', at: NOON, ticks: 9, pid: 7, host: 'here', unknown: 1 }
const past = (generation: string, more: Partial<PastRenewal> = {}): PastRenewal => ({
  generation,
  outcome: 'renewed',
  at: NOON,
  pid: 7,
  host: 'here',
  ...more,
})

test('a claim is there until it is taken back, and each end of one is added to what is past', async () => {
  const { store, path } = fresh()
  expect((await store.read()).size).toBe(0)
  await store.change(ID, { claim })
  expect((await store.read()).get(ID)).toEqual({ claim, past: [] })
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const ended: Claim = { ...claim, state: 'refused', reason: 'gone' }
  await store.change(ID, { claim: ended, past: past('a1', { outcome: 'refused', detail: 'gone', next: 'a2' }) })
  expect((await store.read()).get(ID)).toEqual({
    claim: ended,
    past: [past('a1', { outcome: 'refused', detail: 'gone', next: 'a2' })],
  })
  await store.change(ID, { claim: undefined, past: past('a2') })
  expect((await store.read()).get(ID)?.claim).toBeUndefined()
  expect((await store.read()).get(ID)?.past.map(({ generation }) => generation)).toEqual(['a1', 'a2'])
})

test('of what is past the last twenty are kept', async () => {
  const { store } = fresh()
  for (let at = 0; at < 23; at++) await store.change(ID, { claim: undefined, past: past(String(at)) })
  const kept = (await store.read()).get(ID)?.past.map(({ generation }) => Number(generation))
  expect(kept).toEqual(Array.from({ length: 20 }, (_, at) => at + 3))
})

test('health, other profiles and what nobody here understands stay as they are', async () => {
  const other = { claim: { ...claim, note: 'theirs' }, past: [], future: 1 }
  const file = {
    version: 1,
    usageStats: { [ID]: { errorCount: 1 } },
    lastGood: { x: ID },
    refresh: { 'x:y': other },
    z: [1],
  }
  const { store, raw } = fresh({ ...file, refresh: { 'x:y': other, [ID]: { mine: true } } })
  await store.change(ID, { claim })
  expect(raw()).toEqual({ ...file, refresh: { 'x:y': other, [ID]: { mine: true, claim, past: [] } } })
})

test.each<[string, unknown]>([
  ['a section that is no object', { refresh: ['x'] }],
  ['an entry that is none', { refresh: { [ID]: 'x' } }],
  ['a claim without a generation', { refresh: { [ID]: { claim: { ...claim, generation: 1 }, past: 'x' } } }],
  ['ends of an unknown kind', { refresh: { [ID]: { past: [past('a', { outcome: 'odd' as never }), 'x', null] } } }],
])('%s says nothing, and the next claim is kept', async (_what, value) => {
  const { store } = fresh(value)
  const before = (await store.read()).get(ID)
  expect([before?.claim, before?.past ?? []]).toEqual([undefined, []])
  await store.change(ID, { claim })
  expect((await store.read()).get(ID)).toEqual({ claim, past: [] })
})

test('a state that is not known counts as sent: nobody knows what became of it', async () => {
  const { store } = fresh({
    refresh: { [ID]: { claim: { ...claim, state: 'later version', pid: 'x', host: 1, unknown: 'x' } } },
  })
  expect((await store.read()).get(ID)?.claim).toEqual({ ...claim, state: 'sent', pid: 0, host: '', unknown: 0 })
})

test('a file that cannot be read is not written over', async () => {
  const { store, path } = fresh('{"half')
  await expect(store.read()).rejects.toMatchObject({ code: 'unreadable_store' })
  await expect(store.change(ID, { claim })).rejects.toMatchObject({ code: 'unreadable_store' })
  expect(readFileSync(path, 'utf8')).toBe('{"half')
})
