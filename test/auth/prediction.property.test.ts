// What status and explain predict is what the next call takes: over generated state directories, through the files themselves.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Access, acquire } from '../../src/auth/acquire.ts'
import { createAuth } from '../../src/auth/auth.ts'
import { inspect } from '../../src/auth/inspect.ts'
import { resolve } from '../../src/auth/resolve.ts'
import { settle } from '../../src/auth/settle.ts'
import { AuthError } from '../../src/core/errors.ts'
import { sourceLabel } from '../../src/core/order.ts'
import type { PinWish } from '../../src/core/pick.ts'
import { machine, NOON, sharedDir } from '../support/machine.ts'
import { holds } from '../support/seeds.ts'
import { lay } from './place.ts'

const root = sharedDir()
const PROVIDERS = ['anthropic', 'openai', 'zai', 'mine', 'nobody'] as const
const perhaps = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(values, { nil: undefined })
const around = fc.integer({ min: -90, max: 90 }).map((minutes) => NOON + minutes * 60_000)
const secrets = fc.constantFrom(
  'sk-one-one-one-one',
  'sk-two-two-two-two',
  'sk-three-three',
  '',
  'with space',
  'sk-\u0001',
)
const names = fc.constantFrom('default', 'manual', 'work')

/** As somebody may have written it by hand, too. */
const pauses = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: fc.oneof(fc.constant(true), around) },
  { weight: 1, arbitrary: fc.constantFrom(false, null, 'soon', -1, 1e300) },
)

const entry = (provider: string) =>
  fc
    .oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          type: fc.constant('api_key'),
          key: secrets,
          origin: perhaps(fc.constantFrom('https://api.anthropic.com', 'https://x.example')),
        }),
      },
      { weight: 3, arbitrary: fc.record({ type: fc.constant('token'), token: secrets, expires: perhaps(around) }) },
      {
        weight: 2,
        arbitrary: fc.record({
          type: fc.constant('oauth'),
          access: perhaps(secrets),
          refresh: fc.constant('r'),
          expires: perhaps(around),
        }),
      },
      { weight: 1, arbitrary: fc.constant({ type: 'future' }) },
    )
    .chain((fields) => pauses.map((paused) => ({ provider, ...fields, ...(paused === undefined ? {} : { paused }) })))

const profiles = fc
  .array(
    fc
      .tuple(fc.constantFrom(...PROVIDERS), names)
      .chain(([provider, name]) => entry(provider).map((value) => [`${provider}:${name}`, value] as const)),
    { maxLength: 7 },
  )
  .map((list) => Object.fromEntries(list))

const ids = fc
  .tuple(fc.constantFrom(...PROVIDERS), fc.constantFrom('default', 'manual', 'work', 'gone'))
  .map(([provider, name]) => `${provider}:${name}`)
const orders = fc.dictionary(
  fc.constantFrom('anthropic', 'openai', 'Z.AI', 'zai'),
  fc.uniqueArray(ids, { minLength: 1, maxLength: 4 }),
  { maxKeys: 2 },
)
const MODELS = ['claude-opus-4-6', 'claude-haiku-4-5', '__proto__'] as const
const marks = {
  lastUsed: perhaps(around),
  cooldownUntil: perhaps(around),
  disabledUntil: perhaps(around),
  disabledReason: perhaps(fc.constant('billing')),
  lastFailureAt: perhaps(around),
  lastProbeAt: perhaps(around),
  errorCount: fc.nat(4),
}
const usage = fc.dictionary(
  fc.oneof(ids, fc.constantFrom('env:ANTHROPIC_API_KEY', 'dotenv:OPENAI_API_KEY')),
  fc.record({
    ...marks,
    models: perhaps(fc.dictionary(fc.constantFrom(...MODELS), fc.record(marks), { maxKeys: 3 })),
    cooldownModel: fc.option(fc.constantFrom(...MODELS), { nil: undefined, freq: 6 }),
  }),
  { maxKeys: 6 },
)
const variables = fc.dictionary(
  fc.constantFrom(
    'ANTHROPIC_API_KEY',
    'ANTHROPIC_OAUTH_TOKEN',
    'OPENAI_API_KEY',
    'OPENAI_API_KEYS',
    'OPENAI_API_KEY_2',
    'OPENCLAW_LIVE_OPENAI_KEY',
    'ZAI_API_KEY',
    'Z_AI_API_KEY',
    'MINE',
  ),
  secrets,
  { maxKeys: 4 },
)

