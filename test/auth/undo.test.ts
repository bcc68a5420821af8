// Changes taken back: what comes back, what stays because somebody else changed it or because it is spent, and that a kill at any step leaves a store that
// can be read and a change that can be taken back, or none.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Auth, createAuth } from '../../src/auth/auth.ts'
import { keepLogin } from '../../src/auth/keep-login.ts'
import { logout } from '../../src/auth/logout.ts'
import { paste } from '../../src/auth/paste.ts'
import { reorder } from '../../src/auth/reorder.ts'
import { undo } from '../../src/auth/undo.ts'
import { undoable } from '../../src/auth/undoable.ts'
import { Secret } from '../../src/core/secret.ts'
import { MOST_CHANGES, UNDO_MS } from '../../src/core/undo.ts'
import type { Files } from '../../src/system/files.ts'
import { until } from '../support/installation.ts'
import { dyingDisk, machine, NOON } from '../support/machine.ts'
import { key, lay, type Place, place, token } from './place.ts'

const A = 'sk-ant-api03-aaaaaaaaaaaaaaaaaaaaaaaa'
const B = 'sk-ant-api03-bbbbbbbbbbbbbbbbbbbbbbbb'
const ID = 'anthropic:default'
const LOGIN = 'openai-codex:me@example.com'

const put = (auth: Auth, text: string, profileId = ID) =>
  paste(auth, { agentId: 'main', provider: 'anthropic', kind: 'api_key', text, profileId })
const back = (there: { auth: Auth }, number?: number) =>
  undo(there.auth, { agentId: 'main', ...(number === undefined ? {} : { number }) })
const undoFile = ({ store }: Place): string => join(dirname(store), 'auth-profiles.undo.json')
const login = (letter: string, more: object = {}): object => ({
  type: 'oauth',
  provider: 'openai-codex',
  access: `access-${letter.repeat(8)}`,
  refresh: `refresh-${letter.repeat(8)}`,
  expires: NOON + 1e6,
  accountId: 'acct',
  email: 'me@example.com',
  ...more,
})
const renewed = (letter: string) => ({
  kind: 'oauth' as const,
  access: new Secret(`access-${letter.repeat(8)}`),
  refresh: new Secret(`refresh-${letter.repeat(8)}`),
  expiresAt: NOON + 2e6,
  accountId: 'acct',
  email: 'me@example.com',
})

