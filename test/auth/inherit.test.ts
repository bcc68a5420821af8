// An agent pointed at another one's credentials (D1): what it sees, what it may not change, and that nothing is copied.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { acquire } from '../../src/auth/acquire.ts'
import { inspect } from '../../src/auth/inspect.ts'
import { logout } from '../../src/auth/logout.ts'
import { paste } from '../../src/auth/paste.ts'
import { orderOf, reorder } from '../../src/auth/reorder.ts'
import { settle } from '../../src/auth/settle.ts'
import { until } from '../support/installation.ts'
import { NOON } from '../support/machine.ts'
import { API_KEY, key, type Place, place } from './place.ts'

const config = { agents: { list: [{ id: 'main' }, { id: 'work', auth: { inherit: 'main' } }, { id: 'alone' }] } }
const profiles = { 'anthropic:a': key(API_KEY), 'anthropic:b': key('sk-ant-api03-b-bbbbbbbb') }
const stand = (): Promise<Place> => place({ config, profiles, order: { anthropic: ['anthropic:b', 'anthropic:a'] } })
const OPTIONS = { now: NOON }

describe('reading', () => {
  test("profiles and order are the owner's; an agent that is pointed at nobody sees none of them", async () => {
    const there = await stand()
    const work = await there.auth.view('work')
    expect(acquire(work, 'anthropic', OPTIONS).candidate.id).toBe('anthropic:b')
    expect(await orderOf(there.auth, { agentId: 'work', provider: 'anthropic' })).toEqual([
      'anthropic:b',
      'anthropic:a',
    ])
    const report = inspect(work, { named: true })
    expect(report).toMatchObject({ agentId: 'work', auth: { owner: 'main', storePath: there.store } })
    expect(report.agentDir).toBe(join(there.state, 'agents/work/agent'))
    expect(() => acquire(there.view, 'anthropic', OPTIONS)).not.toThrow()
    const alone = await there.auth.view('alone')
    expect(() => acquire(alone, 'anthropic', OPTIONS)).toThrow(
      expect.objectContaining({ code: 'no_credential', remedy: expect.stringContaining('--agent alone') }),
    )
    expect(inspect(alone, { named: true }).auth).not.toHaveProperty('owner')
    await there.auth.flush()
    expect(existsSync(join(there.state, 'agents/work'))).toBe(false)
  })

  test('health is one: what either meets, both step over at once, and it is written to the owner', async () => {
    const there = await stand()
    const work = await there.auth.view('work')
    const access = acquire(work, 'anthropic', OPTIONS)
    const failure = { class: 'rate_limit', detail: 'slow down', scope: 'profile' } as const
    settle(work, access, { ok: false, failure: failure as never }, NOON)
    expect(acquire(there.view, 'anthropic', OPTIONS).candidate.id).toBe('anthropic:a')
    expect(acquire(work, 'anthropic', OPTIONS).candidate.id).toBe('anthropic:a')
    await there.auth.flush()
    expect(JSON.parse(readFileSync(there.cache, 'utf8')).usageStats).toHaveProperty('anthropic:b')
    expect(existsSync(join(there.state, 'agents/work'))).toBe(false)
  })

  test("what the owner stores is the heir's in the same moment", async () => {
    const there = await stand()
    const work = await there.auth.view('work')
    await logout(there.auth, { agentId: 'main', profileId: 'anthropic:b' })
    expect(acquire(work, 'anthropic', OPTIONS).candidate.id).toBe('anthropic:a')
  })

  test('a config that stops it, or removes the agent, holds in a process that runs', async () => {
    const there = await stand()
    await there.auth.view('work')
    const watch = there.auth.watch()
    writeFileSync(there.configPath, JSON.stringify({ agents: { list: [{ id: 'main' }, { id: 'work' }] } }))
    await until('the view to go', () => (there.auth.peek('work') === undefined ? true : undefined))
    const work = await there.auth.view('work')
    expect(() => acquire(work, 'anthropic', OPTIONS)).toThrow(expect.objectContaining({ code: 'no_credential' }))
    writeFileSync(there.configPath, '{}')
    await until('the agent to go', () => (there.auth.peek('work') === undefined ? true : undefined))
    await expect(there.auth.view('work')).rejects.toMatchObject({ code: 'unknown_agent' })
    watch.close()
  })
})

