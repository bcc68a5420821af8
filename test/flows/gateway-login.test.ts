// Logins and pasted secrets through the running gateway, over its WebSocket, as a page asks for them: the same engine as the command line's.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { until } from '../support/installation.ts'
import {
  agree,
  approve,
  CALLBACK_HOST,
  follow,
  type LoginPlace,
  loginPlace,
  occupy,
  stored,
} from '../support/logins.ts'
import { build } from '../support/program.ts'
import { connectClient, type Frame, type SocketClient } from '../support/socket-client.ts'

type Flow = {
  id: string
  state: string
  kind?: string
  url: string
  port?: number
  userCode?: string
  added?: { profileId: string; replaced: boolean; plan?: string; notes: { text: string }[] }
  error?: { code: string; message: string; remedy?: string }
}

let place: LoginPlace
let gateway: GatewayProcess
let client: SocketClient

beforeAll(async () => {
  await build()
  place = await loginPlace({
    config: { models: { providers: { corp: { baseUrl: 'http://127.0.0.1:9/v1' } } } },
    agents: { work: { entry: { auth: { inherit: 'main' } } } },
    profiles: [{ id: 'anthropic:default', key: 'sk-ant-api03-there-before-0123456789' }],
  })
  gateway = await startGateway(place, { args: ['--log-level', 'debug'] })
  client = await connectClient(gateway)
}, 60_000)

afterAll(async () => {
  await client?.close()
  await gateway?.stop()
  await place?.close()
})

let before: string
beforeEach(async () => {
  before = await book()
})

const book = (): Promise<string> => readFile(join(place.state, 'agents/main/agent/auth-profiles.json'), 'utf8')

async function start(params: object = {}): Promise<Flow> {
  return ((await client.call('auth.login.start', { provider: 'openai-codex', ...params })) as { login: Flow }).login
}

/** How it ended, as the event says. */
function ended({ id }: Flow): Promise<Flow> {
  return until('the end of the login', () => {
    const flows = client.events().filter(({ event }) => event === 'auth.login') as (Frame & { payload: Flow })[]
    return flows.map(({ payload }) => payload).find((flow) => flow.id === id && flow.state !== 'waiting')
  })
}

const paste = (flow: Flow, text: string): Promise<Frame> => client.ask('auth.login.paste', { id: flow.id, text })
const cancel = (flow: Flow): Promise<Frame> => client.ask('auth.login.cancel', { id: flow.id })
const other = (address: string): string => address.replace(/state=[^&]*/, `state=${'A'.repeat(43)}`)

test('a browser that comes back completes the login; the client hears which account it is, and no secret', async () => {
  const flow = await start()
  expect(flow).toMatchObject({ state: 'waiting', kind: 'browser', port: 1455, label: 'ChatGPT (Codex)' })
  expect(flow.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/chatgpt\/oauth\/authorize\?/)
  expect(await client.call('auth.login.status', {})).toEqual({ logins: [flow] })
  const back = await agree(flow.url, 'work')
  // A stray one first: it is refused, and ends nothing.
  expect((await follow(other(back))).status).toBe(400)
  expect((await follow(back)).status).toBe(200)
  expect((await ended(flow)).added).toMatchObject({
    profileId: 'openai-codex:work@example.com',
    type: 'oauth',
    plan: 'team',
    replaced: false,
  })
  const { profiles } = await stored(place)
  const { access, refresh } = profiles['openai-codex:work@example.com'] ?? {}
  expect(String(access)).toMatch(/^eyJ/)
  const heard = client.heard() + gateway.said()
  for (const secret of [access, refresh, new URL(back).searchParams.get('code')]) expect(heard).not.toContain(secret)
  expect(await client.call('models.authStatus', {})).toMatchObject({
    auth: {
      oauth: {
        profiles: expect.arrayContaining([expect.objectContaining({ profileId: 'openai-codex:work@example.com' })]),
      },
    },
  })
})

