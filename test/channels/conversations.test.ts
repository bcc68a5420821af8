// What a bot does with what it is told when the disk fails, when too much is said, and when strangers open a chat: everybody hears of it, once.
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openBot } from '../../src/channels/telegram/bot-api.ts'
import { type ConversationParts, createConversations } from '../../src/channels/telegram/conversations.ts'
import { openOutbox } from '../../src/channels/telegram/outbox.ts'
import type { Incoming } from '../../src/channels/telegram/read.ts'
import type { ChannelDoor } from '../../src/chat/channel-door.ts'
import type { AccountTrouble } from '../../src/core/channel-report.ts'
import { telegramAccounts } from '../../src/core/channel-settings.ts'
import { AuthError } from '../../src/core/errors.ts'
import { Pace } from '../../src/core/pace.ts'
import { Secret } from '../../src/core/secret.ts'
import { startTelegram } from '../../src/sandbox/telegram.ts'
import { type Inbox, openInbox } from '../../src/store/inbox.ts'
import { place } from '../auth/place.ts'

const BOT = { token: '700001:AAcanary0telegram0token0of0the0first0bot', id: 700001, username: 'first_bot' }
const CHAT = '11'
const PATIENTLY = { timeout: 20_000, interval: 10 }
let updates = 1

const said = (text: string, more: Partial<Incoming> = {}): Incoming => {
  const id = updates++
  const from = { chatId: CHAT, kind: 'direct', senderId: CHAT, senderName: 'Ada', isMeant: true } as const
  return { id, messageId: id, ...from, text, pictures: [], hasMore: false, ...more }
}

/** Conversations at a played Telegram; turns are answered when the test says so. */
async function talking({ isKnown = true, inboxOf = (real: Inbox): Inbox => real, says = '' } = {}) {
  const telegram = await startTelegram([BOT])
  const { auth, system, state } = await place({ env: { OPENCLAW_TELEGRAM_API_ROOT: telegram.url } })
  const bot = await openBot(system, new Secret(BOT.token))
  const quick = new Pace({ directMs: 0, groupMs: 0, allMs: 0 })
  const movings: string[] = []
  const outbox = openOutbox({
    system,
    pace: quick,
    revoked: () => undefined,
    told: () => undefined,
    moved: (from, to) => movings.push(`${from} to ${to}`),
  })
  const inbox = inboxOf(openInbox(auth.home.backend, join(state, 'channels', 'inbox.json')))
  await inbox.load(BOT.id)
  const asked: string[] = []
  /** How many rights each came with. */
  const allowed: number[] = []
  const troubles: AccountTrouble[] = []
  let open = (): void => undefined
  let gate = Promise.resolve()
  const send: ChannelDoor['send'] = async ({ message, rights }, hear) => {
    asked.push(message)
    allowed.push(rights?.size ?? -1)
    await gate
    const reply = { role: 'assistant', content: [{ type: 'text', text: says }], timestamp: 0 }
    if (says !== '') hear({ state: 'final', message: reply } as unknown as Parameters<typeof hear>[0])
    else hear({ state: 'aborted' } as Parameters<typeof hear>[0])
    return undefined
  }
  const parts: ConversationParts = {
    door: { auth, send },
    account: () => telegramAccounts({})[0] as ReturnType<ConversationParts['account']>,
    bot,
    outbox,
    inbox,
    keeper: {
      judge: () => ({ may: 'talk', isKnown, isOwner: isKnown }),
      pair: async () => undefined,
      close: () => undefined,
    },
    told: (trouble) => troubles.push(trouble),
  }
  const talk = createConversations(parts)
  onTestFinished(async () => {
    open()
    outbox.close()
    await talk.settled(1000)
    await inbox.flush()
    await telegram.close()
  })
  return {
    asked,
    allowed,
    movings,
    telegram,
    outbox,
    troubles,
    talk,
    inbox,
    hear: (...messages: Incoming[]) => talk.hear(messages, updates),
    heard: (chat = CHAT) => telegram.heardIn(chat).map(({ text }) => text),
    hold: () => {
      gate = new Promise((resolve) => {
        open = resolve
      })
    },
    release: () => open(),
  }
}

test('what could not be kept is told to whoever said it and to the owner, and what was said after it is answered', async () => {
  let failures = 1
  const own = await talking({
    inboxOf: (real) => ({
      ...real,
      begin: async (one) => {
        await real.begin(one)
        if (failures-- > 0) throw new AuthError('lock_timeout', 'somebody holds the file')
      },
    }),
  })
  await own.hear(said('one'), said('two'), said('three'))
  await expect.poll(() => own.asked, PATIENTLY).toEqual(['two', 'three'])
  await expect.poll(() => own.heard().join(), PATIENTLY).toContain('Say it again')
  expect(own.troubles.map(({ code }) => code)).toEqual(['store'])
  await expect.poll(() => own.talk.waiting() + own.talk.answering(), PATIENTLY).toBe(0)
  await own.inbox.flush()
  const { home } = (await place()).auth
  const after = openInbox(home.backend, own.inbox.where())
  await after.load(BOT.id)
  // Nobody is told of it once more after the next start.
  expect([after.waiting(), after.interrupted()]).toEqual([[], []])
})

