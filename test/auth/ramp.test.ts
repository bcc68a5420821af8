// Accounts that come back from a rest: one call first, twice as many at once with each answer, and nobody out of reach meanwhile.
import { afterAll, expect, test } from 'vitest'
import { call } from '../../src/auth/call.ts'
import { waitsOf } from '../../src/auth/wait.ts'
import type { PinWish } from '../../src/core/pick.ts'
import { createTransport } from '../../src/system/send.ts'
import { NOON } from '../support/machine.ts'
import { type Act, keepsSilent, says, type Vendor, vendor } from '../support/vendor.ts'
import { key, type Place, place } from './place.ts'

const transport = createTransport()
afterAll(() => transport.close())

const A = 'sk-ant-api03-aaaaaaaaaaaa-canary'
const B = 'sk-ant-api03-bbbbbbbbbbbb-canary'
const stream = { 'content-type': 'text/event-stream' }
const CONTENT = 'event: content_block_delta\n\n'
const rested = (reason = 'rate_limit'): object => ({
  cooldownUntil: NOON - 1,
  cooldownReason: reason,
  errorCount: 1,
  lastFailureAt: NOON - 60_000,
})

type There = Place & { vendor: Vendor; finish(): void; keys(): string[] }

/** Accounts in a fixed order; answers begin at once and end when the test says so, or as `act` does it. */
async function accounts(ids: readonly ('a' | 'b')[], usage: Record<string, object>, act?: Act): Promise<There> {
  const open: (() => void)[] = []
  const slow: Act = (response) => {
    response.writeHead(200, stream)
    response.write(CONTENT)
    open.push(() => response.end())
  }
  const there = await vendor(act ?? slow)
  const opened = await place({
    profiles: Object.fromEntries(ids.map((id) => [`anthropic:${id}`, key(id === 'a' ? A : B)])),
    order: { anthropic: ids.map((id) => `anthropic:${id}`) },
    usage,
    config: { models: { providers: { anthropic: { baseUrl: there.origin } } } },
  })
  return {
    ...opened,
    vendor: there,
    finish: () => open.shift()?.(),
    keys: () => there.seen.map(({ headers }) => headers['x-api-key']?.slice(13, 14) ?? ''),
  }
}

type Asked = { state: string; standsIn?: true; abort(): void; over: Promise<unknown> }

function ask({ view }: Place, pin?: PinWish): Asked {
  let done = (_: unknown): void => undefined
  const asked: Asked = {
    state: 'asked',
    abort: () => running.abort(),
    over: new Promise((resolve) => (done = resolve)),
  }
  const ends = (state: string): void => done(Object.assign(asked, { state }))
  const running = call(
    view,
    transport,
    {
      provider: 'anthropic',
      model: 'claude-opus-4-6',
      endpoint: 'messages',
      method: 'POST',
      bodyBytes: 0,
      headers: [],
      streaming: true,
      ...(pin === undefined ? {} : { pin }),
    },
    {
      begin: ({ access }) => {
        asked.state = 'begun'
        if (access.standsIn === true) asked.standsIn = true
      },
      data: () => true,
      end: () => ends('served'),
      broken: () => ends('broken'),
      refused: () => ends('refused'),
    },
  )
  return asked
}

const until = async (what: () => boolean): Promise<void> => {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 2))
}

const ramps = ({ view }: Place): number[][][] | undefined =>
  view
    .facts()
    .providers.get('anthropic')
    ?.candidates.map((one) => [...(one.ramps?.values() ?? [])].map(({ open, most }) => [open, most]))

test('other accounts go first for all calls but one, then but two, and a conversation stays with its account', async () => {
  const there = await accounts(['a', 'b'], { 'anthropic:a': rested() })
  const first = ask(there)
  const others = [ask(there), ask(there), ask(there, { id: 'anthropic:a', by: 'auto' })]
  await until(() => [first, ...others].every(({ state }) => state === 'begun'))
  expect(there.keys().sort()).toEqual(['a', 'b', 'b', 'b'])
  expect(others[2]?.standsIn).toBe(true)
  // The first answer has begun: there may be a second call at once, and no third.
  await until(() => JSON.stringify(ramps(there)) === '[[[1,2]],[]]')
  const more = [ask(there), ask(there)]
  await until(() => more.every(({ state }) => state === 'begun'))
  expect(there.keys().sort()).toEqual(['a', 'a', 'b', 'b', 'b', 'b'])
  for (let count = 0; count < 6; count++) there.finish()
  await Promise.all([first, ...others, ...more].map(({ over }) => over))
  expect(ramps(there)).toEqual([[[0, 4]], []])
})

