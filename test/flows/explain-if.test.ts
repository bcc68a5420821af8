// `models explain --if`: what is said would happen is what then happens.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { startGateway } from '../support/gateway-process.ts'
import { healthOf, type Installation, install, openclaw } from '../support/installation.ts'
import { anthropic, GOOD, LIMITED, providersAt, question, restOf } from './support.ts'

const FIRST = 'anthropic:first'
const SECOND = 'anthropic:second'
let sandbox: Sandbox
let place: Installation
beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      { name: 'first', vendor: 'anthropic', key: LIMITED },
      { name: 'second', vendor: 'anthropic', key: GOOD },
    ],
  })
})
beforeEach(async () => {
  sandbox.setFaults([])
  place = await install({
    config: { models: providersAt(sandbox) },
    profiles: [
      { id: FIRST, key: LIMITED },
      { id: SECOND, key: GOOD },
    ],
    order: { anthropic: [FIRST, SECOND] },
  })
  return () => place.remove()
})
afterAll(() => sandbox.close())

const explain = async (...flags: string[]) => {
  const { code, stdout } = await openclaw(place, ['models', 'explain', '--json', ...flags])
  return { code, ...JSON.parse(stdout) }
}

test.each([
  ['429', { status: 429, headers: { 'retry-after': null, 'retry-after-ms': null } }, 'cooldownUntil'],
  ['402', { status: 402 }, 'disabledUntil'],
  ['401', { status: 401 }, 'cooldownUntil'],
  ['529', { status: 529 }, 'cooldownUntil'],
] as const)('a %s that is supposed has the outcome that it has', async (what, fault, field) => {
  const told = await explain('--if', `${FIRST}=${what}`)
  expect(told).toMatchObject({ code: 0, next: SECOND, if: [{ id: FIRST, what }] })
  expect(await healthOf(place)).toEqual({})
  sandbox.setFaults([{ ...fault, account: 'first', times: 1 }])
  const gateway = await startGateway(place)
  await anthropic({ gateway }).messages.create(question())
  const rest = await restOf(place, FIRST)
  await gateway.stop()
  const now = await explain()
  expect(now).toMatchObject({ next: SECOND })
  const ruleOf = ({ trace }: { trace: { id: string; rule: string; reason: string }[] }) => {
    const line = trace.find(({ id }) => id === FIRST)
    return [line?.rule, line?.reason.replace(/ends in .*/, '')]
  }
  expect(ruleOf(told)).toEqual(ruleOf(now))
  const [supposed] = told.if
  expect(Math.abs(supposed.until - told.at - (Number(rest[field]) - Number(rest.lastFailureAt)))).toBeLessThan(5)
})

test('a provider is supposed to be down with all that it has; several things may go wrong; what blames nobody rests nobody', async () => {
  expect(await explain('--if', 'anthropic=down')).toMatchObject({
    next: null,
    if: [
      { id: FIRST, class: 'network' },
      { id: SECOND, class: 'network' },
    ],
  })
  expect(await explain('--if', `${FIRST}=expired`, '--if', `${SECOND}=billing`)).toMatchObject({ next: null })
  const blameless = await explain('--if', `${FIRST}=400`)
  expect([blameless.next, blameless.if]).toEqual([FIRST, [{ id: FIRST, what: '400', class: 'format' }]])
})

test('a vendor that fails everybody rests nobody, as the calls themselves have it; where somebody else serves, it does', async () => {
  const told = await explain('--if', 'anthropic=server')
  expect(told).toMatchObject({
    next: null,
    if: [
      { id: FIRST, class: 'server', fails: true },
      { id: SECOND, class: 'server', fails: true },
    ],
    timeline: [{ next: null }],
  })
  expect([told.soonestAt, ...told.if.map(({ until }: { until?: number }) => until)]).toEqual(Array(3).fill(undefined))
  expect(told.trace.map(({ rule }: { rule: string }) => rule)).toEqual(['tried', 'tried'])
  const one = await explain('--if', `${FIRST}=server`)
  expect(one).toMatchObject({ next: SECOND, if: [{ restsMs: [10_000, 30_000, 60_000] }] })
  const gateway = await startGateway(place)
  const asks = () =>
    anthropic({ gateway })
      .messages.create(question())
      .then(
        () => 'served',
        () => 'failed',
      )
  sandbox.setFaults([{ status: 500, times: 2 }])
  expect(await asks()).toBe('failed')
  // Both were asked, neither rests: the first call after the trouble is served by the first of them.
  expect(await asks()).toBe('served')
  await gateway.stop()
  const health = await healthOf(place)
  expect(health[FIRST]).toMatchObject({ lastUsed: expect.any(Number) })
  expect(JSON.stringify(health)).not.toContain('cooldownUntil')
  const { stdout } = await openclaw(place, ['models', 'explain', '--if', 'all=down'])
  expect(stdout).toContain('each call would ask it and fail, as long as that lasts; it would not rest')
})