test('a command that could not be kept is told, too', async () => {
  let isFailing = false
  const own = await talking({
    inboxOf: (real) => ({
      ...real,
      begin: async (one) => {
        if (isFailing) throw new AuthError('write_failed', 'the disk is full')
        await real.begin(one)
      },
    }),
  })
  own.hold()
  await own.hear(said('one'))
  await expect.poll(() => own.asked, PATIENTLY).toEqual(['one'])
  isFailing = true
  await own.hear(said('/status'))
  await expect.poll(() => own.heard().join(), PATIENTLY).toContain('Say it again')
  expect(own.asked).toEqual(['one'])
})

test('whoever says more than is taken is told so once in each chat, until there is room again', async () => {
  const own = await talking()
  const full = (chat?: string): number => own.heard(chat).filter((text) => text.includes('not taken')).length
  const flood = (count: number): Incoming[] => Array.from({ length: count }, (_, at) => said(`message ${at}`))
  own.hold()
  await own.hear(...flood(200), said('and I?', { chatId: '12' }))
  await expect.poll(() => own.asked.length, PATIENTLY).toBe(1)
  await expect.poll(() => full('12'), PATIENTLY).toBe(1)
  expect(full()).toBe(1)
  own.release()
  await expect.poll(() => own.talk.waiting() + own.talk.answering(), PATIENTLY).toBe(0)
  own.hold()
  await own.hear(...flood(30))
  await expect.poll(() => full(), PATIENTLY).toBe(2)
})

test('what cannot be read is told once a minute, and not before what came with it is kept', async () => {
  let isFull = true
  const own = await talking({
    inboxOf: (real) => ({
      ...real,
      take: async (next, messages) => {
        if (isFull) throw new AuthError('write_failed', 'the disk is full')
        await real.take(next, messages)
      },
    }),
  })
  const sticker = (): Incoming => said('', { hasMore: true })
  await expect(own.hear(sticker(), said('one'))).rejects.toThrow('the disk is full')
  expect(own.talk.answering()).toBe(0)
  isFull = false
  await own.hear(...Array.from({ length: 50 }, sticker), said('two'))
  await expect.poll(() => own.asked, PATIENTLY).toEqual(['two'])
  await expect.poll(() => own.talk.answering(), PATIENTLY).toBe(0)
  expect(own.heard()).toEqual([
    'I read text, pictures, PDF and text files, and hear voice where the model does. This I cannot read.',
  ])
})

test('a stranger who opens the chat costs no model call; somebody known is told what he can say', async () => {
  const stranger = await talking({ isKnown: false })
  await stranger.hear(said('/start'), said('/start ref'), said('hello'))
  await expect.poll(() => stranger.asked, PATIENTLY).toEqual(['hello'])
  await expect.poll(() => stranger.heard(), PATIENTLY).toEqual(['Say what you would like to know.'])
  const known = await talking()
  await known.hear(said('/start'))
  await expect.poll(() => known.asked, PATIENTLY).toEqual(['/help'])
})

const inGroup = { chatId: '-500', kind: 'group' } as const

test('an answer follows a group that became a supergroup, and one in a topic that is gone is said in the group', async () => {
  const at = await talking({ says: 'Here you are.' })
  at.telegram.moveGroup(-500, -1001500)
  await at.hear(said('one', inGroup))
  await expect.poll(() => at.heard('-1001500'), PATIENTLY).toEqual(['Here you are.'])
  expect(at.movings).toEqual(['-500 to -1001500'])
  // From then on without asking the old one first.
  await at.hear(said('two', inGroup))
  await expect.poll(() => at.heard('-1001500'), PATIENTLY).toHaveLength(2)
  expect(
    at.telegram.calls().filter(({ chatId, method }) => chatId === '-500' && method === 'sendMessage'),
  ).toHaveLength(1)
  at.telegram.failNext('sendMessage', 400, 'Bad Request: message thread not found')
  await at.hear(said('three', { ...inGroup, chatId: '-600', topicId: 9 }))
  await expect.poll(() => at.heard('-600'), PATIENTLY).toEqual(['Here you are.'])
  expect(at.telegram.heardIn(-600)[0]?.topicId).toBeUndefined()
})

test('what a model writes in Markdown is shown as it is meant, and what the program says as it stands', async () => {
  const at = await talking({ says: 'Use **this**:\n```sh\nls *\n```' })
  await at.hear(said('one'))
  await expect.poll(() => at.heard(), PATIENTLY).toEqual(['Use this:\nls *'])
  expect(at.telegram.heardIn(CHAT)[0]?.entities).toEqual([
    { type: 'bold', offset: 4, length: 4 },
    { type: 'pre', language: 'sh', offset: 10, length: 4 },
  ])
  expect(at.telegram.complaints()).toEqual([])
})

test('what a message replies to is told to the model below it, and is never a command', async () => {
  const at = await talking()
  const quoted = { name: 'Eve /status (@eve)', text: 'one\n/new' }
  await at.hear(said('what is that?', { quoted }))
  await at.hear(said('', { quoted: { name: 'you', text: 'one' } }))
  await at.hear(said('/model opus', { quoted }))
  await at.hear(said('/new and forget it', { isForwarded: true }))
  await expect.poll(() => at.asked, PATIENTLY).toHaveLength(4)
  expect(at.asked).toEqual([
    'what is that?\n\n[In reply to Eve  status (@eve):]\n> one\n> /new',
    '[In reply to you:]\n> one',
    '/model opus',
    '/new and forget it',
  ])
  // Forwarded are somebody else's words, which order nothing.
  expect(at.allowed).toEqual([2, 2, 2, 0])
})
