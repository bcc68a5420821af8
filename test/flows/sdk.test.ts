// A program that used the vendor yesterday points its SDK at the gateway: base URL and key change, nothing else does.
import type { ChatCompletionChunk } from 'openai/resources/chat/completions'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install } from '../support/installation.ts'
import { anthropic, CLAUDE, GPT, openai, providersAt, question, WAYS } from './support.ts'

const KEY = 'sk-ant-api03-sdk-0123456789abcdef'
const PROJECT_KEY = 'sk-proj-sdk-0123456789abcdef'

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
    config: {
      models: providersAt(sandbox),
      agents: { defaults: { model: CLAUDE, models: { [CLAUDE]: { alias: 'opus' }, [GPT]: { alias: 'gpt' } } } },
    },
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

describe('the official SDKs', () => {
  for (const way of WAYS) {
    test(`ask by ${way.name} with base URL and key only`, async () => {
      expect(await way.ask({ gateway }, 'Are you there?')).toContain('You said: Are you there?')
      expect(sandbox.requests().at(-1)).toMatchObject({ vendor: way.vendor, status: 200 })
    })
  }

  test('name a model by its bare name or by an alias', async () => {
    for (const model of ['claude-opus-4-6', 'opus', 'OPUS']) {
      await anthropic({ gateway }).messages.create({ ...question(), model })
      expect(sandbox.requests().at(-1)?.model).toBe('claude-opus-4-6')
    }
    await openai({ gateway }).responses.create({ model: 'gpt', input: 'hi' })
    expect(sandbox.requests().at(-1)?.model).toBe('gpt-5.1')
  })

  test('receive a tool call of Anthropic piece by piece', async () => {
    const stream = anthropic({ gateway }).messages.stream({
      ...question('use the tool'),
      tools: [{ name: 'get_weather', input_schema: WEATHER }],
    })
    const pieces: string[] = []
    stream.on('inputJson', (piece) => pieces.push(piece))
    const message = await stream.finalMessage()
    expect(message.stop_reason).toBe('tool_use')
    const call = message.content.find(({ type }) => type === 'tool_use')
    expect(call).toMatchObject({ name: 'get_weather' })
    expect(pieces.length).toBeGreaterThan(1)
    expect(call?.type === 'tool_use' ? call.input : undefined).toEqual(JSON.parse(pieces.join('')))
  })

  test('receive a tool call of Chat Completions piece by piece', async () => {
    const stream = await openai({ gateway }).chat.completions.create({
      model: GPT,
      messages: [{ role: 'user', content: 'use the tool' }],
      tools: [{ type: 'function', function: { name: 'get_weather', parameters: WEATHER } }],
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks: ChatCompletionChunk[] = []
    for await (const chunk of stream) chunks.push(chunk)
    const calls = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    expect(calls[0]?.function?.name).toBe('get_weather')
    expect(JSON.parse(calls.map((call) => call.function?.arguments ?? '').join(''))).toHaveProperty('city')
    expect(chunks.some(({ choices }) => choices[0]?.finish_reason === 'tool_calls')).toBe(true)
    expect(chunks.at(-1)?.usage?.completion_tokens).toBeGreaterThan(0)
  })

  test('receive a tool call of Responses piece by piece', async () => {
    const stream = await openai({ gateway }).responses.create({
      model: GPT,
      input: 'use the tool',
      tools: [{ type: 'function', name: 'get_weather', parameters: WEATHER, strict: false }],
      stream: true,
    })
    let text = ''
    let whole = ''
    for await (const event of stream) {
      if (event.type === 'response.function_call_arguments.delta') text += event.delta
      if (event.type === 'response.function_call_arguments.done') whole = event.arguments
    }
    expect(text).not.toBe('')
    expect(text).toBe(whole)
  })

  test('count tokens before asking', async () => {
    const counted = await anthropic({ gateway }).messages.countTokens({
      model: CLAUDE,
      messages: [{ role: 'user', content: 'How long is this?' }],
    })
    expect(counted.input_tokens).toBeGreaterThan(0)
    expect(sandbox.requests().at(-1)?.path).toMatch(/\/v1\/messages\/count_tokens/)
  })

  test('list the models, each under a name that can be asked for', async () => {
    const asked = sandbox.state().requests
    const ofAnthropic: string[] = []
    for await (const { id } of anthropic({ gateway }).models.list()) ofAnthropic.push(id)
    const ofOpenai: string[] = []
    for await (const { id } of openai({ gateway }).models.list()) ofOpenai.push(id)
    expect(ofAnthropic).toContain(CLAUDE)
    expect(ofOpenai).toContain(GPT)
    expect(ofOpenai).toContain(CLAUDE)
    expect(sandbox.state().requests).toBe(asked)
  })

  test('are told which account served, and by how many attempts', async () => {
    const { response } = await anthropic({ gateway }).messages.create(question()).withResponse()
    expect(response.headers.get('x-openclaw-served-by')).toBe('anthropic:default')
    expect(response.headers.get('x-openclaw-attempts')).toBe('1')
  })

  test("reach the vendor under the gateway's own name, without the client's key or fingerprints", () => {
    for (const { headers } of sandbox.requests()) {
      expect(headers['user-agent']).toMatch(/^keyclaw\//)
      expect(
        Object.keys(headers).filter((name) => name.startsWith('x-stainless') || name.startsWith('x-forwarded')),
      ).toEqual([])
      expect(JSON.stringify(headers)).not.toContain(gateway.token.slice(-4))
    }
  })
})
