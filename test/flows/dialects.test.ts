// Every SDK against a vendor of another dialect, through one built gateway.
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, until } from '../support/installation.ts'
import { anthropic, CLAUDE, GPT, openai, providersAt } from './support.ts'

const VENDORS = ['anthropic', 'openai'] as const
/** Some of them rest when the tests of refusals are over. */
const NAMES = ['one', 'two', 'three', 'four', 'five', 'six'] as const
type Vendor = (typeof VENDORS)[number]
const keyOf = (vendor: Vendor, name: string): string =>
  `${vendor === 'anthropic' ? 'sk-ant-api03' : 'sk-proj'}-dialects-${name}-0123456789abcdef`
const GOOGLE_KEY = 'AIza-dialects-0123456789abcdef'
const ALL = VENDORS.flatMap((vendor) => NAMES.map((name) => ({ vendor, name, key: keyOf(vendor, name) })))

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      ...ALL.map(({ vendor, name, key }) => ({ vendor, name: `${vendor}-${name}`, key })),
      { vendor: 'google', name: 'google', key: GOOGLE_KEY },
    ],
  })
  const providers = { ...providersAt(sandbox).providers, google: { baseUrl: sandbox.baseUrl('google') } }
  // Nothing stands in for a model here, so that each answer is of the model that was asked.
  place = await install({
    config: { models: { providers }, agents: { defaults: { model: { primary: CLAUDE, fallbacks: [] } } } },
    profiles: [
      ...ALL.map(({ vendor, name, key }) => ({ id: `${vendor}:${name}`, key })),
      { id: 'google:default', key: GOOGLE_KEY },
    ],
    order: Object.fromEntries(VENDORS.map((vendor) => [vendor, NAMES.map((name) => `${vendor}:${name}`)])),
  })
  gateway = await startGateway(place)
})

afterEach(() => sandbox.setFaults([]))

afterAll(async () => {
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

const WEATHER = {
  type: 'object' as const,
  properties: { city: { type: 'string' as const } },
  required: ['city'],
}

describe("Anthropic's SDK asks a model of OpenAI", () => {
  const question = (text: string) => ({
    model: GPT,
    max_tokens: 500,
    messages: [{ role: 'user' as const, content: text }],
  })

  test('for a whole answer', async () => {
    const { data, response } = await anthropic({ gateway }).messages.create(question('Hello')).withResponse()
    expect(data).toMatchObject({ type: 'message', role: 'assistant', model: 'gpt-5.1', stop_reason: 'end_turn' })
    expect(data.content).toEqual([{ type: 'text', text: expect.stringContaining('You said: Hello') }])
    expect(data.usage.output_tokens).toBeGreaterThan(1)
    expect(response.headers.get('x-openclaw-served-by')).toBe('openai:one')
    expect(response.headers.get('x-openclaw-dialect')).toBe('chat_completions')
    expect(sandbox.requests().at(-1)).toMatchObject({
      vendor: 'openai',
      path: '/openai/v1/chat/completions',
      status: 200,
    })
  })

  test('for a stream', async () => {
    const stream = anthropic({ gateway }).messages.stream(question('Hello'))
    const pieces: string[] = []
    stream.on('text', (piece) => pieces.push(piece))
    const message = await stream.finalMessage()
    expect(pieces.length).toBeGreaterThan(3)
    expect(message.content).toEqual([{ type: 'text', text: pieces.join('') }])
    expect(message.stop_reason).toBe('end_turn')
    expect(message.usage.input_tokens).toBeGreaterThan(0)
    expect(message.usage.output_tokens).toBe(pieces.length)
  })

  test('with a tool, piece by piece, and tells it what came of it', async () => {
    const tools = [{ name: 'get_weather', input_schema: WEATHER }]
    const asked = { ...question('use the tool'), tools }
    const first = await anthropic({ gateway }).messages.stream(asked).finalMessage()
    expect(first.stop_reason).toBe('tool_use')
    const call = first.content.find((block) => block.type === 'tool_use')
    expect(call).toMatchObject({ name: 'get_weather', input: { city: 'sandbox' } })
    const second = await anthropic({ gateway }).messages.create({
      ...asked,
      messages: [
        ...asked.messages,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call?.id ?? '', content: 'It rains.' }] },
      ],
    })
    expect(second.content).toMatchObject([{ type: 'text', text: expect.stringContaining('It rains.') }])
  })
})

