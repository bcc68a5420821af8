// Renewal when the disk refuses: what came for a refresh token is never lost, and the store has it when the disk is well again.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuth } from '../../src/auth/auth.ts'
import { refresh } from '../../src/auth/refresh.ts'
import { renewalNeedOf } from '../../src/core/pick.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { createLocks } from '../../src/system/lock.ts'
import { createSystem, type System } from '../../src/system/system.ts'
import { type Installation, install } from '../support/installation.ts'
import { entryOf, loginConfig, loginEnv, redeemed, storedLogin } from '../support/logins.ts'
import { machine } from '../support/machine.ts'

const ID = 'openai-codex:home'
let sandbox: Sandbox
const places: Installation[] = []
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(async () => {
  await sandbox.close()
  for (const place of places) await place.remove()
})

async function home(): Promise<Installation> {
  sandbox.reset()
  const profiles = [storedLogin(sandbox, ID, { expires: Date.now() - 1000 })]
  const place = await install({ profiles, config: loginConfig(sandbox), env: loginEnv(sandbox) })
  places.push(place)
  return place
}

/** The machine of an installation whose disk says no to writes of files that end so while `broken` is set. */
function disk(place: Installation, name: string, code: string): { system: System; broken: { now: boolean } } {
  const { files } = createSystem()
  const broken = { now: false }
  const faulty: System['files'] = {
    ...files,
    writeDurable: async (path, text) => {
      if (broken.now && path.endsWith(name)) throw Object.assign(new Error(code), { code })
      await files.writeDurable(path, text)
    },
  }
  const { system } = machine({ env: place.env, now: Date.now(), parts: { files: faulty } })
  return { system, broken }
}

const spooled = (place: Installation): string[] => {
  try {
    return readdirSync(join(place.state, 'spool')).filter((name) => name.endsWith('.json'))
  } catch {
    return []
  }
}

test.each(['ENOSPC', 'EROFS', 'EACCES', 'EIO'])(
  'a renewed login that the store cannot take (%s) is put aside first, used from there, and stored later',
  async (code) => {
    const place = await home()
    const before = await entryOf(place, ID)
    const { system, broken } = disk(place, 'auth-profiles.json', code)
    const view = await (await createAuth(system)).view('main')
    broken.now = true
    expect(await refresh(view, ID)).toEqual({ kind: 'live' })
    const [candidate] = view.facts().providers.get('openai-codex')?.candidates ?? []
    expect(await entryOf(place, ID)).toEqual(before)
    expect(candidate?.secret?.reveal()).not.toBe(before.access)
    expect(spooled(place)).toHaveLength(1)

    // Another process finds it as well; a second renewal follows on the first.
    const other = await (await createAuth(disk(place, '', '').system)).view('main')
    const [seen] = other.facts().providers.get('openai-codex')?.candidates ?? []
    expect(seen?.secret?.reveal()).toBe(candidate?.secret?.reveal())
    expect(await refresh(view, ID, { evenIfLive: true })).toEqual({ kind: 'live' })
    expect(redeemed(sandbox)).toEqual(['granted', 'granted'])
    expect(spooled(place)).toHaveLength(2)

    broken.now = false
    expect(await refresh(other, ID, { evenIfLive: true })).toEqual({ kind: 'live' })
    expect(redeemed(sandbox)).toEqual(['granted', 'granted', 'granted'])
    expect(spooled(place)).toEqual([])
    expect((await entryOf(place, ID)).access).toBe(
      other.facts().providers.get('openai-codex')?.candidates[0]?.secret?.reveal(),
    )
  },
)

test('the draft of a dead process is the only copy of a login: it is taken up as it lies, though the disk takes no other file', async () => {
  const place = await home()
  const first = disk(place, 'auth-profiles.json', 'ENOSPC')
  first.broken.now = true
  expect(await refresh(await (await createAuth(first.system)).view('main'), ID)).toEqual({ kind: 'live' })
  const [name = ''] = spooled(place)
  const dead = spawnSync('true').pid
  const draft = join(place.state, 'spool', `.${name}.${dead}.0123456789ab.tmp`)
  renameSync(join(place.state, 'spool', name), draft)
  const { credential } = JSON.parse(readFileSync(draft, 'utf8'))

  const { system, broken } = disk(place, name, 'ENOSPC')
  broken.now = true
  expect(await refresh(await (await createAuth(system)).view('main'), ID)).toEqual({ kind: 'live' })
  expect(redeemed(sandbox)).toEqual(['granted'])
  expect((await entryOf(place, ID)).access).toBe(credential.access)
  expect(readdirSync(join(place.state, 'spool'))).toEqual([])
})

