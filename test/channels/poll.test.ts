// A bot that hears while the disk, or the server between it and Telegram, does not as it should: nothing is lost, and nobody is flooded.
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openBot } from '../../src/channels/telegram/bot-api.ts'
import { type PollParts, poll } from '../../src/channels/telegram/poll.ts'
import { AuthError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import { type PlayedTelegram, startTelegram } from '../../src/sandbox/telegram.ts'
import type { Backend } from '../../src/store/backend.ts'
import { createFilesBackend } from '../../src/store/files-backend.ts'
import { openInbox } from '../../src/store/inbox.ts'
import { freshDir, machine } from '../support/machine.ts'

const BOT = { token: '700001:AAcanary0telegram0token0of0the0first0bot', id: 700001, username: 'first_bot' }
const ADA = { id: 11, first_name: 'Ada' }

/** A bot at a played Telegram whose pauses take no time; it ends with the test. */
async function listening({
  backend = (real) => real,
  path = join(freshDir(), 'inbox.json'),
  before = () => undefined,
  ...parts
}: Partial<PollParts> & {
  backend?: (real: Backend) => Backend
  path?: string
  before?: (telegram: PlayedTelegram) => void
}) {
  const telegram = await startTelegram([BOT])
  before(telegram)
  const ending = new AbortController()
  const pauses: number[] = []
  const { system } = machine({
    env: { OPENCLAW_TELEGRAM_API_ROOT: telegram.url },
    parts: {
      sleep: async (ms) => {
        pauses.push(ms)
        await new Promise((resolve) => setImmediate(resolve))
      },
    },
  })
  const real = createFilesBackend(machine({}).system, '/nowhere')
  const inbox = openInbox(backend(real), path)
  const { api } = await openBot(system, new Secret(BOT.token), { polling: ending.signal })
  const heard: string[] = []
  const news: string[] = []
  let ended: unknown = 'not yet'
  const running = poll({
    system,
    api,
    inbox,
    accountId: 'default',
    signal: ending.signal,
    known: () => undefined,
    well: () => news.push('well'),
    told: ({ code }) => news.push(code),
    tookWebhook: ({ host }) => news.push(`took the webhook to ${host}`),
    moved: (from, to) => news.push(`${from} became ${to}`),
    begin: async () => {
      news.push(`begun with ${inbox.waiting().length}`)
    },
    hear: async (messages, next) => {
      await inbox.take(next, messages)
      heard.push(...messages.map(({ text }) => text))
    },
    ...parts,
  }).then(
    () => {
      ended = 'stopped'
    },
    (error: unknown) => {
      ended = error
    },
  )
  onTestFinished(async () => {
    ending.abort()
    await running
    await telegram.close()
  })
  const say = (text: string): number =>
    telegram.say({ bot: BOT, chat: { id: ADA.id, type: 'private' }, from: ADA, text })
  return { telegram, inbox, pauses, heard, news, say, ended: () => ended }
}

const PATIENTLY = { timeout: 20_000, interval: 10 }

test('what waited is still there after a look at the disk that failed', async () => {
  const path = join(freshDir(), 'inbox.json')
  const before = openInbox(createFilesBackend(machine({}).system, '/nowhere'), path)
  await before.load(BOT.id)
  await before.take(2, [{ id: 1, text: 'said before' }])
  let failures = 2
  const backend = (real: Backend): Backend => ({
    ...real,
    get: async (key) => {
      if (failures-- > 0) throw new AuthError('unreadable_store', 'too many open files')
      return real.get(key)
    },
  })
  const bot = await listening({ backend, path })
  bot.say('first')
  bot.say('second')
  await expect.poll(() => bot.heard, PATIENTLY).toContain('second')
  expect(bot.news.slice(0, 3)).toEqual(['store', 'store', 'begun with 1'])
  await before.load(BOT.id)
  expect(before.waiting().map(({ text }) => text)).toContain('said before')
})

test('an inbox that was not read is not written', async () => {
  const path = join(freshDir(), 'inbox.json')
  const inbox = openInbox(createFilesBackend(machine({}).system, '/nowhere'), path)
  await expect(inbox.take(2, [{ id: 1 }])).rejects.toThrow('was not read')
})

test('while nothing can be kept the pauses grow, and the bot is not called well', async () => {
  let failures = 6
  const bot = await listening({
    hear: async () => {
      if (failures-- > 0) throw new AuthError('write_failed', 'the disk is full')
      bot.heard.push('kept')
    },
  })
  const atStart = bot.news.length
  bot.say('hello')
  await expect.poll(() => bot.heard, PATIENTLY).toContain('kept')
  const since = bot.news.slice(atStart).filter((what) => !what.startsWith('begun'))
  expect(since.lastIndexOf('store') - since.indexOf('store')).toBe(5)
  expect(bot.pauses.slice(0, 6)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000])
  // Once it is kept, all is well, and the next trouble begins small.
  await expect.poll(() => bot.news.at(-1), PATIENTLY).toBe('well')
})

test.each([
  ['getMe', {}],
  ['getMe', { id: 1 }],
  ['getUpdates', {}],
  ['getUpdates', [null]],
])('an answer to %s in another form (%j) is an outage, after which it hears again', async (method, result) => {
  const bot = await listening({ before: (telegram) => telegram.answerNext(method, result) })
  bot.say('hello')
  await expect.poll(() => bot.heard, PATIENTLY).toContain('hello')
  expect(bot.ended()).toBe('not yet')
})

test('a webhook that stands in the way is taken away, and said where it went', async () => {
  const bot = await listening({ before: (telegram) => telegram.setWebhook(BOT, 'https://old.example/hook/secret') })
  bot.say('hello')
  await expect.poll(() => bot.heard, PATIENTLY).toEqual(['hello'])
  expect(bot.news.filter((what) => what !== 'well')).toEqual(['begun with 0', 'took the webhook to old.example'])
})

test('the pictures of an album are one message, though the first of them is heard before the others are there', async () => {
  const bot = await listening({
    hear: async (messages, next) => {
      await bot.inbox.take(next, messages)
      bot.heard.push(...messages.map(({ text, pictures }) => `${text} ${pictures.join('+')}`))
    },
  })
  await expect.poll(() => bot.telegram.calls().some(({ method }) => method === 'getMe'), PATIENTLY).toBe(true)
  const photo = (id: string, caption?: string) => {
    const more = { media_group_id: 'album', caption, photo: [{ file_id: id, width: 90, height: 60 }] }
    bot.telegram.say({ bot: BOT, chat: { id: ADA.id, type: 'private' }, from: ADA, more })
  }
  photo('one', 'Look')
  photo('two')
  photo('three')
  bot.say('and?')
  await expect.poll(() => bot.heard, PATIENTLY).toEqual(['Look one+two+three', 'and? '])
})

test('a group that became a supergroup is told of with both its ids', async () => {
  const { telegram, news } = await listening({})
  const chat = { id: -500, type: 'group' as const }
  telegram.say({ bot: BOT, chat, from: ADA, more: { migrate_to_chat_id: -1001500 } })
  await expect.poll(() => news, PATIENTLY).toContain('-500 became -1001500')
})
