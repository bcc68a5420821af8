// auth.json: health written behind, on top of what other processes wrote meanwhile.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Failure } from '../../src/core/failure.ts'
import { HEALTHY, restsUntil } from '../../src/core/health.ts'
import type { Usage } from '../../src/core/usage.ts'
import { createFilesBackend } from '../../src/store/files-backend.ts'
import { type HealthStore, openHealth } from '../../src/store/health.ts'
import type { System } from '../../src/system/system.ts'
import { freshDir, type Machine, machine, NOON } from '../support/machine.ts'

type Opened = {
  health: HealthStore
  machine: Machine
  raw: () => Record<string, Record<string, Record<string, unknown>>>
  path: string
  dir: string
}

function opened(value?: unknown, dir = freshDir(), parts: Partial<System> = {}): Opened {
  const path = join(dir, 'auth.json')
  if (value !== undefined) writeFileSync(path, JSON.stringify(value))
  const own = machine({ parts })
  const backend = createFilesBackend(own.system, dir)
  return {
    health: openHealth(own.system, backend, path),
    machine: own,
    raw: () => JSON.parse(readFileSync(path, 'utf8')),
    path,
    dir,
  }
}

const limited: Failure = { class: 'rate_limit', scope: 'account', detail: '' }
const ofModel: Failure = { class: 'rate_limit', scope: 'model', detail: '' }
const broke: Failure = { class: 'billing', scope: 'account', detail: '' }

test('a mark counts at once and is on disk after a flush', async () => {
  const { health, raw, path } = opened()
  await health.load({})
  health.apply('a:1', { kind: 'failed', at: NOON, failure: limited })
  expect(restsUntil(health.get('a:1'), NOON)).toBe(NOON + 60_000)
  expect(existsSync(path)).toBe(false)
  await health.flush()
  expect(raw().usageStats?.['a:1']).toEqual({
    errorCount: 1,
    failureCounts: { rate_limit: 1 },
    lastFailureAt: NOON,
    cooldownUntil: NOON + 60_000,
    cooldownReason: 'rate_limit',
  })
})

test('a mark is written by itself a moment later', async () => {
  const { health, path } = opened()
  await health.load({})
  health.apply('a:1', { kind: 'used', at: NOON }, 'a')
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 10))
  const next = opened(undefined, join(path, '..'))
  await next.health.load({})
  expect(next.health.get('a:1').lastUsedAt).toBe(NOON)
  expect(next.health.lastGood('a')).toBe('a:1')
})

test('what two processes noted of two profiles, and of one, is all there', async () => {
  const one = opened()
  const two = opened(undefined, one.dir)
  await one.health.load({})
  await two.health.load({})
  one.health.apply('a:1', { kind: 'failed', at: NOON, failure: limited })
  two.health.apply('a:2', { kind: 'failed', at: NOON, failure: broke })
  two.health.apply('a:1', { kind: 'used', at: NOON - 5000 })
  await Promise.all([one.health.flush(), two.health.flush()])
  const stats = one.raw().usageStats
  expect(stats?.['a:1']).toMatchObject({ cooldownUntil: NOON + 60_000, lastUsed: NOON - 5000 })
  expect(stats?.['a:2']).toMatchObject({ disabledUntil: NOON + 5 * 3_600_000, disabledReason: 'billing' })
  await two.health.load({})
  expect(restsUntil(two.health.get('a:1'), NOON)).toBe(NOON + 60_000)
})

test('a window that another process has opened is not opened again', async () => {
  // Written when the test says so: on a busy machine the second one would not wait for the first.
  const parts = { timer: () => ({ cancel: () => undefined }) }
  const one = opened(undefined, freshDir(), parts)
  const two = opened(undefined, one.dir, parts)
  await one.health.load({})
  await two.health.load({})
  one.health.apply('a:1', { kind: 'failed', at: NOON, failure: limited })
  two.health.apply('a:1', { kind: 'failed', at: NOON + 100, failure: limited })
  await one.health.flush()
  await two.health.flush()
  expect(one.raw().usageStats?.['a:1']).toMatchObject({ errorCount: 1, cooldownUntil: NOON + 60_000 })
})

