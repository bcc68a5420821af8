// A profile set aside in a store of its own: what is written, what is kept of it for undo, what a call is told, and what nobody may pause.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { acquire } from '../../src/auth/acquire.ts'
import { diagnose } from '../../src/auth/diagnose.ts'
import { inspect } from '../../src/auth/inspect.ts'
import { logout } from '../../src/auth/logout.ts'
import { paste } from '../../src/auth/paste.ts'
import { pause, resume } from '../../src/auth/pause.ts'
import { undo } from '../../src/auth/undo.ts'
import { loginsOf } from '../../src/auth/watch.ts'
import type { AuthError } from '../../src/core/errors.ts'
import { HOUR_MS } from '../../src/core/expiry.ts'
import { needsOf } from '../../src/core/needs.ts'
import { noteTexts } from '../../src/core/note.ts'
import { renewalNeedOf } from '../../src/core/pick.ts'
import { Secret } from '../../src/core/secret.ts'
import { NOON } from '../support/machine.ts'
import { API_KEY, key, type Place, place, token } from './place.ts'

const ID = 'anthropic:work'
const OTHER = 'anthropic:home'
const LOGIN = 'openai-codex:me@example.com'
const which = { agentId: 'main', profileId: ID }
const OPTIONS = { now: NOON }
const SECOND = 'sk-ant-api03-second-second-second'
const login = (letter: string): object => ({
  type: 'oauth',
  provider: 'openai-codex',
  access: `access-${letter.repeat(8)}`,
  refresh: `refresh-${letter.repeat(8)}`,
  expires: NOON - 1,
  email: 'me@example.com',
  accountId: 'acct',
})
const kept = ({ store }: Place): string => readFileSync(join(dirname(store), 'auth-profiles.undo.json'), 'utf8')
const refusal = (work: () => unknown): AuthError => {
  try {
    work()
  } catch (error) {
    return error as AuthError
  }
  throw new Error('nothing was refused')
}

describe('the mark', () => {
  test('stands in the entry, beside what is not ours, and is gone when it is resumed', async () => {
    const there = await place({ profiles: { [ID]: key(API_KEY, { note: 'mine' }), [OTHER]: key(SECOND) } })
    const before = readFileSync(there.store, 'utf8')
    expect(await pause(there.auth, which)).toEqual({
      provider: 'anthropic',
      where: there.store,
      pause: {},
      wasPaused: false,
      changeId: expect.any(String),
    })
    expect(there.stored().profiles[ID]).toEqual(key(API_KEY, { note: 'mine', paused: true }))
    expect(acquire(there.view, 'anthropic', OPTIONS).candidate.id).toBe(OTHER)
    await pause(there.auth, { ...which, until: NOON + HOUR_MS })
    expect(there.stored().profiles[ID]).toMatchObject({ paused: NOON + HOUR_MS })
    expect(await resume(there.auth, which)).toMatchObject({ pause: undefined, wasPaused: true })
    expect(there.stored().profiles).toEqual(JSON.parse(before).profiles)
    expect(await resume(there.auth, which)).toMatchObject({ wasPaused: false })
  })

  test('that was written by hand and says nothing leaves the store readable, and the profile alone', async () => {
    const there = await place({ profiles: { [ID]: key(API_KEY, { paused: 'untill monday' }), [OTHER]: key(SECOND) } })
    expect(acquire(there.view, 'anthropic', OPTIONS).candidate.id).toBe(OTHER)
    await paste(there.auth, { agentId: 'main', provider: 'anthropic', kind: 'api_key', text: SECOND, profileId: OTHER })
    expect(there.stored().profiles[ID]).toMatchObject({ paused: 'untill monday' })
    expect(await resume(there.auth, which)).toMatchObject({ wasPaused: true })
  })

  test('stays when another secret comes into the profile, and that is said', async () => {
    const there = await place({ profiles: { [ID]: key(API_KEY, { paused: true }) } })
    const input = { agentId: 'main', provider: 'anthropic', kind: 'api_key', text: SECOND, profileId: ID } as const
    const { notes } = await paste(there.auth, input)
    expect(noteTexts(notes).join()).toContain(
      `${ID} is paused and stays so. To use it: openclaw models auth resume ${ID}`,
    )
    expect(there.stored().profiles[ID]).toMatchObject({ key: SECOND, paused: true })
    await resume(there.auth, which)
    expect((await paste(there.auth, input)).notes).toEqual([])
  })
})