const states = fc.record({
  profiles,
  order: orders,
  usage,
  env: variables,
  dotenv: variables.map((values) =>
    Object.entries(values)
      .filter(([, value]) => /^[\w-]*$/.test(value))
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  ),
  config: fc.record({
    auth: fc.record({ order: orders, shareBeyondLoopback: fc.uniqueArray(ids, { maxLength: 2 }) }),
    env: variables,
    models: fc.record({
      providers: fc
        .record({
          anthropic: perhaps(
            fc.record(
              {
                baseUrl: fc.constantFrom('https://x.example', 'https://api.anthropic.com/'),
                apiKey: perhaps(fc.constantFrom('sk-two-two-two-two', '${MINE}')),
              },
              { requiredKeys: [] },
            ),
          ),
          mine: perhaps(fc.record({ baseUrl: fc.constantFrom('https://x.example', 'http://127.0.0.1:9/v1') })),
          vllm: perhaps(fc.constant({ baseUrl: 'http://127.0.0.1:9/v1' })),
        })
        .map((value) => JSON.parse(JSON.stringify(value))),
    }),
  }),
})

const isPast = (paused: unknown): boolean => typeof paused === 'number' && paused > 1e12 && paused <= NOON

let count = 0

test('the next one of status, the first line of explain and the one that a call takes are one and the same', {
  timeout: 120_000,
}, async () => {
  await holds(
    fc.asyncProperty(states, fc.boolean(), async (plan, beyondLoopback) => {
      const dir = join(root, String(count++))
      mkdirSync(dir)
      lay(plan, dir)
      const { system } = machine({ env: { ...plan.env, OPENCLAW_STATE_DIR: dir } })
      const auth = await createAuth(system)
      const view = await auth.view('main')
      const report = inspect(view, { named: false })
      const cut = report.resolvedDefault.indexOf('/')
      for (const { provider, next, effective } of report.auth.providers) {
        // A call of the default model, or of one of which nothing is known.
        const query =
          provider === report.resolvedDefault.slice(0, cut)
            ? { now: NOON, model: report.resolvedDefault.slice(cut + 1) }
            : { now: NOON }
        const predicted = resolve(view.facts(), provider, query)
        const first = predicted.trace[0]
        expect(first?.verdict === 'taken' ? { id: first.id, source: sourceLabel(first.source) } : null).toEqual(next)
        if (next !== null) expect(effective.kind).not.toBe('missing')
        let access: Access | undefined
        try {
          access = acquire(view, provider, query)
        } catch (error) {
          expect(error).toBeInstanceOf(AuthError)
          if (predicted.soonestAt !== undefined)
            expect(error).toMatchObject({ code: 'no_available_profile', until: predicted.soonestAt })
        }
        expect(
          access === undefined ? null : { id: access.candidate.id, source: sourceLabel(access.candidate.source) },
        ).toEqual(next)
        if (access === undefined) continue
        const { paused } = plan.profiles[access.candidate.id] ?? {}
        expect(paused === undefined || paused === null || paused === false || isPast(paused)).toBe(true)
        expect(access.signature.some((part) => /[^\x20-\x7e]/.test(part))).toBe(false)
        // After it served, the prediction for the one after it holds as well.
        settle(view, access, { ok: true }, NOON)
        const then = resolve(view.facts(), provider, { ...query, beyondLoopback })
        const taken = ((): string | undefined => {
          try {
            return acquire(view, provider, { ...query, beyondLoopback }).candidate.id
          } catch {
            return undefined
          }
        })()
        expect(taken).toBe(then.candidate?.id)
      }
      // A provider that the report says is missing cannot be taken, now or later.
      for (const provider of report.auth.missingProvidersInUse) {
        expect(() => acquire(view, provider, { now: NOON })).toThrow(expect.objectContaining({ code: 'no_credential' }))
      }
      rmSync(dir, { recursive: true, force: true })
    }),
    Number(process.env.KEYCLAW_STATES ?? 70),
  )
})

test('what explain says for a wish, strict, soft or automatic, is what a call with that wish takes', {
  timeout: 60_000,
}, async () => {
  const bys: readonly PinWish['by'][] = ['user', 'soft', 'auto']
  await holds(
    fc.asyncProperty(states, ids, fc.boolean(), async (plan, other, beyondLoopback) => {
      const dir = join(root, String(count++))
      mkdirSync(dir)
      lay(plan, dir)
      const auth = await createAuth(machine({ env: { ...plan.env, OPENCLAW_STATE_DIR: dir } }).system)
      const view = await auth.view('main')
      const pins = [other, ...Object.keys(plan.profiles)].flatMap((id) => bys.map((by): PinWish => ({ id, by })))
      for (const pin of pins) {
        const provider = pin.id.slice(0, pin.id.indexOf(':'))
        const query = { now: NOON, pin, beyondLoopback }
        const { candidate, trace } = resolve(view.facts(), provider, query)
        const [first] = trace
        expect(first?.verdict === 'taken' ? first.id : undefined).toBe(candidate?.id)
        if (first?.rule === 'pinned') expect(first.reason.includes('may step aside')).toBe(pin.by === 'soft')
        let taken: string | undefined
        try {
          taken = acquire(view, provider, query).candidate.id
        } catch (error) {
          expect(error).toBeInstanceOf(AuthError)
        }
        expect(taken).toBe(candidate?.id)
        if (pin.by === 'user') expect([undefined, pin.id]).toContain(taken)
      }
      rmSync(dir, { recursive: true, force: true })
    }),
    30,
  )
})

