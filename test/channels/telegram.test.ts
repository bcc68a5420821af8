// A bot at a played Telegram, behind the built gateway: who is answered and who is not, what is shown, and what survives.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type PlayedBot, type PlayedMessage, type PlayedTelegram, startTelegram } from '../../src/sandbox/telegram.ts'
import { CLAUDE, GOOD, providersAt } from '../flows/support.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, until } from '../support/installation.ts'
import { build } from '../support/program.ts'

const CANARY = 'AAcanary0telegram0token0of0the0first0bot'
const BOT: PlayedBot = { token: `700001:${CANARY}`, id: 700001, username: 'first_bot' }
const WORK: PlayedBot = { token: '700002:AAcanary0telegram0token0of0the0second', id: 700002, username: 'work_bot' }
const WORK_KEY = 'sk-ant-api03-work-0123456789abcdef'
const OWNER = { id: 11, first_name: 'Ada', username: 'ada' }
const STRANGER = { id: 99, first_name: 'Mallory' }
const GROUP = { id: -500, type: 'supergroup' as const }

let sandbox: Sandbox
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
const asked = (): number => sandbox.requests().length

beforeAll(async () => {
  await build()
  sandbox = await startSandbox({
    accounts: [
      { name: 'default', vendor: 'anthropic', key: GOOD },
      { name: 'work', vendor: 'anthropic', key: WORK_KEY },
    ],
  })
  telegram = await startTelegram([BOT, WORK])
  place = await install({
    config: {
      models: providersAt(sandbox),
      agents: { defaults: { model: CLAUDE } },
      channels: { telegram: { groups: { '-500': {} } } },
      session: { dmScope: 'per-account-channel-peer' },
      bindings: [
        { agentId: 'work', match: { channel: 'telegram', accountId: 'work' } },
        { agentId: 'work', match: { channel: 'telegram', peer: { kind: 'direct', id: '12' } } },
        { agentId: 'work', match: { channel: 'telegram', peer: { kind: 'group', id: '-501' } } },
      ],
    },
    profiles: [{ id: 'anthropic:default', key: GOOD }],
    agents: { work: { profiles: [{ id: 'anthropic:default', key: WORK_KEY }] } },
    env: { OPENCLAW_TELEGRAM_API_ROOT: telegram.url },
  })
  gateway = await startGateway(place)
}, 60_000)

afterAll(async () => {
  await gateway?.stop()
  await telegram?.close()
  await sandbox?.close()
  await place?.remove()
})

test('a bot is added while the gateway runs, its token from a pipe, and listens', async () => {
  expect(await run('channels status')).toContain('has no token')
  expect(await run('channels add telegram', BOT.token)).toContain('(@first_bot)')
  const status = await until('the bot to listen', async () => {
    const said = await run('channels status')
    return said.includes('telegram default (@first_bot): listening') ? said : undefined
  })
  expect(status).toContain('--- exit 0')
  expect(status).not.toContain(CANARY)
}, 30_000)

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
}, 30_000)
