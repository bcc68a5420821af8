// 'channels add', 'remove', 'pair' and 'unpair' as a person meets them, without a gateway: what they say, what they write, and what they refuse.
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PlayedBot, type PlayedTelegram, startTelegram } from '../../src/sandbox/telegram.ts'
import { type Picture, pictureOf } from '../security/support.ts'
import { type Installation, install, openclaw, readJson } from '../support/installation.ts'
import { build, onTerminal, transcript } from '../support/program.ts'

const BOT: PlayedBot = { token: '700001:AAtelegram0token0of0the0first0bot00', id: 700001, username: 'first_bot' }
const GONE: PlayedBot = { token: '700009:AAtelegram0token0that0was0revoked0', id: 700009, username: 'gone_bot' }

let place: Installation
let telegram: PlayedTelegram
const run = async (line: string, input = '', env: Record<string, string> = {}): Promise<string> =>
  transcript(place, await openclaw(place, line.split(' '), { input, env }))
const picture = (): Promise<Picture> => pictureOf(place.state)

beforeAll(async () => {
  await build()
  telegram = await startTelegram([BOT, GONE])
  telegram.revoke(GONE)
  place = await install({ env: { OPENCLAW_TELEGRAM_API_ROOT: telegram.url, OPENCLAW_GATEWAY_PORT: '1' } })
}, 60_000)
afterAll(async () => {
  await telegram?.close()
  await place?.remove()
})

/** @param remedy the command that is named */
const said = (message: string, remedy: string): string =>
  `--- stderr\nError: ${message}\n  Run: ${remedy}\n--- exit 1\n`
const ADD = 'openclaw channels add telegram'

test('what is wrong is said, and nothing is written', async () => {
  const before = await picture()
  const rows: [line: string, input: string, answer: string][] = [
    ['channels add', '', said('Which channel is to be added? There is telegram. Nothing was changed.', ADD)],
    ['channels add fax', '', said('There is no channel "fax"; there is telegram.', ADD)],
    [
      'channels add telegram --account a/b',
      BOT.token,
      said('"a/b" is no name of an account: letters, digits, - and _.', 'openclaw channels add --help'),
    ],
    [
      'channels add telegram --allow @ada',
      BOT.token,
      said(
        '"@ada" is no id of a person: names change hands, so only numbers are taken. Whoever writes to the bot gets a code instead.',
        'openclaw channels pair',
      ),
    ],
    [
      `channels add telegram --token ${BOT.token}`,
      '',
      said(
        'A token does not belong on the command line, where other programs and the history see it; pipe it in, or wait to be asked. Nothing was stored.',
        ADD,
      ),
    ],
    [
      'channels add telegram',
      '',
      said(
        'Standard input was empty; pipe the token in, or run this on a terminal.',
        `printf %s "$TELEGRAM_BOT_TOKEN" | ${ADD}`,
      ),
    ],
    [
      'channels add telegram',
      'sk-ant-api03-not-a-bot-at-all',
      said(
        'No token of a bot: BotFather gives one as digits, a colon and some 35 letters and digits. Nothing was stored.',
        ADD,
      ),
    ],
    [
      'channels add telegram --account work',
      GONE.token,
      said(
        'Telegram does not know this token (Unauthorized): it was revoked, or a part of it is missing. Nothing was stored.',
        `${ADD} --account 'work'`,
      ),
    ],
    [
      'channels add telegram --token-env NO_SUCH',
      '',
      said('NO_SUCH is not set, neither here nor in $STATE/.env. Nothing was stored.', ADD),
    ],
    [
      'channels remove telegram --yes',
      '',
      said(
        '$STATE/openclaw.json has no telegram account "default"; it has none. Nothing was changed.',
        'openclaw channels list',
      ),
    ],
    [
      'channels pair NOSUCH23',
      '',
      said(
        'Nobody has the code "NOSUCH23": it may have ended (it holds for an hour), or was used. Whoever writes to the bot gets a new one.',
        'openclaw channels pair',
      ),
    ],
  ]
  for (const [line, input, answer] of rows) expect(await run(line, input), line).toBe(answer)
  expect(await picture()).toEqual(before)
}, 60_000)