test('unknown fields of an entry and of the file survive', async () => {
  const { health, raw } = opened({
    version: 1,
    claims: { x: 1 },
    usageStats: { 'a:1': { theirs: 'opus', errorCount: 0, models: { opus: { theirs: 1, errorCount: 1 } } } },
  })
  await health.load({})
  health.apply('a:1', { kind: 'failed', at: NOON, failure: limited })
  health.apply('a:1', { kind: 'failed', at: NOON, failure: ofModel, model: 'opus' })
  await health.flush()
  expect(raw()).toMatchObject({
    claims: { x: 1 },
    usageStats: { 'a:1': { theirs: 'opus', errorCount: 1, models: { opus: { theirs: 1, errorCount: 2 } } } },
  })
})

const modelsIn = (raw: ReturnType<Opened['raw']>): string[] => Object.keys(raw.usageStats?.['a:1']?.models ?? {})

describe('the rest of one model', () => {
  test('stands within the entry of its profile, and is there in the next process', async () => {
    const one = opened({ version: 1, usageStats: { 'a:1': { lastUsed: NOON - 5, errorCount: 0 } } })
    await one.health.load({})
    one.health.apply('a:1', { kind: 'failed', at: NOON, failure: ofModel, model: 'opus' })
    await one.health.flush()
    expect(one.raw().usageStats?.['a:1']).toEqual({
      lastUsed: NOON - 5,
      errorCount: 0,
      models: {
        opus: {
          errorCount: 1,
          failureCounts: { rate_limit: 1 },
          lastFailureAt: NOON,
          cooldownUntil: NOON + 60_000,
          cooldownReason: 'rate_limit',
        },
      },
    })
    const two = opened(undefined, one.dir)
    await two.health.load({})
    expect(two.health.get('a:1')).toEqual(one.health.get('a:1'))
    expect(restsUntil(two.health.get('a:1'), NOON, 'opus')).toBe(NOON + 60_000)
    expect(restsUntil(two.health.get('a:1'), NOON, 'haiku')).toBe(0)
  })

  test('joins what another process has written of the same profile and of other models', async () => {
    const one = opened()
    const two = opened(undefined, one.dir)
    await Promise.all([one.health.load({}), two.health.load({})])
    one.health.apply('a:1', { kind: 'failed', at: NOON, failure: ofModel, model: 'opus' })
    two.health.apply('a:1', { kind: 'failed', at: NOON, failure: ofModel, model: 'haiku' })
    two.health.apply('a:1', { kind: 'failed', at: NOON, failure: limited })
    await one.health.flush()
    await two.health.flush()
    expect(modelsIn(one.raw()).sort()).toEqual(['haiku', 'opus'])
    expect(one.raw().usageStats?.['a:1']).toMatchObject({ errorCount: 1 })
    // The first has not heard of it, and serves that very model: what was said before that is over.
    one.health.apply('a:1', { kind: 'used', at: NOON + 1, model: 'haiku' })
    one.health.apply('a:1', { kind: 'used', at: NOON + 2, model: 'sonnet' })
    await one.health.flush()
    expect(modelsIn(one.raw())).toEqual(['opus'])
  })

  test('goes with a reset, and with the profile', async () => {
    const { health, raw } = opened()
    await health.load({})
    for (const id of ['a:1', 'a:2']) health.apply(id, { kind: 'failed', at: NOON, failure: ofModel, model: 'opus' })
    await health.flush()
    health.apply('a:1', { kind: 'reset', at: NOON + 1 })
    await health.flush()
    await health.forget('a:2')
    expect(raw().usageStats).toEqual({ 'a:1': { errorCount: 0 } })
  })

  test('is read as the reference writes it, and a rest of the whole account that follows is not mistaken for one', async () => {
    const cooling = { errorCount: 1, cooldownUntil: NOON + 60_000, cooldownReason: 'rate_limit', cooldownModel: 'opus' }
    const { health, raw } = opened({ version: 1, usageStats: { 'a:1': { ...cooling, lastUsed: NOON - 9 } } })
    await health.load({})
    expect(restsUntil(health.get('a:1'), NOON)).toBe(0)
    expect(restsUntil(health.get('a:1'), NOON, 'opus')).toBe(NOON + 60_000)
    health.apply('a:1', { kind: 'failed', at: NOON, failure: limited })
    await health.flush()
    const entry = raw().usageStats?.['a:1'] as Record<string, unknown>
    expect(entry).toMatchObject({
      cooldownUntil: NOON + 60_000,
      lastUsed: NOON - 9,
      models: { opus: { errorCount: 1 } },
    })
    expect(entry).not.toHaveProperty('cooldownModel')
  })

  test('of names that no object should have is one like any other', async () => {
    const { health, raw, dir } = opened()
    await health.load({})
    for (const model of ['__proto__', 'constructor', 'toString'])
      health.apply('a:1', { kind: 'failed', at: NOON, failure: ofModel, model })
    await health.flush()
    expect(modelsIn(raw())).toHaveLength(3)
    const again = opened(undefined, dir)
    await again.health.load({})
    for (const model of ['__proto__', 'constructor', 'toString'])
      expect(restsUntil(again.health.get('a:1'), NOON, model)).toBe(NOON + 60_000)
    expect(restsUntil(again.health.get('a:1'), NOON, 'valueOf')).toBe(0)
  })
})

