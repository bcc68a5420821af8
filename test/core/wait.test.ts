// How long a call is held when everything rests.
import { expect, test } from 'vitest'
import { spreadMs, waitMs } from '../../src/core/wait.ts'
import { NOON } from '../support/machine.ts'

test.each<[string, number | undefined, number, number, number | undefined]>([
  ['nobody comes back', undefined, 60_000, 0, undefined],
  ['the first is back too late', NOON + 60_001, 60_000, 0, undefined],
  ['the first is back in time', NOON + 60_000, 60_000, 0, 60_000],
  ['the first is back already', NOON - 5, 60_000, 0, 0],
  ['no time is left', NOON + 1, 0, 0, undefined],
  ['it comes back last of all', NOON + 1000, 60_000, 1, 1200],
  ['a long wait spreads wider', NOON + 60_000, 60_000, 0.5, 61_000],
])('when %s', (_what, soonest, left, share, ms) => {
  expect(waitMs(NOON, soonest, left, share)).toBe(ms)
})

test('those who wait come back over a tenth of their wait, and over two seconds at most', () => {
  expect([0, 1000, 10_000, 300_000].map(spreadMs)).toEqual([100, 200, 1100, 2000])
})
