// Several processes on one state directory, one clock for all of them in the test's hand: an account that rests is tried early by one of them, once an interval.
import { afterAll, expect, test } from 'vitest'
import { call } from '../../src/auth/call.ts'
import { DAY_MS, MINUTE_MS } from '../../src/core/expiry.ts'
import { createTransport } from '../../src/system/send.ts'
import { NOON } from '../support/machine.ts'
import { type Act, says, type Vendor, vendor } from '../support/vendor.ts'
import { key, lay, type Place, type Plan, place } from './place.ts'

const PROCESSES = 4
const A = 'sk-ant-api03-aaaaaaaaaaaa-canary'

const transport = createTransport()
afterAll(() => transport.close())

type Fleet = {
  vendor: Vendor
  places: Place[]
  /** Every process asks once, all at the same time. @returns how many were served */
  askAll(): Promise<number>
  /** Lets time pass, and what one process wrote reach the others. */
  pass(ms: number): Promise<void>
}

async function fleet(act: Act, plan: Plan = {}): Promise<Fleet> {
  const there = await vendor(act)
  const state = lay({
    profiles: { 'anthropic:a': key(A) },
    ...plan,
    config: { models: { providers: { anthropic: { baseUrl: there.origin } } } },
  })
  const places: Place[] = []
  for (let count = 0; count < PROCESSES; count++) places.push(await place({}, state))
  return {
    vendor: there,
    places,
    askAll: async () => (await Promise.all(places.map((place) => ask(place)))).filter(Boolean).length,
    pass: async (ms) => {
      for (const { clock } of places) clock.now += ms
      await Promise.all(places.map(({ auth }) => auth.flush()))
      await Promise.all(places.map(({ view }) => view.reload()))
    },
  }
}

/** @param then hears how the call is given up @returns whether it was served */
function ask({ view }: Place, then?: (abort: () => void) => void, by = transport): Promise<boolean> {
  const body = Buffer.from('{"model":"m"}')
  return new Promise((resolve) => {
    const running = call(
      view,
      by,
      {
        provider: 'anthropic',
        endpoint: 'messages',
        method: 'POST',
        model: 'm',
        body: [body],
        bodyBytes: body.length,
        headers: ['content-type', 'application/json'],
        streaming: false,
      },
      {
        begin: () => undefined,
        data: () => true,
        end: () => resolve(true),
        broken: () => resolve(false),
        refused: () => resolve(false),
      },
    )
    then?.(() => running.abort())
  })
}

const good = says(200, { usage: { input_tokens: 1, output_tokens: 1 } })

test('four processes with one account that rests: one of them tries it, the others are refused and hear why', async () => {
  const {
    vendor: there,
    places,
    askAll,
    pass,
  } = await fleet(says(402, {}), {
    usage: {
      'anthropic:a': { disabledUntil: NOON + DAY_MS, disabledReason: 'billing', errorCount: 1, lastFailureAt: NOON },
    },
  })
  await pass(MINUTE_MS)
  await askAll()
  expect(there.seen.length).toBe(1)
  for (const { view, clock } of places) {
    expect(view.store.health.get('anthropic:a')).toMatchObject({ lastProbeAt: clock.now, disabledUntil: NOON + DAY_MS })
  }
  await askAll()
  await pass(MINUTE_MS - 1)
  await askAll()
  expect(there.seen.length).toBe(1)
  await pass(1)
  await askAll()
  expect(there.seen.length).toBe(2)
})

test('a model that rests alone is tried early by one process alone', async () => {
  const limit = { type: 'error', error: { type: 'not_found_error', message: 'model: m' } }
  const rest = { cooldownUntil: NOON + DAY_MS, cooldownReason: 'rate_limit', errorCount: 1, lastFailureAt: NOON }
  const {
    vendor: there,
    askAll,
    pass,
  } = await fleet(says(529, limit), {
    usage: { 'anthropic:a': { models: { m: rest } } },
  })
  await pass(MINUTE_MS)
  await askAll()
  expect(there.seen.length).toBe(1)
})