describe('what a command changed', () => {
  test('is in its place again byte for byte, and once more the other way', async () => {
    const there = await place({
      profiles: { 'anthropic:z': token('tok'), [ID]: key(A, { note: 'mine' }), 'bedrock:x': { type: 'x', a: [1] } },
      order: { anthropic: [ID] },
      config: "{ auth: { order: { anthropic: ['anthropic:z', 'anthropic:default'] } } } // mine",
    })
    // In the form in which we write.
    await put(there.auth, B, 'anthropic:first')
    const before = readFileSync(there.store, 'utf8')
    const config = there.auth.home.config().authOrder.get('anthropic')
    await logout(there.auth, { agentId: 'main', profileId: ID })
    const after = readFileSync(there.store, 'utf8')
    expect(after).not.toContain(A)
    for (const [what, text] of [
      ['logout', before],
      ['undo of logout', after],
      ['logout', before],
    ]) {
      expect(await back(there)).toMatchObject({ what, number: 1, isPossible: true })
      expect(readFileSync(there.store, 'utf8')).toBe(text)
      const order = there.auth.home.config().authOrder.get('anthropic')
      expect(order).toEqual(text === before ? config : ['anthropic:z'])
      expect(
        there.view
          .facts()
          .providers.get('anthropic')
          ?.candidates.map(({ id }) => id),
      ).toEqual(Object.keys(JSON.parse(text ?? '').profiles).filter((id) => id.startsWith('anthropic')))
    }
    expect(readFileSync(there.configPath, 'utf8')).toContain('// mine')
    expect(statSync(undoFile(there)).mode & 0o777).toBe(0o600)
  })

  test('comes with a clean record, as another secret is another account', async () => {
    const there = await place({ profiles: { [ID]: key(A) } })
    await put(there.auth, B)
    const failure = { class: 'rate_limit', scope: 'account', detail: 'x' } as const
    there.view.store.health.apply(ID, { kind: 'failed', at: NOON, failure }, 'anthropic')
    await there.auth.flush()
    expect(JSON.parse(readFileSync(there.cache, 'utf8')).usageStats[ID].cooldownUntil).toBeGreaterThan(NOON)
    await back(there)
    expect(JSON.parse(readFileSync(there.cache, 'utf8')).usageStats[ID]?.cooldownUntil).toBeUndefined()
  })

  test('is one change for one command, whatever the command wrote', async () => {
    const there = await place({
      profiles: { 'openai-codex:a': login('a', { email: 'a@x.y', accountId: 'a' }), 'openai-codex:b': login('b') },
      order: { 'openai-codex': ['openai-codex:a', 'openai-codex:b'] },
    })
    const before = there.stored()
    const provider = there.auth.registry.get('openai-codex')
    if (provider === undefined) throw new Error('the provider is built in')
    const credential = { ...renewed('n'), email: 'new@x.y', accountId: 'n' }
    const done = await keepLogin(there.auth, { agentId: 'main', provider, credential, replaceAll: true })
    expect(done.removed).toHaveLength(2)
    expect((await undoable(there.auth, 'main')).map(({ what }) => what)).toEqual(['login'])
    await back(there)
    expect(there.stored()).toEqual(before)
  })

  test('stays where somebody changed it since, and the rest comes back', async () => {
    const there = await place({ profiles: { [ID]: key(A), 'anthropic:b': key('sk-b') } })
    await reorder(there.auth, { agentId: 'main', provider: 'anthropic', ids: [ID] })
    await logout(there.auth, { agentId: 'main', profileId: ID })
    const raw = there.stored()
    writeFileSync(there.store, JSON.stringify({ ...raw, profiles: { ...raw.profiles, [ID]: key('sk-by-hand') } }))
    await expect(back(there)).rejects.toMatchObject({
      code: 'nothing_to_undo',
      exitCode: 1,
      message: expect.stringMatching(/logout.*anthropic:default: it was changed again since.*Nothing was changed/),
    })
    expect(there.stored().profiles[ID]?.key).toBe('sk-by-hand')
    expect(await undoable(there.auth, 'main')).toMatchObject([{ number: 1, what: 'logout', isPossible: false }])
  })

  test('comes back although the config cannot be changed, which is told', async () => {
    const there = await place({
      profiles: { [ID]: key(A) },
      config: { auth: { profiles: { [ID]: { provider: 'anthropic' } } } },
    })
    await logout(there.auth, { agentId: 'main', profileId: ID })
    writeFileSync(there.configPath, '{ broken')
    await expect(back(there)).rejects.toMatchObject({ code: 'unreadable_config' })
    writeFileSync(there.configPath, '{ gateway: { port: "x" } }')
    expect((await back(there)).notes).toEqual([
      expect.stringMatching(/not all around them: .*openclaw\.json is not valid/),
    ])
    expect(there.stored().profiles[ID]?.key).toBe(A)
  })

  test('is forgotten after three days and ten changes, on the disk as well', async () => {
    const there = await place()
    for (let at = 0; at < MOST_CHANGES + 2; at++) await put(there.auth, `sk-ant-api03-${'k'.repeat(20)}${at}xx`)
    expect(JSON.parse(readFileSync(undoFile(there), 'utf8')).changes).toHaveLength(MOST_CHANGES)
    expect(readFileSync(undoFile(there), 'utf8')).not.toContain('k0xx')
    const [newest] = await undoable(there.auth, 'main')
    expect(newest).toMatchObject({ until: NOON + UNDO_MS })
    there.clock.now += UNDO_MS
    expect(await undoable(there.auth, 'main')).toEqual([])
    await expect(back(there)).rejects.toMatchObject({ code: 'nothing_to_undo' })
    // Whoever only looked wrote nothing; the process that lives clears it away.
    expect(readFileSync(undoFile(there), 'utf8')).toContain('sk-ant')
    const watching = there.auth.watch()
    await until('the file to be cleared', () =>
      !readFileSync(undoFile(there), 'utf8').includes('sk-ant') ? true : undefined,
    )
    watching.close()
  })

  test('is not kept where the file for it cannot be read; the command does its work, and leaves the file', async () => {
    const there = await place({ profiles: { [ID]: key(A) } })
    writeFileSync(undoFile(there), '{"half')
    expect((await logout(there.auth, { agentId: 'main', profileId: ID })).undoUntil).toBeUndefined()
    expect(there.stored().profiles).toEqual({})
    expect(there.logged.join('')).toContain('cannot be undone')
    await expect(back(there)).rejects.toMatchObject({ code: 'unreadable_store' })
    await expect(logout(there.auth, { agentId: 'main', profileId: ID, forgets: true })).rejects.toMatchObject({
      code: 'unreadable_store',
    })
    expect(readFileSync(undoFile(there), 'utf8')).toBe('{"half')
  })
})

