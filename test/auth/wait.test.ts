// Calls that are held: counted, capped, and called back when an account is there again.
import { describe, expect, test } from 'vitest'
import { callWaiting, endWaiting, Patience, waitsOf } from '../../src/auth/wait.ts'
import { NOON } from '../support/machine.ts'
import { key, type Place, type Plan, place } from './place.ts'

const A = 'sk-ant-api03-aaaaaaaaaaaa-canary'

type Timer = { ms: number; fire: () => void; isCancelled: boolean }

/** An agent with one account that rests for so long, and timers that the test winds. */
async function resting(restMs: number, maxMs = 60_000): Promise<Place & { timers: Timer[]; open(): Timer[] }> {
  const plan: Plan = {
    profiles: { 'anthropic:a': key(A) },
    usage: {
      'anthropic:a': { cooldownUntil: NOON + restMs, cooldownReason: 'rate_limit', errorCount: 1, lastFailureAt: NOON },
    },
    config: { auth: { wait: { maxMs } } },
  }
  const there = await place(plan)
  const timers: Timer[] = []
  there.system.timer = (ms, fire) => {
    const timer = { ms, fire, isCancelled: false }
    timers.push(timer)
    return {
      cancel: () => {
        timer.isCancelled = true
      },
    }
  }
  there.system.randomBytes = (count) => new Uint8Array(count)
  return { ...there, timers, open: () => timers.filter(({ isCancelled }) => !isCancelled) }
}

const patience = ({ view, clock }: Place, provider = 'anthropic'): Patience =>
  new Patience(view, provider, () => ({ now: clock.now, tried: new Set(['anthropic:a']) }))

describe('a call', () => {
  test('is held until the first account is back, and not longer than it may', async () => {
    const there = await resting(40_000)
    let went = 0
    expect(patience(there).hold(() => went++)).toBe(true)
    expect(there.open().map(({ ms }) => ms)).toEqual([40_000])
    expect(waitsOf(there.view.home)).toEqual({ open: 1, total: 1 })
    there.open()[0]?.fire()
    expect([went, waitsOf(there.view.home).open]).toEqual([1, 0])
  })

  test('is not held where nobody is back in time, nobody rests, or nothing is configured', async () => {
    expect(patience(await resting(60_001)).hold(() => undefined)).toBe(false)
    expect(patience(await resting(-1)).hold(() => undefined)).toBe(false)
    expect(patience(await resting(1000, 0)).hold(() => undefined)).toBe(false)
    expect(patience(await resting(1000), 'nobody').hold(() => undefined)).toBe(false)
  })

  test('waits again when it is refused again, but all its waits are within one time', async () => {
    const there = await resting(40_000)
    const waits = patience(there)
    expect(waits.hold(() => undefined)).toBe(true)
    there.open()[0]?.fire()
    there.clock.now += 30_000
    expect(waits.hold(() => undefined)).toBe(true)
    there.open()[0]?.fire()
    there.clock.now = NOON + 35_000
    there.view.store.health.apply('anthropic:a', { kind: 'reset', at: NOON })
    const failure = { class: 'rate_limit', scope: 'account', detail: '', retryAt: NOON + 60_001 } as const
    there.view.store.health.apply('anthropic:a', { kind: 'failed', at: NOON + 35_000, failure })
    await there.view.reload()
    expect(waits.hold(() => undefined)).toBe(false)
    expect(patience(there).hold(() => undefined)).toBe(true)
  })

  test('is lent no time by a clock that jumps back', async () => {
    const there = await resting(40_000)
    const waits = patience(there)
    expect(waits.hold(() => undefined)).toBe(true)
    there.open()[0]?.fire()
    there.clock.now -= 600_000
    expect(waits.hold(() => undefined)).toBe(false)
  })

  test('whose caller has gone waits no longer', async () => {
    const there = await resting(40_000)
    const waits = patience(there)
    waits.hold(() => {
      throw new Error('nobody is there')
    })
    waits.end()
    expect([there.open(), waitsOf(there.view.home)]).toEqual([[], { open: 0, total: 1 }])
  })

  test('is called when a person clears the health, a moment later and once', async () => {
    const there = await resting(40_000)
    there.system.randomBytes = (count) => new Uint8Array(count).fill(255)
    let went = 0
    patience(there).hold(() => went++)
    callWaiting(there.view.home)
    expect(there.open().map(({ ms }) => ms)).toEqual([42_000])
    there.view.store.health.apply('anthropic:a', { kind: 'reset', at: NOON })
    await there.view.reload()
    await Promise.resolve()
    callWaiting(there.view.home)
    const left = there.open().filter(({ ms }) => ms !== 50 && ms !== 1000)
    expect(left.map(({ ms }) => ms)).toEqual([100])
    // Each reading of health that follows would put it off again.
    expect(there.timers.filter(({ ms }) => ms === 100)).toHaveLength(1)
    left[0]?.fire()
    expect([went, waitsOf(there.view.home).open]).toEqual([1, 0])
  })
})

test('64 calls wait at once, and the next one is refused as if nobody did', async () => {
  const there = await resting(40_000)
  const waits = Array.from({ length: 64 }, () => patience(there))
  expect(waits.map((one) => one.hold(() => undefined))).toEqual(waits.map(() => true))
  expect(patience(there).hold(() => undefined)).toBe(false)
  waits[0]?.end()
  expect(patience(there).hold(() => undefined)).toBe(true)
})

test('nobody is held by a gateway that stops', async () => {
  const there = await resting(40_000)
  let went = 0
  patience(there).hold(() => went++)
  endWaiting(there.view.home)
  expect([went, patience(there).hold(() => undefined), waitsOf(there.view.home).open]).toEqual([1, false, 0])
})
