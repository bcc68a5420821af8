// One call and the accounts behind it, against a vendor on loopback that does what the script says.
import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { call } from '../../src/auth/call.ts'
import type { VendorCall } from '../../src/auth/vendor-call.ts'
import { createTransport } from '../../src/system/send.ts'
import { NOON } from '../support/machine.ts'
import { type Act, breaksOff, cuts, keepsSilent, nobody, says, type Vendor, vendor } from '../support/vendor.ts'
import { ask as askVendor, type Got } from './ask.ts'
import { key, type Place, type Plan, place, token } from './place.ts'

const transport = createTransport()
afterAll(() => transport.close())

const A = 'sk-ant-api03-aaaaaaaaaaaa-canary'
const B = 'sk-ant-api03-bbbbbbbbbbbb-canary'

const ask = (there: Place, more?: Partial<VendorCall>, onBegin?: () => void): Promise<Got> =>
  askVendor(there, transport, more, onBegin)

const good = says(200, 'data: {"usage":{"input_tokens":3,"output_tokens":4}}\n\n', {
  'content-type': 'text/event-stream',
})

/** Silence is waited for where there is some; nobody else is hurried, however busy the machine is. */
const SOON = { firstByteMs: 600, idleMs: 600 }
const LATE = { firstByteMs: 60_000, idleMs: 60_000 }

/** Two accounts in a fixed order; the vendor does `first` to the first one and `second` to the second. */
async function twoAccounts(first: Act, second: Act = good, plan: Plan = {}): Promise<Place & { vendor: Vendor }> {
  const there = await vendor((response, seen, request) =>
    (seen.headers['x-api-key'] === A ? first : second)(response, seen, request),
  )
  const opened = await place({
    profiles: { 'anthropic:a': key(A), 'anthropic:b': key(B) },
    order: { anthropic: ['anthropic:a', 'anthropic:b'] },
    ...plan,
    config: {
      models: { providers: { anthropic: { baseUrl: there.origin } } },
      gateway: { timeouts: first === keepsSilent ? SOON : LATE },
    },
  })
  return { ...opened, vendor: there }
}

const body = (type: string, message: string): object => ({ type: 'error', error: { type, message } })

