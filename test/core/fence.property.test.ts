// The fence between subscriptions and what is billed by use, over every state that can be generated.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { billingOf } from '../../src/core/billing.ts'
import { crossingTo } from '../../src/core/fence.ts'
import { HEALTHY } from '../../src/core/health.ts'
import { type Candidate, type ProviderFacts, placeOf, sourceRank } from '../../src/core/order.ts'
import { explain, type PickQuery, pick, soonestRecovery } from '../../src/core/pick.ts'
import { facts, NOW, queries } from '../support/facts.ts'
import { holds } from '../support/seeds.ts'

const RUNS = 3000

const isSubscription = ({ kind }: Candidate): boolean => kind === 'oauth' || kind === 'token'
const isNamed = ({ id }: Candidate, { pin }: PickQuery): boolean => pin?.id === id && pin.by !== 'auto'

/** The same provider with nothing wrong with anybody. */
const well = (known: ProviderFacts): ProviderFacts => ({
  ...known,
  candidates: known.candidates.map(({ defect: _, expiresAt: __, paused: ___, ramps: ____, ...rest }) => ({
    ...rest,
    health: HEALTHY,
  })),
})

const fenced = (known: ProviderFacts): ProviderFacts => ({ ...known, fence: { rule: 'never' } })
const open = ({ fence: _, ...known }: ProviderFacts): ProviderFacts => known

test('where a subscription would serve were all well, nothing that is billed by use is taken, unless somebody names it', async () => {
  let met = 0
  await holds(
    fc.property(facts, queries, (known, query) => {
      const { tried: _, pin: __, ...free } = query
      const best = pick(open(well(known)), free).candidate
      const { candidate } = pick(fenced(known), query)
      if (best === undefined || !isSubscription(best)) return
      if (pick(open(known), query).candidate?.kind === 'api_key') met++
      if (candidate !== undefined && !isNamed(candidate, query)) expect(billingOf(known, candidate)).toBe('flat_rate')
    }),
    RUNS,
  )
  expect(met).toBeGreaterThan(0)
})

test('no subscription that is meant for the call goes before what is taken by a bill', async () => {
  const comesBefore = (known: ProviderFacts, a: Candidate, b: Candidate): boolean => {
    const place = placeOf(known, a, NOW) - placeOf(known, b, NOW)
    if (known.order !== undefined && place !== 0 && known.headroomOf === undefined) return place < 0
    return known.headroomOf === undefined && sourceRank(a.source) <= sourceRank(b.source)
  }
  await holds(
    fc.property(facts, queries, (known, query) => {
      const { candidate } = pick(fenced(known), query)
      if (candidate === undefined || candidate.kind !== 'api_key' || isNamed(candidate, query)) return
      expect(query.fromFlatRate).toBeUndefined()
      for (const other of known.candidates) {
        const isMeant =
          isSubscription(other) &&
          other.behind === undefined &&
          !(query.beyondLoopback === true && other.ownerOnly === true) &&
          placeOf(known, other, NOW) >= 0
        if (isMeant) expect(comesBefore(known, other, candidate)).toBe(false)
      }
    }),
    RUNS,
  )
})

test('it keeps calls from nothing but what is billed by use, says so of each, and offers none of them as back soon', async () => {
  await holds(
    fc.property(facts, queries, (known, query) => {
      const rules = new Map(explain(open(known), query).map((line) => [line.id, line]))
      for (const line of explain(fenced(known), query)) {
        const candidate = known.candidates.find(({ id }) => id === line.id)
        if (line.rule === 'metered' && candidate !== undefined) {
          expect(isSubscription(candidate)).toBe(false)
          expect(crossingTo(known, candidate, query)).toBeDefined()
          expect(line.reason).toMatch(/billed by use; auth\.spend /)
        } else if (line.verdict === 'passed_over') expect(line.rule).toBe(rules.get(line.id)?.rule)
      }
      const back = soonestRecovery(fenced(known), query)
      const all = soonestRecovery(open(known), query)
      if (back !== undefined) expect(back).toBeGreaterThanOrEqual(all ?? Number.POSITIVE_INFINITY)
    }),
    RUNS,
  )
})

test('with keys alone, with an open fence and with none, everything is as it was', async () => {
  await holds(
    fc.property(facts, queries, (known, { fromFlatRate: _, ...query }) => {
      const keys = { ...known, candidates: known.candidates.filter((candidate) => !isSubscription(candidate)) }
      expect(pick(fenced(keys), query)).toEqual(pick(open(keys), query))
      const wide = { ...known, fence: { rule: 'ask' as const, openUntil: Number.MAX_VALUE } }
      expect(explain(wide, query)).toEqual(explain(open(known), query))
    }),
    RUNS,
  )
})
