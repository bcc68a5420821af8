// Generated providers: candidates of every source and state, orders and questions. The clock stands at NOW.
import fc from 'fast-check'
import type { Cap } from '../../src/core/cap.ts'
import type { Fence } from '../../src/core/fence.ts'
import { HEALTHY, type Health } from '../../src/core/health.ts'
import type { Candidate, Defect, ProviderFacts, Source } from '../../src/core/order.ts'
import type { Pause } from '../../src/core/pause.ts'
import type { PickQuery } from '../../src/core/pick.ts'
import type { Ramps } from '../../src/core/ramp.ts'
import type { Asker } from '../../src/core/reserve.ts'
import type { Slots } from '../../src/core/slots.ts'
import { endOfDay } from '../../src/core/spend-book.ts'
import { NOON } from './machine.ts'

export const NOW = NOON

const around = fc.oneof(
  fc.integer({ min: -100, max: 100 }).map((minutes) => NOW + minutes * 60_000),
  fc.constantFrom(NOW - 1, NOW, NOW + 1),
)
const perhaps = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(values, { nil: undefined })

/** One in so many; most of what is generated must be whole, or nothing that needs two of a kind is ever seen. */
const seldom = <T>(oneIn: number, values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: oneIn - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: values })

/** Leaves out what is undefined, as the types want it. */
export function given<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const kept: Record<string, unknown> = {}
  for (const name in value) if (value[name] !== undefined) kept[name] = value[name]
  return kept as never
}

/** What candidates are asked for, and may rest for alone. */
export const MODELS = ['opus', 'haiku', 'toString'] as const

const states: fc.Arbitrary<Health> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(HEALTHY) },
  {
    weight: 3,
    arbitrary: fc
      .record({
        lastUsedAt: perhaps(around),
        cooldownUntil: perhaps(around),
        disabledUntil: perhaps(around),
        lastFailureAt: perhaps(around),
        lastProbeAt: perhaps(around),
        disabledReason: perhaps(fc.constantFrom('billing', 'auth_permanent')),
        errorCount: fc.nat(5),
        failureCounts: fc.constantFrom({}, { rate_limit: 2 }, { billing: 1 }),
      })
      .map((health) => given(health) as Health),
  },
)

export const healths: fc.Arbitrary<Health> = fc
  .tuple(states, fc.dictionary(fc.constantFrom(...MODELS), states, { maxKeys: 3 }))
  .map(([health, models]) => (Object.keys(models).length === 0 ? health : { ...health, models: { ...models } }))

const defects: fc.Arbitrary<Defect> = fc.constantFrom<Defect>(
  { rule: 'blank' },
  { rule: 'unsendable' },
  { rule: 'unknown_kind', type: 'future' },
  { rule: 'wrong_origin', origin: 'https://a.example', baseUrl: 'https://b.example' },
)

const sourceOf = (kind: Source['kind'], id: string): Source =>
  kind === 'profile'
    ? { kind, id, file: '/s' }
    : kind === 'none'
      ? { kind }
      : kind === 'env' || kind === 'shell'
        ? { kind, name: id }
        : { kind, name: id, file: '/s' }

const slots: fc.Arbitrary<Slots> = fc
  .record({ open: fc.nat(3), most: fc.integer({ min: 1, max: 3 }), kept: fc.nat(2) })
  .map(({ open, ...rest }) => ({ load: { open }, ...rest }))

const ramps: fc.Arbitrary<Ramps> = fc
  .dictionary(
    fc.constantFrom('', ...MODELS),
    fc.record({ open: fc.nat(3), most: fc.constantFrom(1, 2, 4), since: fc.constant(0) }),
    { minKeys: 1, maxKeys: 2 },
  )
  .map((byModel) => new Map(Object.entries(byModel)))

