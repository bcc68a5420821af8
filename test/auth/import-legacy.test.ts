// Older files taken over: what is shown before is what is there afterwards, a kill at any step loses and doubles nothing, and nothing gives
// way to an older login or to another account.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Auth, createAuth } from '../../src/auth/auth.ts'
import { importLegacy } from '../../src/auth/import-legacy.ts'
import { logout } from '../../src/auth/logout.ts'
import { repair } from '../../src/auth/repair.ts'
import type { Files } from '../../src/system/files.ts'
import type { System } from '../../src/system/system.ts'
import { dyingDisk, freshDir, machine, NOON } from '../support/machine.ts'

const key = (letter: string): string => `sk-ant-api03-${letter.repeat(24)}`
const STORE = 'agents/main/agent/auth-profiles.json'
const CACHE = 'agents/main/agent/auth.json'
const UNDO = 'agents/main/agent/auth-profiles.undo.json'
const LOGINS = 'credentials/oauth.json'

/** Every form at once; the flat one alone decides what the store looks like before. */
const EVERYTHING: Record<string, unknown> = {
  [STORE]: { openrouter: { apiKey: 'sk-or-v1-flatflatflatflatflat', label: 'mine' } },
  [CACHE]: {
    version: 1,
    usageStats: { 'openrouter:default': { errorCount: 0, lastUsed: NOON - 5 } },
    anthropic: { type: 'api_key', provider: 'anthropic', key: key('c'), metadata: { x: 1 } },
    strange: { type: 'future', blob: 1 },
  },
  'agent/auth-profiles.json': {
    version: 1,
    profiles: {
      'xai:work': { type: 'api_key', provider: 'xai', key: 'xai-aaaaaaaaaaaaaaaa' },
      'bedrock:x': { type: 'aws_sso', provider: 'bedrock', session: [1] },
    },
    order: { xai: ['xai:work'] },
    usageStats: { 'xai:work': { errorCount: 1, lastFailureAt: NOON - 9 } },
  },
  'agent/auth.json': { 'z.ai': { type: 'token', token: 'zai-token-aaaaaaaa', expires: NOON + 1e9 } },
  [LOGINS]: {
    'openai-codex': { access: 'access-aaaaaaaa', refresh: 'refresh-aaaaaaa', expires: NOON + 1e9, accountId: 'acct' },
    anthropic: { access: 'access-bbbbbbbb', refresh: 'refresh-bbbbbbb', expires: NOON + 1e9 },
    note: 'mine',
  },
}

const IMPORTED = {
  'openrouter:default': {
    type: 'api_key',
    provider: 'openrouter',
    key: 'sk-or-v1-flatflatflatflatflat',
    label: 'mine',
  },
  'anthropic:default': { type: 'api_key', provider: 'anthropic', key: key('c'), metadata: { x: 1 } },
  'xai:work': { type: 'api_key', provider: 'xai', key: 'xai-aaaaaaaaaaaaaaaa' },
  'bedrock:x': { type: 'aws_sso', provider: 'bedrock', session: [1] },
  'zai:default': { type: 'token', provider: 'zai', token: 'zai-token-aaaaaaaa', expires: NOON + 1e9 },
  'openai-codex:default': {
    type: 'oauth',
    provider: 'openai-codex',
    access: 'access-aaaaaaaa',
    refresh: 'refresh-aaaaaaa',
    expires: NOON + 1e9,
    accountId: 'acct',
  },
  'anthropic:imported': {
    type: 'oauth',
    provider: 'anthropic',
    access: 'access-bbbbbbbb',
    refresh: 'refresh-bbbbbbb',
    expires: NOON + 1e9,
  },
}

function lay(files: Record<string, unknown>): string {
  const state = freshDir()
  for (const [name, value] of Object.entries(files)) {
    mkdirSync(dirname(join(state, name)), { recursive: true })
    writeFileSync(join(state, name), typeof value === 'string' ? value : JSON.stringify(value), { mode: 0o644 })
  }
  return state
}

type Opened = { auth: Auth; told: string[] }

async function open(state: string, parts: Partial<System> = {}, env: Record<string, string> = {}): Promise<Opened> {
  const told: string[] = []
  const { system } = machine({ env: { OPENCLAW_STATE_DIR: state, ...env }, parts })
  return { auth: await createAuth(system, { tell: (line) => told.push(line) }), told }
}

/** Id -> secret of every candidate, as a call would find them. */
async function served(state: string): Promise<Record<string, string | undefined>> {
  const view = await (await open(state)).auth.view('main')
  return Object.fromEntries(
    [...view.facts().providers.values()].flatMap(({ candidates }) =>
      candidates.map(({ id, secret }) => [id, secret?.reveal()]),
    ),
  )
}

const json = (state: string, name: string): Record<string, Record<string, unknown>> =>
  JSON.parse(readFileSync(join(state, name), 'utf8'))
