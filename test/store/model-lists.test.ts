// What the providers told of their models is a memory: a file of it that cannot be read stops nothing.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createAuth } from '../../src/auth/auth.ts'
import { diagnose } from '../../src/auth/diagnose.ts'
import { freshDir, machine } from '../support/machine.ts'

const GOOD = JSON.stringify({
  version: 1,
  providers: { openai: { at: 1, by: 'openai:a', models: [{ id: 'gpt-4o' }] } },
})

test.each<[string, (path: string) => void]>([
  ['bytes that are not UTF-8', (path) => writeFileSync(path, Buffer.from([0xc3, 0x28, 0x7b]))],
  ['a directory', (path) => mkdirSync(path)],
  ['a torn text', (path) => writeFileSync(path, GOOD.slice(0, -20))],
])('%s in its place: everything opens, and doctor says what mends it', async (_what, place) => {
  const state = freshDir()
  const path = join(state, 'model-lists.json')
  place(path)
  const { system } = machine({ env: { OPENCLAW_STATE_DIR: state } })
  const { home } = await createAuth(system)
  expect(home.modelLists.known().size).toBe(0)
  const { findings } = await diagnose(system)
  expect(findings.filter(({ file }) => file === path)).toEqual([
    expect.objectContaining({
      code: 'unreadable_store',
      severity: 'warning',
      message: expect.stringContaining(path),
      remedy: `mv -i '${path}' '${path}.unreadable' && openclaw models refresh`,
    }),
  ])
  rmSync(path, { recursive: true })
  writeFileSync(path, GOOD)
  await home.reload()
  expect(home.modelLists.trouble()).toBeUndefined()
  expect([...home.modelLists.known().keys()]).toEqual(['openai'])
})

test('lists that were read stay in force while their file cannot be read', async () => {
  const state = freshDir()
  const path = join(state, 'model-lists.json')
  writeFileSync(path, GOOD)
  const { home } = await createAuth(machine({ env: { OPENCLAW_STATE_DIR: state } }).system)
  rmSync(path)
  mkdirSync(path)
  await home.reload()
  expect([...home.modelLists.known().keys()]).toEqual(['openai'])
})
