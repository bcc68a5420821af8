// The chooser, over every state that can be generated.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FailureClass, FailureScope } from '../../src/core/failure.ts'
import { HEALTHY, type Health, restsUntil } from '../../src/core/health.ts'
import { after } from '../../src/core/health-event.ts'
import {
  type Candidate,
  compareStanding,
  defectOf,
  type ProviderFacts,
  placeOf,
  ranksOf,
} from '../../src/core/order.ts'
import { explain, pick, soonestRecovery } from '../../src/core/pick.ts'
import { isCrowded } from '../../src/core/ramp.ts'
import { isShut } from '../../src/core/slots.ts'
import { facts, healths, MODELS, NOW, queries } from '../support/facts.ts'
import { holds } from '../support/seeds.ts'

const RUNS = 5000

test('the first line of the explanation is the one that is picked, and no other line says taken', async () => {
  await holds(
    fc.property(facts, queries, (known, query) => {
      const { candidate } = pick(known, query)
      const trace = explain(known, query)
      expect(trace.filter(({ verdict }) => verdict === 'taken').map(({ id }) => id)).toEqual(
        candidate === undefined ? [] : [candidate.id],
      )
      if (candidate !== undefined) expect(trace[0]?.id).toBe(candidate.id)
    }),
    RUNS,
  )
})

test('every candidate stands in the trace exactly once, with a reason', async () => {
  await holds(
    fc.property(facts, queries, (known, query) => {
      const trace = explain(known, query)
      expect(trace.map(({ id }) => id).sort()).toEqual(known.candidates.map(({ id }) => id).sort())
      expect(trace.filter(({ reason }) => !/\w/.test(reason))).toEqual([])
    }),
    RUNS,
  )
})

test('nothing defective, tried, standing behind another or kept from this caller is picked', async () => {
  await holds(
    fc.property(facts, queries, (known, query) => {
      const { candidate } = pick(known, query)
      if (candidate === undefined) return
      expect(defectOf(candidate, NOW)).toBeUndefined()
      expect(candidate.behind).toBeUndefined()
      expect(query.tried?.has(candidate.id) ?? false).toBe(false)
      expect(query.beyondLoopback === true && candidate.ownerOnly === true).toBe(false)
      if (query.pin?.by === 'user') expect(candidate.id).toBe(query.pin.id)
      // Whoever names a profile may name one that the order leaves out; nothing else gets past it.
      else if (query.pin?.by !== 'soft' || candidate.id !== query.pin.id)
        expect(placeOf(known, candidate, NOW)).toBeGreaterThanOrEqual(0)
    }),
    RUNS,
  )
})

test('a resting one is picked only while nothing usable is left', async () => {
  await holds(
    fc.property(facts, queries, (known, query) => {
      const { candidate, early } = pick(known, query)
      if (candidate === undefined) return
      expect(early).toBe(restsUntil(candidate.health, NOW, query.model) > 0)
      if (!early) return
      const kept = explain(known, query).filter(({ verdict }) => verdict === 'kept')
      expect(kept).toEqual([])
    }),
    RUNS,
  )
})

