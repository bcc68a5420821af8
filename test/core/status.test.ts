// The report of `models status` and the exit code of its check.
import { describe, expect, test } from 'vitest'
import { readConfig } from '../../src/core/config.ts'
import { DAY_MS, HOUR_MS } from '../../src/core/expiry.ts'
import { failed, HEALTHY } from '../../src/core/health.ts'
import type { Candidate, ExplicitOrder } from '../../src/core/order.ts'
import { type AgentFacts, type StatusReport, statusReport } from '../../src/core/status.ts'
import { NOON } from '../support/machine.ts'

type Part = Partial<Omit<Candidate, 'source'>> & { id: string; source?: Candidate['source']['kind'] }

function candidate(provider: string, { id, source = 'profile', ...rest }: Part): Candidate {
  const from: Candidate['source'] =
    source === 'profile' ? { kind: 'profile', id, file: '/s' } : { kind: 'env', name: id.slice(id.indexOf(':') + 1) }
  return { id, provider, kind: 'api_key', source: from, label: 'masked', expiry: 'static', health: HEALTHY, ...rest }
}

const token = (id: string, leftMs: number): Part => ({ id, kind: 'token', expiresAt: NOON + leftMs, expiry: 'ok' })

function facts(providers: Record<string, { parts: Part[]; order?: string[] }>, raw: unknown = {}): AgentFacts {
  const { config } = readConfig(raw)
  if (config === undefined) throw new Error('bad config in the test')
  return {
    agentId: 'main',
    agentDir: '/a',
    storePath: '/a/auth-profiles.json',
    configPath: '/openclaw.json',
    config,
    usageOf: () => undefined,
    providers: new Map(
      Object.entries(providers).map(([provider, { parts, order }]) => [
        provider,
        {
          provider,
          candidates: parts.map((part) => candidate(provider, part)),
          ...(order === undefined ? {} : { order: { ids: order, from: 'agent', file: '/s' } satisfies ExplicitOrder }),
        },
      ]),
    ),
  }
}

const report = (known: AgentFacts, now = NOON): StatusReport => statusReport(known, now, { named: false })
const key = (id: string): Part => ({ id })
const limited = failed(HEALTHY, { class: 'rate_limit', scope: 'account', detail: '' }, NOON)
const broke = failed(HEALTHY, { class: 'billing', scope: 'account', detail: '' }, NOON)

describe('the check', () => {
  test.each<[string, number, AgentFacts]>([
    ['nothing is configured', 1, facts({})],
    [
      'there is a key in the environment',
      0,
      facts({ anthropic: { parts: [{ id: 'env:ANTHROPIC_API_KEY', source: 'env' }] } }),
    ],
    ['there is a key', 0, facts({ anthropic: { parts: [key('anthropic:default')] } })],
    ['there is a token without an end', 0, facts({ anthropic: { parts: [{ id: 'anthropic:t', kind: 'token' }] } })],
    ['a token has 50 hours left', 0, facts({ anthropic: { parts: [token('anthropic:t', 50 * HOUR_MS)] } })],
    ['a token has 5 hours left', 2, facts({ anthropic: { parts: [token('anthropic:t', 5 * HOUR_MS)] } })],
    ['a token expired 5 hours ago', 1, facts({ anthropic: { parts: [token('anthropic:t', -5 * HOUR_MS)] } })],
    [
      'a token expired beside a good key',
      1,
      facts({ anthropic: { parts: [token('anthropic:t', -1), key('anthropic:k')] } }),
    ],
    [
      'a token expired beside a good one',
      1,
      facts({ anthropic: { parts: [token('anthropic:t', -1), token('anthropic:u', 9 * DAY_MS)] } }),
    ],
    [
      'a token expires beside a good key',
      2,
      facts({ anthropic: { parts: [token('anthropic:t', HOUR_MS), key('anthropic:k')] } }),
    ],
    [
      'an expired token is left out of the order',
      0,
      facts({ anthropic: { parts: [token('anthropic:t', -1), key('anthropic:k')], order: ['anthropic:k'] } }),
    ],
    [
      'an expired token stands in the order behind a good key',
      1,
      facts({
        anthropic: { parts: [token('anthropic:t', -1), key('anthropic:k')], order: ['anthropic:k', 'anthropic:t'] },
      }),
    ],
    [
      'an expiring token is left out of the order',
      0,
      facts({ anthropic: { parts: [token('anthropic:t', HOUR_MS), key('anthropic:k')], order: ['anthropic:k'] } }),
    ],
    [
      'a token of a provider not in use has expired',
      0,
      facts({ anthropic: { parts: [key('anthropic:k')] }, openrouter: { parts: [token('openrouter:t', -1)] } }),
    ],
    [
      'a token of a provider not in use expires',
      0,
      facts({ anthropic: { parts: [key('anthropic:k')] }, openrouter: { parts: [token('openrouter:t', HOUR_MS)] } }),
    ],
    [
      'a fallback has no credential',
      1,
      facts(
        { anthropic: { parts: [key('anthropic:k')] } },
        { agents: { defaults: { model: { fallbacks: ['openai/x'] } } } },
      ),
    ],
    [
      'the image model has no credential',
      1,
      facts({ anthropic: { parts: [key('anthropic:k')] } }, { agents: { defaults: { imageModel: 'openai/x' } } }),
    ],
    [
      'one expires and another provider has nothing',
      1,
      facts(
        { anthropic: { parts: [token('anthropic:t', HOUR_MS)] } },
        { agents: { defaults: { model: { fallbacks: ['openai/x'] } } } },
      ),
    ],
    [
      'everything rests',
      0,
      facts({
        anthropic: {
          parts: [
            { id: 'anthropic:a', health: limited },
            { id: 'anthropic:b', health: broke },
          ],
        },
      }),
    ],
    [
      'the only profile holds nothing',
      1,
      facts({ anthropic: { parts: [{ id: 'anthropic:a', defect: { rule: 'blank' } }] } }),
    ],
    [
      'every profile is left out of the order',
      1,
      facts({ anthropic: { parts: [key('anthropic:a')], order: ['anthropic:gone'] } }),
    ],
  ])('%s: %i', (_name, code, known) => {
    const { check } = report(known)
    expect(check.exitCode).toBe(code)
    expect(check.reasons.length > 0).toBe(code > 0)
  })

  test('the reasons name each profile and provider', () => {
    const known = facts(
      { anthropic: { parts: [token('anthropic:t', -1), token('anthropic:u', 5 * HOUR_MS)] } },
      { agents: { defaults: { model: { fallbacks: ['openai/x'] } } } },
    )
    expect(report(known).check.reasons).toEqual([
      'openai: no usable credential from any source',
      'anthropic:t: expired and cannot renew itself',
      'anthropic:u: expires in 5h',
    ])
  })
})

