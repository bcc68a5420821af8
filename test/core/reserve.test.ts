// What is kept for chat: when an account has no more left than that, until when, and in whose sessions jobs talk.
import { expect, test } from 'vitest'
import { HEALTHY } from '../../src/core/health.ts'
import type { Candidate } from '../../src/core/order.ts'
import { pick, soonestRecovery } from '../../src/core/pick.ts'
import { askerIn, keptUntil } from '../../src/core/reserve.ts'
import type { UsageWindow } from '../../src/core/usage.ts'
import { NOON } from '../support/machine.ts'

const MINUTE = 60_000
const told = (...windows: Omit<UsageWindow, 'name'>[]): { at: number; windows: UsageWindow[] } => ({
  at: NOON - MINUTE,
  windows: windows.map((window, at) => ({ name: `${at}h`, ...window })),
})

test.each<[string, number, ReturnType<typeof told> | undefined, number]>([
  ['nothing is known', 0, undefined, 100],
  ['no window was told', 0, told(), 100],
  ['more is left', 0, told({ used: 0.89, resetAt: NOON + MINUTE }), 10],
  ['just as much is left', MINUTE, told({ used: 0.9, resetAt: NOON + MINUTE }), 10],
  ['nothing is left', MINUTE, told({ used: 1, resetAt: NOON + MINUTE }), 10],
  ['the window has begun anew', 0, told({ used: 1, resetAt: NOON }), 10],
  [
    'two windows are that far: the later end counts',
    9,
    told({ used: 1, resetAt: NOON + 9 }, { used: 1, resetAt: NOON + 5 }),
    10,
  ],
  ['the tight window ends first', 5, told({ used: 0.2, resetAt: NOON + 9 }, { used: 0.95, resetAt: NOON + 5 }), 10],
  ['no end was told: it is believed for five minutes', 4 * MINUTE, told({ used: 0.95 }), 10],
  ['no end was told, long ago', 0, { ...told({ used: 0.95 }), at: NOON - 5 * MINUTE }, 10],
])('when %s', (_what, untilMs, usage, percent) => {
  expect(keptUntil(usage, percent, NOON)).toBe(untilMs === 0 ? 0 : NOON + untilMs)
})

test('an account whose rest is kept is back for programs when its limit begins anew, and for chat it was never away', () => {
  const candidate: Candidate = {
    id: 'p:0',
    provider: 'p',
    kind: 'api_key',
    source: { kind: 'profile', id: 'p:0', file: '/s' },
    label: '',
    expiry: 'static',
    health: HEALTHY,
  }
  const until = (_: Candidate, now: number): number => keptUntil(told({ used: 1, resetAt: NOON + MINUTE }), 10, now)
  const facts = { provider: 'p', candidates: [candidate], reserve: { percent: 10, until } }
  expect([pick(facts, { now: NOON }).candidate, soonestRecovery(facts, { now: NOON })]).toEqual([candidate, undefined])
  const program = { now: NOON, for: 'program' } as const
  expect([pick(facts, program).candidate, soonestRecovery(facts, program)]).toEqual([undefined, NOON + MINUTE])
  expect(pick(facts, { ...program, now: NOON + MINUTE }).candidate).toBe(candidate)
})

test.each([
  ['agent:main:main', 'chat'],
  ['agent:main:cron:nightly', 'program'],
  ['agent:work:cron:1', 'program'],
  ['agent:cron:dm:me', 'chat'],
  ['agent:main:dm:cron:me', 'chat'],
])('in %s talks: %s', (key, asker) => {
  expect(askerIn(key)).toBe(asker)
})