test('what would follow is told: how it is now, who stands otherwise, who would serve when, and the rests of the ladder', async () => {
  const minute = 60_000
  const told = await explain('--if', `${FIRST}=429`)
  const now = await explain()
  const { trace, next } = now
  // The command gives names to those of the trace; what was before is as the gateway says it.
  const bare = trace.map(({ label: _, ...line }: { label: string }) => line)
  expect(told.before).toEqual({ next, early: false, trace: bare, promptCache: now.promptCache, chain: now.chain })
  expect(now).not.toHaveProperty('timeline')
  expect(told.changed).toEqual([SECOND, FIRST])
  expect(told.if[0].restsMs).toEqual([minute, 5 * minute, 25 * minute, 60 * minute])
  expect(told.timeline).toEqual([
    { at: told.at, model: told.model, next: SECOND, back: [], gone: [] },
    { at: told.at + minute, model: told.model, next: FIRST, back: [FIRST], gone: [] },
  ])
  expect(told.trace.map(({ state }: { state: { kind: string } }) => state.kind)).toEqual(['ready', 'resting'])
  const { stdout } = await openclaw(place, ['models', 'explain', '--if', `${FIRST}=429`])
  expect(stdout).toMatch(
    /meets 429 \(rate_limit\): it would be back in 1m \([\d:]+Z\); refused again, it rests 5m, 25m, 1h/,
  )
  expect(stdout).toMatch(
    /Who would serve when:\n {2}now +anthropic:second\n {2}in 1m .+ +anthropic:first +anthropic:first can/,
  )
  const dark = await explain('--if', 'all=down')
  expect([dark.next, dark.if.map(({ id }: { id: string }) => id)]).toEqual([null, [FIRST, SECOND]])
})

test('what cannot be supposed is said, and nothing is written', async () => {
  const store = join(place.state, 'agents/main/agent/auth-profiles.json')
  const before = await readFile(store, 'utf8')
  for (const [wish, said] of [
    ['nonsense', '--if takes <profile>=<what>'],
    [
      'anthropic:none=429',
      `has no credential "anthropic:none" (${store}). --if takes ${FIRST}, ${SECOND}; all of a provider (anthropic); or all.`,
    ],
    [`${FIRST}=200`, 'takes a status from 300 on'],
    [`${FIRST}=__proto__`, 'takes a status from 300 on'],
  ] as const) {
    const { code, stderr } = await openclaw(place, ['models', 'explain', '--if', wish])
    expect([code, stderr]).toEqual([1, expect.stringContaining(said)])
  }
  expect([await readFile(store, 'utf8'), await healthOf(place)]).toEqual([before, {}])
  const bare = await install()
  const { code, stderr } = await openclaw(bare, ['models', 'explain', '--if', 'all=down'])
  await bare.remove()
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/Agent main has no account yet .*openclaw models auth add/s),
  ])
})

test('the gateway answers the same question', async () => {
  const gateway = await startGateway(place)
  const ask = (wishes: unknown) =>
    openclaw(
      place,
      ['gateway', 'call', 'models.explain', '--url', gateway.url, '--params', JSON.stringify({ if: wishes })],
      {
        env: { OPENCLAW_GATEWAY_TOKEN: gateway.token },
      },
    )
  const told = await ask([`${FIRST}=429`])
  expect(JSON.parse(told.stdout)).toMatchObject({ next: SECOND, if: [{ id: FIRST }] })
  expect((await ask(FIRST)).code).toBe(1)
  await gateway.stop()
})