describe('the second account answers, and the client notices nothing, when the first one meets', () => {
  test.each<[string, Act, object | undefined]>([
    [
      '401',
      says(401, body('authentication_error', 'invalid x-api-key')),
      { cooldownUntil: NOON + 60_000, cooldownReason: 'auth', failureCounts: { auth: 1 } },
    ],
    [
      '402',
      says(402, body('billing_error', 'pay')),
      { disabledUntil: NOON + 5 * 3_600_000, disabledReason: 'billing' },
    ],
    ['403', says(403, body('permission_error', 'no')), { cooldownUntil: NOON + 60_000, cooldownReason: 'permission' }],
    [
      '429 with a hint',
      says(429, body('rate_limit_error', 'slow'), { 'retry-after': '7' }),
      { cooldownUntil: NOON + 7000, cooldownReason: 'rate_limit' },
    ],
    ['429 without a hint', says(429, body('rate_limit_error', 'slow')), { cooldownUntil: NOON + 60_000 }],
    ['500', says(500, body('api_error', 'oops')), { cooldownUntil: NOON + 10_000, cooldownReason: 'server' }],
    [
      '529',
      says(529, body('overloaded_error', 'Overloaded')),
      { cooldownUntil: NOON + 10_000, cooldownReason: 'overloaded' },
    ],
    [
      'a credit balance that is too low',
      says(400, body('invalid_request_error', 'Your credit balance is too low')),
      { disabledUntil: NOON + 5 * 3_600_000, disabledReason: 'billing' },
    ],
    [
      'a token that is only for the tool of the vendor',
      says(
        400,
        body(
          'invalid_request_error',
          'This credential is only authorized for use with Claude Code and cannot be used for other API requests.',
        ),
      ),
      { disabledUntil: NOON + 3_600_000, disabledReason: 'auth_permanent' },
    ],
    ['a redirect', says(302, '', { location: 'http://127.0.0.1:1/' }), { cooldownReason: 'server' }],
    ['a cut connection', cuts, { cooldownReason: 'network' }],
    ['silence', keepsSilent, { cooldownReason: 'timeout' }],
    ['a refusal that breaks off', breaksOff('{"error":', 500), { cooldownReason: 'network' }],
    [
      'an answer that is no HTTP',
      (_response, _seen, request) => request.socket.end('nonsense\r\n\r\n'),
      { cooldownReason: 'server' },
    ],
  ])('%s', async (_what, first, mark) => {
    const there = await twoAccounts(first)
    expect(await ask(there)).toMatchObject({
      status: 200,
      servedBy: 'anthropic:b',
      attempts: 2,
      usage: { input: 3, output: 4 },
    })
    expect(there.vendor.seen.map(({ headers }) => headers['x-api-key'])).toEqual([A, B])
    expect(there.vendor.seen.map((seen) => seen.body)).toEqual(['{"model":"m"}', '{"model":"m"}'])
    await there.auth.flush()
    const cache = JSON.parse(readFileSync(there.cache, 'utf8'))
    expect(cache.usageStats['anthropic:a']).toMatchObject({ errorCount: 1, lastFailureAt: NOON, ...mark })
    expect(cache.usageStats['anthropic:b']).toEqual({ lastUsed: NOON, errorCount: 0 })
    expect(cache.lastGood).toEqual({ anthropic: 'anthropic:b' })
    // The next call goes to the second one at once.
    expect(await ask(there)).toMatchObject({ servedBy: 'anthropic:b', attempts: 1 })
    expect(there.logged.join('')).not.toContain('canary')
  })

  test('a refused connection', async () => {
    const gone = await nobody()
    const there = await vendor(good)
    const plan: Plan = {
      profiles: { 'mine:a': { type: 'api_key', provider: 'mine', key: 'k-1234567890' }, 'anthropic:b': key(B) },
      config: { models: { providers: { mine: { baseUrl: gone }, anthropic: { baseUrl: there.origin } } } },
    }
    const result = await ask(await place(plan), { provider: 'mine', endpoint: 'chat_completions' })
    expect(result.refused).toMatchObject({
      status: 502,
      failure: { class: 'network', scope: 'network' },
      error: { code: 'upstream' },
    })
  })
})

describe('the request itself is at fault:', () => {
  test.each<[string, number, object]>([
    ['a malformed one', 400, body('invalid_request_error', 'messages: field required')],
    ['one that is too long', 400, body('invalid_request_error', 'prompt is too long: 300000 tokens > 200000 maximum')],
    ['one for a model that does not exist', 404, body('not_found_error', 'model: claude-9')],
    ['one that is too large', 413, body('request_too_large', 'too large')],
    ['one with a status nobody knows', 418, { error: 'teapot' }],
  ])('%s is answered with the words of the vendor, and blames nobody', async (_what, status, words) => {
    const there = await twoAccounts(says(status, words))
    expect(await ask(there)).toMatchObject({
      status,
      body: JSON.stringify(words),
      servedBy: 'anthropic:a',
      attempts: 1,
      usage: { input: 0, output: 0 },
    })
    expect(there.vendor.seen).toHaveLength(1)
    expect(there.view.store.health.get('anthropic:a').errorCount).toBe(0)
  })

  test('it clears those who met trouble of the vendor before it', async () => {
    const there = await twoAccounts(says(500, {}), says(400, body('invalid_request_error', 'bad')))
    expect(await ask(there)).toMatchObject({ status: 400, servedBy: 'anthropic:b', attempts: 2 })
    expect(there.view.store.health.get('anthropic:a').errorCount).toBe(0)
  })
})

test('an answer that breaks off after its first byte is not begun again, and blames nobody', async () => {
  const there = await twoAccounts(breaksOff('data: {"a":1}\n\n'))
  const got = await ask(there)
  expect(got).toMatchObject({
    status: 200,
    body: 'data: {"a":1}\n\n',
    servedBy: 'anthropic:a',
    broken: { class: 'network' },
  })
  expect(there.vendor.seen).toHaveLength(1)
  expect(there.view.store.health.get('anthropic:a')).toMatchObject({ errorCount: 0 })
})

