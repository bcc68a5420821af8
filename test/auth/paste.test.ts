// Storing what was pasted: the right door, the right id, and nothing written over.

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { inspect } from '../../src/auth/inspect.ts'
import type { Kept } from '../../src/auth/keep.ts'
import { type PasteInput, paste } from '../../src/auth/paste.ts'
import { DAY_MS } from '../../src/core/expiry.ts'
import { noteTexts } from '../../src/core/note.ts'
import { NOON } from '../support/machine.ts'
import { API_KEY, key, type Place, place, SETUP_TOKEN, token } from './place.ts'

const put = ({ auth }: Place, text: string, more: Partial<PasteInput> = {}): Promise<Kept> =>
  paste(auth, { agentId: 'main', provider: 'anthropic', kind: 'api_key', text, ...more })

test('a key is stored with the address it is for, and the config names it without its secret', async () => {
  const there = await place()
  const { profile, replaced, where } = await put(there, `export ANTHROPIC_API_KEY="${API_KEY}"\n`)
  expect([profile.id, replaced, where]).toEqual(['anthropic:default', false, there.store])
  expect(there.stored()).toEqual({
    version: 1,
    profiles: {
      'anthropic:default': {
        type: 'api_key',
        provider: 'anthropic',
        key: API_KEY,
        origin: 'https://api.anthropic.com',
      },
    },
  })
  expect(statSync(there.store).mode & 0o777).toBe(0o600)
  const config = readFileSync(there.configPath, 'utf8')
  expect(JSON.parse(config)).toEqual({
    auth: { profiles: { 'anthropic:default': { provider: 'anthropic', mode: 'api_key' } } },
  })
  expect(there.logged.join('')).not.toContain(API_KEY)
  expect(there.view.facts().providers.get('anthropic')?.candidates[0]?.secret?.reveal()).toBe(API_KEY)
})

describe('the wrong door is refused with the command of the right one, and nothing is written', () => {
  test.each<[string, string, Partial<PasteInput>, string, string]>([
    [
      'a setup-token in the key door',
      SETUP_TOKEN,
      {},
      'wrong_kind',
      'openclaw models auth setup-token --provider anthropic',
    ],
    [
      'a key in the token door',
      API_KEY,
      { kind: 'token' },
      'wrong_kind',
      'openclaw models auth paste-api-key --provider anthropic',
    ],
    [
      'a key of Anthropic for OpenAI',
      API_KEY,
      { provider: 'openai' },
      'wrong_kind',
      'openclaw models auth paste-api-key --provider anthropic',
    ],
    [
      'a token of Anthropic for OpenAI',
      SETUP_TOKEN,
      { provider: 'openai', kind: 'token' },
      'wrong_kind',
      'openclaw models auth setup-token --provider anthropic',
    ],
    [
      'a key of OpenRouter for Groq',
      `sk-or-v1-${'0'.repeat(40)}`,
      { provider: 'groq' },
      'wrong_kind',
      'openclaw models auth paste-api-key --provider openrouter',
    ],
    [
      'a key of Anthropic for nobody we know',
      API_KEY,
      { provider: 'antropic' },
      'wrong_kind',
      'openclaw models auth paste-api-key --provider anthropic',
    ],
    [
      'an admin key',
      `sk-ant-admin01-${'a'.repeat(40)}`,
      {},
      'bad_secret',
      'openclaw models auth paste-api-key --provider anthropic',
    ],
    [
      'a refresh token',
      `sk-ant-ort01-${'a'.repeat(40)}`,
      {},
      'bad_secret',
      'openclaw models auth paste-api-key --provider anthropic',
    ],
    [
      'the code of the login page',
      `${'a'.repeat(40)}#${'b'.repeat(40)}`,
      { kind: 'token' },
      'bad_secret',
      'openclaw models auth paste-token --provider anthropic',
    ],
    [
      'a token that is cut off',
      'sk-ant-oat01-abcdefgh',
      { kind: 'token' },
      'bad_secret',
      'openclaw models auth paste-token --provider anthropic',
    ],
    [
      'some token',
      'x'.repeat(100),
      { kind: 'token' },
      'bad_secret',
      'openclaw models auth paste-token --provider anthropic',
    ],
    [
      'a masked value',
      'sk-ant-api03-...wxyz',
      {},
      'bad_secret',
      'openclaw models auth paste-api-key --provider anthropic',
    ],
    ['nothing', '\n', {}, 'bad_secret', 'openclaw models auth paste-api-key --provider anthropic'],
  ])('%s', async (_what, text, more, code, remedy) => {
    const there = await place()
    const error = await put(there, text, more).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code, remedy, message: expect.stringMatching(/[Nn]othing was stored|not stored/) })
    if (text.trim().length > 12) expect(String(error)).not.toContain(text.trim())
    expect([existsSync(there.store), existsSync(there.configPath)]).toEqual([false, false])
  })

  test('the command reaches the agent that was meant', async () => {
    const there = await place({ config: { agents: { list: [{ id: 'main', default: true }, { id: 'work' }] } } })
    await expect(put(there, SETUP_TOKEN, { agentId: 'work' })).rejects.toMatchObject({
      remedy: 'openclaw models auth setup-token --provider anthropic --agent work',
    })
  })
})

