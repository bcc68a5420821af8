// Calls below a cap: what is put by, what they are charged, and what is said when there is no room, against a vendor on loopback.
import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { call } from '../../src/auth/call.ts'
import { diagnose } from '../../src/auth/diagnose.ts'
import type { Refused, VendorCall } from '../../src/auth/vendor-call.ts'
import { explainTurn } from '../../src/chat/explain.ts'
import type { Explanation } from '../../src/core/explanation.ts'
import { answersIn, costOf, limitIn, mostCost, publishedPrice } from '../../src/core/price.ts'
import { type DayBook, dayIn, dayOf, endOfDay } from '../../src/core/spend-book.ts'
import { statusReport } from '../../src/core/status.ts'
import { createTransport, type Transport } from '../../src/system/send.ts'
import { bundleWorker } from '../support/bundle.ts'
import { type Act, breaksOff, nobody, says, vendor } from '../support/vendor.ts'
import { API_KEY, key, lay, type Place, place, SETUP_TOKEN, token } from './place.ts'

const transport = createTransport()
afterAll(() => transport.close())

const MODEL = 'claude-haiku-4-5'
/** $1 for a million tokens of input (kept ones $2), $5 for one of output: 1000 of output and a body of 24 bytes. */
const MOST = 5000 + 8 * 2

const body = (): Buffer => Buffer.from(JSON.stringify({ max_tokens: 1000, '': 1 }))

function ask(
  { view }: Place,
  more: Partial<VendorCall> = {},
  over: Transport = transport,
): Promise<{ status?: number; refused?: Refused; by?: string }> {
  const bytes = body()
  return new Promise((done) => {
    const got: { status?: number; by?: string } = {}
    const request: VendorCall = {
      provider: 'anthropic',
      model: MODEL,
      endpoint: 'messages',
      method: 'POST',
      body: [bytes],
      bodyBytes: bytes.byteLength,
      headers: [],
      streaming: false,
      ...more,
    }
    call(view, over, request, {
      begin: ({ status, access }) => Object.assign(got, { status, by: access.candidate.id }),
      data: () => true,
      end: () => done(got),
      broken: () => done(got),
      refused: (refused) => done({ ...got, refused }),
    })
  })
}

const usage = (input: number, output: number): Act =>
  says(200, { usage: { input_tokens: input, output_tokens: output, cache_read_input_tokens: 10 } })

async function capped(
  capUsdPerDay: number,
  act: Act | string,
  more: { profiles?: Record<string, unknown>; models?: object[] } = {},
): Promise<Place> {
  const baseUrl = typeof act === 'string' ? act : (await vendor(act)).origin
  const { profiles = { 'anthropic:key': key(API_KEY) }, models } = more
  return place({
    profiles,
    config: {
      auth: { spend: { capUsdPerDay } },
      models: { providers: { anthropic: { baseUrl, ...(models === undefined ? {} : { models }) } } },
    },
  })
}

const today = async ({ home }: Place['auth']): Promise<DayBook> =>
  dayIn(await home.spend.book.read(), dayOf(home.system.now()))

const spent = async ({ auth }: Place): Promise<number> => {
  await auth.flush()
  const book = await today(auth)
  expect(book.leases.size).toBe(0)
  return book.spent
}

test('a call is charged what it has cost, in the price of its own, and an edition of a model as the model', async () => {
  const on = await capped(1, usage(100, 200))
  await ask(on)
  expect(await spent(on)).toBe(100 * 1 + 200 * 5 + 1)
  await ask(on, { model: `${MODEL}-20251001` })
  expect(await spent(on)).toBe(2 * 1101)
  const own = await capped(1, usage(100, 200), { models: [{ id: MODEL, cost: { input: 3, output: 7 } }] })
  await ask(own)
  expect(await spent(own)).toBe(110 * 3 + 200 * 7)
})

