// `${VARIABLE}` in the config: what it becomes, in which order it is looked for, and what is left out when nobody has set it (D7).
import { describe, expect, test } from 'vitest'
import { type Config, readConfig } from '../../src/core/config.ts'
import { substitute } from '../../src/core/substitute.ts'

const SET: Record<string, string> = { KEY: 'k-1', HOST: 'vendor.example', BLANK: ' ', NESTED: '${KEY}' }
const outer = (name: string): string | undefined => SET[name]
const becomes = (text: string, raw: object = {}): unknown =>
  (substitute({ ...raw, x: text }, outer).value as { x?: unknown }).x

test.each<[string, string | undefined]>([
  ['${KEY}', 'k-1'],
  ['https://${HOST}/v1/${KEY}', 'https://vendor.example/v1/k-1'],
  ['$${KEY}', '${KEY}'],
  ['$$${KEY}', '$${KEY}'],
  ['a$${KEY}b${KEY}', 'a${KEY}bk-1'],
  ['$KEY', '$KEY'],
  ['${key}', '${key}'],
  ['${1KEY}', '${1KEY}'],
  ['${KEY', '${KEY'],
  ['${}', '${}'],
  // What a variable holds is a value, and no template.
  ['${NESTED}', '${KEY}'],
  ['${GONE}', undefined],
  ['a ${KEY} ${GONE}', undefined],
  ['${BLANK}', undefined],
])('%s becomes %s', (text, value) => {
  expect(becomes(text)).toBe(value)
})

describe('the env of the config', () => {
  test.each<[string, object, string | undefined]>([
    ['defines what the rest uses', { env: { OWN: 'o-1' } }, 'o-1'],
    ['also in vars', { env: { vars: { OWN: 'o-2' } } }, 'o-2'],
    ['beside vars before in it', { env: { OWN: 'o-1', vars: { OWN: 'o-2' } } }, 'o-1'],
    ['blank counts as unset', { env: { OWN: ' ', vars: { OWN: 'o-2' } } }, 'o-2'],
    ['may use what is set outside', { env: { OWN: 'o-${KEY}' } }, 'o-k-1'],
    ['may use another of its own', { env: { OWN: '${OTHER}', OTHER: 'o-3' } }, 'o-3'],
    ['that leads in a circle is not set', { env: { OWN: '${OTHER}', OTHER: '${OWN}' } }, undefined],
    ['that names nobody is not set', { env: { OWN: '${GONE}' } }, undefined],
  ])('%s', (_what, raw, value) => {
    expect(becomes('${OWN}', raw)).toBe(value)
  })

  test('that grows without end is not set, and costs nothing', () => {
    const depth = 60
    const env: Record<string, string> = { [`A${depth}`]: 'x' }
    for (let at = 0; at < depth; at++) env[`A${at}`] = `\${A${at + 1}}\${A${at + 1}}`
    expect(becomes('${A0}', { env })).toBeUndefined()
    expect(becomes(`\${A${depth - 3}}`, { env })).toBe('x'.repeat(8))
    // A chain that leads nowhere is looked through once, however often it is named.
    env[`A${depth}`] = '${GONE}'
    expect(becomes('${A0}', { env })).toBeUndefined()
    env[`A${depth}`] = '${A0}'
    expect(becomes('${A0}', { env })).toBeUndefined()
    expect(becomes('${KEY}'.repeat(100_000))).toBeUndefined()
  })

  test('stands behind what is set outside', () => {
    expect(becomes('${KEY}', { env: { KEY: 'mine' } })).toBe('k-1')
    expect(becomes('${BLANK}', { env: { BLANK: 'mine' } })).toBe('mine')
  })
})

test('the raw value stays as it is', () => {
  const raw = { a: ['${KEY}', '${GONE}'], b: { c: '${KEY}' } }
  const before = structuredClone(raw)
  expect(substitute(raw, outer).value).toEqual({ a: ['k-1'], b: { c: 'k-1' } })
  expect(raw).toEqual(before)
})

