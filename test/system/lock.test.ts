// Exclusion between processes, with both kinds of lock, and whatever is done to the files of the lock.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, uptime } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLocks, type Locks } from '../../src/system/lock.ts'
import { bundleWorker } from '../support/bundle.ts'
import { freshDir } from '../support/machine.ts'
import { dice, swarm } from '../support/swarm.ts'

let bundle = ''
beforeAll(async () => {
  bundle = await bundleWorker('lock-worker')
})
afterAll(() => rmSync(dirname(bundle), { recursive: true, force: true }))

const STEPS = Number(process.env.KEYCLAW_LOCK_STEPS ?? 14)
const PROCESSES = 8

describe.each<[string, (slot: number) => string]>([
  ['kernel locks', () => 'kernel'],
  ['portable locks', () => 'portable'],
  ['both kinds mixed', (slot) => (slot % 2 === 0 ? 'kernel' : 'portable')],
])('%s', (_name, mechanismOf) => {
  test('eight processes that are killed at random lose no step and make none twice', { timeout: 120_000 }, async () => {
    const dir = freshDir()
    const seen: number[] = []
    const report = await swarm({
      bundle,
      processes: PROCESSES,
      goal: STEPS,
      killEvery: 30,
      random: dice(7),
      args: (slot, done) => [dir, mechanismOf(slot), String(done), String(STEPS)],
      onLine: (_slot, line) => seen.push(Number(line)),
    })
    expect(report.kills).toBeGreaterThan(0)
    expect(seen.length).toBeGreaterThanOrEqual(PROCESSES * STEPS)
    expect(new Set(seen).size).toBe(seen.length)
    expect(Number(readFileSync(join(dir, 'counter'), 'utf8'))).toBeGreaterThanOrEqual(Math.max(...seen))
    await locks('kernel').hold(join(dir, 'counter.lock'), patient, async () => undefined)
    expect(readdirSync(dir).filter((name) => name.startsWith('counter.lock'))).toEqual(['counter.lock'])
  })
})

let nonces = 0
function locks(kind: 'kernel' | 'portable', options: { host?: string; now?: () => number } = {}): Locks {
  return createLocks({
    pid: process.pid,
    host: options.host ?? hostname(),
    now: options.now ?? (() => Date.now()),
    monotonic: () => performance.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    randomBytes: (count) => {
      nonces++
      return Buffer.from(String(nonces).padStart(count, '0')).subarray(0, count)
    },
    ...(kind === 'portable' ? { force: 'portable' as const } : {}),
  })
}

const KINDS = ['kernel', 'portable'] as const

function placed(sidecar: unknown): string {
  const path = join(freshDir(), 'x.lock')
  writeFileSync(path, '')
  writeFileSync(`${path}.held`, typeof sidecar === 'string' ? sidecar : JSON.stringify(sidecar))
  return path
}

const bootId = existsSync('/proc/sys/kernel/random/boot_id')
  ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  : ''
const dead = { mechanism: 'portable', pid: 4_194_304, host: hostname(), boot: bootId, startedAt: '1', nonce: 'abc' }
/** For who will wait in vain. */
const quick = { waitMs: 300 }
/** For who will not, however busy the machine is. */
const patient = { waitMs: 20_000 }
const work = async (): Promise<string> => 'done'

