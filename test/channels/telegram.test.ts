// A bot at a played Telegram, behind the built gateway: who is answered and who is not, what is shown, and what survives.
import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { turnRequest } from '../../src/chat/request.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import {
  PICTURE,
  type PlayedBot,
  type PlayedMessage,
  type PlayedTelegram,
  startTelegram,
} from '../../src/sandbox/telegram.ts'
import { CLAUDE, GOOD, GPT } from '../flows/support.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, until } from '../support/installation.ts'
import { build } from '../support/program.ts'

const CANARY = 'AAcanary0telegram0token0of0the0first0bot'
const BOT: PlayedBot = { token: `700001:${CANARY}`, id: 700001, username: 'first_bot' }
const WORK: PlayedBot = { token: '700002:AAcanary0telegram0token0of0the0second', id: 700002, username: 'work_bot' }
const WORK_KEY = 'sk-proj-work-0123456789abcdef'
const OWNER = { id: 11, first_name: 'Ada', username: 'ada' }
const STRANGER = { id: 99, first_name: 'Mallory' }
const GROUP = { id: -500, type: 'supergroup' as const }

let sandbox: Sandbox
/** Speaks slowly and long. */
let slow: Sandbox
let telegram: PlayedTelegram
let place: Installation
let gateway: GatewayProcess

const run = async (line: string, input = ''): Promise<string> => {
  const { stdout, stderr, code } = await openclaw(place, line.split(' '), {
    input,
    env: { OPENCLAW_GATEWAY_PORT: String(gateway?.port ?? 1) },
  })
  return `${stdout}${stderr}--- exit ${code}\n`
}
const write = (text: string, from = OWNER as { id: number; first_name: string }, bot = BOT): number =>
  telegram.say({ bot, chat: { id: from.id, type: 'private' }, from, text })
/** The messages of the chat beyond those that were there, once the last of them satisfies the test. */
const answer = (chat: number, after: number, isIt: (message: PlayedMessage) => boolean): Promise<PlayedMessage> =>
  until(`an answer in ${chat}: ${JSON.stringify(telegram.heardIn(chat))} ${gateway.said().slice(-2000)}`, () =>
    telegram.heardIn(chat).slice(after).find(isIt),
  )
const count = (method: string, status = 200): number =>
  telegram.calls().filter((call) => call.method === method && call.status === status).length
const asked = (): number => sandbox.requests().length + slow.requests().length

beforeAll(async () => {
  await build()
  sandbox = await startSandbox({
    accounts: [{ name: 'default', vendor: 'anthropic', key: GOOD }],
  })
  slow = await startSandbox({
    accounts: [{ name: 'work', vendor: 'openai', key: WORK_KEY }],
    words: 900,
    tokenDelayMs: 2,
  })
  telegram = await startTelegram([BOT, WORK])
  place = await install({
    config: {
      models: {
        providers: {
          anthropic: { baseUrl: sandbox.baseUrl('anthropic') },
          openai: { baseUrl: slow.baseUrl('openai') },
        },
      },
      agents: { defaults: { model: CLAUDE } },
      channels: { telegram: { groups: { '-500': {} }, allowFrom: [12] } },
      session: { dmScope: 'per-account-channel-peer' },
      bindings: [
        { agentId: 'work', match: { channel: 'telegram', accountId: 'work' } },
        { agentId: 'work', match: { channel: 'telegram', peer: { kind: 'direct', id: '12' } } },
        { agentId: 'work', match: { channel: 'telegram', peer: { kind: 'group', id: '-501' } } },
      ],
    },
    profiles: [{ id: 'anthropic:default', key: GOOD }],
    agents: { work: { profiles: [{ id: 'openai:default', key: WORK_KEY }], entry: { model: GPT } } },
    env: { OPENCLAW_TELEGRAM_API_ROOT: telegram.url },
  })
  gateway = await startGateway(place)
}, 60_000)

afterAll(async () => {
  await gateway?.stop()
  await telegram?.close()
  await sandbox?.close()
  await slow?.close()
  await place?.remove()
})

test('a bot is added while the gateway runs, its token from a pipe, and listens', async () => {
  expect(await run('channels status')).toContain('has no token')
  expect(await run('channels add telegram', BOT.token)).toContain('(@first_bot)')
  // One is of the command, the other of the gateway; a look at the whole status is not cheap.
  await until('the gateway to know the bot', () => (count('getMe') >= 2 ? true : undefined))
  const status = await until('the bot to listen', async () => {
    const said = await run('channels status')
    return said.includes('telegram default (@first_bot): listening') ? said : undefined
  })
  expect(status).toContain('--- exit 0')
  expect(status).not.toContain(CANARY)
})

