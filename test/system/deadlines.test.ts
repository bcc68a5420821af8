// Waits with one timer for all of them: each ends at its own time, whatever ended or was moved meanwhile.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Deadlines } from '../../src/system/deadlines.ts'

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => vi.useRealTimers())

/** Waits by name; what was late, and when. */
function stage() {
  const deadlines = new Deadlines()
  const late: [string, number][] = []
  const from = performance.now()
  const wait = (name: string, ms: number) => deadlines.wait(ms, () => late.push([name, performance.now() - from]))
  return { deadlines, late, wait }
}

test('each is late at its own time, in whatever order they began', () => {
  const { late, wait } = stage()
  wait('long', 900)
  wait('short', 200)
  wait('middle', 500)
  vi.advanceTimersByTime(2000)
  expect(late).toEqual([
    ['short', 200],
    ['middle', 500],
    ['long', 900],
  ])
})

test('who came in time is never late, and the others still are', () => {
  const { late, wait } = stage()
  const first = wait('first', 200)
  wait('second', 300)
  first.end()
  first.end()
  vi.advanceTimersByTime(2000)
  expect(late).toEqual([['second', 300]])
})

test('a wait that is moved ends later, or earlier, and once', () => {
  const { late, wait } = stage()
  const one = wait('later', 200)
  const other = wait('earlier', 1000)
  vi.advanceTimersByTime(150)
  one.restart(400)
  other.restart(100)
  vi.advanceTimersByTime(5000)
  expect(late).toEqual([
    ['earlier', 250],
    ['later', 550],
  ])
})

test('one timer serves a thousand waits that end in time, and is gone when nobody waits', () => {
  const { late, wait } = stage()
  for (let index = 0; index < 1000; index++) {
    wait('never', 500).end()
    vi.advanceTimersByTime(1)
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1)
  }
  vi.advanceTimersByTime(5000)
  expect(vi.getTimerCount()).toBe(0)
  expect(late).toEqual([])
})

test('a wait that ends another one, and begins one, is heard by both', () => {
  const { deadlines, late, wait } = stage()
  let second: { end(): void } | undefined
  deadlines.wait(100, () => {
    second?.end()
    wait('third', 50)
  })
  second = wait('second', 100)
  vi.advanceTimersByTime(5000)
  expect(late).toEqual([['third', 150]])
})

test('a mistake in what one does when it is late costs no other its end', () => {
  const { deadlines, late, wait } = stage()
  deadlines.wait(100, () => {
    throw new Error('a mistake')
  })
  wait('beside it', 100)
  wait('later', 300)
  expect(() => vi.advanceTimersByTime(100)).toThrow('a mistake')
  vi.advanceTimersByTime(1000)
  expect(late.map(([name]) => name)).toEqual(['beside it', 'later'])
})