test('who is held back from the call is never taken and says why, and from who talks only places that are taken hold anybody back', async () => {
  await holds(
    fc.property(facts, queries, (known, query) => {
      const { candidate } = pick(known, query)
      const trace = explain(known, query)
      const isProgram = query.for === 'program'
      const isFull = ({ slots }: Candidate, kept: number): boolean =>
        slots !== undefined && slots.load.open >= slots.most - kept
      const isHeld = (one: Candidate): boolean =>
        isFull(one, isProgram ? (one.slots?.kept ?? 0) : 0) || (isProgram && (known.reserve?.until(one, NOW) ?? 0) > 0)
      for (const one of known.candidates) {
        const { rule, verdict, until } = trace.find(({ id }) => id === one.id) ?? {}
        if (isHeld(one)) expect([one === candidate, rule === 'next']).toEqual([false, false])
        if (rule === 'busy') expect([isFull(one, 0), verdict]).toEqual([true, 'passed_over'])
        if (rule === 'reserved') {
          expect([isProgram, isHeld(one), verdict]).toEqual([true, true, 'passed_over'])
          if (until === undefined) expect(isFull(one, 0) && !isShut(one, query)).toBe(false)
          else expect(until).toBe(known.reserve?.until(one, NOW))
        }
        if (rule === 'busy' || rule === 'reserved') expect(restsUntil(one.health, NOW, query.model)).toBe(0)
      }
      // Among those that are not held back everything is as if there were no others, but that a subscription without room keeps calls from
      // what is billed by use all the same: what is not there to be crossed from is left out of both.
      const { fence: __, ...open } = known
      const roomy = known.candidates.filter((one) => !isHeld(one))
      const isPinnedAway = query.pin !== undefined && !roomy.some(({ id }) => id === query.pin?.id)
      if (known.order === undefined && !isPinnedAway)
        expect(pick({ ...open, candidates: roomy }, query).candidate?.id).toBe(pick(open, query).candidate?.id)
      // What is kept for chat never keeps anything from chat.
      const { reserve: _, ...unkept } = known
      if (!isProgram) expect(candidate).toBe(pick(unkept, query).candidate)
    }),
    RUNS,
  )
})

/** The same, with nobody coming back from a rest. */
function uneased(known: ProviderFacts): ProviderFacts {
  return { ...known, candidates: known.candidates.map(({ ramps: _, ...rest }) => rest) }
}

test('one that is just back, and has enough to do, goes behind everybody who is well, and is taken where nobody else is', async () => {
  await holds(
    fc.property(facts, queries, (known, query) => {
      const { candidate, early, crowded } = pick(known, query)
      const free = pick(uneased(known), query)
      // A preference and no gate: nobody is out of reach because of it, and no rest is cut short.
      expect([candidate === undefined, early]).toEqual([free.candidate === undefined, free.early])
      if (candidate === undefined || early) return
      expect(crowded === true).toBe(isCrowded(candidate, query))
      const others = explain(known, query).filter(({ verdict }) => verdict === 'kept')
      const isOf = new Map(known.candidates.map((one) => [one.id, isCrowded(one, query)]))
      if (crowded === true) for (const { id } of others) expect(isOf.get(id)).toBe(true)
      // The crowded ones stand last.
      const crowds = others.map(({ id }) => isOf.get(id))
      expect(crowds).toEqual([...crowds].sort())
    }),
    RUNS,
  )
})

test('where what is left decides, none that is alike and stands beside the one taken has clearly more', async () => {
  await holds(
    fc.property(facts, queries, (given, { pin: _, ...query }) => {
      const known = uneased(given)
      const { candidate, early } = pick(known, query)
      const { headroomOf } = known
      if (candidate === undefined || early || headroomOf === undefined) return
      const kept = new Set(
        explain(known, query)
          .filter(({ verdict }) => verdict === 'kept')
          .map(({ id }) => id),
      )
      const beside = ranksOf(known).find((group) => group.includes(candidate)) ?? []
      for (const other of beside.filter(({ id }) => kept.has(id))) {
        expect(compareStanding(other, candidate)).toBe(0)
        expect(headroomOf(other, NOW) - headroomOf(candidate, NOW)).toBeLessThan(0.1)
      }
    }),
    RUNS,
  )
})

test('who is said to come next is taken next', async () => {
  await holds(
    fc.property(facts, queries, (known, { pin: _, ...query }) => {
      const kept = explain(known, query).filter(({ verdict }) => verdict !== 'passed_over')
      const tried = new Set(query.tried)
      for (const { id, rule } of kept) {
        // A probe is the last resort, for one.
        if (rule === 'probe') return
        expect(pick(known, { ...query, tried }).candidate?.id).toBe(id)
        tried.add(id)
      }
    }),
    RUNS,
  )
})

