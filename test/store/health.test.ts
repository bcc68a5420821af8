// auth.json: health written behind, on top of what other processes wrote meanwhile; and credentials of its old shape.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Failure } from '../../src/core/failure.ts'
import { HEALTHY, restsUntil } from '../../src/core/health.ts'
import { createFilesBackend } from '../../src/store/files-backend.ts'
import { type HealthStore, openHealth } from '../../src/store/health.ts'
import { openProfiles, type ProfileStore } from '../../src/store/profiles.ts'
import type { System } from '../../src/system/system.ts'
import { freshDir, type Machine, machine, NOON } from '../support/machine.ts'

type Opened = {
  health: HealthStore
  profiles: ProfileStore
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
  const profiles = openProfiles(backend, join(dir, 'auth-profiles.json'))
  return {
    health: openHealth(own.system, backend, path, profiles),
    profiles,
    machine: own,
    raw: () => JSON.parse(readFileSync(path, 'utf8')),
    path,
    dir,
  }
}

const limited: Failure = { class: 'rate_limit', scope: 'account', detail: '' }
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
  const one = opened()
  const two = opened(undefined, one.dir)
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
    usageStats: { 'a:1': { cooldownModel: 'opus', errorCount: 0 } },
  })
  await health.load({})
  health.apply('a:1', { kind: 'failed', at: NOON, failure: limited })
  await health.flush()
  expect(raw()).toMatchObject({ claims: { x: 1 }, usageStats: { 'a:1': { cooldownModel: 'opus', errorCount: 1 } } })
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

describe('the old shape of the file', () => {
  const OLD = {
    anthropic: { type: 'api_key', provider: 'anthropic', key: 'sk-ant-api03-old', metadata: { x: 1 } },
    'openai-codex': { type: 'oauth', access: 'a', refresh: 'r', expires: NOON, projectId: 'p' },
    strange: { type: 'future', blob: 1 },
  }

  test('is read as <provider>:default, and reading writes nothing', async () => {
    const { health, path } = opened(OLD)
    await health.load({})
    expect(health.legacy().map(({ id, credential }) => [id, credential.kind])).toEqual([
      ['anthropic:default', 'api_key'],
      ['openai-codex:default', 'oauth'],
    ])
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(OLD)
  })

  test.each<[string, (opened: Opened) => Promise<void>]>([
    [
      'at the first mark',
      async ({ health }) => {
        health.apply('anthropic:default', { kind: 'used', at: NOON })
        await health.flush()
      },
    ],
    ['when a verb asks for it', ({ health }) => health.importLegacy()],
  ])('is moved with every field %s', async (_when, act) => {
    const place = opened(OLD)
    await place.health.load({})
    await act(place)
    const stored = JSON.parse(readFileSync(join(place.dir, 'auth-profiles.json'), 'utf8'))
    expect(stored.profiles).toEqual({
      'anthropic:default': OLD.anthropic,
      'openai-codex:default': { ...OLD['openai-codex'], provider: 'openai-codex' },
    })
    expect(Object.keys(place.raw())).not.toContain('anthropic')
    expect(place.raw().strange).toEqual(OLD.strange)
    expect(JSON.stringify(place.raw())).not.toContain('sk-ant')
    await place.health.load({})
    expect(place.health.legacy()).toEqual([])
  })

  test('never replaces a profile that stands there with another secret', async () => {
    const place = opened(OLD)
    const mine = { type: 'api_key', provider: 'anthropic', key: 'sk-ant-api03-mine' }
    writeFileSync(join(place.dir, 'auth-profiles.json'), JSON.stringify({ profiles: { 'anthropic:default': mine } }))
    await place.health.importLegacy()
    const { profiles } = JSON.parse(readFileSync(join(place.dir, 'auth-profiles.json'), 'utf8'))
    expect(profiles['anthropic:default']).toEqual(mine)
    expect(profiles['anthropic:imported']).toEqual(OLD.anthropic)
  })

  test('is there after a kill between the two writes, once, and the next write finishes', async () => {
    const { system } = machine({})
    let killed = false
    const files = {
      ...system.files,
      writeDurable: (path: string, text: string) => {
        if (path.endsWith('auth.json') && !killed) {
          killed = true
          return Promise.reject(new Error('killed'))
        }
        return system.files.writeDurable(path, text)
      },
    }
    const place = opened(OLD, freshDir(), { files })
    await expect(place.health.importLegacy()).rejects.toThrow()
    expect(JSON.parse(readFileSync(place.path, 'utf8'))).toEqual(OLD)
    expect((await place.profiles.read()).profiles).toHaveLength(2)
    const next = opened(undefined, place.dir)
    await next.health.importLegacy()
    expect((await next.profiles.read()).profiles.map(({ id }) => id)).toEqual([
      'anthropic:default',
      'openai-codex:default',
    ])
    expect(next.raw()).toEqual({ version: 1, strange: OLD.strange })
  })

  test('stays where it is while the profiles cannot be read', async () => {
    const place = opened(OLD)
    mkdirSync(join(place.dir, 'auth-profiles.json'))
    await expect(place.health.importLegacy()).rejects.toMatchObject({ code: 'unreadable_store' })
    expect(JSON.parse(readFileSync(place.path, 'utf8'))).toEqual(OLD)
  })
})

test('a failure that is dated after a success, as the clock was set back, is written with it', async () => {
  const { health, raw } = opened()
  await health.load({})
  health.apply('a:1', { kind: 'failed', at: NOON + 100_000, failure: limited })
  health.apply('a:1', { kind: 'probed', at: NOON })
  health.apply('a:1', { kind: 'used', at: NOON })
  const inMemory = health.get('a:1')
  await health.flush()
  expect(raw().usageStats?.['a:1']).toMatchObject({ lastFailureAt: NOON + 100_000, lastProbeAt: NOON, lastUsed: NOON })
  await health.load({})
  expect(health.get('a:1')).toEqual(inMemory)
})
