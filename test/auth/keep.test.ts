// Taking a profile out, and the order of the others.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { logout } from '../../src/auth/logout.ts'
import { orderOf, reorder } from '../../src/auth/reorder.ts'
import { undo } from '../../src/auth/undo.ts'
import { Secret } from '../../src/core/secret.ts'
import { freshDir, NOON } from '../support/machine.ts'
import { API_KEY, key, place } from './place.ts'

const profiles = {
  'anthropic:a': key(API_KEY),
  'anthropic:b': key('sk-b-bbbbbbbb'),
  'openai:a': { type: 'api_key', provider: 'openai', key: 'sk-o' },
  'anthropic:future': { type: 'x', provider: 'anthropic' },
}
const CONFIG = `{
  // who
  auth: {
    profiles: { 'anthropic:a': { provider: 'anthropic', mode: 'api_key' }, 'anthropic:b': { provider: 'anthropic' } },
    order: { anthropic: ['anthropic:a', 'anthropic:b'], Anthropic: ['anthropic:a'] },
  },
}
`

describe('logout', () => {
  test('removes the credential, its health and every mention, and keeps everything else', async () => {
    const there = await place({
      profiles,
      order: { anthropic: ['anthropic:a'] },
      config: CONFIG,
      cache: {
        usageStats: { 'anthropic:a': { errorCount: 1 }, 'anthropic:b': { lastUsed: NOON } },
        lastGood: { anthropic: 'anthropic:a' },
        claims: 1,
      },
    })
    expect(await logout(there.auth, { agentId: 'main', profileId: 'anthropic:a' })).toEqual({
      provider: 'anthropic',
      where: there.store,
      isRevoked: false,
      undoUntil: NOON + 3 * 24 * 3_600_000,
      changeId: expect.stringMatching(/^[0-9a-f]{16}$/),
    })
    const texts = [there.store, there.cache, there.configPath].map((path) => readFileSync(path, 'utf8'))
    for (const text of texts) expect(text).not.toContain('anthropic:a')
    expect(texts[2]).toContain('// who')
    expect(Object.keys(there.stored().profiles)).toEqual(['anthropic:b', 'openai:a', 'anthropic:future'])
    expect(JSON.parse(texts[1] ?? '')).toEqual({
      usageStats: { 'anthropic:b': { lastUsed: NOON } },
      lastGood: {},
      claims: 1,
    })
    expect(there.auth.home.config().authOrder.get('anthropic')).toEqual(['anthropic:b'])
    expect(
      there.view
        .facts()
        .providers.get('anthropic')
        ?.candidates.map(({ id }) => id),
    ).toEqual(['anthropic:b', 'anthropic:future'])
  })

  test('takes along what a renewal put aside, also what came too late, and leaves that of others', async () => {
    const login = (refresh: string): object => ({ type: 'oauth', provider: 'openai-codex', access: 'a', refresh })
    const ID = 'openai-codex:me'
    const outside = join(freshDir(), 'state')
    const there = await place({
      profiles: { [ID]: login('first'), 'openai-codex:b': login('other') },
      env: { XDG_STATE_HOME: outside },
    })
    const dirs = [join(there.state, 'spool'), join(outside, 'keyclaw/spool')]
    const put = (dir: string, name: string, store: string, profileId: string, spent: string): string => {
      const generation = there.system.fingerprint(new Secret(spent))
      const path = join(dir, `login-${generation}.json${name}`)
      mkdirSync(dir, { recursive: true, mode: 0o700 })
      writeFileSync(path, JSON.stringify({ store, profileId, generation, credential: login(`${spent}+`) }))
      return path
    }
    const [near = '', far = ''] = dirs
    const own = [put(near, '', there.store, ID, 'first'), put(far, '.late', there.store, ID, 'older')]
    const late = put(far, '', there.store, ID, 'nobody')
    const others = [
      put(near, '', there.store, 'openai-codex:b', 'gone'),
      put(far, '', '/elsewhere/auth-profiles.json', ID, 'x'),
    ]
    await logout(there.auth, { agentId: 'main', profileId: ID })
    for (const path of [...own, late, `${late}.late`]) expect(existsSync(path)).toBe(false)
    // Of the other profile it came too late, and is kept; the other store is not ours to look after.
    expect(existsSync(`${others[0]}.late`)).toBe(true)
    expect(existsSync(others[1] ?? '')).toBe(true)
    // What was renewed is what undo brings back, not the spent token.
    await undo(there.auth, { agentId: 'main' })
    expect(there.stored().profiles[ID]?.refresh).toBe('first+')
  })

  test('takes out what it does not understand, too', async () => {
    const there = await place({ profiles })
    await logout(there.auth, { agentId: 'main', profileId: 'anthropic:future' })
    expect(Object.keys(there.stored().profiles)).not.toContain('anthropic:future')
  })

  test('takes out what still stands in the old auth.json', async () => {
    const there = await place({
      cache: { anthropic: key(API_KEY), openai: { type: 'api_key', provider: 'openai', key: 'sk-o' } },
    })
    await logout(there.auth, { agentId: 'main', profileId: 'anthropic:default' })
    expect(readFileSync(there.cache, 'utf8')).not.toContain(API_KEY)
    expect(Object.keys(there.stored().profiles)).toEqual(['openai:default'])
  })

  test.each(['anthropic:gone', '__proto__', '', '../../x'])(
    'of %j is an error with a remedy, and changes nothing',
    async (profileId) => {
      const there = await place({ profiles, config: CONFIG })
      const before = [there.store, there.configPath].map((path) => readFileSync(path, 'utf8'))
      await expect(logout(there.auth, { agentId: 'main', profileId })).rejects.toMatchObject({
        code: 'unknown_profile',
        message: expect.stringContaining(there.store),
        remedy: expect.stringContaining('models auth list'),
      })
      expect([there.store, there.configPath].map((path) => readFileSync(path, 'utf8'))).toEqual(before)
    },
  )
})

