// auth-profiles.json: the reference's shape, with everything kept that is not ours.
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OAuth } from '../../src/core/credential.ts'
import { Secret } from '../../src/core/secret.ts'
import type { Backend } from '../../src/store/backend.ts'
import { createFilesBackend } from '../../src/store/files-backend.ts'
import { openProfiles, type ProfileStore } from '../../src/store/profiles.ts'
import { freshDir, machine, NOON } from '../support/machine.ts'
import { holds } from '../support/seeds.ts'

const backend = createFilesBackend(machine({}).system, '/nowhere')

function fresh(value?: unknown): {
  store: ProfileStore
  path: string
  raw: () => Record<string, Record<string, unknown>>
} {
  const path = join(freshDir(), 'auth-profiles.json')
  if (value !== undefined) writeFileSync(path, JSON.stringify(value))
  return { store: openProfiles(backend, path), path, raw: () => JSON.parse(readFileSync(path, 'utf8')) }
}

const FULL = {
  version: 1,
  future: { nested: [1, { two: null }] },
  profiles: {
    'anthropic:default': {
      type: 'api_key',
      provider: 'anthropic',
      key: ' sk-ant-api03-x ',
      metadata: { team: 'a' },
      copyToAgents: true,
    },
    'anthropic:manual': {
      type: 'token',
      provider: 'Anthropic',
      token: 'sk-ant-oat01-x',
      expires: NOON,
      email: 'a@b.c',
      tokenRef: 'r',
    },
    'openai-codex:default': {
      type: 'oauth',
      provider: 'openai-codex',
      access: 'a',
      refresh: 'r',
      expires: 1999999999999,
      accountId: 'acct_1',
      projectId: 'p',
      enterpriseUrl: 'https://e',
    },
    'bedrock:x': { type: 'aws_sso', provider: 'bedrock', session: { deep: true } },
    'anthropic:nameless': { type: 'api_key', key: 'sk-lost' },
    'anthropic:text': 'not an object',
  },
  order: { anthropic: ['anthropic:manual', 'anthropic:default'], 'Z.AI': [' zai:a '] },
  lastGood: { anthropic: 'anthropic:default' },
  usageStats: { 'anthropic:default': { errorCount: 2, cooldownModel: 'opus' } },
}

test('a file of the reference is read as it was meant', async () => {
  const book = await fresh(FULL).store.read()
  expect(book.profiles.map(({ id, provider, credential }) => [id, provider, credential.kind])).toEqual([
    ['anthropic:default', 'anthropic', 'api_key'],
    ['anthropic:manual', 'anthropic', 'token'],
    ['openai-codex:default', 'openai-codex', 'oauth'],
  ])
  const [key, token, login] = book.profiles.map(({ credential }) => credential)
  expect(key?.kind === 'api_key' && key.secret.reveal()).toBe('sk-ant-api03-x')
  expect(token).toMatchObject({ kind: 'token', expiresAt: NOON, email: 'a@b.c' })
  expect(login).toMatchObject({ kind: 'oauth', accountId: 'acct_1' })
  expect([...book.order]).toEqual([
    ['anthropic', ['anthropic:manual', 'anthropic:default']],
    ['zai', ['zai:a']],
  ])
})

test('entries of an unknown form are kept under their ids, so that nothing is written over them', async () => {
  expect((await fresh(FULL).store.read()).foreign).toEqual([
    { id: 'bedrock:x', provider: 'bedrock', type: 'aws_sso' },
    { id: 'anthropic:nameless', provider: 'anthropic', type: 'unknown' },
    { id: 'anthropic:text', provider: 'anthropic', type: 'unknown' },
  ])
})

const newKey = {
  id: 'anthropic:new',
  provider: 'anthropic',
  credential: { kind: 'api_key', secret: new Secret('sk-new-new-new') },
} as const

