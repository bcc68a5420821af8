// What is known of the keys: the published JSON Schema says what the definition says, every key is told, and secrets are masked.
import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../../src/core/config.ts'
import {
  configJsonSchema,
  isSecretPath,
  masked,
  schemasAt,
  secretsIn,
  takesText,
  unknownKeys,
} from '../../src/core/config-keys.ts'
import { configPage, configRows } from '../../src/core/config-page.ts'
import { formatPath, putAt } from '../../src/core/config-path.ts'
import { type JsonSchema, toJsonSchema } from '../../src/core/json-schema.ts'
import { holds } from '../support/seeds.ts'

const scrub = (text: string): string => text

/** As much of JSON Schema as we publish. */
function accepts(schema: JsonSchema, value: unknown): boolean {
  const { type, properties = {}, required = [], additionalProperties, items, minimum, maximum } = schema
  if (schema.anyOf !== undefined && !schema.anyOf.some((one) => accepts(one, value))) return false
  if (schema.enum !== undefined && !schema.enum.includes(String(value))) return false
  const actual = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  if (type === 'integer' ? !Number.isInteger(value) : type !== undefined && actual !== type) return false
  if (typeof value === 'number' && (value < (minimum ?? value) || value > (maximum ?? value))) return false
  if (Array.isArray(value)) return items === undefined || value.every((item) => accepts(items, item))
  if (typeof value !== 'object' || value === null) return true
  if (required.some((name) => !Object.hasOwn(value, name))) return false
  return Object.entries(value).every(([name, child]) => {
    const own = properties[name] ?? additionalProperties
    return own === undefined || accepts(own, child)
  })
}

const VALUES: readonly unknown[] = [
  'text',
  '',
  5,
  -1,
  1.5,
  70_000,
  true,
  null,
  [],
  ['a'],
  [1],
  {},
  { x: 1 },
  { primary: 'a' },
]

describe('the JSON Schema', () => {
  test('accepts what the definition accepts, key by key, but for what only code can judge', async () => {
    const paths = configRows().map(({ path }) =>
      path
        .replaceAll(/<[^>]*>/g, 'NAME')
        .replaceAll('[]', '.0')
        .split('.'),
    )
    expect(paths.length).toBeGreaterThan(40)
    await holds(
      fc.property(fc.constantFrom(...paths), fc.constantFrom(...VALUES), (path, value) => {
        const last = path.at(-1) ?? ''
        const judgedByCode =
          ['baseUrl', 'inherit', 'agentId', 'channel'].includes(last) || (path[1] === 'list' && last === 'id')
        fc.pre(!(judgedByCode && typeof value === 'string'))
        const root: Record<string, unknown> = {}
        if (path[1] === 'list' && path.length > 3) putAt(root, ['agents'], { list: [{ id: 'main' }] })
        else if (path[1] === 'list' && path.length > 2) putAt(root, ['agents'], { list: [] })
        if (path[0] === 'bindings' && path.length > 1) putAt(root, ['bindings'], [])
        if (path[0] === 'bindings' && path.length > 2) {
          const peer = path.length > 4 ? { peer: { kind: 'group', id: 'x' } } : {}
          putAt(root, ['bindings', '0'], { agentId: 'main', match: { channel: 'x', ...peer } })
        }
        if (path[1] === 'profiles' && path.length > 3) putAt(root, path.slice(0, 3), { provider: 'x' })
        putAt(root, path, value)
        const { issues } = readConfig(root)
        const own = issues.filter(({ message }) => !message.startsWith('a model is written'))
        expect(own.length === 0, JSON.stringify(root)).toBe(accepts(configJsonSchema(), root))
      }),
      3000,
    )
  })

  test('tells every key, with its default where there is one', () => {
    const silent: string[] = []
    const look = (schema: JsonSchema, path: string): void => {
      for (const [name, child] of Object.entries(schema.properties ?? {})) {
        if (!/\w/.test(child.description ?? '')) silent.push(`${path}.${name}`)
        look(child, `${path}.${name}`)
      }
      for (const one of [...(schema.anyOf ?? []), schema.additionalProperties, schema.items]) {
        if (one !== undefined) look(one, `${path}.*`)
      }
    }
    look(configJsonSchema(), '')
    expect(silent).toEqual([])
    expect(schemasAt(['gateway', 'port'])[0]).toMatchObject({ type: 'integer', default: 18_789, maximum: 65_535 })
    expect(configPage()).toContain('| `gateway.port` | integer, 0 to 65535 | `18789` |')
  })

  test('marks what holds a secret, and what must be there', () => {
    expect(schemasAt(['models', 'providers', 'x', 'apiKey'])[0]?.writeOnly).toBe(true)
    expect(schemasAt(['auth', 'profiles', 'x'])[0]?.required).toEqual(['provider'])
  })

  test('defaults are those of an empty config', () => {
    const { config } = readConfig({})
    expect(schemasAt(['gateway', 'bind'])[0]?.default).toBe(config?.gateway.bind)
    expect(schemasAt(['gateway', 'auth', 'mode'])[0]?.default).toBe(config?.gateway.mode)
    expect(schemasAt(['agents', 'defaults', 'model'])[0]?.default).toBe(config?.model.primary)
    for (const [name, ms] of Object.entries(config?.gateway.timeouts ?? {})) {
      expect(schemasAt(['gateway', 'timeouts', name])[0]?.default).toBe(ms)
    }
  })

  test('is not made of what it cannot tell', () => {
    expect(() => toJsonSchema(v.date())).toThrow(/date/)
    expect(() => toJsonSchema(v.pipe(v.string(), v.email()))).toThrow(/email/)
  })
})