test('what the reference wrote beside the profiles counts until we have written ourselves, and is carried over then', async () => {
  const { health, raw } = opened()
  const usage = { 'a:1': { disabledUntil: NOON + 99, disabledReason: 'billing', errorCount: 1 } }
  await health.load(usage)
  expect(restsUntil(health.get('a:1'), NOON)).toBe(NOON + 99)
  health.apply('a:1', { kind: 'probed', at: NOON })
  await health.flush()
  expect(raw().usageStats?.['a:1']).toMatchObject({ disabledUntil: NOON + 99, lastProbeAt: NOON })
  await health.load(usage)
  expect(restsUntil(health.get('a:1'), NOON)).toBe(NOON + 99)
})

test('values that cannot be are ignored', async () => {
  const entry = {
    lastUsed: '7',
    cooldownUntil: 1e300,
    disabledUntil: -5,
    lastFailureAt: null,
    errorCount: -3,
    failureCounts: { a: -1, b: 1.5, c: 'x', d: 2 },
    disabledReason: 5,
  }
  const { health } = opened({ usageStats: { 'a:1': entry, 'a:2': [], 'a:3': 'x' } })
  await health.load({})
  expect(health.get('a:1')).toEqual({ errorCount: 0, failureCounts: { d: 2 } })
  expect(health.get('a:2')).toBe(HEALTHY)
})

test('an unreadable file is not written over; the marks stay and are written once it is mended', async () => {
  const { health, path, raw } = opened()
  await health.load({})
  writeFileSync(path, '{ torn')
  health.apply('a:1', { kind: 'failed', at: NOON, failure: limited })
  await expect(health.flush()).rejects.toMatchObject({ code: 'unreadable_store' })
  expect(readFileSync(path, 'utf8')).toBe('{ torn')
  writeFileSync(path, '{}')
  await health.flush()
  expect(raw().usageStats?.['a:1']).toMatchObject({ errorCount: 1 })
})

test('a mark made while the file is read or written is not lost from memory', async () => {
  const { system } = machine({})
  let hold: Promise<void> = Promise.resolve()
  const slow = {
    ...system.files,
    read: async (path: string, max?: number) => {
      const file = await system.files.read(path, max)
      if (path.endsWith('auth.json')) await hold
      return file
    },
  }
  const { health } = opened({ usageStats: {} }, freshDir(), { files: slow })
  await health.load({})
  let go: () => void = () => undefined
  hold = new Promise((resolve) => {
    go = resolve
  })
  const loading = health.load({})
  health.apply('a:1', { kind: 'failed', at: NOON, failure: limited })
  const flushing = health.flush()
  go()
  await Promise.all([loading, flushing])
  expect(restsUntil(health.get('a:1'), NOON)).toBe(NOON + 60_000)
})

describe('forgetting a profile', () => {
  test('drops its marks and the mention as the last good one', async () => {
    const { health, raw } = opened({
      usageStats: { 'a:1': { errorCount: 1 }, 'a:2': { errorCount: 2 } },
      lastGood: { a: 'a:1', b: 'a:2' },
    })
    await health.load({})
    await health.forget('a:1')
    expect(raw()).toEqual({ usageStats: { 'a:2': { errorCount: 2 } }, lastGood: { b: 'a:2' } })
    expect(health.get('a:1')).toBe(HEALTHY)
    expect(health.lastGood('a')).toBeUndefined()
  })

  test('is not undone by marks that were still to be written, or being written', async () => {
    const { health, raw } = opened({ usageStats: {} })
    await health.load({})
    health.apply('a:1', { kind: 'used', at: NOON }, 'a')
    const writing = health.flush()
    health.apply('a:1', { kind: 'failed', at: NOON + 1, failure: limited })
    await health.forget('a:1')
    await writing
    await health.flush()
    expect(raw()).toMatchObject({ usageStats: {} })
    expect(JSON.stringify(raw())).not.toContain('a:1')
  })

  test('makes no file where there is none', async () => {
    const { health, path } = opened()
    await health.load({})
    await health.forget('a:1')
    expect(existsSync(path)).toBe(false)
  })
})

