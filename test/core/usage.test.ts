// How much of an account's limits is used, read from headers in the forms of real vendors, and from whatever else may come.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/expiry.ts'
import { HEALTHY } from '../../src/core/health.ts'
import type { Candidate } from '../../src/core/order.ts'
import {
  afterRefusal,
  headroomIn,
  isLaterUsage,
  readUsage,
  readWindows,
  type Usage,
  type UsageHeaders,
  type UsageWindow,
} from '../../src/core/usage.ts'
import { accountUsage, usageText } from '../../src/core/usage-report.ts'
import { readReset } from '../../src/core/window-end.ts'
import { anthropic } from '../../src/providers/anthropic.ts'
import { codex } from '../../src/providers/codex.ts'
import { createRegistry } from '../../src/providers/registry.ts'
import { NOON } from '../support/machine.ts'
import { holds } from '../support/seeds.ts'

const SECONDS = NOON / 1000
const named = (provider: { usageHeaders?: UsageHeaders }): UsageHeaders => {
  if (provider.usageHeaders === undefined) throw new Error('it tells of no usage')
  return provider.usageHeaders
}
const read = (provider: { usageHeaders?: UsageHeaders }, headers: Record<string, string>): UsageWindow[] =>
  readWindows(named(provider), Object.entries(headers), NOON)
const compatible = (id: string): { usageHeaders?: UsageHeaders } => createRegistry().find(id, undefined) ?? {}