describe('when every account is refused', () => {
  test('the error names each one with what it met, until when, and the command that helps', async () => {
    const there = await twoAccounts(
      says(401, body('authentication_error', 'invalid x-api-key')),
      says(429, body('rate_limit_error', 'slow'), { 'retry-after': '30' }),
    )
    const { refused, status } = await ask(there)
    expect(status).toBeUndefined()
    expect(refused).toMatchObject({
      status: 429,
      attempts: 2,
      failure: { class: 'rate_limit' },
      error: { code: 'no_available_profile', until: NOON + 30_000, remedy: 'openclaw models explain anthropic' },
    })
    expect(refused?.error.message).toMatch(
      /anthropic:a: HTTP 401 authentication_error: invalid x-api-key; anthropic:b: HTTP 429 .*first is back in 30s .*agent main, .*auth-profiles\.json/,
    )
  })

  test('a credential that is refused comes with the command that gives its profile another one', async () => {
    const there = await twoAccounts(says(401, {}), says(401, {}))
    expect((await ask(there)).refused?.error.remedy).toBe(
      'openclaw models auth paste-api-key --provider anthropic --profile-id anthropic:a',
    )
  })

  test('a token that is only for the tool of the vendor is answered with: an API key', async () => {
    const text =
      'This credential is only authorized for use with Claude Code and cannot be used for other API requests.'
    for (const status of [400, 401, 403]) {
      const refusal = says(status, body('invalid_request_error', text))
      const { refused } = await ask(await twoAccounts(refusal, refusal))
      expect(refused).toMatchObject({ failure: { class: 'auth_permanent' }, attempts: 2 })
      expect(refused?.error.message).toContain(text)
      expect(refused?.error.message).toContain('Use an API key instead')
      expect(refused?.error.remedy).toBe('openclaw models auth paste-api-key --provider anthropic')
    }
  })

  test.each<[string, Act, number, string]>([
    ['401', says(401, {}), 401, 'auth'],
    ['402', says(402, {}), 402, 'billing'],
    ['500', says(500, {}), 502, 'server'],
    ['403', says(403, {}), 403, 'permission'],
    ['429', says(429, {}), 429, 'rate_limit'],
    ['529', says(529, {}), 529, 'overloaded'],
    ['silence', keepsSilent, 504, 'timeout'],
    ['a cut connection', cuts, 502, 'network'],
  ])('with %s, the client gets a status that says so', async (_what, act, status, cls) => {
    const there = await twoAccounts(act, act)
    expect((await ask(there)).refused).toMatchObject({ status, failure: { class: cls }, attempts: 2 })
  })

  test('what breaks the vendor under a second account is the request: nobody else is asked, and all five stay healthy', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e'].map((name) => `anthropic:${name}`)
    const profiles = Object.fromEntries(ids.map((id) => [id, key(`sk-ant-api03-${id.at(-1)?.repeat(12)}-canary`)]))
    const order = { anthropic: ids }
    const told = body('api_error', 'Internal server error')
    const usage = { 'anthropic:b': { lastUsed: NOON - 59_000, errorCount: 0 } }
    const broken = await twoAccounts(says(500, told), says(500, told), { profiles, order, usage })
    const got = await ask(broken)
    expect(got).toMatchObject({ status: 500, attempts: 2 })
    expect(JSON.parse(got.body)).toEqual(told)
    expect(broken.vendor.seen.length).toBe(2)
    for (const id of ids) expect(broken.view.store.health.get(id)).toMatchObject({ errorCount: 0 })

    // Two that have not served lately may break at whatever they are asked.
    const old = { 'anthropic:b': { lastUsed: NOON - 61_000, errorCount: 0 } }
    const unproven = await twoAccounts(says(500, told), says(500, told), { profiles, order, usage: old })
    expect((await ask(unproven)).refused).toMatchObject({ attempts: 5, status: 502 })

    // Once like this and once like that is no evidence.
    const others: Act = (response, seen, request) =>
      (seen.headers['x-api-key']?.includes('bbb') === true ? says(502, {}) : good)(response, seen, request)
    const moody = await twoAccounts(says(500, told), others, { profiles, order, usage })
    expect(await ask(moody)).toMatchObject({ status: 200, attempts: 3 })
    expect(moody.vendor.seen.length).toBe(3)
  })

  test('a 403 rests the one that met it, not several that met it alike: what was asked may be at fault', async () => {
    const rests = ({ view }: Place, id: string): boolean => view.store.health.get(id).cooldownUntil !== undefined
    const both = await twoAccounts(says(403, '<html>Blocked</html>'), says(403, '<html>Blocked</html>'))
    expect((await ask(both)).refused).toMatchObject({ status: 403, attempts: 2 })
    expect([rests(both, 'anthropic:a'), rests(both, 'anthropic:b')]).toEqual([false, false])
    const first = await twoAccounts(says(403, {}))
    expect(await ask(first)).toMatchObject({ status: 200, servedBy: 'anthropic:b' })
    expect([rests(first, 'anthropic:a'), rests(first, 'anthropic:b')]).toEqual([true, false])
    const mixed = await twoAccounts(says(403, {}), says(429, {}))
    expect((await ask(mixed)).refused).toMatchObject({ attempts: 2 })
    expect([rests(mixed, 'anthropic:a'), rests(mixed, 'anthropic:b')]).toEqual([true, true])
  })

  test.each<[string, Act]>([
    ['trouble of the vendor', says(500, {})],
    ['an overload', says(529, {})],
    ['silence', keepsSilent],
    ['a cut connection', cuts],
  ])('by %s, none of them is rested: it was not their fault', async (_what, act) => {
    const there = await twoAccounts(act, act)
    await ask(there)
    for (const id of ['anthropic:a', 'anthropic:b'])
      expect(there.view.store.health.get(id)).toMatchObject({ errorCount: 0 })
    expect(await ask(there)).toMatchObject({ attempts: 2 })
  })

  test('an account proves with the first content of its answer that the one before failed by its own fault', async () => {
    let finish = (): void => undefined
    const slow: Act = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('event: content_block_delta\n')
      finish = () => response.end()
    }
    const there = await twoAccounts(says(529, {}), slow)
    let rests = 0
    await ask(there, {}, () =>
      setImmediate(() => {
        rests = there.view.store.health.get('anthropic:a').cooldownUntil ?? 0
        finish()
      }),
    )
    expect(rests).toBeGreaterThan(0)
  })

  test('a key that the vendor repeats in its refusal reaches neither the error nor the log', async () => {
    const repeats: Act = (response, seen, request) =>
      says(401, body('authentication_error', `Incorrect API key provided: ${seen.headers['x-api-key']}.`))(
        response,
        seen,
        request,
      )
    const there = await twoAccounts(repeats, repeats)
    const { refused } = await ask(there)
    expect(JSON.stringify([refused, refused?.error.message, refused?.failure])).not.toContain('canary')
    expect(refused?.error.message).toContain('[secret]')
    expect(there.logged.join('')).not.toContain('canary')
  })

  test('a refusal makes nobody the last good one, be it the last that is left or pinned by a person', async () => {
    const there = await twoAccounts(says(401, {}), says(401, {}))
    await ask(there, { pin: { id: 'anthropic:a', by: 'user' } })
    await ask(there)
    await there.auth.flush()
    const cache = JSON.parse(readFileSync(there.cache, 'utf8'))
    expect(cache.lastGood).toBeUndefined()
    for (const id of ['anthropic:a', 'anthropic:b']) {
      expect(cache.usageStats[id]).toMatchObject({ errorCount: 1, cooldownUntil: NOON + 60_000 })
    }
  })

  test('while all of them rest, nothing is sent until one may be tried early', async () => {
    const there = await twoAccounts(says(401, {}), says(401, {}))
    await ask(there)
    const calls = there.vendor.seen.length
    there.clock.now += 30_000
    expect((await ask(there)).refused).toMatchObject({
      status: 429,
      attempts: 0,
      error: { code: 'no_available_profile' },
    })
    expect(there.vendor.seen.length).toBe(calls)
  })
})

