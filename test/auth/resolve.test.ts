// Where a credential comes from, what stands behind what, and what may never be taken.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { acquire } from '../../src/auth/acquire.ts'
import { resolve } from '../../src/auth/resolve.ts'
import { settle } from '../../src/auth/settle.ts'
import { NOON } from '../support/machine.ts'
import { API_KEY, key, type Place, type Plan, place, SETUP_TOKEN, token } from './place.ts'

const told = ({ view }: Place, provider = 'anthropic'): string[] =>
  resolve(view.facts(), provider, { now: NOON }).trace.map(({ id, rule }) => `${id} ${rule}`)

const taken = async (plan: Plan, provider = 'anthropic'): Promise<string | undefined> => {
  const { view } = await place(plan)
  return resolve(view.facts(), provider, { now: NOON }).candidate?.secret?.reveal()
}

describe('sources, the nearest first', () => {
  const config = {
    env: { ANTHROPIC_API_KEY: 'sk-from-config-env' },
    models: { providers: { anthropic: { apiKey: 'sk-from-config-key' } } },
  }
  const dotenv = 'ANTHROPIC_API_KEY=sk-from-dotenv'
  const env = { ANTHROPIC_API_KEY: 'sk-from-process' }

  test.each<[string, Plan, string | undefined]>([
    ['a stored profile', { profiles: { 'anthropic:default': key(API_KEY) }, env, dotenv, config }, API_KEY],
    ['the environment', { env, dotenv, config }, 'sk-from-process'],
    ['.env of the state directory', { dotenv, config }, 'sk-from-dotenv'],
    ['env of the config', { config }, 'sk-from-config-env'],
    ['apiKey of the config', { config: { models: config.models } }, 'sk-from-config-key'],
    ['nothing', {}, undefined],
    ['a blank variable counts as none', { env: { ANTHROPIC_API_KEY: '  ' }, dotenv }, 'sk-from-dotenv'],
    ['a bearer goes before a key', { env: { ...env, ANTHROPIC_OAUTH_TOKEN: SETUP_TOKEN } }, SETUP_TOKEN],
    [
      'an apiKey may name a variable',
      { env: { MY_KEY: 'sk-mine-mine' }, config: { models: { providers: { anthropic: { apiKey: '${MY_KEY}' } } } } },
      'sk-mine-mine',
    ],
    [
      'an apiKey that names no variable is none',
      { config: { models: { providers: { anthropic: { apiKey: '${NOT_SET}' } } } } },
      undefined,
    ],
  ])('%s', async (_name, plan, secret) => {
    expect(await taken(plan)).toBe(secret)
  })

  test('a bearer of the environment is signed as one', async () => {
    const { view } = await place({ env: { ANTHROPIC_OAUTH_TOKEN: SETUP_TOKEN } })
    expect(acquire(view, 'anthropic', { now: NOON }).signature).toContain(`Bearer ${SETUP_TOKEN}`)
  })

  test('the trace shows what shadows what', async () => {
    const profiles = { 'anthropic:default': key('sk-from-process') }
    expect(told(await place({ profiles, env, dotenv, config }))).toEqual([
      'anthropic:default first',
      'config:models.providers.anthropic.apiKey next',
      'env:ANTHROPIC_API_KEY same_as',
      'dotenv:ANTHROPIC_API_KEY shadowed',
      'config:ANTHROPIC_API_KEY shadowed',
    ])
  })

  test('of several variables of one provider the first one wins, call after call', async () => {
    const there = await place({
      env: {
        DASHSCOPE_API_KEY: 'sk-third-third',
        QWEN_API_KEY: 'sk-first-first',
        MODELSTUDIO_API_KEY: 'sk-second-second',
      },
    })
    const order = ['env:QWEN_API_KEY first', 'env:MODELSTUDIO_API_KEY next', 'env:DASHSCOPE_API_KEY next']
    expect(told(there, 'qwen')).toEqual(order)
    settle(there.view, acquire(there.view, 'qwen', { now: NOON }), { ok: true }, NOON)
    expect(told(there, 'qwen')).toEqual(order)
  })
})

