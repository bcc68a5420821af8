// The ledger of calls: what the built gateway noted of a call that stepped over an account, read by the command, and still there when the
// gateway was killed a second later.
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LedgerLine } from '../../src/core/ledger.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, until } from '../support/installation.ts'
import { CLAUDE, GOOD, LIMITED, providersAt, requestsOf } from './support.ts'

const SPARE = 'sk-ant-api03-spare-0123456789abcdef'
const SAID = 'the content of the question'

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      { name: 'limited', vendor: 'anthropic', key: LIMITED, quota: 0 },
      { name: 'good', vendor: 'anthropic', key: GOOD },
      { name: 'spare', vendor: 'anthropic', key: SPARE },
    ],
  })
  place = await install({
    config: { models: providersAt(sandbox), agents: { defaults: { model: CLAUDE } } },
    profiles: [
      { id: 'anthropic:limited', key: LIMITED },
      { id: 'anthropic:good', key: GOOD },
      { id: 'anthropic:spare', key: SPARE },
    ],
    order: { anthropic: ['anthropic:limited', 'anthropic:good'] },
    agents: { bare: {} },
  })
  gateway = await startGateway(place)
})
afterAll(async () => {
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

const fileOf = (agent: string): string => join(place.state, 'agents', agent, 'sessions', 'calls.log')

/** The lines of an agent, once there are so many. */
function linesOf(count: number, agent = 'main'): Promise<LedgerLine[]> {
  return until(`${count} lines of the ledger of ${agent}`, async () => {
    const text = await readFile(fileOf(agent), 'utf8').catch(() => '')
    const lines = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as LedgerLine]))
    return lines.length >= count ? lines : undefined
  })
}

async function ask(more: Record<string, unknown> = {}, agent = 'main'): Promise<Response> {
  return await fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: {
      'x-api-key': gateway.token,
      'content-type': 'application/json',
      'x-openclaw-agent': agent,
      'x-openclaw-session-key': 'a conversation of somebody',
    },
    body: JSON.stringify({ model: CLAUDE, max_tokens: 100, messages: [{ role: 'user', content: SAID }], ...more }),
  })
}

test('an account that is stepped over and the one that serves: two lines of one call, each with its trace', async () => {
  const answer = await ask({ stream: true })
  await answer.text()
  const call = answer.headers.get('x-openclaw-trace')
  expect(call).toMatch(/^c[0-9a-f]{9}$/)
  const lines = await linesOf(2)
  expect(lines).toHaveLength(2)
  const about = { call, agent: 'main', face: 'api', endpoint: 'messages', model: CLAUDE }
  expect(lines).toMatchObject([
    {
      ...about,
      attempt: 1,
      profile: 'anthropic:limited',
      outcome: 'stepped_over',
      class: 'rate_limit',
      status: 429,
      trace: [
        { id: 'anthropic:limited', verdict: 'taken', rule: 'first' },
        { id: 'anthropic:good', verdict: 'kept', rule: 'next' },
        { id: 'anthropic:spare', verdict: 'passed_over', rule: 'not_in_order' },
      ],
    },
    {
      ...about,
      attempt: 2,
      profile: 'anthropic:good',
      outcome: 'served',
      status: 200,
      trace: [
        { id: 'anthropic:good', verdict: 'taken', rule: 'first' },
        { id: 'anthropic:limited', verdict: 'passed_over', rule: 'tried' },
        { id: 'anthropic:spare', verdict: 'passed_over', rule: 'not_in_order' },
      ],
    },
  ])
  const [first, second] = lines
  expect(first?.session).toMatch(/^[0-9a-f]{4}$/)
  expect(first).not.toHaveProperty('tokens')
  expect(second).not.toHaveProperty('class')
  expect(second?.tokens?.input).toBeGreaterThan(0)
  expect(second?.tokens?.output).toBeGreaterThan(0)
  // What Anthropic publishes for this model.
  const { input = 0, output = 0 } = second?.tokens ?? {}
  expect(second?.cost).toBeCloseTo((5 * input + 25 * output) / 1_000_000, 6)
  expect(second?.firstByteMs).toBeLessThanOrEqual(second?.ms ?? 0)
  expect((await stat(fileOf('main'))).mode & 0o777).toBe(0o600)
})

test('from then on it rests, until then; and a healthy call like the one before names its trace', async () => {
  for (let at = 0; at < 3; at++) await (await ask()).text()
  const lines = (await linesOf(5)).slice(2)
  expect(lines.map(({ profile, outcome }) => [profile, outcome])).toEqual(
    Array.from({ length: 3 }, () => ['anthropic:good', 'served']),
  )
  const [first, second, third] = lines
  expect(first?.trace).toContainEqual({
    id: 'anthropic:limited',
    verdict: 'passed_over',
    rule: 'cooldown',
    reason: 'cooldown (rate_limit)',
    until: expect.any(Number),
  })
  const named = `${first?.call}.1`
  expect([second?.traceOf, third?.traceOf]).toEqual([named, named])
  expect(second).not.toHaveProperty('trace')
})

