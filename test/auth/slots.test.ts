// Places with accounts: so many calls at once and no more, whoever waits comes next, and no way out of a call keeps a place.
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { call } from '../../src/auth/call.ts'
import type { CallSink, Refused, VendorCall } from '../../src/auth/vendor-call.ts'
import { waitsOf } from '../../src/auth/wait.ts'
import { createTransport } from '../../src/system/send.ts'
import { holds } from '../support/seeds.ts'
import { type Act, breaksOff, cuts, keepsSilent, says, type Vendor, vendor } from '../support/vendor.ts'
import { key, type Place, type Plan, place } from './place.ts'

const transport = createTransport()
afterAll(() => transport.close())

const A = 'sk-ant-api03-aaaaaaaaaaaa-canary'
const B = 'sk-ant-api03-bbbbbbbbbbbb-canary'

const CONTENT = 'event: content_block_delta\ndata: {"delta":{"text":"x"}}\n\n'
const stream = { 'content-type': 'text/event-stream' }
const good = says(200, CONTENT, stream)

type There = Place & { vendor: Vendor; acts: Record<string, Act> }

/** Two accounts in a fixed order, each of which does what `acts` has under its key. */
async function twoAccounts(auth: object = {}, plan: Plan = {}): Promise<There> {
  const acts: Record<string, Act> = {}
  const there = await vendor((response, seen, request) =>
    (acts[seen.headers['x-api-key'] ?? ''] ?? good)(response, seen, request),
  )
  const opened = await place({
    profiles: { 'anthropic:a': key(A), 'anthropic:b': key(B) },
    order: { anthropic: ['anthropic:a', 'anthropic:b'] },
    ...plan,
    config: {
      models: { providers: { anthropic: { baseUrl: there.origin } } },
      gateway: { timeouts: { firstByteMs: 60_000, idleMs: 60_000 } },
      auth: { concurrency: { anthropic: 1 }, ...auth },
      ...(plan.config as object | undefined),
    },
  })
  return { ...opened, vendor: there, acts }
}

type Heard = { state: string; servedBy?: string; standsIn?: true; refused?: Refused; isHeld: boolean }

type Running = {
  heard: Heard
  over: Promise<Heard>
  abort(): void
  /** Nobody listens any longer. */
  forget(): void
}

function ask({ view }: Pick<Place, 'view'>, more: Partial<VendorCall> = {}, sink: Partial<CallSink> = {}): Running {
  const heard: Heard = { state: 'asked', isHeld: false }
  let done: (heard: Heard) => void = () => undefined
  const over = new Promise<Heard>((resolve) => {
    done = resolve
  })
  const ends = (state: string): void => done(Object.assign(heard, { state }))
  const request: VendorCall = {
    provider: 'anthropic',
    model: 'claude-opus-4-6',
    endpoint: 'messages',
    method: 'POST',
    bodyBytes: 0,
    headers: [],
    streaming: true,
    ...more,
  }
  const { abort } = bound(
    call(view, transport, request, {
      begin: ({ access }) => {
        Object.assign(heard, { state: 'begun', servedBy: access.candidate.id })
        if (access.standsIn === true) heard.standsIn = true
      },
      data: () => true,
      end: () => ends('served'),
      broken: () => ends('broken'),
      hold: () => {
        heard.isHeld = true
        return () => request
      },
      refused: (refused) => ends(Object.assign(heard, { refused }).state === 'begun' ? 'begun' : 'refused'),
      ...sink,
    }),
  )
  return {
    heard,
    over,
    forget: () => ends('forgotten'),
    abort: () => {
      abort()
      ends('aborted')
    },
  }
}

const bound = (running: { abort(): void }): { abort(): void } => ({ abort: () => running.abort() })

/** How many places each account has given away, by id. */
function open({ view }: Pick<Place, 'view'>): Record<string, number> {
  const { candidates = [] } = view.facts().providers.get('anthropic') ?? {}
  return Object.fromEntries(candidates.map(({ id, slots }) => [id, slots?.load.open ?? -1]))
}

