// The rules by which one candidate is taken and each other one passed over, one by one.
import { describe, expect, test } from 'vitest'
import { failed, HEALTHY, probed } from '../../src/core/health.ts'
import type { Candidate, ProviderFacts } from '../../src/core/order.ts'
import { explain, type PickQuery, pick, pinText, readPin, soonestRecovery } from '../../src/core/pick.ts'
import { NOON } from '../support/machine.ts'

const MINUTE = 60_000

function candidate(id: string, more: Partial<Candidate> = {}): Candidate {
  const source: Candidate['source'] = id.startsWith('env:')
    ? { kind: 'env', name: id.slice(4) }
    : { kind: 'profile', id, file: '/s' }
  return { id, provider: 'p', kind: 'api_key', source, label: '', expiry: 'static', health: HEALTHY, ...more }
}

const limited = failed(HEALTHY, { class: 'rate_limit', scope: 'account', detail: '' }, NOON)
const broke = failed(HEALTHY, { class: 'billing', scope: 'account', detail: '' }, NOON)

const facts = (candidates: Candidate[], order?: string[]): ProviderFacts => ({
  provider: 'p',
  candidates,
  ...(order === undefined ? {} : { order: { ids: order, from: 'agent' as const, file: '/s' } }),
})

const told = (known: ProviderFacts, query: Partial<PickQuery> = {}): string[] =>
  explain(known, { now: NOON, ...query }).map(({ id, verdict, rule }) => `${id} ${verdict} ${rule}`)

test('by what is left: only among accounts alike that stand together, and not for a hair’s breadth', () => {
  const left: Record<string, number> = { 'p:a': 0.31, 'p:b': 0.39, 'p:c': 0.8, 'p:key': 1 }
  const sub = (id: string): Candidate => candidate(id, { kind: 'token' })
  const by = (order?: string[]): string[] => {
    const known = facts([sub('p:a'), sub('p:b'), sub('p:c'), candidate('p:key')], order)
    return explain({ ...known, headroomOf: ({ id }) => left[id] ?? 1 }, { now: NOON }).map(({ id }) => id)
  }
  expect(by()).toEqual(['p:c', 'p:a', 'p:b', 'p:key'])
  expect(by(['p:b', 'p:a', 'p:c', 'p:key'])).toEqual(['p:c', 'p:b', 'p:a', 'p:key'])
  // Another kind between them, or before them, is where the person put it.
  expect(by(['p:key', 'p:a', 'p:c', 'p:b'])).toEqual(['p:key', 'p:c', 'p:a', 'p:b'])
  expect(by(['p:a', 'p:key', 'p:c', 'p:b'])).toEqual(['p:a', 'p:key', 'p:c', 'p:b'])
  const known = { ...facts([sub('p:a'), sub('p:c')]), headroomOf: ({ id }: Candidate) => left[id] ?? 1 }
  expect(explain(known, { now: NOON })[0]?.reason).toBe('usable, the most left of its limits (80 %; auth.routing)')
  expect(pick(known, { now: NOON, pin: { id: 'p:a', by: 'auto' } }).candidate?.id).toBe('p:a')
})

describe('who goes first', () => {
  test.each<[string, Candidate[], string[]]>([
    [
      'logins before tokens before keys',
      [candidate('p:k'), candidate('p:t', { kind: 'token' }), candidate('p:o', { kind: 'oauth' })],
      ['p:o', 'p:t', 'p:k'],
    ],
    ['profiles before the environment', [candidate('env:K', { kind: 'token' }), candidate('p:k')], ['p:k', 'env:K']],
    [
      'the one whose last use is longest ago, the unused one before all',
      [
        candidate('p:a', { health: { ...HEALTHY, lastUsedAt: 9 } }),
        candidate('p:b', { health: { ...HEALTHY, lastUsedAt: 5 } }),
        candidate('p:c'),
      ],
      ['p:c', 'p:b', 'p:a'],
    ],
    [
      'one that was handed out and is not back yet counts as used',
      [candidate('p:a', { takenAt: NOON }), candidate('p:b')],
      ['p:b', 'p:a'],
    ],
    [
      'the usable before the resting, the soonest back first',
      [candidate('p:a', { health: broke }), candidate('p:b', { health: limited }), candidate('p:c')],
      ['p:c', 'p:b', 'p:a'],
    ],
    ['by name when nothing else tells them apart', [candidate('p:b'), candidate('p:a')], ['p:a', 'p:b']],
  ])('%s', (_name, candidates, ids) => {
    expect(explain(facts(candidates), { now: NOON }).map(({ id }) => id)).toEqual(ids)
  })

  test('an explicit order is kept as it is written, those at rest last', () => {
    const candidates = [
      candidate('p:a', { health: limited }),
      candidate('p:b'),
      candidate('p:c', { kind: 'oauth' }),
      candidate('p:d'),
    ]
    expect(told(facts(candidates, ['p:a', 'p:b', 'p:c']))).toEqual([
      'p:b taken first',
      'p:c kept next',
      'p:a passed_over cooldown',
      'p:d passed_over not_in_order',
    ])
  })
})

