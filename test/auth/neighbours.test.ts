// One account in the stores of several agents: what it meets through one of them is known to all, and nothing is said of other accounts.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { acquire } from '../../src/auth/acquire.ts'
import { createAuth, type View } from '../../src/auth/auth.ts'
import { clearRest } from '../../src/auth/clear-rest.ts'
import { settle } from '../../src/auth/settle.ts'
import type { FailureClass } from '../../src/core/failure.ts'
import { restsUntil } from '../../src/core/health.ts'
import { NOON } from '../support/machine.ts'
import { key, lay, type Place, place } from './place.ts'

const A = 'sk-ant-api03-aaaaaaaaaaaa-canary'
const B = 'sk-ant-api03-bbbbbbbbbbbb-canary'
const login = (access: string, accountId: string, userId = 'u1'): object => ({
  type: 'oauth',
  provider: 'openai-codex',
  access,
  refresh: `${access}-r`,
  expires: NOON + 3_600_000,
  accountId,
  userId,
})

type Two = Place & { work: View; file: string }

/** Agent main, and agent work with a store of its own. @param listed in the config */
async function two(
  main: Record<string, unknown>,
  work: Record<string, unknown>,
  listed: readonly string[] = ['main', 'work', 'spare'],
): Promise<Two> {
  const state = lay({ profiles: main, config: { agents: { list: listed.map((id) => ({ id })) } } })
  const agent = join(state, 'agents/work/agent')
  mkdirSync(agent, { recursive: true, mode: 0o700 })
  writeFileSync(join(agent, 'auth-profiles.json'), JSON.stringify({ version: 1, profiles: work }), { mode: 0o600 })
  // Nobody can read that one, and nobody is hindered by it.
  mkdirSync(join(state, 'agents/spare/agent'), { recursive: true, mode: 0o700 })
  writeFileSync(join(state, 'agents/spare/agent/auth-profiles.json'), 'not JSON', { mode: 0o600 })
  const opened = await place({}, state)
  return { ...opened, work: await opened.auth.view('work'), file: join(agent, 'auth.json') }
}

const rests = (view: View, id: string): boolean => restsUntil(view.store.health.get(id), NOON) > NOON

function fails(view: View, provider: string, cls: FailureClass, now = NOON): void {
  const access = acquire(view, provider, { now })
  settle(view, access, { ok: false, failure: { class: cls, scope: 'account', detail: '' } }, now)
}

/** What is told behind a call has been told: an agent whose store cannot be read has been passed over, and that is noted. */
const behind = async ({ auth, logged }: Place): Promise<void> => {
  const isTold = (): boolean => logged.splice(0).some((line) => line.includes('spare'))
  await vi.waitFor(() => expect(isTold()).toBe(true))
  await auth.flush()
}

test('a limit is known to the other agent at once, on disk soon, and to whoever reads that alone', async () => {
  const there = await two({ 'anthropic:a': key(A) }, { 'anthropic:mine': key(A), 'anthropic:b': key(B) })
  fails(there.view, 'anthropic', 'rate_limit')
  await behind(there)
  expect(rests(there.work, 'anthropic:mine')).toBe(true)
  expect(acquire(there.work, 'anthropic', { now: NOON }).candidate.id).toBe('anthropic:b')
  const stats = JSON.parse(readFileSync(there.file, 'utf8')).usageStats
  expect(stats['anthropic:mine']).toMatchObject({ cooldownUntil: NOON + 60_000, errorCount: 1 })
  expect(stats['anthropic:b']).toBeUndefined()
  const other = await (await createAuth(there.system)).view('work')
  expect(rests(other, 'anthropic:mine')).toBe(true)
})

test('an answer that the account gives to one agent ends its rest for the other', async () => {
  const there = await two({ 'anthropic:a': key(A) }, { 'anthropic:mine': key(A) })
  const access = acquire(there.work, 'anthropic', { now: NOON })
  fails(there.view, 'anthropic', 'auth')
  await behind(there)
  expect(rests(there.work, 'anthropic:mine')).toBe(true)
  settle(there.work, access, { ok: true }, NOON + 1)
  await behind(there)
  expect(rests(there.view, 'anthropic:a')).toBe(false)
})

test('what is tried early through one agent is not tried early through the other', async () => {
  const there = await two({ 'anthropic:a': key(A) }, { 'anthropic:mine': key(A) })
  fails(there.view, 'anthropic', 'billing')
  await behind(there)
  const later = NOON + 60_000
  expect(await acquire(there.view, 'anthropic', { now: later }).claim?.granted).toBe(true)
  await behind(there)
  expect(() => acquire(there.work, 'anthropic', { now: later + 1 })).toThrow()
})

test('another login of the same account shares its limits, not what is wrong with its token', async () => {
  const there = await two({ 'openai-codex:a': login('t1', 'acc') }, { 'openai-codex:mine': login('t2', 'acc') })
  fails(there.view, 'openai-codex', 'auth')
  await behind(there)
  expect(rests(there.work, 'openai-codex:mine')).toBe(false)
  await clearRest(there.auth, { agentId: 'main' })
  fails(there.view, 'openai-codex', 'quota')
  await behind(there)
  expect(rests(there.work, 'openai-codex:mine')).toBe(true)
})

test('another person at the same account, and another account, share nothing', async () => {
  const there = await two(
    { 'openai-codex:a': login('t1', 'acc') },
    { 'openai-codex:b': login('t2', 'acc', 'u2'), 'openai-codex:c': login('t3', 'other') },
  )
  fails(there.view, 'openai-codex', 'quota')
  await behind(there)
  expect([rests(there.work, 'openai-codex:b'), rests(there.work, 'openai-codex:c')]).toEqual([false, false])
})

