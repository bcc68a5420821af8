// A disk that is full, read-only or failing: the old text or the new one is there, what was acknowledged is, and nothing half-written stays.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuth } from '../../src/auth/auth.ts'
import type { Kept } from '../../src/auth/keep.ts'
import { logout } from '../../src/auth/logout.ts'
import { paste } from '../../src/auth/paste.ts'
import { reorder } from '../../src/auth/reorder.ts'
import { bundleWorker } from '../support/bundle.ts'
import { freshDir, machine } from '../support/machine.ts'
import { CAN_MOUNT, SPOILT, smallDisk } from '../support/small-disk.ts'
import { CAN_TRACE, STRACE } from '../support/tracing.ts'
import { expected, profileOf, stepOf } from '../support/writer-plan.ts'

const KEY = 'sk-ant-api03-abcdefghijklmnop'

describe.skipIf(!CAN_MOUNT)('on a small disk', () => {
  const opened = async (state: string) => {
    const auth = await createAuth(machine({ env: { OPENCLAW_STATE_DIR: state } }).system)
    const store = join(state, 'agents/main/agent/auth-profiles.json')
    const put = (name: string, text = KEY): Promise<Kept> =>
      paste(auth, { agentId: 'main', provider: 'anthropic', kind: 'api_key', text, profileId: `anthropic:${name}` })
    return { auth, store, put }
  }

  test.each(SPOILT)(
    '$what nothing is lost, the error says why, and all is well afterwards',
    async ({ why, spoil, mend }) => {
      const dir = smallDisk()
      const { auth, store, put } = await opened(dir)
      await put('one')
      const before = readFileSync(store, 'utf8')
      spoil(dir)
      const refusal = {
        code: 'write_failed',
        message: expect.stringContaining(why),
        remedy: expect.stringContaining('df -h'),
      }
      await expect(put('two')).rejects.toMatchObject(refusal)
      await expect(put('one', `${KEY}2`)).rejects.toMatchObject(refusal)
      await expect(
        reorder(auth, { agentId: 'main', provider: 'anthropic', ids: ['anthropic:one'] }),
      ).rejects.toMatchObject(refusal)
      await expect(logout(auth, { agentId: 'main', profileId: 'anthropic:one' })).rejects.toMatchObject(refusal)
      expect(readFileSync(store, 'utf8')).toBe(before)
      // What is there can still be used.
      const view = await auth.view('main')
      await view.reload()
      expect(
        view
          .facts()
          .providers.get('anthropic')
          ?.candidates.map(({ id }) => id),
      ).toEqual(['anthropic:one'])
      mend(dir)
      await put('two')
      expect(Object.keys(JSON.parse(readFileSync(store, 'utf8')).profiles)).toEqual(['anthropic:one', 'anthropic:two'])
      expect(readdirSync(dirname(store)).filter((name) => /tmp|held/.test(name))).toEqual([])
    },
  )

  test('marks of health wait in memory until the disk takes them again', async () => {
    const dir = smallDisk()
    const { auth, put } = await opened(dir)
    await put('one')
    const view = await auth.view('main')
    execFileSync('mount', ['-o', 'remount,ro', dir])
    view.store.health.apply('anthropic:one', { kind: 'used', at: auth.home.system.now() }, 'anthropic')
    await expect(auth.flush()).rejects.toMatchObject({ code: 'write_failed' })
    execFileSync('mount', ['-o', 'remount,rw', dir])
    await auth.flush()
    const cache = JSON.parse(readFileSync(join(dir, 'agents/main/agent/auth.json'), 'utf8'))
    expect(cache.usageStats['anthropic:one'].lastUsed).toBe(auth.home.system.now())
  })
})