describe('a variable of the config that nobody has set', () => {
  const at = (settings: object): Plan['config'] => ({ models: { providers: { anthropic: settings } } })

  test('takes its key away, and no other', async () => {
    const there = await place({ env: { ANTHROPIC_API_KEY: API_KEY }, config: at({ apiKey: '${NOT_SET}' }) })
    expect(told(there)).toEqual([
      'env:ANTHROPIC_API_KEY first',
      'config:models.providers.anthropic.apiKey missing_variable',
    ])
    const { trace } = resolve(there.view.facts(), 'anthropic', { now: NOON })
    expect(trace[1]?.reason).toBe('NOT_SET is not set, so models.providers.anthropic.apiKey is not used')
  })

  test('of an address takes the provider away: no key goes elsewhere', async () => {
    const there = await place({ env: { ANTHROPIC_API_KEY: API_KEY }, config: at({ baseUrl: '${NOT_SET}/v1' }) })
    expect(told(there)).toEqual(['env:ANTHROPIC_API_KEY missing_variable'])
    expect(() => acquire(there.view, 'anthropic', { now: NOON })).toThrow(/No API key|NOT_SET/)
  })

  test('makes no call without a key to a server that would take one', async () => {
    const config = { models: { providers: { vllm: { baseUrl: 'http://127.0.0.1:9/v1', apiKey: '${NOT_SET}' } } } }
    expect(told(await place({ config }), 'vllm')).toEqual(['config:models.providers.vllm.apiKey missing_variable'])
  })

  test('once set, in .env for one, serves from the next reading on', async () => {
    const there = await place({ config: at({ apiKey: '${MY_KEY}' }) })
    writeFileSync(join(there.state, '.env'), 'MY_KEY=sk-mine-mine')
    await there.auth.home.reload()
    await there.view.reload()
    expect(told(there)).toEqual(['config:models.providers.anthropic.apiKey first'])
  })

  test('that comes later is told in the log, by its name and path', async () => {
    const there = await place({ config: {} })
    writeFileSync(there.configPath, JSON.stringify(at({ apiKey: '${NOT_SET}' })))
    await there.auth.home.reload()
    await there.auth.home.reload()
    expect(there.logged).toHaveLength(1)
    expect(there.logged[0]).toMatch(/"variable":"NOT_SET","path":"models.providers.anthropic.apiKey"/)
  })
})

