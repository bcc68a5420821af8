// Which values of openclaw.json the page may set, and what is told of each; and the command that takes a binding away.
import { expect, test } from 'vitest'
import { readPeer, unbindCommand } from '../../src/core/binding.ts'
import { secretPlaces } from '../../src/core/config-keys.ts'
import { parsePath } from '../../src/core/config-path.ts'
import { isSettable, settingsFields } from '../../src/core/settings.ts'

test('every field is a key of the definition, with its bounds, its default and what is written', () => {
  const fields = settingsFields((path) => (path.at(-1) === 'capUsdPerDay' ? '${CAP}' : undefined))
  expect(fields.length).toBeGreaterThan(10)
  for (const field of fields) {
    expect(isSettable(parsePath(field.path)), field.path).toBe(true)
    // A key that the definition does not know would have neither.
    expect(field.choices !== undefined || field.least !== undefined, field.path).toBe(true)
  }
  expect(fields.find(({ path }) => path === 'auth.spend.capUsdPerDay')).toEqual({
    path: 'auth.spend.capUsdPerDay',
    group: 'spend',
    kind: 'number',
    least: 0,
    most: 1_000_000,
    value: '${CAP}',
    needsRestart: false,
  })
  expect(fields.filter(({ needsRestart }) => needsRestart).map(({ path }) => path)).toEqual(['gateway.port'])
})

test.each([
  ['agents.list[3].model', true],
  ['agents.list.0.model.primary', true],
  ['agents.list[3].auth.inherit', true],
  ['agents.defaults.models["openai/gpt-5.1"].params.cacheRetention', true],
  ['agents.defaults.model.fallbacks', true],
  ['agents.list.x.model', false],
  ['agents.list.01.model', false],
  ['agents.list[3]', false],
  ['agents.list[3].id', false],
  ['agents.defaults.workspace', false],
  ['agents.defaults.models["openai/gpt-5.1"].params', false],
  ['auth', false],
  ['auth.spend', false],
  ['auth.shareBeyondLoopback', false],
  ['gateway.bind', false],
  ['gateway.auth.token', false],
  ['models.providers.anthropic.baseUrl', false],
])('%s: %s', (path, may) => {
  expect(isSettable(parsePath(path))).toBe(may)
})

test('secrets are told by their place and their variable alone', () => {
  const raw = {
    gateway: { auth: { token: 'a-token-of-the-config', mode: 'token' } },
    env: { KEY: '${OTHER_KEY}', vars: { PORT: 8080 }, shellEnv: { enabled: true } },
    models: { providers: { x: { apiKey: '', baseUrl: 'https://x.test' } } },
  }
  expect(secretPlaces(raw)).toEqual([
    { path: ['gateway', 'auth', 'token'] },
    { path: ['env', 'KEY'], variable: 'OTHER_KEY' },
    { path: ['env', 'vars', 'PORT'] },
  ])
})

test.each([
  [{ channel: 'telegram' }, 'openclaw agents unbind --agent work --bind telegram'],
  [{ channel: 'telegram', accountId: '*' }, "openclaw agents unbind --agent work --bind 'telegram:*'"],
  [
    { channel: 'telegram', peer: { kind: 'group', id: '-1' } },
    'openclaw agents unbind --agent work --bind telegram --peer group:-1',
  ],
  [{ channel: 'discord', guildId: '7' }, "openclaw config unset 'bindings[2]'"],
  [{ channel: 'telegram', peer: { kind: 'thread', id: '1' } }, "openclaw config unset 'bindings[2]'"],
  [{ channel: 'telegram', peer: { kind: 'group', id: "o'1" } }, "openclaw config unset 'bindings[2]'"],
])('the command that takes a binding away: %j', (match, command) => {
  expect(unbindCommand({ agentId: 'work', match }, 2)).toBe(command)
})

test('one chat is named by its kind and its id', () => {
  expect(readPeer(' Group:-100:7 ')).toEqual({ kind: 'group', id: '-100:7' })
  for (const text of ['group', 'group:', 'thread:1', ':1', 'group:a b', ''])
    expect(readPeer(text), text).toBeUndefined()
})