test('a pasted address counts when it shows the state of this very login; a code alone, or another login, does not', async () => {
  const flow = await start()
  const second = await start({ provider: 'openrouter' })
  const mine = await agree(flow.url, 'home')
  const theirs = await agree(second.url, 'home')
  const code = new URL(mine).searchParams.get('code') ?? ''
  for (const [wrong, why] of [
    [code, 'a code without its state'],
    [other(mine), 'belongs to another login'],
    [theirs, 'belongs to another login'],
    [`${code}#${new URL(theirs).searchParams.get('state')}`, 'belongs to another login'],
    [mine.replace(/&?state=[^&]*/, ''), 'shows no state'],
    ['sk-ant-api03-not-a-code-0123456789', 'looks like a key'],
  ] as const) {
    const answer = await paste(flow, wrong)
    expect(answer, wrong).toMatchObject({ ok: false, error: { code: 'usage', message: expect.stringContaining(why) } })
    expect(JSON.stringify(answer)).not.toContain(code)
  }
  expect(await book()).toBe(before)
  expect(await paste(flow, `${code}#${new URL(mine).searchParams.get('state')}`)).toMatchObject({ ok: true })
  expect((await ended(flow)).added).toMatchObject({ profileId: expect.stringMatching(/^openai-codex:j.rgen/) })
  // It has ended: its address is nobody's any more.
  expect(await paste(flow, mine)).toMatchObject({ ok: false, error: { code: 'usage' } })
  expect(await paste(second, mine)).toMatchObject({ ok: false, error: { code: 'usage' } })
  await follow(theirs)
  const { added } = await ended(second)
  expect(added).toMatchObject({ type: 'api_key', provider: 'openrouter' })
  const { key } = (await stored(place)).profiles[added?.profileId ?? ''] ?? {}
  expect(client.heard() + gateway.said()).not.toContain(key)
})

test('a code on another device does, too', async () => {
  const flow = await start({ method: 'device-code' })
  expect(flow).toMatchObject({ kind: 'device', userCode: expect.stringMatching(/^SAND-/), endsAt: expect.any(Number) })
  expect(await paste(flow, 'https://x.test/?code=1&state=2')).toMatchObject({ ok: false, error: { code: 'usage' } })
  await approve(place.sandbox, flow.userCode ?? '', 'work')
  // The account that is there already is renewed under its name.
  expect((await ended(flow)).added).toMatchObject({ profileId: 'openai-codex:work@example.com', replaced: true })
})

test('one login for each provider at a time; cancelled, it has changed nothing and the next one can begin', async () => {
  const flow = await start()
  const busy = await client.ask('auth.login.start', { provider: 'openai-codex', method: 'device-code' })
  expect(busy).toMatchObject({ ok: false, error: { code: 'busy', remedy: expect.stringContaining(flow.id) } })
  expect(await cancel({ ...flow, id: 'another' })).toMatchObject({ ok: false, error: { code: 'usage' } })
  expect(await cancel(flow)).toMatchObject({ ok: true, payload: { login: { id: flow.id, state: 'cancelled' } } })
  const device = await start({ method: 'device-code' })
  expect(await cancel(device)).toMatchObject({ payload: { login: { state: 'cancelled' } } })
  const next = await start()
  expect(next.port).toBe(1455)
  // Another client that adds accounts sees it, and may end it.
  const second = await connectClient(gateway)
  expect(await second.call('auth.login.status', {})).toMatchObject({
    logins: expect.arrayContaining([next, expect.objectContaining({ id: flow.id, state: 'cancelled' })]),
  })
  expect(await second.call('auth.login.cancel', { id: next.id })).toMatchObject({ login: { state: 'cancelled' } })
  await second.close()
  expect(await ended(next)).toMatchObject({ state: 'cancelled' })
  expect(await book()).toBe(before)
})

test('a login that the vendor refuses changes nothing, and says what helps', async () => {
  const flow = await start()
  await follow(await agree(flow.url, 'nobody'))
  expect(await ended(flow)).toMatchObject({
    state: 'failed',
    error: { code: 'upstream', remedy: 'openclaw models auth login --provider openai-codex' },
  })
  for (const [params, code] of [
    [{ provider: 'nowhere' }, 'unknown_provider'],
    [{ provider: 'anthropic' }, 'usage'],
    [{ method: 'smoke-signs' }, 'usage'],
    [{ profileId: 'anthropic:mine' }, 'usage'],
    [{ agentId: 'work' }, 'usage'],
    [{ agentId: 'nobody' }, 'unknown_agent'],
    [{ provider: 7 }, 'usage'],
  ] as const) {
    const answer = await client.ask('auth.login.start', { provider: 'openai-codex', ...params })
    expect(answer, JSON.stringify(params)).toMatchObject({ ok: false, error: { code, remedy: expect.any(String) } })
  }
  expect(await book()).toBe(before)
})