describe('several keys of one provider', () => {
  const ids = (there: Place, provider = 'openai'): string[] =>
    told(there, provider).map((line) => line.split(' ')[0] ?? '')

  test('of a list each is a candidate, whatever stands between them, repeats and blanks left out', async () => {
    const env = { OPENAI_API_KEYS: 'sk-a-aaaaaaaa, sk-b-bbbbbbbb;sk-c-cccccccc sk-a-aaaaaaaa,;\n sk-d-dddddddd' }
    const there = await place({ env })
    expect(told(there, 'openai')).toEqual([
      'env:OPENAI_API_KEYS#1 first',
      'env:OPENAI_API_KEYS#2 next',
      'env:OPENAI_API_KEYS#3 next',
      'env:OPENAI_API_KEYS#4 next',
    ])
    const keys = there.view
      .facts()
      .providers.get('openai')
      ?.candidates.map(({ secret }) => secret?.reveal())
    expect(keys).toEqual(['sk-a-aaaaaaaa', 'sk-b-bbbbbbbb', 'sk-c-cccccccc', 'sk-d-dddddddd'])
  })

  test('those of a list take turns as profiles do, and one that is limited rests alone', async () => {
    const there = await place({ dotenv: 'OPENAI_API_KEYS="sk-a-aaaaaaaa sk-b-bbbbbbbb sk-c-cccccccc"' })
    const next = (): string => acquire(there.view, 'openai', { now: NOON }).candidate.id.slice(-1)
    expect([next(), next(), next(), next()]).toEqual(['1', '2', '3', '1'])
    const access = acquire(there.view, 'openai', { now: NOON })
    settle(there.view, access, { ok: false, failure: { class: 'rate_limit', scope: 'account', detail: '' } }, NOON)
    expect([next(), next(), next(), next()]).toEqual(['3', '1', '3', '1'])
  })

  test('a list goes before a single one, that before the numbered ones, which take turns', async () => {
    const env = {
      OPENAI_API_KEY_10: 'sk-10-1010101010',
      OPENAI_API_KEY_2: 'sk-2-2222222222',
      OPENAI_API_KEY: 'sk-0-0000000000',
      OPENAI_API_KEYS: 'sk-x-xxxxxxxxxx',
      OPENAI_API_KEY_FILE: '/run/secrets/openai',
    }
    expect(ids(await place({ env }))).toEqual([
      'env:OPENAI_API_KEYS#1',
      'env:OPENAI_API_KEY',
      'env:OPENAI_API_KEY_10',
      'env:OPENAI_API_KEY_2',
    ])
  })

  test('OPENCLAW_LIVE_<P>_KEY pins one: no other variable counts while it is set', async () => {
    const env = { OPENAI_API_KEYS: 'sk-a-aaaaaaaa,sk-b-bbbbbbbb', OPENAI_API_KEY: 'sk-0-0000000000' }
    const there = await place({ env, dotenv: 'OPENCLAW_LIVE_OPENAI_KEY=sk-live-live-live' })
    expect(told(there, 'openai')).toEqual([
      'dotenv:OPENCLAW_LIVE_OPENAI_KEY first',
      'env:OPENAI_API_KEYS#1 shadowed',
      'env:OPENAI_API_KEYS#2 shadowed',
      'env:OPENAI_API_KEY shadowed',
    ])
  })

  test('the same key under two names is tried once', async () => {
    const env = { OPENAI_API_KEYS: 'sk-a-aaaaaaaa,sk-b-bbbbbbbb', OPENAI_API_KEY: 'sk-b-bbbbbbbb' }
    expect(told(await place({ env, dotenv: 'OPENAI_API_KEY_2=sk-a-aaaaaaaa' }), 'openai')).toEqual([
      'env:OPENAI_API_KEYS#1 first',
      'env:OPENAI_API_KEYS#2 next',
      'env:OPENAI_API_KEY same_as',
      'dotenv:OPENAI_API_KEY_2 same_as',
    ])
  })

  test('a list set closer hides the whole list further away', async () => {
    const config = { env: { OPENAI_API_KEYS: 'sk-c-cccccccc' } }
    expect(told(await place({ dotenv: 'OPENAI_API_KEYS=sk-a-aaaaaaaa,sk-b-bbbbbbbb', config }), 'openai')).toEqual([
      'dotenv:OPENAI_API_KEYS#1 first',
      'dotenv:OPENAI_API_KEYS#2 next',
      'config:OPENAI_API_KEYS#1 shadowed',
    ])
  })

  test.each([
    ['kimi-coding', 'KIMI_API_KEYS'],
    ['kimi-coding', 'KIMICODE_API_KEY_1'],
    ['kimi-coding', 'OPENCLAW_LIVE_KIMI_CODING_KEY'],
    ['huggingface', 'HUGGINGFACE_API_KEYS'],
    ['vercel-ai-gateway', 'AI_GATEWAY_API_KEYS'],
    ['anthropic', 'OPENCLAW_LIVE_ANTHROPIC_KEY'],
  ])('%s takes %s', async (provider, name) => {
    const there = await place({ env: { [name]: 'sk-a-aaaaaaaa' } })
    expect(told(there, provider)).toEqual([`env:${name}${name.endsWith('S') ? '#1' : ''} first`])
  })

  test('stored profiles go before all of them', async () => {
    const there = await place({
      profiles: { 'anthropic:default': key(API_KEY) },
      env: { OPENCLAW_LIVE_ANTHROPIC_KEY: 'sk-a-aaaaaaaa', ANTHROPIC_API_KEYS: 'sk-b-bbbbbbbb' },
    })
    expect(told(there)[0]).toBe('anthropic:default first')
  })
})

