// A config that an editor empties before it writes it: what it said stays in force, and nobody writes over it.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openHome } from '../../src/store/home.ts'
import { lay } from '../auth/place.ts'
import { machine } from '../support/machine.ts'

test('it counts only after it has stayed empty, and until then it is not written over', async () => {
  const state = lay({ config: { gateway: { port: 4711 } } })
  const path = join(state, 'openclaw.json')
  let clock = 1000
  const { system } = machine({ env: { OPENCLAW_STATE_DIR: state }, parts: { monotonic: () => clock } })
  const warnings: string[] = []
  const log = { ...system.log, warn: (message: string) => void warnings.push(message) }
  const home = await openHome({ ...system, log })
  const write = (): Promise<void> =>
    home.configStore.change((draft) => {
      draft.gateway = { port: 1 }
    })
  const portAfter = async (text: string | undefined, ms: number): Promise<number | undefined> => {
    if (text === undefined) await rm(path)
    else await writeFile(path, text)
    clock += ms
    await home.reload()
    return home.config().gateway.port
  }
  for (const [text, what] of [
    ['', 'is empty'],
    [' \n', 'is empty'],
    [undefined, 'is gone'],
  ] as const) {
    warnings.length = 0
    expect(await portAfter(text, 0)).toBe(4711)
    expect(home.configRestMs()).toBe(5000)
    await expect(write()).rejects.toMatchObject({ code: 'changed_meanwhile', message: expect.stringContaining(what) })
    expect(await readFile(path, 'utf8').catch(() => undefined)).toBe(text)
    clock += 4999
    await home.reload()
    expect(home.config().gateway.port).toBe(4711)
    expect(home.configRestMs()).toBe(1)
    expect(warnings).toEqual([expect.stringContaining('somebody may be writing it')])
    // It was written, and is emptied anew: the time begins anew.
    expect(await portAfter('{ gateway: { port: 4711 } }', 1)).toBe(4711)
    expect(home.configRestMs()).toBeUndefined()
  }
  expect(await portAfter('', 0)).toBe(4711)
  expect(await portAfter('', 5000)).toBeUndefined()
  expect(home.configRestMs()).toBeUndefined()
  // Now it is a config like any other.
  await write()
  expect(await readFile(path, 'utf8')).toContain('"port": 1')
})

test('one that was empty from the start is an empty config, which may be written at once', async () => {
  const state = lay({ config: {} })
  await writeFile(join(state, 'openclaw.json'), '')
  const home = await openHome(machine({ env: { OPENCLAW_STATE_DIR: state } }).system)
  await home.reload()
  expect(home.configRestMs()).toBeUndefined()
  await home.configStore.change((draft) => {
    draft.gateway = { port: 1 }
  })
  expect(await readFile(join(state, 'openclaw.json'), 'utf8')).toContain('"port": 1')
})

test('who opens it while it is empty waits a moment for what an editor writes into it, and keeps that', async () => {
  const state = lay({ config: {} })
  const path = join(state, 'openclaw.json')
  await writeFile(path, '')
  let waits = 0
  const sleep = async (): Promise<void> => {
    waits++
    await writeFile(path, '{ gateway: { bind: "lan" } } // mine\n')
  }
  const home = await openHome(machine({ env: { OPENCLAW_STATE_DIR: state }, parts: { sleep } }).system)
  await home.configStore.change((draft) => {
    draft.agents = {}
  })
  expect(await readFile(path, 'utf8')).toMatch(/bind: "lan".*agents.*mine/s)
  await home.configStore.change((draft) => {
    draft.wizard = {}
  })
  expect(waits).toBe(1)
})