/** A stream that has begun, and ends when the test says so. */
function slow(): { act: Act; finish(): void } {
  const open: (() => void)[] = []
  return {
    act: (response) => {
      response.writeHead(200, stream)
      response.write(CONTENT)
      open.push(() => response.end())
    },
    finish: () => open.shift()?.(),
  }
}

const until = async (what: () => boolean): Promise<void> => {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 2))
}

describe('with one call at once for each account,', () => {
  test('the second call takes the other account, and a third is refused in words that name the setting', async () => {
    const there = await twoAccounts()
    const { act, finish } = slow()
    Object.assign(there.acts, { [A]: act, [B]: act })
    const first = ask(there)
    const second = ask(there, { pin: { id: 'anthropic:a', by: 'auto' } })
    expect(open(there)).toEqual({ 'anthropic:a': 1, 'anthropic:b': 1 })
    const third = await ask(there).over
    expect(third.refused).toMatchObject({
      status: 429,
      attempts: 0,
      error: {
        code: 'no_available_profile',
        until: there.clock.now + 1000,
        remedy: 'openclaw config set auth.wait.maxMs 60000',
      },
    })
    expect(third.refused?.error.message).toContain(
      'anthropic:a: serves a call at once already, its most (auth.concurrency); anthropic:b: serves',
    )
    await until(() => first.heard.state === 'begun' && second.heard.state === 'begun')
    finish()
    finish()
    expect(await first.over).toMatchObject({ servedBy: 'anthropic:a', state: 'served' })
    // The account that the conversation keeps to had no room this once.
    expect(await second.over).toMatchObject({ servedBy: 'anthropic:b', standsIn: true })
    expect(open(there)).toEqual({ 'anthropic:a': 0, 'anthropic:b': 0 })
  })

  test('a call that may wait gets the first place that is free, in the order of their coming', async () => {
    const there = await twoAccounts({ wait: { maxMs: 60_000 } })
    const { act, finish } = slow()
    Object.assign(there.acts, { [A]: act, [B]: act })
    const running = [ask(there), ask(there)]
    const waiting = [ask(there), ask(there, { pin: { id: 'anthropic:a', by: 'user' } }), ask(there)]
    expect(waiting.map(({ heard }) => heard.isHeld)).toEqual([true, true, true])
    await until(() => running.every(({ heard }) => heard.state === 'begun'))
    const done: number[] = []
    for (const [at, { over }] of waiting.entries()) void over.then(() => done.push(at))
    for (let count = 1; count <= 5; count++) {
      const begun = there.vendor.seen.length
      finish()
      if (count <= 3) await until(() => there.vendor.seen.length > begun)
      expect(Math.max(...Object.values(open(there)))).toBeLessThanOrEqual(1)
    }
    await Promise.all(waiting.map(({ over }) => over))
    expect(waiting.map(({ heard }) => heard.state)).toEqual(['served', 'served', 'served'])
    expect(waiting[1]?.heard.servedBy).toBe('anthropic:a')
    expect(done[0]).toBe(0)
    expect(open(there)).toEqual({ 'anthropic:a': 0, 'anthropic:b': 0 })
    expect(waitsOf(there.view.home)).toEqual({ open: 0, total: 3 })
  })

  test('a place may be kept for chat, and of those who wait people who talk go first', async () => {
    const auth = { concurrency: { anthropic: 2 }, reserve: { slots: 1 } }
    const there = await twoAccounts({ ...auth, wait: { maxMs: 60_000 } }, { profiles: { 'anthropic:a': key(A) } })
    const { act, finish } = slow()
    there.acts[A] = act
    const program = { for: 'program' } as const
    const first = ask(there, program)
    // Of two places one is for programs.
    const second = ask(there, program)
    const chat = ask(there)
    const waiting = ask(there)
    const holds = [first, second, chat, waiting].map(({ heard }) => heard.isHeld)
    expect([holds, open(there)]).toEqual([[false, true, false, true], { 'anthropic:a': 2 }])
    await until(() => first.heard.state === 'begun' && chat.heard.state === 'begun')
    finish()
    await until(() => waiting.heard.state === 'begun')
    expect([second.heard.state, open(there)]).toEqual(['asked', { 'anthropic:a': 2 }])
    finish()
    await Promise.all([first.over, chat.over])
    // One place is taken by who talks, and the other one is kept.
    expect(second.heard.state).toBe('asked')
    finish()
    await until(() => second.heard.state === 'begun')
    finish()
    expect(await second.over).toMatchObject({ state: 'served' })
    expect(open(there)).toEqual({ 'anthropic:a': 0 })
  })

  test('who talks goes before a program that came earlier', async () => {
    const there = await twoAccounts({ wait: { maxMs: 60_000 } }, { profiles: { 'anthropic:a': key(A) } })
    const { act, finish } = slow()
    there.acts[A] = act
    const first = ask(there)
    const [program, chat] = [ask(there, { for: 'program' }), ask(there)]
    await until(() => first.heard.state === 'begun')
    finish()
    await until(() => chat.heard.state === 'begun')
    expect(program.heard.state).toBe('asked')
    finish()
    await until(() => program.heard.state === 'begun')
    finish()
    await Promise.all([chat.over, program.over])
  })

  test('one that waited as long as it may is refused', async () => {
    const there = await twoAccounts({ wait: { maxMs: 60 } })
    const { act, finish } = slow()
    Object.assign(there.acts, { [A]: act, [B]: act })
    const running = [ask(there), ask(there)]
    const held = ask(there)
    there.clock.now += 60
    expect((await held.over).refused?.status).toBe(429)
    expect(held.heard.isHeld).toBe(true)
    await until(() => running.every(({ heard }) => heard.state === 'begun'))
    finish()
    finish()
    await Promise.all(running.map(({ over }) => over))
    expect(open(there)).toEqual({ 'anthropic:a': 0, 'anthropic:b': 0 })
  })
})