test('a resting account is tried early once a minute, and an answer ends its rest', async () => {
  let paid = false
  const there = await twoAccounts(
    (response, seen, request) => (paid ? good : says(402, {}))(response, seen, request),
    says(402, {}),
  )
  await ask(there)
  there.clock.now += 60_000
  paid = true
  expect(await ask(there)).toMatchObject({ status: 200, servedBy: 'anthropic:a' })
  expect(there.view.store.health.get('anthropic:a')).toEqual({
    errorCount: 0,
    failureCounts: {},
    lastUsedAt: there.clock.now,
  })
})

test('an early try that is refused is not made again before its minute is over', async () => {
  const there = await twoAccounts(says(402, {}), says(402, {}))
  await ask(there)
  there.clock.now += 60_000
  expect((await ask(there)).refused?.attempts).toBe(2)
  there.clock.now += 59_999
  expect((await ask(there)).refused?.attempts).toBe(0)
  await there.auth.flush()
  expect(JSON.parse(readFileSync(there.cache, 'utf8')).usageStats['anthropic:a']).toMatchObject({
    lastProbeAt: NOON + 60_000,
  })
  there.clock.now += 1
  expect((await ask(there)).refused?.attempts).toBe(2)
})

test('a pin of the user is kept whatever happens, an automatic one steps aside', async () => {
  const there = await twoAccounts(says(429, {}))
  expect(await ask(there, { pin: { id: 'anthropic:a', by: 'auto' } })).toMatchObject({ servedBy: 'anthropic:b' })
  const again = await twoAccounts(says(429, {}))
  expect((await ask(again, { pin: { id: 'anthropic:a', by: 'user' } })).refused).toMatchObject({
    status: 429,
    attempts: 1,
  })
  expect(again.vendor.seen.map(({ headers }) => headers['x-api-key'])).toEqual([A])
})

