// The fault menu: which request a rule meets, and what is said to it.
import { describe, expect, test } from 'vitest'
import type { FaultRule } from '../../src/sandbox/sandbox.ts'
import { anthropicClient, ask, KEY, openaiClient, question, start, streamed } from './support.ts'

describe('presets', () => {
  test.each([
    ['rate-limited', 429, 'rate_limit_error', 429, 'rate_limit_exceeded'],
    ['invalid-key', 401, 'authentication_error', 401, 'invalid_api_key'],
    ['billing-402', 402, 'billing_error', 402, null],
    ['credit-400', 400, 'invalid_request_error', 400, 'billing_hard_limit_reached'],
    ['claude-code-only', 400, 'invalid_request_error', 400, null],
    ['overloaded-529', 529, 'overloaded_error', 529, null],
    ['server-500', 500, 'api_error', 500, null],
    ['forbidden-403', 403, 'permission_error', 403, 'insufficient_permissions'],
    ['insufficient-quota', 429, 'rate_limit_error', 429, 'insufficient_quota'],
  ] as const)('%s', async (preset, status, type, otherStatus, code) => {
    const sandbox = await start()
    sandbox.setFaults([{ preset }])
    const heard = await ask(sandbox, streamed)
    expect(heard.status).toBe(status)
    expect(JSON.parse(heard.text)).toMatchObject({ type: 'error', error: { type } })
    expect(heard.headers['x-sandbox']).toBe('1')
    const error = await openaiClient(sandbox)
      .responses.create({ model: 'gpt-5.1', input: 'hi' })
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ status: otherStatus, code })
  })

  test('a rate limit says when to come back, spent money does not', async () => {
    const sandbox = await start()
    sandbox.setFaults([{ preset: 'rate-limited', times: 1 }, { preset: 'insufficient-quota' }])
    expect((await ask(sandbox)).headers['retry-after']).toBe('30')
    const spent = await ask(sandbox)
    expect(spent.headers['retry-after']).toBeUndefined()
    expect(JSON.parse(spent.text).error.details.error_code).toBe('enforced_spend_limit_reached')
  })

  test('Anthropic’s own words for credit and for Claude Code are in the message', async () => {
    const sandbox = await start()
    sandbox.setFaults([{ preset: 'credit-400', times: 1 }, { preset: 'claude-code-only' }])
    expect((await ask(sandbox)).text).toContain('credit balance is too low')
    expect((await ask(sandbox)).text).toContain('only authorized for use with Claude Code')
  })
})

describe('which request', () => {
  test('the first rule that fits and is not used up decides', async () => {
    const sandbox = await start()
    sandbox.setFaults([
      { vendor: 'openai', status: 500 },
      { account: 'plan', status: 403 },
      { path: '/count_tokens', status: 404 },
      { model: 'claude-haiku-4-5', status: 503 },
      { path: '/v1/messages', status: 529, times: 2 },
    ])
    const statuses = []
    for (let count = 0; count < 3; count++) statuses.push((await ask(sandbox)).status)
    expect(statuses).toEqual([529, 529, 200])
    expect((await ask(sandbox, { ...question(), model: 'claude-haiku-4-5' })).status).toBe(503)
    expect(sandbox.state().faults.map(({ met }) => met)).toEqual([0, 0, 0, 1, 2])
    sandbox.reset()
    expect((await ask(sandbox, { ...question(), model: 'claude-haiku-4-5' })).status).toBe(200)
  })

  test('a path is met by its end, not by its middle', async () => {
    const sandbox = await start()
    sandbox.setFaults([{ path: '/v1/messages', status: 500 }])
    const { max_tokens: _, ...counted } = question()
    expect((await anthropicClient(sandbox).messages.countTokens(counted)).input_tokens).toBeGreaterThan(0)
    expect((await ask(sandbox)).status).toBe(500)
  })

  test('a fault takes nothing from the quota', async () => {
    const sandbox = await start({ accounts: [{ name: 'one', vendor: 'anthropic', key: KEY, quota: 1 }] })
    sandbox.setFaults([{ status: 500, times: 1 }])
    expect((await ask(sandbox)).status).toBe(500)
    expect((await ask(sandbox)).status).toBe(200)
    expect((await ask(sandbox)).status).toBe(429)
  })

  test.each([
    [[{ statsu: 500 }], 'rules[0].statsu is not on the fault menu'],
    [[{}, { status: 99 }], 'rules[1].status must be'],
    [[{ preset: 'gone' }], 'rules[0].preset must be one of'],
    [{}, 'a list'],
  ])('%j is no rule', async (rules, complaint) => {
    const sandbox = await start()
    expect(() => sandbox.setFaults(rules as FaultRule[])).toThrow(complaint)
  })
})

test('status, body and headers can be anything', async () => {
  const sandbox = await start()
  sandbox.setFaults([
    { status: 429, body: { odd: true }, headers: { 'Retry-After': '7', 'request-id': null }, times: 1 },
    { status: 502, body: '<html>', headers: { 'content-type': 'text/html' }, times: 1 },
    { headers: { 'x-extra': 'yes' }, times: 1 },
    { status: 200, body: { choices: [] }, times: 1 },
  ])
  const first = await ask(sandbox)
  expect(first).toMatchObject({ status: 429, text: '{"odd":true}' })
  expect(first.headers['retry-after']).toBe('7')
  expect(first.headers['request-id']).toBeUndefined()
  const second = await ask(sandbox)
  expect(second).toMatchObject({ status: 502, text: '<html>' })
  expect(second.headers['content-type']).toBe('text/html')
  const third = await ask(sandbox)
  expect(third.headers['x-extra']).toBe('yes')
  expect(third.text).toContain('Sandbox answer')
  expect(await ask(sandbox)).toMatchObject({ status: 200, text: '{"choices":[]}' })
})

test('a redirect names where to, and nothing else', async () => {
  const sandbox = await start()
  sandbox.setFaults([{ redirect: 'http://127.0.0.1:9/elsewhere' }])
  const heard = await ask(sandbox)
  expect(heard).toMatchObject({ status: 307, text: '', headers: { location: 'http://127.0.0.1:9/elsewhere' } })
})