test('credentials of the old shape of the file are seen, and kept through every mark', async () => {
  const old = {
    anthropic: { type: 'api_key', provider: 'anthropic', key: 'sk-ant-api03-old', metadata: { x: 1 } },
    strange: { type: 'future', blob: 1 },
  }
  const { health, raw } = opened(old)
  await health.load({})
  expect(health.isOld()).toBe(true)
  health.apply('anthropic:default', { kind: 'used', at: NOON })
  await health.flush()
  expect(raw()).toMatchObject(old)
  expect(raw().usageStats).toHaveProperty('anthropic:default')
})

describe('the usage of an account', () => {
  const usage = (at: number, used: number): Usage => ({ at, windows: [{ name: '5h', used, resetAt: NOON + 9000 }] })

  test('is read when somebody wants to know it, and written once, with all that came before', async () => {
    const { health, raw } = opened({ version: 1, claims: { x: 1 } })
    await health.load({})
    let reads = 0
    for (let call = 1; call <= 100; call++) {
      health.heard('a:1', () => {
        reads++
        return usage(NOON + call, call / 100)
      })
    }
    expect(reads).toBe(0)
    expect(health.usage('a:1')).toEqual(usage(NOON + 100, 1))
    health.heard('a:2', (known) => known)
    health.heard('a:2', () => usage(NOON, 0.5))
    await health.flush()
    expect([reads, health.usage('a:1')]).toEqual([1, usage(NOON + 100, 1)])
    expect(raw()).toEqual({
      version: 1,
      claims: { x: 1 },
      usageStats: {},
      usageWindows: { 'a:1': usage(NOON + 100, 1), 'a:2': usage(NOON, 0.5) },
    })
  })

  test('is written by itself, and is there in the next process', async () => {
    const { health, path, dir } = opened()
    await health.load({})
    health.heard('a:1', () => usage(NOON, 0.5))
    while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 10))
    const next = opened(undefined, dir)
    await next.health.load({})
    expect(next.health.usage('a:1')).toEqual(usage(NOON, 0.5))
  })

  test('is what was said last, whoever heard it and whoever writes first', async () => {
    const one = opened()
    const two = opened(undefined, one.dir)
    await one.health.load({})
    await two.health.load({})
    one.health.heard('a:1', () => usage(NOON + 5, 0.5))
    two.health.heard('a:1', () => usage(NOON, 0.1))
    two.health.heard('a:2', () => usage(NOON, 0.2))
    await one.health.flush()
    await two.health.flush()
    expect(one.raw().usageWindows).toEqual({ 'a:1': usage(NOON + 5, 0.5), 'a:2': usage(NOON, 0.2) })
    for (const { health } of [one, two]) {
      await health.load({})
      expect(health.usage('a:1')).toEqual(usage(NOON + 5, 0.5))
      expect(health.usage('a:2')).toEqual(usage(NOON, 0.2))
    }
    // What is not written yet is not lost to what is read.
    one.health.heard('a:2', () => usage(NOON + 9, 0.9))
    await one.health.load({})
    expect(one.health.usage('a:2')).toEqual(usage(NOON + 9, 0.9))
    await one.health.load({})
    expect(one.health.usage('a:2')).toEqual(usage(NOON + 9, 0.9))
  })

  test('stays to be written when the file cannot be, and is forgotten with its profile', async () => {
    const { health, path, raw } = opened()
    await health.load({})
    writeFileSync(path, '{ torn')
    health.heard('a:1', () => usage(NOON, 0.5))
    await expect(health.flush()).rejects.toMatchObject({ code: 'unreadable_store' })
    writeFileSync(path, '{}')
    await health.flush()
    expect(raw().usageWindows).toHaveProperty('a:1')
    health.heard('a:1', () => usage(NOON, 0.6))
    await health.forget('a:1')
    await health.flush()
    expect([health.usage('a:1'), raw().usageWindows]).toEqual([undefined, {}])
  })

  test('that makes no sense is none, and that of others who forgot it is gone', async () => {
    const { health, path } = opened({ usageWindows: { 'a:1': { at: 'x' }, 'a:2': 5, 'a:3': usage(NOON, 0.5) } })
    await health.load({})
    expect(['a:1', 'a:2', 'a:3'].map((id) => health.usage(id)?.at)).toEqual([undefined, undefined, NOON])
    writeFileSync(path, '{"usageWindows":[]}')
    await health.load({})
    expect(health.usage('a:3')).toBeUndefined()
  })
})