describe('the order', () => {
  test('is set, read and cleared; clearing nothing is fine', async () => {
    const there = await place({ profiles })
    const which = { agentId: 'main', provider: 'Anthropic' }
    expect(await orderOf(there.auth, which)).toBeNull()
    expect(await reorder(there.auth, { ...which, ids: [' anthropic:b', 'anthropic:a', 'anthropic:b'] })).toEqual({
      where: there.store,
      ids: ['anthropic:b', 'anthropic:a'],
      changeId: expect.stringMatching(/^[0-9a-f]{16}$/),
    })
    expect(await orderOf(there.auth, which)).toEqual(['anthropic:b', 'anthropic:a'])
    expect(there.view.facts().providers.get('anthropic')?.order?.ids).toEqual(['anthropic:b', 'anthropic:a'])
    await reorder(there.auth, { ...which, ids: undefined })
    const before = readFileSync(there.store, 'utf8')
    await reorder(there.auth, { ...which, ids: undefined })
    expect(readFileSync(there.store, 'utf8')).toBe(before)
    expect(await orderOf(there.auth, which)).toBeNull()
  })

  test('may name what we do not understand, and what still stands in the old auth.json', async () => {
    const there = await place({ profiles, cache: { openai: { type: 'api_key', provider: 'openai', key: 'sk-other' } } })
    await reorder(there.auth, { agentId: 'main', provider: 'anthropic', ids: ['anthropic:future', 'anthropic:a'] })
    await reorder(there.auth, { agentId: 'main', provider: 'openai', ids: ['openai:default'] })
    expect(there.stored().order).toEqual({ anthropic: ['anthropic:future', 'anthropic:a'], openai: ['openai:default'] })
  })

  test.each<[string, string[], string, RegExp]>([
    [
      'an id that does not exist',
      ['anthropic:a', 'anthropic:gone'],
      'unknown_profile',
      /"anthropic:gone".*agent main.*not changed/,
    ],
    ['an id of another provider', ['openai:a'], 'usage', /"openai:a" is for openai, not anthropic/],
    ['nobody', [' ', ''], 'usage', /at least one/],
  ])('cannot name %s', async (_what, ids, code, why) => {
    const there = await place({ profiles })
    const before = readFileSync(there.store, 'utf8')
    await expect(reorder(there.auth, { agentId: 'main', provider: 'anthropic', ids })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(why),
      remedy: expect.stringMatching(/^openclaw models auth/),
    })
    expect(readFileSync(there.store, 'utf8')).toBe(before)
  })
})

test('every verb refuses a store that cannot be read, and the bytes stay', async () => {
  const there = await place({ profiles })
  for (const text of ['', '{"profiles":{"anthropic:a":{"type":"api', '[]', '{"profiles":[]}', '\0']) {
    writeFileSync(there.store, text)
    const refused = { code: 'unreadable_store', message: expect.stringContaining(there.store) }
    await expect(logout(there.auth, { agentId: 'main', profileId: 'anthropic:a' })).rejects.toMatchObject(refused)
    await expect(
      reorder(there.auth, { agentId: 'main', provider: 'anthropic', ids: ['anthropic:a'] }),
    ).rejects.toMatchObject(refused)
    await expect(reorder(there.auth, { agentId: 'main', provider: 'anthropic', ids: undefined })).rejects.toMatchObject(
      refused,
    )
    await expect(orderOf(there.auth, { agentId: 'main', provider: 'anthropic' })).rejects.toMatchObject(refused)
    await expect(there.view.reload()).rejects.toMatchObject(refused)
    expect(readFileSync(there.store, 'utf8')).toBe(text)
    // What was known before stays in force.
    expect(there.view.facts().providers.get('anthropic')?.candidates).toHaveLength(3)
  }
})

test.each(['../x', 'a/b', '..', '.', 'CON ', 'a\0b', '%2e%2e', 'A', 'ü', 'x'.repeat(65), '', '__proto__', 'C:\\x'])(
  'no agent is called %j, so that no file outside is opened',
  async (agentId) => {
    const there = await place()
    await expect(logout(there.auth, { agentId, profileId: 'anthropic:a' })).rejects.toMatchObject({
      code: 'unknown_agent',
    })
    expect(() => there.auth.home.layout.agentDir(agentId)).toThrow(expect.objectContaining({ code: 'unknown_agent' }))
  },
)
