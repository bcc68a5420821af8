// The configuration: defaults, meaning, and complaints with their paths.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { tidyOrder } from '../../src/core/auth-settings.ts'
import {
  type Config,
  defaultAgent,
  hasAgent,
  modelRefIn,
  modelsOf,
  readConfig,
  TIMEOUTS,
} from '../../src/core/config.ts'
import { holds } from '../support/seeds.ts'

function meaning(raw: unknown): Config {
  const { config, issues } = readConfig(raw)
  if (config === undefined) throw new Error(JSON.stringify(issues))
  return config
}

test('an empty config has a meaning', () => {
  expect(meaning({})).toMatchObject({
    model: { primary: 'anthropic/claude-opus-4-6', fallbacks: [] },
    agents: [],
    gateway: { bind: 'loopback', mode: 'token', allowedHosts: [], timeouts: TIMEOUTS },
  })
  expect(defaultAgent(meaning({}))).toBe('main')
})

test.each<[string, unknown, string]>([
  ['a list', [], ''],
  ['a text', 'x', ''],
  ['null', null, ''],
  ['a port beyond the last', { gateway: { port: 65_536 } }, 'gateway.port'],
  ['a port that is a text', { gateway: { port: '18789' } }, 'gateway.port'],
  ['an unknown bind', { gateway: { bind: 'everywhere' } }, 'gateway.bind'],
  ['a timeout of nothing', { gateway: { timeouts: { idleMs: 0 } } }, 'gateway.timeouts.idleMs'],
  [
    'a base URL without a scheme',
    { models: { providers: { x: { baseUrl: 'localhost:1' } } } },
    'models.providers.x.baseUrl',
  ],
  [
    'a base URL with a password',
    { models: { providers: { x: { baseUrl: 'https://u:p@h/' } } } },
    'models.providers.x.baseUrl',
  ],
  [
    'a base URL that is a script',
    { models: { providers: { x: { baseUrl: 'javascript:0' } } } },
    'models.providers.x.baseUrl',
  ],
  ['an agent named like a path', { agents: { list: [{ id: 'ok' }, { id: '../x' }] } }, 'agents.list.1.id'],
  ['an order that is a text', { auth: { order: { anthropic: 'a' } } }, 'auth.order.anthropic'],
  ['a profile without a provider', { auth: { profiles: { 'a:b': {} } } }, 'auth.profiles.a:b.provider'],
  ['a model with spaces', { agents: { defaults: { model: 'claude opus' } } }, 'agents.defaults.model'],
  [
    'a fallback with spaces',
    { agents: { defaults: { model: { fallbacks: ['a/b', 'c d'] } } } },
    'agents.defaults.model.fallbacks.1',
  ],
  ['an allowed model with spaces', { agents: { defaults: { models: { 'a b': {} } } } }, 'agents.defaults.models.a b'],
  ['a model of an agent', { agents: { list: [{ id: 'a', model: { primary: '?' } }] } }, 'agents.list.0.model.primary'],
])('%s is refused with its path', (_name, raw, path) => {
  const { config, issues } = readConfig(raw)
  expect(config).toBeUndefined()
  expect(issues.map((issue) => issue.path)).toContain(path)
  for (const { message } of issues) expect(message).toMatch(/\w/)
})

test('every complaint is told at once', () => {
  expect(readConfig({ gateway: { port: -1, bind: 'x' }, auth: { order: 7 } }).issues).toHaveLength(3)
})

test.each(['__proto__', 'constructor', 'prototype'])('the key %s is refused at any depth, with its path', (key) => {
  const at = (depth: number): unknown => JSON.parse(`${'{"env":'.repeat(depth)}{"${key}":{"x":1}}${'}'.repeat(depth)}`)
  for (const depth of [0, 1, 4]) {
    const path = [...Array.from({ length: depth }, () => 'env'), key].join('.')
    expect(readConfig(at(depth)).issues).toEqual([{ path, message: expect.stringContaining('not allowed') }])
  }
  expect(readConfig({ agents: { list: [JSON.parse(`{"id":"a","${key}":1}`)] } }).issues[0]?.path).toBe(
    `agents.list.0.${key}`,
  )
})

test('whatever JSON stands in the file: an answer, no error, and no object of ours has a new property', async () => {
  const sections = fc.constantFrom(
    'diagnostics',
    'auth',
    'agents',
    'models',
    'gateway',
    'env',
    'x',
    '__proto__',
    'constructor',
  )
  await holds(
    fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(sections, fc.jsonValue())), (raw) => {
      const { config, issues } = readConfig(JSON.parse(JSON.stringify(raw)))
      expect(config === undefined).toBe(issues.length > 0)
      expect(Object.keys(Object.prototype)).toEqual([])
    }),
    5000,
  )
})

test('aliases are known in any case, and a bare name belongs to the provider of the default model', () => {
  const config = meaning({
    agents: {
      defaults: {
        model: 'Fast',
        models: { 'openai/gpt-5.2': { alias: 'Fast' }, 'anthropic/claude-opus-4-6': { alias: ' ' } },
      },
    },
  })
  expect(modelRefIn(config, 'main', 'FAST')).toEqual({ provider: 'openai', model: 'gpt-5.2' })
  expect(modelRefIn(config, 'main', 'gpt-5-nano')).toEqual({ provider: 'openai', model: 'gpt-5-nano' })
  expect([...config.aliasNames]).toEqual([['Fast', 'openai/gpt-5.2']])
  expect(config.configured).toEqual(['openai/gpt-5.2', 'anthropic/claude-opus-4-6'])
})

test('an agent has its own models where it says so, else those of all', () => {
  const config = meaning({
    agents: {
      defaults: { model: { primary: 'anthropic/a', fallbacks: ['openai/b'] } },
      list: [{ id: 'one', model: 'xai/c' }, { id: 'two', model: { fallbacks: [] }, default: true }, { id: 'three' }],
    },
  })
  expect(modelsOf(config, 'one')).toEqual({
    primary: 'xai/c',
    fallbacks: ['openai/b'],
    isNamed: true,
    fromAgent: { primary: true, fallbacks: false },
  })
  expect(modelsOf(config, 'two')).toMatchObject({ primary: 'anthropic/a', fallbacks: [] })
  expect(defaultAgent(config)).toBe('two')
  expect(['main', 'three', 'four'].map((id) => hasAgent(config, id))).toEqual([true, true, false])
})

test('the env section counts direct keys before vars, and texts only', () => {
  const config = meaning({ env: { A: 'direct', N: 7, shellEnv: { enabled: true }, vars: { A: 'vars', B: 'b' } } })
  expect([...config.env]).toEqual([
    ['A', 'direct'],
    ['B', 'b'],
  ])
})

test('orders are trimmed, without blanks and repeats, under the one spelling of their provider', () => {
  expect(meaning({ auth: { order: { 'Z.AI': [' zai:a ', '', 'zai:b', 'zai:a'] } } }).authOrder.get('zai')).toEqual([
    'zai:a',
    'zai:b',
  ])
  expect(tidyOrder([' a', 'b', 'a ', ''])).toEqual(['a', 'b'])
})

test('a base URL loses the slash at its end', () => {
  expect(
    meaning({ models: { providers: { OpenAI: { baseUrl: 'https://h/v1/' } } } }).providers.get('openai')?.baseUrl,
  ).toBe('https://h/v1')
})