test('of many calls at once so many go through as the cap holds, and the others hear what is left', async () => {
  const cap = 10 * MOST + 100
  const on = await capped(cap / 1e6, usage(0, 1000))
  const all = await Promise.all(Array.from({ length: 40 }, () => ask(on)))
  const served = all.filter(({ status }) => status === 200)
  expect(served).toHaveLength(10)
  const refusals = new Set(all.flatMap(({ refused }) => (refused === undefined ? [] : [refused.status])))
  expect([...refusals]).toEqual([402])
  const { error } = all.find(({ refused }) => refused !== undefined)?.refused ?? {}
  expect(error).toMatchObject({ code: 'spend_not_allowed', remedy: 'openclaw models auth spend' })
  expect(error?.message).toMatch(
    /anthropic:key: it is billed by use and may cost \$0\.005016, and of the cap of the day \$0\.\d+ is left that nobody else holds: auth\.spend\.capUsdPerDay is \$0\.05/,
  )
  expect(await spent(on)).toBe(10 * 5001)
  // No account is to blame for it.
  expect(on.view.store.health.get('anthropic:key').errorCount).toBe(0)
})

test('a subscription and a count of tokens need no room, and a subscription serves when there is none', async () => {
  const profiles = { 'anthropic:key': key(API_KEY), 'anthropic:max': token(SETUP_TOKEN) }
  const on = await capped(0, usage(1, 1), { profiles })
  expect((await ask(on)).by).toBe('anthropic:max')
  expect((await ask(on, { pin: { id: 'anthropic:key', by: 'soft' } })).by).toBe('anthropic:max')
  expect((await ask(on, { pin: { id: 'anthropic:key', by: 'user' } })).refused?.status).toBe(402)
  expect((await ask(on, { pin: { id: 'anthropic:key', by: 'user' }, endpoint: 'count_tokens' })).status).toBe(200)
})

test('the config says how the keys of a vendor are paid for: by a plan, or by use', async () => {
  const baseUrl = (await vendor(usage(1, 1))).origin
  const on = async (id: string, billing: string | undefined, profile: object): Promise<number | undefined> => {
    const provider = { baseUrl, ...(billing === undefined ? {} : { billing }) }
    const config = { auth: { spend: { capUsdPerDay: 0 } }, models: { providers: { [id]: provider } } }
    const there = await place({ profiles: { [`${id}:a`]: profile }, config })
    const { status, refused } = await ask(there, {
      provider: id,
      endpoint: id === 'anthropic' ? 'messages' : 'chat_completions',
    })
    return status ?? refused?.status
  }
  const ofVendor = (provider: string): object => key(`${API_KEY}-plan`, { provider })
  expect(await on('zai', undefined, ofVendor('zai'))).toBe(402)
  expect(await on('zai', 'flat_rate', ofVendor('zai'))).toBe(200)
  expect(await on('my-plan', 'flat_rate', ofVendor('my-plan'))).toBe(200)
  expect(await on('vllm', 'metered', ofVendor('vllm'))).toBe(402)
  // It is of keys alone: a subscription stays one.
  expect(await on('anthropic', 'metered', token(SETUP_TOKEN))).toBe(200)
})

test('a model that nobody has a price of is refused by its name, with where to say it', async () => {
  const on = await capped(1, usage(1, 1))
  const { refused } = await ask(on, { model: 'new-model' })
  expect(refused?.status).toBe(402)
  expect(refused?.error.remedy).toBe(`\${EDITOR:-vi} '${on.configPath}'`)
  expect(refused?.error.message).toContain(
    `nobody knows what anthropic/new-model costs: say so in models.providers.anthropic.models of ${on.configPath}, such as [{ id: "new-model", cost: { input: 3, output: 15 } }]`,
  )
})

