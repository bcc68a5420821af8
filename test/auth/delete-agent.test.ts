// Deleting an agent: everything is in its old place or in the trash, at every step, and what is somebody else's stays.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createAuth } from '../../src/auth/auth.ts'
import { deleteAgent, planDeletion } from '../../src/auth/delete-agent.ts'
import type { System } from '../../src/system/system.ts'
import { freshDir, machine } from '../support/machine.ts'
import { API_KEY, key, lay } from './place.ts'

const FILES = ['agents/work/agent/auth-profiles.json', 'agents/work/sessions/sessions.json', 'workspace-work/NOTES.md']

function stage(extra: Record<string, unknown> = {}): string {
  const state = lay({
    profiles: { 'anthropic:main': key(API_KEY) },
    config: {
      agents: { list: [{ id: 'main' }, { id: 'work', ...extra }, { id: 'other' }] },
      bindings: [
        { agentId: 'work', match: { channel: 'slack' } },
        { agentId: 'other', match: { channel: 'irc' } },
      ],
    },
  })
  for (const file of FILES) {
    mkdirSync(join(state, file, '..'), { recursive: true })
    writeFileSync(join(state, file), `{"of":"${file}"}`)
  }
  return state
}

const open = (state: string, parts: Partial<System> = {}): ReturnType<typeof createAuth> =>
  createAuth(machine({ env: { OPENCLAW_STATE_DIR: state }, parts }).system)

/** The text of every file below, wherever it lies. */
function texts(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
}

const config = (state: string): { agents: { list: { id: string }[] }; bindings?: unknown } =>
  JSON.parse(readFileSync(join(state, 'openclaw.json'), 'utf8'))

describe('an agent', () => {
  test('is moved to the trash with everything, and the config forgets it', async () => {
    const state = stage()
    const done = await deleteAgent(await open(state), 'work', { isShown: true })
    expect(done).toMatchObject({ agentId: 'work', left: [], removedBindings: 1 })
    for (const file of FILES) expect(existsSync(join(state, file)), file).toBe(false)
    for (const path of ['state/agent/auth-profiles.json', 'state/sessions/sessions.json', 'workspace/NOTES.md']) {
      expect(existsSync(join(done.trash, path)), path).toBe(true)
    }
    expect(done.trash.startsWith(join(state, 'trash/work-'))).toBe(true)
    expect(config(state)).toEqual({
      agents: { list: [{ id: 'main' }, { id: 'other' }] },
      bindings: [{ agentId: 'other', match: { channel: 'irc' } }],
    })
    expect(JSON.parse(readFileSync(join(done.trash, 'agent.json'), 'utf8'))).toMatchObject({
      agentId: 'work',
      bindings: [{ agentId: 'work', match: { channel: 'slack' } }],
    })
    expect(existsSync(join(state, 'agents/main/agent/auth-profiles.json'))).toBe(true)
  })

  test.each([0, 1, 2, 3, 4])('interrupted at step %i loses nothing, and the same command ends it', async (step) => {
    const state = stage({ agentDir: join(freshDir(), 'elsewhere') })
    const elsewhere = config(state).agents.list[1] as unknown as { agentDir: string }
    mkdirSync(elsewhere.agentDir)
    writeFileSync(join(elsewhere.agentDir, 'auth-profiles.json'), '{"of":"elsewhere"}')
    const real = machine({}).system.files
    let count = 0
    const dies = async <T>(work: () => Promise<T>): Promise<T> => {
      if (count++ >= step) throw Object.assign(new Error('killed'), { code: 'EIO' })
      return work()
    }
    const files = {
      ...real,
      rename: (from: string, to: string) => dies(() => real.rename(from, to)),
      writeDurable: (path: string, text: string) => dies(() => real.writeDurable(path, text)),
    }
    await expect(
      open(state, { files }).then((auth) => deleteAgent(auth, 'work', { isShown: true })),
    ).rejects.toMatchObject({
      code: 'write_failed',
    })
    expect(config(state).agents.list).toHaveLength(3)
    await deleteAgent(await open(state), 'work', { isShown: true })
    expect(config(state).agents.list).toEqual([{ id: 'main' }, { id: 'other' }])
    const kept = texts(join(state, 'trash'))
    for (const file of [...FILES, 'elsewhere']) expect(kept, file).toContain(`{"of":"${file}"}`)
  })

  test.each([
    ['the state directory', (state: string) => state],
    ['a folder above it', (state: string) => join(state, '..')],
    ['the workspace of another agent', (state: string) => join(state, 'workspace-other')],
    ['the folder of all agents', (state: string) => join(state, 'agents')],
  ])('whose workspace is %s leaves that where it is', async (_what, where) => {
    const state = stage()
    const workspace = where(state)
    mkdirSync(workspace, { recursive: true })
    const raw = config(state)
    raw.agents.list[1] = { id: 'work', workspace } as { id: string }
    writeFileSync(join(state, 'openclaw.json'), JSON.stringify(raw))
    const done = await deleteAgent(await open(state), 'work', { isShown: true })
    expect(done.left).toEqual([{ path: workspace, why: expect.any(String) }])
    expect(existsSync(workspace)).toBe(true)
    expect(existsSync(join(state, 'agents/main/agent/auth-profiles.json'))).toBe(true)
    expect(existsSync(join(done.trash, 'state/agent/auth-profiles.json'))).toBe(true)
  })

  test('whose workspace holds the config leaves both where they are; one elsewhere goes only with somebody who was shown it', async () => {
    const workspace = join(freshDir(), 'documents')
    const state = stage({ workspace })
    mkdirSync(workspace)
    const path = join(workspace, 'openclaw.json')
    writeFileSync(path, readFileSync(join(state, 'openclaw.json'), 'utf8'))
    const env = { OPENCLAW_STATE_DIR: state, OPENCLAW_CONFIG_PATH: path }
    const held = await deleteAgent(await createAuth(machine({ env }).system), 'work', { isShown: true })
    expect(held.left).toEqual([{ path: workspace, why: 'it is, or holds, the config' }])
    expect(JSON.parse(readFileSync(path, 'utf8')).agents.list).toHaveLength(2)
    const auth = await open(state)
    const unseen = planDeletion(auth.home, 'work', { isShown: false })
    expect(unseen.left).toEqual([{ path: workspace, why: 'it is not in the state directory' }])
    expect(planDeletion(auth.home, 'work', { isShown: true }).left).toEqual([])
  })

  test('is protected when it is main, or when others use its credentials', async () => {
    const auth = await open(stage())
    await expect(deleteAgent(auth, 'main', { isShown: true })).rejects.toMatchObject({ code: 'usage' })
    await expect(deleteAgent(auth, 'nobody', { isShown: true })).rejects.toMatchObject({ code: 'unknown_agent' })
    const state = stage()
    writeFileSync(
      join(state, 'openclaw.json'),
      JSON.stringify({ agents: { list: [{ id: 'main', auth: { inherit: 'work' } }, { id: 'work' }] } }),
    )
    await expect(open(state).then((other) => deleteAgent(other, 'work', { isShown: true }))).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('are used by main'),
    })
    expect(existsSync(join(state, 'trash'))).toBe(false)
  })
})