test('a person who clears it for one agent clears it for the other, and is told so', async () => {
  const there = await two({ 'anthropic:a': key(A) }, { 'anthropic:mine': key(A) })
  fails(there.view, 'anthropic', 'billing')
  await behind(there)
  const { cleared } = await clearRest(there.auth, { agentId: 'main', profileId: 'anthropic:a' })
  expect(cleared).toMatchObject([{ id: 'anthropic:a', alsoOf: [{ agentId: 'work', id: 'anthropic:mine' }] }])
  expect(JSON.parse(readFileSync(there.file, 'utf8')).usageStats['anthropic:mine']).toMatchObject({ errorCount: 0 })
})

test('main is told although the config lists other agents only', async () => {
  const there = await two({ 'anthropic:a': key(A) }, { 'anthropic:mine': key(A) }, ['work', 'spare'])
  fails(there.work, 'anthropic', 'rate_limit')
  await behind(there)
  expect(rests(there.view, 'anthropic:a')).toBe(true)
})

describe('a quota that another login of the account met', () => {
  const logins = (): Promise<Two> =>
    two({ 'openai-codex:a': login('t1', 'acc') }, { 'openai-codex:mine': login('t2', 'acc') })

  test('is cleared with it, and ends when the account serves again', async () => {
    const there = await logins()
    fails(there.view, 'openai-codex', 'quota')
    await behind(there)
    const { cleared } = await clearRest(there.auth, { agentId: 'main' })
    expect(cleared).toMatchObject([{ alsoOf: [{ agentId: 'work', id: 'openai-codex:mine' }] }])
    expect(rests(there.work, 'openai-codex:mine')).toBe(false)
    const access = acquire(there.view, 'openai-codex', { now: NOON })
    fails(there.view, 'openai-codex', 'quota')
    await behind(there)
    expect(rests(there.work, 'openai-codex:mine')).toBe(true)
    settle(there.view, access, { ok: true }, NOON + 1)
    await behind(there)
    expect(rests(there.work, 'openai-codex:mine')).toBe(false)
  })

  test('is not what a token of its own is refused for', async () => {
    const there = await logins()
    fails(there.work, 'openai-codex', 'auth')
    const access = acquire(there.view, 'openai-codex', { now: NOON })
    fails(there.view, 'openai-codex', 'quota')
    await behind(there)
    settle(there.view, access, { ok: true }, NOON + 1)
    await behind(there)
    await clearRest(there.auth, { agentId: 'main' })
    expect(rests(there.work, 'openai-codex:mine')).toBe(true)
  })
})

test('agents that nobody has opened are not opened for it, and only those are written that keep the account', async () => {
  const ids = ['main', 'keeps', 'other', 'idle']
  const state = lay({ config: { agents: { list: ids.map((id) => ({ id })) } } })
  const dir = (id: string): string => join(state, 'agents', id, 'agent')
  for (const [id, secret] of [
    ['keeps', A],
    ['other', B],
  ] as const) {
    mkdirSync(dir(id), { recursive: true, mode: 0o700 })
    const text = JSON.stringify({ version: 1, profiles: { 'anthropic:mine': key(secret) } })
    writeFileSync(join(dir(id), 'auth-profiles.json'), text, { mode: 0o600 })
  }
  const there = await place({ env: { ANTHROPIC_API_KEY: A } }, state)
  const written = (): boolean[] => ids.map((id) => existsSync(join(dir(id), 'auth.json')))
  const access = acquire(there.view, 'anthropic', { now: NOON })
  fails(there.view, 'anthropic', 'rate_limit')
  await vi.waitFor(() => expect(written()[1]).toBe(true))
  await there.auth.flush()
  expect(written()).toEqual([true, true, false, false])
  const stats = (): unknown => JSON.parse(readFileSync(join(dir('keeps'), 'auth.json'), 'utf8')).usageStats
  expect(stats()).toMatchObject({ 'anthropic:mine': { cooldownUntil: NOON + 60_000 } })
  settle(there.view, access, { ok: true }, NOON + 1)
  await vi.waitFor(() => expect(stats()).toMatchObject({ 'anthropic:mine': { errorCount: 0 } }))
  expect(ids.map((id) => there.auth.peek(id) !== undefined)).toEqual([true, false, false, false])
  // Whoever is opened from now on knows; what is kept of a variable there ends with it, too.
  const idle = await there.auth.view('idle')
  fails(idle, 'anthropic', 'rate_limit', NOON + 2)
  await vi.waitFor(() => expect(stats()).toMatchObject({ 'anthropic:mine': { errorCount: 1 } }))
  await there.auth.flush()
  const elsewhere = await createAuth(there.system)
  await elsewhere.view('main')
  const { cleared } = await clearRest(elsewhere, { agentId: 'main' })
  expect(cleared.flatMap(({ alsoOf }) => alsoOf.map(({ agentId }) => agentId))).toEqual(['keeps', 'idle'])
})

test('an account that serves again for one agent comes back little by little for the other, both counted together', async () => {
  const there = await two({ 'anthropic:a': key(A) }, { 'anthropic:mine': key(A) })
  fails(there.view, 'anthropic', 'rate_limit')
  await behind(there)
  const now = NOON + 60_001
  const back = acquire(there.view, 'anthropic', { now })
  back.slot?.served()
  settle(there.view, back, { ok: true }, now)
  await behind(there)
  // Two at once by now, and one of them is still under way through main.
  const taken = [1, 2].map(() => acquire(there.work, 'anthropic', { now: now + 1 }).crowded === true)
  expect(taken).toEqual([false, true])
})
