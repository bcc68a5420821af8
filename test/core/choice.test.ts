// A choice is explained once, and again as soon as anything of weight is different. That no trace is stale is proven where calls are noted.
import { expect, test } from 'vitest'
import { choiceOf } from '../../src/core/choice.ts'
import { MINUTE_MS } from '../../src/core/expiry.ts'
import { failed, HEALTHY, used } from '../../src/core/health.ts'
import type { Candidate, ProviderFacts } from '../../src/core/order.ts'
import type { PickQuery } from '../../src/core/pick.ts'
import { Secret } from '../../src/core/secret.ts'
import { NOW } from '../support/facts.ts'

const candidate = (id: string, more: Partial<Candidate> = {}): Candidate => ({
  ...{ id, provider: 'p', label: id, kind: 'oauth', expiry: 'static', health: used(HEALTHY, NOW - 1) },
  source: { kind: 'profile', id, file: '/s' },
  ...more,
})
const factsOf = (...candidates: Candidate[]): ProviderFacts => ({ provider: 'p', candidates })

test('healthy calls share one trace for each account that is taken, and nothing is copied or explained for them', () => {
  const [a, b] = [candidate('p:a'), candidate('p:b')]
  const facts = factsOf(a, b)
  const first = choiceOf(facts, { now: NOW, model: 'opus' })
  const traces = ['p:a', 'p:b'].map((id) => first.trace(id))
  for (let at = 1; at <= 20; at++) {
    const taken = at % 2 === 0 ? a : b
    const choice = choiceOf(facts, { now: NOW + at, model: 'opus', tried: new Set() })
    expect(choice).toBe(first)
    expect(choice.trace(taken.id)).toBe(traces[at % 2])
    taken.takenAt = NOW + at
    taken.health = used(taken.health, NOW + at)
  }
  expect(choiceOf(facts, { now: NOW + 30, model: 'haiku' })).not.toBe(first)
  expect(choiceOf(facts, { now: NOW + 30, model: 'opus', pin: { id: 'p:b', by: 'auto' } })).not.toBe(first)
})

test('while one rests the others share theirs, until it is back', () => {
  const rested = failed(HEALTHY, { class: 'rate_limit', scope: 'account', detail: '' }, NOW)
  const facts = factsOf(candidate('p:a', { health: rested }), candidate('p:b'))
  const first = choiceOf(facts, { now: NOW })
  const until = rested.cooldownUntil ?? 0
  expect(choiceOf(facts, { now: until - 1 })).toBe(first)
  expect(first.trace('p:b').map(({ rule }) => rule)).toEqual(['first', 'cooldown'])
  const next = choiceOf(facts, { now: until })
  expect(next.trace('p:b').map(({ rule }) => rule)).toEqual(['first', 'next'])
})

test('that its token is renewed first is said from then on', () => {
  const login = { renewable: true as const, secret: new Secret('at-0123456789'), expiresAt: NOW + MINUTE_MS }
  const facts = factsOf(candidate('p:a', login))
  const reasonAt = (now: number): string | undefined => choiceOf(facts, { now }).trace('p:a')[0]?.reason
  expect(reasonAt(NOW)).not.toContain('renewed first')
  expect(reasonAt(NOW + 45_000)).toContain('renewed first')
})

test('whatever is different is told, and nothing of the choice before', () => {
  const rested = failed(HEALTHY, { class: 'rate_limit', scope: 'account', detail: '' }, NOW)
  const [a, b] = [candidate('p:a', { health: HEALTHY, ownerOnly: true }), candidate('p:b')]
  let kept = 0
  const reserve = { percent: 10, until: ({ id }: Candidate) => (id === 'p:a' ? kept : 0) }
  const facts = { ...factsOf(a, b), reserve }
  const said = (id: string, more: Partial<PickQuery> = {}): string[] =>
    choiceOf(facts, { now: NOW, for: 'program', ...more })
      .trace(id)
      .map((line) => `${line.id} ${line.reason}`)
  expect(said('p:a')[0]).toBe('p:a usable, never used before')
  a.health = used(HEALTHY, NOW)
  expect(said('p:a')[0]).toBe('p:a usable, least recently used of its kind')
  expect(said('p:b', { beyondLoopback: true })[1]).toContain('this caller is beyond loopback')
  kept = NOW + MINUTE_MS
  expect(said('p:b')[1]).toContain('kept for chat')
  expect(said('p:b', { for: 'chat' })[1]).toContain('takes over')
  kept = 0
  expect(said('p:b')[1]).toContain('takes over')
  a.health = rested
  expect(said('p:b')[1]).toBe('p:a cooldown (rate_limit)')
})
