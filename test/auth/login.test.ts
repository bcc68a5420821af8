// Logging in and keeping what came of it, in this process: whose it is, when it ends, and which profile it becomes.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keepLogin } from '../../src/auth/keep-login.ts'
import { type LoginDesk, type LoginNews, login, methodNamed } from '../../src/auth/login.ts'
import { isSameAccount } from '../../src/core/credential.ts'
import { AuthError } from '../../src/core/errors.ts'
import { replacing } from '../../src/core/needs.ts'
import { isOnline, loginMethods } from '../../src/providers/provider.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { agree, approve, follow, loginEnv } from '../support/logins.ts'
import { NOON } from '../support/machine.ts'
import { type Place, type Plan, place } from './place.ts'

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await startSandbox()
  sandbox.logins.settings.deviceInterval = '0.01'
})
afterEach(() => sandbox.close())

const at = (plan: Plan = {}): Promise<Place> => place({ ...plan, env: { ...loginEnv(sandbox), ...plan.env } })

type Visit = { as?: string; provider?: string; method?: string; profileId?: string; desk?: Partial<LoginDesk> }

/** A person who agrees, in a browser that comes back by itself. */
async function visit(
  { auth }: Place,
  { as = 'home', provider = 'openai-codex', method = 'browser', ...rest }: Visit = {},
) {
  const found = auth.registry.get(provider)
  const way = found === undefined ? undefined : methodNamed(found, method)
  if (found === undefined || way === undefined || !isOnline(way)) throw new Error('no such way')
  const tell = (news: LoginNews): void => {
    if (news.kind === 'open') void agree(news.url, as).then(follow)
    if (news.kind === 'device') void approve(sandbox, news.userCode, as)
  }
  const desk: LoginDesk = {
    tell,
    paste: () => new Promise(() => undefined),
    signal: new AbortController().signal,
    ...rest.desk,
  }
  const credential = await login(auth, found, way, desk)
  const { profileId } = rest
  return keepLogin(auth, {
    agentId: 'main',
    provider: found,
    credential,
    ...(profileId === undefined ? {} : { profileId }),
  })
}

const DAYS_10 = 864_000_000

test('a clock that is years off here changes nothing: the length of a life is what counts', async () => {
  const here = await at()
  for (const method of ['browser', 'device-code']) {
    const { profile } = await visit(here, { method })
    expect(profile.credential).toMatchObject({ kind: 'oauth', expiresAt: NOON + DAYS_10 })
  }
  const { access_token: access } = { access_token: String(here.stored().profiles[HOME]?.access) }
  // Without `expires_in` the token itself says how long it lives, by the vendor's own clock.
  sandbox.setFaults([{ vendor: 'chatgpt', path: '/token', status: 200, body: { access_token: access } }])
  expect((await visit(here)).profile.credential).toMatchObject({ expiresAt: NOON + DAYS_10 })
  sandbox.setFaults([{ vendor: 'chatgpt', path: '/token', status: 200, body: { access_token: 'opaque-token' } }])
  expect((await visit(here, { profileId: 'openai-codex:opaque' })).profile.credential).toMatchObject({
    expiresAt: NOON + 3_600_000,
  })
  expect(here.logged.join('\n')).not.toMatch(/eyJ|rt_sandbox|opaque-token/)
})

const HOME = 'openai-codex:jürgen-@example.com'

test('a profile that another program wrote is told by its token, and renewed; one that cannot be told is left alone', async () => {
  const first = await at()
  await visit(first)
  const { access } = first.stored().profiles[HOME] ?? {}
  const oauth = { type: 'oauth', provider: 'openai-codex', refresh: 'rt_old', expires: 1 }
  const here = await at({
    profiles: {
      'openai-codex:default': { ...oauth, access, kept: 'too' },
      'openai-codex:opaque': { ...oauth, access: 'opaque', accountId: 'acct-sandbox-home' },
    },
  })
  expect((await visit(here, { as: 'work' })).profile.id).toBe('openai-codex:work@example.com')
  expect(await visit(here)).toMatchObject({ profile: { id: 'openai-codex:default' }, replaced: true })
  const { profiles } = here.stored()
  expect(profiles['openai-codex:default']).toMatchObject({ email: 'jürgen>>>@example.com', kept: 'too' })
  expect(profiles['openai-codex:opaque']).toMatchObject({ access: 'opaque', refresh: 'rt_old' })
})

test('one address at two accounts gives two profiles, told apart by the plan', async () => {
  await sandbox.close()
  const person = { email: 'me@example.com', userId: 'user-me' }
  sandbox = await startSandbox({
    logins: [
      { ...person, name: 'home', accountId: 'acct-1', plan: 'plus' },
      { ...person, name: 'work', accountId: 'acct-2', plan: 'team' },
    ],
  })
  const here = await at()
  for (const as of ['home', 'work', 'work', 'home']) await visit(here, { as })
  expect(Object.keys(here.stored().profiles)).toEqual([
    'openai-codex:me@example.com',
    'openai-codex:me@example.com-team',
  ])
})

test('a key made at OpenRouter goes beside a pasted one, and the next of the same person takes its place', async () => {
  const pasted = { type: 'api_key', provider: 'openrouter', key: 'sk-or-v1-pasted-before-0123456789' }
  const here = await at({ profiles: { 'openrouter:default': pasted } })
  for (const as of ['home', 'work', 'home']) await visit(here, { provider: 'openrouter', as })
  expect(here.stored().profiles).toEqual({
    'openrouter:default': pasted,
    'openrouter:default-2': expect.objectContaining({ key: expect.stringMatching(/^sk-or-v1-/), userId: 'user-home' }),
    'openrouter:default-3': expect.objectContaining({ type: 'api_key', userId: 'user-work' }),
  })
  expect(sandbox.logins.redemptions().map(({ outcome }) => outcome)).toEqual(['granted', 'granted', 'granted'])
})

