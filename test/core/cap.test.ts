// A reached cap and an unknown price, as rules of the choice: over every state that can be generated, and in words.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { billingOf } from '../../src/core/billing.ts'
import { type Cap, cappedBy, stillCap } from '../../src/core/cap.ts'
import { HEALTHY } from '../../src/core/health.ts'
import type { Candidate, ProviderFacts } from '../../src/core/order.ts'
import { explain, type PickQuery, pick, soonestRecovery } from '../../src/core/pick.ts'
import { firstAfterRest } from '../../src/core/provider-report.ts'
import { endOfDay, spentIn } from '../../src/core/spend-book.ts'
import { facts, NOW, queries } from '../support/facts.ts'
import { holds } from '../support/seeds.ts'

const RUNS = 1000
const MIDNIGHT = endOfDay(NOW)

/** Of most accounts a bill is sent. */
const billed: fc.Arbitrary<ProviderFacts> = facts.map((known) => ({
  ...known,
  candidates: known.candidates.map((one) => (one.kind === 'token' ? { ...one, kind: 'api_key' as const } : one)),
}))
const uncapped = ({ cap: _, ...known }: ProviderFacts): ProviderFacts => known

test('whom the cap keeps calls from is never taken, also when somebody names him, and his line says so', async () => {
  let named = 0
  await holds(
    fc.property(billed, queries, (known, query) => {
      const { candidate } = pick(known, query)
      const trace = new Map(explain(known, query).map((line) => [line.id, line]))
      const free = new Map(explain(uncapped(known), query).map((line) => [line.id, line]))
      for (const one of known.candidates) {
        const rule = cappedBy(known, one, query)
        const line = trace.get(one.id)
        const before = free.get(one.id)
        if (rule === undefined) {
          expect(['cap_reached', 'no_price']).not.toContain(line?.rule)
          continue
        }
        expect([billingOf(known, one), query.isFree]).toEqual(['metered', undefined])
        expect([one === candidate, line?.verdict]).toEqual([false, 'passed_over'])
        const wish = { ...query, pin: { id: one.id, by: 'user' } } as const
        if (pick(uncapped(known), wish).candidate === one) named++
        expect(pick(known, wish).candidate).toBeUndefined()
        // Whoever would be taken, kept or resting without it hears of the cap.
        if (before?.verdict !== 'passed_over') expect(line?.rule).toBe(rule)
      }
    }),
    RUNS,
  )
  expect(named).toBeGreaterThan(10)
})

test('among those it keeps from nobody everything is as it was without a cap', async () => {
  await holds(
    fc.property(billed, queries, (known, query) => {
      const free = pick(uncapped(known), query)
      const isKept = free.candidate !== undefined && cappedBy(known, free.candidate, query) !== undefined
      if (!isKept) expect(pick(known, query)).toEqual(free)
      const none = {
        ...known,
        cap: { amount: Number.MAX_VALUE, spent: () => 0, priceOf: () => ({ input: 1, output: 1 }) },
      }
      expect(explain(none, query)).toEqual(explain(uncapped(known), query))
      expect(soonestRecovery(none, query)).toBe(soonestRecovery(uncapped(known), query))
    }),
    RUNS,
  )
})

test('the moment named is one from which the cap keeps calls from it no more, at midnight UTC or later', async () => {
  let met = 0
  await holds(
    fc.property(billed, queries, (known, query) => {
      for (const { id, rule, until, reason } of explain(known, query)) {
        if (rule !== 'cap_reached' && rule !== 'no_price') continue
        const one = known.candidates.find((candidate) => candidate.id === id)
        expect(reason.includes(', ends in ')).toBe(until !== undefined)
        if (until === undefined || one === undefined) continue
        met++
        expect([rule, until >= MIDNIGHT]).toEqual(['cap_reached', true])
        expect(cappedBy(known, one, { ...query, now: until })).toBeUndefined()
        expect(soonestRecovery(known, query)).toBeLessThanOrEqual(until)
      }
    }),
    RUNS,
  )
  expect(met).toBeGreaterThan(0)
})

