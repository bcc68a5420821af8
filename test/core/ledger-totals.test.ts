// What many lines come to: nothing is lost by grouping, and nothing is counted twice.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LedgerLine } from '../../src/core/ledger.ts'
import { GROUPINGS, rowsBy, totalsOfLines } from '../../src/core/ledger-totals.ts'

const DAY = 24 * 60 * 60_000
const tokens = fc.record({ input: fc.nat(99), output: fc.nat(99), cacheRead: fc.nat(99), cacheWrite: fc.nat(99) })
const few = (...names: string[]) => fc.constantFrom(...names)
const lines: fc.Arbitrary<LedgerLine[]> = fc.array(
  fc
    .record({
      at: fc.nat(3).map((day) => day * DAY + 5),
      call: few('c1', 'c2', 'c3'),
      agent: few('main', 'work'),
      face: few('api', 'chat'),
      session: few('', '3f2a', 'agent:main:main'),
      model: few('p/a', 'p/b'),
      profile: few('p:1', 'p:2', ''),
      outcome: fc.constantFrom<LedgerLine['outcome']>('served', 'stepped_over'),
      tokens: fc.option(tokens, { nil: undefined }),
      cost: fc.option(fc.nat(9), { nil: undefined }),
    })
    .map(({ tokens: told, cost, profile, ...line }) => ({
      ...{ ...line, attempt: 1, endpoint: 'messages', ms: 1 },
      ...(profile === '' ? {} : { profile }),
      ...(told === undefined ? {} : { tokens: told }),
      ...(cost === undefined ? {} : { cost }),
    })),
)

test('the rows of every grouping come to the totals', () => {
  fc.assert(
    fc.property(lines, fc.constantFrom(...GROUPINGS), (some, by) => {
      const totals = totalsOfLines(some)
      const rows = rowsBy(some, by)
      for (const field of ['attempts', 'served', 'input', 'output', 'cacheRead', 'cacheWrite'] as const)
        expect(rows.reduce((sum, row) => sum + row[field], 0)).toBe(totals[field])
      expect(rows.reduce((sum, row) => sum + (row.cost ?? 0), 0)).toBe(totals.cost ?? 0)
      expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length)
      for (const { calls } of rows) expect(calls).toBeLessThanOrEqual(totals.calls)
      expect(totals.attempts).toBe(some.filter(({ profile }) => profile !== undefined).length)
      // An unknown price is not a price of nothing.
      expect(totals.cost === null).toBe(!some.some(({ cost, profile }) => cost !== undefined && profile !== undefined))
    }),
  )
})
