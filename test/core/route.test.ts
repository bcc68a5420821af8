// Bindings: which agent answers where, and what the config may say.
import { expect, test } from 'vitest'
import { isSameMatch, type Match, readBind } from '../../src/core/binding.ts'
import { readConfig } from '../../src/core/config.ts'
import { type Route, routeTo, type Spot } from '../../src/core/route.ts'

const dm = { kind: 'dm', id: '42' }
const bindings: { agentId: string; match: Match }[] = [
  { agentId: 'any', match: { channel: 'discord', accountId: '*' } },
  { agentId: 'any-later', match: { channel: 'discord', accountId: '*' } },
  { agentId: 'default-account', match: { channel: 'discord' } },
  { agentId: 'biz', match: { channel: 'discord', accountId: 'biz' } },
  { agentId: 'biz-later', match: { channel: 'discord', accountId: 'biz' } },
  { agentId: 'team', match: { channel: 'discord', accountId: '*', teamId: 't' } },
  { agentId: 'guild', match: { channel: 'discord', accountId: '*', guildId: 'g' } },
  { agentId: 'peer-of-biz', match: { channel: 'discord', accountId: 'biz', peer: dm } },
  { agentId: 'peer', match: { channel: 'discord', accountId: '*', peer: dm } },
  {
    agentId: 'peer-in-guild',
    match: { channel: 'discord', accountId: '*', peer: { kind: 'channel', id: '7' }, guildId: 'g' },
  },
  { agentId: 'irc', match: { channel: 'irc' } },
]

test.each<[Spot, string, Route['by']]>([
  [{ channel: 'discord', accountId: 'biz', peer: dm, guildId: 'g', teamId: 't' }, 'peer-of-biz', 'peer'],
  [{ channel: 'discord', accountId: 'home', peer: dm, guildId: 'g', teamId: 't' }, 'peer', 'peer'],
  [{ channel: 'discord', peer: { kind: 'group', id: '42' }, guildId: 'g', teamId: 't' }, 'guild', 'guild'],
  [{ channel: 'discord', peer: { kind: 'channel', id: '7' }, guildId: 'g' }, 'peer-in-guild', 'peer'],
  [{ channel: 'discord', peer: { kind: 'channel', id: '7' } }, 'default-account', 'account'],
  [{ channel: 'discord', accountId: 'biz', guildId: 'g', teamId: 't' }, 'guild', 'guild'],
  [{ channel: 'discord', accountId: 'biz', teamId: 't' }, 'team', 'team'],
  [{ channel: 'discord', accountId: 'biz', teamId: 'other' }, 'biz', 'account'],
  [{ channel: 'discord', accountId: 'biz' }, 'biz', 'account'],
  [{ channel: 'discord', accountId: 'home' }, 'any', 'channel'],
  [{ channel: 'discord' }, 'default-account', 'account'],
  [{ channel: 'discord', accountId: 'default' }, 'default-account', 'account'],
  [{ channel: 'Discord ' }, 'default-account', 'account'],
  [{ channel: 'irc' }, 'irc', 'account'],
  [{ channel: 'irc', accountId: 'biz' }, 'main', 'default'],
  [{ channel: 'slack', peer: dm }, 'main', 'default'],
])('%j goes to %s, by its %s', (spot, agentId, by) => {
  expect(routeTo(bindings, 'main', spot)).toEqual({ agentId, by })
})

test('bindings are read from the config, and each complaint has its path', () => {
  const list = [{ id: 'main' }, { id: 'work' }]
  const match = { channel: ' Slack ', accountId: ' ', peer: { kind: 'dm', id: '1', more: 1 }, more: 1 }
  expect(readConfig({ agents: { list }, bindings: [{ agentId: 'work', match }] }).config?.bindings).toEqual([
    { agentId: 'work', match: { channel: 'slack', peer: { kind: 'dm', id: '1' } } },
  ])
  const paths = (binding: unknown): string[] =>
    readConfig({ agents: { list }, bindings: [{ agentId: 'main', match: { channel: 'x' } }, binding] }).issues.map(
      ({ path }) => path,
    )
  expect(paths({ agentId: 'nobody', match: { channel: 'x' } })).toEqual(['bindings.1.agentId'])
  expect(paths({ agentId: 'work', match: { channel: ' ' } })).toEqual(['bindings.1.match.channel'])
  expect(paths({ agentId: 'work', match: { channel: 'x', peer: { kind: 'dm' } } })).toEqual([
    'bindings.1.match.peer.id',
  ])
  expect(paths({ agentId: 'work' })).toEqual(['bindings.1.match'])
})

test('--bind takes a channel, or a channel and an account', () => {
  expect(readBind('Telegram')).toEqual({ channel: 'telegram' })
  expect(readBind('telegram:*')).toEqual({ channel: 'telegram', accountId: '*' })
  expect(readBind('telegram:My.Biz')).toEqual({ channel: 'telegram', accountId: 'My.Biz' })
  for (const text of ['', ':', 'a:', ':b', 'a:b:c', 'a b', '../x']) expect(readBind(text), text).toBeUndefined()
  expect(isSameMatch({ channel: 'a' }, { channel: 'a', accountId: 'default' })).toBe(true)
  expect(isSameMatch({ channel: 'a' }, { channel: 'a', accountId: '*' })).toBe(false)
})