test.each<[string[], boolean]>([
  [['gateway', 'auth', 'token'], true],
  [['gateway', 'auth', 'password'], true],
  [['gateway', 'auth', 'mode'], false],
  [['models', 'providers', 'any', 'apiKey'], true],
  [['models', 'providers', 'any', 'baseUrl'], false],
  [['models', 'providers', 'any', 'headers', 'Authorization'], true],
  [['env', 'ANY'], true],
  [['env', 'vars', 'ANY'], true],
  [['channels', 'telegram', 'botToken'], true],
  [['auth', 'profiles', 'x', 'key'], true],
  [['agents', 'defaults', 'contextTokens'], false],
  [['$schema'], false],
])('whether %j is a secret: %s', (path, expected) => {
  expect(isSecretPath(path)).toBe(expected)
})

test('a copy that is shown holds no secret, and every reference', () => {
  const key = 'sk-ant-api03-0123456789abcdefghij'
  const value = {
    env: { A: key, B: '${VARIABLE}', vars: { C: 'short' }, D: 12_345_678 },
    models: { providers: { x: { apiKey: `Bearer ${key}`, baseUrl: 'https://h/v1' } } },
    proxy: 'http://user:pass@host/',
    channels: { slack: { appToken: 'xapp-1-2-3' }, maxTokens: 5 },
  }
  expect(masked(value, [], { scrub })).toEqual({
    env: { A: 'sk-ant-api…ghij', B: '${VARIABLE}', vars: { C: '****' }, D: '****' },
    models: { providers: { x: { apiKey: '…ghij', baseUrl: 'https://h/v1' } } },
    proxy: 'http://****@host/',
    channels: { slack: { appToken: '****' }, maxTokens: 5 },
  })
  expect(secretsIn(value, []).map(({ path }) => formatPath(path))).toEqual([
    'env.A',
    'env.vars.C',
    'env.D',
    'models.providers.x.apiKey',
    'channels.slack.appToken',
  ])
})

test('keys that nobody reads are named where they begin', () => {
  const value = { gateway: { bidn: 'lan', port: 1 }, cron: { scope: 'x' }, env: { X: '1' }, $schema: './x' }
  expect(unknownKeys(value).map(formatPath)).toEqual(['gateway.bidn', 'cron'])
  expect(unknownKeys({ agents: { list: [{ id: 'a' }, { id: 'b', mood: 1 }] } }).map(formatPath)).toEqual([
    'agents.list.1.mood',
  ])
})

test('a number is a text where only a text is taken', () => {
  expect(takesText(['agents', 'list', '0', 'name'], 'number')).toBe(true)
  expect(takesText(['env', 'PIN'], 'number')).toBe(true)
  expect(takesText(['gateway', 'port'], 'number')).toBe(false)
  expect(takesText(['agents', 'list', '0', 'default'], 'boolean')).toBe(false)
  expect(takesText(['unknown', 'key'], 'number')).toBe(false)
})

test('a complaint about a secret does not say what was found', () => {
  const { issues } = readConfig({ gateway: { auth: { token: 123_456_789 } }, env: { vars: { X: 987_654 } } })
  expect(issues.map(({ path }) => path)).toEqual(['gateway.auth.token', 'env.vars.X'])
  expect(JSON.stringify(issues)).not.toMatch(/123|987/)
})

test('what is wrong inside one of several shapes is named by its own path, beside everything else that is wrong', () => {
  const { issues } = readConfig({
    agents: { defaults: { model: { primary: 5, fallbacks: ['x y'] }, models: { 'a b.c': {} } } },
    gateway: { port: 'x' },
  })
  expect(issues.map(({ path }) => path)).toEqual([
    'agents.defaults.model.primary',
    'gateway.port',
    'agents.defaults.models["a b.c"]',
    'agents.defaults.model.fallbacks.0',
  ])
})