test('the only account gets one call, and more as it answers; every call is served', async () => {
  const there = await accounts(['a'], { 'anthropic:a': rested('overloaded') })
  // None of them waits until its own time has come: an answer calls the next ones.
  const { timer } = there.system
  there.system.randomBytes = (count) => new Uint8Array(count).fill(255)
  there.system.timer = (ms, fire) => timer(ms === 1000 ? 60_000 : ms, fire)
  const seen: [open: number, most: number][] = []
  const look = setInterval(() => seen.push(...((ramps(there)?.[0] ?? []) as [number, number][])), 0)
  const all = Array.from({ length: 12 }, () => ask(there))
  expect([ramps(there), waitsOf(there.view.home)]).toEqual([[[[1, 1]]], { open: 11, total: 11 }])
  await until(() => all.every(({ state }) => state === 'begun'))
  clearInterval(look)
  expect(seen.filter(([open, most]) => open > most)).toEqual([])
  for (const _ of all) there.finish()
  await Promise.all(all.map(({ over }) => over))
  expect(all.map(({ state }) => state)).toEqual(all.map(() => 'served'))
  expect(waitsOf(there.view.home)).toEqual({ open: 0, total: 11 })
  // It is as before: whoever comes now finds nothing of it.
  ask(there).abort()
  expect(ramps(there)).toEqual([[]])
})

test('an account that says nothing keeps nobody waiting for long, and who leaves does not wait', async () => {
  const there = await accounts(['a'], { 'anthropic:a': rested() }, keepsSilent)
  const delays: number[] = []
  // Chance may also say next to nothing, which other timers are set to.
  there.system.randomBytes = (count) => new Uint8Array(count).fill(255)
  const { timer } = there.system
  there.system.timer = (ms, fire) => {
    if (ms > 2 && ms <= 1000) delays.push(ms)
    return timer(Math.min(ms, 20), fire)
  }
  const all = [ask(there), ask(there), ask(there), ask(there)]
  expect(waitsOf(there.view.home).open).toBe(3)
  all[3]?.abort()
  expect(waitsOf(there.view.home).open).toBe(2)
  await until(() => there.vendor.seen.length === 3)
  expect([delays.length, Math.max(...delays) <= 1000]).toEqual([3, true])
  for (const one of all) one.abort()
  expect(ramps(there)).toEqual([[[0, 1]]])
})

test.each([
  ['when another process ended the rest', { ...rested(), cooldownUntil: NOON + 60_000 }, [[[0, 1]], []]],
  ['but not from a rest that calls did not bring about', { ...rested('auth'), cooldownUntil: NOON + 60_000 }, [[], []]],
])('an account comes back little by little %s', async (_what, usage, expected) => {
  const there = await accounts(['a', 'b'], { 'anthropic:a': usage })
  const other = await place({ env: {} }, there.state)
  other.view.store.health.apply('anthropic:a', { kind: 'reset', at: NOON })
  await other.auth.flush()
  await there.view.reloadHealth()
  expect(ramps(there)).toEqual(expected)
  // What is read anew goes on where it was.
  await there.view.reload()
  for (const profile of (await there.view.store.profiles.read()).profiles) await there.view.adopt(profile, undefined)
  expect(ramps(there)).toEqual(expected)
})

test('a refusal begins anew after the next rest', async () => {
  let isLimited = false
  const limited = says(
    429,
    { type: 'error', error: { type: 'rate_limit_error', message: 'slow' } },
    { 'retry-after': '7' },
  )
  const good = says(200, CONTENT, stream)
  const there = await accounts(['a'], { 'anthropic:a': rested() }, (...call) => (isLimited ? limited : good)(...call))
  for (let count = 0; count < 2; count++) await ask(there).over
  expect(ramps(there)).toEqual([[[0, 4]]])
  isLimited = true
  await ask(there).over
  isLimited = false
  there.clock.now += 7001
  await ask(there).over
  expect(ramps(there)).toEqual([[[0, 2]]])
})
