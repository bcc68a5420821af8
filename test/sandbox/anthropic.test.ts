// The played Anthropic as its own SDK meets it, and as a bare client does.
import Anthropic from '@anthropic-ai/sdk'
import { describe, expect, test } from 'vitest'
import { anthropicClient, ask, KEY, LIMITED, question, say, start, TOKEN } from './support.ts'

const TOOLS = [
  {
    name: 'weather',
    input_schema: {
      type: 'object' as const,
      properties: { city: { type: 'string' }, days: { type: 'integer' }, unit: { enum: ['C', 'F'] } },
      required: ['city', 'days', 'unit'],
    },
  },
]

describe('an answer', () => {
  test('names the sandbox, echoes the question and says which account paid', async () => {
    const sandbox = await start()
    const { data, response } = await anthropicClient(sandbox).messages.create(question('How do you do?')).withResponse()
    expect(data.content[0]).toMatchObject({
      type: 'text',
      text: expect.stringMatching(/^Sandbox answer.*How do you do\?$/),
    })
    expect(data.stop_reason).toBe('end_turn')
    expect(data.usage.input_tokens).toBeGreaterThan(0)
    expect(response.headers.get('x-sandbox')).toBe('1')
    expect(response.headers.get('x-sandbox-account')).toBe('work')
    expect(response.headers.get('request-id')).toMatch(/^req_sandbox_/)
    expect(response.headers.get('anthropic-ratelimit-requests-reset')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  })

  test('streams the same text token by token, with the events in the order of the vendor', async () => {
    const sandbox = await start({ words: 40 })
    const client = anthropicClient(sandbox)
    const whole = await client.messages.create(question())
    const stream = client.messages.stream(question())
    const types: string[] = []
    for await (const event of stream) types.push(event.type)
    const streamed = await stream.finalMessage()
    expect(streamed.content).toEqual(whole.content)
    expect(streamed.usage).toEqual(whole.usage)
    expect(types.filter((type) => type === 'content_block_delta')).toHaveLength(40)
    expect([...new Set(types)]).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
    expect((await ask(sandbox, { ...question(), stream: true })).text).toContain('event: ping\n')
  })

  test('is cut short by max_tokens', async () => {
    const sandbox = await start()
    const data = await anthropicClient(sandbox).messages.create({ ...question(), max_tokens: 3 })
    expect(data).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 3 } })
  })

  test.each([false, true])(
    'calls a tool when told to (streamed: %s), and talks again after its result',
    async (streamed) => {
      const client = anthropicClient(await start())
      const wanted = { ...question('Please use the tool.'), tools: TOOLS }
      const called = streamed
        ? await client.messages.stream(wanted).finalMessage()
        : await client.messages.create(wanted)
      const [use] = called.content
      expect(called.stop_reason).toBe('tool_use')
      expect(use).toMatchObject({ type: 'tool_use', name: 'weather', input: { city: 'sandbox', days: 1, unit: 'C' } })
      const after = await client.messages.create({
        ...wanted,
        messages: [
          ...wanted.messages,
          { role: 'assistant', content: called.content },
          {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: use?.type === 'tool_use' ? use.id : '', content: 'use the tool' },
            ],
          },
        ],
      })
      expect(after.stop_reason).toBe('end_turn')
    },
  )

  test('refuses marks that the vendor refuses', async () => {
    const client = anthropicClient(await start())
    const mark = { type: 'ephemeral' as const }
    const text = (at: number) => ({ type: 'text' as const, text: `part ${at}`, cache_control: mark })
    const ask = (content: Anthropic.ContentBlockParam[]) =>
      client.messages.create({ model: 'claude-opus-4-6', max_tokens: 50, messages: [{ role: 'user', content }] })
    await expect(ask([0, 1, 2, 3].map(text))).resolves.toBeDefined()
    await expect(ask([0, 1, 2, 3, 4].map(text))).rejects.toThrow('A maximum of 4 blocks')
    await expect(ask([text(0), { ...text(1), cache_control: { ...mark, ttl: '1h' as const } }])).rejects.toThrow(
      "ttl='1h'",
    )
    await expect(ask([{ ...text(0), text: '' }])).rejects.toThrow('empty text')
  })

  test('counts a marked prefix as written to the cache once, then as read', async () => {
    const client = anthropicClient(await start())
    const marked = {
      ...question(),
      system: [
        {
          type: 'text' as const,
          text: 'long '.repeat(500),
          cache_control: { type: 'ephemeral' as const, ttl: '1h' as const },
        },
      ],
    }
    const first = await client.messages.create(marked)
    const second = await client.messages.stream(marked).finalMessage()
    expect(first.usage.cache_read_input_tokens).toBe(0)
    expect(first.usage.cache_creation?.ephemeral_1h_input_tokens).toBe(first.usage.cache_creation_input_tokens)
    expect(second.usage.cache_read_input_tokens).toBe(first.usage.cache_creation_input_tokens)
    expect(second.usage.cache_read_input_tokens).toBeGreaterThan(500)
  })
})