test('what rests for another model only is as good as one that rests for none', async () => {
  await holds(
    fc.property(facts, queries, fc.constantFrom(...MODELS), (known, query, model) => {
      const only = (health: Health): Health => {
        const { models, ...own } = health
        const part = models === undefined || !Object.hasOwn(models, model) ? undefined : models[model]
        return part === undefined ? own : { ...own, models: { [model]: part } }
      }
      const lone = {
        ...known,
        candidates: known.candidates.map((candidate) => ({ ...candidate, health: only(candidate.health) })),
      }
      expect(explain(known, { ...query, model })).toEqual(explain(lone, { ...query, model }))
      expect(soonestRecovery(known, { ...query, model })).toBe(soonestRecovery(lone, { ...query, model }))
      // Who rests as a whole rests for each model, and never a shorter time.
      for (const { health } of known.candidates)
        expect(restsUntil(health, NOW, model)).toBeGreaterThanOrEqual(restsUntil(health, NOW))
    }),
    RUNS,
  )
})

test('a line that blames one model names it, and the profile is usable where another one is asked for', async () => {
  await holds(
    fc.property(facts, queries, (known, query) => {
      for (const { id, reason, rule, until } of explain(known, query)) {
        if (rule !== 'cooldown' && rule !== 'disabled') continue
        const { health } = known.candidates.find((candidate) => candidate.id === id) ?? { health: HEALTHY }
        expect(until).toBe(restsUntil(health, NOW, query.model))
        const isOfModel = restsUntil(health, NOW) !== until
        expect(reason.includes(` of ${query.model} ends`)).toBe(isOfModel)
      }
    }),
    RUNS,
  )
})

test('a soft pin is taken exactly when a strict one would be, and else what would be taken without it', async () => {
  await holds(
    fc.property(facts, queries, fc.constantFrom('p:0', 'p:1', 'env:2', 'p:gone'), (all, query, id) => {
      // A subscription that somebody names is one to cross from, also where the order leaves it out.
      const { fence: _fence, ...known } = all
      const { pin: _, ...free } = query
      const strict = pick(known, { ...query, pin: { id, by: 'user' } })
      const soft = pick(known, { ...query, pin: { id, by: 'soft' } })
      const other = pick(known, free)
      if (strict.candidate !== undefined && !strict.early && strict.crowded !== true) expect(soft).toEqual(strict)
      else if (!other.early && other.candidate !== undefined && other.crowded !== true) expect(soft).toEqual(other)
    }),
    RUNS,
  )
})

test('the same state at the same moment gives the same choice, in whatever sequence the candidates are listed', async () => {
  await holds(
    fc.property(facts, queries, fc.infiniteStream(fc.nat()), (known, query, dice) => {
      const shuffled = [...known.candidates]
        .map((candidate) => ({ candidate, at: dice.next().value ?? 0 }))
        .sort((a, b) => a.at - b.at)
        .map(({ candidate }) => candidate)
      expect(pick(known, query)).toEqual(pick(known, query))
      expect(pick({ ...known, candidates: shuffled }, query).candidate?.id).toBe(pick(known, query).candidate?.id)
      expect(explain({ ...known, candidates: shuffled }, query)).toEqual(explain(known, query))
    }),
    RUNS,
  )
})

const CLASSES: readonly [FailureClass, FailureScope][] = [
  ['auth', 'account'],
  ['auth_permanent', 'account'],
  ['billing', 'account'],
  ['rate_limit', 'account'],
  ['permission', 'account'],
  ['server', 'vendor'],
  ['timeout', 'vendor'],
  ['network', 'network'],
  ['format', 'request'],
  ['unknown', 'request'],
  ['rate_limit', 'model'],
  ['quota', 'model'],
  ['overloaded', 'model'],
]
const failures = fc
  .record({
    what: fc.constantFrom(...CLASSES),
    hint: fc.option(fc.integer({ min: -60_000, max: 90 * 86_400_000 }), { nil: undefined }),
  })
  .map(({ what: [cls, scope], hint }) => (now: number) => ({
    class: cls,
    scope,
    detail: '',
    ...(hint === undefined ? {} : { retryAt: now + hint }),
  }))