test('what breaks off is charged at least its input, what was refused or never sent nothing, what is not counted all it may be', async () => {
  const stream = 'data: {"type":"message_start","message":{"usage":{"input_tokens":400,"output_tokens":1}}}\n\n'
  const charged = async (act: Act | string, more: Partial<VendorCall> = {}): Promise<number> => {
    const on = await capped(1, act)
    await ask(on, more)
    return spent(on)
  }
  const text = 'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"x"}}\n\n'
  const bytes = body().byteLength
  const least = Math.ceil(bytes / 3) * 2
  expect(await charged(breaksOff(stream + text), { streaming: true })).toBe(400 + 5)
  expect(await charged(breaksOff(text), { streaming: true })).toBe(least + Math.ceil(text.length / 16) * 5)
  expect(await charged(says(529, {}))).toBe(0)
  const overload = 'data: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n'
  const streams =
    (first: string, later?: string): Act =>
    (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      if (later === undefined) response.end(first)
      else response.write(first, () => setTimeout(() => response.end(later), 5))
    }
  const invalid = overload.replace('overloaded_error', 'invalid_request_error')
  for (const refused of [overload, stream + overload, (stream + overload).trimEnd(), invalid]) {
    expect(await charged(streams(refused), { streaming: true }), refused).toBe(0)
  }
  // Where its end comes later, it is not waited for.
  expect(await charged(streams(stream + overload, ': '), { streaming: true })).toBe(0)
  // What was said before the error is billed, whether or not its counts came.
  expect(await charged(streams(stream + text + overload), { streaming: true })).toBe(400 + 5)
  const said = text + overload
  expect(await charged(streams(said), { streaming: true })).toBe(least + Math.ceil(said.length / 16) * 5)
  expect(await charged(await nobody())).toBe(0)
  expect(await charged(says(200, {}))).toBe(least + 5000)
})

test('who is refused within a stream makes room for the next account before that one is asked', async () => {
  const overload = 'data: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n'
  const { origin } = await vendor((response, seen, request) => {
    if (seen.headers['x-api-key'] !== API_KEY) return usage(0, 1000)(response, seen, request)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(overload)
  })
  const profiles = { 'anthropic:a': key(API_KEY), 'anthropic:b': key(`${API_KEY}-b`) }
  const on = await capped((MOST + 100) / 1e6, origin, { profiles })
  expect((await ask(on, { streaming: true, pin: { id: 'anthropic:a', by: 'soft' } })).by).toBe('anthropic:b')
})

test('who goes away while room is looked for is not asked for, and leaves nothing put by', async () => {
  let asked = 0
  const on = await capped(1, (response, seen, request) => {
    asked++
    usage(1, 1)(response, seen, request)
  })
  const bytes = body()
  const request = { provider: 'anthropic', model: MODEL, endpoint: 'messages', method: 'POST', body: [bytes] } as const
  const unheard = (): never => {
    throw new Error('nobody listens')
  }
  call(
    on.view,
    transport,
    { ...request, bodyBytes: bytes.byteLength, headers: [], streaming: false },
    { begin: unheard, data: unheard, end: unheard, broken: unheard, refused: unheard },
  ).abort()
  await on.system.sleep(50)
  expect([await spent(on), asked]).toEqual([0, 0])
})

test('a mistake of ours behind the wait for room is told to the client, and leaves nothing put by', async () => {
  const on = await capped(1, usage(0, 10))
  const send = (): never => {
    throw new Error('a mistake')
  }
  // Nothing is held yet: the first call waits for the book.
  expect((await ask(on, {}, { ...transport, send })).refused).toMatchObject({
    status: 500,
    error: { code: 'upstream' },
  })
  expect(on.logged.join()).toMatch(/a call failed inside.*a mistake/)
  expect(await spent(on)).toBe(0)
  expect(await ask(on)).toMatchObject({ status: 200 })
})

test('what cannot be sent for a mistake of ours leaves nothing put by', async () => {
  const on = await capped(1, usage(0, 10))
  await ask(on)
  const before = await spent(on)
  await ask(on)
  const send = (): never => {
    throw new Error('a mistake')
  }
  const { refused } = await ask(on, {}, { ...transport, send })
  expect(refused?.status).toBe(500)
  expect(await spent(on)).toBe(2 * before)
})

test('a book that cannot be written refuses the call, and says which file it is', async () => {
  const on = await capped(1, usage(1, 1))
  mkdirSync(on.auth.home.spend.book.where())
  const { refused } = await ask(on)
  expect(refused?.error.message).toContain(`${on.auth.home.spend.book.where()} cannot be written`)
})