test('the same secret is one account, in whatever profile of whatever agent, and a profile has its own number', async () => {
  const agents = { list: [{ id: 'main' }, { id: 'work' }] }
  const there = await twoAccounts(
    { concurrency: { anthropic: 3, 'anthropic:b': 1 } },
    {
      profiles: { 'anthropic:a': key(A), 'anthropic:twin': key(A), 'anthropic:b': key(B) },
      config: { agents },
      env: { ANTHROPIC_API_KEY: A },
    },
  )
  const work = await there.auth.view('work')
  const most = there.view
    .facts()
    .providers.get('anthropic')
    ?.candidates.map(({ id, slots }) => [id, slots?.most])
  expect(most).toEqual([
    ['anthropic:a', 3],
    ['anthropic:twin', 3],
    ['anthropic:b', 1],
    ['env:ANTHROPIC_API_KEY', 3],
  ])
  const { act, finish } = slow()
  there.acts[A] = act
  const running = ask(there, { pin: { id: 'anthropic:a', by: 'user' } })
  expect(open(there)).toEqual({ 'anthropic:a': 1, 'anthropic:twin': 1, 'anthropic:b': 0, 'env:ANTHROPIC_API_KEY': 1 })
  // Another agent has the same key from elsewhere.
  expect(open({ view: work })).toEqual({ 'env:ANTHROPIC_API_KEY': 1 })
  // What is read anew means the same account.
  await there.view.reload()
  for (const profile of (await there.view.store.profiles.read()).profiles) await there.view.adopt(profile, undefined)
  expect(open(there)).toEqual({ 'anthropic:a': 1, 'anthropic:twin': 1, 'anthropic:b': 0, 'env:ANTHROPIC_API_KEY': 1 })
  await until(() => running.heard.state === 'begun')
  finish()
  await running.over
  expect([open({ view: work }), open(there)['anthropic:twin']]).toEqual([{ 'env:ANTHROPIC_API_KEY': 0 }, 0])
})