describe('undo', () => {
  test('takes a pause back, and leaves a login the tokens that it has by then; none of them is kept for it', async () => {
    const there = await place({ profiles: { [LOGIN]: login('a') } })
    await pause(there.auth, { agentId: 'main', profileId: LOGIN, until: NOON + HOUR_MS })
    expect(kept(there)).not.toContain('aaaaaaaa')
    const next = {
      kind: 'oauth',
      access: new Secret('access-bbbbbbbb'),
      refresh: new Secret('refresh-bbbbbbbb'),
    } as const
    await there.view.store.profiles.renew(LOGIN, new Secret('refresh-aaaaaaaa'), { ...next, expiresAt: NOON + HOUR_MS })
    expect(there.stored().profiles[LOGIN]).toMatchObject({ refresh: 'refresh-bbbbbbbb', paused: NOON + HOUR_MS })
    const back = { what: 'pause', pieces: [{ kind: 'pause', id: LOGIN, becomes: undefined, verdict: 'restored' }] }
    expect(await undo(there.auth, { agentId: 'main' })).toMatchObject(back)
    expect(there.stored().profiles[LOGIN]).toEqual({ ...login('b'), expires: NOON + HOUR_MS })
    // And once more it is paused again.
    await undo(there.auth, { agentId: 'main' })
    expect(there.stored().profiles[LOGIN]).toMatchObject({ refresh: 'refresh-bbbbbbbb', paused: NOON + HOUR_MS })
  })

  test('brings a profile back paused that was removed so, and leaves alone what somebody resumed since', async () => {
    const there = await place({ profiles: { [ID]: key(API_KEY, { paused: true }) } })
    await logout(there.auth, which)
    await undo(there.auth, { agentId: 'main' })
    expect(there.stored().profiles[ID]).toEqual(key(API_KEY, { paused: true }))
    await paste(there.auth, { agentId: 'main', provider: 'anthropic', kind: 'api_key', text: SECOND, profileId: ID })
    await resume(there.auth, which)
    await undo(there.auth, { agentId: 'main', number: 2 })
    expect(there.stored().profiles[ID]).toMatchObject({ key: API_KEY })
    expect(there.stored().profiles[ID]).not.toHaveProperty('paused')
  })
})

describe('where nothing else can serve', () => {
  test('a call is told of the pause and how to end it, and nobody is woken', async () => {
    const there = await place({
      profiles: { [ID]: key(API_KEY), [OTHER]: token('tok-tok-tok', { expires: NOON + 60_000 }) },
    })
    for (const profileId of [ID, OTHER]) await pause(there.auth, { agentId: 'main', profileId })
    const remedy = `openclaw models auth resume ${OTHER}`
    expect(refusal(() => acquire(there.view, 'anthropic', OPTIONS))).toMatchObject({ code: 'no_credential', remedy })
    const report = inspect(there.view, { named: false })
    expect(report).toMatchObject({
      auth: { missingProvidersInUse: [], pausedProfiles: [{ profileId: OTHER }, { profileId: ID }] },
      check: { exitCode: 0, reasons: [] },
    })
    expect(report.auth.providers[0]).toMatchObject({ next: null, effective: { kind: 'profiles' } })
    expect(needsOf(report, '')).toEqual([])
    const { findings } = await diagnose(there.system)
    const told = findings.filter(({ profile }) => profile !== undefined)
    expect(told.map(({ code, severity, profile }) => [code, severity, profile])).toEqual([
      ['paused', 'note', ID],
      ['paused', 'note', OTHER],
    ])
    expect(findings.map(({ code }) => code)).not.toContain('no_credential')
  })

  test('until a moment, the refusal names it', async () => {
    const there = await place({ profiles: { [ID]: key(API_KEY) } })
    await pause(there.auth, { ...which, until: NOON + HOUR_MS })
    expect(refusal(() => acquire(there.view, 'anthropic', OPTIONS))).toMatchObject({
      code: 'no_available_profile',
      until: NOON + HOUR_MS,
      message: expect.stringContaining('paused by a person, ends in 1h'),
      remedy: `openclaw models auth resume ${ID}`,
    })
    expect(acquire(there.view, 'anthropic', { now: NOON + HOUR_MS }).candidate.id).toBe(ID)
  })
})

