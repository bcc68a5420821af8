// `models auth login` on a pseudo-terminal: every way in, every way out, and that nothing is written on the ways out.
import { readdir } from 'node:fs/promises'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { openclaw, readJson } from '../support/installation.ts'
import {
  addressOn,
  agree,
  approve,
  follow,
  type LoginPlace,
  loginPlace,
  occupy,
  stored,
  throughPipe,
} from '../support/logins.ts'
import { build, onTerminal, type Screen } from '../support/program.ts'
import { openaiKey, setupToken } from './secrets.ts'

let place: LoginPlace
beforeAll(build, 60_000)
beforeEach(async () => {
  place = await loginPlace()
})
afterEach(() => place.close())

const LOGIN = ['models', 'auth', 'login', '--provider', 'openai-codex']
const HOME = 'openai-codex:jürgen-@example.com'
const WORK = 'openai-codex:work@example.com'
const profiles = async () => (await stored(place)).profiles

/** Codes, verifiers and tokens: nothing of them may be on a screen. */
function showsNoSecret(text: string, ...codes: string[]): void {
  expect(text).not.toMatch(/eyJ|rt_sandbox|code_verifier/)
  for (const code of codes) expect(text).not.toContain(code)
}
const codeIn = (location: string): string => new URL(location).searchParams.get('code') ?? ''

async function ends(screen: Screen, code: number): Promise<string> {
  expect((await screen.exit).code, screen.text()).toBe(code)
  return screen.text()
}

/** Goes through a login whose browser comes back by itself. */
async function logIn(args: readonly string[], as = 'home'): Promise<string> {
  const screen = onTerminal(place, args)
  await follow(await agree(await addressOn(screen), as))
  return ends(screen, 0)
}

