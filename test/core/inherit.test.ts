// Agents pointed at another one's credentials: whose they are, and what a config may not say.
import { expect, test } from 'vitest'
import { readConfig } from '../../src/core/config.ts'
import { ownerOf } from '../../src/core/inherit.ts'

type Chain = readonly [id: string, inherit?: string]
const raw = (chains: readonly Chain[]): unknown => ({
  agents: { list: chains.map(([id, inherit]) => (inherit === undefined ? { id } : { id, auth: { inherit } })) },
})

test.each<[readonly Chain[], string, string]>([
  [[], 'main', 'main'],
  [[['work']], 'work', 'work'],
  [[['work', 'main']], 'work', 'main'],
  [[['work', 'main']], 'main', 'main'],
  [[['a', 'b'], ['b', 'c'], ['c']], 'a', 'c'],
  [[['c'], ['b', 'c'], ['a', 'b']], 'a', 'c'],
  [[['main', 'work'], ['work']], 'main', 'work'],
])('%j: the credentials of %s are those of %s', (chains, agentId, owner) => {
  const { config } = readConfig(raw(chains))
  expect(config === undefined ? undefined : ownerOf(config, agentId)).toBe(owner)
})

test.each<[readonly Chain[], string[]]>([
  [[['work', 'nobody']], ['agents.list.0.auth.inherit']],
  [[['work', 'work']], ['agents.list.0.auth.inherit']],
  [
    [
      ['ok', 'main'],
      ['a', 'b'],
      ['b', 'a'],
    ],
    ['agents.list.1.auth.inherit', 'agents.list.2.auth.inherit'],
  ],
  [
    [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'b'],
    ],
    ['agents.list.1.auth.inherit', 'agents.list.2.auth.inherit'],
  ],
  [
    [
      ['main', 'work'],
      ['work', 'main'],
    ],
    ['agents.list.0.auth.inherit', 'agents.list.1.auth.inherit'],
  ],
  [
    [
      ['a', 'b'],
      ['b', 'a'],
      ['b', 'main'],
      ['a', 'main'],
    ],
    ['agents.list.2.id', 'agents.list.3.id'],
  ],
  [
    [['a'], ['b'], ['a'], ['a']],
    ['agents.list.2.id', 'agents.list.3.id'],
  ],
])('%j is refused at %j', (chains, paths) => {
  expect(readConfig(raw(chains)).issues.map(({ path }) => path)).toEqual(paths)
})

test('two agents in one directory are refused, however it is written', () => {
  const list = ['/srv/a', '/srv/b/', ' /srv/./a', '/srv//b', '/srv/c', undefined, undefined].map((agentDir, at) =>
    agentDir === undefined ? { id: `a${at}` } : { id: `a${at}`, agentDir },
  )
  const { issues = [] } = readConfig({ agents: { list } })
  expect(issues.map(({ path }) => path)).toEqual(['agents.list.2.agentDir', 'agents.list.3.agentDir'])
  expect(issues[0]?.message).toContain('a0')
})