describe('what cannot be taken', () => {
  test.each<[string, Record<string, unknown>, string, Plan?]>([
    ['a token that has ended', token(SETUP_TOKEN, { expires: NOON }) as Record<string, unknown>, 'expired'],
    ['a blank key', key('  ') as Record<string, unknown>, 'blank'],
    ['a login without an access token', { type: 'oauth', provider: 'anthropic', refresh: 'r' }, 'blank'],
    ['a type of the future', { type: 'passkey', provider: 'anthropic' }, 'unknown_kind'],
    ['a key with a line end inside', key('sk-ant\r\nx-evil: 1') as Record<string, unknown>, 'unsendable'],
    ['a key with a letter beyond ASCII', key('sk-ant-ü') as Record<string, unknown>, 'unsendable'],
    ['a key with a NUL', key('sk-ant-\0x') as Record<string, unknown>, 'unsendable'],
    [
      'a key made for another address',
      key(API_KEY, { origin: 'https://old.example' }) as Record<string, unknown>,
      'wrong_origin',
    ],
  ])('%s', async (_name, entry, rule) => {
    const there = await place({ profiles: { 'anthropic:default': entry } })
    expect(told(there)).toEqual([`anthropic:default ${rule}`])
    expect(() => acquire(there.view, 'anthropic', { now: NOON })).toThrow(
      expect.objectContaining({ code: 'no_credential' }),
    )
  })

  test('a value that would break a header is refused by its name, never by its value', async () => {
    const there = await place({ env: { ANTHROPIC_API_KEY: 'canary\u0001value' } })
    expect(told(there)).toEqual(['env:ANTHROPIC_API_KEY unsendable'])
    const { trace } = resolve(there.view.facts(), 'anthropic', { now: NOON })
    expect(JSON.stringify(trace)).not.toContain('canary')
  })

  test('the credential of a provider that nobody knows, until the config knows it', async () => {
    const profiles = { 'mine:default': { type: 'api_key', provider: 'mine', key: 'k-1234567890' } }
    expect(told(await place({ profiles }), 'mine')).toEqual(['mine:default unknown_provider'])
    const config = { models: { providers: { mine: { baseUrl: 'https://mine.example/v1' } } } }
    expect(told(await place({ profiles, config }), 'mine')).toEqual(['mine:default first'])
  })
})

describe('a profile is bound to the address it was made for', () => {
  const profiles = { 'anthropic:default': key(API_KEY, { origin: 'https://api.anthropic.com' }) }
  const at = (baseUrl: string): Plan => ({ profiles, config: { models: { providers: { anthropic: { baseUrl } } } } })

  test.each([
    ['https://api.anthropic.com', 'first'],
    ['https://api.anthropic.com/v2/', 'first'],
    ['https://api.anthropic.com:444', 'wrong_origin'],
    ['http://api.anthropic.com', 'wrong_origin'],
    ['https://evil.example', 'wrong_origin'],
    ['https://api.anthropic.com.evil.example', 'wrong_origin'],
  ])('%s: %s', async (baseUrl, rule) => {
    expect(told(await place(at(baseUrl)))).toEqual([`anthropic:default ${rule}`])
  })

  test('one that was never bound goes where the provider is', async () => {
    expect(
      told(await place({ ...at('https://proxy.example'), profiles: { 'anthropic:default': key(API_KEY) } })),
    ).toEqual(['anthropic:default first'])
  })

  test('where the request goes is the address of the config', async () => {
    const { view } = await place({
      ...at('https://proxy.example/base/'),
      profiles: { 'anthropic:default': key(API_KEY) },
    })
    expect(acquire(view, 'anthropic', { now: NOON })).toMatchObject({
      origin: 'https://proxy.example',
      prefix: '/base',
    })
  })
})