describe('every field we do not know survives', () => {
  test.each<[string, (store: ProfileStore) => Promise<unknown>, string[]]>([
    ['storing a new profile', (store) => store.put(() => newKey), []],
    ['setting an order', (store) => store.setOrder('anthropic', () => ['anthropic:default']), ['order']],
    ['clearing an order', (store) => store.setOrder('anthropic', () => undefined), ['order']],
  ])('%s', async (_what, act, changed) => {
    const { store, raw } = fresh(FULL)
    await act(store)
    const after = raw()
    for (const [name, value] of Object.entries(FULL)) {
      if (changed.includes(name)) continue
      if (name === 'profiles') expect(after.profiles).toMatchObject(value as object)
      else expect(after[name]).toEqual(value)
    }
  })

  test('replacing a secret of the same kind', async () => {
    const { store, raw } = fresh(FULL)
    await store.put(() => ({ ...newKey, id: 'anthropic:default', origin: 'https://api.anthropic.com' }))
    expect(raw().profiles?.['anthropic:default']).toEqual({
      type: 'api_key',
      provider: 'anthropic',
      key: 'sk-new-new-new',
      metadata: { team: 'a' },
      copyToAgents: true,
      origin: 'https://api.anthropic.com',
    })
  })

  test('replacing a login keeps what belongs to it', async () => {
    const { store, raw } = fresh(FULL)
    await store.put((book) => {
      const login = book.profiles.find(({ id }) => id === 'openai-codex:default')
      if (login?.credential.kind !== 'oauth') throw new Error('no login')
      return { ...login, credential: { ...login.credential, access: new Secret('a2'), refresh: new Secret('r2') } }
    })
    expect(raw().profiles?.['openai-codex:default']).toEqual({
      ...FULL.profiles['openai-codex:default'],
      access: 'a2',
      refresh: 'r2',
    })
  })
})

test('a token that has no end any more loses the old one', async () => {
  const { store, raw } = fresh(FULL)
  await store.put(() => ({
    id: 'anthropic:manual',
    provider: 'anthropic',
    credential: { kind: 'token', secret: new Secret('t2') },
  }))
  expect(raw().profiles?.['anthropic:manual']).toEqual({
    type: 'token',
    provider: 'anthropic',
    token: 't2',
    email: 'a@b.c',
    tokenRef: 'r',
  })
})

test('removing a profile removes every mention of it and nothing else', async () => {
  const { store, raw } = fresh(FULL)
  expect(await store.remove('anthropic:default')).toBe('anthropic')
  const after = raw()
  expect(JSON.stringify(after)).not.toContain('anthropic:default')
  expect(after.order).toEqual({ anthropic: ['anthropic:manual'], 'Z.AI': [' zai:a '] })
  expect(await store.remove('anthropic:manual')).toBe('anthropic')
  expect(raw().order).toEqual({ 'Z.AI': [' zai:a '] })
  expect(Object.keys(raw().profiles ?? {})).toEqual([
    'openai-codex:default',
    'bedrock:x',
    'anthropic:nameless',
    'anthropic:text',
  ])
})

test('removing what is not there changes nothing and says so', async () => {
  const { store, path } = fresh(FULL)
  const before = readFileSync(path, 'utf8')
  for (const id of ['anthropic:gone', '__proto__', 'constructor', 'toString', ''])
    expect(await store.remove(id)).toBeUndefined()
  expect(readFileSync(path, 'utf8')).toBe(before)
})

test('an order written under another spelling of the provider does not shadow the new one', async () => {
  const { store, raw } = fresh(FULL)
  await store.setOrder('zai', () => ['zai:b'])
  expect(raw().order).toEqual({ anthropic: FULL.order.anthropic, zai: ['zai:b'] })
})

test.each([[[]], ['text'], [7], [true]])(
  'a store whose profiles are %j is refused by every verb, and stays',
  async (profiles) => {
    const { store, path } = fresh({ version: 1, profiles })
    const before = readFileSync(path, 'utf8')
    const refusal = { code: 'unreadable_store' }
    await expect(store.read()).rejects.toMatchObject(refusal)
    await expect(store.put(() => newKey)).rejects.toMatchObject(refusal)
    await expect(store.edit(() => undefined)).rejects.toMatchObject(refusal)
    await expect(store.remove('a:b')).rejects.toMatchObject(refusal)
    await expect(store.setOrder('anthropic', () => [])).rejects.toMatchObject(refusal)
    expect(readFileSync(path, 'utf8')).toBe(before)
  },
)

