// What a bot was told and has not answered yet: what the next process finds, whenever the one before ended.
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { createFilesBackend } from '../../src/store/files-backend.ts'
import { type Inbox, openInbox } from '../../src/store/inbox.ts'
import { freshDir, machine } from '../support/machine.ts'

const backend = createFilesBackend(machine({}).system, '/nowhere')
const BOT = 7
const opened = async (path: string): Promise<Inbox> => {
  const inbox = openInbox(backend, path)
  await inbox.load(BOT)
  return inbox
}
const place = (): string => join(freshDir(), 'channels', 'telegram-default.json')
const unheard = (error: unknown): never => {
  throw error
}

test('at every moment the next process finds what waits, what was begun, and how far was read', async () => {
  const path = place()
  const inbox = await opened(path)
  await inbox.take(5, [])
  // Nothing to answer leaves no trace.
  expect(() => statSync(path)).toThrow('ENOENT')
  await inbox.take(8, [
    { id: 6, text: 'a' },
    { id: 7, text: 'b' },
  ])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect((await opened(path)).waiting()).toEqual([
    { id: 6, text: 'a' },
    { id: 7, text: 'b' },
  ])
  await inbox.begin({ id: 6, target: 'here' })
  const after = await opened(path)
  expect([after.next(), after.waiting(), after.interrupted()]).toEqual([
    8,
    [{ id: 7, text: 'b' }],
    [{ id: 6, target: 'here' }],
  ])
  inbox.end(6, unheard)
  await inbox.flush()
  expect((await opened(path)).interrupted()).toEqual([])
})

test('what belongs to another bot, or is damaged in parts, is not answered', async () => {
  const path = place()
  const inbox = await opened(path)
  await inbox.take(8, [{ id: 6, text: 'a' }])
  const other = openInbox(backend, path)
  await other.load(BOT + 1)
  expect([other.next(), other.waiting()]).toEqual([0, []])
  writeFileSync(path, JSON.stringify({ bot: BOT, next: 'x', waiting: [1, { id: 'y' }, { id: 9 }], begun: {} }))
  const damaged = await opened(path)
  expect([damaged.next(), damaged.waiting(), damaged.interrupted()]).toEqual([0, [{ id: 9 }], []])
})

test('what could not be written is not taken: it is asked for again', async () => {
  const path = place()
  const inbox = await opened(path)
  await inbox.take(8, [{ id: 6 }])
  rmSync(dirname(path), { recursive: true })
  writeFileSync(dirname(path), 'a file where the folder was')
  await expect(inbox.take(10, [{ id: 9 }])).rejects.toMatchObject({ name: 'AuthError' })
  expect([inbox.next(), inbox.waiting()]).toEqual([8, [{ id: 6 }]])
  rmSync(dirname(path))
  await inbox.take(10, [{ id: 9 }])
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ next: 10, waiting: [{ id: 6 }, { id: 9 }] })
})