describe('orders', () => {
  const profiles = {
    'anthropic:a': key('sk-a-aaaaaaaa'),
    'anthropic:b': key('sk-b-bbbbbbbb'),
    'anthropic:c': token(SETUP_TOKEN),
  }
  const shared = { auth: { order: { anthropic: ['anthropic:b'] } } }

  test('without one, tokens go before keys', async () => {
    expect(told(await place({ profiles }))).toEqual(['anthropic:c first', 'anthropic:a next', 'anthropic:b next'])
  })

  test("the agent's own beats that of the config", async () => {
    expect(
      told(await place({ profiles, order: { anthropic: ['anthropic:a', 'anthropic:c'] }, config: shared })),
    ).toEqual(['anthropic:a first', 'anthropic:c next', 'anthropic:b not_in_order'])
    expect(told(await place({ profiles, config: shared }))[0]).toBe('anthropic:b first')
  })

  test('an order that names nobody usable leaves the environment', async () => {
    const env = { ANTHROPIC_API_KEY: 'sk-env-env-env' }
    expect(told(await place({ profiles, order: { anthropic: ['anthropic:gone'] }, env }))[0]).toBe(
      'env:ANTHROPIC_API_KEY first',
    )
    expect(told(await place({ profiles, order: { anthropic: ['anthropic:a'] }, env }))).toContain(
      'env:ANTHROPIC_API_KEY not_in_order',
    )
  })
})

test('a subscription is for its owner, unless the config shares it by name', async () => {
  const profiles = { 'anthropic:sub': token(SETUP_TOKEN), 'anthropic:key': key(API_KEY) }
  const beyond = async (plan: Plan): Promise<string | undefined> => {
    const { view } = await place(plan)
    return resolve(view.facts(), 'anthropic', { now: NOON, beyondLoopback: true }).candidate?.id
  }
  expect(await beyond({ profiles })).toBe('anthropic:key')
  expect(await beyond({ profiles, config: { auth: { shareBeyondLoopback: ['anthropic:sub'] } } })).toBe('anthropic:sub')
})

describe('when nothing can be taken, the error says what, where and which command helps', () => {
  const refusal = async (plan: Plan, provider = 'anthropic', query = {}): Promise<Record<string, unknown>> => {
    const { view } = await place(plan)
    try {
      acquire(view, provider, { now: NOON, ...query })
    } catch (error) {
      return error as Record<string, unknown>
    }
    throw new Error('something was taken')
  }

  test('no credential', async () => {
    expect(await refusal({})).toMatchObject({
      code: 'no_credential',
      message: expect.stringMatching(/No API key found for provider "anthropic" \(agent main, .*auth-profiles\.json\)/),
      remedy: 'openclaw models auth paste-api-key --provider anthropic',
    })
  })

  test('a pinned profile that does not exist', async () => {
    expect(
      await refusal({ profiles: { 'anthropic:a': key(API_KEY) } }, 'anthropic', {
        pin: { id: 'anthropic:x', by: 'user' },
      }),
    ).toMatchObject({
      code: 'no_credential_for_profile',
      message: expect.stringContaining('"anthropic:x"'),
      remedy: 'openclaw models auth list',
    })
  })

  test('a pinned profile that cannot be used, and nothing of the others', async () => {
    const profiles = {
      'anthropic:a': key(API_KEY),
      'anthropic:b': token('sk-ended-ended-ended', { expires: NOON - 60_000 }),
    }
    const error = await refusal({ profiles }, 'anthropic', { pin: { id: 'anthropic:b', by: 'user' } })
    expect(error).toMatchObject({
      code: 'no_credential_for_profile',
      message: expect.stringMatching(
        /^The credentials of profile "anthropic:b" cannot be used\. anthropic:b: expired /,
      ),
    })
    expect(error.message).not.toContain('anthropic:a')
  })

  test('everything rests', async () => {
    const usage = {
      'anthropic:a': {
        errorCount: 1,
        lastFailureAt: NOON - 1000,
        cooldownUntil: NOON + 59_000,
        cooldownReason: 'rate_limit',
      },
    }
    expect(await refusal({ profiles: { 'anthropic:a': key(API_KEY) }, usage })).toMatchObject({
      code: 'no_available_profile',
      message: expect.stringMatching(/anthropic:a: cooldown \(rate_limit\) ends in 59s.*first is back in 59s/),
      until: NOON + 59_000,
      remedy: 'openclaw models explain anthropic',
    })
  })

  test('a provider nobody knows', async () => {
    expect(await refusal({}, 'nobody')).toMatchObject({
      code: 'unknown_provider',
      message: expect.stringContaining('models.providers.nobody.baseUrl'),
    })
  })
})