describe("OpenAI's SDK asks a model of Anthropic by Chat Completions", () => {
  const question = (text: string) => ({ model: CLAUDE, messages: [{ role: 'user' as const, content: text }] })

  test('for a whole answer', async () => {
    const { data, response } = await openai({ gateway }).chat.completions.create(question('Hello')).withResponse()
    expect(data).toMatchObject({ object: 'chat.completion', model: 'claude-opus-4-6' })
    expect(data.choices).toMatchObject([
      { index: 0, finish_reason: 'stop', message: { content: expect.stringContaining('You said: Hello') } },
    ])
    expect(data.usage?.total_tokens).toBeGreaterThan(1)
    expect(response.headers.get('x-openclaw-dialect')).toBe('messages')
    expect(sandbox.requests().at(-1)).toMatchObject({ vendor: 'anthropic', status: 200 })
  })

  test('for a stream', async () => {
    const stream = openai({ gateway }).chat.completions.stream({
      ...question('Hello'),
      stream_options: { include_usage: true },
    })
    const pieces: string[] = []
    stream.on('content', (piece) => pieces.push(piece))
    const completion = await stream.finalChatCompletion()
    expect(pieces.length).toBeGreaterThan(3)
    expect(completion.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: pieces.join('') } })
    expect(completion.usage?.completion_tokens).toBe(pieces.length)
  })

  test('with a tool, piece by piece, and tells it what came of it', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters: WEATHER } }]
    const asked = { ...question('use the tool'), tools }
    const first = await openai({ gateway }).chat.completions.stream(asked).finalChatCompletion()
    expect(first.choices[0]?.finish_reason).toBe('tool_calls')
    const call = first.choices[0]?.message.tool_calls?.[0]
    expect(call).toMatchObject({ type: 'function', function: { name: 'get_weather', arguments: '{"city":"sandbox"}' } })
    const second = await openai({ gateway }).chat.completions.create({
      ...asked,
      messages: [
        ...asked.messages,
        ...first.choices.map(({ message }) => message),
        { role: 'tool', tool_call_id: call?.id ?? '', content: 'It rains.' },
      ],
    })
    expect(second.choices[0]?.message.content).toContain('It rains.')
  })
})

const TIME = { type: 'object' as const, properties: { zone: { type: 'string' as const } }, required: ['zone'] }

describe('calls in parallel', () => {
  const names = ['get_weather', 'get_time']

  test("of a model of OpenAI reach Anthropic's SDK, and their results go back", async () => {
    const asked = {
      model: GPT,
      max_tokens: 500,
      messages: [{ role: 'user' as const, content: 'Now use all tools' }],
      tools: [WEATHER, TIME].map((schema, at) => ({ name: names[at] ?? '', input_schema: schema })),
    }
    const whole = await anthropic({ gateway }).messages.create(asked)
    const streamed = await anthropic({ gateway }).messages.stream(asked).finalMessage()
    for (const { content, stop_reason } of [whole, streamed]) {
      expect(stop_reason).toBe('tool_use')
      const calls = content.flatMap((block) => (block.type === 'tool_use' ? [block] : []))
      expect(calls.map(({ name, input }) => [name, input])).toEqual([
        ['get_weather', { city: 'sandbox' }],
        ['get_time', { zone: 'sandbox' }],
      ])
      const results = calls.map(({ id }, at) => ({
        type: 'tool_result' as const,
        tool_use_id: id,
        content: `Result ${at}.`,
      }))
      const next = await anthropic({ gateway }).messages.create({
        ...asked,
        messages: [...asked.messages, { role: 'assistant', content }, { role: 'user', content: results }],
      })
      expect(next.content).toMatchObject([{ text: expect.stringContaining('You said: Result 1.') }])
    }
  })

  test("of a Claude reach OpenAI's SDK, and their results go back", async () => {
    const asked = {
      model: CLAUDE,
      messages: [{ role: 'user' as const, content: 'Now use all tools' }],
      tools: [WEATHER, TIME].map((parameters, at) => ({
        type: 'function' as const,
        function: { name: names[at] ?? '', parameters },
      })),
    }
    const whole = await openai({ gateway }).chat.completions.create(asked)
    const streamed = await openai({ gateway }).chat.completions.stream(asked).finalChatCompletion()
    for (const { choices } of [whole, streamed]) {
      const [first] = choices
      expect(first?.finish_reason).toBe('tool_calls')
      const calls = (first?.message.tool_calls ?? []).flatMap((call) => (call.type === 'function' ? [call] : []))
      expect(calls.map(({ function: { name, arguments: input } }) => [name, JSON.parse(input)])).toEqual([
        ['get_weather', { city: 'sandbox' }],
        ['get_time', { zone: 'sandbox' }],
      ])
      const next = await openai({ gateway }).chat.completions.create({
        ...asked,
        messages: [
          ...asked.messages,
          ...choices.map(({ message }) => message),
          ...calls.map(({ id }, at) => ({ role: 'tool' as const, tool_call_id: id, content: `Result ${at}.` })),
        ],
      })
      expect(next.choices[0]?.message.content).toContain('Result 1.')
    }
  })
})

