// Models that rest within their profile, as calls meet them: a vendor on loopback that limits or lacks one model and serves the others.
import { afterAll, expect, test } from 'vitest'
import { call } from '../../src/auth/call.ts'
import { clearRest } from '../../src/auth/clear-rest.ts'
import { suppose } from '../../src/auth/suppose.ts'
import type { Refused, VendorCall } from '../../src/auth/vendor-call.ts'
import { restsUntil } from '../../src/core/health.ts'
import { createTransport } from '../../src/system/send.ts'
import { NOON } from '../support/machine.ts'
import { type Act, says, vendor } from '../support/vendor.ts'
import { type Place, place } from './place.ts'

const transport = createTransport()
afterAll(() => transport.close())

const A = 'gsk_aaaaaaaaaaaa-canary'
const B = 'gsk_bbbbbbbbbbbb-canary'
const MINUTE = 60_000

/** The name of the model is all of the body. */
const requestOf = (model: string): VendorCall => ({
  provider: 'groq',
  model,
  endpoint: 'chat_completions',
  method: 'POST',
  body: [Buffer.from(model)],
  bodyBytes: model.length,
  headers: ['content-type', 'application/json'],
  streaming: false,
})

type Got = { by?: string; refused?: Refused; body: string }

/** @param instead the model that is asked when nobody can serve the first */
function ask({ view }: Place, model: string, instead?: string): Promise<Got> {
  return new Promise((resolve) => {
    const got: Got = { body: '' }
    let left = instead
    call(view, transport, requestOf(model), {
      begin: ({ access }) => {
        got.by = access.candidate.id
      },
      data: (chunk) => {
        got.body += Buffer.from(chunk).toString('utf8')
        return true
      },
      end: () => resolve(got),
      broken: () => resolve(got),
      otherwise: () => {
        const next = left
        left = undefined
        return next === undefined ? undefined : requestOf(next)
      },
      refused: (refused) => resolve({ ...got, refused }),
    })
  })
}

const good = says(200, {})
const limited = says(
  429,
  { error: { message: 'Rate limit reached for model `big` in organization `o`', code: 'rate_limit_exceeded' } },
  { 'retry-after': '300' },
)
const busy = says(503, { error: { message: 'big is currently over capacity. Please try again.' } })
const withheld = says(400, { error: { message: 'The terms must be accepted', code: 'model_terms_required' } })

/** The vendor does `first` to the first account where it asks for `big`; whatever else is asked is served. */
async function accounts(first: Act, second?: Act): Promise<Place & { asked: () => string[] }> {
  const there = await vendor((response, seen, request) => {
    const isFirst = seen.headers.authorization === `Bearer ${A}`
    const act = seen.body !== 'big' ? good : isFirst ? first : (second ?? good)
    act(response, seen, request)
  })
  const key = (secret: string): object => ({ type: 'api_key', provider: 'groq', key: secret })
  const opened = await place({
    profiles: { 'groq:a': key(A), ...(second === undefined ? {} : { 'groq:b': key(B) }) },
    order: { groq: second === undefined ? ['groq:a'] : ['groq:a', 'groq:b'] },
    config: { models: { providers: { groq: { baseUrl: there.origin } } } },
  })
  return {
    ...opened,
    asked: () =>
      there.seen.map(({ headers, body }) => `${headers.authorization === `Bearer ${A}` ? 'a' : 'b'} ${body}`),
  }
}

const rest = ({ view, clock }: Place, id: string, model?: string): number =>
  Math.max(0, restsUntil(view.store.health.get(id), clock.now, model) - clock.now)

test.each([
  ['a limit with a hint', limited, 300_000],
  ['a model that is withheld', withheld, MINUTE],
  ['a model that is over capacity, where another account gets it', busy, 10_000],
] as const)('%s rests the model of that account, which serves others', async (_what, act, length) => {
  const there = await accounts(act, good)
  expect(await ask(there, 'big')).toMatchObject({ by: 'groq:b' })
  expect([rest(there, 'groq:a'), rest(there, 'groq:a', 'big'), rest(there, 'groq:a', 'small')]).toEqual([0, length, 0])
  expect(await ask(there, 'small')).toMatchObject({ by: 'groq:a' })
  // That it serves another model is no proof for this one.
  expect(rest(there, 'groq:a', 'big')).toBe(length)
  expect(await ask(there, 'big')).toMatchObject({ by: 'groq:b' })
  expect(there.asked()).toEqual(['a big', 'b big', 'a small', 'b big'])
  there.clock.now += length
  expect(await ask(there, 'big')).toMatchObject({ by: 'groq:b' })
  expect(there.asked().slice(4)).toEqual(['a big', 'b big'])
  // The second step of the ladder, or what the vendor said again.
  expect(rest(there, 'groq:a', 'big')).toBeGreaterThanOrEqual(length)
})