test('what was collected days ago is judged as of now', () => {
  const known = facts({ anthropic: { parts: [token('anthropic:t', 3 * DAY_MS)] } })
  expect(report(known, NOON).auth.oauth.profiles[0]?.status).toBe('ok')
  expect(report(known, NOON + 2.5 * DAY_MS).auth.oauth.profiles[0]?.status).toBe('expiring')
  expect(report(known, NOON + 2.5 * DAY_MS).check.exitCode).toBe(2)
  expect(report(known, NOON + 4 * DAY_MS).auth.oauth.profiles[0]?.status).toBe('expired')
  expect(report(known, NOON + 4 * DAY_MS).auth.oauth.providers[0]?.status).toBe('expired')
  expect(report(known, NOON + 4 * DAY_MS).check.exitCode).toBe(1)
})

test('the next one, what it shadows, and who rests until when', () => {
  const known = facts({
    anthropic: {
      parts: [
        { id: 'anthropic:a', health: limited },
        { id: 'anthropic:b' },
        { id: 'env:ANTHROPIC_API_KEY', source: 'env' },
        { id: 'anthropic:c', health: broke },
      ],
    },
  })
  const { providers, unusableProfiles } = report(known).auth
  expect(providers[0]).toMatchObject({
    next: { id: 'anthropic:b', source: 'profile:anthropic:b' },
    shadowed: [{ id: 'env:ANTHROPIC_API_KEY', source: 'env: ANTHROPIC_API_KEY', by: 'anthropic:b' }],
    effective: { kind: 'profiles', detail: '/a/auth-profiles.json' },
    env: { source: 'env: ANTHROPIC_API_KEY' },
    profiles: {
      count: 3,
      labels: ['anthropic:a=masked [cooldown 1m]', 'anthropic:b=masked', 'anthropic:c=masked [disabled:billing 5h]'],
    },
  })
  expect(
    unusableProfiles.map(({ profileId, kind, reason, remainingMs }) => [profileId, kind, reason, remainingMs]),
  ).toEqual([
    ['anthropic:a', 'cooldown', 'rate_limit', 60_000],
    ['anthropic:c', 'disabled', 'billing', 5 * HOUR_MS],
  ])
})

test('while everything rests nothing is next, and the source in effect is the one that returns first', () => {
  const { providers } = report(
    facts({
      anthropic: {
        parts: [
          { id: 'anthropic:c', health: broke },
          { id: 'anthropic:a', health: limited },
        ],
      },
    }),
  ).auth
  expect(providers[0]).toMatchObject({ next: null, effective: { kind: 'profiles' } })
})

test('the agent is named only when the caller named it', () => {
  const known = facts({})
  expect(report(known)).not.toHaveProperty('agentId')
  expect(report(known)).not.toHaveProperty('modelConfig')
  expect(statusReport(known, NOON, { named: true })).toMatchObject({
    agentId: 'main',
    modelConfig: { defaultSource: 'defaults', fallbacksSource: 'defaults' },
  })
})

test('logins and tokens are counted by provider, keys are not', () => {
  const known = facts({
    anthropic: { parts: [token('anthropic:t', DAY_MS), { id: 'anthropic:o', kind: 'oauth' }, key('anthropic:k')] },
    openai: { parts: [key('openai:k')] },
  })
  expect(report(known).auth.providersWithOAuth).toEqual(['anthropic (2)'])
})
