// The report behind the list of accounts: the same choice as a call, one state for each account, and the order of use.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { accountGroups } from '../../src/core/accounts.ts'
import type { Health } from '../../src/core/health.ts'
import { HEALTHY, unusable } from '../../src/core/health.ts'
import type { Candidate, ProviderFacts } from '../../src/core/order.ts'
import { flawOf } from '../../src/core/order.ts'
import { isPaused } from '../../src/core/pause.ts'
import { pick } from '../../src/core/pick.ts'
import { Secret } from '../../src/core/secret.ts'
import type { AgentFacts } from '../../src/core/status.ts'
import { facts as anyFacts, NOW } from '../support/facts.ts'

const MINUTE = 60_000

function candidate(name: string, extra: Partial<Candidate> = {}): Candidate {
  const id = `anthropic:${name}`
  return {
    id,
    provider: 'anthropic',
    kind: 'api_key',
    source: { kind: 'profile', id, file: '/s' },
    secret: new Secret(`sk-ant-api03-${name}-0123456789`),
    label: `sk-ant-…${name}`,
    expiry: 'static',
    health: HEALTHY,
    ...extra,
  }
}

const factsOf = (...providers: ProviderFacts[]): AgentFacts => ({
  agentId: 'main',
  agentDir: '/a',
  storePath: '/s',
  configPath: '/c',
  // Nothing of it is asked here.
  config: {} as AgentFacts['config'],
  providers: new Map(providers.map((one) => [one.provider, one])),
  usageOf: () => undefined,
})

const asked = (facts: ProviderFacts) => ({
  provider: facts.provider,
  model: 'opus',
  next: pick(facts, { now: NOW, model: 'opus' }).candidate?.id ?? null,
})

const resting = (minutes: number, reason = 'rate_limit'): Health => ({
  ...HEALTHY,
  cooldownUntil: NOW + minutes * MINUTE,
  reason,
  lastFailureAt: NOW - MINUTE,
  errorCount: 1,
})

const statesOf = (facts: ProviderFacts) =>
  Object.fromEntries(
    accountGroups(factsOf(facts), asked(facts), NOW).groups.flatMap(({ rows }) =>
      rows.map(({ id, state }) => [id, state]),
    ),
  )

describe('the accounts', () => {
  test('say what each is in: until when, since when, and the code of why', () => {
    const disabled: Health = {
      ...HEALTHY,
      disabledUntil: NOW + MINUTE,
      disabledReason: 'billing',
      lastFailureAt: NOW - 5,
    }
    const facts: ProviderFacts = {
      provider: 'anthropic',
      order: {
        ids: ['anthropic:limited', 'anthropic:broke', 'anthropic:work', 'anthropic:aside'].concat('anthropic:ended'),
        from: 'agent',
        file: '/s',
      },
      candidates: [
        candidate('work'),
        candidate('limited', { health: resting(12) }),
        candidate('broke', { health: disabled }),
        candidate('aside', { paused: { until: NOW + 3 * MINUTE } }),
        candidate('ended', { kind: 'token', expiresAt: NOW - 1 }),
        candidate('left-out'),
      ],
    }
    expect(statesOf(facts)).toEqual({
      'anthropic:work': { kind: 'ready' },
      'anthropic:limited': { kind: 'resting', why: 'rate_limit', until: NOW + 12 * MINUTE, since: NOW - MINUTE },
      'anthropic:broke': expect.objectContaining({
        kind: 'needs_you',
        why: 'billing',
        until: NOW + MINUTE,
        since: NOW - 5,
      }),
      'anthropic:aside': expect.objectContaining({ kind: 'off', why: 'paused', until: NOW + 3 * MINUTE }),
      'anthropic:ended': expect.objectContaining({ kind: 'needs_you', why: 'expired' }),
      'anthropic:left-out': expect.objectContaining({ kind: 'off', why: 'not_in_order' }),
    })
    const { groups, counts, soonest } = accountGroups(factsOf(facts), asked(facts), NOW)
    expect(groups[0]?.rows.map(({ id }) => id.slice(10))).toEqual([
      'limited',
      'broke',
      'work',
      'aside',
      'ended',
      'left-out',
    ])
    expect(counts).toEqual({ ready: 1, resting: 1, needsYou: 2, off: 2 })
    expect(soonest).toEqual({ id: 'anthropic:limited', at: NOW + 12 * MINUTE })
  })

  test('hold no secret', () => {
    const facts: ProviderFacts = { provider: 'anthropic', candidates: [candidate('work')] }
    expect(JSON.stringify(accountGroups(factsOf(facts), asked(facts), NOW))).not.toContain('0123456789')
  })

  test('a model that rests alone is told beside the account, and is the account’s state where it is asked for', () => {
    const health: Health = { ...HEALTHY, models: { opus: resting(4) } }
    const facts: ProviderFacts = { provider: 'anthropic', candidates: [candidate('work', { health })] }
    const of = (model: string) =>
      accountGroups(factsOf(facts), { provider: 'anthropic', model, next: null }, NOW).groups[0]?.rows[0]
    expect(of('haiku')).toMatchObject({ state: { kind: 'ready' }, resting: [{ model: 'opus', why: 'rate_limit' }] })
    expect(of('opus')).toMatchObject({ state: { kind: 'resting', model: 'opus', until: NOW + 4 * MINUTE } })
  })

  test('agree with the choice: exactly what a call takes is marked, and who is well is never shown as resting', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const wish = asked(facts)
        const { groups, counts } = accountGroups(factsOf(facts), wish, NOW)
        const rows = groups.flatMap((group) => group.rows)
        expect(rows.filter(({ isNext }) => isNext).map(({ id }) => id)).toEqual(wish.next === null ? [] : [wish.next])
        expect(new Set(rows.map(({ id }) => id))).toEqual(new Set(facts.candidates.map(({ id }) => id)))
        expect(counts.ready + counts.resting + counts.needsYou + counts.off).toBe(rows.length)
        for (const row of rows) {
          const own = facts.candidates.find(({ id }) => id === row.id)
          if (own === undefined) throw new Error('a row without a candidate')
          const rest = unusable(own.health, NOW, 'opus')
          if (row.state.kind === 'resting') expect(rest).toBeDefined()
          if (row.state.kind === 'ready') {
            expect([rest, flawOf(own, NOW), own.behind, isPaused(own.paused, NOW)]).toEqual([
              undefined,
              undefined,
              undefined,
              false,
            ])
          }
        }
      }),
      { numRuns: 150 },
    )
  })
})