test.each([Number.NaN, -1, 0, 8.65e15, '2031', null])('an end of %s is no end', async (expires) => {
  const { store } = fresh({ profiles: { 'a:b': { type: 'token', provider: 'a', token: 't', expires } } })
  expect((await store.read()).profiles[0]?.credential).not.toHaveProperty('expiresAt')
})

test('the first write makes a file that only its owner reads, in the shape of the reference', async () => {
  const { store, path, raw } = fresh()
  await store.put(() => newKey)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(raw()).toEqual({
    version: 1,
    profiles: { 'anthropic:new': { type: 'api_key', provider: 'anthropic', key: 'sk-new-new-new' } },
  })
  expect(readFileSync(path, 'utf8').endsWith('}\n')).toBe(true)
})

describe('a renewal', () => {
  const login = (letter: string, more: object = {}): OAuth => ({
    kind: 'oauth',
    access: new Secret(`access-${letter}`),
    refresh: new Secret(`refresh-${letter}`),
    ...more,
  })
  const ID = 'openai-codex:default'

  test('takes the place of the token that was redeemed, and what else stands there stays', async () => {
    const { store, raw } = fresh(FULL)
    const done = await store.renew(ID, new Secret('r'), login('b', { expiresAt: NOON, accountId: 'acct_1' }))
    expect(done?.credential.kind === 'oauth' && done.credential.refresh?.reveal()).toBe('refresh-b')
    const before = FULL.profiles[ID]
    expect(raw().profiles).toEqual({
      ...FULL.profiles,
      [ID]: { ...before, access: 'access-b', refresh: 'refresh-b', expires: NOON },
    })
  })

  test.each<[string, string, string | undefined]>([
    ['of a token that is no longer there gives way to what is there', ID, 'r'],
    ['of a profile that holds something else leaves it', 'anthropic:default', undefined],
  ])('%s', async (_what, id, refresh) => {
    const { store, path } = fresh(FULL)
    const before = readFileSync(path, 'utf8')
    const found = await store.renew(id, new Secret('another'), login('b'))
    expect(found?.id).toBe(id)
    expect(found?.credential.kind === 'oauth' ? found.credential.refresh?.reveal() : undefined).toBe(refresh)
    expect(readFileSync(path, 'utf8')).toBe(before)
  })

  test('does not bring back a profile that was removed, nor make a file', async () => {
    const { store, path } = fresh(FULL)
    await store.remove(ID)
    const before = readFileSync(path, 'utf8')
    expect(await store.renew(ID, new Secret('r'), login('b'))).toBeUndefined()
    expect(readFileSync(path, 'utf8')).toBe(before)
  })

  test('of one token is stored once, in whatever sequence logins and renewals come', async () => {
    const step = fc.record({ isLogin: fc.boolean(), redeemed: fc.nat(6), to: fc.nat(6) })
    await holds(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const store = openProfiles(inMemory(), 'k')
        let expected: number | undefined
        for (const { isLogin, redeemed, to } of steps) {
          if (isLogin) {
            await store.put(() => ({ id: 'a:b', provider: 'a', credential: login(String(to)) }))
            expected = to
          } else {
            const found = await store.renew('a:b', new Secret(`refresh-${redeemed}`), login(String(to)))
            if (expected === redeemed) expected = to
            expect(found === undefined).toBe(expected === undefined)
          }
          const [profile] = (await store.read()).profiles
          const present = profile?.credential.kind === 'oauth' ? profile.credential.refresh?.reveal() : undefined
          expect(present).toBe(expected === undefined ? undefined : `refresh-${expected}`)
        }
      }),
      200,
    )
  })
})

/** As much of a backend as one store needs. */
function inMemory(): Backend {
  let text: string | undefined
  const get = async () => (text === undefined ? undefined : { text, version: text })
  return {
    get,
    change: async (_key, edit) => {
      text = (await edit(await get())) ?? text
    },
    notice: () => ({ close: () => undefined }),
    alone: (_name, _options, work) => work({ leaseMs: undefined, leftMs: () => Number.POSITIVE_INFINITY }),
    locate: (key) => key,
  }
}