it('takes the callback, and keeps tokens, expiry and account under a name made of the e-mail', async () => {
  const screen = onTerminal(place, LOGIN)
  const address = await addressOn(screen)
  const asked = new URL(address).searchParams
  expect(Object.fromEntries(asked)).toEqual({
    response_type: 'code',
    client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
    redirect_uri: 'http://localhost:1455/auth/callback',
    scope: 'openid profile email offline_access',
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge_method: 'S256',
    state: expect.stringMatching(/^[\w-]{43}$/),
    id_token_add_organizations: 'true',
    codex_cli_simplified_flow: 'true',
    originator: 'keyclaw',
  })
  const location = await agree(address)
  const { status, body } = await follow(location)
  expect([status, body.includes(codeIn(location))]).toEqual([200, false])
  const text = await ends(screen, 0)
  expect(text).toContain('Logged in as jürgen>>>@example.com (plus).')
  expect(text).toContain(`Auth profile: ${HOME} (openai-codex/oauth, expires `)
  showsNoSecret(text, codeIn(location))
  const entry = (await profiles())[HOME]
  expect(entry).toMatchObject({
    type: 'oauth',
    provider: 'openai-codex',
    access: expect.stringMatching(/^eyJ/),
    refresh: expect.stringMatching(/^rt_sandbox_/),
    email: 'jürgen>>>@example.com',
    accountId: 'acct-sandbox-home',
    userId: 'user-home',
    plan: 'plus',
    clientId: 'app_EMoamEEZ73f0CkXaXp7hrann',
  })
  expect(Math.abs(Number(entry?.expires) - Date.now() - 864_000_000)).toBeLessThan(60_000)
  expect(await readJson(`${place.state}/openclaw.json`)).toMatchObject({
    auth: { profiles: { [HOME]: { provider: 'openai-codex', mode: 'oauth' } } },
  })
  const [exchange] = place.sandbox.requests().filter(({ path }) => path.endsWith('/oauth/token'))
  expect(exchange?.headers['user-agent']).toMatch(/^keyclaw\//)
  const status_ = await openclaw(place, ['models', 'status'])
  expect(status_.stdout).toMatch(/openai-codex:jürgen-@example\.com .*expires in (?:9d|10d)/)
})

it('refuses stray callbacks and goes on waiting', async () => {
  const screen = onTerminal(place, LOGIN)
  const location = await agree(await addressOn(screen))
  const strange = new URL(location)
  strange.searchParams.set('state', 'x'.repeat(43))
  expect((await follow(strange.href)).status).toBe(400)
  expect((await follow('http://localhost:1455/auth/callback?error=access_denied')).status).toBe(400)
  expect((await follow('http://localhost:1455/auth/callback')).status).toBe(400)
  expect((await follow('http://localhost:1455/favicon.ico')).status).toBe(404)
  expect((await follow(location.replace('localhost', 'evil.example'))).status).toBe(400)
  expect((await follow(location)).status).toBe(200)
  await ends(screen, 0)
  expect(place.sandbox.logins.redemptions()).toHaveLength(1)
})

it('takes the second port when the first one is taken', async () => {
  const taken = await occupy(1455)
  const screen = onTerminal(place, LOGIN)
  const address = await addressOn(screen)
  expect(address).toContain(encodeURIComponent('http://localhost:1457/auth/callback'))
  await follow(await agree(address))
  await ends(screen, 0)
  taken.close()
})

it('takes the pasted address when both ports are taken', async () => {
  const taken = [await occupy(1455), await occupy(1457)]
  const screen = onTerminal(place, LOGIN)
  const location = await agree(await addressOn(screen))
  await screen.shows('are taken')
  screen.type('http://localhost:1455/auth/callback?code=abc&state=other\r')
  await screen.shows('That was not taken: it belongs to another login.')
  screen.type(`\u001b[200~${location.slice(0, 60)}\r\n${location.slice(60)}\u001b[201~\r`)
  const text = await ends(screen, 0)
  showsNoSecret(text, codeIn(location))
  expect(Object.keys(await profiles())).toEqual([HOME])
  for (const server of taken) server.close()
})

it('takes a pasted code, but no key', async () => {
  const screen = onTerminal(place, LOGIN)
  const location = await agree(await addressOn(screen), 'work')
  screen.type('sk-proj-0123456789abcdef0123456789\r')
  await screen.shows('it looks like a key, not like a code')
  screen.type(`${codeIn(location)}\r`)
  showsNoSecret(await ends(screen, 0), codeIn(location))
  expect(Object.keys(await profiles())).toEqual([WORK])
})

it('takes a code on another device, and warns of those who send one', async () => {
  const screen = onTerminal(place, [...LOGIN, '--device-code'])
  await screen.shows('Waiting.')
  expect(screen.text()).toContain('whoever sends somebody else such a code wants that account')
  const userCode = /SAND-[0-9A-F]{6}/.exec(screen.text())?.[0] ?? ''
  await approve(place.sandbox, userCode, 'work')
  showsNoSecret(await ends(screen, 0))
  expect((await profiles())[WORK]).toMatchObject({ accountId: 'acct-sandbox-work', plan: 'team' })
})

it.each([
  ['at the prompt', [], 'Paste that address'],
  ['while a code waits for another device', ['--device-code'], 'Waiting.'],
])('changes nothing on Ctrl-C %s, and exits 130', async (_when, flags, shown) => {
  const screen = onTerminal(place, [...LOGIN, ...flags])
  await screen.shows(shown)
  screen.type('\u0003')
  expect(await ends(screen, 130)).toContain('Cancelled; nothing was changed.')
  expect(await readdir(place.state)).toEqual([])
})

it('changes nothing on Ctrl-C while the vendor is asked', async () => {
  place.sandbox.setFaults([{ vendor: 'chatgpt', path: '/oauth/token', hang: true }])
  const screen = onTerminal(place, LOGIN)
  await follow(await agree(await addressOn(screen)))
  while (place.sandbox.requests().every(({ path }) => !path.endsWith('/oauth/token'))) await new Promise(setImmediate)
  screen.type('\u0003')
  expect(await ends(screen, 130)).toContain('Cancelled; nothing was changed.')
  expect(await readdir(place.state)).toEqual([])
})

it('says it when the person or the vendor says no, and writes nothing', async () => {
  const screen = onTerminal(place, LOGIN)
  await follow(await agree(await addressOn(screen), 'nobody'))
  expect(await ends(screen, 1)).toContain(
    'the login failed: access_denied (Sandbox: the person said no). Nothing was changed.',
  )
  place.sandbox.setFaults([
    { vendor: 'chatgpt', path: '/oauth/token', status: 400, body: { error: 'invalid_grant', error_description: 'no' } },
  ])
  const again = onTerminal(place, LOGIN)
  await follow(await agree(await addressOn(again)))
  expect(await ends(again, 1)).toContain('the login failed: HTTP 400 invalid_grant. Nothing was changed.')
  const device = onTerminal(place, [...LOGIN, '--device-code'])
  await device.shows('Waiting.')
  await approve(place.sandbox, /SAND-[0-9A-F]{6}/.exec(device.text())?.[0] ?? '', 'nobody')
  expect(await ends(device, 1)).toContain('access_denied')
  expect(await readdir(place.state)).toEqual([])
})

it('sends the code again after a 503, and never after an answer that was lost', async () => {
  place.sandbox.setFaults([{ vendor: 'chatgpt', path: '/oauth/token', status: 503, times: 1 }])
  const screen = onTerminal(place, LOGIN)
  await follow(await agree(await addressOn(screen)))
  expect(await ends(screen, 0)).toContain('did not take the code: HTTP 503')
  place.sandbox.setFaults([{ vendor: 'chatgpt', path: '/oauth/token', cutAfterBytes: 10 }])
  const before = await profiles()
  const lost = onTerminal(place, LOGIN)
  await follow(await agree(await addressOn(lost)))
  expect(await ends(lost, 1)).toContain('Nothing was changed.')
  expect(await profiles()).toEqual(before)
  expect(place.sandbox.logins.redemptions().map(({ outcome }) => outcome)).toEqual(['granted', 'granted'])
})

it('keeps id, pins and order when the same account logs in again, and puts another one beside it', async () => {
  await logIn([...LOGIN, '--profile-id', 'openai-codex:main'])
  await openclaw(place, ['models', 'auth', 'order', 'set', '--provider', 'openai-codex', 'openai-codex:main'])
  const first = await profiles()
  await logIn(LOGIN)
  const again = await profiles()
  expect(Object.keys(again)).toEqual(['openai-codex:main'])
  expect(again['openai-codex:main']?.refresh).not.toBe(first['openai-codex:main']?.refresh)
  const beside = await logIn(LOGIN, 'work')
  expect(beside).toContain(`An order of openai-codex exists and leaves ${WORK} out.`)
  expect(await stored(place)).toMatchObject({ order: { 'openai-codex': ['openai-codex:main'] } })
  // A name that belongs to another account is not overwritten: the login goes under its own.
  const crossed = await logIn([...LOGIN, '--profile-id', 'openai-codex:main'], 'work')
  expect(crossed).toContain(
    `openai-codex:main belongs to another account and was left as it is; this login is ${WORK}.`,
  )
  expect((await profiles())['openai-codex:main']).toEqual(again['openai-codex:main'])
  expect(Object.keys(await profiles()).sort()).toEqual(['openai-codex:main', WORK].sort())
  const forced = await logIn([...LOGIN, '--force', '--set-default'], 'work')
  expect(forced).toContain('openai-codex:main was removed from this machine')
  expect(forced).toContain('Default model: openai-codex/gpt-5.1-codex')
  const kept = await profiles()
  expect(Object.keys(kept)).toEqual([WORK])
  // Logging out takes the tokens back at the vendor, where a login of another program is left alone.
  const out = await openclaw(place, ['models', 'auth', 'logout', WORK, '--yes'])
  expect(out.stderr).toContain('It was taken back at openai-codex, too.')
  expect(place.sandbox.logins.bearer(String(kept[WORK]?.access))).toBeUndefined()
  expect(place.sandbox.logins.bearer(String(again['openai-codex:main']?.access))?.name).toBe('home')
  expect(await profiles()).toEqual({})
})

it('takes the address from a pipe, and says what to do where nobody can answer', async () => {
  const nobody = await openclaw(place, LOGIN)
  expect(nobody).toMatchObject({ code: 1, stdout: '' })
  expect(nobody.stderr).toContain('Run: openclaw models auth login --provider openai-codex --device-code')
  expect(await readdir(place.state)).toEqual([])
  const piped = await throughPipe(place, [...LOGIN, '--json'], async (shown) => agree(shown, 'work'))
  expect(piped.code, piped.stderr).toBe(0)
  expect(JSON.parse(piped.stdout)).toMatchObject({
    ok: true,
    profileId: WORK,
    type: 'oauth',
    email: 'work@example.com',
    plan: 'team',
    replaced: false,
  })
  showsNoSecret(piped.stdout + piped.stderr)
})

it('lists what there is for an unknown provider, method or id, before anybody logs in', async () => {
  for (const [flags, message] of [
    [['--provider', 'nosuch'], 'With a login of their own: openrouter, openai-codex. With a key or a token: anthropic'],
    [['--provider', 'openai-codex', '--method', 'magic'], 'it has: browser, device-code.'],
    [['--provider', 'anthropic', '--device-code'], 'it has: api-key, setup-token.'],
    [['--provider', 'openai-codex', '--device-code', '--method', 'browser'], 'name two ways'],
    [['--provider', 'openai-codex', '--profile-id', 'openai:work'], 'is not named after openai-codex'],
    [['--provider', 'anthropic'], 'has several ways: api-key, setup-token'],
  ] as const) {
    const ran = await openclaw(place, ['models', 'auth', 'login', ...flags])
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining(message)])
  }
  const far = { OPENCLAW_LOGIN_ISSUER_OPENAI_CODEX: 'http://auth.example.com' }
  expect((await openclaw(place, LOGIN, { env: far })).stderr).toContain(
    'a login goes to https, or to http on this machine',
  )
  const open = { OPENCLAW_OAUTH_CALLBACK_HOST: '0.0.0.0' }
  expect((await openclaw(place, LOGIN, { env: open })).stderr).toContain('a loopback address only')
  expect(place.sandbox.requests()).toEqual([])
  expect(await readdir(place.state)).toEqual([])
})