describe('what a vendor tells', () => {
  test('Anthropic tells a subscription the share of its windows, those of some models among them', () => {
    const unified = 'anthropic-ratelimit-unified'
    expect(
      read(anthropic, {
        [`${unified}-status`]: 'allowed_warning',
        [`${unified}-reset`]: String(SECONDS + 7200),
        [`${unified}-representative-claim`]: 'five_hour',
        [`${unified}-fallback-percentage`]: '0.5',
        [`${unified}-5h-status`]: 'allowed_warning',
        [`${unified}-5h-reset`]: String(SECONDS + 7200),
        [`${unified}-5h-utilization`]: '0.8125',
        [`${unified}-7d-reset`]: String(SECONDS + 4 * 86_400),
        [`${unified}-7d-utilization`]: '0.12',
        [`${unified}-7d_sonnet-utilization`]: '1.02',
        [`${unified}-overage-status`]: 'rejected',
        'request-id': 'req_1',
      }),
    ).toEqual([
      { name: '5h', used: 0.8125, resetAt: NOON + 2 * HOUR_MS },
      { name: '7d', used: 0.12, resetAt: NOON + 4 * DAY_MS },
      { name: '7d sonnet', used: 1 },
    ])
  })

  test('Anthropic tells a key what is left of its limits by the minute', () => {
    expect(
      read(anthropic, {
        'anthropic-ratelimit-requests-limit': '4000',
        'anthropic-ratelimit-requests-remaining': '3000',
        'anthropic-ratelimit-requests-reset': new Date(NOON + 15_000).toISOString(),
        'anthropic-ratelimit-input-tokens-limit': '400000',
        'anthropic-ratelimit-input-tokens-remaining': '0',
        'anthropic-ratelimit-input-tokens-reset': new Date(NOON + 60_000).toISOString(),
        'anthropic-ratelimit-output-tokens-limit': '0',
        'anthropic-ratelimit-output-tokens-remaining': '0',
      }),
    ).toEqual([
      { name: 'requests', used: 0.25, limit: 4000, remaining: 3000, resetAt: NOON + 15_000 },
      { name: 'input tokens', used: 1, limit: 400_000, remaining: 0, resetAt: NOON + 60_000 },
    ])
  })

  test('ChatGPT tells a percentage of windows whose length stands beside it, and the end twice', () => {
    expect(
      read(codex, {
        'x-codex-plan-type': 'plus',
        'x-codex-primary-used-percent': '12.5',
        'x-codex-primary-window-minutes': '300',
        'x-codex-primary-reset-after-seconds': '600',
        'x-codex-secondary-used-percent': '100',
        'x-codex-secondary-window-minutes': '10080',
        'x-codex-secondary-reset-at': String(SECONDS + 86_400),
        'x-codex-secondary-reset-after-seconds': '5',
        'x-codex-bengalfox-primary-used-percent': '3',
        'x-codex-bengalfox-primary-window-minutes': '90',
        'x-codex-bengalfox-limit-name': 'another',
        'x-codex-primary-over-secondary-limit-percent': '7',
        'x-codex-credits-has-credits': 'False',
      }),
    ).toEqual([
      { name: '5h', used: 0.125, resetAt: NOON + 600_000 },
      { name: '7d', used: 1, resetAt: NOON + DAY_MS },
      { name: 'bengalfox 90m', used: 0.03 },
    ])
    const untold = { 'x-codex-primary-used-percent': '1', 'x-codex-secondary-used-percent': '2' }
    expect(read(codex, untold).map(({ name }) => name)).toEqual(['5h', '7d'])
  })

  test('those who speak the dialect of OpenAI tell lengths, seconds or moments', () => {
    const headers = (reset: string): Record<string, string> => ({
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '45',
      'x-ratelimit-reset-requests': reset,
    })
    const quarter = { name: 'requests', used: 0.25, limit: 60, remaining: 45 }
    for (const [id, reset, ms] of [
      ['openai', '6m0s', 360_000],
      ['groq', '2m59.56s', 179_560],
      ['openai', '120ms', 120],
      ['cerebras', '33011.38', 33_011_380],
    ] as const) {
      expect(read(compatible(id), headers(reset)), reset).toEqual([{ ...quarter, resetAt: NOON + ms }])
    }
    const plain = { 'x-ratelimit-limit': '20', 'x-ratelimit-remaining': '10', 'x-ratelimit-reset': String(NOON + 5) }
    expect(read(compatible('openrouter'), plain)).toEqual([
      { name: 'requests', used: 0.5, limit: 20, remaining: 10, resetAt: NOON + 5 },
    ])
  })

  test('no more windows are read than a vendor can mean', () => {
    const many = Array.from({ length: 50 }, (_, at) => [`anthropic-ratelimit-unified-${at}h-utilization`, '0.5'])
    expect(read(anthropic, Object.fromEntries(many)).map(({ name }) => name)).toEqual(
      Array.from({ length: 12 }, (_, at) => `${at}h`),
    )
  })

  test('what cannot be is dropped, and the rest of the window stays', () => {
    const unified = 'anthropic-ratelimit-unified'
    expect(
      read(anthropic, {
        [`${unified}-5h-utilization`]: '54',
        [`${unified}-6h-utilization`]: '-1',
        [`${unified}-7h-utilization`]: 'NaN',
        [`${unified}-8h-utilization`]: '0x1',
        [`${unified}-7d-utilization`]: '0.5',
        [`${unified}-7d-reset`]: '9999999999999999',
        'anthropic-ratelimit-tokens-limit': '-1',
        'anthropic-ratelimit-tokens-remaining': '5',
        'anthropic-ratelimit-requests-remaining': '5',
      }),
    ).toEqual([{ name: '7d', used: 0.5 }])
  })
})

describe('the end of a window', () => {
  test.each<[string, number | undefined]>([
    ['30', NOON + 30_000],
    ['0', NOON],
    [String(SECONDS + 60), NOON + MINUTE_MS],
    [String(NOON + 60), NOON + 60],
    [new Date(NOON + HOUR_MS).toISOString(), NOON + HOUR_MS],
    ['1h2m3s', NOON + HOUR_MS + 2 * MINUTE_MS + 3000],
    [' 1d ', NOON + DAY_MS],
    [String(SECONDS - 60), NOON - MINUTE_MS],
    // Absurd, or nothing of the kind.
    ['', undefined],
    ['-5', undefined],
    ['soon', undefined],
    ['6m0', undefined],
    ['m', undefined],
    ['999999999', undefined],
    ['400d', undefined],
    [String(SECONDS - 2 * 86_400), undefined],
    ['9999-12-31T23:59:59Z', undefined],
    ['2026-99-99T00:00:00Z', undefined],
    [`${'1'.repeat(60)}s`, undefined],
  ])('%j is read as it is meant', (text, at) => {
    expect(readReset(text, NOON)).toBe(at)
  })
})