test('with its ports taken the login goes to the second one, and without any it waits for the pasted address', async () => {
  const taken: Server[] = [await occupy(1455)]
  const second = await start()
  expect(second.port).toBe(1457)
  await cancel(second)
  taken.push(await occupy(1457))
  const none = await start()
  expect(none).not.toHaveProperty('port')
  expect(await paste(none, await agree(none.url, 'work'))).toMatchObject({ ok: true })
  expect((await ended(none)).added).toMatchObject({ profileId: 'openai-codex:work@example.com' })
  for (const server of taken) {
    server.close()
    await once(server, 'close')
  }
})

test('a pasted secret is kept beside what is there, and what is wrong is refused as in the shell', async () => {
  const add = (params: object): Promise<Frame> => client.ask('auth.paste', { provider: 'anthropic', ...params })
  const key = 'sk-ant-api03-pasted-on-the-page-0123456789'
  expect(await add({ method: 'api-key', secret: `export ANTHROPIC_API_KEY="${key}"\n` })).toMatchObject({
    payload: { added: { profileId: 'anthropic:manual', type: 'api_key', replaced: false } },
  })
  // The same one again is the same account; another one takes nobody's place.
  expect(await add({ secret: key })).toMatchObject({
    payload: { added: { profileId: 'anthropic:manual', replaced: true } },
  })
  expect(await add({ secret: `${key}-second` })).toMatchObject({
    payload: { added: { profileId: 'anthropic:manual-2', replaced: false } },
  })
  const token = `sk-ant-oat01-${'t'.repeat(90)}`
  expect(await add({ method: 'setup-token', secret: token, profileId: 'anthropic:plan' })).toMatchObject({
    payload: { added: { profileId: 'anthropic:plan', type: 'token', expiresAt: expect.any(Number) } },
  })
  const { profiles } = await stored(place)
  expect(profiles).toMatchObject({
    'anthropic:default': { key: 'sk-ant-api03-there-before-0123456789' },
    'anthropic:manual': { key },
    'anthropic:manual-2': { key: `${key}-second` },
    'anthropic:plan': { token },
  })
  const after = await book()
  for (const [params, code] of [
    [{ secret: token }, 'wrong_kind'],
    [{ method: 'setup-token', secret: key }, 'wrong_kind'],
    [{ secret: 'my key is gone' }, 'bad_secret'],
    [{ secret: '' }, 'usage'],
    [{ secret: { toString: 'x' } }, 'usage'],
    [{ secret: key, profileId: 'anthropic:plan' }, 'wrong_kind'],
    [{ secret: key, profileId: 'openai:mine' }, 'usage'],
    [{ secret: key, agentId: 'work' }, 'usage'],
    [{ provider: 'openai-codex', secret: key }, 'usage'],
    [{ provider: 'openrouter', method: 'browser', secret: 'sk-or-v1-0123456789abcdef' }, 'usage'],
  ] as const) {
    expect(await add(params), JSON.stringify(params)).toMatchObject({
      ok: false,
      error: { code, remedy: expect.any(String) },
    })
  }
  expect(await book()).toBe(after)
  const heard = client.heard() + gateway.said()
  for (const secret of [key, token, 'my key is gone']) expect(heard).not.toContain(secret)
  const { providers } = (await client.call('auth.providers', {})) as { providers: { id: string; methods: object[] }[] }
  expect(providers.find(({ id }) => id === 'openai-codex')?.methods).toMatchObject([
    { kind: 'browser' },
    { kind: 'device' },
  ])
  expect(providers.filter(({ id }) => id === 'corp')).toHaveLength(1)
  expect(providers.find(({ id }) => id === 'openai')?.methods).toMatchObject([{ id: 'api-key', kind: 'secret' }])
})

test('a gateway that stops ends the login and gives its port back', async () => {
  const own = await startGateway(place)
  const asked = await connectClient(own)
  const { login } = (await asked.call('auth.login.start', { provider: 'openai-codex' })) as { login: Flow }
  expect(login.port).toBe(1455)
  expect(await own.stop()).toEqual({ code: 0, signal: null })
  expect(asked.events().some(({ payload }) => (payload as Flow).state === 'cancelled')).toBe(true)
  const server = await occupy(1455)
  server.close()
  await once(server, 'close')
  expect(await book()).toBe(before)
  expect(CALLBACK_HOST).toMatch(/^127\./)
})
