// Our own plugins fulfil the whole contract, and what a plugin throws once it is in use fails one call and no more.
import { describe, expect, test } from 'vitest'
import example from '../../plugins/example/index.mjs'
import copilot from '../../plugins/github-copilot/index.ts'
import { AuthError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import { beginAttempt } from '../../src/oauth/authorize.ts'
import { complaintAboutProvider } from '../../src/providers/plugin-check.ts'
import { guarded } from '../../src/providers/plugin-guard.ts'
import { type PluginExport, type PluginHost, pluginHost } from '../../src/providers/plugin-host.ts'
import type { LoginMethod, LoginRoom, Outcome, Provider } from '../../src/providers/provider.ts'
import { providerContract } from '../contract/provider.ts'
import { machine, NOON } from '../support/machine.ts'

const plugins: PluginExport[] = [copilot, example]
for (const plugin of plugins) {
  const { providers } = typeof plugin === 'function' ? plugin(pluginHost()) : plugin
  for (const provider of providers) providerContract(guarded('tested', provider))
}

const plain = (host: PluginHost): Provider =>
  host.compatibleProvider({ id: 'mine', label: 'Mine', baseUrl: 'https://mine.example.com/v1', env: [] })
const boom = (): never => {
  throw new Error('canary-of-the-plugin')
}
const room = (): LoginRoom => {
  const { system } = machine({})
  return { machine: system, env: system.env, signal: new AbortController().signal }
}

async function begin(method: LoginMethod): Promise<string> {
  if (method.kind !== 'oauth-browser') throw new Error('it begins in a browser')
  const { system } = machine({})
  return method.address(room(), beginAttempt(system), 'http://localhost:1/')
}

describe('a plugin that throws while it is used', () => {
  const bad = guarded('mine', {
    ...plain(pluginHost()),
    sign: boom,
    classify: boom,
    complain: boom,
    readUsage: boom,
    renew: async () => boom(),
    revoke: async () => boom(),
    whose: boom,
  })

  test('cannot sign, and the error names the plugin and the command that ends it, not what it threw', () => {
    let thrown: unknown
    try {
      bad.sign('api_key', new Secret('canary-secret-1234'))
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(AuthError)
    expect(thrown).toMatchObject({ remedy: 'openclaw plugins disable mine' })
    expect(String(thrown)).not.toContain('canary')
  })

  test('is judged by what every vendor means, and counts nothing', () => {
    const refusal = { status: 429, body: '{}', header: () => undefined, now: NOON }
    expect(bad.classify(refusal)).toEqual(plain(pluginHost()).classify(refusal))
    const reader = bad.readUsage('chat_completions', true)
    reader.push(Buffer.from('data: {"usage":{"prompt_tokens":1}}\n\n'))
    expect(reader.usage()).toEqual({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0 })
    expect(bad.complain('api_key', 'text')).toBeUndefined()
    expect(bad.whose?.({ kind: 'oauth' })).toEqual({})
  })

  test('begins no login', async () => {
    const device = { id: 'd', label: 'D', kind: 'device', open: async () => boom() } as const
    const browser = {
      id: 'b',
      label: 'B',
      kind: 'oauth-browser',
      redirects: [],
      address: boom,
      exchange: boom,
    } as const
    const { login = [] } = guarded('mine', { ...plain(pluginHost()), login: [device, browser] })
    for (const method of login) {
      const begun = method.kind === 'device' ? method.open(room()) : begin(method)
      await expect(begun).rejects.toMatchObject({ remedy: 'openclaw plugins disable mine' })
    }
  })

  test('renews nothing, and nobody knows how far it came', async () => {
    expect(await bad.renew?.(room(), { kind: 'oauth' })).toMatchObject({ kind: 'failed', spent: 'unknown' })
    expect(await bad.revoke?.(room(), { kind: 'oauth' })).toBe(false)
  })
})

test('a provider that tells of usage in no form that is known is not taken', () => {
  const form = { fields: { used: 'percent' } }
  const complaint = (usageHeaders: unknown): string | undefined =>
    complaintAboutProvider({ ...plain(pluginHost()), usageHeaders })
  expect(complaint({ prefix: 'x-mine-', forms: [form] })).toBeUndefined()
  for (const wrong of [null, 5, {}, { prefix: 'x-mine-' }, { prefix: 'X Mine', forms: [form] }])
    expect(complaint(wrong), JSON.stringify(wrong)).toMatch('usageHeaders')
  for (const forms of [5, [null], [{}], [{ fields: { used: 'all' } }]])
    expect(complaint({ prefix: 'x-mine-', forms }), JSON.stringify(forms)).toMatch('usageHeaders')
})

test.each([
  undefined,
  'granted',
  { kind: 'granted' },
  { kind: 'granted', credential: { kind: 'oauth', access: 'a text, no secret' } },
  { kind: 'granted', credential: { kind: 'oauth', access: new Secret('x'), expiresAt: 'soon' } },
  { kind: 'granted', credential: { kind: 'other', secret: new Secret('x') } },
  { kind: 'granted', credential: { kind: 'oauth', access: new Secret('x'), email: {} } },
  { kind: 'fine' },
])('a renewal that gives %j gives no credential', async (given) => {
  const provider = guarded('mine', { ...plain(pluginHost()), renew: async () => given as Outcome })
  expect(await provider.renew?.(room(), { kind: 'oauth' })).toMatchObject({ kind: 'failed' })
})