it('leads into the prompt for a secret where that is the way in', async () => {
  const asked = onTerminal(place, ['models', 'auth', 'login', '--provider', 'anthropic'])
  await asked.shows('How, at Anthropic?')
  asked.type('2\r')
  await asked.shows('Have you run `claude setup-token` and copied the token?')
  asked.type('y\r')
  await asked.shows('Paste the token of Anthropic')
  asked.type(`\u001b[200~${setupToken('tttt')}\u001b[201~\r`)
  await ends(asked, 0)
  const only = onTerminal(place, ['models', 'auth', 'login', '--provider', 'openai'])
  await only.shows('Paste the API key of OpenAI')
  only.type(`${openaiKey('kkkk')}\r`)
  await ends(only, 0)
  expect(Object.keys(await profiles()).sort()).toEqual(['anthropic:default', 'openai:default'])
})

it('logs in from the wizard and from its flag, and leaves nothing when the last question is answered with no', async () => {
  const wizard = onTerminal(place, ['onboard', '--flow', 'quickstart'])
  for (const [question, keys] of [
    ['Whose models?', 'OpenAI\r'],
    ['How?', '1\r'],
    ['In which way?', '1\r'],
  ] as const) {
    await wizard.shows(question)
    wizard.type(keys)
  }
  await follow(await agree(await addressOn(wizard)))
  await wizard.shows('Which model by default?')
  wizard.type('1\r')
  await wizard.shows('credential  ChatGPT login (Codex) jürgen>>>@example.com')
  await wizard.shows('Write it?')
  wizard.type('2\r')
  showsNoSecret(await ends(wizard, 130))
  expect(await readdir(place.state)).toEqual([])
  const flag = await logIn(['onboard', '--auth-choice', 'openai-codex'], 'work')
  expect(flag).toContain(`Auth profile: ${WORK} (openai-codex/oauth, expires `)
  expect(flag).toContain('Default model: openai-codex/gpt-5.1-codex')
  const silent = await openclaw(place, ['onboard', '--auth-choice', 'openai-codex', '--non-interactive'])
  expect([silent.code, silent.stderr]).toEqual([
    1,
    expect.stringContaining('openclaw models auth login --provider openai-codex'),
  ])
})