test('a prompt is known to the account that wrote it, for five minutes or an hour from its last use', async () => {
  let now = Date.UTC(2031, 4, 6)
  const keyOf = (name: string): string => `sk-ant-api03-${name}-0123456789`
  const sandbox = await start({
    now: () => now,
    accounts: ['one', 'other'].map((name) => ({ name, vendor: 'anthropic', key: keyOf(name) })),
  })
  /** Marks the system prompt; or, behind it, a question of its own. */
  const read = async (name: string, ttl: '5m' | '1h', behind?: string): Promise<boolean> => {
    const mark = { cache_control: { type: 'ephemeral' as const, ttl } }
    const system = [{ type: 'text' as const, text: `${ttl} `.repeat(500), ...(behind === undefined ? mark : {}) }]
    const content = [{ type: 'text' as const, text: behind ?? 'And?', ...(behind === undefined ? {} : mark) }]
    const asked = { ...question(), system, messages: [{ role: 'user' as const, content }] }
    const { usage } = await anthropicClient(sandbox, keyOf(name)).messages.create(asked)
    return (usage.cache_read_input_tokens ?? 0) > 0
  }
  for (const [ttl, lifeMs] of [
    ['5m', 5 * 60_000],
    ['1h', 60 * 60_000],
  ] as const) {
    const said = [ttl, await read('one', ttl), await read('one', ttl), await read('other', ttl)]
    expect(said).toEqual([ttl, false, true, false])
    for (const behind of ['first', 'second', 'third']) {
      now += lifeMs - 1
      expect([ttl, behind, await read('one', ttl, behind)]).toEqual([ttl, behind, true])
    }
    expect([ttl, await read('other', ttl)]).toEqual([ttl, false])
    now += lifeMs
    expect([ttl, await read('one', ttl)]).toEqual([ttl, false])
  }
})

test('tokens are counted and models listed in pages', async () => {
  const client = anthropicClient(await start())
  const { max_tokens: _, ...counted } = question()
  const answered = await client.messages.create(question())
  expect((await client.messages.countTokens(counted)).input_tokens).toBe(answered.usage.input_tokens)
  const names: string[] = []
  for await (const model of client.models.list({ limit: 2 })) names.push(model.id)
  expect(names).toContain('claude-opus-4-6')
  expect(names.length).toBe(new Set(names).size)
  expect(names.length).toBeGreaterThan(2)
  expect(await client.models.retrieve('claude-haiku-4-5')).toMatchObject({ type: 'model' })
})

describe('who is let in', () => {
  test.each([
    ['an API key', { 'x-api-key': KEY }, 200, ''],
    ['an API key as a bearer, as newer SDKs send it', { authorization: `Bearer ${KEY}` }, 200, ''],
    [
      'a token with the beta among others',
      { authorization: `Bearer ${TOKEN}`, 'anthropic-beta': 'other-1,oauth-2025-04-20' },
      200,
      '',
    ],
    [
      'a token without the beta',
      { authorization: `Bearer ${TOKEN}` },
      401,
      'OAuth authentication is currently not supported',
    ],
    ['a token in the place of a key', { 'x-api-key': TOKEN }, 401, 'invalid x-api-key'],
    ['an unknown key', { 'x-api-key': 'sk-ant-api03-nobody' }, 401, 'invalid x-api-key'],
    ['nobody', {}, 401, 'x-api-key header is required'],
    ['a browser', { 'x-api-key': KEY, origin: 'http://example.com' }, 401, 'CORS requests are not allowed'],
    ['an unknown version', { 'x-api-key': KEY, 'anthropic-version': '2020-01-01' }, 400, 'anthropic-version'],
  ])('%s', async (_name, headers, status, message) => {
    const sandbox = await start()
    const heard = await say(`${sandbox.baseUrl('anthropic')}/v1/messages`, {
      headers: { 'anthropic-version': '2023-06-01', ...headers },
      body: JSON.stringify(question()),
    })
    expect(heard.status).toBe(status)
    if (status === 200) return
    const body = JSON.parse(heard.text)
    expect(body).toMatchObject({ type: 'error', request_id: heard.headers['request-id'] })
    expect(body.error.message).toContain(message)
  })

  test('the version header is mandatory', async () => {
    const sandbox = await start()
    const heard = await say(`${sandbox.baseUrl('anthropic')}/v1/models`, { headers: { 'x-api-key': KEY } })
    expect(heard.status).toBe(400)
  })
})