describe('a pin', () => {
  const two = facts([candidate('p:a'), candidate('p:b')])

  test('goes before the order of things', () => {
    expect(told(two, { pin: { id: 'p:b', by: 'auto' } })).toEqual(['p:b taken pinned', 'p:a kept next'])
    expect(told(two, { pin: { id: 'p:b', by: 'user' } })).toEqual(['p:b taken pinned', 'p:a passed_over pin_elsewhere'])
  })

  test('set automatically steps aside when it rests, was tried or is gone; one of the user does not', () => {
    const resting = facts([candidate('p:a'), candidate('p:b', { health: broke })])
    expect(told(resting, { pin: { id: 'p:b', by: 'auto' } })[0]).toBe('p:a taken first')
    expect(pick(resting, { now: NOON, pin: { id: 'p:b', by: 'user' } })).toEqual({ early: false })
    expect(told(two, { pin: { id: 'p:b', by: 'auto' }, tried: new Set(['p:b']) })[0]).toBe('p:a taken first')
    expect(told(two, { pin: { id: 'p:gone', by: 'auto' } })[0]).toBe('p:a taken first')
    expect(pick(two, { now: NOON, pin: { id: 'p:gone', by: 'user' } }).candidate).toBeUndefined()
  })

  test('that is soft goes first while it can serve, steps aside when it rests, is defective or was tried, and comes back', () => {
    const pin = { id: 'p:b', by: 'soft' } as const
    const at = (b: Partial<Candidate>) => facts([candidate('p:a'), candidate('p:b', b)])
    expect(told(two, { pin })).toEqual(['p:b taken pinned', 'p:a kept next'])
    expect(explain(two, { now: NOON, pin })[0]?.reason).toBe('this session prefers it (pinned, may step aside)')
    expect(told(at({ health: limited }), { pin })).toEqual(['p:a taken first', 'p:b passed_over cooldown'])
    expect(told(at({ health: limited }), { pin, now: limited.cooldownUntil ?? 0 })[0]).toBe('p:b taken pinned')
    expect(told(at({ defect: { rule: 'blank' } }), { pin })).toEqual(['p:a taken first', 'p:b passed_over blank'])
    expect(told(two, { pin, tried: new Set(['p:b']) })).toEqual(['p:a taken first', 'p:b passed_over tried'])
    expect(told(two, { pin: { id: 'p:gone', by: 'soft' } })[0]).toBe('p:a taken first')
  })

  test('is read as it is written, and said as it holds', () => {
    expect(readPin('p:b')).toEqual({ id: 'p:b', by: 'user' })
    expect(readPin('p:b?')).toEqual({ id: 'p:b', by: 'soft' })
    expect((['user', 'soft', 'auto'] as const).map((by) => pinText({ id: 'p:b', by }))).toEqual([
      'pinned to p:b',
      'pinned to p:b, may step aside',
      'used p:b last',
    ])
  })

  test('that was chosen reaches a profile that the order leaves out, an automatic one does not', () => {
    const ordered = facts([candidate('p:a'), candidate('p:b')], ['p:a'])
    expect(told(ordered, { pin: { id: 'p:b', by: 'soft' } })).toEqual(['p:b taken pinned', 'p:a kept next'])
    const resting = facts([candidate('p:a'), candidate('p:b', { health: limited })], ['p:a'])
    expect(told(resting, { pin: { id: 'p:b', by: 'soft' } })).toEqual(['p:a taken first', 'p:b passed_over cooldown'])
    expect(told(ordered, { pin: { id: 'p:b', by: 'user' } })[0]).toBe('p:b taken pinned')
    expect(told(ordered, { pin: { id: 'p:b', by: 'auto' } })[0]).toBe('p:a taken first')
  })
})

describe('an early try', () => {
  const all = facts([candidate('p:a', { health: broke }), candidate('p:b', { health: limited })])

  test('goes to the one that would be back first, once a minute each', () => {
    expect(told(all, { now: NOON + MINUTE - 1 })).toEqual(['p:b passed_over cooldown', 'p:a passed_over disabled'])
    const later = NOON + MINUTE - 1
    const waiting = facts([
      candidate('p:a', { health: broke }),
      candidate('p:b', { health: { ...limited, cooldownUntil: NOON + 5 * MINUTE } }),
    ])
    expect(pick(waiting, { now: later })).toEqual({ early: false })
    expect(told(waiting, { now: NOON + MINUTE })).toEqual(['p:b taken probe', 'p:a passed_over disabled'])
    const tried = facts([
      candidate('p:a', { health: broke }),
      candidate('p:b', { health: probed({ ...limited, cooldownUntil: NOON + 5 * MINUTE }, NOON + MINUTE) }),
    ])
    expect(told(tried, { now: NOON + MINUTE })).toEqual(['p:a taken probe', 'p:b passed_over cooldown'])
  })

  test('is not made while anything else can serve', () => {
    expect(told(facts([candidate('p:a', { health: broke }), candidate('p:b')]), { now: NOON + MINUTE })).toEqual([
      'p:b taken first',
      'p:a passed_over disabled',
    ])
  })
})