const files = (state: string): string[] =>
  readdirSync(state, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.lock$|\.gitignore$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(state.length + 1))
    .sort()
const asides = (state: string): string[] => files(state).filter((name) => name.includes('.imported-'))

function expectImported(state: string): void {
  const store = json(state, STORE)
  expect(store.profiles).toEqual(IMPORTED)
  expect(Object.keys(store).sort()).toEqual(['order', 'profiles', 'usageStats', 'version'])
  expect(store.order).toEqual({ xai: ['xai:work'] })
  expect(store.usageStats).toEqual({ 'xai:work': { errorCount: 1, lastFailureAt: NOON - 9 } })
  const { anthropic: _, ...rest } = EVERYTHING[CACHE] as Record<string, unknown>
  expect(json(state, CACHE)).toEqual(rest)
  // Each source once, byte for byte, for its owner only.
  const kept = asides(state)
  expect(kept.map((name) => name.replace(/\.imported-.*/, ''))).toEqual(Object.keys(EVERYTHING).sort())
  for (const name of kept) {
    expect(readFileSync(join(state, name), 'utf8')).toBe(JSON.stringify(EVERYTHING[name.replace(/\.imported-.*/, '')]))
    expect(statSync(join(state, name)).mode & 0o777).toBe(0o600)
  }
  expect(files(state).filter((name) => !name.includes('.imported-'))).toEqual([STORE, CACHE].sort())
  expect(statSync(join(state, STORE)).mode & 0o777).toBe(0o600)
}

describe('every form at once', () => {
  test('is served before and after alike, by a reader that writes nothing', async () => {
    const state = lay(EVERYTHING)
    const before = files(state)
    const shown = await served(state)
    expect(Object.keys(shown).sort()).toEqual(Object.keys(IMPORTED).sort())
    expect(files(state)).toEqual(before)
    const { auth, told } = await open(state)
    await importLegacy(auth, 'main')
    expectImported(state)
    expect(await served(state)).toEqual(shown)
    expect(told).toHaveLength(5)
    expect(told.every((line) => !line.includes('\n') && line.includes('agent main') && line.includes('kept as'))).toBe(
      true,
    )
    expect(told.at(-1)).toContain('did not understand note')
    // Once is once.
    expect(await importLegacy(auth, 'main')).toEqual([])
    expectImported(state)
    expect(told).toHaveLength(5)
  })

  test('a kill before any change to the disk loses nothing and doubles nothing', { timeout: 120_000 }, async () => {
    const expected = await served(lay(EVERYTHING))
    let isKilled = true
    let nth = 0
    while (isKilled) {
      nth++
      const state = lay(EVERYTHING)
      const disk = dyingDisk(nth)
      const { auth } = await open(state, { files: disk.files })
      await importLegacy(auth, 'main').catch(() => undefined)
      isKilled = disk.isKilled()
      expect(await served(state)).toEqual(expected)
      await importLegacy((await open(state)).auth, 'main')
      expectImported(state)
    }
    expect(nth).toBeGreaterThan(15)
  })

  test('two at once take it over once', async () => {
    const state = lay(EVERYTHING)
    const both = await Promise.all([open(state), open(state)])
    await Promise.all(both.map(({ auth }) => importLegacy(auth, 'main')))
    expectImported(state)
    expect(both.flatMap(({ told }) => told)).toHaveLength(5)
  })
})

