// What people show a bot beside words, behind the built gateway: pictures, documents, voice, stickers, albums; what a model does not take; and a webhook.
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Question, turnRequest } from '../../src/chat/request.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { PICTURE, type PlayedBot, type PlayedTelegram, startTelegram } from '../../src/sandbox/telegram.ts'
import { CLAUDE } from '../flows/support.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, until } from '../support/installation.ts'

const BOT: PlayedBot = { token: '700003:AAcanary0telegram0token0of0the0third', id: 700003, username: 'third_bot' }
const KEY = 'sk-ant-api03-files-0123456789abcdef'
const GOOGLE_KEY = 'AIza-files-0123456789abcdef-canary'
const OWNER = { id: 11, first_name: 'Ada' }
/** Speaks to an agent whose model hears. */
const GRACE = { id: 12, first_name: 'Grace' }
const PDF = Buffer.from('%PDF-1.4 a paper')
const VOICE = Buffer.from('OggS a voice')

let sandbox: Sandbox
let telegram: PlayedTelegram
let place: Installation
let gateway: GatewayProcess

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      { name: 'claude', vendor: 'anthropic', key: KEY },
      { name: 'gemini', vendor: 'google', key: GOOGLE_KEY },
    ],
  })
  telegram = await startTelegram([BOT])
  telegram.setWebhook(BOT, 'https://old.example/hook/secret-path')
  telegram.putFile('voice', VOICE)
  telegram.putFile('paper', PDF)
  telegram.putFile('notes', Buffer.from('remember the milk'))
  place = await install({
    config: {
      models: {
        providers: {
          anthropic: { baseUrl: sandbox.baseUrl('anthropic') },
          google: { baseUrl: sandbox.baseUrl('google') },
        },
      },
      agents: { defaults: { model: CLAUDE } },
      channels: { telegram: { botToken: BOT.token, dmPolicy: 'allowlist', allowFrom: [OWNER.id, GRACE.id] } },
      bindings: [{ agentId: 'ear', match: { channel: 'telegram', peer: { kind: 'direct', id: String(GRACE.id) } } }],
      session: { dmScope: 'per-account-channel-peer' },
    },
    profiles: [{ id: 'anthropic:default', key: KEY }],
    agents: {
      ear: { profiles: [{ id: 'google:default', key: GOOGLE_KEY }], entry: { model: 'google/gemini-2.5-flash' } },
    },
    env: { OPENCLAW_TELEGRAM_API_ROOT: telegram.url },
  })
  gateway = await startGateway(place)
  place.env.OPENCLAW_GATEWAY_PORT = String(gateway.port)
}, 60_000)

afterAll(async () => {
  await gateway?.stop()
  await telegram?.close()
  await sandbox?.close()
  await place?.remove()
})

const show = (more: Record<string, unknown>, from = OWNER): number =>
  telegram.say({ bot: BOT, chat: { id: from.id, type: 'private' }, from, more })
/** What the chat is told next, once these words stand in it. */
const told = async (work: () => unknown, words: string, from = OWNER): Promise<string> => {
  const before = telegram.heardIn(from.id).length
  work()
  return until(`"${words}" to be told to ${from.first_name}: ${gateway.said().slice(-1000)}`, () => {
    const message = telegram.heardIn(from.id)[before]
    return message?.text.includes(words) === true ? message.text : undefined
  })
}
const fetched = (id: string): number =>
  telegram.calls().filter(({ method, body }) => method === 'getFile' && body.file_id === id).length
const expectSent = (question: Question, dialect: 'messages' | 'generate_content' = 'messages'): void => {
  const [provider = '', model = ''] = (dialect === 'messages' ? CLAUDE : 'google/gemini-2.5-flash').split('/')
  const retention = dialect === 'messages' ? 'short' : 'none'
  const { body } = turnRequest(dialect, { provider, model }, question, { retention })
  expect(sandbox.requests().at(-1)?.bodySha256).toBe(createHash('sha256').update(body).digest('hex'))
}
const file = (id: string, mime: string, name?: string): object => ({
  ...{ file_id: id, file_unique_id: id, mime_type: mime, file_size: 10, duration: 1 },
  ...(name === undefined ? {} : { file_name: name }),
})