test('whatever the others have met, one healthy candidate is always taken', async () => {
  await holds(
    fc.property(
      fc.array(fc.tuple(fc.nat(4), failures, fc.nat(600_000)), { maxLength: 30 }),
      fc.nat(4),
      fc.constantFrom(undefined, ...MODELS),
      (events, spared, model) => {
        const health = [HEALTHY, HEALTHY, HEALTHY, HEALTHY, HEALTHY]
        let now = NOW
        for (const [at, failure, pause] of events) {
          now += pause
          if (at !== spared)
            health[at] = after(health[at] ?? HEALTHY, { kind: 'failed', at: now, failure: failure(now), model })
        }
        const known: ProviderFacts = {
          provider: 'p',
          candidates: health.map((state, index) => ({
            id: `p:${index}`,
            provider: 'p',
            kind: 'api_key',
            source: { kind: 'profile', id: `p:${index}`, file: '/s' },
            label: '',
            expiry: 'static',
            health: state,
          })),
        }
        const query = { now, ...(model === undefined ? {} : { model }) }
        expect(pick(known, query).early).toBe(false)
        expect(pick(known, query).candidate).toBeDefined()
        const others = new Set(['p:0', 'p:1', 'p:2', 'p:3', 'p:4'].filter((id) => id !== `p:${spared}`))
        expect(pick(known, { ...query, tried: others }).candidate?.id).toBe(`p:${spared}`)
      },
    ),
    RUNS,
  )
})

test('an open window never grows, and every window ends within the longest hint', async () => {
  const shifts = fc.integer({ min: -7_200_000, max: 7_200_000 })
  await holds(
    fc.property(healths, failures, shifts, fc.constantFrom(...MODELS), (health, failure, shift, model) => {
      const now = NOW + shift
      const met = failure(now)
      const next = after(health, { kind: 'failed', at: now, failure: met, model })
      for (const asked of [undefined, ...MODELS]) {
        const before = restsUntil(health, now, asked)
        const later = restsUntil(next, now, asked)
        if (met.scope === 'model' && asked !== model) expect(later).toBe(before)
        else if (met.scope === 'model' || asked === undefined) {
          if (before > 0 && restsUntil(health, now) === 0) expect(later).toBe(before)
          if (before === 0) expect(later - now).toBeLessThanOrEqual(31 * 86_400_000)
        }
        expect(later).toBeGreaterThanOrEqual(before)
      }
      if (met.scope !== 'model' && restsUntil(health, now) > 0) expect(next).toBe(health)
    }),
    RUNS,
  )
})

test('the soonest recovery is the moment from which something can be taken again', async () => {
  await holds(
    fc.property(facts, queries, (known, query) => {
      const { tried: _, ...untried } = query
      const at = soonestRecovery(known, untried)
      if (at === undefined) return
      expect(at).toBeGreaterThan(NOW)
      const then = explain(known, { ...untried, now: at })
      const now = explain(known, untried)
      const back = now.filter(({ until }) => until === at).map(({ id }) => id)
      // The end of its rest is said of one that rests, though what is left of it may be kept for longer.
      if (
        (query.for !== 'program' || known.reserve === undefined) &&
        (known.cap === undefined || known.order === undefined)
      )
        expect(back.length).toBeGreaterThan(0)
      for (const id of back) {
        const { verdict, rule } = then.find((line) => line.id === id) ?? {}
        // Another one that is back at the same moment may stand before it, have expired, or be billed by use; and how many calls it has then
        // nobody knows.
        if (rule !== 'expired' && rule !== 'metered' && rule !== 'busy' && rule !== 'reserved')
          expect([verdict, rule === 'probe']).toEqual([expect.stringMatching(/taken|kept/), false])
      }
      const { candidate, early } = pick(known, { ...untried, now: at })
      if (!then.some(({ rule }) => rule === 'busy' || rule === 'reserved'))
        expect([candidate === undefined, early]).toEqual([false, false])
    }),
    RUNS,
  )
})