test('an outage of seven minutes that was announced as one of six days: one try an interval, and an answer within a minute of its end', async () => {
  let isOut = true
  const {
    vendor: there,
    places,
    askAll,
    pass,
  } = await fleet((...args) =>
    isOut ? says(429, {}, { 'retry-after': String((6 * DAY_MS) / 1000) })(...args) : good(...args),
  )
  const clock = places[0]?.clock ?? { now: 0 }
  // Nobody knows yet: each finds out by itself.
  expect(await askAll()).toBe(0)
  expect(there.seen.length).toBeLessThanOrEqual(PROCESSES)
  const tries: number[] = []
  let servedAt = 0
  while (servedAt === 0 && clock.now < NOON + 15 * MINUTE_MS) {
    await pass(5000)
    isOut = clock.now < NOON + 7 * MINUTE_MS
    const before = there.seen.length
    const served = await askAll()
    if (served > 0) servedAt = clock.now
    // Once it serves again, it serves everybody.
    else for (let count = before; count < there.seen.length; count++) tries.push(clock.now)
  }
  expect(servedAt).toBeGreaterThanOrEqual(NOON + 7 * MINUTE_MS)
  expect(servedAt).toBeLessThanOrEqual(NOON + 8 * MINUTE_MS)
  expect(tries.length).toBe(6)
  for (const [at, time] of tries.entries()) expect(time - (tries[at - 1] ?? NOON)).toBeGreaterThanOrEqual(MINUTE_MS)
  await pass(1000)
  expect(await askAll()).toBe(PROCESSES)
})

test('who was refused alone is marked by those, too, who find that another process has the early try', async () => {
  const B = 'sk-ant-api03-bbbbbbbbbbbb-canary'
  const { places, askAll, pass } = await fleet(says(403, {}), {
    profiles: { 'anthropic:a': key(A), 'anthropic:b': key(B) },
    usage: {
      'anthropic:b': { disabledUntil: NOON + DAY_MS, disabledReason: 'billing', errorCount: 1, lastFailureAt: NOON },
    },
  })
  await pass(MINUTE_MS)
  await askAll()
  const rests = places.map(({ view }) => view.store.health.get('anthropic:a').cooldownUntil !== undefined)
  // One had the try, and was told the same by the other account: it blames nobody.
  expect(rests.filter(Boolean).length).toBe(PROCESSES - 1)
})

test('a client that goes away while the right is asked for leaves the try to the next one', async () => {
  const {
    vendor: there,
    places,
    pass,
  } = await fleet(good, {
    usage: {
      'anthropic:a': { disabledUntil: NOON + DAY_MS, disabledReason: 'billing', errorCount: 1, lastFailureAt: NOON },
    },
  })
  await pass(MINUTE_MS)
  const [one, two] = places
  if (one === undefined || two === undefined) throw new Error('no process')
  const running = ask(one, (abort) => abort())
  // The right comes, is given back, and the other process hears of it.
  await pass(0)
  await pass(0)
  expect([there.seen.length, await ask(two), there.seen.length]).toEqual([0, true, 1])
  expect(await Promise.race([running, 'not answered'])).toBe('not answered')
})

test('a mistake of ours behind a wait is told to the client, and ends that call alone', async () => {
  const { places, pass } = await fleet(good, {
    usage: {
      'anthropic:a': { disabledUntil: NOON + DAY_MS, disabledReason: 'billing', errorCount: 1, lastFailureAt: NOON },
    },
  })
  await pass(MINUTE_MS)
  const [one] = places
  if (one === undefined) throw new Error('no process')
  const broken = {
    ...transport,
    send: () => {
      throw new Error('a mistake')
    },
  }
  expect(await ask(one, undefined, broken)).toBe(false)
  expect(one.logged.join()).toMatch(/a call failed inside.*a mistake/)
})

test('a disk that refuses the mark, and one that does not answer in time, keep nobody from trying', async () => {
  const plan: Plan = {
    usage: {
      'anthropic:a': { disabledUntil: NOON + DAY_MS, disabledReason: 'billing', errorCount: 1, lastFailureAt: NOON },
    },
  }
  const full = new Error('full')
  let release = (): void => undefined
  const stuck = (): Promise<never> =>
    new Promise<never>((_, reject) => {
      release = () => reject(full)
    })
  for (const write of [() => Promise.reject(full), stuck]) {
    const { vendor: there, places, pass } = await fleet(good, plan)
    await pass(MINUTE_MS)
    const one = places[0]
    if (one === undefined) throw new Error('no process')
    const { writeDurable } = one.system.files
    one.system.files.writeDurable = write
    expect(await ask(one)).toBe(true)
    expect(there.seen.length).toBe(1)
    one.system.files.writeDurable = writeDurable
    release()
  }
})
