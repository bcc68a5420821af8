// Every SDK against a vendor of another dialect, through one built gateway.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install } from '../support/installation.ts'
import { anthropic, CLAUDE, GPT, openai, providersAt } from './support.ts'

const KEY = 'sk-ant-api03-dialects-0123456789abcdef'
const PROJECT_KEY = 'sk-proj-dialects-0123456789abcdef'

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      { name: 'claude', vendor: 'anthropic', key: KEY },
      { name: 'gpt', vendor: 'openai', key: PROJECT_KEY },
    ],
  })
  place = await install({
    config: { models: providersAt(sandbox), agents: { defaults: { model: CLAUDE } } },
    profiles: [
      { id: 'anthropic:default', key: KEY },
      { id: 'openai:default', key: PROJECT_KEY },
    ],
  })
  gateway = await startGateway(place)
})

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
    expect(response.headers.get('x-openclaw-served-by')).toBe('openai:default')
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