test('without the setting nothing is counted', async () => {
  const there = await twoAccounts({ concurrency: undefined })
  expect(await ask(there).over).toMatchObject({ state: 'served' })
  expect(open(there)).toEqual({ 'anthropic:a': -1, 'anthropic:b': -1 })
})

const words = (type: string, message = type): object => ({ type: 'error', error: { type, message } })
const errorFirst: Act = (response) => {
  response.writeHead(200, stream)
  response.write('event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n')
  setTimeout(() => response.end(), 3)
}
/** Everything that a vendor may do to a call. */
const ACTS: Readonly<Record<string, Act>> = {
  good,
  'slow head': (response, ...more) => void setTimeout(() => good(response, ...more), 5),
  limited: says(429, words('rate_limit_error')),
  refused: says(401, words('authentication_error')),
  broken: says(500, words('api_error')),
  'not the model': says(404, words('not_found_error', 'model: claude-9')),
  'the request': says(400, words('invalid_request_error')),
  'error first': errorFirst,
  'request error first': says(
    200,
    'event: error\ndata: {"type":"error","error":{"type":"invalid_request_error","message":"bad"}}\n\n',
    stream,
  ),
  'error last': says(
    200,
    `${CONTENT}event: error\ndata: {"type":"error","error":{"type":"overloaded_error"}}\n\n`,
    stream,
  ),
  cut: cuts,
  'cut later': breaksOff(CONTENT),
  'cut refusal': breaksOff('{"error":', 429),
  silent: keepsSilent,
  'silent later': (response) => {
    response.writeHead(200, stream)
    response.write(CONTENT)
  },
}

test('whatever the vendor does and whenever the caller leaves, every place is given back, once', async () => {
  // Silence ends a call here, and so may a busy machine: whatever ends it, the place comes back.
  const config = { gateway: { timeouts: { firstByteMs: 150, idleMs: 150 } } }
  const there = await twoAccounts({ concurrency: { anthropic: 2 }, wait: { maxMs: 40 } }, { config })
  /** Accounts that came back from a rest meanwhile. */
  const act = fc.constantFrom(...Object.keys(ACTS))
  const asked = fc.record({
    streaming: fc.boolean(),
    /** After so many ms; immediately, while the vendor is asked, while the answer comes, while it is held. */
    abortAt: fc.option(fc.constantFrom(0, 1, 3, 8, 30), { nil: undefined }),
    /** The caller's own code fails on the way. */
    throws: fc.constantFrom(undefined, undefined, undefined, 'sentBy', 'begin'),
    pin: fc.option(fc.constantFrom('user', 'auto', 'soft'), { nil: undefined }),
    chain: fc.boolean(),
  })
  await holds(
    fc.asyncProperty(act, act, fc.array(asked, { minLength: 1, maxLength: 6 }), async (a, b, calls) => {
      Object.assign(there.acts, { [A]: ACTS[a], [B]: ACTS[b] })
      for (const { id } of there.view.facts().providers.get('anthropic')?.candidates ?? [])
        there.view.store.health.apply(id, { kind: 'reset', at: there.clock.now })
      await there.view.reload()
      const overs = calls.map(async ({ streaming, abortAt, throws, pin, chain }) => {
        const fails = (): never => {
          // Such a caller may never hear of its call again.
          setTimeout(() => running?.forget(), 60)
          throw new Error('the caller fails')
        }
        let isChained = false
        let running: Running | undefined
        try {
          running = ask(
            there,
            {
              streaming,
              ...(pin === undefined ? {} : { pin: { id: 'anthropic:a', by: pin } as const }),
              ...(throws === 'sentBy' ? { sentBy: fails } : {}),
            },
            {
              ...(throws === 'begin' ? { begin: () => fails() } : {}),
              otherwise: () => {
                if (isChained || !chain) return undefined
                isChained = true
                return { ...request, streaming, model: 'claude-haiku-4-5' }
              },
            },
          )
        } catch (error) {
          if (throws !== 'sentBy') throw error
          return
        }
        if (abortAt === 0) running.abort()
        else if (abortAt !== undefined) setTimeout(running.abort, abortAt)
        // The clock of the wait stands still, as its timer does not.
        const tick = setInterval(() => (there.clock.now += 10), 10)
        await running.over
        clearInterval(tick)
      })
      await Promise.all(overs)
      await new Promise((resolve) => setImmediate(resolve))
      expect(open(there)).toEqual({ 'anthropic:a': 0, 'anthropic:b': 0 })
      expect(waitsOf(there.view.home).open).toBe(0)
      const { candidates = [] } = there.view.facts().providers.get('anthropic') ?? {}
      const ramps = candidates.flatMap((one) => [...(one.ramps?.values() ?? [])])
      expect(ramps.filter((ramp) => ramp.open !== 0)).toEqual([])
    }),
    40,
  )
})

