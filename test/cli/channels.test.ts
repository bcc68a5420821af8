// `channels`: the shape that scripts of the reference read, and an answer without any network.
import { afterEach, beforeAll, expect, it } from 'vitest'
import { type Installation, install, openclaw } from '../support/installation.ts'
import { build, transcript } from '../support/program.ts'
import { apiKey, setupToken } from './secrets.ts'

let place: Installation
const run = async (line: string): Promise<string> => transcript(place, await openclaw(place, line.split(' ')))

beforeAll(build, 60_000)
afterEach(() => place.remove())

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
  // Nobody was asked for usage, so nothing is said of it.
  expect((await openclaw(place, ['channels', 'list', '--json'])).stdout).toBe(ran.stdout)
  expect(await run('channels list')).toMatch(
    /^Chat channels:\n- telegram biz\n- telegram home\n- slack default\n\nAuth providers \(OAuth \+ API keys\):\n- anthropic:default \(api_key\)\n- anthropic:manual \(token\)\n- openai-codex:me \(oauth\)\n--- exit 0\n$/,
  )
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