describe('the id', () => {
  const sets: [string, Record<string, unknown>, PasteInput['kind'], string | RegExp, boolean?][] = [
    ['is default when that is free', {}, 'api_key', 'anthropic:default'],
    [
      'is default when that holds the same kind',
      { 'anthropic:default': key('sk-old-old-old') },
      'api_key',
      'anthropic:default',
      true,
    ],
    [
      'is manual when default holds another kind',
      { 'anthropic:default': token(SETUP_TOKEN) },
      'api_key',
      'anthropic:manual',
    ],
    [
      'is manual when default holds a type of the future',
      { 'anthropic:default': { type: 'x', provider: 'anthropic' } },
      'api_key',
      'anthropic:manual',
    ],
    [
      'is manual when default belongs to another provider',
      { 'anthropic:default': { type: 'api_key', provider: 'openai', key: 'k' } },
      'api_key',
      'anthropic:manual',
    ],
    ['is manual when default cannot be understood', { 'anthropic:default': 'text' }, 'api_key', 'anthropic:manual'],
    [
      'is none when both hold another kind',
      { 'anthropic:default': key('sk-a'), 'anthropic:manual': key('sk-b') },
      'token',
      /holds another kind.*not overwritten/,
    ],
  ]
  test.each(sets)('%s', async (_name, profiles, kind, id, replaces = false) => {
    const there = await place({ profiles })
    const result = put(there, kind === 'token' ? SETUP_TOKEN : API_KEY, { kind })
    if (typeof id === 'string') {
      expect(await result).toMatchObject({ profile: { id }, replaced: replaces })
      for (const [name, entry] of Object.entries(profiles))
        if (name !== id) expect(there.stored().profiles[name]).toEqual(entry)
    } else {
      await expect(result).rejects.toMatchObject({
        code: 'wrong_kind',
        message: expect.stringMatching(id),
        remedy: expect.stringContaining('--profile-id anthropic:second'),
      })
      expect(there.stored().profiles).toEqual(profiles)
    }
  })

  test('may be chosen, and then is exactly that', async () => {
    const there = await place({ profiles: { 'anthropic:tok': token(SETUP_TOKEN) } })
    expect((await put(there, API_KEY, { profileId: 'anthropic:work@me+x.y' })).profile.id).toBe('anthropic:work@me+x.y')
    await expect(put(there, API_KEY, { profileId: 'anthropic:tok' })).rejects.toMatchObject({ code: 'wrong_kind' })
  })

  test.each([
    'work',
    'openai:work',
    'anthropic:',
    'anthropic:a b',
    'anthropic:a/b',
    'anthropic:..\\x',
    "anthropic:'",
    'anthropic:a\u0000',
    'anthropic:\u202e',
    `anthropic:${'x'.repeat(129)}`,
    'anthropic:$(x)',
  ])('cannot be %j', async (profileId) => {
    const there = await place()
    await expect(put(there, API_KEY, { profileId })).rejects.toMatchObject({
      code: 'usage',
      remedy: expect.stringContaining('--profile-id anthropic:work'),
    })
    expect(existsSync(there.store)).toBe(false)
  })

  test.each(['', ' ', '../x', 'a b', '-x', 'a/b', '__proto__', 'x'.repeat(65)])(
    'has no provider called %j',
    async (provider) => {
      await expect(put(await place(), API_KEY, { provider })).rejects.toMatchObject({
        code: 'usage',
        remedy: 'openclaw models list --all',
      })
    },
  )
})

describe('the end of a token', () => {
  test('is a year from now for a setup-token, and that is said', async () => {
    const there = await place()
    const { profile, notes } = await put(there, SETUP_TOKEN, { kind: 'token' })
    expect(there.stored().profiles[profile.id]?.expires).toBe(NOON + 365 * DAY_MS)
    expect(noteTexts(notes).join(' ')).toMatch(/365 days/)
  })

  test('is what was asked for', async () => {
    const there = await place()
    await put(there, SETUP_TOKEN, { kind: 'token', expiresInMs: 5 * DAY_MS })
    expect(there.stored().profiles['anthropic:default']?.expires).toBe(NOON + 5 * DAY_MS)
  })

  test('is none for a token of another vendor', async () => {
    const there = await place()
    await put(there, 'gho_aaaaaaaaaaaaaaaaaaaa', { provider: 'groq', kind: 'token' })
    expect(there.stored().profiles['groq:default']).not.toHaveProperty('expires')
  })
})