describe('a variable that is not set', () => {
  const read = (raw: unknown): Config => {
    const { config, issues } = readConfig(raw, outer)
    if (config === undefined) throw new Error(JSON.stringify(issues))
    return config
  }

  test('is told with its name and every place that names it', () => {
    expect(
      read({ gateway: { auth: { token: '${GONE}' }, allowedHosts: ['a', '${AWAY}'] }, env: { X: '${GONE}' } }).missing,
    ).toEqual([
      { name: 'GONE', path: 'gateway.auth.token' },
      { name: 'AWAY', path: 'gateway.allowedHosts.1' },
      { name: 'GONE', path: 'env.X' },
    ])
  })

  test('leaves the rest in force', () => {
    const config = read({
      agents: { list: [{ id: 'a', agentDir: '${GONE}' }, { id: '${GONE}' }, { id: 'b', model: '${GONE}' }] },
      auth: { profiles: { 'x:y': { provider: '${GONE}' }, 'x:z': { provider: 'x' } } },
      models: { providers: { openai: { baseUrl: '${GONE}' }, groq: { apiKey: '${GONE}' }, xai: { apiKey: '${KEY}' } } },
      gateway: { bind: 'custom', customBindHost: '${GONE}', auth: { token: '${GONE}' } },
      env: { X: '${GONE}', Y: 'y' },
    })
    expect(config.agents.map(({ id }) => id)).toEqual(['b'])
    expect([...config.authProfiles.keys()]).toEqual(['x:z'])
    expect(config.providers.get('openai')).toEqual({
      missing: { name: 'GONE', path: 'models.providers.openai.baseUrl' },
    })
    expect(config.providers.get('groq')).toEqual({
      missingKey: { name: 'GONE', path: 'models.providers.groq.apiKey' },
    })
    expect(config.providers.get('xai')).toEqual({ apiKey: 'k-1' })
    expect(config.gateway).toMatchObject({ bind: 'loopback' })
    expect(config.gateway.token).toBeUndefined()
    expect([...config.env]).toEqual([['Y', 'y']])
  })

  test.each<[string, object]>([
    ['guildId', { channel: 'discord', guildId: '${GONE}' }],
    ['teamId', { channel: 'slack', teamId: 'T${GONE}' }],
    ['accountId', { channel: 'telegram', accountId: '${GONE}' }],
    ['channel', { channel: '${GONE}' }],
    ['peer.id', { channel: 'telegram', peer: { kind: 'direct', id: '${GONE}' } }],
    ['peer.kind', { channel: 'telegram', peer: { kind: '${GONE}', id: '7' } }],
  ])('never widens a binding: without its %s there is none', (key, match) => {
    const all = { agentId: 'main', match: { channel: 'irc' } }
    const { bindings, missing } = read({ bindings: [{ agentId: 'main', match }, all] })
    expect(bindings).toEqual([all])
    expect(missing).toEqual([{ name: 'GONE', path: `bindings.0.match.${key}` }])
  })

  test('takes an agent away with all that needs it, wherever that stands, and says why', () => {
    const { agents, bindings, missing } = read({
      bindings: ['moved', 'heir', 'heirs-heir', 'led', 'stays', '${GONE}'].map((agentId) => ({
        agentId,
        match: { channel: 'irc', accountId: agentId === '${GONE}' ? 'x' : agentId },
      })),
      agents: {
        list: [
          { id: 'heirs-heir', auth: { inherit: 'heir' } },
          { id: 'heir', auth: { inherit: 'moved' } },
          { id: 'moved', agentDir: '${GONE}' },
          { id: 'led', auth: { inherit: '${AWAY}' } },
          { id: 'stays', name: '${GONE}' },
        ],
      },
    })
    expect(agents).toEqual([{ id: 'stays', isDefault: false }])
    expect(bindings.map(({ agentId }) => agentId)).toEqual(['stays'])
    expect(new Set(missing.map(({ name, path }) => `${name} ${path}`))).toEqual(
      new Set([
        'GONE bindings.0.agentId',
        'GONE bindings.1.agentId',
        'GONE bindings.2.agentId',
        'AWAY bindings.3.agentId',
        'GONE bindings.5.agentId',
        'GONE agents.list.0.auth.inherit',
        'GONE agents.list.1.auth.inherit',
        'GONE agents.list.2.agentDir',
        'AWAY agents.list.3.auth.inherit',
        'GONE agents.list.4.name',
      ]),
    )
  })

  test('never widens an order', () => {
    expect(read({ auth: { order: { openai: ['${GONE}'] } } }).authOrder.get('openai')).toEqual(['${GONE}'])
  })
})
