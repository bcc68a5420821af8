// 'models auth spend' as a person meets it, and a running gateway that hears of it: when a subscription is limited and only a key could serve.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw } from '../support/installation.ts'
import { build, comparable, transcript } from '../support/program.ts'
import { says, vendor } from '../support/vendor.ts'
import { apiKey } from './secrets.ts'

const CONFIG = '$STATE/openclaw.json'
const CONSENT = '$STATE/spend-consent.json'
const SUBSCRIPTION = `sk-ant-oat01-${'Ab1-'.repeat(24)}`

let place: Installation
beforeAll(build, 60_000)
afterAll(() => place?.remove())

const run = async (line: string): Promise<string> => transcript(place, await openclaw(place, line.split(' ')))

/** A cap below what today has cost: the gateway, a program that is started then, and the refusal say the same, also to whom the key was named. */
async function capIsSaid(gateway: GatewayProcess): Promise<void> {
  const asked = {
    method: 'POST',
    headers: {
      authorization: `Bearer ${gateway.token}`,
      'content-type': 'application/json',
      'x-openclaw-profile': 'anthropic:key',
    },
    body: JSON.stringify({ model: 'anthropic/claude-opus-4-6', max_tokens: 50, messages: [] }),
  }
  const call = async (): Promise<{ status: number; text: string }> => {
    const got = await fetch(`${gateway.url}/v1/messages`, asked)
    return { status: got.status, text: await got.text() }
  }
  expect((await call()).status).toBe(200)
  // No cost of this day can be below it.
  await openclaw(place, ['config', 'set', 'auth.spend', '{ fromFlatRateToMetered: "allow", capUsdPerDay: 0.001 }'])
  const params = JSON.stringify({ model: 'anthropic' })
  const ofGateway = async (): Promise<{ trace: { id: string; rule: string; until?: number }[] }> =>
    JSON.parse(
      (await openclaw(place, ['gateway', 'call', 'models.explain', '--url', gateway.url, '--params', params])).stdout,
    )
  const midnight = (Math.floor(Date.now() / 86_400_000) + 1) * 86_400_000
  const line = expect.objectContaining({ id: 'anthropic:key', rule: 'cap_reached', until: midnight })
  await expect.poll(async () => (await ofGateway()).trace).toContainEqual(line)
  // What the call has cost is written behind it.
  const ofFiles = async (): Promise<{ trace: object[] }> =>
    JSON.parse((await openclaw(place, ['models', 'explain', 'anthropic', '--json'])).stdout)
  await expect.poll(async () => (await ofFiles()).trace).toContainEqual(line)
  const [text, unpriced, refused] = await Promise.all([
    run('models explain anthropic'),
    run('models explain anthropic/claude-next'),
    call(),
  ])
  expect(text).toMatch(
    /passed over {2}anthropic:key .* cap_reached: billed by use; calls have cost \$0\.\d+ today \(UTC\), and auth\.spend\.capUsdPerDay is \$0\.001, ends .*\n {4}run: openclaw models auth spend\n/,
  )
  expect(unpriced).toMatch(
    /passed over {2}anthropic:key .* no_price: .*claude-next costs\n {4}run: \$\{EDITOR:-vi\} '\$STATE\/openclaw\.json'\n/,
  )
  expect(refused.status).toBe(402)
  expect(refused.text).toContain('The cap of the day is reached for anthropic.')
  expect(refused.text).toContain('(00:00:00Z)')
  expect(await run('models auth spend')).toContain(
    '; cap $0.001, reached: calls that are billed by use are refused until ',
  )
  expect((await openclaw(place, ['models', 'status', '--check'])).code).toBe(0)
  await openclaw(place, ['config', 'set', 'auth.spend', '{ fromFlatRateToMetered: "ask", capUsdPerDay: 2 }'])
}