test('the pin of a person is refused while its profile is paused, one of the program steps aside', async () => {
  const there = await place({ profiles: { [ID]: key(API_KEY), [OTHER]: key(SECOND) } })
  await pause(there.auth, which)
  const pinned = (by: 'user' | 'auto') => () => acquire(there.view, 'anthropic', { now: NOON, pin: { id: ID, by } })
  expect(refusal(pinned('user'))).toMatchObject({
    code: 'no_credential_for_profile',
    message: expect.stringContaining(`${ID}: paused by a person, until it is resumed`),
    remedy: `openclaw models auth resume ${ID}`,
  })
  expect(pinned('auto')().candidate.id).toBe(OTHER)
})

test('a paused login is renewed with the others', async () => {
  const there = await place({ profiles: { [LOGIN]: login('a') } })
  await pause(there.auth, { agentId: 'main', profileId: LOGIN })
  expect(loginsOf(there.view.facts()).map((one) => [one.id, renewalNeedOf(one, NOON)])).toEqual([[LOGIN, 'due']])
})

describe('what cannot be paused is told, and nothing is written', () => {
  test.each<[string, string, string, string]>([
    ['nobody', 'anthropic:gone', 'unknown_profile', 'openclaw models auth list --agent main'],
    ['a type nobody knows', 'bedrock:x', 'wrong_kind', 'openclaw models auth list --agent main'],
    [
      'a variable beside a profile',
      'env:ANTHROPIC_API_KEY',
      'usage',
      `openclaw models auth order set --provider anthropic ${ID}`,
    ],
    ['a variable alone', 'env:OPENAI_API_KEY', 'usage', 'openclaw models where openai'],
  ])('%s', async (_name, profileId, code, remedy) => {
    const env = { ANTHROPIC_API_KEY: SECOND, OPENAI_API_KEY: 'sk-openai-0123456789' }
    const there = await place({
      env,
      profiles: { [ID]: key(API_KEY), 'bedrock:x': { type: 'x', provider: 'bedrock' } },
    })
    const before = readFileSync(there.store, 'utf8')
    await expect(pause(there.auth, { agentId: 'main', profileId })).rejects.toMatchObject({ code, remedy })
    expect(readFileSync(there.store, 'utf8')).toBe(before)
    expect(existsSync(join(dirname(there.store), 'auth-profiles.undo.json'))).toBe(false)
  })

  test('the profile of an agent that lends its credentials, which is paused there', async () => {
    const config = { agents: { list: [{ id: 'main' }, { id: 'work', auth: { inherit: 'main' } }] } }
    const there = await place({ config, profiles: { [ID]: key(API_KEY) } })
    await expect(pause(there.auth, { ...which, agentId: 'work' })).rejects.toMatchObject({
      code: 'usage',
      remedy: `openclaw models auth pause ${ID} --agent main`,
    })
    const work = await there.auth.view('work')
    await pause(there.auth, which)
    expect(refusal(() => acquire(work, 'anthropic', OPTIONS))).toMatchObject({ code: 'no_credential' })
  })
})