test('a caller from beyond loopback does not get a subscription', async () => {
  const there = await vendor(good)
  const config = { models: { providers: { anthropic: { baseUrl: there.origin } } } }
  const opened = await place({ profiles: { 'anthropic:sub': token(`sk-ant-oat01-${'x'.repeat(90)}`) }, config })
  expect((await ask(opened, { beyondLoopback: true })).refused).toMatchObject({
    status: 401,
    error: { code: 'no_credential' },
  })
  expect(there.seen).toEqual([])
  expect(await ask(opened)).toMatchObject({ status: 200, servedBy: 'anthropic:sub' })
  expect(there.seen[0]?.headers).toMatchObject({
    'anthropic-beta': 'oauth-2025-04-20',
    'user-agent': expect.stringMatching(/^keyclaw\//),
  })
})

test('an endpoint that the vendor does not have is refused before anything is sent', async () => {
  const there = await twoAccounts(good)
  expect((await ask(there, { endpoint: 'responses' })).refused).toMatchObject({
    status: 400,
    error: { code: 'wrong_dialect' },
  })
  expect(there.vendor.seen).toEqual([])
})

test('a caller who goes away blames nobody and starts no further attempt', async () => {
  const there = await twoAccounts(keepsSilent)
  const heard: string[] = []
  const sink = {
    begin: () => heard.push('begin'),
    data: () => true,
    end: () => heard.push('end'),
    broken: () => heard.push('broken'),
    refused: () => heard.push('refused'),
  }
  const running = call(
    there.view,
    transport,
    { provider: 'anthropic', endpoint: 'messages', method: 'POST', bodyBytes: 0, headers: [], streaming: true },
    sink,
  )
  while (there.vendor.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  running.abort()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect([there.vendor.seen.length, heard]).toEqual([1, []])
  expect(there.view.store.health.get('anthropic:a').errorCount).toBe(0)
})

test('a caller who goes away stops the attempt that runs, also when the one before failed at once', async () => {
  const there = await twoAccounts(good)
  const stopped: number[] = []
  let sent = 0
  const running = call(
    there.view,
    {
      ...transport,
      send: (_request, answer) => {
        const attempt = ++sent
        if (attempt === 1) queueMicrotask(() => answer.fail({ kind: 'refused', answered: false }))
        return { abort: () => stopped.push(attempt) }
      },
    },
    { provider: 'anthropic', endpoint: 'messages', method: 'POST', bodyBytes: 0, headers: [], streaming: true },
    {
      begin: () => undefined,
      data: () => true,
      end: () => undefined,
      broken: () => undefined,
      refused: () => undefined,
    },
  )
  await Promise.resolve()
  running.abort()
  expect([sent, stopped]).toEqual([2, [2]])
})

test('twenty calls at once that meet a limited account rest it once', async () => {
  const there = await twoAccounts(says(429, {}, { 'retry-after': '9' }))
  const got = await Promise.all(Array.from({ length: 20 }, () => ask(there)))
  expect(new Set(got.map(({ servedBy }) => servedBy))).toEqual(new Set(['anthropic:b']))
  expect(there.view.store.health.get('anthropic:a')).toMatchObject({ errorCount: 1, cooldownUntil: NOON + 9000 })
})

describe('what an answer tells of the limits of its account is known', () => {
  const windows = (used: string): Record<string, string> => ({
    'anthropic-ratelimit-unified-5h-utilization': used,
    'anthropic-ratelimit-unified-5h-reset': String(NOON / 1000 + 7200),
  })
  const five = (used: number): object => ({ at: NOON, windows: [{ name: '5h', used, resetAt: NOON + 7_200_000 }] })

  test('of the account that was refused and of the one that served, in memory at once and in the file', async () => {
    const there = await twoAccounts(
      says(429, body('rate_limit_error', 'slow'), windows('1.0')),
      says(200, '{}', windows('0.25')),
    )
    await ask(there)
    const { health } = there.view.store
    expect([health.usage('anthropic:a'), health.usage('anthropic:b')]).toEqual([five(1), five(0.25)])
    await there.auth.flush()
    const { usageWindows } = JSON.parse(readFileSync(there.cache, 'utf8'))
    expect(usageWindows).toEqual({ 'anthropic:a': five(1), 'anthropic:b': five(0.25) })
  })

  test.each<[string, Act]>([
    ['a request that is refused for its own fault', says(400, body('invalid_request_error', 'no'), windows('0.5'))],
    [
      'a stream that breaks off',
      (response) => {
        response.writeHead(200, windows('0.5'))
        response.write('data: {}\n\n', () => response.destroy())
      },
    ],
  ])('from %s', async (_what, first) => {
    const there = await twoAccounts(first)
    await ask(there)
    expect(there.view.store.health.usage('anthropic:a')).toEqual(five(0.5))
  })

  test('unless it tells nothing, or is of an endpoint with limits of its own', async () => {
    let act = says(200, '{}', windows('0.5'))
    const there = await twoAccounts((...all) => act(...all))
    await ask(there)
    act = says(200, '{}', windows('0.9'))
    await ask(there, { endpoint: 'count_tokens' })
    for (act of [says(200, '{}'), says(401, body('authentication_error', 'no'))]) await ask(there)
    expect(there.view.store.health.usage('anthropic:a')).toEqual(five(0.5))
  })

  test('from the body alone, where that names the end of a window that is used up', async () => {
    const resetsAt = NOON / 1000 + 5400
    const error = { type: 'usage_limit_reached', message: 'no more', plan_type: 'plus', resets_at: resetsAt }
    const there = await vendor(says(429, { error }))
    const login = { type: 'oauth', provider: 'openai-codex', access: 'at', refresh: 'rt', expires: NOON + 9e7 }
    const opened = await place({
      profiles: { 'openai-codex:me': login },
      config: { models: { providers: { 'openai-codex': { baseUrl: there.origin } } } },
    })
    await ask(opened, { provider: 'openai-codex', endpoint: 'responses' })
    const { health } = opened.view.store
    expect(health.get('openai-codex:me')).toMatchObject({ cooldownUntil: resetsAt * 1000 })
    expect(health.usage('openai-codex:me')).toEqual({
      at: NOON,
      windows: [{ name: 'limit', used: 1, resetAt: resetsAt * 1000 }],
    })
  })
})
