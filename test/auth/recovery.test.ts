// Trouble that lasts and trouble that comes and goes, over hours of a clock that the test winds: how soon an account is used again that is well,
// and how often one is tried that is not.
import { afterAll, expect, test } from 'vitest'
import { createTransport } from '../../src/system/send.ts'
import { NOON } from '../support/machine.ts'
import { type Act, keepsSilent, says, vendor } from '../support/vendor.ts'
import { ask } from './ask.ts'
import { key, type Place, place } from './place.ts'

const transport = createTransport()
afterAll(() => transport.close())

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
/** Of streaming calls; others are borne five times as long, so that a busy machine makes no silence where there is none. */
const FIRST_BYTE_MS = 500

const good = says(200, 'data: {"usage":{"input_tokens":3,"output_tokens":4}}\n\n', {
  'content-type': 'text/event-stream',
})
const late = says(504, { type: 'error', error: { type: 'timeout_error', message: 'late' } })
const broke = says(402, { type: 'error', error: { type: 'billing_error', message: 'pay' } })

type Script = Place & { asked: Record<string, number>; does: Record<string, Act> }

/** Accounts in a fixed order, each of which the vendor treats as `does` says at that moment. */
async function accounts(does: Record<string, Act>): Promise<Script> {
  const names = Object.keys(does)
  const keyOf = (name: string): string => `sk-ant-api03-${name.repeat(12)}-canary`
  const asked = Object.fromEntries(names.map((name) => [name, 0]))
  const { origin } = await vendor((response, seen, request) => {
    const name = names.find((one) => keyOf(one) === seen.headers['x-api-key']) ?? ''
    asked[name] = (asked[name] ?? 0) + 1
    does[name]?.(response, seen, request)
  })
  const ids = names.map((name) => `anthropic:${name}`)
  const there = await place({
    profiles: Object.fromEntries(names.map((name) => [`anthropic:${name}`, key(keyOf(name))])),
    order: { anthropic: ids },
    config: {
      models: { providers: { anthropic: { baseUrl: origin } } },
      gateway: { timeouts: { firstByteMs: Object.values(does).includes(keepsSilent) ? FIRST_BYTE_MS : 60_000 } },
    },
  })
  return { ...there, asked, does }
}

test('the only account was topped up hours before its rest ends: it serves within an interval, in the same process', async () => {
  const there = await accounts({ a: broke })
  await ask(there, transport)
  expect(there.view.store.health.get('anthropic:a').disabledUntil).toBe(NOON + 5 * HOUR_MS)
  // A call every ten seconds finds nobody, and the vendor hears of one a minute.
  for (let second = 10; second <= 600; second += 10) {
    there.clock.now = NOON + second * SECOND_MS
    expect((await ask(there, transport, { streaming: false })).refused?.error.code).toBe('no_available_profile')
  }
  expect(there.asked).toEqual({ a: 1 + 10 })

  there.does.a = good
  const paidAt = there.clock.now
  let served = false
  while (!served) {
    there.clock.now += 10 * SECOND_MS
    served = (await ask(there, transport, { streaming: false })).status === 200
    expect(there.clock.now - paidAt).toBeLessThanOrEqual(MINUTE_MS)
  }
  expect(there.view.store.health.get('anthropic:a')).toEqual({
    lastUsedAt: there.clock.now,
    errorCount: 0,
    failureCounts: {},
  })
  there.clock.now += 1
  expect(await ask(there, transport, { streaming: false })).toMatchObject({ status: 200, attempts: 1 })
})

test('an account without money is left alone while another serves, and is back by itself when its rest ends', async () => {
  const there = await accounts({ a: broke, b: good })
  expect(await ask(there, transport, { streaming: false })).toMatchObject({ servedBy: 'anthropic:b', attempts: 2 })
  there.does.a = good
  for (let minute = 1; minute < 5 * 60; minute++) {
    there.clock.now = NOON + minute * MINUTE_MS
    expect(await ask(there, transport, { streaming: false })).toMatchObject({ servedBy: 'anthropic:b', attempts: 1 })
  }
  expect(there.asked).toEqual({ a: 1, b: 300 })
  there.clock.now = NOON + 5 * HOUR_MS
  expect(await ask(there, transport, { streaming: false })).toMatchObject({ servedBy: 'anthropic:a', attempts: 1 })
})

test('a first account that never answers costs one wait for each window of its ladder, however many calls there are', async () => {
  const there = await accounts({ a: keepsSilent, b: good })
  const tries: number[] = []
  // A call a second, and later on, where nothing new happens, one every five.
  for (let second = 0; second < 3600; second += second < 600 ? 1 : 5) {
    there.clock.now = NOON + second * SECOND_MS
    // Two are real silences; what the vendor says of the same at once is of the same class, and does not keep the test.
    const isSilent = tries.length < 2
    if (!isSilent) there.does.a = late
    const before = there.asked.a
    const got = await ask(there, transport, { streaming: isSilent })
    expect([second, got.status, got.servedBy]).toEqual([second, 200, 'anthropic:b'])
    if (there.asked.a !== before) tries.push(second)
    expect(got.attempts).toBe(there.asked.a === before ? 1 : 2)
  }
  expect(there.view.store.health.get('anthropic:a').failureCounts).toEqual({ timeout: tries.length })
  // 10 s, 30 s, then a minute each: never sooner, and never twice in one.
  const windows = tries.slice(1).map((second, at) => second - (tries[at] ?? 0))
  expect(windows).toEqual(windows.map((_, at) => [10, 30][at] ?? 60))
  expect(tries.length).toBeLessThanOrEqual(2 + 60)
})

test('a first account that answers every other time it is tried costs no more, and begins at the foot of its ladder again', async () => {
  const there = await accounts({ a: late, b: good })
  const failed: number[] = []
  for (let second = 0; second < 600; second++) {
    there.clock.now = NOON + second * SECOND_MS
    const before = there.asked.a
    const { attempts, status } = await ask(there, transport, { streaming: false })
    expect([second, status]).toEqual([second, 200])
    if (attempts === 2) failed.push(second)
    if (there.asked.a !== before) there.does.a = attempts === 2 ? good : late
  }
  // Back after ten seconds, a second of service, and the next failure.
  expect(failed.slice(0, 3)).toEqual([0, 11, 22])
  expect(failed).toEqual(failed.map((_, at) => 11 * at))
})