test('a stranger costs nothing: one code in an hour, no model call, and whoever has no code is let in by none', async () => {
  const before = asked()
  write('hello?', STRANGER)
  const hint = await answer(STRANGER.id, 0, () => true)
  const code = /pair ([A-Z2-9]{8})/.exec(hint.text)?.[1] ?? ''
  expect(code).not.toBe('')
  write('HELLO?', STRANGER)
  write('/model', STRANGER)
  expect(await run('channels pair')).toContain(`- ${code}: 99 (Mallory) at telegram account default`)
  expect(await run('channels pair WRONG234')).toMatch(/Nobody has the code "WRONG234"[\s\S]*--- exit 1/)
  write('to be let in', OWNER)
  const own = /pair ([A-Z2-9]{8})/.exec((await answer(OWNER.id, 0, () => true)).text)?.[1] ?? ''
  expect(await run(`channels pair ${own} --owner`)).toContain(
    '11 (Ada (@ada)) may speak to telegram account default, as the owner',
  )
  await answer(OWNER.id, 1, ({ text }) => text === 'You may write to me now.')
  expect(telegram.heardIn(STRANGER.id)).toHaveLength(1)
  expect(asked()).toBe(before)
}, 60_000)

test('whoever was let in is answered, with the whole text, changed no faster than a chat takes it', async () => {
  const before = telegram.heardIn(OWNER.id).length
  write('How do you do?')
  const shown = await answer(OWNER.id, before, ({ text }) => text.includes('How do you do?'))
  expect(shown.text.length).toBeGreaterThan(10)
  expect(telegram.complaints()).toEqual([])
})

test('in a group it hears only those whom the owner named, and only when they name it or reply to it', async () => {
  const before = asked()
  const inGroup = (text: string, more: Partial<Parameters<PlayedTelegram['say']>[0]> = {}): number =>
    telegram.say({ bot: BOT, chat: GROUP, from: OWNER, text, ...more })
  const naming = (text: string): { text: string; entities: object[] } => ({
    text,
    entities: [{ type: 'mention', offset: text.indexOf('@'), length: '@first_bot'.length }],
  })
  inGroup('nobody is meant')
  inGroup('', { ...naming('@first_bot pay for me'), from: STRANGER })
  inGroup('', { ...naming('@first_bot in a group of my own'), chat: { id: -777, type: 'group' } })
  inGroup('/model@other_bot', { entities: [{ type: 'bot_command', offset: 0, length: 16 }] })
  inGroup('', naming('What is it, @First_Bot?'))
  const shown = await answer(GROUP.id, 0, ({ text }) => text.includes('What is it, ?'))
  expect(shown.replyTo).toBeGreaterThan(0)
  inGroup('And then?', {
    more: { reply_to_message: { message_id: shown.messageId, from: { id: BOT.id, is_bot: true } } },
  })
  inGroup('/whoami@first_bot', { entities: [{ type: 'bot_command', offset: 0, length: 17 }] })
  await answer(GROUP.id, 1, ({ text }) => text.includes('And then?'))
  const who = await answer(GROUP.id, 1, ({ text }) => text.startsWith('You speak from'))
  expect(who.text).toContain('Session: agent:main:telegram:group:-500')
  // The owner's own words may be served by a subscription of his, nobody else's.
  expect(who.text).toContain('You speak from this machine')
  expect(asked()).toBe(before + 2)
  expect(telegram.heardIn(-777)).toEqual([])
  expect(telegram.heardIn(STRANGER.id)).toHaveLength(1)
}, 60_000)

test('commands are carried out without the model, and a vendor that has had enough is waited for', async () => {
  const [before, calls] = [telegram.heardIn(OWNER.id).length, asked()]
  telegram.holdBack(OWNER.id, 2)
  write('/model')
  write('/start')
  const picker = await answer(OWNER.id, before, ({ text }) => text.includes('(current)'))
  expect(picker.text).toContain(CLAUDE)
  await answer(OWNER.id, before, ({ text }) => text.startsWith('/model - '))
  expect(asked()).toBe(calls)
  // The line is a part of the answer, not a message of its own.
  write('/usage tokens')
  write('how much is that?')
  await answer(OWNER.id, before, ({ text }) =>
    /You said: how much is that\?\n\nUsage: \d+ tokens in.*, \d+ out$/.test(text),
  )
  write('/usage off')
  await answer(OWNER.id, before, ({ text }) => text.startsWith('No line of usage'))
  expect(telegram.calls().filter(({ status, chatId }) => status === 429 && chatId === '11')).toHaveLength(1)
  expect(telegram.complaints()).toEqual([])
})