test('whatever comes, reading it throws nothing, and what is read is bounded', async () => {
  const value = fc.oneof(
    fc.string(),
    fc.double().map(String),
    fc.integer().map(String),
    fc.constantFrom('0.5', '6m0s', '1e308', '__proto__'),
  )
  const forms = [named(anthropic), named(codex), named(compatible('openai'))]
  const words = fc.constantFrom('5h', 'requests', 'primary', '', '-', 'constructor', 'a'.repeat(100))
  const fields = fc.constantFrom('utilization', 'limit', 'remaining', 'reset', 'used-percent', 'window-minutes')
  const name = fc.oneof(
    fc.string(),
    fc.tuple(fc.constantFrom(...forms), words, fields).map(([form, word, field]) => `${form.prefix}${word}-${field}`),
    fc.tuple(fc.constantFrom(...forms), words, fields).map(([form, word, field]) => `${form.prefix}${field}-${word}`),
  )
  await holds(
    fc.property(fc.constantFrom(...forms), fc.array(fc.tuple(name, value), { maxLength: 60 }), (form, headers) => {
      const windows = readWindows(form, headers, NOON)
      expect(windows.length).toBeLessThanOrEqual(12)
      for (const { name: called, used, limit = 1, remaining = 0, resetAt = NOON } of windows) {
        expect(called).toMatch(/^[^\p{C}]{1,41}$/u)
        expect(used).toBeGreaterThanOrEqual(0)
        expect(used).toBeLessThanOrEqual(1)
        expect(limit).toBeGreaterThan(0)
        expect(remaining).toBeGreaterThanOrEqual(0)
        expect(Math.abs(resetAt - NOON)).toBeLessThanOrEqual(366 * DAY_MS)
      }
      // What is kept is read again as it was.
      const usage = { at: NOON, windows }
      const again = readUsage(JSON.parse(JSON.stringify(usage)))
      expect(again).toEqual(usage)
    }),
    400,
  )
  await holds(
    fc.property(fc.anything(), (anything) => void readUsage(anything)),
    400,
  )
})

describe('a refusal that says that the window is used up', () => {
  const told = { code: 'usage_limit_reached', retryAt: NOON + 2 * HOUR_MS }
  const both: Usage = {
    at: NOON,
    windows: [
      { name: '5h', used: 0.98, resetAt: NOON + 2 * HOUR_MS + 30_000 },
      { name: '7d', used: 0.4, resetAt: NOON + 3 * DAY_MS },
    ],
  }

  test('marks the window that ends then, to the second', () => {
    expect(afterRefusal(named(codex), both, told, NOON + 1)).toEqual({
      at: NOON + 1,
      windows: [{ name: '5h', used: 1, resetAt: NOON + 2 * HOUR_MS }, both.windows[1]],
    })
  })

  test('is a window of its own where none ends then, and only one', () => {
    const once = afterRefusal(named(codex), undefined, told, NOON)
    expect(once).toEqual({ at: NOON, windows: [{ name: 'limit', used: 1, resetAt: told.retryAt }] })
    const later = { ...told, retryAt: NOON + 9 * HOUR_MS }
    const twice = afterRefusal(named(codex), afterRefusal(named(codex), both, later, NOON), later, NOON + 5)
    expect(twice?.windows.map(({ name }) => name)).toEqual(['5h', '7d', 'limit'])
  })

  test('is no other refusal, and needs an end that can be', () => {
    for (const failure of [
      { code: 'rate_limit_exceeded', retryAt: told.retryAt },
      { code: 'usage_limit_reached' },
      { ...told, retryAt: NOON - 1 },
      { ...told, retryAt: Number.POSITIVE_INFINITY },
      { ...told, retryAt: Number.NaN },
    ]) {
      expect(afterRefusal(named(codex), both, failure, NOON)).toBe(both)
    }
  })
})