test('a call that is left while its login is renewed gives its place back', async () => {
  const there = await vendor(keepsSilent)
  const login = { type: 'oauth', provider: 'openai-codex', access: 'old', refresh: 'r-0123456789', accountId: 'me' }
  const { view } = await place({
    profiles: { 'openai-codex:home': { ...login, expires: 1 } },
    env: { OPENCLAW_LOGIN_ISSUER_OPENAI_CODEX: there.origin },
    config: {
      models: { providers: { 'openai-codex': { baseUrl: there.origin } } },
      auth: { concurrency: { 'openai-codex': 1 } },
    },
  })
  const opened = (): number | undefined => view.facts().providers.get('openai-codex')?.candidates[0]?.slots?.load.open
  const running = ask({ view }, { provider: 'openai-codex', endpoint: 'responses', model: 'gpt-5.1' })
  await until(() => there.seen.length > 0)
  expect([opened(), there.seen[0]?.path]).toEqual([1, expect.stringContaining('token')])
  running.abort()
  expect(opened()).toBe(0)
})

test('a place is kept over the renewal of the login that it was taken with, and given back after the answer', async () => {
  let opened = (): number | undefined => undefined
  const during: (number | undefined)[] = []
  const there = await vendor((response, seen, request) => {
    const isRenewal = seen.path.includes('token')
    during.push(opened())
    const renewed = { access_token: 'new-token', refresh_token: 'r-9876543210', expires_in: 3600 }
    const act = isRenewal
      ? says(200, renewed)
      : says(200, 'data: {"type":"response.output_text.delta","delta":"x"}\n\n', stream)
    act(response, seen, request)
  })
  const login = { type: 'oauth', provider: 'openai-codex', access: 'old', refresh: 'r-0123456789', accountId: 'me' }
  const { view } = await place({
    profiles: { 'openai-codex:home': { ...login, expires: 1 } },
    env: { OPENCLAW_LOGIN_ISSUER_OPENAI_CODEX: there.origin },
    config: {
      models: { providers: { 'openai-codex': { baseUrl: there.origin } } },
      auth: { concurrency: { 'openai-codex': 1 } },
    },
  })
  opened = () => view.facts().providers.get('openai-codex')?.candidates[0]?.slots?.load.open
  const running = ask({ view }, { provider: 'openai-codex', endpoint: 'responses', model: 'gpt-5.1' })
  expect(await running.over).toMatchObject({ state: 'served' })
  expect([during, opened()]).toEqual([[1, 1], 0])
})

test('so does one that its provider has no endpoint for', async () => {
  const there = await twoAccounts()
  expect(await ask(there, { endpoint: 'responses' }).over).toMatchObject({ refused: { status: 400 } })
  expect(open(there)).toEqual({ 'anthropic:a': 0, 'anthropic:b': 0 })
})

const request: VendorCall = {
  provider: 'anthropic',
  endpoint: 'messages',
  method: 'POST',
  bodyBytes: 0,
  headers: [],
  streaming: true,
}