test('pictures that were sent at once are one question, shown to the model as they are', async () => {
  const [before, calls] = [telegram.heardIn(OWNER.id).length, asked()]
  write('/new')
  await answer(OWNER.id, before, ({ text }) => text === 'A new conversation begins.')
  const photo = (id: string, caption?: string): Record<string, unknown> => ({
    media_group_id: 'album',
    photo: [
      { file_id: `${id}-small`, width: 90, height: 60 },
      { file_id: `${id}-large`, width: 1280, height: 853 },
      { file_id: `${id}-huge`, width: 2560, height: 1706 },
    ],
    ...(caption === undefined ? {} : { caption }),
  })
  const from = { bot: BOT, chat: { id: OWNER.id, type: 'private' as const }, from: OWNER }
  telegram.hush(BOT)
  telegram.say({ ...from, more: photo('one', 'Look') })
  telegram.say({ ...from, more: photo('two') })
  telegram.speak(BOT)
  await answer(OWNER.id, before, ({ text }) => text.includes('Look'))
  expect(asked()).toBe(calls + 1)
  const files = telegram.calls().filter(({ method }) => method === 'getFile')
  expect(files.map(({ body }) => body.file_id).sort()).toEqual(['one-large', 'two-large'])
  const picture = { kind: 'image' as const, mediaType: 'image/jpeg', bytes: PICTURE }
  const model = { provider: 'anthropic', model: CLAUDE.replace('anthropic/', '') }
  const question = { history: [], message: 'Look\n[2 pictures]', shown: [picture, picture] }
  const sent = turnRequest('messages', model, question, { retention: 'short' })
  expect(sandbox.requests().at(-1)?.bodySha256).toBe(createHash('sha256').update(sent.body).digest('hex'))
})

test('a second bot speaks for another agent: a long answer grows, is cut into messages, ends whole, and /stop ends it', async () => {
  expect(await run('channels add telegram --account work --owner 11 --json', WORK.token)).toContain(
    '"bot": "@work_bot"',
  )
  slow.setFaults([{ delayMs: 2000, times: 1 }])
  write('Tell me everything', OWNER, WORK)
  write('And once more', OWNER, WORK)
  const whole = async (): Promise<string[]> => {
    const folder = join(place.state, 'agents/work/sessions')
    const [file = ''] = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'))
    const lines = (await readFile(join(folder, file), 'utf8')).trim().split('\n')
    return lines
      .map((line) => JSON.parse(line))
      .filter((one) => one.role === 'assistant')
      .map((one) => one.content[0].text)
  }
  await until('both answers to be shown', async () => {
    const texts = telegram
      .heardIn(OWNER.id)
      .filter(({ text }) => !text.startsWith('/'))
      .map(({ text }) => text)
      .join('')
    const kept = await whole().catch(() => [])
    return kept.length === 2 && texts.endsWith(kept.join('')) ? true : undefined
  })
  const parts = telegram.heardIn(OWNER.id).slice(-4)
  for (const { text } of parts) expect(text.length).toBeLessThanOrEqual(4096)
  expect(
    telegram.calls().filter(({ method, chatId }) => method === 'sendChatAction' && chatId === '11').length,
  ).toBeGreaterThan(0)

  const before = telegram.heardIn(OWNER.id).length
  slow.setFaults([{ stallAfterEvents: 30, times: 1 }])
  write('Tell me all that again', OWNER, WORK)
  await answer(OWNER.id, before, ({ text }) => text.length > 50)
  write('/stop', OWNER, WORK)
  await answer(OWNER.id, before, ({ text }) => text === 'Stopped.')
  const cut = await answer(OWNER.id, before, ({ text }) => text.endsWith('[stopped here by the user]'))
  // It was seen before it was whole.
  expect(cut.versions.length).toBeGreaterThan(1)
  expect(cut.text.startsWith(cut.versions[0] ?? '-')).toBe(true)
  expect(telegram.complaints()).toEqual([])
  expect(slow.requests()).toHaveLength(3)

  const other = { id: 12, first_name: 'Bob' }
  write('/whoami', other)
  const who = await answer(12, 0, ({ text }) => text.includes('Agent: work'))
  expect(who.text).toContain('You speak from another machine')
}, 60_000)

