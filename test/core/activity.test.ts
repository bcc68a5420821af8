// What happened lately, out of the ledger's lines: calls put together in whatever sequence they come, and sums that leave nothing out.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addLine, chartOf, emptyActivity } from '../../src/core/activity.ts'
import type { LedgerLine } from '../../src/core/ledger.ts'

const MINUTE = 60_000
const NOW = Date.UTC(2026, 5, 1, 12, 30, 20)

const line = (extra: Partial<LedgerLine> = {}): LedgerLine => ({
  at: NOW,
  call: 'c1',
  attempt: 1,
  agent: 'main',
  face: 'api',
  endpoint: 'messages',
  session: '',
  model: 'anthropic/claude-opus-4-6',
  profile: 'anthropic:work',
  outcome: 'served',
  ms: 900,
  ...extra,
})

describe('a call', () => {
  test('is one, however many accounts were asked and in whatever sequence their lines come', () => {
    const lines = [
      line({ profile: 'anthropic:limited', outcome: 'stepped_over', class: 'rate_limit', status: 429, ms: 100 }),
      line({ attempt: 2, at: NOW + 110, cost: 0.002, tokens: { input: 10, output: 5, cacheRead: 90, cacheWrite: 0 } }),
    ]
    const calls = [lines, [...lines].reverse()].map((sequence) => {
      const activity = emptyActivity(0)
      return sequence.map((one) => addLine(activity, one)).at(-1)
    })
    for (const call of calls) {
      expect(call).toMatchObject({ call: 'c1', at: NOW, outcome: 'served', ms: 1010, cost: 0.002 })
      expect(call?.attempts.map(({ profile, outcome, why }) => [profile, outcome, why])).toEqual([
        ['anthropic:limited', 'stepped_over', 'rate_limit'],
        ['anthropic:work', 'served', undefined],
      ])
    }
  })

  test('that fell back is named by the model that was asked for', () => {
    const activity = emptyActivity(0)
    addLine(activity, line({ outcome: 'stepped_over' }))
    const call = addLine(
      activity,
      line({ attempt: 2, model: 'openai/gpt-5.1', insteadOf: 'anthropic/claude-opus-4-6' }),
    )
    expect(call).toMatchObject({ model: 'anthropic/claude-opus-4-6', attempts: [{}, { model: 'openai/gpt-5.1' }] })
  })
})

describe('a chart', () => {
  test('has the present span last, and says since when it knows', () => {
    const activity = emptyActivity(NOW - 5 * MINUTE)
    addLine(activity, line({ cost: 0.5 }))
    addLine(activity, line({ call: 'c2', at: NOW - 2 * MINUTE, class: 'auth', outcome: 'refused' }))
    const chart = chartOf(activity, NOW, { stepMs: MINUTE, bars: 60 })
    expect(chart.bars).toHaveLength(60)
    expect(chart.bars[59]).toMatchObject({ calls: 1, failed: 0, cost: 0.5 })
    expect(chart.bars[57]).toMatchObject({ calls: 1, failed: 1, cost: null })
    expect(chart.total).toMatchObject({ calls: 2, failed: 1, cost: 0.5 })
    expect(chart.since).toBe(NOW - 5 * MINUTE)
    expect(chart.accounts).toEqual([{ id: 'anthropic:work', cells: expect.any(Array) }])
    expect(chart.accounts[0]?.cells.slice(-3)).toEqual(['refused', 'idle', 'served'])
  })

  test('sums up to what its bars hold, whatever the spans', () => {
    const lines = fc.array(
      fc.record({ ago: fc.integer({ min: 0, max: 3 * 60 * MINUTE }), output: fc.nat(1000), cost: fc.nat(100) }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(lines, fc.constantFrom(MINUTE, 5 * MINUTE, 15 * MINUTE), (all, stepMs) => {
        const activity = emptyActivity(0)
        for (const [at, { ago, output, cost }] of all.entries()) {
          addLine(
            activity,
            line({ call: `c${at}`, at: NOW - ago, cost, tokens: { input: 0, output, cacheRead: 0, cacheWrite: 0 } }),
          )
        }
        const chart = chartOf(activity, NOW, { stepMs, bars: 40 })
        const inside = all.filter(({ ago }) => NOW - ago >= chart.from)
        expect(chart.total.calls).toBe(inside.length)
        expect(chart.total.output).toBe(inside.reduce((sum, { output }) => sum + output, 0))
        expect(chart.bars.reduce((sum, { calls }) => sum + calls, 0)).toBe(chart.total.calls)
        expect(chart.total.cost ?? 0).toBe(inside.reduce((sum, { cost }) => sum + cost, 0))
      }),
      { numRuns: 100 },
    )
  })

  test('keeps a day, and no more', () => {
    const activity = emptyActivity(0)
    for (let minute = 0; minute < 3 * 24 * 60; minute++)
      addLine(activity, line({ call: `c${minute}`, at: minute * MINUTE }))
    expect(activity.minutes.size).toBeLessThanOrEqual(24 * 60 + 61)
    expect(activity.calls.size).toBeLessThanOrEqual(1000)
  })
})
