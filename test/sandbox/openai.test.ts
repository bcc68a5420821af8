// The played OpenAI as its own SDK meets it, in both dialects.
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { span } from '../../src/sandbox/openai.ts'
import { LIMITED_PROJECT, openaiClient, say, start } from './support.ts'

const MODEL = 'gpt-5.1'
const messages = [{ role: 'user' as const, content: 'How do you do?' }]
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }

describe('Chat Completions', () => {
  test('answer whole and streamed alike; usage comes only when asked for', async () => {
    const client = openaiClient(await start({ words: 30 }))
    const { data, response } = await client.chat.completions.create({ model: MODEL, messages }).withResponse()
    expect(data.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: expect.stringMatching(/^Sandbox answer/) },
    })
    expect(response.headers.get('x-sandbox-account')).toBe('project')
    expect(response.headers.get('x-request-id')).toMatch(/^req_sandbox_/)
    const read = async (include: boolean) => {
      const stream = await client.chat.completions.create({
        model: MODEL,
        messages,
        stream: true,
        ...(include ? { stream_options: { include_usage: true } } : {}),
      })
      const chunks = []
      for await (const chunk of stream) chunks.push(chunk)
      return chunks
    }
    const plain = await read(false)
    expect(plain.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(data.choices[0]?.message.content)
    expect(plain.filter((chunk) => chunk.choices[0]?.delta.content)).toHaveLength(30)
    expect(plain.some((chunk) => 'usage' in chunk)).toBe(false)
    const counted = await read(true)
    expect(counted.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: data.usage?.completion_tokens } })
    expect(counted.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true)
  })

  test('call a tool, whole and streamed', async () => {
    const client = openaiClient(await start())
    const body = {
      model: MODEL,
      messages: [{ role: 'user' as const, content: 'Use the tool!' }],
      tools: [{ type: 'function' as const, function: { name: 'weather', parameters } }],
    }
    const whole = await client.chat.completions.create(body)
    const streamed = await client.chat.completions.stream(body).finalChatCompletion()
    for (const { choices } of [whole, streamed]) {
      expect(choices[0]?.finish_reason).toBe('tool_calls')
      expect(choices[0]?.message.tool_calls?.[0]).toMatchObject({
        type: 'function',
        function: { name: 'weather', arguments: '{"city":"sandbox"}' },
      })
    }
  })

  test.each([
    ['required', 'weather'],
    ['none', undefined],
    [{ type: 'function', function: { name: 'time' } }, 'time'],
  ] as const)('obey the tool choice %j', async (choice, name) => {
    const tools = ['weather', 'time'].map((tool) => ({
      type: 'function' as const,
      function: { name: tool, parameters },
    }))
    const text = choice === 'none' ? 'use the tool' : 'hi'
    const { choices } = await openaiClient(await start()).chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content: text }],
      tools,
      tool_choice: choice,
    })
    expect(choices[0]?.message.tool_calls?.[0]).toEqual(
      name && expect.objectContaining({ function: expect.objectContaining({ name }) }),
    )
  })

  test('are cut short by max_completion_tokens', async () => {
    const client = openaiClient(await start())
    const cut = await client.chat.completions.create({ model: MODEL, messages, max_completion_tokens: 2 })
    expect(cut.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: 'Sandbox answer:' } })
  })
})

describe('Responses', () => {
  test('answer whole and streamed alike, events numbered without a gap', async () => {
    const client = openaiClient(await start())
    const whole = await client.responses.create({ model: MODEL, input: 'How do you do?' })
    expect(whole).toMatchObject({
      status: 'completed',
      output_text: expect.stringMatching(/^Sandbox answer.*How do you do\?$/),
    })
    const types: string[] = []
    const numbers: number[] = []
    let text = ''
    for await (const event of await client.responses.create({ model: MODEL, input: messages, stream: true })) {
      types.push(event.type)
      numbers.push(event.sequence_number)
      if (event.type === 'response.output_text.delta') text += event.delta
      if (event.type === 'response.completed')
        expect(event.response.usage).toEqual(whole.usage && { ...whole.usage, ...counts(event.response.usage) })
    }
    expect(text).toBe(whole.output_text)
    expect(numbers).toEqual(numbers.map((_, index) => index))
    expect(types[0]).toBe('response.created')
    expect(types.at(-1)).toBe('response.completed')
  })

  test('call a tool, whole and streamed', async () => {
    const client = openaiClient(await start())
    const body = {
      model: MODEL,
      input: 'use the tool',
      tools: [{ type: 'function' as const, name: 'weather', parameters, strict: false }],
    }
    const whole = await client.responses.create(body)
    const streamed = await client.responses.stream(body).finalResponse()
    for (const { output } of [whole, streamed]) {
      expect(output[0]).toMatchObject({ type: 'function_call', name: 'weather', arguments: '{"city":"sandbox"}' })
    }
  })

  test('end incomplete at max_output_tokens', async () => {
    const client = openaiClient(await start())
    const types: string[] = []
    for await (const { type } of await client.responses.create({
      model: MODEL,
      input: 'hi',
      max_output_tokens: 2,
      stream: true,
    })) {
      types.push(type)
    }
    expect(types.at(-1)).toBe('response.incomplete')
  })
})

function counts(usage: OpenAI.Responses.ResponseUsage | undefined) {
  // The two bodies differ in length, so do their input tokens.
  return { input_tokens: usage?.input_tokens, total_tokens: usage?.total_tokens }
}

test('models are listed and described', async () => {
  const client = openaiClient(await start())
  const { data } = await client.models.list()
  expect(data.map(({ id }) => id)).toContain('gpt-5-mini')
  expect(await client.models.retrieve('gpt-4.1')).toMatchObject({ object: 'model' })
  await expect(client.models.retrieve('gpt-0')).rejects.toBeInstanceOf(OpenAI.NotFoundError)
})

test.each([
  ['a wrong key', 'sk-proj-nobody-1234', {}, 401, 'invalid_api_key'],
  ['no model', undefined, { model: '' }, 400, null],
  ['an unknown model', undefined, { model: 'gpt-0' }, 404, 'model_not_found'],
  ['an empty conversation', undefined, { messages: [] }, 400, 'empty_array'],
])('%s is refused in the words of the vendor', async (_name, key, change, status, code) => {
  const client = openaiClient(await start(), key)
  const error = await client.chat.completions
    .create({ model: MODEL, messages, ...change })
    .catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(OpenAI.APIError)
  expect(error).toMatchObject({ status, code })
  expect(String(error)).not.toContain('nobody')
})

test('malformed JSON is refused', async () => {
  const sandbox = await start()
  const heard = await say(`${sandbox.baseUrl('openai')}/responses`, {
    headers: { authorization: 'Bearer sk-proj-test-key-0004' },
    body: '[1,',
  })
  expect(heard.status).toBe(400)
})

test('a used-up quota is a 429 whose reset is a span of time', async () => {
  const client = openaiClient(await start({ now: () => 1_000_000_000 }), LIMITED_PROJECT)
  await client.responses.create({ model: MODEL, input: 'hi' })
  const error = await client.responses.create({ model: MODEL, input: 'hi' }).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
  const { headers } = error as InstanceType<typeof OpenAI.RateLimitError>
  expect(headers?.get('retry-after')).toBe('90')
  expect(headers?.get('x-ratelimit-reset-requests')).toBe('1m30s')
})

test.each([
  [120, '120ms'],
  [12_000, '12s'],
  [360_000, '6m0s'],
  [-5, '0ms'],
])('%d ms are written %s', (ms, text) => {
  expect(span(ms)).toBe(text)
})
