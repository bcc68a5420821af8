// Logins renew themselves: one redemption per refresh token whatever calls, processes and kills there are, and the truth when one has ended.
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, type Plan } from '../support/installation.ts'
import { respond as ask, entryOf, loginConfig, loginEnv, redeemed, storedLogin } from '../support/logins.ts'

const HOUR = 3_600_000
const ID = 'openai-codex:home'
const OTHER = 'openai-codex:work'
const TOKENS = { vendor: 'chatgpt', path: '/oauth/token' } as const

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterEach(() => sandbox.reset())
afterAll(() => sandbox.close())

const past = (): number => Date.now() - HOUR
const ahead = (): number => Date.now() + HOUR

async function home(plan: Pick<Plan, 'profiles' | 'order' | 'agents'>): Promise<Installation> {
  const place = await install({ ...plan, config: loginConfig(sandbox), env: loginEnv(sandbox) })
  onTestFinished(() => place.remove())
  return place
}

async function gateway(place: Installation): Promise<GatewayProcess> {
  const started = await startGateway(place)
  onTestFinished(() => void started.stop())
  return started
}

const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20))
}

test('an expired login is renewed once for all the calls of two gateways, and every call is answered', async () => {
  const place = await home({ profiles: [storedLogin(sandbox, ID, { expires: past() })] })
  const before = await entryOf(place, ID)
  const gateways = [await gateway(place), await gateway(place)]
  const answers = await Promise.all(gateways.flatMap((one) => Array.from({ length: 32 }, () => ask(one))))
  expect(answers.map(({ status }) => status)).toEqual(Array(64).fill(200))
  expect(answers[0]?.text).toContain('response.completed')
  expect(redeemed(sandbox)).toEqual(['granted'])
  const after = await entryOf(place, ID)
  expect(after.refresh).not.toBe(before.refresh)
  expect(Number(after.expires)).toBeGreaterThan(Date.now())
  expect(after).toMatchObject({ accountId: before.accountId, email: before.email })

  const told = await openclaw(place, ['models', 'auth', 'history', ID, '--json'])
  const { past: lines, claim } = JSON.parse(told.stdout)
  expect(lines).toMatchObject([{ outcome: 'renewed' }])
  expect(claim).toBeUndefined()
  expect(told.stdout).not.toContain(String(after.refresh))
  const status = await openclaw(place, ['models', 'status', '--check'])
  expect(status.code).toBe(0)
})

test('a turn of a conversation is served by a login that was renewed for it', async () => {
  const place = await home({ profiles: [storedLogin(sandbox, ID, { expires: past() })] })
  const first = await openclaw(place, ['agent', '--message', 'hello', '--json'])
  // Where the disk takes more than a second, the login is used before its store has it, and that is said.
  const complaints = first.stderr.split('\n').filter((line) => !line.includes('is not stored yet'))
  expect([first.code, complaints]).toEqual([0, ['']])
  expect(first.stdout).toContain('You said: hello')
  expect(JSON.parse(first.stdout)).toMatchObject({ servedBy: ID, model: 'openai-codex/gpt-5.1' })
  const second = await openclaw(place, ['agent', '--message', 'again'])
  expect(second.stdout).toContain('You said: again')
  expect(redeemed(sandbox)).toEqual(['granted'])
})

test('a token that ends soon serves, and the next one is fetched behind the call', async () => {
  const place = await home({ profiles: [storedLogin(sandbox, ID, { expires: Date.now() + 120_000 })] })
  const { access } = await entryOf(place, ID)
  const one = await gateway(place)
  expect((await ask(one)).status).toBe(200)
  await until(async () => (await entryOf(place, ID)).access !== access)
  expect(redeemed(sandbox)).toEqual(['granted'])
})

test('a refused token is renewed before its time, and the same account answers', async () => {
  const login = storedLogin(sandbox, ID, { expires: ahead() })
  const place = await home({ profiles: [{ id: ID, raw: { ...('raw' in login ? login.raw : {}), access: 'gone' } }] })
  expect((await ask(await gateway(place))).status).toBe(200)
  expect(redeemed(sandbox)).toEqual(['granted'])
})

test('a login that has ended says so once, is asked for no more, and another account serves', async () => {
  const place = await home({
    profiles: [
      storedLogin(sandbox, ID, { expires: past() }),
      storedLogin(sandbox, OTHER, { as: 'work', expires: ahead() }),
    ],
    order: { 'openai-codex': [ID, OTHER] },
  })
  sandbox.logins.revoke(String((await entryOf(place, ID)).refresh))
  const one = await gateway(place)
  expect((await ask(one)).status).toBe(200)
  expect((await ask(one)).status).toBe(200)
  expect(redeemed(sandbox)).toEqual(['revoked'])
  const check = await openclaw(place, ['models', 'status', '--check'])
  expect([check.code, check.stderr + check.stdout]).toEqual([1, expect.stringContaining(`${ID}: the login has ended`)])
  await openclaw(place, ['models', 'auth', 'logout', OTHER, '--yes'])
  const refused = await openclaw(place, ['models', 'auth', 'refresh', ID])
  expect(refused.code).toBe(4)
  expect(refused.stderr).toContain('OAuth token refresh failed')
  expect(refused.stderr).toContain('openclaw models auth login --provider openai-codex')
  await until(async () => (await ask(one)).status === 401)
  expect((await ask(one)).text).toContain('OAuth token refresh failed for openai-codex')
  expect(redeemed(sandbox)).toEqual(['revoked'])
})