describe('a login', () => {
  test('keeps its newest tokens, whatever is taken back', async () => {
    const there = await place({ profiles: { [LOGIN]: login('a'), [ID]: key(A) } })
    await put(there.auth, B)
    await there.view.store.profiles.renew(LOGIN, new Secret('refresh-aaaaaaaa'), renewed('b'))
    await back(there)
    expect(there.stored().profiles).toMatchObject({ [ID]: { key: A }, [LOGIN]: { refresh: 'refresh-bbbbbbbb' } })
    // Made anew for the same account it replaces the old tokens for good: the change that can be undone is the one before.
    const provider = there.auth.registry.get('openai-codex')
    if (provider === undefined) throw new Error('the provider is built in')
    await keepLogin(there.auth, { agentId: 'main', provider, credential: renewed('c') })
    expect(await back(there)).toMatchObject({ what: 'undo of paste-api-key' })
    expect(there.stored().profiles[LOGIN]?.refresh).toBe('refresh-cccccccc')
    expect(readFileSync(undoFile(there), 'utf8')).not.toContain('refresh-')
  })

  test('that was renewed since it was made goes with its newest tokens, and comes back with them', async () => {
    const there = await place()
    const provider = there.auth.registry.get('openai-codex')
    if (provider === undefined) throw new Error('the provider is built in')
    await keepLogin(there.auth, { agentId: 'main', provider, credential: renewed('a') })
    await there.view.store.profiles.renew(LOGIN, new Secret('refresh-aaaaaaaa'), renewed('b'))
    await back(there)
    expect(there.stored().profiles).toEqual({})
    await back(there)
    expect(there.stored().profiles[LOGIN]).toMatchObject({ refresh: 'refresh-bbbbbbbb' })
  })

  test('whose renewal was put aside goes with that, and comes back with it', async () => {
    const there = await place()
    const provider = there.auth.registry.get('openai-codex')
    if (provider === undefined) throw new Error('the provider is built in')
    await keepLogin(there.auth, { agentId: 'main', provider, credential: renewed('a') })
    const generation = there.system.fingerprint(new Secret('refresh-aaaaaaaa'))
    const item = { store: there.store, profileId: LOGIN, generation, credential: renewed('b') }
    await there.auth.home.spool.keep(item)
    const past = { generation, outcome: 'renewed' as const, at: NOON, pid: 1, host: 'h' }
    await there.view.store.renewals.change(LOGIN, { claim: undefined, past })
    await back(there)
    expect(there.stored().profiles).toEqual({})
    await back(there)
    expect(there.stored().profiles[LOGIN]).toMatchObject({ refresh: 'refresh-bbbbbbbb' })
  })

  test.each(['renewed', 'late', 'unknown', 'refused'] as const)(
    'whose refresh token was used after all (%s) does not come back',
    async (outcome) => {
      const there = await place({ profiles: { [LOGIN]: login('a') } })
      await logout(there.auth, { agentId: 'main', profileId: LOGIN })
      const generation = there.system.fingerprint(new Secret('refresh-aaaaaaaa'))
      const past = { generation, outcome, at: NOON, pid: 1, host: 'h' }
      await there.view.store.renewals.change(LOGIN, { claim: undefined, past })
      await expect(back(there)).rejects.toMatchObject({
        code: 'nothing_to_undo',
        message: expect.stringContaining('its refresh token was used since'),
      })
      expect(there.stored().profiles).toEqual({})
    },
  )
})