test('what was said later counts, unless a clock has jumped back since', () => {
  const at = (ms: number): Usage => ({ at: ms, windows: [] })
  expect(isLaterUsage(at(NOON + 1), at(NOON))).toBe(true)
  expect(isLaterUsage(at(NOON), at(NOON))).toBe(false)
  expect(isLaterUsage(at(NOON + DAY_MS), at(NOON))).toBe(false)
})

describe('what is shown of an account', () => {
  const candidate = (lastUsedAt?: number): Candidate => ({
    id: 'a:1',
    provider: 'a',
    kind: 'oauth',
    source: { kind: 'profile', id: 'a:1', file: '/s' },
    label: 'masked',
    expiry: 'static',
    health: lastUsedAt === undefined ? HEALTHY : { ...HEALTHY, lastUsedAt },
  })
  const usage: Usage = {
    at: NOON,
    windows: [
      { name: '5h', used: 0.9996, resetAt: NOON + HOUR_MS },
      { name: '7d', used: 1, resetAt: NOON + 3 * DAY_MS },
      { name: 'tokens', used: 0.3333 },
    ],
  }
  const shown = (now: number, kept: Usage = usage, of = candidate()): string => {
    const account = accountUsage(of, kept, now)
    return account === undefined ? 'nothing' : usageText(account, now)
  }

  test('is the share that is used and when it begins anew, and says how old it is', () => {
    expect(shown(NOON)).toBe(
      `5h 99% used, resets in 1h (${new Date(NOON + HOUR_MS).toISOString().slice(11, 16)}Z); 7d 100% used, resets in 3d (${new Date(NOON + 3 * DAY_MS).toISOString().slice(0, 10)}); tokens 33% used`,
    )
    expect(shown(NOON + 30 * MINUTE_MS)).toMatch(/; said 30m ago$/)
  })

  test('is marked when it has begun anew, kept from people, and gone after a day', () => {
    const later = accountUsage(candidate(), usage, NOON + 2 * HOUR_MS)
    expect(later?.windows.map(({ label, isOver = false }) => [label, isOver])).toEqual([
      ['5h', true],
      ['7d', false],
      ['tokens', false],
    ])
    expect(shown(NOON + 2 * HOUR_MS)).toMatch(/^7d /)
    const short: Usage = { at: NOON, windows: usage.windows.slice(0, 1) }
    expect(shown(NOON + 2 * HOUR_MS, short)).toBe('')
    expect(shown(NOON + 2 * DAY_MS, short)).toBe('nothing')
  })

  test('is no limit that a refusal told of, once the account has served again', () => {
    const refused: Usage = { at: NOON, windows: [{ name: 'limit', used: 1, resetAt: NOON + HOUR_MS }] }
    expect(shown(NOON + 1, refused, candidate(NOON - 1))).toMatch(/^limit 100% used/)
    expect(shown(NOON + 2, refused, candidate(NOON + 1))).toBe('nothing')
  })
})

test('what is left is that of the tightest window; one that has begun anew is whole, and so is what nobody knows', () => {
  const window = (used: number, resetAt?: number) => ({
    name: 'w',
    used,
    ...(resetAt === undefined ? {} : { resetAt }),
  })
  expect(headroomIn(undefined, NOON)).toBe(1)
  expect(headroomIn({ at: NOON, windows: [] }, NOON)).toBe(1)
  expect(headroomIn({ at: NOON, windows: [window(0.25), window(0.75, NOON + 1)] }, NOON)).toBe(0.25)
  expect(headroomIn({ at: NOON, windows: [window(0.25), window(0.75, NOON)] }, NOON)).toBe(0.75)
  expect(headroomIn({ at: NOON, windows: [window(1.5)] }, NOON)).toBe(0)
})