test('what leaves the spool for the store while somebody reads both is seen all the same', async () => {
  const place = await home()
  const { system, broken } = disk(place, 'auth-profiles.json', 'ENOSPC')
  broken.now = true
  const view = await (await createAuth(system)).view('main')
  expect(await refresh(view, ID)).toEqual({ kind: 'live' })
  const { profiles } = view.store
  const [name = ''] = spooled(place)
  const seen = await view.home.spool.applied(profiles.where(), async () => {
    // Another process stores it just now, which a reader of the store may have missed by a moment.
    const before = await profiles.read()
    rmSync(join(place.state, 'spool', name))
    return before
  })
  const { credential } = seen.profiles.find(({ id }) => id === ID) ?? {}
  const secret = view.facts().providers.get('openai-codex')?.candidates[0]?.secret
  expect(credential?.kind === 'oauth' && secret !== undefined && credential.access?.equals(secret)).toBe(true)
})

test('a renewed login that no disk takes is used from memory, and stored as soon as one does', async () => {
  const place = await home()
  const before = await entryOf(place, ID)
  // The claim can be written, nothing else.
  const { files } = createSystem()
  const broken = { now: true }
  const faulty: System['files'] = {
    ...files,
    writeDurable: async (path, text) => {
      const isRefused = path.endsWith('auth-profiles.json') || path.includes('spool')
      if (broken.now && isRefused) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
      await files.writeDurable(path, text)
    },
  }
  const { system } = machine({ env: place.env, now: Date.now(), parts: { files: faulty } })
  const auth = await createAuth(system)
  const view = await auth.view('main')
  expect(await refresh(view, ID)).toEqual({ kind: 'live' })
  const secret = () => view.facts().providers.get('openai-codex')?.candidates[0]?.secret?.reveal()
  expect(secret()).not.toBe(before.access)
  expect([await entryOf(place, ID), spooled(place)]).toEqual([before, []])
  // Nobody else is told that the old token is done with.
  const open = (await view.store.renewals.read()).get(ID)?.claim
  expect(open).toMatchObject({ state: 'sent' })

  // A second renewal follows on the one in memory.
  expect(await refresh(view, ID, { evenIfLive: true })).toEqual({ kind: 'live' })
  expect(redeemed(sandbox)).toEqual(['granted', 'granted'])
  broken.now = false
  await auth.flush()
  expect((await entryOf(place, ID)).access).toBe(secret())
})

test('an attempt whose outcome nobody knows is remembered through one that surely failed', async () => {
  const place = await home()
  const view = await (await createAuth(disk(place, '', '').system)).view('main')
  const again = { evenIfLive: true } as const
  const tokens = { vendor: 'chatgpt', path: '/oauth/token', times: 1 } as const
  sandbox.setFaults([{ ...tokens, cutAfterBytes: 1 }])
  expect(await refresh(view, ID, again)).toMatchObject({ kind: 'failed' })
  sandbox.setFaults([{ ...tokens, status: 503 }])
  const other = await (await createAuth(disk(place, '', '').system)).view('main')
  expect(await refresh(other, ID, again)).toMatchObject({ kind: 'failed' })
  expect((await other.store.renewals.read()).get(ID)?.claim).toMatchObject({ state: 'sent', unknown: 0 })
  const third = await (await createAuth(disk(place, '', '').system)).view('main')
  expect(await refresh(third, ID, again)).toMatchObject({
    kind: 'ended',
    reason: expect.stringContaining('nobody knows what became of an attempt before'),
  })
})