test('a webhook that was set is taken away, and status and log say so without its path', async () => {
  const status = await until('the bot to listen', async () => {
    const { stdout } = await openclaw(place, ['channels', 'status'])
    return stdout.includes('listening') && !stdout.includes('not listening') ? stdout : undefined
  })
  expect(status).toMatch(/a webhook to old\.example was set for this bot; it was taken away \S+ ago/)
  expect(gateway.said()).toContain('old.example')
  expect(status + gateway.said()).not.toContain('secret-path')
})

test('documents, text files and stickers are read, and pictures stay with the conversation', async () => {
  const photo = { photo: [{ file_id: 'cat', width: 90, height: 60 }], caption: 'A cat' }
  await told(() => show(photo), '[a picture]')
  const picture = { kind: 'image' as const, mediaType: 'image/jpeg', bytes: PICTURE }
  expectSent({ history: [], message: 'A cat\n[a picture]', shown: [picture] })
  await told(() => show({ document: file('paper', 'application/pdf', 'paper.pdf'), caption: 'Read it' }), 'paper.pdf]')
  const said = async () => {
    const { stdout } = await openclaw(place, [
      'gateway',
      'call',
      'chat.history',
      '--json',
      '--params',
      '{"sessionKey":"agent:main:telegram:default:dm:11"}',
    ])
    return JSON.parse(stdout).messages
  }
  const history = await said()
  const paper = { kind: 'document' as const, mediaType: 'application/pdf', bytes: PDF, name: 'paper.pdf' }
  const shownBefore = new Map([[history[0], [picture]]])
  expectSent({ history: history.slice(0, 2), shownBefore, message: 'Read it\n[a document: paper.pdf]', shown: [paper] })
  await told(() => show({ document: file('notes', 'text/markdown', 'notes.md') }), 'notes.md]')
  await told(() => show({ sticker: { ...file('s', ''), emoji: '😀' } }), 'You said: 😀')
  const kept = (await readdir(join(place.state, 'agents/main/sessions'))).filter((name) =>
    /\.(jpg|pdf|md|txt|[0-9a-f]{64})$/.test(name),
  )
  expect(kept).toHaveLength(3)
})

test('a model that does not hear says so and what it takes; one that hears is given the voice', async () => {
  const before = sandbox.requests().length
  expect(await told(() => show({ voice: file('voice', 'audio/ogg') }), 'does not hear')).toMatch(
    /^anthropic\/claude-opus-4-6 does not hear: it takes text, text files, pictures and PDF\.\nRun: /,
  )
  expect([fetched('voice'), sandbox.requests().length]).toEqual([0, before])
  await told(() => show({ voice: file('voice', 'audio/ogg') }, GRACE), '[a recording]', GRACE)
  const voice = { kind: 'audio' as const, mediaType: 'audio/ogg', bytes: VOICE }
  expectSent({ history: [], message: '[a recording]', shown: [voice] }, 'generate_content')
  await told(() => show({ video: file('film', 'video/mp4') }), 'This I cannot read.')
  const large = { ...file('large', 'application/pdf', 'large.pdf'), file_size: 21 * 1024 * 1024 }
  expect(await told(() => show({ document: large }, GRACE), 'MB', GRACE)).toBe(
    'What a bot is given may be 20 MB at most; this is larger.',
  )
  expect(telegram.complaints()).toEqual([])
})

test('what is shown while another turn is under way is fetched once', async () => {
  sandbox.setFaults([{ delayMs: 500, times: 1 }])
  const params = {
    agentId: 'main',
    sessionKey: 'agent:main:telegram:default:dm:11',
    message: 'Elsewhere',
    idempotencyKey: 'k',
  }
  const before = telegram.heardIn(OWNER.id).length
  await openclaw(place, ['gateway', 'call', 'chat.send', '--json', '--params', JSON.stringify(params)])
  show({ photo: [{ file_id: 'late', width: 90, height: 60 }], caption: 'Late' })
  await until('the picture to be answered', () =>
    telegram
      .heardIn(OWNER.id)
      .slice(before)
      .find(({ text }) => text.includes('Late')),
  )
  expect(fetched('late')).toBe(1)
})