test('parallel calls go round among equals, and each is remembered across a reading of the files', async () => {
  const there = await place({
    profiles: {
      'anthropic:a': key('sk-a-aaaaaaaa'),
      'anthropic:b': key('sk-b-bbbbbbbb'),
      'anthropic:c': key('sk-c-cccccccc'),
    },
  })
  const next = (): string => acquire(there.view, 'anthropic', { now: NOON }).candidate.id
  expect([next(), next(), next(), next()]).toEqual(['anthropic:a', 'anthropic:b', 'anthropic:c', 'anthropic:a'])
  await there.view.reload()
  expect(next()).toBe('anthropic:b')
})

test('secrets that are known are hidden from the log from then on', async () => {
  const there = await place({ profiles: { 'anthropic:a': key('plainsecretwithoutshape') } })
  there.system.log.warn('x plainsecretwithoutshape')
  expect(there.logged.join('')).not.toContain('plainsecret')
})

test('reading writes nothing', async () => {
  const { readdirSync } = await import('node:fs')
  const there = await place({ env: { ANTHROPIC_API_KEY: 'sk-env-env-env' } })
  await there.view.reload()
  resolve(there.view.facts(), 'anthropic', { now: NOON })
  expect(readdirSync(there.state, { recursive: true })).toEqual(['agents', 'agents/main', 'agents/main/agent'])
})

test('a rest follows the key, and not the variable or the place of a list where it stands', async () => {
  const old = { 'dotenv:XAI_API_KEY': { errorCount: 1, disabledUntil: NOON + 9e6, disabledReason: 'billing' } }
  const there = await place({ dotenv: 'OPENAI_API_KEYS=sk-a-aaaaaaaa,sk-b-bbbbbbbb\nXAI_API_KEY=xai-0', usage: old })
  // What was kept without knowing of which key it is says nothing.
  expect(told(there, 'xai')).toEqual(['dotenv:XAI_API_KEY first'])
  const failed = { ok: false, failure: { class: 'billing', detail: 'empty', scope: 'profile' } as never } as const
  const early = acquire(there.view, 'openai', { now: NOON })
  const late = acquire(there.view, 'xai', { now: NOON })
  settle(there.view, early, failed, NOON)
  const write = async (text: string): Promise<void> => {
    writeFileSync(join(there.state, '.env'), text)
    await there.auth.flush()
    await there.auth.home.reload()
    await there.view.reload()
    await there.view.reloadHealth()
  }
  await write('OPENAI_API_KEYS=sk-b-bbbbbbbb\nXAI_API_KEY=xai-1')
  expect(told(there, 'openai')).toEqual(['dotenv:OPENAI_API_KEYS#1 first'])
  // The call that is under way ends badly: for the key that served it, and not for the one in its place.
  settle(there.view, late, failed, NOON)
  expect(told(there, 'xai')).toEqual(['dotenv:XAI_API_KEY first'])
  await write('OPENAI_API_KEYS=sk-b-bbbbbbbb,sk-a-aaaaaaaa\nXAI_API_KEY=xai-0')
  expect(told(there, 'openai')).toEqual(['dotenv:OPENAI_API_KEYS#1 first', 'dotenv:OPENAI_API_KEYS#2 disabled'])
  expect(told(there, 'xai')).toEqual(['dotenv:XAI_API_KEY disabled'])
  expect(readFileSync(there.cache, 'utf8')).not.toMatch(/aaaa|bbbb|xai-/)
})