test.each<[string, Partial<Candidate>, string, RegExp]>([
  ['an expired one', { expiresAt: NOON - 5 * MINUTE }, 'expired', /expired 5m ago/],
  ['a blank one', { defect: { rule: 'blank' } }, 'blank', /no secret/],
  ['a type of the future', { defect: { rule: 'unknown_kind', type: 'passkey' } }, 'unknown_kind', /"passkey"/],
  [
    'one of another address',
    { defect: { rule: 'wrong_origin', origin: 'https://a', baseUrl: 'https://b' } },
    'wrong_origin',
    /made for https:\/\/a.*https:\/\/b/,
  ],
  ['one that cannot be sent', { defect: { rule: 'unsendable' } }, 'unsendable', /header/],
  ['one whose provider nobody knows', { defect: { rule: 'unknown_provider' } }, 'unknown_provider', /no provider/],
  ['the twin of another', { behind: { rule: 'same_as', of: 'p:x' } }, 'same_as', /same secret as p:x/],
  ['a shadowed one', { behind: { rule: 'shadowed', of: 'env:X' } }, 'shadowed', /shadowed by env:X/],
  ['one that rests', { health: limited }, 'cooldown', /cooldown \(rate_limit\) ends in 1m \(12:01:00Z\)/],
  ['one that is disabled', { health: broke }, 'disabled', /disabled \(billing\) ends in 5h/],
])('%s is passed over, and the line says why', (_name, more, rule, reason) => {
  const [line] = explain(facts([candidate('p:a', more)]), { now: NOON })
  expect(line).toMatchObject({ id: 'p:a', verdict: 'passed_over', rule, reason: expect.stringMatching(reason) })
})

test('a subscription is kept from a caller beyond loopback', () => {
  const known = facts([candidate('p:s', { kind: 'token', ownerOnly: true }), candidate('p:k')])
  expect(told(known, { beyondLoopback: true })).toEqual(['p:k taken first', 'p:s passed_over owner_only'])
  expect(told(known)[0]).toBe('p:s taken first')
})

test('one that expires while it rests is not promised back', () => {
  const known = facts([
    candidate('p:a', { health: limited, expiresAt: NOON + 30_000 }),
    candidate('p:b', { health: broke }),
  ])
  expect(soonestRecovery(known, { now: NOON })).toBe(broke.disabledUntil)
})

test('the soonest recovery counts those that were tried for this very call', () => {
  expect(soonestRecovery(facts([candidate('p:a', { health: limited })]), { now: NOON, tried: new Set(['p:a']) })).toBe(
    NOON + MINUTE,
  )
})

describe('a model that rests', () => {
  const part = failed(HEALTHY, { class: 'rate_limit', scope: 'account', detail: '' }, NOON)
  const ofOpus = { ...HEALTHY, models: { opus: part } }

  test('is passed over by name where it is asked for, and its profile serves others', () => {
    const known = facts([
      candidate('p:a', { health: ofOpus }),
      candidate('p:b', { health: { ...HEALTHY, lastUsedAt: 1 } }),
    ])
    expect(told(known, { model: 'haiku' })).toEqual(['p:a taken first', 'p:b kept next'])
    expect(told(known, { model: 'opus' })).toEqual(['p:b taken first', 'p:a passed_over cooldown'])
    const line = explain(known, { now: NOON, model: 'opus' })[1]
    expect(line).toMatchObject({ reason: 'cooldown (rate_limit) of opus ends in 1m (12:01:00Z)', until: NOON + MINUTE })
  })

  test('is back at its own time, or tried early when nothing else is left', () => {
    const known = facts([candidate('p:a', { health: ofOpus }), candidate('p:b', { health: broke })])
    expect(soonestRecovery(known, { now: NOON, model: 'opus' })).toBe(NOON + MINUTE)
    expect(pick(known, { now: NOON + MINUTE - 1, model: 'opus' })).toEqual({ early: false })
    const long = { ...HEALTHY, models: { opus: { ...part, cooldownUntil: NOON + 9 * MINUTE } } }
    const early = facts([candidate('p:a', { health: long })])
    const [line] = explain(early, { now: NOON + MINUTE, model: 'opus' })
    expect(line).toMatchObject({ rule: 'probe', verdict: 'taken' })
    expect(line?.reason).toContain('tried early before its cooldown (rate_limit) of opus ends in 8m')
  })

  test('makes a pinned profile step aside for that model alone', () => {
    const known = facts([candidate('p:a'), candidate('p:b', { health: ofOpus })])
    const pin = { id: 'p:b', by: 'soft' as const }
    expect(pick(known, { now: NOON, pin, model: 'haiku' }).candidate?.id).toBe('p:b')
    expect(pick(known, { now: NOON, pin, model: 'opus' }).candidate?.id).toBe('p:a')
  })
})