test('a key that a client wrote where the name of a model belongs is not kept', async () => {
  await (await ask({ model: `anthropic/${SPARE}` })).text()
  expect((await linesOf(6)).at(-1)).toMatchObject({ model: 'anthropic/[secret]' })
})

test('who gives up, what the vendor refuses, and a call that finds nobody are noted, too', async () => {
  const refused = await ask({ messages: 'none' })
  expect(refused.status).toBe(400)
  expect(refused.headers.get('x-openclaw-trace')).toMatch(/^c/)
  expect((await linesOf(7)).at(-1)).toMatchObject({ outcome: 'refused', class: 'format', status: 400 })
  sandbox.setFaults([{ account: 'good', hang: true }])
  const gone = new AbortController()
  const asking = fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': gateway.token, 'content-type': 'application/json' },
    body: JSON.stringify({ model: CLAUDE, max_tokens: 1, messages: [{ role: 'user', content: SAID }] }),
    signal: gone.signal,
  })
  const asked = (): number => requestsOf(sandbox, 'good')
  const before = asked()
  await until('the call to hang', () => asked() > before || undefined)
  gone.abort()
  await expect(asking).rejects.toThrow()
  expect((await linesOf(8)).at(-1)).toMatchObject({ outcome: 'aborted', profile: 'anthropic:good' })
  sandbox.setFaults([])
  const nobody = await ask({}, 'bare')
  await nobody.text()
  expect((await linesOf(1, 'bare')).at(-1)).toMatchObject({
    call: nobody.headers.get('x-openclaw-trace'),
    outcome: 'refused',
    status: nobody.status,
    trace: [],
  })
})

test('a turn of the shell is one, through the gateway as well; a live probe is billed, and noted as what it is', async () => {
  sandbox.setFaults([])
  expect((await openclaw(place, ['agent', '--message', SAID, '--session-id', 'diary'])).code).toBe(0)
  const turn = (await linesOf(9)).at(-1)
  expect(turn).toMatchObject({ face: 'agent', session: 'agent:main:diary', outcome: 'served' })
  const asked = requestsOf(sandbox, 'good')
  await openclaw(place, ['models', 'status', '--probe', '--json'])
  expect(requestsOf(sandbox, 'good')).toBe(asked + 1)
  const probes = (await linesOf(11)).slice(9)
  expect(probes.map(({ profile, outcome }) => [profile, outcome]).sort()).toEqual([
    ['anthropic:good', 'served'],
    ['anthropic:limited', 'refused'],
  ])
  const good = probes.find(({ outcome }) => outcome === 'served')
  expect(good).toMatchObject({ face: 'probe', endpoint: 'messages', model: CLAUDE, status: 200, attempt: 1 })
  expect(good?.tokens?.output).toBeGreaterThan(0)
  expect(good?.cost).toBeGreaterThan(0)
  expect(probes.find(({ outcome }) => outcome === 'refused')).toMatchObject({ class: 'rate_limit', status: 429 })
  // Nobody chose who was asked by a probe.
  const told = JSON.parse((await openclaw(place, ['models', 'explain', '--last', '--json'])).stdout)
  expect(told.calls[0].call).toBe(turn?.call)
})

test('a gateway that is killed a second after the answer has lost nothing, and the command needs none', async () => {
  const before = (await linesOf(11)).length
  const answer = await ask({ stream: true })
  await answer.text()
  await new Promise((done) => setTimeout(done, 1000))
  await gateway.stop('SIGKILL')
  const lines = await linesOf(before + 1)
  expect(lines.at(-1)).toMatchObject({ call: answer.headers.get('x-openclaw-trace'), outcome: 'served' })
  const told = await openclaw(place, ['models', 'explain', '--last', '--json'])
  const { calls } = JSON.parse(told.stdout)
  expect(calls).toHaveLength(1)
  expect(calls[0]).toMatchObject({
    call: answer.headers.get('x-openclaw-trace'),
    outcome: 'served',
    lines: [{ attempt: 1 }],
  })
  // Named by the line before, shown in full.
  expect(calls[0].lines[0].trace).toHaveLength(3)
})

test('turns of the shell are noted with their session, and nowhere stands content or a secret', async () => {
  const ran = await openclaw(place, ['agent', '--message', SAID, '--session-id', 'diary'])
  expect(ran.code).toBe(0)
  const lines = await linesOf(13)
  expect(lines.at(-1)).toMatchObject({ face: 'agent', session: 'agent:main:diary', outcome: 'served' })
  sandbox.setFaults([{ account: 'good', errorEventAfterEvents: 5 }])
  expect((await openclaw(place, ['agent', '--message', SAID])).code).toBe(1)
  // The turn stops reading at the error.
  expect((await linesOf(14)).at(-1)).toMatchObject({
    face: 'agent',
    outcome: 'broken',
    class: 'overloaded',
    status: 200,
  })
  const text = await readFile(fileOf('main'), 'utf8')
  for (const hidden of [SAID, 'You said', GOOD, LIMITED, SPARE, gateway.token, 'a conversation of'])
    expect(text).not.toContain(hidden)
})