describe('a process that runs', () => {
  test('follows an agent to another directory, and its heirs with it', async () => {
    const there = await stand()
    await there.auth.view('work')
    let reloads = 0
    const watch = there.auth.watch(async () => void reloads++)
    const agentDir = join(there.state, 'elsewhere')
    mkdirSync(agentDir, { mode: 0o700 })
    const moved = join(agentDir, 'auth-profiles.json')
    const hold = (id: string): void =>
      writeFileSync(moved, JSON.stringify({ version: 1, profiles: { [id]: key(API_KEY) } }))
    hold('anthropic:moved')
    const list = [
      { id: 'main', agentDir },
      { id: 'work', auth: { inherit: 'main' } },
    ]
    writeFileSync(there.configPath, JSON.stringify({ agents: { list } }))
    await until('the config to be read', () => (reloads > 0 ? true : undefined))
    const taken = async (id: string): Promise<string> =>
      acquire(await there.auth.view(id), 'anthropic', OPTIONS).candidate.id
    expect([await taken('main'), await taken('work')]).toEqual(['anthropic:moved', 'anthropic:moved'])
    // What happens there is noticed as well, from the next look on.
    await until('the new file to be followed', async () => {
      hold('anthropic:later')
      return (await taken('work')) === 'anthropic:later' ? true : undefined
    })
    expect(await taken('main')).toBe('anthropic:later')
    watch.close()
  })

  test('goes on with all other agents when the store of one cannot be read', async () => {
    const there = await stand()
    const alone = await there.auth.view('alone')
    let reloads = 0
    const watch = there.auth.watch(async () => void reloads++)
    writeFileSync(there.store, 'broken')
    const baseUrl = 'https://changed.example'
    writeFileSync(there.configPath, JSON.stringify({ ...config, models: { providers: { anthropic: { baseUrl } } } }))
    await until('the end of the reload', () => (reloads > 0 ? true : undefined))
    expect(alone.facts().config.providers.get('anthropic')).toEqual({ baseUrl })
    expect(
      there.view
        .facts()
        .providers.get('anthropic')
        ?.candidates.map(({ id }) => id),
    ).toContain('anthropic:b')
    watch.close()
  })
})

describe('changing', () => {
  const agentId = 'work'
  test.each<[string, (there: Place) => Promise<unknown>, string]>([
    [
      'paste',
      ({ auth }) => paste(auth, { agentId, provider: 'anthropic', kind: 'api_key', text: API_KEY }),
      'openclaw models auth paste-api-key --provider anthropic --agent main',
    ],
    [
      'logout',
      ({ auth }) => logout(auth, { agentId, profileId: 'anthropic:a' }),
      'openclaw models auth logout anthropic:a --agent main',
    ],
    [
      'order set',
      ({ auth }) => reorder(auth, { agentId, provider: 'anthropic', ids: ['anthropic:a'] }),
      'openclaw models auth order set --provider anthropic anthropic:a --agent main',
    ],
    [
      'order clear',
      ({ auth }) => reorder(auth, { agentId, provider: 'anthropic', ids: undefined }),
      'openclaw models auth order clear --provider anthropic --agent main',
    ],
  ])('%s is refused with the command that does it at the owner', async (_what, change, remedy) => {
    const there = await stand()
    const before = readFileSync(there.store, 'utf8')
    await expect(change(there)).rejects.toMatchObject({ code: 'usage', remedy })
    expect(readFileSync(there.store, 'utf8')).toBe(before)
    expect(existsSync(join(there.state, 'agents/work'))).toBe(false)
  })
})