test('under a lease, nobody waits for one who said himself that he got no answer', async () => {
  const place = await home()
  const real = createSystem()
  const asProcess = (pid: number): System =>
    machine({
      env: place.env,
      now: Date.now(),
      parts: { pid, locks: createLocks({ ...real, pid, force: 'portable' }) },
    }).system
  sandbox.setFaults([{ vendor: 'chatgpt', path: '/oauth/token', times: 1, cutAfterBytes: 1 }])
  const first = await (await createAuth(asProcess(process.pid))).view('main')
  expect(await refresh(first, ID)).toMatchObject({ kind: 'failed' })
  // Both processes live; the second one asks the vendor at once. The token was spent, as it turns out.
  const second = await (await createAuth(asProcess(process.ppid))).view('main')
  expect(await refresh(second, ID)).toMatchObject({
    kind: 'ended',
    reason: expect.stringContaining('nobody knows what became of an attempt before'),
  })
})

test('tokens that live for minutes are renewed in their last fifth, not behind every call', async () => {
  const place = await home()
  sandbox.logins.settings.accessLifeMs = 200_000
  const auth = await createAuth(disk(place, '', '').system)
  const view = await auth.view('main')
  expect(await refresh(view, ID)).toEqual({ kind: 'live' })
  const need = (passedMs: number) => {
    const candidate = view.facts().providers.get('openai-codex')?.candidates[0]
    return candidate === undefined ? undefined : renewalNeedOf(candidate, Date.now() + passedMs)
  }
  expect([0, 100_000, 170_000, 190_000].map(need)).toEqual(['later', 'later', 'soon', 'due'])
  expect(await refresh(view, ID)).toEqual({ kind: 'live' })
  expect(redeemed(sandbox)).toEqual(['granted'])
})

test('a person may change the address of an account while it is renewed', async () => {
  const place = await home()
  const auth = await createAuth(disk(place, '', '').system)
  await auth.home.agent('main').profiles.put((book) => {
    const [profile] = book.profiles
    if (profile?.credential.kind !== 'oauth') throw new Error('a login was stored')
    return { ...profile, credential: { ...profile.credential, email: 'old@example.com' } }
  })
  expect(await refresh(await auth.view('main'), ID)).toEqual({ kind: 'live' })
  expect((await entryOf(place, ID)).email).not.toBe('old@example.com')
})

test('trouble of this machine blames nobody', async () => {
  const place = await home()
  const { system, broken } = disk(place, 'auth.json', 'ENOSPC')
  const view = await (await createAuth(system)).view('main')
  broken.now = true
  expect(await refresh(view, ID)).toMatchObject({ failure: { class: 'unknown', scope: 'request' } })
})

test('nothing is sent that could not be remembered: without a claim on the disk the vendor hears nothing', async () => {
  const place = await home()
  const { system, broken } = disk(place, 'auth.json', 'ENOSPC')
  const view = await (await createAuth(system)).view('main')
  broken.now = true
  const done = await refresh(view, ID)
  expect(done).toMatchObject({ kind: 'failed', failure: { detail: expect.stringContaining('the disk is full') } })
  expect(redeemed(sandbox)).toEqual([])
})

test('128 callers in one process wait for one renewal', async () => {
  const place = await home()
  const view = await (await createAuth(disk(place, '', '').system)).view('main')
  const all = await Promise.all(Array.from({ length: 128 }, () => refresh(view, ID)))
  expect(all.every(({ kind }) => kind === 'live')).toBe(true)
  expect(redeemed(sandbox)).toEqual(['granted'])
})

test('the answer for another account is refused, and the login says so', async () => {
  const place = await home()
  const { system } = disk(place, '', '')
  const auth = await createAuth(system)
  await auth.home.agent('main').profiles.put((book) => {
    const [profile] = book.profiles
    if (profile?.credential.kind !== 'oauth') throw new Error('a login was stored')
    return { ...profile, credential: { ...profile.credential, accountId: 'somebody-else' } }
  })
  const view = await auth.view('main')
  expect(await refresh(view, ID)).toMatchObject({ kind: 'ended', reason: expect.stringContaining('another account') })
  expect((await entryOf(place, ID)).accountId).toBe('somebody-else')
})
