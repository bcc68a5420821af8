// Taking back a change: what may come back, which changes stand after a crash, and how long they are kept.
import { expect, test } from 'vitest'
import { isUndoable, standing, UNDO_MS, undoingOf, type Verdict, verdictOf } from '../../src/core/undo.ts'

test.each<[string, Parameters<typeof verdictOf>[0], Verdict]>([
  ['what the change put there gives way', { isAsBefore: false, isAsAfter: true, isSpent: false }, 'restored'],
  ['what somebody else put there stays', { isAsBefore: false, isAsAfter: false, isSpent: false }, 'changed'],
  ['a spent login does not come back', { isAsBefore: false, isAsAfter: true, isSpent: true }, 'spent'],
  ['what is there already needs nothing', { isAsBefore: true, isAsAfter: false, isSpent: true }, 'same'],
])('%s', (_what, thing, verdict) => {
  expect(verdictOf(thing)).toBe(verdict)
})

test('nothing comes back unless the change put there what is there now', () => {
  const both = [true, false]
  const all = both.flatMap((isAsBefore) =>
    both.flatMap((isAsAfter) => both.map((isSpent) => ({ isAsBefore, isAsAfter, isSpent }))),
  )
  expect(all.filter((one) => verdictOf(one) === 'restored')).toEqual([
    { isAsBefore: false, isAsAfter: true, isSpent: false },
  ])
})

const one = (id: string, verdicts: Verdict[], undoes?: string) => ({
  id,
  verdicts,
  ...(undoes === undefined ? {} : { undoes }),
})
const ids = (changes: readonly { id: string }[]): string[] => changes.map(({ id }) => id)

test('a change of which nothing is to be seen did not take place; what it would have taken back stands', () => {
  expect(ids(standing([one('c', ['same', 'same'], 'b'), one('b', ['restored'])]))).toEqual(['b'])
  expect(ids(standing([one('c', ['same', 'restored'], 'b'), one('b', ['same', 'changed'])]))).toEqual(['c'])
  expect(ids(standing([one('c', ['changed'], 'b'), one('b', ['changed']), one('a', ['restored'])]))).toEqual(['c', 'a'])
})

test('a change is kept for three days, whatever the clock does', () => {
  expect([0, UNDO_MS - 1, UNDO_MS, -UNDO_MS].map((age) => isUndoable(1e12, 1e12 + age))).toEqual([
    true,
    true,
    false,
    false,
  ])
})

test('taken back twice, a change has its first name again', () => {
  expect([undoingOf('logout'), undoingOf(undoingOf('logout'))]).toEqual(['undo of logout', 'logout'])
})
