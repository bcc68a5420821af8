// Who would serve when, with nothing but time passing: the moments of the ladder, and at any moment in between what the choice itself would say.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { changedIn, type Link, forecast as look, type Moment, restsAhead } from '../../src/core/forecast.ts'
import { failed, HEALTHY, LADDER } from '../../src/core/health.ts'
import type { Candidate, ProviderFacts } from '../../src/core/order.ts'
import { explain, pick } from '../../src/core/pick.ts'
import { facts as generated, NOW, queries } from '../support/facts.ts'
import { holds } from '../support/seeds.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const LIMIT = { class: 'rate_limit', scope: 'account', detail: '' } as const
const BILL = { class: 'billing', scope: 'account', detail: '' } as const

function candidate(id: string, more: Partial<Candidate> = {}): Candidate {
  const source = { kind: 'profile', id, file: '/s' } as const
  return { id, provider: 'p', kind: 'api_key', source, label: '', expiry: 'static', health: HEALTHY, ...more }
}

const link = (model: string, candidates: Candidate[], order?: string[]): Link => ({
  model,
  facts: {
    provider: 'p',
    candidates,
    ...(order === undefined ? {} : { order: { ids: order, from: 'agent', file: '/s' } }),
  },
  query: { now: NOW },
})

const resting = failed(HEALTHY, { ...LIMIT, retryAt: NOW + 12 * MINUTE }, NOW)

const forecast = (links: readonly Link[], now: number): Moment[] => look(links, now).moments

test('each end of a rest is a moment, with who serves from then on and who is back', () => {
  const work = candidate('p:work', { health: failed(HEALTHY, LIMIT, NOW) })
  const personal = candidate('p:personal', { health: resting })
  const team = candidate('p:team', { expiresAt: NOW + HOUR })
  const all = link('p/m', [personal, work, team], ['p:personal', 'p:work', 'p:team'])
  expect(forecast([all], NOW)).toEqual([
    { at: NOW, model: 'p/m', next: 'p:team', back: [], gone: [] },
    { at: NOW + MINUTE, model: 'p/m', next: 'p:work', back: ['p:work'], gone: [] },
    { at: NOW + 12 * MINUTE, model: 'p/m', next: 'p:personal', back: ['p:personal'], gone: [] },
    { at: NOW + HOUR, model: 'p/m', next: 'p:personal', back: [], gone: ['p:team'] },
  ])
})

test('the chain serves as long as nobody else can, those alike serve in turns, and of those who rest one is tried early', () => {
  const first = link('p/m', [candidate('p:a', { health: failed(HEALTHY, BILL, NOW) })])
  const second = link('q/m', [
    candidate('q:b'),
    candidate('q:a'),
    candidate('q:login', { kind: 'oauth', expiresAt: NOW + 1000 }),
  ])
  expect(forecast([first, second], NOW)).toEqual([
    { at: NOW, model: 'q/m', next: 'q:login', back: [], gone: [] },
    { at: NOW + 1000, model: 'q/m', next: 'q:a', turns: ['q:a', 'q:b'], back: [], gone: ['q:login'] },
    { at: NOW + MINUTE, model: 'p/m', next: 'p:a', early: true, back: [], gone: [] },
    { at: NOW + 5 * HOUR, model: 'p/m', next: 'p:a', back: ['p:a'], gone: [] },
  ])
  expect(forecast([link('p/m', [])], NOW)).toEqual([{ at: NOW, model: 'p/m', next: null, back: [], gone: [] }])
  expect(forecast([], NOW)).toEqual([{ at: NOW, model: '', next: null, back: [], gone: [] }])
})

test('more moments than are told are counted', () => {
  const many = (count: number): Link =>
    link(
      'p/m',
      Array.from({ length: count }, (_, at) => {
        const ends = NOW + (count - at) * MINUTE
        return candidate(`p:${at}`, { health: failed(HEALTHY, { ...LIMIT, retryAt: ends }, NOW) })
      }),
      Array.from({ length: count }, (_, at) => `p:${at}`),
    )
  // All of them rest: now, and one moment for each that is back.
  expect(look([many(20)], NOW)).not.toHaveProperty('more')
  const some = look([many(40)], NOW)
  expect([some.moments.length, some.more]).toEqual([24, { count: 17, until: NOW + 40 * MINUTE }])
  const most = look([many(200)], NOW)
  expect([most.moments.length, most.more]).toMatchObject([24, { isLeast: true }])
})

test('a rest grows by the ladder to its end, from wherever the credential stands; what blames nobody rests nobody', () => {
  const event = { kind: 'failed', at: NOW, failure: LIMIT, ladder: LADDER } as const
  expect(restsAhead(HEALTHY, event)).toEqual([MINUTE, 5 * MINUTE, 25 * MINUTE, HOUR])
  expect(restsAhead(HEALTHY, { ...event, failure: BILL })).toEqual([5 * HOUR, 10 * HOUR, 20 * HOUR, 24 * HOUR])
  expect(restsAhead(resting, event)).toEqual([12 * MINUTE, 5 * MINUTE, 25 * MINUTE, HOUR])
  const limitOfModel = { ...LIMIT, scope: 'model' as const }
  expect(restsAhead(HEALTHY, { ...event, failure: limitOfModel, model: 'opus' })).toHaveLength(4)
  expect(restsAhead(HEALTHY, { ...event, failure: { class: 'format', scope: 'request', detail: '' } })).toEqual([])
})

test('who stands otherwise is named, and nobody else', () => {
  const before: ProviderFacts = {
    provider: 'p',
    candidates: [candidate('p:a'), candidate('p:b'), candidate('p:c', { health: resting })],
  }
  const then = {
    ...before,
    candidates: before.candidates.map((one) => (one.id === 'p:a' ? { ...one, health: resting } : one)),
  }
  const trace = (known: ProviderFacts) => explain(known, { now: NOW })
  expect(changedIn(trace(before), trace(then)).sort()).toEqual(['p:a', 'p:b'])
  expect(changedIn(trace(before), trace(before))).toEqual([])
})

/** Minutes, and to the next day, on which caps begin anew. */
const aheads = fc.oneof(fc.integer({ min: 0, max: 100 * MINUTE }), fc.integer({ min: 0, max: 20 * HOUR }))

test('at every moment it says what the choice would say then, until the next one', async () => {
  let moved = 0
  await holds(
    fc.property(generated, queries, aheads, (known, query, ahead) => {
      const moments = forecast([{ model: 'm', facts: known, query }], query.now)
      expect(moments[0]?.at).toBe(query.now)
      expect(moments.map(({ at }) => at)).toEqual([...new Set(moments.map(({ at }) => at))].sort((a, b) => a - b))
      if (moments.length > 1) moved++
      const last = moments.findLast(({ at }) => at <= query.now + ahead)
      const { candidate: taken, early } = pick(known, { ...query, now: query.now + ahead })
      expect([last?.next, last?.early === true]).toEqual([taken?.id ?? null, early])
    }),
    3000,
  )
  expect(moved).toBeGreaterThan(100)
})