test('the very call that finds out says what to do, and a script gets one document', async () => {
  const place = await home({ profiles: [storedLogin(sandbox, ID, { expires: past() })] })
  sandbox.logins.revoke(String((await entryOf(place, ID)).refresh))
  const first = await ask(await gateway(place))
  expect([first.status, first.text]).toEqual([401, expect.stringContaining('OAuth token refresh failed')])
  expect(first.text).toContain('openclaw models auth login --provider openai-codex')
  const told = await openclaw(place, ['models', 'auth', 'refresh', '--json'])
  expect([told.code, JSON.parse(told.stdout)]).toMatchObject([4, { logins: [{ profileId: ID, status: 'ended' }] }])
})

test('a vendor that hangs over a renewal keeps no call waiting that another account can serve', async () => {
  const place = await home({
    profiles: [
      storedLogin(sandbox, ID, { expires: past() }),
      storedLogin(sandbox, OTHER, { as: 'work', expires: ahead() }),
    ],
    order: { 'openai-codex': [ID, OTHER] },
  })
  sandbox.setFaults([{ ...TOKENS, hang: true, times: 1 }])
  const one = await gateway(place)
  const answer = await ask(one)
  expect([answer.status, redeemed(sandbox)]).toEqual([200, []])
  // The renewal is still under way: nobody has said that it failed.
  const { past: lines, claim } = JSON.parse((await openclaw(place, ['models', 'auth', 'history', ID, '--json'])).stdout)
  expect([lines, claim]).toMatchObject([[], { state: 'sent' }])
})

test('a vendor in trouble ends no login', async () => {
  const place = await home({ profiles: [storedLogin(sandbox, ID, { expires: past() })] })
  sandbox.setFaults([{ ...TOKENS, status: 503, times: 1 }])
  const first = await openclaw(place, ['models', 'auth', 'refresh', ID])
  expect([first.code, first.stderr]).toEqual([1, expect.stringContaining('HTTP 503')])
  const second = await openclaw(place, ['models', 'auth', 'refresh', ID])
  expect([second.code, redeemed(sandbox)]).toEqual([0, ['granted']])
})

test('an answer that was lost on its way is told apart from a refusal, and ends one login with that reason', async () => {
  const place = await home({ profiles: [storedLogin(sandbox, ID, { expires: past() })] })
  sandbox.setFaults([{ ...TOKENS, cutAfterBytes: 1, times: 1 }])
  expect((await openclaw(place, ['models', 'auth', 'refresh', ID])).code).toBe(1)
  const second = await openclaw(place, ['models', 'auth', 'refresh', ID])
  expect(second.code).toBe(4)
  expect(second.stderr).toContain('refresh_token_reused')
  expect(second.stderr).toContain('nobody knows what became of an attempt before')
  expect(redeemed(sandbox)).toEqual(['granted', 'reused'])
  const told = await openclaw(place, ['models', 'auth', 'history', ID])
  expect(
    told.stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/ {2,}/)[1]),
  ).toEqual(['unknown', 'refused'])
})

test('a process killed before the vendor heard of it leaves a login that the next one renews', async () => {
  const place = await home({ profiles: [storedLogin(sandbox, ID, { expires: past() })] })
  sandbox.setFaults([{ ...TOKENS, delayMs: 60_000, times: 1 }])
  const doomed = await gateway(place)
  const lost = ask(doomed).catch(() => undefined)
  await until(() => sandbox.requests().some(({ path }) => path.endsWith('/oauth/token')))
  doomed.child.kill('SIGKILL')
  await once(doomed.child, 'exit')
  await lost
  const next = await gateway(place)
  expect((await ask(next)).status).toBe(200)
  expect(redeemed(sandbox)).toEqual(['granted'])
})

test('a login that another agent is pointed at is renewed in the store of its owner', async () => {
  const place = await install({
    profiles: [storedLogin(sandbox, ID, { expires: past() })],
    config: { ...loginConfig(sandbox), agents: { list: [{ id: 'main' }, { id: 'heir', auth: { inherit: 'main' } }] } },
    env: loginEnv(sandbox),
  })
  onTestFinished(() => place.remove())
  const before = await entryOf(place, ID)
  const done = await openclaw(place, ['models', 'auth', 'refresh', ID, '--agent', 'heir'])
  expect([done.code, done.stderr]).toEqual([0, ''])
  expect((await entryOf(place, ID)).refresh).not.toBe(before.refresh)
  expect(await entryOf(place, ID, 'heir')).toEqual({})
})