test('what explain says for a model is what a call of it takes, whatever the account does with others, and so is what follows', {
  timeout: 60_000,
}, async () => {
  const kinds = fc.constantFrom('used', 'model', 'account')
  await holds(
    fc.asyncProperty(
      states,
      fc.array(fc.tuple(fc.constantFrom(...MODELS), kinds), { maxLength: 6 }),
      async (plan, calls) => {
        const dir = join(root, String(count++))
        mkdirSync(dir)
        lay(plan, dir)
        const open = async () => {
          const auth = await createAuth(machine({ env: { ...plan.env, OPENCLAW_STATE_DIR: dir } }).system)
          return { auth, view: await auth.view('main') }
        }
        const { auth, view } = await open()
        for (const [model, kind] of calls) {
          for (const provider of view.facts().providers.keys()) {
            const query = { now: NOON, model }
            const { candidate, early, trace } = resolve(view.facts(), provider, query)
            const [first] = trace
            expect(first?.verdict === 'taken' ? first.id : undefined).toBe(candidate?.id)
            let access: Access | undefined
            try {
              access = acquire(view, provider, query)
            } catch (error) {
              expect(error).toBeInstanceOf(AuthError)
            }
            expect(access?.candidate.id).toBe(candidate?.id)
            if (access === undefined) continue
            expect([access.claim !== undefined, access.model]).toEqual([early, model])
            const failure = { class: 'rate_limit', scope: kind === 'model' ? 'model' : 'account', detail: '' } as const
            settle(view, access, kind === 'used' ? { ok: true } : { ok: false, failure }, NOON)
            access.candidate.takenAt = 0
          }
        }
        await auth.flush()
        const other = (await open()).view
        for (const model of MODELS) {
          for (const provider of view.facts().providers.keys()) {
            const told = ({ facts }: typeof view) =>
              resolve(facts(), provider, { now: NOON, model }).trace.map(({ id, rule }) => [id, rule])
            expect(told(other)).toEqual(told(view))
          }
        }
        rmSync(dir, { recursive: true, force: true })
      },
    ),
    60,
  )
})

test('what one process has settled, another one predicts from the files', { timeout: 60_000 }, async () => {
  await holds(
    fc.asyncProperty(states, fc.boolean(), async (plan, ok) => {
      const dir = join(root, String(count++))
      mkdirSync(dir)
      lay(plan, dir)
      const open = async () => {
        const auth = await createAuth(machine({ env: { ...plan.env, OPENCLAW_STATE_DIR: dir } }).system)
        return { auth, view: await auth.view('main') }
      }
      const one = await open()
      for (const { provider, next } of inspect(one.view, { named: false }).auth.providers) {
        if (next === null) continue
        const access = acquire(one.view, provider, { now: NOON })
        settle(
          one.view,
          access,
          ok ? { ok } : { ok, failure: { class: 'rate_limit', scope: 'account', detail: '' } },
          NOON,
        )
        // Whose turn it is counts within a process only; across processes it is the last use on disk.
        access.candidate.takenAt = 0
      }
      await one.auth.flush()
      const two = await open()
      expect(inspect(two.view, { named: false }).auth.providers.map(({ next }) => next)).toEqual(
        inspect(one.view, { named: false }).auth.providers.map(({ next }) => next),
      )
      rmSync(dir, { recursive: true, force: true })
    }),
    60,
  )
})

test('a file the reference has written is predicted like one of ours', async () => {
  const dir = join(root, 'reference')
  mkdirSync(join(dir, 'agents/main/agent'), { recursive: true })
  writeFileSync(
    join(dir, 'agents/main/agent/auth-profiles.json'),
    JSON.stringify({
      version: 1,
      profiles: {
        'anthropic:a': { type: 'api_key', provider: 'anthropic', key: 'sk-a-aaaaaaaa' },
        'anthropic:b': { type: 'api_key', provider: 'anthropic', key: 'sk-b-bbbbbbbb' },
      },
      usageStats: {
        'anthropic:a': { errorCount: 1, cooldownUntil: NOON + 60_000, lastFailureAt: NOON },
        'anthropic:b': { lastUsed: NOON },
      },
    }),
  )
  const auth = await createAuth(machine({ env: { OPENCLAW_STATE_DIR: dir } }).system)
  const view = await auth.view('main')
  expect(inspect(view, { named: false }).auth.providers[0]?.next?.id).toBe('anthropic:b')
  expect(acquire(view, 'anthropic', { now: NOON }).candidate.id).toBe('anthropic:b')
})