const keyOf = (id: string, more: Partial<Candidate> = {}): Candidate => ({
  id,
  provider: 'p',
  kind: 'api_key',
  source: { kind: 'profile', id, file: '/s' },
  label: id,
  expiry: 'static',
  health: HEALTHY,
  ...more,
})
const cap = (amount: number, spent: number): Cap => ({
  amount,
  spent: (now) => (now < MIDNIGHT ? spent : 0),
  priceOf: (model) => (model === 'opus' ? { input: 5, output: 25 } : undefined),
})
const of = (some: Cap, ...candidates: Candidate[]): ProviderFacts => ({ provider: 'p', candidates, cap: some })
const told = (known: ProviderFacts, query: Partial<PickQuery> = {}): string[] =>
  explain(known, { now: NOW, ...query }).map(({ id, rule, reason }) => `${id} ${rule}: ${reason}`)

test('it says what was spent, what may be, and when the day ends; of a cap that no day can meet no end', () => {
  expect(told(of(cap(2_000_000, 2_000_100), keyOf('p:a')))).toEqual([
    'p:a cap_reached: billed by use; calls have cost $2.00 today (UTC), and auth.spend.capUsdPerDay is $2.00, ends in 12h (00:00:00Z)',
  ])
  const [zero] = explain(of(cap(0, 0), keyOf('p:a')), { now: NOW })
  expect([zero?.rule, zero?.until]).toEqual(['cap_reached', undefined])
  expect(told(of(cap(2, 0), keyOf('p:a')), { model: 'new-one' })).toEqual([
    'p:a no_price: billed by use; auth.spend.capUsdPerDay is set, and nobody knows what p/new-one costs',
  ])
})

test('what is left decides to the micro-dollar, and a count of tokens is free', () => {
  const known = (spent: number): ProviderFacts => of(cap(1000, spent), keyOf('p:a'))
  const asked = { now: NOW, model: 'opus' }
  expect(pick(known(970), asked).candidate?.id).toBe('p:a')
  expect(pick(known(971), asked).candidate).toBeUndefined()
  expect(pick(known(971), { now: NOW }).candidate?.id).toBe('p:a')
  expect(pick(known(1000), { now: NOW }).candidate).toBeUndefined()
  expect(pick(known(5000), { ...asked, isFree: true }).candidate?.id).toBe('p:a')
})

test('what rests for a moment stands before what the cap keeps until the end of the day', () => {
  const max = keyOf('p:max', { kind: 'token', health: { ...HEALTHY, cooldownUntil: NOW + 60_000 } })
  const known = of(cap(10, 10), keyOf('p:key'), max)
  expect(soonestRecovery(known, { now: NOW })).toBe(NOW + 60_000)
  expect(firstAfterRest(known, { now: NOW })?.id).toBe('p:max')
  expect(soonestRecovery(known, { now: NOW }, ({ id }) => id === 'p:key')).toBe(MIDNIGHT)
})

test('a copy of the cap stands still for its day', () => {
  let spent = 3
  const live: Cap = { ...cap(10, 0), spent: () => spent }
  const still = stillCap(live, NOW)
  spent = 9
  expect([still.spent(NOW), still.spent(MIDNIGHT - 1), still.spent(MIDNIGHT)]).toEqual([3, 3, 9])
})

test('what a day has cost is what is booked, and what the dead had running', () => {
  const leases = new Map([
    ['dead', { amount: 50, reserved: 7, until: NOW }],
    ['alive', { amount: 50, reserved: 9, until: NOW + 1 }],
  ])
  const book = { day: new Date(NOW).toISOString().slice(0, 10), spent: 100, profiles: new Map(), leases }
  expect([spentIn(book, NOW), spentIn(book, NOW, 'dead'), spentIn(book, MIDNIGHT)]).toEqual([107, 100, 0])
})