test.each([
  ['no model', { model: undefined }, 400, 'model'],
  ['no max_tokens', { max_tokens: undefined }, 400, 'max_tokens'],
  ['no messages', { messages: undefined }, 400, 'messages'],
  ['an empty conversation', { messages: [] }, 400, 'messages'],
  ['a strange role', { messages: [{ role: 'robot', content: '' }] }, 400, 'messages.0.role'],
  ['an unknown model', { model: 'claude-9' }, 404, 'claude-9'],
])('%s is the mistake of the request', async (_name, change, status, part) => {
  const heard = await ask(await start(), { ...question(), ...change })
  expect(heard.status).toBe(status)
  expect(JSON.parse(heard.text).error.message).toContain(part)
})

test('malformed JSON, a wrong method and an unknown path each get the vendor’s own refusal', async () => {
  const sandbox = await start()
  const headers = { 'x-api-key': KEY, 'anthropic-version': '2023-06-01' }
  const base = sandbox.baseUrl('anthropic')
  expect((await say(`${base}/v1/messages`, { headers, body: '{"model":' })).status).toBe(400)
  expect((await say(`${base}/v1/messages`, { headers })).status).toBe(405)
  expect((await say(`${base}/v1/nothing`, { headers })).status).toBe(404)
})

test('the newest version takes no temperature', async () => {
  const sandbox = await start()
  const warm = { ...question(), temperature: 0.5 }
  expect((await ask(sandbox, warm)).status).toBe(200)
  expect((await ask(sandbox, warm, { 'anthropic-version': '2026-10-21' })).status).toBe(400)
})

test('a used-up quota is a 429 with the time of its end, until the window is over', async () => {
  let now = Date.UTC(2026, 0, 1)
  const sandbox = await start({ now: () => now })
  const client = anthropicClient(sandbox, LIMITED)
  await client.messages.create(question())
  now += 20_000
  const { response } = await client.messages.create(question()).withResponse()
  expect(response.headers.get('anthropic-ratelimit-requests-remaining')).toBe('0')
  const error = await client.messages.create(question()).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(Anthropic.RateLimitError)
  const { headers } = error as InstanceType<typeof Anthropic.RateLimitError>
  expect(headers?.get('retry-after')).toBe('40')
  expect(headers?.get('anthropic-ratelimit-requests-reset')).toBe('2026-01-01T00:01:00Z')
  await client.models.list()
  now += 40_000
  await client.messages.create(question())
  const state = sandbox.state().accounts.find(({ name, vendor }) => name === 'limited' && vendor === 'anthropic')
  expect(state).toMatchObject({ requests: 5, statuses: { 200: 4, 429: 1 }, quota: { limit: 2, remaining: 1 } })
})

test('a subscription is told the shares of its windows instead of counts', async () => {
  const now = Date.UTC(2026, 0, 1)
  const accounts = [{ name: 'plan', vendor: 'anthropic' as const, key: TOKEN, quota: 4, windowMs: 18_000_000 }]
  const sandbox = await start({ now: () => now, accounts })
  const { status, headers: told } = await say(`${sandbox.baseUrl('anthropic')}/v1/messages`, {
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'anthropic-beta': 'oauth-2025-04-20',
      'anthropic-version': '2023-06-01',
    },
    body: JSON.stringify(question()),
  })
  expect(status).toBe(200)
  expect(told).toMatchObject({
    'anthropic-ratelimit-unified-status': 'allowed',
    'anthropic-ratelimit-unified-5h-utilization': '0.25',
    'anthropic-ratelimit-unified-5h-reset': String(now / 1000 + 18_000),
    'anthropic-ratelimit-unified-7d-utilization': '0.025',
  })
  expect(told).not.toHaveProperty('anthropic-ratelimit-requests-limit')
})
