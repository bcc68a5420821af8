// The page at /metrics: what a scraper may rely on, what the ledger adds, and whom it names.
import { expect, test } from 'vitest'
import { Metrics } from '../../src/gateway/metrics.ts'
import { createSystem } from '../../src/system/system.ts'
import { type Families, readExposition, sumOf } from '../support/exposition.ts'
import { until } from '../support/installation.ts'
import { ask, bearer, GOOD, key, OTHER, PROJECT, type Stand, say, stand } from './support.ts'

async function pageOf(on: Stand): Promise<{ families: Families; text: string }> {
  const { text, headers } = await say(on.url, '/metrics', { headers: bearer(on.token) })
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
  return { families: readExposition(text), text }
}

/** Lines of the ledger are made a moment behind the answer. */
async function pageWith(on: Stand, attempts: number): Promise<{ families: Families; text: string }> {
  return await until(`${attempts} attempts on the page`, async () => {
    const page = await pageOf(on)
    return sumOf(page.families, 'keyclaw_attempts_total') >= attempts ? page : undefined
  })
}

test('the ledger is on it: attempts, failures, tokens, cost and times by provider, account and model; rests and money', async () => {
  const mail = 'anthropic:jane@example.com'
  const on = await stand({
    profiles: {
      [mail]: key('anthropic', OTHER),
      'anthropic:good': key('anthropic', GOOD),
      'openai:project': key('openai', PROJECT),
    },
    order: { anthropic: [mail, 'anthropic:good'] },
    config: { auth: { spend: { capUsdPerDay: 5 } } },
    sandbox: {
      accounts: [
        { name: 'other', vendor: 'anthropic', key: OTHER, quota: 0 },
        { name: 'good', vendor: 'anthropic', key: GOOD },
        { name: 'project', vendor: 'openai', key: PROJECT },
      ],
    },
  })
  const empty = await pageOf(on)
  expect([...empty.families.keys()]).not.toContain('keyclaw_attempts_total')
  for (let at = 0; at < 3; at++) expect((await ask(on)).status).toBe(200)
  expect((await ask(on, { model: 'anthropic/claude-opus-4-5-20990101' })).status).toBe(404)
  const { families, text } = await pageWith(on, 5)
  const served = { provider: 'anthropic', profile: 'anthropic:good', model: 'claude-opus-4-6' }
  expect(sumOf(families, 'keyclaw_attempts_total', { ...served, outcome: 'served' })).toBe(3)
  // What somebody's address stands in is told by a sign.
  const signed = { ...served, profile: 'anthropic:~e6665e2d' }
  expect(sumOf(families, 'keyclaw_attempts_total', { ...signed, outcome: 'stepped_over' })).toBe(1)
  expect(sumOf(families, 'keyclaw_failures_total', { ...signed, class: 'rate_limit' })).toBe(1)
  expect(sumOf(families, 'keyclaw_failures_total', { model: 'other', class: 'model_not_found' })).toBe(1)
  const lines = await on.auth.home.agent('main').ledger.read()
  for (const [kind, name] of [
    ['input', 'input'],
    ['output', 'output'],
    ['cacheRead', 'cache_read'],
    ['cacheWrite', 'cache_write'],
  ] as const) {
    const told = lines.reduce((all, { tokens }) => all + (tokens?.[kind] ?? 0), 0)
    expect(sumOf(families, 'keyclaw_tokens_total', { ...served, kind: name })).toBe(told)
  }
  const cost = lines.reduce((all, line) => all + (line.cost ?? 0), 0)
  expect(cost).toBeGreaterThan(0)
  expect(sumOf(families, 'keyclaw_cost_usd_total')).toBeCloseTo(cost, 9)
  expect(sumOf(families, 'keyclaw_spend_today_usd')).toBeCloseTo(cost, 6)
  expect(sumOf(families, 'keyclaw_spend_cap_usd')).toBe(5)
  for (const name of ['keyclaw_first_byte_seconds', 'keyclaw_attempt_seconds']) {
    const counts = families.get(name)?.series.filter((one) => one.name === `${name}_count`)
    expect(
      counts?.reduce((all, { value }) => all + value, 0),
      name,
    ).toBe(5)
  }
  const rest = { agent: 'main', provider: 'anthropic', profile: signed.profile, kind: 'cooldown' }
  expect(sumOf(families, 'keyclaw_profile_rest_seconds', rest)).toBeGreaterThan(0)
  expect(families.get('keyclaw_profile_rest_seconds')?.series).toHaveLength(1)
  for (const hidden of ['jane', 'example.com', '20990101', GOOD, OTHER, on.token]) expect(text).not.toContain(hidden)
})

test('there is an end to how many series callers can bring about, and none of their counts is lost', () => {
  const metrics = new Metrics(createSystem({ logLevel: 'silent' }))
  for (let at = 0; at < 1500; at++)
    metrics.calls.hear({
      ...{ at: 1, call: `c${at}`, attempt: 1, agent: 'main', face: 'api', endpoint: 'messages', session: '', ms: at },
      ...{ model: `p${at % 3}/m"\\\n${at}`, profile: `p:${at % 500}`, outcome: 'served', status: 200, firstByteMs: at },
    })
  const text = metrics.render({
    ...{ calls: 0, waits: { open: 0, total: 0 }, webSockets: 0, lagMs: 0 },
    process: { residentBytes: 1, heapBytes: 1, cpuSeconds: 1, uptimeSeconds: 1 },
  })
  const families = readExposition(text)
  expect(sumOf(families, 'keyclaw_attempts_total')).toBe(1500)
  expect(
    sumOf(families, 'keyclaw_attempts_total', { provider: 'other', profile: 'other', model: 'other' }),
  ).toBeGreaterThan(0)
  expect(families.get('keyclaw_attempts_total')?.series.length).toBeLessThanOrEqual(801)
  expect(families.get('keyclaw_attempts_total')?.series[1]?.labels.model).toBe('m"\\\n1')
})
