// The plugin for GitHub Copilot from login to call, at a server of the test's own that plays GitHub and Copilot.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw } from '../support/installation.ts'
import { stored } from '../support/logins.ts'
import { build } from '../support/program.ts'

const HOUR_MS = 3_600_000
const GITHUB_TOKEN = 'ghu_played0000000000000000000000000000'

type Seen = { path: string; agent: string; authorization: string; body: string }

let server: Server
let base: string
let place: Installation
/** Every request, in the order of arrival. */
let seen: Seen[]
/** What the token endpoint says, one after the other; the last one stays. */
let polls: object[]
/** What the exchange says, likewise. */
let exchanges: { status: number; body: object }[]

beforeAll(build, 60_000)
beforeEach(async () => {
  seen = []
  polls = [{ access_token: GITHUB_TOKEN, token_type: 'bearer', scope: 'read:user' }]
  // One end in seconds, the other in milliseconds, as both are seen.
  const [soon, late] = [Math.floor((Date.now() - HOUR_MS) / 1000), Date.now() + HOUR_MS]
  exchanges = [
    { status: 200, body: { token: 'tid=first;proxy-ep=proxy.individual.githubcopilot.com', expires_at: soon } },
    { status: 200, body: { token: 'tid=second;proxy-ep=proxy.individual.githubcopilot.com', expires_at: late } },
  ]
  const next = <T>(list: T[]): T | undefined => (list.length > 1 ? list.shift() : list[0])
  server = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    const { 'user-agent': agent = '', authorization = '' } = request.headers
    seen.push({ path: request.url ?? '', agent, authorization, body })
    const answer = (value: unknown, status = 200): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    }
    const routes: Record<string, () => void> = {
      '/login/device/code': () =>
        answer({
          device_code: 'played-device',
          user_code: 'ABCD-1234',
          verification_uri: `${base}/login/device`,
          expires_in: 900,
          interval: 0.02,
        }),
      '/login/oauth/access_token': () => answer(next(polls)),
      '/user': () => answer({ login: 'octo', id: 7 }),
      '/copilot_internal/v2/token': () => {
        const { status, body: value } = next(exchanges) ?? { status: 500, body: {} }
        answer(value, status)
      },
      '/models': () =>
        authorization.includes('tid=second')
          ? answer({ object: 'list', data: [{ id: 'gpt-4o' }, { id: 'gpt-5.1' }] })
          : answer({ error: { message: 'unauthorized: token expired' } }, 401),
      '/chat/completions': () =>
        answer({
          choices: [{ message: { role: 'assistant', content: 'hello' } }],
          usage: { prompt_tokens: 1, completion_tokens: 1 },
        }),
    }
    const route = routes[request.url ?? '']
    if (route === undefined) answer({}, 404)
    else route()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  place = await install({
    config: {
      plugins: { entries: { 'github-copilot': { enabled: true } } },
      models: { providers: { 'github-copilot': { baseUrl: base } } },
    },
    env: { OPENCLAW_LOGIN_ISSUER_GITHUB_COPILOT: base },
  })
})
afterEach(async () => {
  await place.remove()
  server.closeAllConnections()
  server.close()
})

const LOGIN = ['models', 'auth', 'login', '--provider', 'github-copilot']
const paths = (): string[] => seen.map(({ path }) => path)