test('a book that breaks while it is in use costs nobody his other marks when the process ends', async () => {
  let answered = 0
  const broke = says(402, { type: 'error', error: { type: 'billing_error', message: 'no credit' } })
  const on = await capped(1, (...call) => (answered++ === 0 ? usage(1, 1) : broke)(...call))
  await ask(on)
  writeFileSync(on.auth.home.spend.book.where(), '{')
  await ask(on)
  const file = on.auth.home.spend.book.where()
  await expect(on.auth.flush()).rejects.toMatchObject({
    code: 'unreadable_store',
    message: `${file} is not valid JSON. It was left as it is: mend it by hand; who puts it aside begins the day anew, so that the whole cap may be spent once more.`,
    remedy: `\${EDITOR:-vi} '${file}'`,
  })
  expect((await place({}, on.state)).view.store.health.get('anthropic:key')).toMatchObject({
    disabledReason: 'billing',
  })
})

test('what explains the choice says so when the cap is reached, and what another process spends is heard of', async () => {
  const once = usage(12, 1000)
  const on = await capped(MOST / 1e6, once)
  const watch = on.auth.watch()
  onTestFinished(() => watch.close())
  const other = await place({}, on.state)
  const explained = (from: Place): Promise<Explanation> =>
    explainTurn(from.auth, { agentId: 'main', model: `anthropic/${MODEL}` })
  expect(await explained(on)).toMatchObject({ next: 'anthropic:key' })
  // Whatever is written there is read, and nothing else need change for it.
  for (const [spent, next] of [
    [MOST, null],
    [0, 'anthropic:key'],
  ] as const) {
    const day = dayOf(on.system.now())
    const book = new Map([[day, { day, spent, profiles: new Map(), leases: new Map() }]])
    await other.auth.home.spend.book.change(() => ({ book, result: undefined }))
    await expect.poll(() => explained(on)).toMatchObject({ next })
  }
  expect((await ask(other)).status).toBe(200)
  // It knows of its own call at once, before anything is written.
  const midnight = endOfDay(on.system.now())
  const reached = { next: null, soonestAt: midnight, trace: [{ rule: 'cap_reached', until: midnight }] }
  expect(await explained(other)).toMatchObject(reached)
  await other.auth.flush()
  await expect.poll(() => explained(on)).toMatchObject(reached)
  // As would a process that is started now.
  expect(await explained(await place({}, on.state))).toMatchObject(reached)
  const { status, error } = (await ask(on)).refused ?? {}
  expect([status, error?.code, error?.until, error?.remedy]).toEqual([
    402,
    'spend_not_allowed',
    undefined,
    'openclaw models auth spend',
  ])
  expect(error?.message).toMatch(
    /^The cap of the day is reached for anthropic\. anthropic:key would be billed by use, calls have cost \$0\.005013 today \(UTC\), and auth\.spend\.capUsdPerDay is \$0\.005016 \(.*openclaw\.json\); what was spent is in .*spend\.json\. It can serve again in \d+[smh] \(00:00:00Z\)\. \(agent main, /,
  )
  // Nobody is to blame, a count of tokens is free, and no new model is one whose price is known.
  expect(on.view.store.health.get('anthropic:key').errorCount ?? 0).toBe(0)
  expect((await ask(on, { endpoint: 'count_tokens' })).status).toBe(200)
  expect(await explainTurn(on.auth, { agentId: 'main', model: 'anthropic/new-model' })).toMatchObject({
    next: null,
    trace: [{ rule: 'no_price' }],
  })
  on.clock.now = midnight
  expect(await explained(on)).toMatchObject({ next: 'anthropic:key' })
  expect((await ask(on)).status).toBe(200)
})

test('a subscription that is soon back is waited for, and not the end of the day', async () => {
  const profiles = { 'anthropic:key': key(API_KEY), 'anthropic:max': token(SETUP_TOKEN) }
  const limited = says(
    429,
    { type: 'error', error: { type: 'rate_limit_error', message: 'enough' } },
    { 'retry-after': '600' },
  )
  const on = await capped(0, limited, { profiles })
  for (const { refused } of [await ask(on), await ask(on)]) {
    expect([refused?.status, refused?.error.code]).toEqual([429, 'no_available_profile'])
    expect((refused?.error.until ?? 0) - on.system.now()).toBeLessThanOrEqual(600_000)
    expect(refused?.error.message).toContain('anthropic:key would be billed by use, calls have cost $0.00 today')
  }
})

test('to doctor a reached cap is no error, and a model without a price is told of once; the report names no next one', async () => {
  const findings = async (model: string, capUsdPerDay: number): Promise<string[]> => {
    const state = lay({
      profiles: { 'anthropic:key': key(API_KEY) },
      config: { auth: { spend: { capUsdPerDay } }, agents: { defaults: { model: { primary: model } } } },
    })
    const there = await place({}, state)
    const { auth, check } = statusReport(there.view.facts(), there.system.now(), { named: true })
    expect([auth.providers.find(({ provider }) => provider === 'anthropic')?.next, check.exitCode]).toEqual([null, 0])
    const found = (await diagnose(there.system)).findings
    return found.filter(({ agent }) => agent === 'main').map(({ severity, code }) => `${severity} ${code}`)
  }
  expect(await findings(`anthropic/${MODEL}`, 0)).toEqual(['warning spend_not_allowed'])
  expect(await findings('anthropic/new-model', 1)).toEqual(['warning no_price'])
})

test('four processes with 25 calls at once stay below one cap', async () => {
  let served = 0
  const there = await vendor((response, seen, request) => {
    served++
    usage(0, 1000)(response, seen, request)
  })
  const cap = 20 * 5100
  const state = lay({
    profiles: { 'anthropic:key': key(API_KEY) },
    config: {
      auth: { spend: { capUsdPerDay: cap / 1e6 } },
      models: { providers: { anthropic: { baseUrl: there.origin } } },
    },
  })
  const worker = await bundleWorker('spend-worker')
  onTestFinished(() => rmSync(dirname(worker), { recursive: true, force: true }))
  const run = async (): Promise<number[]> => {
    const env = { ...process.env, OPENCLAW_STATE_DIR: state }
    return JSON.parse((await promisify(execFile)(process.execPath, [worker, '25'], { env })).stdout)
  }
  const statuses = (await Promise.all([run(), run(), run(), run()])).flat()
  expect(statuses.filter((status) => status === 200)).toHaveLength(served)
  expect(new Set(statuses)).toEqual(new Set([200, 402]))
  expect(served * 5001).toBeLessThanOrEqual(cap)
  // What they held and did not need was not lost for the others for long.
  expect(served).toBeGreaterThanOrEqual(8)
  const { auth } = await place({}, state)
  const spentThere = [...(await auth.home.spend.book.read()).values()].map((day) => day.spent)
  expect(spentThere.reduce((all, one) => all + one, 0)).toBe(served * 5001)
})

test('a long input is put by and charged at the price of its tier', () => {
  const price = publishedPrice('openrouter', 'anthropic/claude-sonnet-4.5') ?? { input: 0, output: 0 }
  const counts = { input: 1000, output: 10, cacheRead: 199_000, cacheWrite: 0 }
  expect(costOf(price, counts)).toBe(1000 * 3 + 10 * 15 + 199_000 * 0.3)
  expect(costOf(price, { ...counts, cacheRead: 199_001 })).toBe(Math.ceil(1000 * 6 + 10 * 22.5 + 199_001 * 0.6))
  expect(mostCost(price, 600_000, { limit: 100 })).toBe(200_000 * 6 + 100 * 15)
  expect(mostCost(price, 600_001, { limit: 100 })).toBe(200_001 * 12 + 100 * 22.5)
})

test('how much a request lets the model say is found as a key, wherever it stands', () => {
  const limit = (text: string): number | undefined => limitIn(Buffer.from(text))
  expect(limit('{"model":"m","max_tokens":512}')).toBe(512)
  expect(limit('{"max_completion_tokens" : 7 ,"n":1}')).toBe(7)
  expect(limit('{"max_output_tokens":\n 9}')).toBe(9)
  expect(limit('{"messages":[{"content":"say \\"max_tokens\\": 5"}]}')).toBeUndefined()
  expect(limit('{"tools":[{"max_tokens":{"type":"integer"}}]}')).toBeUndefined()
  expect(limit('{"max_tokens":1e9}')).toBeUndefined()
  expect([answersIn(Buffer.from('{"n":3}')), answersIn(Buffer.from('{"m":3}'))]).toEqual([3, 1])
})
