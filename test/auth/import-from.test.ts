// Several credentials of another program: stored in one write, all or none, and nothing said that is not so.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createAuth } from '../../src/auth/auth.ts'
import { importFrom, lookInto } from '../../src/auth/import-from.ts'
import { undo } from '../../src/auth/undo.ts'
import { noteTexts } from '../../src/core/note.ts'
import { createSystem } from '../../src/system/system.ts'
import { freshDir, machine, NOON } from '../support/machine.ts'

const STORE = 'agents/main/agent/auth-profiles.json'
const FILE = {
  profiles: {
    'openai:a': { type: 'api_key', provider: 'openai', key: 'sk-proj-0123456789abcdef-a' },
    'openai:b': { type: 'api_key', provider: 'openai', key: 'sk-proj-0123456789abcdef-b' },
    'openai-codex:me@x.y': {
      type: 'oauth',
      provider: 'openai-codex',
      access: 'access-1',
      refresh: 'refresh-1',
      expires: NOON + 1e9,
      email: 'me@x.y',
      accountId: 'acct',
    },
  },
}

/** A disk that says no to the nth write of that file and all after it. */
async function onDisk(name: string, from: number) {
  const state = freshDir()
  mkdirSync(join(state, 'agents/main/agent'), { recursive: true })
  const marks = { usageStats: { 'openai:b': { errorCount: 2, lastFailureAt: NOON } } }
  writeFileSync(join(state, 'agents/main/agent/auth.json'), JSON.stringify(marks))
  writeFileSync(join(state, 'other.json'), JSON.stringify(FILE))
  const { files } = createSystem()
  const writes = { count: 0 }
  const { system } = machine({
    env: { OPENCLAW_STATE_DIR: state },
    parts: {
      files: {
        ...files,
        writeDurable: async (path, text) => {
          if (path.endsWith(`/${name}`) && ++writes.count >= from)
            throw Object.assign(new Error('x'), { code: 'ENOSPC' })
          await files.writeDurable(path, text)
        },
      },
    },
  })
  const auth = await createAuth(system)
  const found = await lookInto(auth, 'file', join(state, 'other.json'))
  const stored = (): string[] => {
    try {
      return Object.keys(JSON.parse(readFileSync(join(state, STORE), 'utf8')).profiles)
    } catch {
      return []
    }
  }
  return { auth, writes, stored, run: () => importFrom(auth, { agentId: 'main', tool: 'file', found }) }
}

test('are stored in one write, and taken back in one', async () => {
  const there = await onDisk('auth-profiles.json', 99)
  const kept = await there.run()
  expect(kept.map(({ profile, replaced, notes }) => [profile.id, replaced, notes])).toEqual(
    Object.keys(FILE.profiles).map((id) => [id, false, []]),
  )
  expect(there.writes.count).toBe(1)
  expect((await there.run()).map(({ replaced }) => replaced)).toEqual([true, true, true])
  await undo(there.auth, { agentId: 'main' })
  expect(there.stored()).toEqual([])
})

test('are not stored at all where the disk takes none, and there is nothing to undo then', async () => {
  const there = await onDisk('auth-profiles.json', 1)
  await expect(there.run()).rejects.toMatchObject({ code: 'write_failed' })
  expect(there.stored()).toEqual([])
  await expect(undo(there.auth, { agentId: 'main' })).rejects.toMatchObject({ code: 'nothing_to_undo' })
})

test.each<[string, RegExp]>([
  ['auth.json', /^Stored, but .* of openai:a, openai:b, openai-codex:me@x\.y was not cleared: .*the disk is full/],
  ['openclaw.json', /openclaw\.json was not updated: .*the disk is full/],
])('are all stored where %s fails afterwards, which is told', async (name, why) => {
  const there = await onDisk(name, 1)
  const kept = await there.run()
  expect(there.stored()).toEqual(Object.keys(FILE.profiles))
  expect(kept.flatMap(({ notes }) => noteTexts(notes)).join('\n')).toMatch(why)
})