it('logs in at GitHub with a code, renews what Copilot takes, and calls with it, all under our own name', async () => {
  polls.unshift({ error: 'authorization_pending' })
  const ran = await openclaw(place, LOGIN)
  expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining('ABCD-1234') })
  expect(paths().filter((path) => path === '/login/oauth/access_token')).toHaveLength(2)
  expect((await stored(place)).profiles).toEqual({
    'github-copilot:octo': expect.objectContaining({
      type: 'oauth',
      provider: 'github-copilot',
      access: expect.stringContaining('tid=first'),
      refresh: GITHUB_TOKEN,
    }),
  })
  // The one it came with has ended: the call fetches another one first, once.
  const gateway = await startGateway(place)
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'github-copilot/gpt-4o', messages: [{ role: 'user', content: 'hi' }] }),
  })
  expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('hello')])
  await gateway.stop()
  expect(paths().slice(-2)).toEqual(['/copilot_internal/v2/token', '/chat/completions'])
  expect(seen.at(-2)?.authorization).toBe(`token ${GITHUB_TOKEN}`)
  expect(seen.at(-1)?.authorization).toBe('Bearer tid=second;proxy-ep=proxy.individual.githubcopilot.com')
  expect(seen.filter(({ agent }) => !agent.startsWith('keyclaw/'))).toEqual([])
  const { profiles } = await stored(place)
  expect(profiles['github-copilot:octo']?.refresh).toBe(GITHUB_TOKEN)
  // The same account again is the same profile.
  expect((await openclaw(place, LOGIN)).code).toBe(0)
  expect(Object.keys((await stored(place)).profiles)).toEqual(['github-copilot:octo'])
  expect([ran.stdout, ran.stderr].join('')).not.toContain(GITHUB_TOKEN)
})

it('asks for the list of models with a login that is renewed first, as a call is, and not with one that has ended', async () => {
  expect((await openclaw(place, LOGIN)).code).toBe(0)
  const refreshing = ['models', 'refresh', '--provider', 'github-copilot']
  const listed = await openclaw(place, refreshing)
  expect([listed.code, listed.stdout]).toEqual([0, expect.stringContaining('2 models, told to github-copilot:octo')])
  expect(paths().slice(-2)).toEqual(['/copilot_internal/v2/token', '/models'])

  exchanges = [
    { status: 200, body: { token: 'tid=first', expires_at: Math.floor((Date.now() + HOUR_MS) / 1000) } },
    { status: 200, body: { token: 'tid=second', expires_at: Math.floor((Date.now() + HOUR_MS) / 1000) } },
  ]
  expect((await openclaw(place, LOGIN)).code).toBe(0)
  // It was to live for another hour, and the vendor takes it no more.
  expect((await openclaw(place, refreshing)).code).toBe(0)
  expect(paths().slice(-3)).toEqual(['/models', '/copilot_internal/v2/token', '/models'])

  exchanges = [
    { status: 200, body: { token: 'tid=first', expires_at: 1 } },
    { status: 401, body: {} },
  ]
  expect((await openclaw(place, LOGIN)).code).toBe(0)
  const refused = await openclaw(place, refreshing)
  expect(refused.code).toBe(1)
  expect(refused.stdout).toContain(
    'github-copilot:octo: its login has ended: the vendor refused to renew it (unauthorized)',
  )
  expect(paths().at(-1)).toBe('/copilot_internal/v2/token')
})

it('keeps nothing of a login that GitHub or the person refused, and says that one has ended', async () => {
  exchanges = [{ status: 403, body: { message: 'no' } }]
  expect(await openclaw(place, LOGIN)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('gives no Copilot token to this account or this program (HTTP 403)'),
  })
  polls = [{ error: 'access_denied' }]
  expect(await openclaw(place, LOGIN)).toMatchObject({ code: 1, stderr: expect.stringContaining('access_denied') })
  expect((await stored(place)).profiles).toEqual({})

  polls = [{ access_token: GITHUB_TOKEN, token_type: 'bearer' }]
  exchanges = [
    { status: 200, body: { token: 'tid=first', expires_at: 1 } },
    { status: 401, body: {} },
  ]
  expect((await openclaw(place, LOGIN)).code).toBe(0)
  const renewed = await openclaw(place, ['models', 'auth', 'refresh', 'github-copilot:octo'])
  expect(renewed.code).toBe(4)
  expect(renewed.stdout + renewed.stderr).toContain('the vendor refused to renew it (unauthorized)')
})