it('says what holds, lets calls cross for a while, is heard by a running gateway, and takes it back', async () => {
  const limited = says(
    429,
    { type: 'error', error: { type: 'rate_limit_error', message: 'enough' } },
    { 'retry-after': '600' },
  )
  const answer = says(200, { id: 'm', content: [], usage: { input_tokens: 100, output_tokens: 20 } })
  const events = [
    { type: 'message_start', message: { usage: { input_tokens: 100, output_tokens: 1 } } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Well.' } },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 20 } },
    { type: 'message_stop' },
  ]
  const stream = says(200, events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''), {
    'content-type': 'text/event-stream',
  })
  const there = await vendor((response, seen, request) => {
    const good = seen.body.includes('"stream":true') ? stream : answer
    return (seen.headers['x-api-key'] === undefined ? limited : good)(response, seen, request)
  })
  place = await install({
    config: {
      auth: { spend: { fromFlatRateToMetered: 'ask', capUsdPerDay: 2 } },
      agents: { defaults: { model: { primary: 'anthropic/claude-opus-4-6', fallbacks: ['anthropic/claude-next'] } } },
      models: { providers: { anthropic: { baseUrl: there.origin } } },
    },
    profiles: [
      { id: 'anthropic:key', key: apiKey('key') },
      { id: 'anthropic:max', token: SUBSCRIPTION },
    ],
  })
  const [before, doctor, agent, wrong] = await Promise.all([
    run('models auth spend'),
    openclaw(place, ['doctor', '--json']),
    run('models auth spend allow --agent main'),
    run('models auth spend allow --until tomorrow'),
  ])
  const head = `From subscriptions to what is billed by use: ask (auth.spend.fromFlatRateToMetered in ${CONFIG})`
  expect(before).toMatch(
    /^.*\nAllowed: not now; run `openclaw models auth spend allow`\nSpent on .* \(UTC\): \$0\.00; cap \$2\.00\n--- exit 0\n$/,
  )
  expect(before.split('\n')[0]).toBe(head)
  expect(JSON.parse(doctor.stdout).findings).toContainEqual(
    expect.objectContaining({ code: 'no_price', severity: 'warning', agent: 'main' }),
  )
  expect(agent).toContain('is of all agents together; it takes no --agent.')
  expect(wrong).toContain('"tomorrow" is neither. Nothing was changed.\n')

  const gateway = await startGateway(place)
  place.env.OPENCLAW_GATEWAY_PORT = String(gateway.port)
  const ask = async (): Promise<{ status: number; notice: string | null; text: string }> => {
    const got = await fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'anthropic/claude-opus-4-6', max_tokens: 50, messages: [] }),
    })
    return { status: got.status, notice: got.headers.get('x-openclaw-notice'), text: await got.text() }
  }
  try {
    const refused = await ask()
    expect([refused.status, refused.notice]).toEqual([429, null])
    expect(refused.text).toContain('openclaw models auth spend allow')
    const explained = await run('models explain anthropic')
    expect(explained).toMatch(
      /passed over {2}anthropic:key .* metered: billed by use; auth\.spend asks a person before a call crosses from a subscription to it\n {4}run: openclaw models auth spend allow\n/,
    )
    const allowed = await openclaw(place, ['models', 'auth', 'spend', 'allow', '--until', '2h'])
    expect(comparable(place, allowed.stdout)).toBe(
      `Calls of every agent may go on to what is billed by use when no subscription can serve them, until DATE (2h), in ${CONSENT}\n`,
    )
    expect(allowed.stderr).toBe('To take it back: openclaw models auth spend deny\n')
    const until = performance.now() + 3000
    let served = await ask()
    while (served.status !== 200 && performance.now() < until) served = await ask()
    expect([served.status, served.notice]).toEqual([
      200,
      'billed by use: anthropic:key serves instead of a subscription of anthropic (anthropic:max)',
    ])
    // A conversation is told once.
    const turns = [
      await openclaw(place, ['agent', '--message', 'hi']),
      await openclaw(place, ['agent', '--message', 'hi']),
    ]
    expect(turns.map(({ stdout }) => stdout)).toEqual(['Well.\n', 'Well.\n'])
    expect(turns[1]?.stderr).toBe('')
    expect(turns[0]?.stderr).toContain('From now on billed by use: anthropic:key serves instead of')
    expect(await run('models auth spend deny')).toBe(
      `No further call goes on to what is billed by use when no subscription can serve it (${CONSENT})\n--- exit 0\n`,
    )
    expect(await run('models auth spend deny')).toBe(`Nothing was allowed (${CONSENT})\n--- exit 0\n`)
    await capIsSaid(gateway)
  } finally {
    await gateway.stop()
  }
  const [status, json] = await Promise.all([run('models status'), openclaw(place, ['models', 'status', '--json'])])
  expect(status).toContain(`\nSpend\n${head}\n`)
  expect(status).toMatch(/- anthropic:key {2}agent main {2}\$0\.\d+\n/)
  const { spend } = JSON.parse(json.stdout)
  expect(spend).toMatchObject({ rule: 'ask', allowedUntil: null, capUsdPerDay: 2, leasedUsd: 0, reservedUsd: 0 })
  expect(spend.profiles).toEqual([{ agentId: 'main', profileId: 'anthropic:key', spentUsd: spend.spentUsd }])
  expect(spend.spentUsd).toBeGreaterThanOrEqual(0.001)
}, 60_000)