describe('what stands there already', () => {
  const login = (expires: number, letter: string, more: object = {}): object => ({
    type: 'oauth',
    provider: 'openai',
    access: `access-${letter.repeat(8)}`,
    refresh: `refresh-${letter.repeat(8)}`,
    expires,
    ...more,
  })
  const acct = { accountId: 'acct' }

  test.each<[string, object, object, Record<string, object>]>([
    [
      'gives way to a later login of the same account, and keeps its own fields',
      { 'openai:mine': login(NOON + 1, 'o', { ...acct, note: 1 }) },
      { openai: login(NOON + 2, 'n', acct) },
      { 'openai:mine': login(NOON + 2, 'n', { ...acct, note: 1 }) },
    ],
    [
      'does not give way to an earlier login of the same account',
      { 'openai:default': login(NOON + 2, 'n', acct) },
      { openai: login(NOON + 1, 'o', acct) },
      { 'openai:default': login(NOON + 2, 'n', acct) },
    ],
    [
      'does not give way to a later login that cannot renew itself',
      { 'openai:default': login(NOON + 1, 'n', acct) },
      { openai: login(NOON + 2, 'o', { ...acct, refresh: '' }) },
      { 'openai:default': login(NOON + 1, 'n', acct) },
    ],
    [
      'stays beside another account, which gets another id',
      { 'openai:default': login(NOON + 1, 'a', acct) },
      { openai: login(NOON + 2, 'b', { accountId: 'other' }) },
      { 'openai:default': login(NOON + 1, 'a', acct), 'openai:imported': login(NOON + 2, 'b', { accountId: 'other' }) },
    ],
    [
      'stays beside a login that says of neither account whose it is',
      { 'openai:default': login(NOON + 1, 'a') },
      { openai: login(NOON + 2, 'b') },
      { 'openai:default': login(NOON + 1, 'a'), 'openai:imported': login(NOON + 2, 'b') },
    ],
    [
      'stays beside another key, under the first free name',
      {
        'xai:default': { type: 'api_key', provider: 'xai', key: 'xai-aaaaaaaaaaaa' },
        'xai:imported': { type: 'quantum', provider: 'xai' },
      },
      { xai: { apiKey: 'xai-bbbbbbbbbbbb' } },
      {
        'xai:default': { type: 'api_key', provider: 'xai', key: 'xai-aaaaaaaaaaaa' },
        'xai:imported': { type: 'quantum', provider: 'xai' },
        'xai:imported-2': { type: 'api_key', provider: 'xai', key: 'xai-bbbbbbbbbbbb' },
      },
    ],
    [
      'is not stored twice, whatever it is called',
      { 'xai:mine': { type: 'api_key', provider: 'xai', key: 'xai-aaaaaaaaaaaa' } },
      { xai: { type: 'api_key', key: ' xai-aaaaaaaaaaaa ' } },
      { 'xai:mine': { type: 'api_key', provider: 'xai', key: 'xai-aaaaaaaaaaaa' } },
    ],
  ])('%s', async (_what, profiles, logins, expected) => {
    const state = lay({ [STORE]: { version: 1, profiles }, [LOGINS]: logins })
    const shown = await served(state)
    await importLegacy((await open(state)).auth, 'main')
    expect(json(state, STORE)).toEqual({ version: 1, profiles: expected })
    expect(await served(state)).toEqual(shown)
    expect(asides(state)).toHaveLength(1)
  })

  test('is not hidden by an order that knows nothing of it', async () => {
    const state = lay({
      [STORE]: { version: 1, profiles: { 'xai:mine': { type: 'api_key', provider: 'xai', key: 'xai-aaaaaaaaaaaa' } } },
      'agent/auth-profiles.json': EVERYTHING['agent/auth-profiles.json'],
    })
    await importLegacy((await open(state)).auth, 'main')
    expect(json(state, STORE).order).toBeUndefined()
    expect(Object.keys(json(state, STORE).profiles ?? {})).toContain('xai:work')
  })
})

test.each<[string, (path: string) => void]>([
  ['that is not JSON', (path) => writeFileSync(path, '{"xai":')],
  ['that is empty', (path) => writeFileSync(path, '')],
  ['that is a list', (path) => writeFileSync(path, '[1]')],
  ['of other bytes', (path) => writeFileSync(path, Buffer.from([0x7b, 0xff, 0x7d]))],
  ['without a credential in a known form', (path) => writeFileSync(path, '{"xai":{"secret":"xai-aaaaaaaaaaaa"}}')],
  ['with an empty credential', (path) => writeFileSync(path, '{"xai":{"apiKey":" "}}')],
])('a file %s is reported with a command and left alone', async (_what, spoil) => {
  const state = lay({ [LOGINS]: '', 'agent/auth.json': { xai: { apiKey: 'xai-aaaaaaaaaaaa' } } })
  spoil(join(state, LOGINS))
  const before = readFileSync(join(state, LOGINS))
  const { auth } = await open(state)
  const { troubles } = await auth.home.agent('main').book()
  expect(troubles).toEqual([
    { path: join(state, LOGINS), error: expect.objectContaining({ remedy: expect.stringContaining(LOGINS) }) },
  ])
  await importLegacy(auth, 'main')
  expect(readFileSync(join(state, LOGINS)).equals(before)).toBe(true)
  expect(asides(state)).toHaveLength(1)
  expect(Object.keys(await served(state))).toEqual(['xai:default'])
})

test('a file that cannot be put aside is imported once all the same, even when the profile is removed afterwards', async () => {
  const state = lay({ [LOGINS]: { xai: { apiKey: 'xai-aaaaaaaaaaaa' }, zai: { apiKey: 'zai-aaaaaaaaaaaa' } } })
  const { system } = machine({})
  const refused = (path: string): boolean => path.includes('/credentials/')
  const stuck: Files = {
    ...system.files,
    writeDurable: (path, text) =>
      refused(path)
        ? Promise.reject(Object.assign(new Error(''), { code: 'EROFS' }))
        : system.files.writeDurable(path, text),
  }
  const { auth, told } = await open(state, { files: stuck })
  await logout(auth, { agentId: 'main', profileId: 'xai:default' })
  expect(told).toEqual([
    expect.stringMatching(/^Imported xai:default, zai:default .*EROFS.*It is not imported again\.$/),
  ])
  expect(Object.keys(await served(state))).toEqual(['zai:default'])
  await importLegacy(auth, 'main')
  expect(told).toHaveLength(1)
  expect(Object.keys(await served(state))).toEqual(['zai:default'])
  // Where it can be again, it is, and nothing is left of the note.
  await importLegacy((await open(state)).auth, 'main')
  expect(files(state)).toEqual([STORE, UNDO, expect.stringMatching(/^credentials\/oauth\.json\.imported-/)])
  expect(json(state, STORE).imported).toBeUndefined()
})