test('a new secret starts with a clean record', async () => {
  const usageStats = {
    'anthropic:default': {
      errorCount: 3,
      lastUsed: NOON - 5,
      lastFailureAt: NOON - 1,
      disabledUntil: NOON + DAY_MS,
      disabledReason: 'billing',
    },
  }
  const usageWindows = { 'anthropic:default': { at: NOON - 5, windows: [{ name: '5h', used: 1 }] } }
  const cache = { version: 1, usageStats, usageWindows }
  const there = await place({ profiles: { 'anthropic:default': key('sk-old-old-old') }, cache })
  const usage = () => inspect(there.view, { named: false }).auth.usage.providers
  expect(usage()).toMatchObject([{ profileId: 'anthropic:default', windows: [{ usedPercent: 100 }] }])
  await put(there, API_KEY)
  expect(usage()).toEqual([])
  const kept = JSON.parse(readFileSync(there.cache, 'utf8'))
  expect(kept.usageStats['anthropic:default']).toEqual({ errorCount: 0, lastUsed: NOON - 5 })
  expect(kept.usageWindows['anthropic:default']).toEqual({ at: NOON, windows: [] })
  expect(there.view.facts().providers.get('anthropic')?.candidates[0]?.health).toEqual({
    errorCount: 0,
    failureCounts: {},
    lastUsedAt: NOON - 5,
  })
})

test('a credential of the old auth.json is moved first, so that it is replaced only by its own kind', async () => {
  const old = { anthropic: { type: 'api_key', provider: 'anthropic', key: 'sk-ant-api03-old-old-old' } }
  const there = await place({ cache: old })
  expect((await put(there, SETUP_TOKEN, { kind: 'token' })).profile.id).toBe('anthropic:manual')
  expect(there.stored().profiles['anthropic:default']).toEqual(old.anthropic)
})

test('an unreadable store is refused and stays', async () => {
  const there = await place()
  writeFileSync(there.store, '{ torn')
  await expect(put(there, API_KEY)).rejects.toMatchObject({ code: 'unreadable_store' })
  expect(readFileSync(there.store, 'utf8')).toBe('{ torn')
})

test('a config that cannot be edited does not keep the credential from being stored, and the note says so', async () => {
  const there = await place({ config: '{ auth: {} }' })
  writeFileSync(there.configPath, '{ torn')
  const { notes } = await put(there, API_KEY)
  expect(noteTexts(notes).join(' ')).toContain(there.configPath)
  expect(there.stored().profiles['anthropic:default']?.key).toBe(API_KEY)
  expect(readFileSync(there.configPath, 'utf8')).toBe('{ torn')
})

test('the credential of a provider that is not configured yet is kept, and the note says so', async () => {
  const there = await place()
  const { notes } = await put(there, 'k-1234567890', { provider: 'mine' })
  expect(noteTexts(notes).join(' ')).toContain('models.providers.mine')
  expect(there.stored().profiles['mine:default']).toEqual({ type: 'api_key', provider: 'mine', key: 'k-1234567890' })
})

describe('an order that exists decides alone, so a profile left out of it is put first or the person is told how', () => {
  const plan = (order: object): Parameters<typeof place>[0] => ({
    profiles: { 'anthropic:work': key('sk-ant-api03-WorkWorkWorkWorkWork') },
    ...order,
  })
  const asToken = { kind: 'token', toFront: true } as const

  test('a setup-token goes first in the order of the agent', async () => {
    const there = await place(plan({ order: { anthropic: ['anthropic:work'] } }))
    const { notes } = await put(there, SETUP_TOKEN, asToken)
    expect(there.stored().order).toEqual({ anthropic: ['anthropic:default', 'anthropic:work'] })
    expect(noteTexts(notes)).toContain('anthropic:default now stands first in the order of anthropic.')
  })

  test('a setup-token goes first in the order of the config, whose comments stay', async () => {
    const there = await place(plan({ config: '{ auth: { order: { anthropic: ["anthropic:work"] /* mine */ } } }' }))
    await put(there, SETUP_TOKEN, asToken)
    const config = readFileSync(there.configPath, 'utf8')
    expect(config).toContain('/* mine */')
    expect(there.auth.home.config().authOrder.get('anthropic')).toEqual(['anthropic:default', 'anthropic:work'])
    expect(there.stored().order).toBeUndefined()
  })

  test('without an order none is made', async () => {
    const there = await place(plan({}))
    await put(there, SETUP_TOKEN, asToken)
    expect(there.stored().order).toBeUndefined()
    expect(there.auth.home.config().authOrder.size).toBe(0)
  })

  test('a pasted key that the order leaves out comes with the command that takes it in', async () => {
    const there = await place(plan({ order: { anthropic: ['anthropic:work'] } }))
    const { notes } = await put(there, API_KEY, { profileId: 'anthropic:home' })
    expect(noteTexts(notes)).toEqual([
      'An order of anthropic exists and leaves anthropic:home out. To use it first: openclaw models auth order set --provider anthropic anthropic:home anthropic:work',
    ])
    expect(there.stored().order).toEqual({ anthropic: ['anthropic:work'] })
  })
})
