// Calls at the fence between a subscription and a key that is billed by use: a vendor on loopback that has had enough of the subscription.
import { existsSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Access } from '../../src/auth/acquire.ts'
import { createAuth } from '../../src/auth/auth.ts'
import { call } from '../../src/auth/call.ts'
import { resolve } from '../../src/auth/resolve.ts'
import { allowSpend, denySpend, reportSpend } from '../../src/auth/spend.ts'
import type { Refused, VendorCall } from '../../src/auth/vendor-call.ts'
import { spendLines } from '../../src/cli/spend-text.ts'
import { createTransport } from '../../src/system/send.ts'
import { NOON } from '../support/machine.ts'
import { type Act, says, vendor } from '../support/vendor.ts'
import { API_KEY, key, type Place, type Plan, place, SETUP_TOKEN, token } from './place.ts'

const transport = createTransport()
afterAll(() => transport.close())

type Got = { status?: number; access?: Access; refused?: Refused }

const bodyOf = (value: object): Buffer => Buffer.from(JSON.stringify(value))

function ask(
  { view }: Place,
  more: Partial<VendorCall> = {},
  otherwise?: (refused: Refused) => VendorCall | undefined,
): Promise<Got> {
  const body = bodyOf({ model: 'claude-opus-4-6', max_tokens: 10 })
  return new Promise((done) => {
    const got: Got = {}
    const request: VendorCall = {
      provider: 'anthropic',
      model: 'claude-opus-4-6',
      endpoint: 'messages',
      method: 'POST',
      body: [body],
      bodyBytes: body.length,
      headers: ['content-type', 'application/json'],
      streaming: false,
      ...more,
    }
    call(view, transport, request, {
      begin: ({ status, access }) => Object.assign(got, { status, access }),
      data: () => true,
      end: () => done(got),
      broken: () => done(got),
      refused: (refused) => done({ ...got, refused }),
      ...(otherwise === undefined ? {} : { otherwise }),
    })
  })
}

const good = says(200, { usage: { input_tokens: 3, output_tokens: 4 } })
const limited = says(
  429,
  { type: 'error', error: { type: 'rate_limit_error', message: 'enough' } },
  { 'retry-after': '600' },
)

/** A subscription that is limited, and a key that is not. */
async function both(
  spend: object | undefined,
  plan: Plan = {},
  subscription: Act = limited,
): Promise<Place & { keys(): number }> {
  const there = await vendor((response, seen, request) =>
    (seen.headers['x-api-key'] === undefined ? subscription : good)(response, seen, request),
  )
  const opened = await place({
    profiles: { 'anthropic:key': key(API_KEY), 'anthropic:max': token(SETUP_TOKEN) },
    ...plan,
    config: {
      ...(spend === undefined ? {} : { auth: { spend } }),
      models: {
        providers: {
          anthropic: { baseUrl: there.origin },
          other: { baseUrl: there.origin, api: 'anthropic-messages', apiKey: 'sk-other' },
        },
      },
    },
  })
  return { ...opened, keys: () => there.seen.filter(({ headers }) => headers['x-api-key'] !== undefined).length }
}

describe('when the subscription is limited', () => {
  test('the key serves, and everybody hears of it, where nothing is said of money', async () => {
    const on = await both(undefined)
    const { access } = await ask(on)
    expect(access?.candidate.id).toBe('anthropic:key')
    expect(access?.crossing).toEqual({ provider: 'anthropic', id: 'anthropic:max' })
    expect(on.logged.join('')).toContain('a call is billed by use, as no subscription could serve it')
  })

  test('"never" refuses the call that found it limited, and the next one, and says how to change that', async () => {
    const on = await both({ fromFlatRateToMetered: 'never' })
    for (const { refused } of [await ask(on), await ask(on)]) {
      expect(refused?.status).toBe(429)
      expect(refused?.error.until).toBeGreaterThan(on.clock.now)
      expect(refused?.error.message).toContain(
        `anthropic:key would be billed by use, and auth.spend.fromFlatRateToMetered is "never" (${on.configPath}).`,
      )
      expect(refused?.error.remedy).toBe('openclaw config set auth.spend.fromFlatRateToMetered allow')
    }
    expect(on.keys()).toBe(0)
    const { candidate, trace, soonestAt } = resolve(on.view.facts(), 'anthropic', { now: on.clock.now })
    expect([candidate, soonestAt]).toEqual([undefined, on.clock.now + 600_000])
    expect(trace.map(({ id, rule, reason }) => [id, rule, reason])).toEqual([
      ['anthropic:max', 'cooldown', expect.stringContaining('ends in 10m')],
      ['anthropic:key', 'metered', 'billed by use; auth.spend lets nothing cross from a subscription to it'],
    ])
  })

  test('"ask" says how one call, and how a conversation, may go on', async () => {
    const on = await both({ fromFlatRateToMetered: 'ask' })
    const { refused } = await ask(on)
    expect(refused?.error.message).toContain(
      'To allow it: /model anthropic/claude-opus-4-6@anthropic:key in a conversation, the header x-openclaw-profile: anthropic:key for one call.',
    )
    expect(refused?.error.remedy).toBe('openclaw models auth spend allow')
    const { access } = await ask(on, { pin: { id: 'anthropic:key', by: 'user' } })
    expect([access?.candidate.id, access?.crossing]).toEqual(['anthropic:key', undefined])
    // Whoever served last has not been chosen by anybody.
    expect((await ask(on, { pin: { id: 'anthropic:key', by: 'auto' } })).refused?.status).toBe(429)
  })

  test('a later model of another vendor is no way around it', async () => {
    const on = await both({ fromFlatRateToMetered: 'never' })
    const other = { provider: 'other', model: 'x' }
    let asked = 0
    const { refused } = await ask(on, {}, () => {
      const body = bodyOf({ model: 'x' })
      const request: VendorCall = {
        ...other,
        endpoint: 'messages',
        method: 'POST',
        body: [body],
        bodyBytes: body.length,
        headers: [],
        streaming: false,
      }
      return asked++ === 0 ? request : undefined
    })
    expect(refused?.status).toBe(402)
    expect(refused?.error.message).toContain('other may not stand in for the subscription of anthropic.')
    expect(on.keys()).toBe(0)
    // Asked for by itself, it is what somebody chose.
    expect((await ask(on, other)).access?.candidate.provider).toBe('other')
  })
})

