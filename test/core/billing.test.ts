// How calls are paid for: what is usual, and what providers say of themselves.
import { expect, test } from 'vitest'
import { type Billing, billingOf } from '../../src/core/billing.ts'
import type { Candidate } from '../../src/core/order.ts'
import { complaintAboutProvider } from '../../src/providers/plugin-check.ts'
import { createRegistry } from '../../src/providers/registry.ts'

const registry = createRegistry()
const profile = { kind: 'profile', id: 'x', file: '/s' } as const

const billed = (provider: string, kind: Candidate['kind']): Billing =>
  billingOf(registry.get(provider) ?? {}, { kind, source: profile })

test('subscriptions are told from bills by the kind of the credential, and a server of one\u2019s own has no bill', () => {
  expect(billed('anthropic', 'api_key')).toBe('metered')
  expect(billed('anthropic', 'token')).toBe('flat_rate')
  expect(billed('openai-codex', 'oauth')).toBe('flat_rate')
  // Its login makes a key.
  expect(billed('openrouter', 'api_key')).toBe('metered')
  expect(billed('vllm', 'api_key')).toBe('flat_rate')
  // It comes with a plan.
  expect(billed('kimi-coding', 'api_key')).toBe('flat_rate')
  expect(billed('anthropic', 'unknown')).toBe('metered')
  expect(billingOf({}, { kind: 'api_key', source: { kind: 'none' } })).toBe('flat_rate')
})

test('a plugin may say otherwise of its credentials, in these words alone', () => {
  const codex = registry.get('openai-codex')
  expect(billingOf({ billing: { oauth: 'metered' } }, { kind: 'oauth', source: profile })).toBe('metered')
  expect(complaintAboutProvider({ ...codex, billing: { oauth: 'metered' } })).toBeUndefined()
  for (const billing of [{ oauth: 'free' }, { cookie: 'metered' }])
    expect(complaintAboutProvider({ ...codex, billing })).toMatch('billing')
})
