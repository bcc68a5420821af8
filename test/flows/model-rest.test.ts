// A limit of one model rests that model: its profile serves others at once, and the model again when its window ends or a person clears it. The
// built program, a gateway and the sandbox.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { healthOf, type Installation, install, openclaw, until } from '../support/installation.ts'
import { CLAUDE, GOOD, providersAt, requestsOf } from './support.ts'

const OPUS = 'claude-opus-4-6'
const HAIKU = 'claude-haiku-4-5'
const work = { id: 'anthropic:work', key: GOOD }

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess

beforeAll(async () => {
  sandbox = await startSandbox({ accounts: [{ name: 'work', vendor: 'anthropic', key: GOOD }] })
  place = await install({
    config: { models: providersAt(sandbox), agents: { defaults: { model: { primary: CLAUDE } } } },
    profiles: [work],
    agents: { chain: { profiles: [work], entry: { model: { fallbacks: [`anthropic/${HAIKU}`] } } } },
  })
  gateway = await startGateway(place)
})

afterAll(async () => {
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

const limit = (seconds: number): void =>
  sandbox.setFaults([
    {
      model: OPUS,
      status: 429,
      headers: { 'retry-after': String(seconds), 'retry-after-ms': null },
      body: {
        type: 'error',
        error: {
          type: 'rate_limit_error',
          message: `This request would exceed your organization's rate limit (org: x, model: ${OPUS}).`,
        },
      },
    },
  ])

async function ask(model: string, agent = 'main') {
  const answer = await fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${gateway.token}`,
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      'x-openclaw-agent': agent,
    },
    body: JSON.stringify({ model, max_tokens: 200, messages: [{ role: 'user', content: 'How do you do?' }] }),
  })
  return { status: answer.status, model: answer.headers.get('x-openclaw-model'), text: await answer.text() }
}

/** Once what the gateway marked is on disk: the short rest before it has come there, too, as both agents keep the same account. */
const longRestOnDisk = (agent: string): Promise<unknown> =>
  until(`${OPUS} to rest in auth.json`, async () => {
    const { models } = (await healthOf(place, agent))[work.id] ?? {}
    const until = (models as Record<string, { cooldownUntil?: number }> | undefined)?.[OPUS]?.cooldownUntil ?? 0
    return until > Date.now() + 3_600_000 || undefined
  })

test('a limited model rests alone: its profile serves another one at once, and that one again after the window', async () => {
  limit(4)
  const refused = await ask(CLAUDE)
  expect(refused.status).toBe(429)
  expect(requestsOf(sandbox, 'work')).toBe(1)
  expect((await ask(`anthropic/${HAIKU}`)).status).toBe(200)
  const again = await ask(CLAUDE)
  expect(again.status).toBe(429)
  expect(again.text).toMatch(
    /anthropic:work: cooldown \(rate_limit\) of claude-opus-4-6 ends in .*other models can be asked/,
  )
  // It was not asked in vain.
  expect(requestsOf(sandbox, 'work')).toBe(2)
  sandbox.setFaults([])
  expect(
    (
      await until('the window to end', async () => {
        const answer = await ask(CLAUDE)
        return answer.status === 200 ? answer : undefined
      })
    ).model,
  ).toBeNull()
  const late = await healthOf(place)
  expect(late[work.id]).not.toHaveProperty('cooldownUntil')
})

test('the next model of the chain serves through the very same profile, everyone says what rests, and a person clears it', async () => {
  limit(7200)
  expect(await ask(CLAUDE, 'chain')).toMatchObject({ status: 200, model: `anthropic/${HAIKU}` })
  await longRestOnDisk('chain')
  const at = (...args: string[]) => openclaw(place, [...args, '--agent', 'chain'])
  const [status, json, explain, list, turn, supposed] = await Promise.all([
    at('models', 'status'),
    at('models', 'status', '--json'),
    at('models', 'explain', '--json'),
    at('models', 'auth', 'list'),
    at('agent', '--message', '/model status'),
    openclaw(place, ['models', 'explain', '--if', `${OPUS}@anthropic:work=429`]),
  ])
  expect(status.stdout).toMatch(
    /Resting models\n- claude-opus-4-6 of anthropic:work: cooldown \(rate_limit\) ends in 2h/,
  )
  expect(JSON.parse(json.stdout).auth).toMatchObject({
    unusableProfiles: [],
    restingModels: [{ profileId: work.id, provider: 'anthropic', model: OPUS, kind: 'cooldown', reason: 'rate_limit' }],
  })
  expect(JSON.parse(explain.stdout)).toMatchObject({
    next: null,
    trace: [{ id: work.id, verdict: 'passed_over', rule: 'cooldown' }],
    chain: [{ model: `anthropic/${HAIKU}`, next: work.id }],
  })
  expect(list.stdout).toContain('cooldown (rate_limit) of claude-opus-4-6 ends in')
  expect(turn.stdout).toContain('anthropic:work now serves other models only: cooldown (rate_limit) of claude-opus-4-6')
  expect(supposed.stdout).toContain('If anthropic:work meets 429 (rate_limit) for claude-opus-4-6: it would be back in')
  expect(supposed.stdout).toContain('cooldown (rate_limit) of claude-opus-4-6 ends in')
  sandbox.setFaults([])
  const cleared = await at('models', 'auth', 'reset', work.id)
  expect(cleared.stdout).toMatch(
    /^Reset anthropic:work \(anthropic, agent chain\) in .*auth\.json\n- no longer: cooldown \(rate_limit\) of claude-opus-4-6 ends in 2h/,
  )
  await until('the gateway to hear of it', async () => {
    const answer = await ask(CLAUDE, 'chain')
    return answer.model === null ? answer : undefined
  })
  expect((await at('models', 'auth', 'reset')).stdout).toMatch(
    /^Nothing is held against any profile of agent chain in /,
  )
  const gone = await at('models', 'auth', 'reset', 'anthropic:gone', '--json')
  expect(gone.code).toBe(1)
  expect(gone.stdout + gone.stderr).toContain('has no credential \\"anthropic:gone\\"')
})
