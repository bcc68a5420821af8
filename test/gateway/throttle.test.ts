// The budgets for wrong tokens, on a clock of their own: who is shut out, by whose guessing, and for how long.
import { describe, expect, test } from 'vitest'
import { LOOPBACK } from '../../src/gateway/address.ts'
import { Throttle } from '../../src/gateway/throttle.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Tries once, as the gate does. @returns whether the token was looked at */
function guess(throttle: Throttle, bucket: string, now: number): boolean {
  if (throttle.blockedUntil(bucket, now) > 0) return false
  throttle.failed(bucket, now)
  return true
}

describe('wrong tokens', () => {
  test('of one address are looked at ten times a minute and no more (S4)', () => {
    const throttle = new Throttle()
    const looked = Array.from({ length: 50 }, (_, i) => guess(throttle, '192.0.2.1', i * 1000)).filter(Boolean)
    expect(looked).toHaveLength(10)
    expect(throttle.blockedUntil('192.0.2.1', 9000)).toBe(9000 + MINUTE_MS)
  })

  test('of others shut out who guesses too, and nobody who showed none', () => {
    const throttle = new Throttle()
    for (let i = 0; i < 10; i++) guess(throttle, `192.0.2.${i}`, i)
    expect(throttle.blockedUntil('192.0.2.3', 20)).toBeGreaterThan(20)
    expect(throttle.blockedUntil(LOOPBACK, 20)).toBe(0)
    expect(throttle.blockedUntil('192.0.2.99', 20)).toBe(0)
  })

  test('of ever new addresses come to an end in an hour, and leave this machine its own budget; all together 600 (S4)', () => {
    const throttle = new Throttle()
    let far = 0
    let near = 0
    for (let i = 0; i < 3600; i++) if (guess(throttle, `2001:db8:0:${i}`, i * 1000)) far++
    expect(throttle.blockedUntil(LOOPBACK, HOUR_MS - 1)).toBe(0)
    const slow = new Throttle()
    for (let i = 0; i < 540; i++) if (guess(slow, LOOPBACK, i * 6667)) near++
    expect(far).toBe(300)
    expect(near).toBe(300)
    expect(throttle.blockedUntil('2001:db8:1:1', HOUR_MS - 1)).toBeGreaterThan(0)
    expect(throttle.blockedUntil('2001:db8:1:1', HOUR_MS)).toBe(0)
  })
})