describe.skipIf(!CAN_TRACE)('with a system call that fails', () => {
  let bundle = ''
  beforeAll(async () => {
    bundle = await bundleWorker('writer-worker')
  })
  afterAll(() => rmSync(dirname(bundle), { recursive: true, force: true }))

  const seed = Array.from({ length: 500 }, (_, at) => at).find(
    (at) =>
      stepOf(at, 0, 0).verb === 'paste' &&
      stepOf(at, 0, 1).verb === 'paste' &&
      stepOf(at, 0, 0).profile !== stepOf(at, 0, 1).profile,
  )

  const faults = [
    ...[1, 2, 3, 4, 5, 6].map((nth) => ['fsync', 'EIO', nth] as const),
    ...[1, 2, 3].map((nth) => ['rename', 'ENOSPC', nth] as const),
    ...[1, 3].map((nth) => ['link', 'EIO', nth] as const),
    ...[1, 3].map((nth) => ['fsync', 'ENOSPC', nth] as const),
  ].filter((_, at) => process.env.KEYCLAW_WHOLE === '1' || at % 3 === 0)

  test.each(faults)('%s with %s, the time %i', (call, errno, nth) => {
    if (seed === undefined) throw new Error('no seed begins with two pastes')
    const state = freshDir()
    const env = { ...process.env, OPENCLAW_STATE_DIR: state }
    const store = join(state, 'agents/main/agent/auth-profiles.json')
    const run = (count: number, under: string[]) =>
      spawnSync(
        under[0] ?? process.execPath,
        [
          ...under.slice(1),
          ...(under.length > 0 ? [process.execPath] : []),
          bundle,
          '0',
          '0',
          String(count),
          String(seed),
        ],
        {
          env,
          encoding: 'utf8',
        },
      )
    expect(run(1, []).status).toBe(0)
    const first = [...expected(seed, 0, 1)]
    // Each folder is synced into the one above it, once per process, before the first write.
    const foldersAbove = dirname(store).split(sep).length - 1
    const inject = [
      ...STRACE,
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      `trace=${call}`,
      '-e',
      `inject=${call}:error=${errno}:when=${nth + (call === 'fsync' ? foldersAbove : 0)}`,
    ]
    const hurt = run(2, inject)
    const acknowledged = hurt.stdout
      .trim()
      .split('\n')
      .filter((line) => line !== '').length
    // What was acknowledged, before and now, is there; the file reads.
    const kept = JSON.parse(readFileSync(store, 'utf8')).profiles as Record<string, { key: string }>
    for (const [id, key] of acknowledged > 1 ? expected(seed, 0, acknowledged) : first) expect(kept[id]?.key).toBe(key)
    expect(Object.keys(kept).every((id) => [0, 1].some((at) => id === profileOf(0, stepOf(seed, 0, at).profile)))).toBe(
      true,
    )
    if (hurt.status !== 0) expect(hurt.stderr).toMatch(/AuthError/)
    expect(hurt.stderr).not.toMatch(/sk-writer/)
    // The next process goes on as if nothing had been.
    expect(run(2, []).status).toBe(0)
    const end = JSON.parse(readFileSync(store, 'utf8')).profiles as Record<string, { key: string }>
    expect(new Map(Object.entries(end).map(([id, { key }]) => [id, key]))).toEqual(expected(seed, 0, 2))
    expect(existsSync(store)).toBe(true)
    expect(readdirSync(dirname(store)).filter((name) => /tmp$|\.held/.test(name))).toEqual([])
  })

  test.skipIf(!CAN_MOUNT)('above the mount point of the state, nobody is kept from writing', () => {
    const state = smallDisk()
    const env = { ...process.env, OPENCLAW_STATE_DIR: state }
    const inject = ['-P', dirname(state), '-e', 'trace=fsync', '-e', 'inject=fsync:error=EROFS']
    const trace = join(freshDir(), 'trace')
    const args = ['-f', '-qq', '-o', trace, ...inject, process.execPath, bundle, '0', '0', '1', String(seed)]
    const ran = spawnSync('strace', args, { env, encoding: 'utf8' })
    expect([ran.status, ran.stderr]).toEqual([0, ''])
    expect(readFileSync(trace, 'utf8')).toContain('EROFS')
  })
})
