// Our protocol of logins against a certified server: what it insists on we send, and what it refuses we understand.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authorizeUrl, beginAttempt } from '../../src/oauth/authorize.ts'
import { awaitCallback } from '../../src/oauth/callback.ts'
import { judgeDevice, pollDevice, readDevice, requestDevice } from '../../src/oauth/device.ts'
import type { Endpoint } from '../../src/oauth/endpoint.ts'
import { revoke } from '../../src/oauth/revoke.ts'
import { judgeTokens, requestTokens, type Tokens, type Verdict } from '../../src/oauth/token.ts'
import { createSystem } from '../../src/system/system.ts'
import { agree, type CertifiedServer, CLIENT_ID, SCOPE, startCertifiedServer } from '../support/certified-server.ts'

const system = createSystem()
let server: CertifiedServer
beforeAll(async () => {
  server = await startCertifiedServer()
})
afterAll(() => server.close())

const endpoint = (path: string): Endpoint => ({
  url: server.url + path,
  reach: 'named',
  headers: ['user-agent', 'keyclaw/test'],
})
const redeem = async (grant: { grant_type: string } & Record<string, string>): Promise<Verdict> =>
  judgeTokens(await requestTokens(system, endpoint('/token'), { client_id: CLIENT_ID, ...grant }), system.now())
const refresh = (token: Tokens['refresh']): Promise<Verdict> =>
  redeem({ grant_type: 'refresh_token', refresh_token: token?.reveal() ?? '' })

function granted(verdict: Verdict): Tokens {
  if (verdict.kind !== 'granted') throw new Error(JSON.stringify(verdict))
  return verdict.tokens
}

/** A login in the browser up to the code, and what it is exchanged with. */
async function code(): Promise<{ grant_type: string } & Record<string, string>> {
  const attempt = beginAttempt(system)
  const callback = await awaitCallback({ redirects: ['http://127.0.0.1:0/auth/callback'], attempt })
  if (callback === undefined) throw new Error('no port is free')
  const { redirectUri } = callback
  try {
    const wish = { clientId: CLIENT_ID, redirectUri, scope: SCOPE, extra: { prompt: 'consent' } }
    const back = await agree(server, authorizeUrl(`${server.url}/auth`, wish, attempt))
    const foreign = new URL(back)
    foreign.searchParams.set('state', 'of-somebody-else')
    expect((await fetch(foreign)).status).toBe(400)
    expect((await fetch(back)).status).toBe(200)
    const returned = await callback.returned
    if (returned.kind !== 'code') throw new Error(returned.detail)
    return {
      grant_type: 'authorization_code',
      code: returned.code.reveal(),
      redirect_uri: redirectUri,
      code_verifier: attempt.verifier.reveal(),
    }
  } finally {
    await callback.close()
  }
}

test('a code is exchanged with its verifier, for tokens with an end; a wrong state before it changed nothing', async () => {
  const grant = await code()
  const tokens = granted(await redeem(grant))
  expect(tokens.refresh?.isBlank()).toBe(false)
  expect(tokens.expiresAt - system.now()).toBeGreaterThan(0)
  expect(tokens.expiresAt - system.now()).toBeLessThanOrEqual(60_000)
})

test('a wrong verifier, and a code that comes again, are refused for good; the second takes back what the first gave', async () => {
  expect(await redeem({ ...(await code()), code_verifier: 'v'.repeat(64) })).toMatchObject({
    kind: 'ended',
    code: 'invalid_grant',
  })
  const grant = await code()
  const { refresh: token } = granted(await redeem(grant))
  expect(await redeem(grant)).toMatchObject({ kind: 'ended', code: 'invalid_grant' })
  expect(await refresh(token)).toMatchObject({ kind: 'ended', code: 'invalid_grant' })
})

test('a refresh token is good once; shown again, it ends all that came of the login', async () => {
  const first = granted(await redeem(await code()))
  const second = granted(await refresh(first.refresh))
  expect(second.refresh?.equals(first.refresh ?? second.access)).toBe(false)
  expect(await refresh(first.refresh)).toMatchObject({ kind: 'ended', code: 'invalid_grant' })
  expect(await refresh(second.refresh)).toMatchObject({ kind: 'ended', code: 'invalid_grant' })
})

test('a token that is taken back is of no more use', async () => {
  const { refresh: token } = granted(await redeem(await code()))
  const fields = { token: token?.reveal() ?? '', token_type_hint: 'refresh_token' as const, client_id: CLIENT_ID }
  expect(await revoke(system, endpoint('/token/revocation'), fields)).toBe(true)
  expect(await refresh(token)).toMatchObject({ kind: 'ended', code: 'invalid_grant' })
})

test('a device waits until somebody has agreed elsewhere', async () => {
  const shown = readDevice(
    await requestDevice(system, endpoint('/device/auth'), { client_id: CLIENT_ID, scope: SCOPE }),
  )
  if (shown === undefined) throw new Error('no code')
  let asked = 0
  const ask = async () => {
    asked++
    // The person takes as long as one question.
    if (asked === 2) await agree(server, shown.verificationUrl, { user_code: shown.userCode })
    const grant = {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: CLIENT_ID,
      device_code: shown.deviceCode.reveal(),
    }
    return judgeDevice(await requestTokens(system, endpoint('/token'), grant), system.now())
  }
  const pace = { intervalMs: 1, lifeMs: shown.lifeMs }
  const waited = await pollDevice(system, pace, ask, AbortSignal.timeout(20_000))
  expect(waited).toMatchObject({ kind: 'done', value: { access: expect.anything() } })
  expect(asked).toBe(2)
})