test('without anybody who comes back it is a matter of money, not of time', async () => {
  const ended = { profiles: { 'anthropic:key': key(API_KEY), 'anthropic:max': token(SETUP_TOKEN, { expires: 1 }) } }
  const { refused } = await ask(await both({ fromFlatRateToMetered: 'never' }, ended))
  expect([refused?.status, refused?.error.code]).toEqual([402, 'spend_not_allowed'])
})

test('an order that puts the key first, or a caller whom the subscription does not serve, crosses nothing', async () => {
  const first = await both(
    { fromFlatRateToMetered: 'never' },
    { order: { anthropic: ['anthropic:key', 'anthropic:max'] } },
  )
  expect((await ask(first)).access?.candidate.id).toBe('anthropic:key')
  const far = await ask(await both({ fromFlatRateToMetered: 'never' }), { beyondLoopback: true })
  expect([far.access?.candidate.id, far.access?.crossing]).toEqual(['anthropic:key', undefined])
})

test('what a person allows reaches a running process within a second, ends by itself, and can be taken back', async () => {
  const on = await both({ fromFlatRateToMetered: 'ask' })
  const watching = on.auth.watch()
  onTestFinished(() => watching.close())
  const taken = (): string | undefined => resolve(on.view.facts(), 'anthropic', { now: on.clock.now }).candidate?.id
  const within = async (wanted: string | undefined): Promise<void> => {
    // A second is promised, on a machine that has one.
    const end = performance.now() + 20_000
    while (taken() !== wanted && performance.now() < end) await on.system.sleep(10)
    expect(taken()).toBe(wanted)
  }
  expect((await ask(on)).refused?.status).toBe(429)
  // Another process: the command line, say.
  const other = await createAuth({ ...on.system })
  expect(await denySpend(other)).toBeUndefined()
  expect(existsSync(other.home.spend.consent.where())).toBe(false)
  const { until } = await allowSpend(other)
  expect(until).toBe(Date.UTC(2031, 4, 7))
  await within('anthropic:key')
  expect((await ask(on)).access?.candidate.id).toBe('anthropic:key')
  expect(await reportSpend(other)).toMatchObject({ rule: 'ask', allowedUntil: until, capUsdPerDay: null })
  const noon = on.clock.now
  on.clock.now = until
  // The subscription is back by then; what is asked is whether the key could be taken.
  const tried = new Set(['anthropic:max'])
  expect(resolve(on.view.facts(), 'anthropic', { now: until, tried }).candidate).toBeUndefined()
  on.clock.now = noon
  expect(await denySpend(other)).toEqual({ until, at: noon })
  await within(undefined)
})

test('nobody is asked where the rule is another one, and a file that cannot be read allows nothing', async () => {
  const never = await both({ fromFlatRateToMetered: 'never' })
  await expect(allowSpend(never.auth)).rejects.toMatchObject({
    code: 'usage',
    remedy: 'openclaw config set auth.spend.fromFlatRateToMetered ask',
  })
  const on = await both({ fromFlatRateToMetered: 'ask' })
  await allowSpend(on.auth)
  writeFileSync(on.auth.home.spend.consent.where(), '{"allowed":')
  await on.view.reload()
  expect((await ask(on)).refused?.status).toBe(429)
  expect(on.logged.join('')).toContain('nothing is allowed to be spent')
  await expect(reportSpend(on.auth)).rejects.toThrow('put it aside and allow anew what may be spent')
  // A moment that no clock can show is none.
  for (const until of [1e300, -1e300, 8.64e15 + 1, '2031-05-06']) {
    writeFileSync(on.auth.home.spend.consent.where(), JSON.stringify({ allowed: { until, at: 1e300 } }))
    const report = await reportSpend(on.auth)
    expect([report.allowedUntil, spendLines(report, NOON)[1]]).toEqual([
      null,
      'Allowed: not now; run `openclaw models auth spend allow`',
    ])
  }
})