test('a file stays where it is while what was written does not read back', async () => {
  const state = lay({ [LOGINS]: { xai: { apiKey: 'xai-aaaaaaaaaaaa' } } })
  const { system } = machine({})
  const forgetful: Files = {
    ...system.files,
    writeDurable: (path, text) => (path.endsWith(STORE) ? Promise.resolve() : system.files.writeDurable(path, text)),
  }
  const { auth, told } = await open(state, { files: forgetful })
  await importLegacy(auth, 'main')
  expect(told).toEqual([expect.stringContaining('does not read back')])
  expect(files(state)).toEqual([LOGINS])
  await importLegacy((await open(state)).auth, 'main')
  expect(Object.keys(await served(state))).toEqual(['xai:default'])
})

test('an import by doctor names the copy, and no command that would bring an older login back', async () => {
  const state = lay({ [LOGINS]: { xai: { apiKey: 'xai-aaaaaaaaaaaa' } } })
  const face = { service: async () => undefined, gatewayToken: async () => undefined }
  const wanted = { kind: 'legacy' as const, agentId: 'main', path: join(state, LOGINS) }
  const { undo, backups } = await repair((await open(state)).auth, wanted, face)
  expect(backups.map((path) => path.slice(state.length + 1))).toEqual(asides(state))
  expect(files(state)).toContain(STORE)
  expect(undo).toBe('')
})

test('a file that is written anew after it was read stays for the next time', async () => {
  const state = lay({ [LOGINS]: { xai: { apiKey: 'xai-aaaaaaaaaaaa' } } })
  const { system } = machine({})
  const busy: Files = {
    ...system.files,
    writeDurable: async (path, text) => {
      await system.files.writeDurable(path, text)
      if (path.includes('.imported-')) writeFileSync(join(state, LOGINS), '{"zai":{"apiKey":"zai-aaaaaaaaaaaaaaaa"}}')
    },
  }
  await importLegacy((await open(state, { files: busy })).auth, 'main')
  expect(json(state, LOGINS)).toHaveProperty('zai')
  await importLegacy((await open(state)).auth, 'main')
  expect(Object.keys(json(state, STORE).profiles ?? {})).toEqual(['xai:default', 'zai:default'])
})

test('files of nobody go to the agent that is meant, never to another; an agent whose directory it is has no older file there', async () => {
  const agents = { list: [{ id: 'main' }, { id: 'work', default: true }, { id: 'heir', auth: { inherit: 'work' } }] }
  const state = lay({ 'openclaw.json': { agents }, [LOGINS]: { xai: { apiKey: 'xai-aaaaaaaaaaaa' } } })
  const { auth } = await open(state)
  await importLegacy(auth, 'main')
  expect(asides(state)).toEqual([])
  await importLegacy(auth, 'heir')
  expect(files(state)).toContain('agents/work/agent/auth-profiles.json')
  const mine = { 'xai:mine': { type: 'api_key', provider: 'xai', key: 'xai-aaaaaaaaaaaa' } }
  const own = lay({ 'agent/auth-profiles.json': { version: 1, profiles: mine } })
  const { auth: named } = await open(own, {}, { OPENCLAW_AGENT_DIR: join(own, 'agent') })
  expect(await importLegacy(named, 'main')).toEqual([])
  expect(files(own)).toEqual(['agent/auth-profiles.json'])
})

test('what the importer cannot do is told where it is optional, and thrown where a change needs it', async () => {
  const state = lay({ [LOGINS]: { xai: { apiKey: 'xai-aaaaaaaaaaaa' } } })
  const { system } = machine({})
  const full: Files = {
    ...system.files,
    makeDir: () => Promise.reject(Object.assign(new Error(''), { code: 'ENOSPC' })),
  }
  const { auth, told } = await open(state, { files: full })
  await expect(importLegacy(auth, 'main')).rejects.toMatchObject({ code: 'write_failed' })
  expect(await importLegacy(auth, 'main', { isOptional: true })).toEqual([])
  expect(told).toEqual([expect.stringContaining('ENOSPC')])
  expect(Object.keys(await served(state))).toEqual(['xai:default'])
})