const elsewhere = (location: string): string =>
  location.includes(':1455/') ? location.replace(':1455/', ':1457/') : location.replace(':1457/', ':1455/')

test('of two logins at once each takes its own answer, whichever way they come', async () => {
  const here = await at()
  const addresses: string[] = []
  const come = (): Promise<unknown> =>
    visit(here, {
      desk: {
        tell: (news) => {
          if (news.kind === 'open') addresses.push(news.url)
          if (addresses.length < 2) return
          // Crossed: each browser is first sent to where the other one is awaited.
          void Promise.all([agree(addresses[0] ?? '', 'home'), agree(addresses[1] ?? '', 'work')]).then(
            async ([home, work]) => {
              const crossed = [follow(elsewhere(home)), follow(elsewhere(work))]
              for (const { status } of await Promise.all(crossed)) expect(status).toBe(400)
              await Promise.all([follow(home), follow(work)])
            },
          )
        },
      },
    })
  await Promise.all([come(), come()])
  expect(Object.keys(here.stored().profiles)).toHaveLength(2)
  expect(new Set(addresses.map((url) => new URL(url).searchParams.get('redirect_uri'))).size).toBe(2)
})

test('whoever leaves, while anything is waited for, leaves nothing', async () => {
  const here = await at()
  for (const path of ['/usercode', '/oauth/token']) {
    sandbox.setFaults([{ vendor: 'chatgpt', path, hang: true }])
    const leaving = new AbortController()
    const gone = visit(here, {
      method: path === '/usercode' ? 'device-code' : 'browser',
      desk: { signal: leaving.signal },
    })
    const seen = setInterval(() => {
      if (sandbox.requests().some((request) => request.path.endsWith(path))) leaving.abort()
    }, 5)
    await expect(gone).rejects.toMatchObject({ code: 'interrupted' })
    clearInterval(seen)
  }
  expect(() => here.stored()).toThrow('ENOENT')
})

test('a vendor without logins by code, or without an answer, is said with a command that helps', async () => {
  const here = await at()
  sandbox.setFaults([{ vendor: 'chatgpt', path: '/usercode', status: 404 }])
  const why = await visit(here, { method: 'device-code' }).catch((error: unknown) => error)
  expect(why).toBeInstanceOf(AuthError)
  expect(why).toMatchObject({ remedy: 'openclaw models auth login --provider openai-codex --method browser' })
  sandbox.setFaults([{ vendor: 'chatgpt', path: '/usercode', redirect: 'https://elsewhere.example/' }])
  await expect(visit(here, { method: 'device-code' })).rejects.toThrow('The vendor gave no code: HTTP 307')
})

test('an agent that uses the credentials of another one is told where to log in', async () => {
  const config = {
    agents: {
      list: [
        { id: 'main', default: true },
        { id: 'work', auth: { inherit: 'main' } },
      ],
    },
  }
  const { auth } = await at({ config })
  const provider = auth.registry.get('openai-codex')
  if (provider === undefined) throw new Error('it is built in')
  await expect(
    keepLogin(auth, { agentId: 'work', provider, credential: { kind: 'oauth', accountId: 'a' } }),
  ).rejects.toMatchObject({ remedy: 'openclaw models auth login --provider openai-codex --agent main' })
})

test('what has ended is mended by logging in again, under its name where a shell takes it', () => {
  const ended = { profileId: 'openai-codex:me@x.y', provider: 'openai-codex', type: 'oauth' }
  expect(replacing(ended, ' --agent work')).toBe(
    'openclaw models auth login --provider openai-codex --profile-id openai-codex:me@x.y --agent work',
  )
  expect(replacing({ ...ended, profileId: HOME }, '')).toBe('openclaw models auth login --provider openai-codex')
})

test('every provider has a way in, each with a name of its own', async () => {
  const { auth } = await at()
  for (const provider of auth.registry.all()) {
    const methods = loginMethods(provider)
    expect(methods.length).toBeGreaterThan(0)
    expect(new Set(methods.map(({ id }) => id)).size).toBe(methods.length)
    for (const { id, label } of methods)
      expect([id, label]).toEqual([expect.stringMatching(/^[a-z-]+$/), expect.stringMatching(/\w/)])
  }
})

test.each([
  [{ accountId: 'a', userId: 'u' }, { accountId: 'a', userId: 'u' }, true],
  [{ accountId: 'a', userId: 'u', email: 'old@x' }, { accountId: 'a', userId: 'u', email: 'new@x' }, true],
  [{ accountId: 'a', email: 'Me@x' }, { accountId: 'a', email: 'me@X' }, true],
  [{ email: 'me@x' }, { accountId: 'a', email: 'me@x' }, true],
  [{ accountId: 'a', userId: 'u' }, { accountId: 'b', userId: 'u' }, false],
  [{ accountId: 'a', userId: 'u' }, { accountId: 'a', userId: 'v' }, false],
  [{ accountId: 'a', email: 'me@x' }, { accountId: 'a', email: 'you@x' }, false],
  [{ accountId: 'a' }, { accountId: 'a', email: 'me@x' }, undefined],
  [{ accountId: 'a' }, { accountId: 'b' }, false],
  [{}, {}, undefined],
])('of %o and %o it is known whether they are one person: %s', (one, other, same) => {
  expect(isSameAccount(one, other)).toBe(same)
  expect(isSameAccount(other, one)).toBe(same)
})
