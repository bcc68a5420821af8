// ChatGPT's login as the sandbox plays it: PKCE, codes used once, refresh tokens in families, device codes, and a log of it all.
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { type Heard, say, start } from './support.ts'

const CLIENT = 'app_EMoamEEZ73f0CkXaXp7hrann'
const REDIRECT = 'http://localhost:1455/auth/callback'
const VERIFIER = 'v'.repeat(64)
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')
const STATE = 's'.repeat(32)

const base = (sandbox: Sandbox) => sandbox.baseUrl('chatgpt')
const authorize = (sandbox: Sandbox, changes: Record<string, string> = {}): Promise<Heard> => {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: CLIENT,
    redirect_uri: REDIRECT,
    scope: 'openid profile email offline_access',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    state: STATE,
    as: 'home',
    ...changes,
  })
  return say(`${base(sandbox)}/oauth/authorize?${query}`)
}
const codeFor = async (sandbox: Sandbox, as = 'home'): Promise<string> => {
  const location = new URL(String((await authorize(sandbox, { as })).headers.location))
  expect(location.searchParams.get('state')).toBe(STATE)
  return location.searchParams.get('code') ?? ''
}
const token = (sandbox: Sandbox, fields: Record<string, string>): Promise<Heard> =>
  say(`${base(sandbox)}/oauth/token`, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ client_id: CLIENT, ...fields }).toString(),
  })
const exchange = (sandbox: Sandbox, code: string, changes: Record<string, string> = {}): Promise<Heard> =>
  token(sandbox, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT,
    code_verifier: VERIFIER,
    ...changes,
  })
const refresh = (sandbox: Sandbox, refreshToken: string): Promise<Heard> =>
  token(sandbox, { grant_type: 'refresh_token', refresh_token: refreshToken })