test('a bot is added, shown, given people, and removed with all that is ours of it', async () => {
  expect(await run('channels add telegram', `${BOT.token}\n`)).toBe(
    'Added telegram account default (@first_bot) in $STATE/openclaw.json\nToken: $STATE/credentials/telegram-default.token\nA gateway that runs takes it up by itself: openclaw channels status\nWho writes to it is given a code, for: openclaw channels pair\n--- exit 0\n',
  )
  const token = join(place.state, 'credentials/telegram-default.token')
  expect(await readFile(token, 'utf8')).toBe(`${BOT.token}\n`)
  expect((await stat(token)).mode & 0o777).toBe(0o600)
  expect(await readJson(join(place.state, 'openclaw.json'))).toEqual({
    channels: { telegram: { tokenFile: 'credentials/telegram-default.token' } },
  })
  // A second one beside it: the first stays what it was.
  const again = { OPENCLAW_TELEGRAM_API_ROOT: 'http://127.0.0.1:1', WORK_BOT: BOT.token }
  expect(await run('channels add telegram --account work --token-env WORK_BOT --owner 5', '', again)).toMatch(
    /^Added telegram account work in [\s\S]*Token: the variable WORK_BOT[\s\S]*could not be asked whether it knows the token \(refused\); it was kept/,
  )
  expect(await readJson(join(place.state, 'openclaw.json'))).toEqual({
    channels: {
      telegram: {
        tokenFile: 'credentials/telegram-default.token',
        accounts: { default: {}, work: { botToken: '${WORK_BOT}', allowFrom: ['5'], owners: ['5'] } },
      },
    },
  })
  await mkdir(join(place.state, 'channels'), { recursive: true, mode: 0o700 })
  const at = Date.now()
  await writeFile(
    join(place.state, 'channels/pairing.json'),
    JSON.stringify({
      telegram: { default: { requests: [{ code: 'ABCD2345', senderId: '9', name: 'Eve\n- forged', at }] } },
    }),
    { mode: 0o600 },
  )
  expect((await run('channels pair')).replace(/another \d+m/, 'another 1h')).toBe(
    'Who asks (openclaw channels pair <code> lets in):\n- ABCD2345: 9 (Eve?- forged) at telegram account default, for another 1h\nWho was let in (openclaw channels unpair <id> takes it back):\n- nobody\n--- exit 0\n',
  )
  expect(await run('channels pair abcd2345')).toBe(
    '9 (Eve?- forged) may speak to telegram account default ($STATE/channels/pairing.json)\n--- exit 0\n',
  )
  expect(await run('channels status')).toBe(
    "Gateway: not running, so nobody is answered\nAccounts:\n- telegram default: waits for the gateway\n    private: pairing, 1 let in by code, 0 asking; groups: allowlist\n    token: $STATE/credentials/telegram-default.token\n- telegram work: waits for the gateway\n    private: pairing, 0 let in by code, 0 asking; groups: allowlist\n    token: channels.telegram.accounts.work.botToken in $STATE/openclaw.json\n    The account work has no token: WORK_BOT is not set, so channels.telegram.accounts.work.botToken is not used.\n    Run: openclaw channels add telegram --account 'work'\nWho answers:\n- anything else -> main\n--- exit 1\n",
  )
  const probed = JSON.parse((await openclaw(place, ['channels', 'status', '--probe', '--json'])).stdout)
  expect(probed.accounts[0]).toMatchObject({ bot: '@first_bot', probe: { state: 'known', id: BOT.id } })
  expect(await run('channels unpair 9')).toBe(
    '9 may no longer speak to telegram account default ($STATE/channels/pairing.json)\n--- exit 0\n',
  )
  expect(await run('channels unpair 9')).toContain('9 was not let in to the telegram account default by a code')
  expect(await run('channels remove telegram --account work')).toBe(
    said(
      'Removing telegram account work needs --yes where nobody can be asked; nothing was changed.',
      "openclaw channels remove telegram --account 'work' --yes",
    ),
  )
  await run('channels remove telegram --account work --yes')
  expect(await run('channels remove telegram --yes')).toBe(
    'Removed telegram account default from $STATE/openclaw.json\nGone: $STATE/credentials/telegram-default.token\n--- stderr\nThe bot itself stays at the vendor: BotFather revokes its token if it must stop working.\n--- exit 0\n',
  )
  expect(await readJson(join(place.state, 'openclaw.json'))).toEqual({ channels: {} })
}, 60_000)

test('on a terminal the token is asked for, and not shown', async () => {
  const screen = onTerminal(place, ['channels', 'add', 'telegram', '--account', 'tty'])
  await screen.shows('Paste the token that BotFather gave')
  screen.type(`${BOT.token}\r`)
  expect(await screen.exit).toMatchObject({ code: 0 })
  expect(screen.text()).toContain('@first_bot')
  expect(screen.text()).not.toContain(BOT.token.slice(8))
}, 60_000)