test('a model that is over capacity for everybody rests for nobody', async () => {
  const there = await accounts(busy, busy)
  for (let calls = 0; calls < 2; calls++) expect((await ask(there, 'big')).refused).toMatchObject({ status: 529 })
  expect([rest(there, 'groq:a', 'big'), rest(there, 'groq:b', 'big')]).toEqual([0, 0])
  expect(there.asked()).toEqual(['a big', 'b big', 'a big', 'b big'])
})

test('a model that is over capacity rests for a moment once another model is served in its place', async () => {
  const there = await accounts(busy)
  expect(await ask(there, 'big', 'small')).toMatchObject({ by: 'groq:a' })
  expect(await ask(there, 'big', 'small')).toMatchObject({ by: 'groq:a' })
  expect(there.asked()).toEqual(['a big', 'a small', 'a small'])
  expect([rest(there, 'groq:a'), rest(there, 'groq:a', 'big')]).toEqual([0, 10_000])
})

test('when everybody rests for a model the refusal names it, says when, and that others can be asked', async () => {
  const there = await accounts(limited, limited)
  expect((await ask(there, 'big')).refused).toMatchObject({ status: 429 })
  const { refused } = await ask(there, 'big')
  expect(refused).toMatchObject({
    status: 429,
    attempts: 0,
    error: { code: 'no_available_profile', until: NOON + 300_000, remedy: 'openclaw models explain groq/big' },
  })
  expect(refused?.error.message).toContain(
    'groq:a: cooldown (rate_limit) of big ends in 5m (12:05:00Z); groq:b: cooldown (rate_limit) of big ends in 5m',
  )
  expect(refused?.error.message).toContain(
    'The first is back in 5m (12:05:00Z); other models can be asked (agent main, ',
  )
  expect(await ask(there, 'big', 'small')).toMatchObject({ by: 'groq:a' })
  expect(there.asked()).toEqual(['a big', 'b big', 'a small'])
})

test('a resting model is tried early once a minute where nothing else is left, and a success ends its rest', async () => {
  let act = says(
    429,
    { error: { message: 'Rate limit reached for model `big`', code: 'rate_limit_exceeded' } },
    {
      'retry-after': '3600',
    },
  )
  const there = await accounts((...args) => act(...args))
  await ask(there, 'big')
  there.clock.now += MINUTE
  await ask(there, 'big')
  there.clock.now += 1000
  expect((await ask(there, 'big')).refused).toMatchObject({ attempts: 0 })
  expect(there.asked()).toEqual(['a big', 'a big'])
  // The early try that failed lengthened nothing.
  expect(rest(there, 'groq:a', 'big')).toBe(59 * MINUTE - 1000)
  await ask(there, 'small')
  act = good
  there.clock.now += MINUTE
  expect(await ask(there, 'big')).toMatchObject({ by: 'groq:a' })
  expect(rest(there, 'groq:a', 'big')).toBe(0)
  expect(there.view.store.health.get('groq:a')).toEqual({
    lastUsedAt: there.clock.now,
    errorCount: 0,
    failureCounts: {},
  })
})

test('what may happen to one model is supposed of it alone, and what cannot is refused', async () => {
  const there = await accounts(good, good)
  const { facts, supposed } = suppose(there.view, ['big@groq:a=rate_limit', 'groq/big@groq=overloaded'], NOON)
  expect(supposed).toMatchObject([
    { id: 'groq:a', model: 'big', class: 'rate_limit', until: NOON + MINUTE },
    { id: 'groq:a', model: 'big' },
    { id: 'groq:b', model: 'big', class: 'overloaded', until: NOON + 10_000 },
  ])
  const [a] = facts.providers.get('groq')?.candidates ?? []
  expect(a === undefined ? [] : [restsUntil(a.health, NOON), restsUntil(a.health, NOON, 'big')]).toEqual([
    0,
    NOON + MINUTE,
  ])
  expect(() => suppose(there.view, ['big@groq:a=billing'], NOON)).toThrow(
    'happens to all of groq:a and not to big alone',
  )
  expect(() => suppose(there.view, ['big@groq:z=429'], NOON)).toThrow('has no credential "big@groq:z"')
})

test('clearing a profile clears its models, and of the others nothing', async () => {
  const there = await accounts(limited, limited)
  await ask(there, 'big')
  const one = await clearRest(there.auth, { agentId: 'main', profileId: 'groq:a' })
  expect(one.cleared).toMatchObject([{ id: 'groq:a', rests: [{ model: 'big', reason: 'rate_limit' }] }])
  expect([rest(there, 'groq:a', 'big'), rest(there, 'groq:b', 'big')]).toEqual([0, 300_000])
  expect((await clearRest(there.auth, { agentId: 'main' })).cleared.map(({ id }) => id)).toEqual(['groq:b'])
  expect((await clearRest(there.auth, { agentId: 'main' })).cleared).toEqual([])
  await expect(clearRest(there.auth, { agentId: 'main', profileId: 'groq:z' })).rejects.toMatchObject({
    code: 'unknown_profile',
  })
})
