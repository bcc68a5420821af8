// `channels`: the shape that scripts of the reference read, and an answer without any network.
import { afterEach, beforeAll, expect, it } from 'vitest'
import { type Installation, install, openclaw } from '../support/installation.ts'
import { build, transcript } from '../support/program.ts'
import { apiKey, setupToken } from './secrets.ts'

let place: Installation
const run = async (line: string): Promise<string> => transcript(place, await openclaw(place, line.split(' ')))

beforeAll(build, 60_000)
afterEach(() => place.remove())

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

const login = { access: 'an-access-token', refresh: 'a-refresh-token', expires: Date.now() - 1000 }

it('lists the credentials of the agent meant, in the shape of the reference, a login among them', async () => {
  place = await install({
    config: { channels: { telegram: { accounts: { biz: {}, home: {} } }, slack: { enabled: true }, defaults: {} } },
    profiles: [
      { id: 'openai-codex:me', ...login },
      { id: 'anthropic:default', key: apiKey('kkkk') },
      { id: 'anthropic:manual', token: setupToken('tttt') },
    ],
  })
  const ran = await openclaw(place, ['channels', 'list', '--json', '--no-usage'])
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(ran.stdout)).toEqual({
    chat: { telegram: ['biz', 'home'], slack: ['default'] },
    auth: [
      { id: 'anthropic:default', provider: 'anthropic', type: 'api_key', isExternal: false },
      { id: 'anthropic:manual', provider: 'anthropic', type: 'token', isExternal: false },
      { id: 'openai-codex:me', provider: 'openai-codex', type: 'oauth', isExternal: false },
    ],
  })
  expect(await run('channels list')).toMatch(
    /^Chat channels:\n- telegram biz\n- telegram home\n- slack default\n\nAuth providers \(OAuth \+ API keys\):\n- anthropic:default \(api_key\)\n- anthropic:manual \(token\)\n- openai-codex:me \(oauth\)\n\nUsage: no provider usage available.\n--- exit 0\n$/,
  )
})

it('tells what the vendors said last of usage, which is kept, and asks nobody', async () => {
  const now = Date.now()
  const at = now - 90 * MINUTE
  const [five, week] = [now + 4.5 * 60 * MINUTE, now + 4.2 * DAY]
  place = await install({
    profiles: [
      { id: 'anthropic:plan', token: setupToken('tttt') },
      { id: 'openai-codex:me', ...login },
    ],
    usage: {
      'anthropic:plan': {
        at,
        windows: [
          { name: '5h', used: 0.544, resetAt: five },
          { name: '7d', used: 1, resetAt: week },
          { name: 'tokens', used: 0.5, limit: 100, remaining: 50, resetAt: now - MINUTE },
          { name: 'absurd', used: 7 },
        ],
      },
      'openai-codex:gone': { at, windows: [{ name: '5h', used: 0.5 }] },
      'openai-codex:me': { at: 'yesterday', windows: 'none' },
    },
  })
  const windows = [
    { label: '5h', usedPercent: 54.4, resetAt: five },
    { label: '7d', usedPercent: 100, resetAt: week },
    { label: 'tokens', usedPercent: 50, limit: 100, remaining: 50, resetAt: now - MINUTE, isOver: true },
  ]
  const usage = {
    updatedAt: at,
    providers: [{ provider: 'anthropic', profileId: 'anthropic:plan', updatedAt: at, windows }],
  }
  expect(JSON.parse((await openclaw(place, ['channels', 'list', '--json'])).stdout).usage).toEqual(usage)
  expect(JSON.parse((await openclaw(place, ['models', 'status', '--json'])).stdout).auth.usage).toEqual(usage)
  expect(JSON.parse((await openclaw(place, ['status', '--json'])).stdout).agents[0].usage).toEqual(usage)
  const line = `- anthropic:plan 5h 54% used, resets in 5h (${new Date(five).toISOString().slice(11, 16)}Z); 7d 100% used, resets in 4d (${new Date(week).toISOString().slice(0, 10)}); said 2h ago\n`
  expect(await run('channels list')).toContain(`\nUsage:\n${line}`)
  expect(await run('models status')).toContain(`\nUsage\n${line}`)
  expect(await run('status --usage')).toContain(`\nUsage\n${line}`)
  expect(await run('channels list --no-usage')).not.toContain('used')
  expect(await run('status')).not.toContain('used')
})

it('answers for the agent that is named, and for an installation where there is nothing', async () => {
  place = await install({
    profiles: [{ id: 'anthropic:default', key: apiKey('kkkk') }],
    agents: { work: { profiles: [{ id: 'openai:default', key: 'sk-proj-work-0123456789abcdef' }] }, bare: {} },
  })
  expect(await run('channels list --no-usage --agent work')).toBe(
    'Chat channels:\n- none\n\nAuth providers (OAuth + API keys):\n- openai:default (api_key)\n--- exit 0\n',
  )
  expect(await run('channels list --no-usage --agent bare')).toContain('- none\n--- exit 0\n')
  expect(await run('channels list --agent nosuch')).toContain('known: main, work, bare')
})

it('says in its status who answers where', async () => {
  place = await install({
    config: {
      agents: { list: [{ id: 'main' }, { id: 'work' }] },
      bindings: [{ agentId: 'work', match: { channel: 'slack', accountId: '*' } }],
    },
  })
  expect(await run('channels status')).toContain('Who answers:\n- slack accountId=* -> work\n- anything else -> main\n')
  expect(JSON.parse((await openclaw(place, ['channels', 'status', '--json'])).stdout)).toEqual({
    running: false,
    chat: {},
    accounts: [],
    bindings: [{ agentId: 'work', match: { channel: 'slack', accountId: '*' } }],
    defaultAgent: 'main',
  })
})

it('lets no name forge a line', async () => {
  const forged = 'biz\n- slack forged'
  place = await install({
    config: {
      channels: { telegram: { accounts: { [forged]: {} } } },
      agents: { list: [{ id: 'main', name: 'Ada\n- forged' }] },
    },
  })
  for (const line of ['channels list', 'channels status', 'agents list'])
    expect(await run(line)).not.toMatch(/^- (?:slack )?forged/m)
  const set = await openclaw(place, ['config', 'set', 'agents.list[0].name', 'Ada\ngateway.port = 1'])
  expect(set.stdout).not.toMatch(/^gateway/m)
})