const candidates = (index: number): fc.Arbitrary<Candidate> =>
  fc
    .record({
      kind: fc.constantFrom<Candidate['kind']>('api_key', 'token', 'token', 'token', 'oauth', 'unknown'),
      source: fc.constantFrom<Source['kind']>('profile', 'profile', 'profile', 'env', 'dotenv', 'config'),
      expiresAt: seldom(4, around),
      takenAt: perhaps(around),
      paused: seldom(
        4,
        around.map((until) => ({ until })).chain((timed) => fc.constantFrom<Pause>({}, timed)),
      ),
      defect: seldom(6, defects),
      behind: seldom(8, fc.constant({ rule: 'same_as' as const, of: 'p:0' })),
      ownerOnly: seldom(3, fc.constant(true as const)),
      slots: seldom(3, slots),
      ramps: seldom(3, ramps),
      health: healths,
    })
    .map(({ source, ...rest }) => {
      const id = `${source === 'profile' ? 'p' : source}:${index}`
      return given({
        id,
        provider: 'p',
        label: id,
        expiry: 'static' as const,
        source: sourceOf(source, id),
        ...rest,
      }) as Candidate
    })

/** One model has its price, one costs nothing, of one nobody knows; tomorrow nothing is spent yet. */
const caps: fc.Arbitrary<Cap> = fc
  .record({ amount: fc.constantFrom(0, 10, 100), today: fc.constantFrom(0, 10, 95, 100, 101) })
  .map(({ amount, today }) => ({
    amount,
    spent: (now: number): number => (now < endOfDay(NOW) ? today : 0),
    priceOf: (model: string) =>
      model === 'opus' ? { input: 5, output: 25 } : model === 'haiku' ? { input: 0, output: 0 } : undefined,
  }))

const MOST = 6
const eachCandidate = Array.from({ length: MOST }, (_, index) => candidates(index))

/** Made once for each number of candidates: to make an arbitrary costs more than to draw from it. */
const withSoMany = Array.from({ length: MOST + 1 }, (_, count) =>
  fc.record({
    candidates: fc.tuple(...eachCandidate.slice(0, count)),
    order: fc.option(
      fc.record({
        ids: fc.shuffledSubarray(['p:0', 'p:1', 'p:2', 'p:3', 'p:4', 'p:gone'], { minLength: 1 }),
        from: fc.constantFrom<'agent' | 'config'>('agent', 'config'),
        file: fc.constant('/s'),
      }),
      { nil: undefined },
    ),
    fence: perhaps(
      fc.constantFrom<Fence>(
        { rule: 'never' },
        { rule: 'ask' },
        { rule: 'ask', openUntil: NOW },
        { rule: 'ask', openUntil: NOW + 1 },
      ),
    ),
    cap: seldom(3, caps),
    kept: seldom(3, fc.array(fc.oneof(fc.constant(0), around), { minLength: count, maxLength: count })),
    left: perhaps(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: count, maxLength: count })),
  }),
)

export const facts: fc.Arbitrary<ProviderFacts> = fc
  .oneof({ withCrossShrink: true }, ...withSoMany)
  .map(({ candidates: list, order, fence, cap, left, kept }) => {
    const headroomOf = left && (({ id }: Candidate): number => (left[Number(id.split(':')[1])] ?? 100) / 100)
    const reserve = kept && {
      percent: 10,
      until: ({ id }: Candidate, now: number): number => {
        const until = kept[Number(id.split(':')[1])] ?? 0
        return until > now ? until : 0
      },
    }
    return given({
      provider: 'p',
      candidates: list as Candidate[],
      order,
      fence,
      cap,
      headroomOf,
      reserve,
    }) as ProviderFacts
  })

export const queries: fc.Arbitrary<PickQuery> = fc
  .record({
    model: perhaps(fc.constantFrom(...MODELS)),
    pin: perhaps(
      fc.record({
        id: fc.constantFrom('p:0', 'p:1', 'env:2', 'p:gone'),
        by: fc.constantFrom<'user' | 'soft' | 'auto'>('user', 'soft', 'auto'),
      }),
    ),
    tried: perhaps(fc.subarray(['p:0', 'p:1', 'p:2', 'env:1']).map((ids): ReadonlySet<string> => new Set(ids))),
    beyondLoopback: perhaps(fc.boolean()),
    fromFlatRate: seldom(4, fc.constant('q')),
    for: perhaps(fc.constantFrom<Asker>('chat', 'program')),
    isFree: seldom(6, fc.constant(true as const)),
  })
  .map((query) => ({ now: NOW, ...given(query) }) as PickQuery)