describe('forgetting', () => {
  test('drops every copy that is kept of the profile, and of no other', async () => {
    const there = await place({ profiles: { [ID]: key(A), 'anthropic:b': key('sk-other-1') } })
    await put(there.auth, 'sk-ant-api03-other2222222222222222222', 'anthropic:b')
    await put(there.auth, B)
    expect(await logout(there.auth, { agentId: 'main', profileId: ID, forgets: true })).toMatchObject({
      provider: 'anthropic',
    })
    expect(readFileSync(undoFile(there), 'utf8')).not.toMatch(/aaaaaaaa|bbbbbbbb/)
    expect((await undoable(there.auth, 'main')).map(({ pieces }) => pieces[0])).toMatchObject([{ id: 'anthropic:b' }])
  })

  test('works after the logout, too, once', async () => {
    const there = await place({ profiles: { [ID]: key(A) } })
    await logout(there.auth, { agentId: 'main', profileId: ID })
    expect(readFileSync(undoFile(there), 'utf8')).toContain(A)
    const forget = () => logout(there.auth, { agentId: 'main', profileId: ID, forgets: true })
    expect(await forget()).toMatchObject({ provider: undefined })
    expect(readFileSync(undoFile(there), 'utf8')).not.toContain(A)
    await expect(forget()).rejects.toMatchObject({ code: 'unknown_profile' })
  })

  test('happens to a login that is taken back at its vendor, whatever the vendor says', async () => {
    const env = { OPENCLAW_OPENAI_CODEX_ISSUER: 'http://127.0.0.1:1' }
    const there = await place({ profiles: { [LOGIN]: login('a') }, env })
    const done = await logout(there.auth, { agentId: 'main', profileId: LOGIN, revokes: true })
    expect(done).toEqual({ provider: 'openai-codex', where: there.store, isRevoked: false })
    expect(existsSync(undoFile(there)) ? readFileSync(undoFile(there), 'utf8') : '').not.toContain('refresh-')
    await expect(back(there)).rejects.toMatchObject({ code: 'nothing_to_undo' })
  })
})

describe('a kill before any change to the disk', () => {
  const secretIn = (state: string): string | undefined =>
    JSON.parse(readFileSync(join(state, 'agents/main/agent/auth-profiles.json'), 'utf8')).profiles[ID]?.key

  const open = async (state: string, files?: Files): Promise<Auth> => {
    const { system } = machine({ env: { OPENCLAW_STATE_DIR: state } })
    return createAuth(files === undefined ? system : { ...system, files })
  }

  test.each<[string, string[], (auth: Auth) => Promise<unknown>, string | undefined]>([
    ['a paste', [A], (auth) => put(auth, B), B],
    ['a logout', [A], (auth) => logout(auth, { agentId: 'main', profileId: ID }), undefined],
    ['an undo', [B, A], (auth) => undo(auth, { agentId: 'main' }), B],
    ['an undo of an undo', [A, B, 'undo'], (auth) => undo(auth, { agentId: 'main' }), B],
  ])('of %s leaves the one state or the other, and the way to both', async (_what, steps, verb, wanted) => {
    const previous = A
    let isKilled = true
    let nth = 0
    while (isKilled) {
      nth++
      const state = lay({})
      const sure = await open(state)
      for (const step of steps) await (step === 'undo' ? undo(sure, { agentId: 'main' }) : put(sure, step))
      expect(secretIn(state)).toBe(previous)
      const disk = dyingDisk(nth)
      await verb(await open(state, disk.files)).catch(() => undefined)
      isKilled = disk.isKilled()
      const now = secretIn(state)
      expect([previous, wanted]).toContain(now)
      if (!isKilled) expect(now).toBe(wanted)
      const next = await open(state)
      // Not done: it can be done now. Done: it can be taken back, and done again.
      if (now === previous) await verb(next)
      expect(secretIn(state)).toBe(wanted)
      await undo(next, { agentId: 'main' })
      expect(secretIn(state)).toBe(previous)
      await undo(next, { agentId: 'main' })
      expect(secretIn(state)).toBe(wanted)
    }
    expect(nth).toBeGreaterThan(3)
  })
})