test("a Claude's thoughts reach OpenAI's SDK beside the answer, whole and streamed", async () => {
  const asked = {
    model: CLAUDE,
    messages: [{ role: 'user' as const, content: 'Think.' }],
    reasoning_effort: 'low' as const,
  }
  const whole = await openai({ gateway }).chat.completions.create(asked)
  expect(whole.choices[0]?.message).toMatchObject({
    reasoning_content: 'The sandbox thinks of nothing.',
    content: expect.stringContaining('You said: Think.'),
  })
  let thought = ''
  for await (const { choices } of await openai({ gateway }).chat.completions.create({ ...asked, stream: true })) {
    const delta: object = choices[0]?.delta ?? {}
    thought += 'reasoning_content' in delta ? String(delta.reasoning_content) : ''
  }
  expect(thought).toBe('The sandbox thinks of nothing.')
})

test('a wish for thinking that a model does not know is told it in its own words, or not at all', async () => {
  const { messages } = anthropic({ gateway })
  const { completions } = openai({ gateway }).chat
  const { responses } = openai({ gateway })
  const hello = { max_tokens: 2000, messages: [{ role: 'user' as const, content: 'Hello' }] }
  for (const model of [GPT, 'openai/gpt-5-mini', 'openai/gpt-4.1']) {
    const most = { ...hello, model, thinking: { type: 'adaptive' as const }, output_config: { effort: 'max' as const } }
    expect((await messages.create(most)).stop_reason).toBe('end_turn')
    expect((await messages.create({ ...hello, model, thinking: { type: 'disabled' } })).stop_reason).toBe('end_turn')
    const budget = { ...hello, model, thinking: { type: 'enabled' as const, budget_tokens: 1024 } }
    expect((await messages.create(budget)).stop_reason).toBe('end_turn')
  }
  for (const model of [CLAUDE, 'anthropic/claude-haiku-4-5', 'google/gemini-3-pro-preview']) {
    const asked = { model, messages: hello.messages, max_tokens: 4000 }
    const { choices } = await completions.create({ ...asked, reasoning_effort: 'xhigh' })
    expect(choices[0]?.finish_reason).toBe('stop')
    const whole = await responses.create({
      model,
      input: 'Hello',
      max_output_tokens: 4000,
      reasoning: { effort: 'minimal' },
    })
    expect(whole.status).toBe('completed')
  }
})

test("words in the model's mouth and texts without words reach nobody who cannot make anything of them", async () => {
  const { messages } = anthropic({ gateway })
  const prefilled = [
    { role: 'user' as const, content: 'A poem' },
    { role: 'assistant' as const, content: 'Roses' },
  ]
  for (const model of [GPT, 'google/gemini-3-pro-preview']) {
    await expect(messages.create({ model, max_tokens: 9, messages: prefilled })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('messages: the last words are the model'),
    })
  }
  const spaces = await openai({ gateway }).chat.completions.create({
    model: CLAUDE,
    messages: [
      { role: 'system', content: '\n' },
      {
        role: 'user',
        content: [
          { type: 'text', text: ' ' },
          { type: 'text', text: 'Hello' },
        ],
      },
    ],
  })
  expect(spaces.choices[0]?.message.content).toContain('You said: Hello')
})