const outcomes = (sandbox: Sandbox) => sandbox.logins.redemptions().map(({ outcome }) => outcome)
const claimsOf = (jwt: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'))

test('a code is exchanged once; shown again it takes back what it gave', async () => {
  const sandbox = await start()
  const code = await codeFor(sandbox)
  const heard = JSON.parse((await exchange(sandbox, code)).text)
  expect(heard).toMatchObject({ token_type: 'Bearer', expires_in: 864_000 })
  const claims = claimsOf(heard.access_token)
  expect(claims['https://api.openai.com/auth']).toMatchObject({ chatgpt_account_id: 'acct-sandbox-home' })
  expect(claimsOf(heard.id_token).email).toBe('jürgen>>>@example.com')
  expect((await exchange(sandbox, code)).status).toBe(400)
  expect((await refresh(sandbox, heard.refresh_token)).text).toContain('refresh_token_invalidated')
  expect(outcomes(sandbox)).toEqual(['granted', 'reused', 'revoked'])
})

test('a wrong verifier, redirect, client or code gives nothing', async () => {
  const sandbox = await start()
  const code = await codeFor(sandbox)
  expect((await exchange(sandbox, code, { code_verifier: 'w'.repeat(64) })).text).toContain('invalid_grant')
  await exchange(sandbox, code, { redirect_uri: 'http://localhost:1457/auth/callback' })
  await exchange(sandbox, code, { client_id: 'somebody' })
  await exchange(sandbox, 'no-code')
  expect(outcomes(sandbox)).toEqual(['bad_verifier', 'bad_redirect', 'bad_client', 'unknown'])
  expect((await exchange(sandbox, code)).status).toBe(200)
})

test('an authorisation without S256, a state or a registered redirect is not sent anywhere', async () => {
  const sandbox = await start()
  for (const changes of [
    { redirect_uri: 'http://evil.example/auth/callback' },
    { code_challenge_method: 'plain' },
    { state: 'short' },
    { client_id: 'somebody' },
  ] as Record<string, string>[]) {
    const heard = await authorize(sandbox, changes)
    expect([heard.status, heard.headers.location]).toEqual([400, undefined])
  }
  const denied = await authorize(sandbox, { as: 'nobody' })
  expect(String(denied.headers.location)).toContain('error=access_denied')
})

test('refresh tokens rotate; a spent one that comes back revokes its family and no other', async () => {
  const sandbox = await start()
  const first = JSON.parse((await exchange(sandbox, await codeFor(sandbox))).text)
  const other = JSON.parse((await exchange(sandbox, await codeFor(sandbox, 'work'))).text)
  const second = JSON.parse((await refresh(sandbox, first.refresh_token)).text)
  expect(second.refresh_token).not.toBe(first.refresh_token)
  const reused = await refresh(sandbox, first.refresh_token)
  expect([reused.status, JSON.parse(reused.text).error.code]).toEqual([401, 'refresh_token_reused'])
  expect((await refresh(sandbox, second.refresh_token)).status).toBe(401)
  expect(sandbox.logins.bearer(second.access_token)).toBeUndefined()
  expect((await refresh(sandbox, other.refresh_token)).status).toBe(200)
  const log = JSON.parse((await say(`${sandbox.url}/_sandbox/logins`)).text)
  expect(log.redemptions.slice(2)).toMatchObject([
    { grant: 'refresh_token', login: 'home', family: 1, generation: 1, outcome: 'granted' },
    { grant: 'refresh_token', login: 'home', family: 1, generation: 1, outcome: 'reused' },
    { grant: 'refresh_token', login: 'home', family: 1, generation: 2, outcome: 'revoked' },
    { grant: 'refresh_token', login: 'work', family: 2, generation: 1, outcome: 'granted' },
  ])
})

test('an answer may be lost after the token was redeemed, or the token not redeemed at all', async () => {
  const sandbox = await start()
  const { refresh_token: old } = JSON.parse((await exchange(sandbox, await codeFor(sandbox))).text)
  sandbox.setFaults([
    { vendor: 'chatgpt', path: '/oauth/token', status: 503, times: 1 },
    { vendor: 'chatgpt', path: '/oauth/token', cutAfterBytes: 0, times: 1 },
  ])
  expect((await refresh(sandbox, old)).status).toBe(503)
  expect(outcomes(sandbox)).toHaveLength(1)
  expect(await refresh(sandbox, old)).toMatchObject({ broken: true })
  expect(outcomes(sandbox)).toEqual(['granted', 'granted'])
  expect((await refresh(sandbox, old)).text).toContain('refresh_token_reused')
})

test('a device asks until somebody agrees, and gets a code with the pair of PKCE', async () => {
  const sandbox = await start()
  const ask = (path: string, fields: object): Promise<Heard> =>
    say(`${base(sandbox)}/api/accounts/deviceauth/${path}`, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fields),
    })
  const opened = JSON.parse((await ask('usercode', { client_id: CLIENT })).text)
  expect(opened.interval).toBe('5')
  const { device_auth_id, user_code } = opened
  expect((await ask('token', { device_auth_id, user_code })).status).toBe(403)
  await say(`${base(sandbox)}/codex/device?user_code=${user_code}&as=work`)
  const given = JSON.parse((await ask('token', { device_auth_id, user_code })).text)
  const heard = await exchange(sandbox, given.authorization_code, {
    redirect_uri: `${base(sandbox)}/deviceauth/callback`,
    code_verifier: given.code_verifier,
  })
  expect(claimsOf(JSON.parse(heard.text).id_token).email).toBe('work@example.com')
})

test('revoking one token ends its family', async () => {
  const sandbox = await start()
  const given = JSON.parse((await exchange(sandbox, await codeFor(sandbox))).text)
  await say(`${base(sandbox)}/oauth/revoke`, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: given.refresh_token }),
  })
  expect(sandbox.logins.bearer(given.access_token)).toBeUndefined()
  expect((await refresh(sandbox, given.refresh_token)).status).toBe(401)
})