test('after a kill nothing is answered twice, what waited is answered, and who was interrupted is told', async () => {
  const before = telegram.heardIn(OWNER.id).length
  slow.setFaults([{ stallAfterEvents: 30, times: 1 }])
  write('This is cut off', OWNER, WORK)
  await answer(OWNER.id, before, ({ text }) => text.includes('This is cut off'))
  write('This waits', OWNER, WORK)
  await until('the bot to have asked beyond it', () => (telegram.unread(WORK) === 0 ? true : undefined))
  await gateway.stop('SIGKILL')
  write('This came while nobody was there')
  gateway = await startGateway(place)
  await answer(OWNER.id, before, ({ text }) => text.startsWith('I was stopped before'))
  await answer(OWNER.id, before, ({ text }) => text.includes('This waits'))
  await answer(OWNER.id, before, ({ text }) => text.includes('This came while nobody was there'))
  const said = telegram
    .heardIn(OWNER.id)
    .slice(before)
    .map(({ text }) => text)
  expect(said.filter((text) => text.includes('This is cut off'))).toHaveLength(1)
  expect(said.filter((text) => text.includes('This waits'))).toHaveLength(1)
  expect(said.filter((text) => text.includes('This came while'))).toHaveLength(1)
}, 60_000)

test('a group that became a supergroup is told of, with the commands that let it be heard again', async () => {
  const move = (from: number, to: number): number =>
    telegram.say({ bot: BOT, chat: { id: from, type: 'group' }, from: OWNER, more: { migrate_to_chat_id: to } })
  move(-500, -1001500)
  move(-501, -1001501)
  const told = await until('the status to tell both', async () => {
    const text = await run('channels status')
    return text.includes('-1001500') && text.includes('-1001501') ? text : undefined
  })
  const commands = [...told.matchAll(/ {4}Run: openclaw (config .*)/g)].map(([, command = '']) => command)
  expect(commands).toEqual([
    "config set channels.telegram.groups.-1001500 '{}'",
    'config unset channels.telegram.groups.-500',
    'config set bindings.2.match.peer.id \'"-1001501"\'',
  ])
  for (const command of commands) expect(await run(command.replaceAll("'", ''))).toContain('--- exit 0')
  await until('the status to have nothing to tell', async () =>
    (await run('channels status')).includes('-500') ? undefined : true,
  )
  const before = telegram.heardIn(-1001500).length
  const entities = [{ type: 'mention', offset: 0, length: 10 }]
  telegram.say({ bot: BOT, chat: { id: -1001500, type: 'supergroup' }, from: OWNER, text: '@first_bot hi', entities })
  await answer(-1001500, before, ({ text }) => text.includes('You said: hi'))
}, 60_000)

test('a token that is revoked degrades its bot alone, and the command that mends it is told', async () => {
  telegram.revoke(WORK)
  await until('the bot to hear of it', () => (count('getUpdates', 401) > 0 ? true : undefined))
  const report = await until('the bot to be degraded', async () => {
    const said = await run('channels status')
    return said.includes('not listening') ? said : undefined
  })
  expect(report).toMatch(/telegram default \(@first_bot\): listening[\s\S]*telegram work \(@work_bot\): not listening/)
  expect(report).toMatch(
    /Telegram does not know the token of the account work[^\n]*\n {4}Run: openclaw channels add telegram --account 'work'\n/,
  )
  expect(report).toContain('--- exit 1')
  expect(await run('doctor')).toContain('Telegram does not know the token of the account work')
  expect((await fetch(`${gateway.url}/health`)).status).toBe(200)
  const before = telegram.heardIn(OWNER.id).length
  write('Still there?')
  await answer(OWNER.id, before, ({ text }) => text.includes('Still there?'))
  telegram.failNext('getUpdates', 409, 'Conflict: terminated by other getUpdates request')
  write('And now?')
  await until('the bot to hear of the other', () => (count('getUpdates', 409) > 0 ? true : undefined))
  const conflict = await until('the conflict to be told', async () => {
    const { stdout } = await openclaw(place, ['channels', 'status', '--json'])
    const [account] = JSON.parse(stdout).accounts
    return account.trouble?.code === 'conflict' ? account : undefined
  })
  expect(conflict.trouble.message).toContain('Another program asks for the messages of the account default')
  await answer(OWNER.id, before, ({ text }) => text.includes('And now?'))
}, 60_000)

test('the token is in its file alone, 0600', async () => {
  const own = join(place.state, 'credentials/telegram-default.token')
  expect((await stat(own)).mode & 0o777).toBe(0o600)
  const files = await readdir(place.state, { recursive: true, withFileTypes: true })
  const holding: string[] = []
  for (const file of files.filter((one) => one.isFile())) {
    const path = join(file.parentPath, file.name)
    // A lock may go while we look.
    const text = await readFile(path, 'latin1').catch(() => '')
    if (text.includes(CANARY)) holding.push(path)
  }
  expect(holding).toEqual([own])
  expect(gateway.said()).not.toContain(CANARY)
  expect(await run('channels status --probe --json')).not.toContain(CANARY)
})