test('what a Claude has sealed comes back to its account by way of Chat Completions, and to no other', async () => {
  const thoughtful = async (profile: string, messages: OpenAI.ChatCompletionMessageParam[]): Promise<object> => {
    const body = {
      model: 'anthropic/claude-haiku-4-5',
      reasoning_effort: 'low' as const,
      tools: [{ type: 'function' as const, function: { name: 'get_weather', parameters: WEATHER } }],
      messages,
    }
    const answer = await openai({ gateway }).chat.completions.create(body, {
      headers: { 'x-openclaw-profile': `anthropic:${profile}` },
    })
    return answer.choices[0]?.message ?? {}
  }
  const asked = { role: 'user' as const, content: 'use the tool' }
  const first = await thoughtful('five', [asked])
  expect(first).toMatchObject({ reasoning_content: expect.any(String), reasoning_details: [expect.any(Object)] })
  const call = (first as OpenAI.ChatCompletionMessage).tool_calls?.[0]
  const history: OpenAI.ChatCompletionMessageParam[] = [
    asked,
    first as OpenAI.ChatCompletionMessage,
    { role: 'tool', tool_call_id: call?.id ?? '', content: 'It rains.' },
  ]
  // This model goes on thinking only where its own thoughts are shown to it; the vendor refuses those of another account.
  expect(await thoughtful('five', history)).toHaveProperty('reasoning_content')
  const other = await thoughtful('six', history)
  expect(other).toMatchObject({ content: expect.stringContaining('It rains.') })
  expect(other).not.toHaveProperty('reasoning_content')
})

test('thoughts of a Gemini are shown to a client of Messages, again to the Gemini, and never to a Claude', async () => {
  const asked = {
    max_tokens: 4000,
    thinking: { type: 'enabled' as const, budget_tokens: 2000 },
    messages: [{ role: 'user' as const, content: 'Think.' }],
  }
  const first = await anthropic({ gateway }).messages.create({ ...asked, model: 'google/gemini-2.5-flash' })
  const [thought] = first.content
  expect(thought).toMatchObject({ type: 'thinking', thinking: expect.stringContaining('thought') })
  expect(thought?.type === 'thinking' ? thought.signature : '').not.toBe('')
  const messages = [
    ...asked.messages,
    { role: 'assistant' as const, content: first.content },
    { role: 'user' as const, content: 'Well?' },
  ]
  // Both vendors refuse what they have not sealed, or what was changed.
  for (const model of ['google/gemini-2.5-flash', CLAUDE]) {
    const { content } = await anthropic({ gateway }).messages.create({ ...asked, messages, model })
    const said = content.find((block) => block.type === 'text')
    expect(said).toMatchObject({ text: expect.stringContaining('You said: Well?') })
  }
})

/** Each SDK at a model of the other vendor. */
const CROSSED = [
  {
    name: 'Messages of a GPT',
    vendor: 'openai' as const,
    stream: (text: string) =>
      anthropic({ gateway }).messages.create({
        model: GPT,
        max_tokens: 500,
        messages: [{ role: 'user', content: text }],
        stream: true,
      }),
    whole: async (text: string, extra: object = {}) => {
      const { data, response } = await anthropic({ gateway })
        .messages.create({ model: GPT, max_tokens: 500, messages: [{ role: 'user', content: text }], ...extra })
        .withResponse()
      const said = 'content' in data ? data.content : []
      return { text: said.map((block) => (block.type === 'text' ? block.text : '')).join(''), response }
    },
    errors: Anthropic,
  },
  {
    name: 'Chat Completions of a Claude',
    vendor: 'anthropic' as const,
    stream: (text: string) =>
      openai({ gateway }).chat.completions.create({
        model: CLAUDE,
        messages: [{ role: 'user', content: text }],
        stream: true,
      }),
    whole: async (text: string, extra: object = {}) => {
      const { data, response } = await openai({ gateway })
        .chat.completions.create({ model: CLAUDE, messages: [{ role: 'user', content: text }], ...extra })
        .withResponse()
      return { text: 'choices' in data ? (data.choices[0]?.message.content ?? '') : '', response }
    },
    errors: OpenAI,
  },
]