describe.each(KINDS)('a %s lock', (kind) => {
  test.each<[string, unknown]>([
    ['of a process that is dead', dead],
    ['of a pid that has another life now', { ...dead, pid: process.pid, startedAt: '1' }],
    ['of a machine that was started anew since', { ...dead, pid: process.pid, startedAt: '', boot: 'another' }],
  ])('follows a sidecar %s', async (_name, sidecar) => {
    const path = placed(sidecar)
    expect(await locks(kind).hold(path, patient, work)).toBe('done')
    expect(existsSync(`${path}.held`)).toBe(false)
  })

  test('respects a holder that lives, and names it when the time is up', async () => {
    const path = placed({ ...dead, pid: process.pid, startedAt: '' })
    await expect(locks(kind).hold(path, quick, work)).rejects.toMatchObject({
      code: 'lock_timeout',
      message: expect.stringContaining(`process ${process.pid} on ${hostname()}`),
    })
    expect(existsSync(`${path}.held`)).toBe(true)
  })

  test('respects a holder on another host until it has been silent for a minute', async () => {
    const path = placed({ ...dead, host: 'elsewhere' })
    await expect(locks(kind).hold(path, quick, work)).rejects.toMatchObject({ code: 'lock_timeout' })
    const longAgo = new Date(Date.now() - 61_000)
    utimesSync(`${path}.held`, longAgo, longAgo)
    expect(await locks(kind).hold(path, patient, work)).toBe('done')
  })

  test.each(['', '{', '[]', '{"pid":"x"}', '{"pid":1,"host":"h","nonce":"../../x"}'])(
    'treats an unreadable sidecar (%j) like a silent stranger',
    async (text) => {
      const path = placed(text)
      await expect(locks(kind).hold(path, quick, work)).rejects.toMatchObject({ code: 'lock_timeout' })
      const longAgo = new Date(Date.now() - 61_000)
      utimesSync(`${path}.held`, longAgo, longAgo)
      expect(await locks(kind).hold(path, patient, work)).toBe('done')
    },
  )

  test('takes what a power cut left of a sidecar for what it is, as soon as the machine runs again', async () => {
    const path = placed('')
    const started = Date.now() - uptime() * 1000
    const cut = new Date(started - 5000)
    utimesSync(`${path}.held`, cut, cut)
    expect(await locks(kind, { now: () => started + 10_000 }).hold(path, patient, work)).toBe('done')
  })

  test('follows one that died while it followed another', async () => {
    const path = placed(dead)
    writeFileSync(`${path}.held.after-abc`, JSON.stringify({ ...dead, nonce: 'def' }))
    expect(await locks(kind).hold(path, patient, work)).toBe('done')
    expect(readdirSync(dirname(path))).toEqual(['x.lock'])
  })

  test('is let go when the work throws', async () => {
    const path = join(freshDir(), 'x.lock')
    const own = locks(kind)
    await expect(own.hold(path, patient, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await own.hold(path, patient, work)).toBe('done')
    expect(await locks(kind).hold(path, patient, work)).toBe('done')
  })

  test('goes round within one process, in the sequence of the asking', async () => {
    const path = join(freshDir(), 'x.lock')
    const own = locks(kind)
    const seen: number[] = []
    let inside = 0
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        own.hold(path, patient, async () => {
          expect(++inside).toBe(1)
          await new Promise((resolve) => setImmediate(resolve))
          inside--
          seen.push(index)
        }),
      ),
    )
    expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => index))
  })

  test('excludes the other kind', async () => {
    const path = join(freshDir(), 'x.lock')
    const other = kind === 'kernel' ? 'portable' : 'kernel'
    await locks(kind).hold(path, patient, async () => {
      await expect(locks(other).hold(path, { waitMs: 100 }, work)).rejects.toMatchObject({ code: 'lock_timeout' })
    })
    expect(await locks(other).hold(path, patient, work)).toBe('done')
  })

  test('still excludes when its file is removed by hand while it is held', async () => {
    const path = join(freshDir(), 'x.lock')
    await locks(kind).hold(path, patient, async () => {
      rmSync(path, { force: true })
      await expect(locks(kind).hold(path, { waitMs: 100 }, work)).rejects.toMatchObject({ code: 'lock_timeout' })
    })
    expect(await locks(kind).hold(path, patient, work)).toBe('done')
  })

  test('does not take away what another one has taken over meanwhile', async () => {
    const path = join(freshDir(), 'x.lock')
    const other = JSON.stringify({ ...dead, pid: process.pid, nonce: 'other' })
    await locks(kind).hold(path, patient, async () => writeFileSync(`${path}.held`, other))
    expect(readFileSync(`${path}.held`, 'utf8')).toBe(other)
  })

  test('clears away what the killed have left, and nothing of the living', async () => {
    const path = join(freshDir(), 'x.lock')
    const names = [`${path}.held.4194304.abc`, `${path}.held.after-x`, `${path}.held.${process.pid}.mine`]
    for (const name of names) writeFileSync(name, JSON.stringify(dead))
    await locks(kind).hold(path, quick, work)
    expect(names.map((name) => existsSync(name))).toEqual([false, false, true])
  })

  test('leaves files that only the owner may read', async () => {
    const path = join(freshDir(), 'x.lock')
    await locks(kind).hold(path, patient, async () => {
      for (const name of readdirSync(dirname(path))) expect(statSync(join(dirname(path), name)).mode & 0o077).toBe(0)
    })
  })
})

test('whoever has the kernel lock does not wait for a kernel holder of another host, which must be dead', async () => {
  const path = placed({ ...dead, mechanism: 'kernel', host: 'elsewhere' })
  expect(await locks('kernel').hold(path, patient, work)).toBe('done')
  const other = placed({ ...dead, mechanism: 'kernel', host: 'elsewhere' })
  await expect(locks('portable').hold(other, quick, work)).rejects.toMatchObject({ code: 'lock_timeout' })
})

test('a lock file that is a directory is an error, not a wait without end', async () => {
  const path = join(freshDir(), 'x.lock')
  mkdirSync(path)
  await expect(locks('kernel').hold(path, quick, work)).rejects.toMatchObject({ code: 'EISDIR' })
})