describe.each(CROSSED)('$name', ({ vendor, stream, whole, errors }) => {
  const said = async (events: AsyncIterable<object>): Promise<string> => {
    let text = ''
    for await (const event of events) text += JSON.stringify(event)
    return text
  }

  test('goes on to the next account when the first is refused, and when its stream opens with an error', async () => {
    sandbox.setFaults([{ account: `${vendor}-one`, status: 429, times: 1 }])
    const { text, response } = await whole('Hello')
    expect([text, response.headers.get('x-openclaw-served-by'), response.headers.get('x-openclaw-attempts')]).toEqual([
      expect.stringContaining('You said: Hello'),
      `${vendor}:two`,
      '2',
    ])
    sandbox.setFaults([{ vendor, preset: 'overloaded-529', errorEventAfterEvents: 1, times: 1 }])
    expect(await said(await stream('Again'))).toContain('Again')
  })

  test("is told the vendor's refusal of the request as an error of its own dialect", async () => {
    sandbox.setFaults([{ vendor, status: 400 }])
    const refused = await whole('Hello').catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(errors.BadRequestError)
    expect(String(refused)).toContain('Sandbox')
    const streamed = await stream('Hello').catch((error: unknown) => error)
    expect(streamed).toBeInstanceOf(errors.BadRequestError)
  })

  test('is told of an error within the answer as its SDK expects it, and of one that breaks off', async () => {
    for (const fault of [{ errorEventAfterEvents: 8, status: 500 }, { cutAfterEvents: 8 }]) {
      sandbox.setFaults([{ vendor, ...fault }])
      await expect(stream('Hello').then(said)).rejects.toThrow()
    }
  })

  test('frees the vendor when it goes away', async () => {
    sandbox.setFaults([{ vendor, stallAfterEvents: 8 }])
    const events = await stream('Hello')
    for await (const _ of events) break
    events.controller.abort()
    expect(await until('the vendor to be free', () => sandbox.requests().at(-1)?.aborted || undefined)).toBe(true)
  })
})

const PNG = Buffer.from('iVBORw0KGgo=').toString('base64')

test('two hundred tools, a megabyte of text and twenty images pass both ways', async () => {
  const text = `use the tool ${'word '.repeat(220_000)}`
  const range = (length: number): number[] => Array.from({ length }, (_, at) => at)
  const message = await anthropic({ gateway }).messages.create({
    model: GPT,
    max_tokens: 500,
    tools: range(200).map((at) => ({ name: `tool_${at}`, description: `Tool ${at}.`, input_schema: WEATHER })),
    messages: [
      {
        role: 'user',
        content: [
          ...range(20).map(() => ({
            type: 'image' as const,
            source: { type: 'base64' as const, media_type: 'image/png' as const, data: PNG },
          })),
          { type: 'text', text },
        ],
      },
    ],
  })
  expect(message.content).toMatchObject([{ type: 'tool_use', name: 'tool_0', input: { city: 'sandbox' } }])
  expect(sandbox.requests().at(-1)?.bodyBytes).toBeGreaterThan(1_100_000)
  const completion = await openai({ gateway }).chat.completions.create({
    model: CLAUDE,
    tools: range(200).map((at) => ({ type: 'function', function: { name: `tool_${at}`, parameters: WEATHER } })),
    messages: [
      {
        role: 'user',
        content: [
          ...range(20).map(() => ({
            type: 'image_url' as const,
            image_url: { url: `data:image/png;base64,${PNG}` },
          })),
          { type: 'text', text },
        ],
      },
    ],
  })
  expect(completion.choices[0]?.message.tool_calls).toMatchObject([{ function: { name: 'tool_0' } }])
  expect(sandbox.requests().at(-1)?.bodyBytes).toBeGreaterThan(1_100_000)
})

test('what passed is counted as the vendor counts it', async () => {
  const counted = async (): Promise<Record<string, number>> => {
    const text = await (
      await fetch(`${gateway.url}/metrics`, { headers: { authorization: `Bearer ${gateway.token}` } })
    ).text()
    return Object.fromEntries(
      [...text.matchAll(/^(keyclaw_tokens_total\{[^}]*\}) (\d+)$/gm)].map(([, name, value]) => [
        name ?? '',
        Number(value),
      ]),
    )
  }
  // Counts are made behind the answers: those of the test before are there when nothing more comes.
  let before = await counted()
  await until('the counts to stand still', async () => {
    const last = before
    await new Promise((resolve) => setTimeout(resolve, 500))
    before = await counted()
    return JSON.stringify(last) === JSON.stringify(before) || undefined
  })
  const { usage } = await anthropic({ gateway }).messages.create({
    model: GPT,
    max_tokens: 500,
    messages: [{ role: 'user', content: 'Count me' }],
  })
  const grown = await until('the counts to be there', async () => {
    const after = await counted()
    const found = Object.entries(after).filter(
      ([name, value]) => value !== (before[name] ?? 0) && name.includes('openai'),
    )
    return found.length === 0 ? undefined : found.map(([name, value]) => value - (before[name] ?? 0))
  })
  expect(grown.toSorted((a, b) => a - b)).toEqual([usage.input_tokens, usage.output_tokens].toSorted((a, b) => a - b))
})
